package run_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
)

// throttling is AWS that asks for fewer calls around the promotion: at the look before it, at its guards and at the call, and at the change
// behind it.
type throttling struct {
	run.Hand
	looks, calls map[string]int // by order: how many are met
	blind        int            // readings of the replica that are
	promotes     bool           // the look before the promotion has passed
	asked        int
}

var errThrottled = &model.Fault{Kind: model.ErrThrottled, Says: "describe replica: throttled, retrying"}

// order is which of the two it is; empty: another one.
func (a *throttling) order(o plan.Order) string {
	switch {
	case o.Promote != nil:
		return "promote"
	case o.Modify != nil:
		return "modify"
	}
	return ""
}

func (a *throttling) Look(ctx context.Context, o plan.Order, past plan.Past) (run.Sight, error) {
	if a.looks[a.order(o)] > 0 {
		a.looks[a.order(o)]--
		a.asked++
		return run.Sight{}, errThrottled
	}
	a.promotes = o.Promote != nil
	return a.Hand.Look(ctx, o, past)
}

func (a *throttling) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	if a.calls[a.order(o)] > 0 {
		a.calls[a.order(o)]--
		a.asked++
		return fmt.Errorf("%w: %w", model.ErrNotDone, errThrottled)
	}
	return a.Hand.Do(ctx, o, past)
}

// blurs lets AWS say nothing of the replica.
func (a *throttling) blurs(w *plan.World) {
	if !a.promotes || a.blind == 0 {
		return
	}
	a.blind--
	a.asked++
	for i := range w.Snapshot.Seen {
		if s := &w.Snapshot.Seen[i]; s.Source == (model.Source{Kind: model.SourceInstance, Name: "replica"}) {
			s.Why, s.Trouble = errThrottled.Says, model.TroubleThrottled
		}
	}
	for _, of := range []*model.Takeover{&w.Snapshot.RDS.Switchover, &w.Snapshot.RDS.Emergency} {
		of.Checks[0].Verdict, of.Checks[0].Value = model.Unknown, errThrottled.Says
	}
}

// throttled is a takeover while AWS asks for fewer calls; made tells of each world.
func throttled(to plan.FailoverTo, made func(*throttling), change func(*throttling)) kill.Scene {
	s := coupleScene(string(to)+", throttled", to, nil)
	open := s.Open
	s.Long, s.Open = true, func(dir string) (kill.Stage, error) {
		st, err := open(dir)
		a := &throttling{Hand: st.Hands[plan.Amazon], looks: map[string]int{"promote": 4, "modify": 2},
			calls: map[string]int{"promote": 3, "modify": 2}, blind: 3}
		change(a)
		made(a)
		st.Hands[plan.Amazon] = a
		fresh := st.Fresh
		st.Fresh = func(ctx context.Context, n plan.Needs) (plan.World, error) {
			w, err := fresh(ctx, n)
			if err == nil {
				a.blurs(&w)
			}
			return w, err
		}
		return st, err
	}
	return s
}

// TestAWSAsksForFewerCallsDuringATakeover: it is asked again, later, until it answers, and the takeover ends as if it had answered at once.
func TestAWSAsksForFewerCallsDuringATakeover(t *testing.T) {
	moved := map[string]int{"promoted": 1, "set": 1, "started switchyard plan0": 1, "started switchyard plan0 restore": 1,
		"dir-green schedules on " + atReplica: 1, "dir-green2 is masked": 1}
	for _, to := range []plan.FailoverTo{plan.FailoverSwitchover, plan.FailoverEmergency} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			var last *throttling
			s := throttled(to, func(a *throttling) { last = a }, func(*throttling) {})
			end := kill.Whole(t, s)
			if end.State != "done" || fmt.Sprint(end.Effects) != fmt.Sprint(moved) || last.asked != 14 {
				t.Fatalf("%+v, want %v; AWS asked for fewer calls %d times", end, moved, last.asked)
			}
			kill.Exhaust(t, s, "done", end.Done, "")
		})
	}
}

// TestAWSAsksForFewerCallsForEver: it is left alone for longer and longer, and given up when the step's time is over, with nothing
// promoted.
func TestAWSAsksForFewerCallsForEver(t *testing.T) {
	const ever = 1 << 30
	for says, of := range map[string]struct {
		state  string
		change func(*throttling)
	}{
		"nobody can tell whether it is done already": {"refused", func(a *throttling) { a.looks["promote"] = ever }},
		"nobody can judge it":                        {"refused", func(a *throttling) { a.blind = ever }},
		"throttled, retrying":                        {"failed", func(a *throttling) { a.calls["promote"] = ever }},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			var last *throttling
			end := kill.Whole(t, throttled(plan.FailoverEmergency, func(a *throttling) { last = a }, of.change))
			if end.State != of.state || !strings.Contains(end.Why, says) || end.Effects["promoted"] != 0 || last.asked < 60 || last.asked > 90 {
				t.Errorf("%+v, asked %d times", end, last.asked)
			}
		})
	}
}
