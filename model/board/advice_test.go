package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestAdviceKnowsWhatRunsAndWhatIsDue(t *testing.T) {
	breaks := midday.Add(time.Hour)
	open := func(o model.Outcome, percent int) CellView {
		v := CellView{}
		v.On[model.Green].Open = &model.Job{ID: 7, Outcome: o, Progress: model.Progress{At: midday, Percent: percent}}
		return v
	}
	due := func(has model.Verdict, at time.Time) CellView {
		v := CellView{}
		v.On[model.Blue] = Standing{Has: has, Due: at}
		return v
	}
	for _, x := range []struct {
		name string
		v    CellView
		want string
	}{
		{"runs", open(model.Running, 62), "wait for job 7 on green: it runs at 62 %"},
		{"runs, nobody knows how far", open(model.Running, -1), "wait for job 7 on green: it runs"},
		{"waits", open(model.Waiting, -1), "see what job 7 on green waits for: it is to back it up"},
		{"stuck", open(model.Stuck, -1), "mount or label a volume for job 7 on green: it waits for a person"},
		{"lost", open(model.Lost, -1), "run a backup of it: none is scheduled before then"},
		{"nothing due", due(model.Holds, time.Time{}), "run a backup of it: none is scheduled before then"},
		{"due too late", due(model.Holds, breaks), "run a backup of it: none is scheduled before then"},
		{"due where no job is", due(model.Fails, midday.Add(time.Minute)), "run a backup of it: none is scheduled before then"},
		{"due in time", due(model.Holds, midday.Add(10*time.Minute)), "see that the one due at 12:10 UTC ends well"},
	} {
		if got := x.v.before(breaks); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

// A cell that has broken its promise is not to be backed up twice at once.
func TestABrokenPromiseThatIsBackedUpNow(t *testing.T) {
	w := newBoard(t, midday)
	w.answers(model.Blue, "")
	w.answers(model.Green, "")
	running := backup(2, cellA, model.Running, midday.Add(-time.Minute), time.Minute, 0)
	running.Status, running.End = 'R', time.Time{}
	w.Catalog(
		model.Blue,
		model.Catalog{},
		[]model.Job{backup(1, cellA, model.OK, midday.Add(-30*time.Hour), time.Minute, 100), running},
		nil,
		midday,
	)
	w.Catalog(model.Green, model.Catalog{}, nil, nil, midday)
	w.Walked(model.Blue)
	w.Walked(model.Green)
	w.director(model.Blue, midday, w.everyCell())
	w.director(model.Green, midday, w.everyCell())
	for _, a := range w.Snapshot(midday).Alerts {
		if a.Cell != nil && *a.Cell == cellA && a.rank == rankBroken {
			if !strings.HasPrefix(a.Do, "wait for job 2 on blue") || strings.Contains(a.Do, "run a backup") {
				t.Errorf("%q", a.Do)
			}
			return
		}
	}
	t.Errorf("no alert of %s: %+v", cellA, w.Snapshot(midday).Alerts)
}
