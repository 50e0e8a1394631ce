package record

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// goBack turns an action around: its runner does when a step was seen not done, a person may when it ended half way.
func (a *Action) goBack(r Record) error {
	var b Back
	if err := r.Into(&b); err != nil {
		return err
	}
	switch {
	case a.Back != nil:
		return a.cannot("it goes back already")
	case !a.Begun():
		return a.cannot("there is nothing to go back from")
	case a.State == ActionRunning || b.Claim != "":
		if err := a.holds(b.Claim); err != nil {
			return err
		}
	case !a.Unfinished():
		return a.cannot("there is nothing to go back from")
	case model.Clean(b.Reason) == "":
		return a.cannot("going back needs a reason")
	}
	last := a.Done + 1
	if a.Intent == 0 {
		last = a.Done
	}
	for _, step := range b.Steps {
		if step < 1 || step > last {
			return a.cannot(fmt.Sprintf("step %d is no way back", step))
		}
		last = step - 1
	}
	if len(b.Steps) == 0 {
		return a.cannot("it has no way back")
	}
	a.Back = &ActionBy{By: r.Actor, At: r.At, Says: model.Clean(b.Reason)}
	a.Left = slices.Clone(b.Steps)
	a.begin(r)
	return nil
}

// attest keeps a person's word about the current step.
func (a *Action) attest(r Record) error {
	var b Attested
	if err := r.Into(&b); err != nil {
		return err
	}
	switch {
	case r.Actor == "" || model.Clean(b.Says) == "":
		return a.cannot("an attestation has a name and says something")
	case a.Back != nil || b.Step != a.Done+1 || !a.Word:
		return a.cannot(fmt.Sprintf("step %d waits for nobody's word", b.Step))
	}
	a.Attested = append(
		slices.Clip(a.Attested),
		Attestation{Step: b.Step, ActionBy: ActionBy{By: r.Actor, At: r.At, Says: model.Clean(b.Says)}},
	)
	return nil
}

// Attestation is a person's word about a step.
type Attestation struct {
	Step int `json:"step"` // from 1
	ActionBy
}

// Current is the step that is done now, from 1, and whether it is its way back.
func (a *Action) Current() (step int, back bool) {
	if a.Back != nil && len(a.Left) > 0 {
		return a.Left[0], true
	}
	return a.Step(), false
}

// Wants tells whether it runs and waits for a person who has not answered yet.
func (a *Action) Wants() bool {
	return a.State == ActionRunning && a.Asks != "" && !slices.ContainsFunc(a.Attested, func(w Attestation) bool { return w.Step == a.Done+1 })
}

// begin forgets what was true of the step before.
func (a *Action) begin(r Record) {
	a.Intent, a.Tries, a.Stepped, a.Intended, a.Since = 0, 0, r.At, time.Time{}, time.Time{}
	a.Asks, a.Word = "", false
}

// wants is what an intent wants of a person, as the plan's data has it; the intent's own text is only believed where nobody knows plans.
func (a *Action) wants(b Intent) string {
	i := b.Step - 1
	if b.Back {
		i += len(a.Steps)
	}
	switch {
	case Words == nil || b.Asks == "":
		return model.Clean(b.Asks)
	case i < 0 || i >= len(a.Hands) || a.Hands[i] == "":
		return "what its plan does not say"
	}
	return a.Hands[i]
}
