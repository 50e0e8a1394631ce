package plan

import (
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatASessionKnowsIsKept: who made the plan saw more jobs end than who carries it out; the plan stays what was approved, in its words too.
func TestWhatASessionKnowsIsKept(t *testing.T) {
	w := pairWorld(false)
	after := w.Now.Add(-10 * time.Minute)
	w.Snapshot.RDS.Emergency.Loss.After = after
	bare := w
	for i, volume := range []string{"vol-1", "vol-2"} {
		w.Kept[model.Green] = append(w.Kept[model.Green], record.TailJob{ID: uint32(70 + i), Job: "job-" + volume, Status: 'T',
			End: after.Add(time.Minute), Volumes: []string{volume}})
		if i == 0 {
			bare.Kept[model.Green] = w.Kept[model.Green][:1:1]
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
