package run_test

import (
	"context"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// TestTheWayBackWaitsForBlueAlone: with both Directors of green silent, and nothing known of the RDS pair, all cells are blue's again
// within 30 s of what is waited for by the world's time, on whatever machine, and no step asks anything of green or of AWS.
func TestTheWayBackWaitsForBlueAlone(t *testing.T) {
	w := newTower(nobody, everyone)
	busy := map[string]time.Time{}
	w.silent = func(d string) bool {
		if w.pushed[d] > 0 && busy[d].IsZero() {
			busy[d] = w.clock.Now().Add(4 * time.Second) // it reloads, and answers nobody meanwhile
		}
		return d == "dir-green" || d == "dir-green-2" || w.clock.Now().Before(busy[d])
	}
	w.hurt = func(s *board.Snapshot) { s.RDS = nil }
	j, _ := w.begin(t)
	r := w.runner(j, "ann")
	r.Policy = model.DefaultPolicy()
	asked := map[model.Source]bool{}
	r.Fresh = func(ctx context.Context, n plan.Needs) (plan.World, error) {
		for _, of := range append(n.Must, n.May...) {
			asked[of] = true
		}
		return w.Fresh(ctx, n)
	}
	sleeps := 0
	r.Sleep = func(ctx context.Context, d time.Duration) error {
		sleeps++
		return w.clock.Sleep(ctx, d)
	}
	p := w.plan(t, j, w.ask(routes.Both, 0, 1, 2, 3), "p1")
	if c := p.Blocked(); c != nil {
		t.Fatalf("%+v", p.Guards)
	}
	began := w.clock.Now()
	a, err := r.Take(t.Context(), p, plan.Approval{By: "ann", Confirm: p.Confirm})
	if err != nil || a.State != record.ActionDone {
		t.Fatalf("%+v, %v", a, err)
	}
	if took := w.clock.Now().Sub(began); took >= 30*time.Second {
		t.Errorf("it waited %v, %d times", took, sleeps)
	}
	for of := range asked {
		if of.Cluster != model.Blue || of.Kind == model.SourceInstance || of.Kind == model.SourceServer || of.Kind == model.SourceMetrics {
			t.Errorf("it asked %s", of)
		}
	}
	if len(asked) == 0 || len(w.has["dir-blue"]) != len(w.inv.Cells) || len(w.has["dir-blue-2"]) != len(w.inv.Cells) || len(w.gaps) > 0 {
		t.Errorf("asked %v; blue has %d and %d cells; %v", asked, len(w.has["dir-blue"]), len(w.has["dir-blue-2"]), w.gaps)
	}
	t.Logf("it waited %v, %d times, and asked %v", w.clock.Now().Sub(began), sleeps, asked)
}
