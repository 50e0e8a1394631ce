package record

import (
	"encoding/json"
	"time"
)

// Body is what a record says; its type decides the record's kind.
type Body interface{ RecordKind() string }

// Genesis is record 1: whose journal this is. No other record is applied to it but those of the same environment and reality.
type Genesis struct {
	Environment string          `json:"environment"`
	Rehearsal   string          `json:"rehearsal,omitempty"` // the scenario's name; empty in a real environment
	Routes      json.RawMessage `json:"routes,omitempty"`    // the first routes document
	Glass       *Glass          `json:"break_glass,omitempty"`
}

// Glass marks a break-glass journal: a local one that is used while the shared one cannot be written, and merged into it later.
type Glass struct {
	Why     string   `json:"why"`
	Journal string   `json:"journal,omitempty"` // ID of the shared journal's genesis; empty when nothing of it was known
	Seq     int64    `json:"seq,omitempty"`     // the last record of it that was known
	Hash    string   `json:"hash,omitempty"`
	Carried []Record `json:"carried,omitempty"` // its records about actions that were not over
	// what was proven by then, as far as it fits: a dead AWS region cannot be asked how its instance was set
	Evidence []*Proved `json:"evidence,omitempty"`
	LeftOut  int       `json:"evidence_left_out,omitempty"` // how many proofs, the oldest ones, did not fit
}

// Routed is a new routes document.
type Routed struct {
	Document json.RawMessage `json:"document"`
	Says     string          `json:"says"`             // the difference in words
	Action   string          `json:"action,omitempty"` // which made it
}

// Words tells of a plan from its data, for whoever knows plans: nil where nobody does, and then the record's own texts are all there is.
var Words func(plan json.RawMessage) (PlanWords, error)

// PlanWords are a plan's texts, made from its data.
type PlanWords struct {
	Verb, Says   string
	Which        string    // of its verb's, where there are several that prove different things, such as az or switchover
	Steps, Sends []string  // by step: its name, and exactly what its system is told; empty when it is told nothing
	Waits        []string  // by step: what it waits for before it counts as done; nil when nothing is known of it
	Config       []string  // what the configuration must say once it is done; nil when nothing changes
	Recovery     *Recovery // of which it is a part; nil: of none
	Wants        []string  // by step, and then by the way back of each: what it wants of a person; nil when none wants anything
}

// words are the texts that the plan's data has; those that the record carries may be anybody's.
func (p *Planned) words() PlanWords {
	if Words == nil {
		return PlanWords{Verb: p.Verb, Says: p.Says, Steps: p.Steps}
	}
	w, err := Words(p.Plan)
	if err != nil || len(w.Steps) != len(p.Steps) {
		return PlanWords{Verb: "unknown", Says: "a plan that this program cannot read", Steps: make([]string, len(p.Steps))}
	}
	return w
}

// Planned is an action as it was proposed. Its record's number is how people name the action.
type Planned struct {
	Action      string          `json:"action"` // the plan's random id
	Environment string          `json:"environment"`
	Rehearsal   string          `json:"rehearsal,omitempty"`
	Verb        string          `json:"verb"`
	Says        string          `json:"says"`
	Touches     Touches         `json:"touches"` // here alone, not in Plan
	Steps       []string        `json:"steps"`   // their names; at least one
	Approvals   int             `json:"approvals"`
	Supersedes  []string        `json:"supersedes,omitempty"` // actions, by their ids, whose place it takes when it is claimed
	Programme   string          `json:"programme,omitempty"`  // of which it is a batch
	Batch       int             `json:"batch,omitempty"`      // from 1
	Emergency   bool            `json:"emergency,omitempty"`
	Ordinary    int             `json:"ordinary,omitempty"` // approvals that an emergency would need if it were none
	Expires     time.Time       `json:"expires"`
	Plan        json.RawMessage `json:"plan"` // all of it, as it was shown
}

// Approved is one person's approval: the record's actor.
type Approved struct {
	Action    string            `json:"action"`
	Overrides map[string]string `json:"overrides,omitempty"` // guard: typed reason
	Ticket    string            `json:"ticket,omitempty"`
}

// Claim makes one runner the only one whose records about the action count.
type Claim struct {
	Action string    `json:"action"`
	Claim  string    `json:"claim"`            // random; the same again renews it
	Takes  string    `json:"takes,omitempty"`  // the claim that it follows; empty for the first
	Runner string    `json:"runner,omitempty"` // user, host and process
	Until  time.Time `json:"until,omitzero"`   // when it expires where no lock can tell that its runner lives
	Reason string    `json:"reason,omitempty"` // given by the person who takes over
	// Supersedes are actions that end with this record: those of its plan's that are not over.
	Supersedes []string `json:"supersedes,omitempty"`
}

// Intent is durable before a step is done. The same step may be intended again by another claim, or after Look said no.
type Intent struct {
	Action string          `json:"action"`
	Claim  string          `json:"claim"`
	Step   int             `json:"step"`            // from 1
	Back   bool            `json:"back,omitempty"`  // its way back, not the step itself
	Found  []Found         `json:"found,omitempty"` // before it is done: nobody can find it afterwards
	Asks   string          `json:"asks,omitempty"`  // what is wanted of a person
	Word   bool            `json:"word,omitempty"`  // a person's word ends it
	Guards json.RawMessage `json:"guards,omitempty"`
}

// Done says that a step was seen done.
type Done struct {
	Action  string  `json:"action"`
	Claim   string  `json:"claim"`
	Step    int     `json:"step"`
	Back    bool    `json:"back,omitempty"`    // its way back
	Already bool    `json:"already,omitempty"` // found so, nothing was intended
	Spared  bool    `json:"spared,omitempty"`  // it went wrong, as Says tells, and its plan goes on without it
	Says    string  `json:"says,omitempty"`    // what was seen
	Found   []Found `json:"found,omitempty"`   // for later looks and calls
}

// Attested is a person's word that something is so, which a step waits for.
type Attested struct {
	Action string `json:"action"`
	Step   int    `json:"step"` // from 1
	Says   string `json:"says"`
}

// Back turns an action around: from here on the ways back of these steps are gone, and it is over.
type Back struct {
	Action string `json:"action"`
	Claim  string `json:"claim,omitempty"` // its runner's; empty when a person asks for it
	Steps  []int  `json:"steps"`           // the newest first
	Reason string `json:"reason"`
}

// Ended is how a run ended other than done.
type Ended struct {
	How    string          `json:"-"` // KindRefused, KindFailed or KindUnknown
	Action string          `json:"action"`
	Claim  string          `json:"claim,omitempty"` // empty when nobody ever claimed it
	Says   string          `json:"says"`
	Guards json.RawMessage `json:"guards,omitempty"`
}

// Stop asks the runner to stop before its next step.
type Stop struct {
	Action string `json:"action"`
	Reason string `json:"reason,omitempty"`
}

// Acknowledged lets an unfinished action be: it blocks nothing any more and never runs again.
type Acknowledged struct {
	Action string `json:"action"`
	Reason string `json:"reason"`
}

// Note is a person's remark, about an action, an alert or nothing in particular.
type Note struct {
	Action string `json:"action,omitempty"`
	Says   string `json:"says"`
	Alert  *Told  `json:"alert,omitempty"` // that it acknowledges
}

// Merged is a record of a break-glass journal, as it stands there.
type Merged struct {
	Origin string `json:"origin"` // ID of that journal's genesis
	Record Record `json:"record"`
}

// Closed is the last record of a break-glass journal: everything before it is in the shared one.
type Closed struct {
	Says string `json:"says,omitempty"`
}

// RecordKind is KindGenesis.
func (Genesis) RecordKind() string { return KindGenesis }

// RecordKind is KindRoutes.
func (Routed) RecordKind() string { return KindRoutes }

// RecordKind is KindPlan.
func (Planned) RecordKind() string { return KindPlan }

// RecordKind is KindApproved.
func (Approved) RecordKind() string { return KindApproved }

// RecordKind is KindClaim.
func (Claim) RecordKind() string { return KindClaim }

// RecordKind is KindIntent.
func (Intent) RecordKind() string { return KindIntent }

// RecordKind is KindDone.
func (Done) RecordKind() string { return KindDone }

// RecordKind is How, KindUnknown unless set.
func (e Ended) RecordKind() string {
	if e.How == "" {
		return KindUnknown
	}
	return e.How
}

// RecordKind is KindStop.
func (Stop) RecordKind() string { return KindStop }

// RecordKind is KindAcknowledged.
func (Acknowledged) RecordKind() string { return KindAcknowledged }

// RecordKind is KindAttested.
func (Attested) RecordKind() string { return KindAttested }

// RecordKind is KindBack.
func (Back) RecordKind() string { return KindBack }

// RecordKind is KindNote.
func (Note) RecordKind() string { return KindNote }

// RecordKind is KindMerged.
func (Merged) RecordKind() string { return KindMerged }

// RecordKind is KindClosed.
func (Closed) RecordKind() string { return KindClosed }

func isEnded(kind string) bool {
	return kind == KindRefused || kind == KindFailed || kind == KindUnknown
}
