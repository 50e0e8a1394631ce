package record

import (
	"fmt"
	"maps"
	"slices"

	"switchyard/model"
)

// act applies a record about an action; seq is its number in the journal that is being folded.
func (s *State) act(r Record, seq int64) error {
	if r.Kind == KindPlan {
		return s.propose(r, seq)
	}
	id := r.Action()
	i := s.find(id)
	if i < 0 {
		return fmt.Errorf("%w: there is no action %q", ErrIllegal, model.Clean(id))
	}
	a := *s.Actions[i]
	err := a.apply(r, seq)
	if err == nil && r.Kind == KindClaim {
		err = s.supersede(r, &a, seq)
	}
	if err != nil {
		return err
	}
	a.Last, a.LastAt = seq, r.At
	s.Actions[i] = &a
	return nil
}

func (s *State) propose(r Record, seq int64) error {
	var b Planned
	if err := r.Into(&b); err != nil {
		return err
	}
	switch {
	case b.Environment != s.Environment || b.Rehearsal != s.Rehearsal:
		return fmt.Errorf("%w: the plan is for %s, this journal is of %s", ErrEnvironment,
			EnvironmentName(model.Clean(b.Environment), model.Clean(b.Rehearsal)), EnvironmentName(s.Environment, s.Rehearsal))
	case b.Action == "" || model.Clean(b.Action) != b.Action:
		return fmt.Errorf("%w: a plan without an id", ErrIllegal)
	case s.find(b.Action) >= 0:
		return fmt.Errorf("%w: plan %s is here already: a plan applies once", ErrIllegal, b.Action)
	case len(b.Steps) == 0 || b.Approvals < 1 || b.Expires.IsZero():
		return fmt.Errorf("%w: a plan without steps, approvals or expiry", ErrIllegal)
	}
	if err := s.batch(&b); err != nil {
		return err
	}
	w := b.words()
	s.Actions = append(s.Actions, &Action{
		ID:         b.Action,
		Seq:        seq,
		Verb:       model.Clean(w.Verb),
		Which:      model.Clean(w.Which),
		Recovery:   w.Recovery,
		Says:       model.Clean(w.Says),
		By:         r.Actor,
		At:         r.At,
		Expires:    b.Expires,
		Touches:    b.Touches,
		Steps:      cleanAll(w.Steps),
		Sends:      cleanAll(w.Sends),
		Waits:      cleanAll(w.Waits),
		Hands:      cleanAll(w.Wants),
		Config:     cleanAll(w.Config),
		Needs:      b.Approvals,
		Last:       seq,
		LastAt:     r.At,
		Supersedes: cleanAll(b.Supersedes),
		Emergency:  b.Emergency,
		Ordinary:   b.Ordinary,
		Programme:  b.Programme,
		Batch:      b.Batch,
	})
	return nil
}

func cleanAll(in []string) []string {
	if in == nil {
		return nil
	}
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = model.Clean(s)
	}
	return out
}

func (a *Action) apply(r Record, seq int64) error {
	if r.Kind == KindReviewed {
		return a.review(r)
	}
	if a.Acked != nil || a.State == ActionDone || a.State == ActionSuperseded || a.Returned {
		return a.cannot("it is over")
	}
	switch r.Kind {
	case KindApproved:
		return a.approve(r)
	case KindClaim:
		return a.claim(r)
	case KindIntent:
		return a.intend(r, seq)
	case KindDone:
		return a.done(r)
	case KindRefused, KindFailed, KindUnknown:
		return a.end(r)
	case KindStop:
		return a.stop(r)
	case KindAcknowledged:
		return a.acknowledge(r)
	case KindAttested:
		return a.attest(r)
	case KindBack:
		return a.goBack(r)
	}
	return fmt.Errorf("%w: a record of kind %s", ErrIllegal, r.Kind)
}

func (a *Action) cannot(why string) error {
	return fmt.Errorf("%w: action %d (%s) is %s: %s", ErrIllegal, a.Seq, a.Verb, a, why)
}

func (a *Action) approve(r Record) error {
	var b Approved
	if err := r.Into(&b); err != nil {
		return err
	}
	switch {
	case a.State != ActionWaits:
		return a.cannot("it waits for no approval")
	case r.Actor == "":
		return a.cannot("an approval has a name")
	case slices.ContainsFunc(a.Approvals, func(p ActionBy) bool { return p.By == r.Actor }):
		return a.cannot(r.Actor + " has approved it already")
	}
	a.Approvals = append(slices.Clip(a.Approvals), ActionBy{By: r.Actor, At: r.At, Says: model.Clean(b.Ticket)})
	for _, guard := range slices.Sorted(maps.Keys(b.Overrides)) {
		a.Overrides = append(slices.Clip(a.Overrides), model.Clean(guard+": "+b.Overrides[guard]))
	}
	if len(a.Approvals) >= a.Needs {
		a.State = ActionApproved
	}
	return nil
}

func (a *Action) claim(r Record) error {
	var b Claim
	if err := r.Into(&b); err != nil {
		return err
	}
	switch {
	case b.Claim == "" || model.Clean(b.Claim) != b.Claim:
		return a.cannot("a claim without an id")
	case !a.Resumable():
		return a.cannot("it cannot be claimed")
	case b.Takes != a.Claim:
		return a.cannot("another runner has claimed it meanwhile")
	}
	if b.Claim == a.Claim && a.State != ActionRunning {
		return a.cannot("that claim is over")
	}
	if a.State != ActionRunning {
		a.Stop = nil // it was honoured; going on now is somebody's new decision.
		if a.Since = r.At; a.Stepped.IsZero() {
			a.Stepped = r.At
		}
	}
	if a.Began.IsZero() {
		a.Began = r.At
	}
	a.State, a.Claim, a.Runner, a.Until, a.Why = ActionRunning, b.Claim, model.Clean(b.Runner), b.Until, ""
	return nil
}

// holds tells why a record of that claim does not count: a runner that slept through a takeover must stop.
func (a *Action) holds(claim string) error {
	switch {
	case a.State != ActionRunning:
		return a.cannot("it does not run")
	case claim != a.Claim:
		return a.cannot("another runner has taken it over")
	}
	return nil
}

// turn tells whether a runner's step, or its way back, is the next.
func (a *Action) turn(claim string, step int, back bool) error {
	if err := a.holds(claim); err != nil {
		return err
	}
	if !a.next(step, back) {
		return a.cannot(fmt.Sprintf("step %d is not its next", step))
	}
	return nil
}

func (a *Action) intend(r Record, seq int64) error {
	var b Intent
	if err := r.Into(&b); err != nil {
		return err
	}
	if err := a.turn(b.Claim, b.Step, b.Back); err != nil {
		return err
	}
	if a.Stop != nil {
		return a.cannot("it was told to stop by " + a.Stop.By)
	}
	if a.Tries == 0 { // what is found after a call may be what the call made of it
		if err := a.take(b.Step, b.Found); err != nil {
			return err
		}
		a.Intended, a.Since = r.At, r.At
	}
	a.Asks, a.Word, a.Intent = a.wants(b), b.Word, seq
	a.Tries++
	return nil
}

// next tells whether a step, or its way back, is the one that may be done now.
func (a *Action) next(step int, back bool) bool {
	if a.Back != nil {
		return back && len(a.Left) > 0 && step == a.Left[0]
	}
	return !back && step == a.Done+1 && step <= len(a.Steps)
}

func (a *Action) done(r Record) error {
	var b Done
	if err := r.Into(&b); err != nil {
		return err
	}
	if err := a.turn(b.Claim, b.Step, b.Back); err != nil {
		return err
	}
	if a.Intent == 0 && !b.Already && !b.Spared {
		return a.cannot(fmt.Sprintf("step %d was never intended", b.Step))
	}
	if err := a.take(b.Step, b.Found); err != nil {
		return err
	}
	if a.begin(r); b.Back {
		if a.Left = a.Left[1:]; len(a.Left) == 0 {
			a.State, a.Returned, a.Why = ActionFailed, true, "it went back: "+a.Back.Says
		}
		return nil
	}
	if b.Spared {
		a.Spared = append(slices.Clip(a.Spared), Spared{b.Step, model.Clean(b.Says)})
	}
	if a.Done = b.Step; a.Done == len(a.Steps) {
		a.State, a.Ended = ActionDone, r.At
	}
	return nil
}

func (a *Action) end(r Record) error {
	var b Ended
	if err := r.Into(&b); err != nil {
		return err
	}
	if a.State == ActionRunning || b.Claim != "" {
		if err := a.holds(b.Claim); err != nil {
			return err
		}
	} else if a.State > ActionApproved || r.Kind != KindRefused {
		return a.cannot("nobody runs it")
	}
	a.State = map[string]ActionState{KindRefused: ActionRefused, KindFailed: ActionFailed, KindUnknown: ActionUnknown}[r.Kind]
	a.Why = model.Clean(b.Says)
	return nil
}

func (a *Action) stop(r Record) error {
	var b Stop
	if err := r.Into(&b); err != nil {
		return err
	}
	if a.State > ActionRunning {
		return a.cannot("it does not run")
	}
	if a.Stop != nil {
		return a.cannot("it was told to stop already")
	}
	a.Stop = &ActionBy{By: r.Actor, At: r.At, Says: model.Clean(b.Reason)}
	if a.State != ActionRunning { // there is no runner to honour it.
		a.State, a.Why = ActionRefused, "stopped by "+r.Actor
	}
	return nil
}

func (a *Action) acknowledge(r Record) error {
	var b Acknowledged
	if err := r.Into(&b); err != nil {
		return err
	}
	switch {
	case !a.Unfinished():
		return a.cannot("there is nothing to acknowledge")
	case model.Clean(b.Reason) == "":
		return a.cannot("acknowledging it needs a reason")
	}
	if a.State == ActionRunning {
		a.State, a.Why = ActionUnknown, "acknowledged while it ran"
	}
	a.Acked = &ActionBy{By: r.Actor, At: r.At, Says: model.Clean(b.Reason)}
	return nil
}
