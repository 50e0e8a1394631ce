package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestAdviceKnowsWhatRunsAndWhatIsDue(t *testing.T) {
	for _, x := range []struct {
		outcome model.Outcome
		percent int
		want    string
	}{
		{model.Running, 62, "wait for job 7, 62 %: it runs on green"},
		{model.Running, -1, "wait for job 7: it runs on green"},
		{model.Waiting, -1, "see why job 7 waits: it is to back it up on green"},
		{model.Stuck, -1, "mount or label a volume: job 7 waits for a person on green"},
		{model.Lost, -1, ""},
	} {
		j := &model.Job{
			Key:      model.JobKey{Cluster: model.Green},
			ID:       7,
			Outcome:  x.outcome,
			Progress: model.Progress{At: midday, Percent: x.percent},
		}
		if got := insteadOfAnother(j); got != x.want {
			t.Errorf("%s: %q, want %q", x.outcome, got, x.want)
		}
	}
	breaks := midday.Add(time.Hour)
	const none, watch = "back it up: none is scheduled before then", "watch the one due 12:10 UTC: it must end well"
	for _, x := range []struct {
		name string
		has  model.Verdict
		due  time.Time
		want string
	}{
		{"nothing due", model.Holds, time.Time{}, none},
		{"due too late", model.Holds, breaks, none},
		{"due where no job is", model.Fails, midday.Add(time.Minute), none},
		{"due in time", model.Holds, midday.Add(10 * time.Minute), watch},
	} {
		v := CellView{}
		v.On[model.Blue] = Standing{Has: x.has, Due: x.due}
		if got := newBoard(t, midday).before(&v, breaks); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
	// What is due where nothing can start is not to be watched.
	v, b := CellView{}, newBoard(t, midday)
	b.hinders[model.Blue] = "once blue director answers"
	v.On[model.Blue] = Standing{Has: model.Holds, Due: midday.Add(10 * time.Minute)}
	v.On[model.Green] = Standing{Has: model.Fails}
	const waits = "see to its cluster first: the one due at 12:10 UTC starts only once blue director answers, until then nothing saves its " +
		"promise"
	if got := b.before(&v, breaks); got != waits {
		t.Errorf("%q, want %q", got, waits)
	}
	v.On[model.Green] = Standing{Has: model.Holds, Due: midday.Add(20 * time.Minute)}
	if got := b.before(&v, breaks); !strings.HasPrefix(got, "watch the one due 12:20 UTC") {
		t.Errorf("%q", got)
	}
}

// TestABackupThatRunsSavesAPromise unless it ends too late, as far as its history tells.
func TestABackupThatRunsSavesAPromise(t *testing.T) {
	running := func(left time.Duration) doing {
		return doing{job: &model.Job{Outcome: model.Running, Progress: model.Progress{At: midday, Left: left}}}
	}
	waits := doing{job: &model.Job{Outcome: model.Waiting}}
	for _, x := range []struct {
		name string
		of   doing
		want bool
	}{{"none", doing{}, false}, {"waits", waits, false}, {"nobody knows how long", running(-1), true},
		{"in time", running(59 * time.Minute), true}, {"too late", running(61 * time.Minute), false}} {
		if got := x.of.before(midday.Add(time.Hour), midday); got != x.want {
			t.Errorf("%s: %v", x.name, got)
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
			if !strings.HasPrefix(a.Do, "wait for job 2") || strings.Contains(a.Do, "run a backup") {
				t.Errorf("%q", a.Do)
			}
			return
		}
	}
	t.Errorf("no alert of %s: %+v", cellA, w.Snapshot(midday).Alerts)
}
