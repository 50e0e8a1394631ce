package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// placed makes a toy forward plan of that id, and of every other one an emergency that takes its place.
func placed(forward string) func(plan.World, plan.Ask, string) (*plan.Plan, error) {
	return func(w plan.World, ask plan.Ask, id string) (*plan.Plan, error) {
		const on = "green/director/dir-green"
		p := &plan.Plan{ID: id, Ask: ask, Verb: "toy", Says: "a toy", Confirm: "toy"}
		if id == forward {
			p.Steps = []plan.Step{command("one", on, "director-answers"), command("two", on, "director-answers"), command("three", on)}
			return w.Finish(p, "director-answers")
		}
		p.Emergency = true
		p.Steps = []plan.Step{command("undo", on, "director-answers"), command("check", on)}
		if err := w.Preempt(p); err != nil {
			return nil, err
		}
		return w.Finish(p, "director-answers")
	}
}

// halfWay is a forward plan of bob's that stands in the middle of its second step.
func (y *yard) halfWay(ctx context.Context, j *journal.Journal) error {
	w, err := y.Fresh(ctx, plan.Needs{})
	if err != nil {
		return err
	}
	w.State, w.Now = j.State(), y.now()
	p, err := backupOf(cell1).Plan(w, "forward")
	if err != nil {
		return err
	}
	b, err := p.Record()
	if err != nil {
		return err
	}
	const id, claim = "forward", "bobs"
	for _, b := range []record.Body{b, record.Approved{Action: id}, record.Claim{Action: id, Claim: claim, Runner: "bob@bastion"},
		record.Intent{Action: id, Claim: claim, Step: 1},
		record.Done{Action: id, Claim: claim, Step: 1}, record.Intent{Action: id, Claim: claim, Step: 2}} {
		if _, err := j.Append(ctx, "bob", journal.Say(b)); err != nil {
			return err
		}
	}
	return nil
}

// TestSupersedingStoppedAnywhereEndsTheSame also counts how long it waited for what the other may have sent.
func TestSupersedingStoppedAnywhereEndsTheSame(t *testing.T) {
	t.Parallel()
	s := scene("in its place", backupOf(cell1), func(y *yard) { y.makes = placed("forward") })
	open := s.Open
	s.Open = func(dir string) (kill.Stage, error) {
		st, err := open(dir)
		if err != nil {
			return st, err
		}
		st.Before = func(ctx context.Context, j *journal.Journal) error {
			y, err := newYard(dir, 1)
			if err != nil {
				return err
			}
			y.clock, y.said, y.makes = st.Clock, map[string][]string{}, placed("forward")
			return y.halfWay(ctx, j)
		}
		effects := st.Effects
		st.Effects = func() (map[string]int, error) {
			all, err := effects()
			if st.Clock.Now().Before(t0.Add(st.Policy.Settle)) {
				err = errors.Join(err, errors.New("it did not wait until what the superseded one had sent had arrived"))
			}
			return all, err
		}
		return st, nil
	}
	if n := kill.Exhaust(t, s, "done", 2, ""); n < 20 {
		t.Errorf("only %d calls", n)
	}
	if end := kill.Whole(t, s); end.Others["forward"] != "superseded" || len(end.Effects) != 2 {
		t.Errorf("%+v", end)
	}
}

// forwards is the scene of a real process that is stopped in the middle of a forward plan.
var forwards = kill.Scene{Name: "forwards", Open: func(dir string) (kill.Stage, error) {
	y, err := newYard(dir, 1)
	if err != nil {
		return kill.Stage{}, err
	}
	y.makes = placed("plan0")
	return y.stage(backupOf(y.cells[0])), nil
}}

func TestASleeperThatIsSuperseded(t *testing.T) {
	t.Parallel()
	if n := kill.Supersede(t, forwards); n < 20 {
		t.Errorf("only %d points", n)
	} else {
		t.Logf("%d points", n)
	}
}

// TestTheOldRunnerSaysSo is a runner that looks at a step, or is about to do one, when another takes its place without acknowledging.
func TestTheOldRunnerSaysSo(t *testing.T) {
	b := newBench(t, 1)
	b.makes = placed("fwd")
	ann, bob := b.by("ann"), b.by("bob")
	var said []string
	ann.Tell = func(says string) { said = append(said, says) }
	w, err := b.Fresh(t.Context(), plan.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	w.State, w.Now = ann.Journal.State(), b.clock.Now()
	p, err := backupOf(cell1).Plan(w, "fwd")
	if err != nil {
		t.Fatal(err)
	}
	b.silent = func(o plan.Order) bool { // nobody can tell what became of its first call
		return o.Command != nil && o.Command.Run.Name == "one" && !b.last("one").IsZero()
	}
	taken, naps := false, 0
	ann.Sleep = func(ctx context.Context, d time.Duration) error {
		naps++
		if !taken {
			taken = true
			if err := ann.Acknowledge(ctx, p.ID, "x"); !errors.Is(err, record.ErrHeld) {
				t.Errorf("acknowledged while its runner lives: %v", err)
			}
			if _, err := bob.Journal.Refresh(ctx); err != nil {
				t.Error(err)
			}
			q := b.plan(bob, backupOf(cell1), nil)
			a, err := bob.Take(ctx, q, yes(bob, q))
			if err != nil || a.State != record.ActionDone || !a.Owes() {
				t.Errorf("%+v, %v", a, err)
			}
			b.refuses(bob.Stop(ctx, p.ID, "x"), record.ErrIllegal, "is superseded by action 6: it is over")
		}
		return b.clock.Sleep(ctx, d)
	}
	a, err := ann.Take(t.Context(), p, yes(ann, p))
	b.refuses(err, record.ErrIllegal, "action 2 is superseded: action 6 (backup) of bob took its place: nothing more of it is done")
	if a.State != record.ActionSuperseded || b.last("two") != (time.Time{}) || b.last("check").IsZero() {
		t.Errorf("%+v; %v", a, b.lines("commanded"))
	}
	if _, err = ann.Carry(t.Context(), p.ID, "go on"); !errors.Is(err, record.ErrIllegal) {
		t.Errorf("it goes on: %v", err)
	}
	if naps != 1 {
		t.Errorf("it went on looking %d times before it said so", naps)
	}
	owed := ann.Journal.State().Actions[1]
	if err := ann.Review(t.Context(), owed.ID, "seen, it was right"); err != nil || ann.Journal.State().Action(owed.ID).Owes() {
		t.Errorf("%v", err)
	}
	for _, s := range said {
		if strings.Contains(s, "step 2") {
			t.Errorf("the old runner went on: %s", s)
		}
	}
}

// TestAProposalStopsNobody is one that would supersede and is not claimed: what it would end goes on, and is done when it is claimed.
func TestAProposalStopsNobody(t *testing.T) {
	b := newBench(t, 1)
	b.makes = placed("fwd")
	ann, bob, eve := b.by("ann"), b.by("bob"), b.by("eve")
	two := func(w *plan.World) { w.Policy.EmergencyApprovals = 2 }
	fresh := b.Fresh
	for _, r := range []*run.Runner{bob, eve} {
		r.Fresh = func(ctx context.Context, n plan.Needs) (plan.World, error) {
			w, err := fresh(ctx, n)
			two(&w)
			return w, err
		}
	}
	w, err := b.Fresh(t.Context(), plan.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	w.State, w.Now = ann.Journal.State(), b.clock.Now()
	p, err := backupOf(cell1).Plan(w, "fwd")
	if err != nil {
		t.Fatal(err)
	}
	var q *plan.Plan
	ann.Fresh = func(ctx context.Context, n plan.Needs) (plan.World, error) {
		if q == nil && ann.Journal.State().Action("fwd") != nil {
			if _, err := bob.Journal.Refresh(ctx); err != nil {
				return plan.World{}, err
			}
			q = b.plan(bob, backupOf(cell1), two)
			if a, err := bob.Take(ctx, q, yes(bob, q)); err != nil || a.State != record.ActionWaits {
				t.Errorf("%+v, %v", a, err)
			}
		}
		return fresh(ctx, n)
	}
	if a, err := ann.Take(t.Context(), p, yes(ann, p)); err != nil || a.State != record.ActionDone {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := eve.Journal.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := eve.Approve(t.Context(), q.ID, yes(eve, q)); err != nil {
		t.Fatal(err)
	}
	if a, err := eve.Carry(
		t.Context(),
		q.ID,
		"",
	); err != nil || a.State != record.ActionDone ||
		eve.Journal.State().Action("fwd").State != record.ActionDone {
		t.Errorf("%+v, %v", a, err)
	}
	b.refuses(bob.Review(t.Context(), "fwd", "x"), record.ErrIllegal, "it was no emergency")
	if model.DefaultPolicy().EmergencyApprovals != 1 {
		t.Error("an emergency waits for people")
	}
}
