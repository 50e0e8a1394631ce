package plan

import (
	"testing"
	"time"

	"switchyard/model/record"
)

// TestWhatASessionKnowsIsKept: who made the plan saw more jobs end than who carries it out; the plan stays what was approved, in its words too.
func TestWhatASessionKnowsIsKept(t *testing.T) {
	w, bare := pairWorld(false), pairWorld(false)
	after := w.Now.Add(-10 * time.Minute)
	for _, o := range []World{w, bare} {
		o.Snapshot.RDS.Emergency.Loss.After = after
	}
	for i, volume := range []string{"vol-1", "vol-2"} {
		j := record.TailJob{ID: uint32(70 + i), Job: "job-" + volume, Status: 'T', End: after.Add(time.Minute), Volumes: []string{volume}}
		w.State.Evidence[0].Claim.Tail.Jobs = append(w.State.Evidence[0].Claim.Tail.Jobs, j)
		if i == 0 {
			bare.State.Evidence[0].Claim.Tail.Jobs = []record.TailJob{j}
		}
	}
	for name, o := range map[string]World{"less is known": bare, "the same is known": w} {
		p, err := toEmergency.Plan(w, "p1")
		if err != nil {
			t.Fatal(err)
		}
		now, err := p.Renew(o)
		if err != nil {
			t.Fatal(err)
		}
		if !same(p.Steps, now.Steps) {
			t.Errorf("%s: the steps are\n%+v\nand were\n%+v", name, now.Steps, p.Steps)
		}
	}
}
