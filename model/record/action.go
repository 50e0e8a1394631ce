package record

import (
	"fmt"
	"time"
)

// Action is one plan's course through the journal. It is never changed after Fold returned it. All text is clean.
type Action struct {
	ID        string      `json:"id"`
	Seq       int64       `json:"seq"`               // the record it was proposed by: how people name it
	Carried   bool        `json:"carried,omitempty"` // of a break-glass journal: Seq is a number of the shared one
	Verb      string      `json:"verb"`
	Which     string      `json:"which,omitempty"` // of its verb's, such as az or switchover
	Says      string      `json:"says"`
	By        string      `json:"by"` // who proposed it
	At        time.Time   `json:"at"`
	Expires   time.Time   `json:"expires"`
	Touches   Touches     `json:"touches"`
	Steps     []string    `json:"steps"`
	Sends     []string    `json:"sends,omitempty"` // by step: exactly what its system is told
	Waits     []string    `json:"-"`               // by step: what it waits for before it counts as done
	Config    []string    `json:"-"`               // what the configuration must say once it is done
	Hands     []string    `json:"hands,omitempty"` // by step, and then by way back: what it wants of a person
	Needs     int         `json:"needs"`           // approvals
	Approvals []ActionBy  `json:"approvals"`       // different people
	State     ActionState `json:"state"`
	Done      int         `json:"done"`                // steps seen done: the first Done ones
	Intent    int64       `json:"intent,omitempty"`    // the newest intent record of step Done+1; 0 when there is none
	Tries     int         `json:"tries,omitempty"`     // intents of step Done+1
	Claim     string      `json:"claim,omitempty"`     // the newest claim; it holds while the action runs
	Runner    string      `json:"runner,omitempty"`    // who claimed it
	Until     time.Time   `json:"until,omitzero"`      // when the claim expires where no lock can tell
	Stop      *ActionBy   `json:"stop,omitempty"`      // asked for, or the reason it was refused
	Why       string      `json:"why,omitempty"`       // it ended other than done
	Acked     *ActionBy   `json:"acked,omitempty"`     // acknowledged: it never runs again
	Last      int64       `json:"last"`                // the newest record about it
	LastAt    time.Time   `json:"last_at"`             // by the clock of whoever wrote that one
	Overrides []string    `json:"overrides,omitempty"` // "guard: reason", as approved

	Began    time.Time     `json:"began,omitzero"`    // when a runner claimed it first
	Ended    time.Time     `json:"ended,omitzero"`    // when its last step was seen done
	Stepped  time.Time     `json:"stepped,omitzero"`  // when the step before the current one was done
	Intended time.Time     `json:"intended,omitzero"` // when the current step was first intended: a call may be on its way since
	Since    time.Time     `json:"since,omitzero"`    // when its limit began: it was intended, or the action was resumed after an end
	Found    []Found       `json:"found,omitempty"`   // by its steps
	Spared   []Spared      `json:"spared,omitempty"`  // steps that went wrong and did not stop it
	Asks     string        `json:"asks,omitempty"`    // what the current step wants of a person
	Word     bool          `json:"word,omitempty"`    // it waits for a person's word
	Attested []Attestation `json:"attested,omitempty"`
	Back     *ActionBy     `json:"back,omitempty"`     // it goes back, or went
	Left     []int         `json:"left,omitempty"`     // steps whose way back is still to be gone, the next one first
	Returned bool          `json:"returned,omitempty"` // all the way: it is over

	Supersedes []string  `json:"supersedes,omitempty"`    // actions whose place it takes when it is claimed
	Programme  string    `json:"programme,omitempty"`     // of which it is a batch
	Batch      int       `json:"batch,omitempty"`         // from 1
	Superseded int64     `json:"superseded_by,omitempty"` // the action that took its place
	Emergency  bool      `json:"emergency,omitempty"`     // fewer people may approve it, and its review is owed afterwards
	Ordinary   int       `json:"ordinary,omitempty"`      // approvals that it would need if it were none
	Review     *ActionBy `json:"review,omitempty"`
	Recovery   *Recovery `json:"recovery,omitempty"` // of which it is a part; nil: of none
}

// Recovery tells one recovery from another in the same journal.
type Recovery struct {
	Bundle   time.Time `json:"bundle_made"`        // of the bundle that it goes by
	Director string    `json:"director,omitempty"` // that this part brings up; empty: it brings up none
	Anew     bool      `json:"anew,omitempty"`     // another disaster followed: what was brought back before is gone, too
}

// Spared is a step that went wrong and did not stop its action.
type Spared struct {
	Step int    `json:"step"` // from 1
	Says string `json:"says"`
}

// ActionBy is what a person said about an action.
type ActionBy struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Says string    `json:"says,omitempty"`
}

// Step is the current step, from 1; after the last one it stays there.
func (a *Action) Step() int { return min(a.Done+1, len(a.Steps)) }

// Begun tells whether any step was intended or done: the world may not be as it was.
func (a *Action) Begun() bool { return a.Done > 0 || a.Intent > 0 || a.Back != nil }

// Unfinished tells whether it began and did not end as done, and nobody took responsibility for that.
func (a *Action) Unfinished() bool {
	return a.State != ActionDone && a.State != ActionSuperseded && a.Acked == nil && !a.Returned && (a.Begun() || a.State == ActionRunning)
}

// Blocks tells whether others on what it touches must wait at that moment.
func (a *Action) Blocks(now time.Time) bool {
	if a.State == ActionWaits || a.State == ActionApproved {
		return now.Before(a.Expires)
	}
	return a.Unfinished()
}

// Resumable tells whether a runner may claim it.
func (a *Action) Resumable() bool {
	switch a.State {
	case ActionApproved, ActionRunning:
		return a.Acked == nil
	case ActionRefused, ActionFailed, ActionUnknown:
		return a.Unfinished()
	}
	return false
}

// String is one word of the state, and for a running one how far it is.
func (a *Action) String() string {
	if step, back := a.Current(); a.State == ActionRunning && back {
		return fmt.Sprintf("going back (step %d of %d)", step, len(a.Steps))
	}
	if a.State == ActionSuperseded {
		return fmt.Sprintf("superseded by action %d", a.Superseded)
	}
	if a.State == ActionRunning {
		return fmt.Sprintf("running (step %d of %d)", a.Step(), len(a.Steps))
	}
	return a.State.String()
}
