package board

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

// Whatever ends after it, and in whatever order rows come, a failure of the window can be listed and opened.
func TestEveryFailureIsKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := NewLedger(model.Blue)
		n := rapid.IntRange(1, 3*RecentJobs).Draw(rt, "jobs")
		want := map[uint32]bool{}
		cell := model.Cell{Chain: "chain1", Region: "region1"}
		dice := rapid.SliceOfN(
			rapid.SampledFrom([]model.Outcome{model.OK, model.OK, model.OK, model.Failed, model.Warned, model.Canceled}),
			7,
			31,
		)
		outcomes := dice.Draw(rt, "outcomes")
		var rows []model.Job
		for i := range n {
			o := outcomes[i%len(outcomes)]
			j := backup(uint32(i+1), cell, o, midday.Add(time.Duration(i)*time.Minute), time.Minute, 1000)
			j.Key.Job = fmt.Sprint("job", i)
			rows = append(rows, j)
			want[j.ID] = o != model.OK
		}
		for len(rows) > 0 {
			k := min(len(rows), rapid.IntRange(1, 400).Draw(rt, "chunk"))
			l.Apply(rows[len(rows)-k:]) // as a walk reads them
			rows = rows[:len(rows)-k]
		}
		healed := backup(1, cell, model.OK, midday, time.Minute, 1000)
		healed.Key.Job, want[1] = "job0", false
		l.Apply([]model.Job{healed})
		bad, cut := l.bad.published()
		if cut {
			rt.Fatal("cut")
		}
		for i := range bad {
			if !want[bad[i].ID] || i > 0 && bad[i].When().After(bad[i-1].When()) {
				rt.Fatalf("%d is among them: %s", bad[i].ID, bad[i].Outcome)
			}
			delete(want, bad[i].ID)
		}
		for id, missing := range want {
			if missing {
				rt.Fatalf("%d is not kept", id)
			}
		}
	})
}

func TestFailuresAreBounded(t *testing.T) {
	l := NewLedger(model.Green)
	cell := model.Cell{Chain: "chain1", Region: "region1"}
	for i := range 2*BadJobs + 10 {
		j := backup(uint32(i+1), cell, model.Failed, midday.Add(time.Duration(i)*time.Second), time.Second, 0)
		j.Key.Job = fmt.Sprint("job", i)
		l.Apply([]model.Job{j})
	}
	bad, cut := l.bad.published()
	if len(bad) != BadJobs || !cut || bad[0].ID != 2*BadJobs+10 {
		t.Fatalf("%d, cut %t, the first is %d", len(bad), cut, bad[0].ID)
	}
	again, _ := l.bad.published()
	if &again[0] != &bad[0] {
		t.Error("it is made again although nothing changed")
	}
	l.Annotate(bad[BadJobs-1].ID, "why")
	if noted, _ := l.bad.published(); noted[BadJobs-1].Note != "why" || bad[BadJobs-1].Note != "" {
		t.Error("a reason that came late is not told, or was written into what is published")
	}
	l.Prune(midday.Add(30 * 24 * time.Hour))
	if bad, _ := l.bad.published(); len(bad) != 0 {
		t.Errorf("%d are kept for ever", len(bad))
	}
}
