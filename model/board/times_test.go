package board

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// lostRow is what a starting Director makes of a job that it finds open: its end is not known, the row says when it began.
func lostRow(j model.Job) model.Job {
	j.Status, j.Outcome, j.End, j.Note = 'f', model.Lost, time.Time{}, "its Director was started again while it ran"
	return j
}

// A job that is lost with its Director is told with the start that ended it, and ended then; whoever is asked first.
func TestALostJobNamesTheRestart(t *testing.T) {
	for name, directorFirst := range map[string]bool{"the catalog is read first": false, "the Director is": true} {
		t.Run(name, func(t *testing.T) {
			w := newBoard(t, midday)
			row := backup(7, cellA, model.Running, midday.Add(-3*time.Hour), 0, 0)
			w.Catalog(model.Blue, model.Catalog{}, []model.Job{row}, nil, w.now)
			w.ring(model.Blue, nil, row)
			before := len(w.Snapshot(w.now).Events)
			w.now = w.now.Add(time.Minute)
			restart := w.now
			started := func() {
				d := w.sides[model.Blue].director
				d.Directors = []model.Director{{Name: "dir-blue", Active: true, PID: 2, Started: restart, Reloaded: restart}}
				d.Running, d.At, d.Live = nil, w.now, true
				w.Director(model.Blue, d, w.everyCell())
			}
			if directorFirst {
				started()
				w.Snapshot(w.now)
			}
			w.now = w.now.Add(2 * time.Second)
			w.Catalog(model.Blue, model.Catalog{}, []model.Job{lostRow(row)}, nil, w.now)
			w.Snapshot(w.now)
			if !directorFirst {
				w.now = w.now.Add(2 * time.Second)
				started()
			}
			s := w.passes(model.Blue, 20*time.Second, lostRow(row))
			said := saidOfJobs(s.Events[before:])
			if len(said) != 1 || !strings.Contains(said[0], "lost: dir-blue was started again at 12:01:00 UTC") {
				t.Fatalf("told: %q", said)
			}
			j := s.Clusters[model.Blue].Recent[0]
			if !j.End.Equal(restart) || !s.Events[len(s.Events)-1].At.Equal(restart) {
				t.Errorf("it ended %v, told for %v; its Director was started at %v", j.End, s.Events[len(s.Events)-1].At, restart)
			}
			if a := alertOf(s, "job:blue:"+row.Key.Job); a == nil || !a.Since.Equal(restart) {
				t.Errorf("alert: %+v", a)
			}
		})
	}
}

// A lost job of the past has no end that anybody knows.
func TestALostJobOfThePastHasNoEnd(t *testing.T) {
	w := newBoard(t, midday)
	w.Rewalk(model.Blue, "test", midday)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{lostRow(backup(7, cellA, model.Running, midday.Add(-3*time.Hour), 0, 0))}, nil, w.now)
	w.Walked(model.Blue)
	before := len(w.Snapshot(w.now).Events)
	s := w.passes(model.Blue, 20*time.Second)
	if j := s.Clusters[model.Blue].Recent[0]; !j.End.IsZero() || len(s.Events) != before {
		t.Errorf("%+v, %+v", j, s.Events[before:])
	}
}

// What an alert says of since when must not move with the look.
func TestSinceDoesNotMove(t *testing.T) {
	w := newBoard(t, midday)
	soon := backup(1, cellA, model.OK, midday.Add(-25*time.Hour), time.Minute, 100) // breaks in an hour
	stuck := backup(2, model.Cell{Chain: "chain1", Region: "region2"}, model.Running, midday.Add(-3*time.Hour), 0, 0)
	gone := backup(3, model.Cell{Chain: "chain2", Region: "region2"}, model.Running, midday.Add(-3*time.Hour), 0, 0)
	look := func() map[string]time.Time {
		w.ring(model.Blue, nil, stuck)
		since := map[string]time.Time{}
		for _, a := range w.passes(model.Blue, time.Second, soon, stuck, gone).Alerts {
			since[a.ID] = a.Since
		}
		return since
	}
	look()
	stuck.Status, stuck.Outcome = 'm', model.Stuck
	at := w.now
	var first map[string]time.Time
	for range 20 {
		first = look()
	}
	for range 120 {
		look()
	}
	for _, id := range []string{"breaks:" + cellA.String(), "job:blue:" + stuck.Key.Job, "job:blue:" + gone.Key.Job} {
		was, is := first[id], look()[id]
		if was.IsZero() || !was.Equal(is) {
			t.Errorf("%s: since %v, and two minutes later since %v", id, was, is)
		}
		if strings.HasPrefix(id, "job") && (is.Before(at.Add(-time.Second)) || is.After(at.Add(20*time.Second))) {
			t.Errorf("%s: since %v; it is so since about %v", id, is, at)
		}
	}
}

// A source is back after as long as it was away, whatever its rhythm; one that was not asked, or has nothing to tell, is not back.
func TestAnswersAgain(t *testing.T) {
	w := newBoard(t, midday)
	last := func() string { return w.events[len(w.events)-1].Says }
	see := func(s Sighting) {
		s.Source, s.Every, s.Tried = model.StoragesOf(model.Blue), time.Minute, w.now
		w.Source(s)
	}
	see(Sighting{At: midday})
	w.now = midday.Add(50 * time.Second)
	see(Sighting{At: midday, Why: "refused", Since: w.now})
	w.now = w.now.Add(20 * time.Second)
	see(Sighting{At: w.now})
	if !strings.HasSuffix(last(), "blue storages answer again after 20 s") {
		t.Errorf("told: %q", last())
	}
	see(Sighting{At: midday, Why: "refused", Since: w.now})
	before := len(w.events)
	see(Sighting{At: w.now, Idle: true})
	if len(w.events) != before {
		t.Errorf("nobody was asked, and it is told that %q", last())
	}
}

// TestEachRestartHasItsOwnDead: jobs of one start of their Director are one alert, those of another start are another, and one whose end
// the Director itself tells saw none.
func TestEachRestartHasItsOwnDead(t *testing.T) {
	w := newBoard(t, midday)
	cells := []model.Cell{cellOf("chain1", "region1", model.Regular), cellOf("chain1", "region2", model.Regular),
		cellOf("chain2", "region1", model.Regular), cellOf("chain2", "region2", model.Regular), cellOf("chain1", "region1", model.Immutable)}
	jobs := make([]model.Job, len(cells))
	for i, cell := range cells {
		jobs[i] = backup(uint32(7+i), cell, model.Running, midday.Add(-time.Hour), 0, 0)
		jobs[i].Name += cell.String()
	}
	w.Catalog(model.Blue, model.Catalog{}, jobs, nil, w.now)
	w.ring(model.Blue, nil, jobs...)
	w.Snapshot(w.now)
	restarts := [2]time.Time{midday.Add(10 * time.Minute), midday.Add(3 * time.Hour)}
	for n, at := range restarts {
		w.now = at
		d := w.sides[model.Blue].director
		d.Directors = []model.Director{{Name: "dir-blue", Active: true, PID: 2 + n, Started: at, Reloaded: at}}
		d.Running, d.Ended, d.At, d.Live = jobs[2*n+2:], nil, w.now, true // those of the second outlive the first, as they are told later
		w.Director(model.Blue, d, w.everyCell())
		rows := []model.Job{lostRow(jobs[2*n]), lostRow(jobs[2*n+1])}
		w.passes(model.Blue, 20*time.Second, append(rows, jobs[2*n+2:]...)...)
	}
	end := jobs[4]
	end.Status, end.Outcome, end.End = 'T', model.OK, midday.Add(4*time.Hour)
	w.now = end.End
	w.ring(model.Blue, []model.Job{end})
	s := w.passes(model.Blue, 40*time.Second, jobs[4])
	for n, at := range restarts {
		want := "2 jobs lost, blue Director started " + at.Format("2 Jan 15:04")
		a := alertOf(s, "lost:blue:"+strconv.FormatInt(at.Unix(), 10))
		if a == nil || a.Brief != want || len(a.Jobs) != 2 || a.Jobs[0] != jobs[2*n].Key && a.Jobs[1] != jobs[2*n].Key {
			t.Errorf("of the start at %v: %+v", at, a)
		}
	}
	if a := alertOf(s, "job:blue:"+jobs[4].Key.Job); a == nil || strings.Contains(a.Brief+a.Says, "started") ||
		strings.Contains(a.Brief, "restarted") {
		t.Errorf("its Director tells its end: %+v", a)
	}
}

// TestARestartOfThePastIsNamedOnlyWhereItIsKnown: of two restarts before the session the newest is named for the jobs that cannot have died
// of the other, because jobs that ended well reach from them to it without a gap; the others' is not known.
func TestARestartOfThePastIsNamedOnlyWhereItIsKnown(t *testing.T) {
	w := newBoard(t, midday)
	w.Rewalk(model.Blue, "test", midday)
	at := func(clock string) time.Time {
		d, err := time.ParseDuration(clock)
		if err != nil {
			t.Fatal(err)
		}
		return midday.Add(-12 * time.Hour).Add(d)
	}
	regions := func(n int) model.Cell {
		return cellOf("chain"+strconv.Itoa(1+n/2), "region"+strconv.Itoa(1+n%2), model.Regular)
	}
	restart := at("10h") // the one before was between 5h and 8h
	jobs := []model.Job{
		lostRow(backup(1, regions(0), model.Running, at("4h"), 0, 0)),
		backup(2, regions(1), model.OK, at("3h50m"), time.Hour, 10),
		backup(3, regions(2), model.OK, at("8h"), 90*time.Minute, 10),
		lostRow(backup(4, regions(3), model.Running, at("9h"), 0, 0)),
		backup(5, regions(1), model.Failed, at("9h20m"), 39*time.Minute, 10),
	}
	for i := range jobs {
		jobs[i].Name += jobs[i].Cell.String()
	}
	w.Catalog(model.Blue, model.Catalog{}, jobs, nil, w.now)
	d := w.sides[model.Blue].director
	d.Directors = []model.Director{{Name: "dir-blue", Active: true, PID: 2, Started: restart, Reloaded: restart}}
	d.Running, d.Ended, d.At, d.Live = nil, nil, w.now, true
	w.Director(model.Blue, d, w.everyCell())
	w.Walked(model.Blue)
	s := w.passes(model.Blue, 20*time.Second)
	if a := alertOf(s, "job:blue:"+jobs[3].Key.Job); a == nil || !a.Since.Equal(restart) ||
		!strings.Contains(a.Brief, "Director started 10:00 UTC") {
		t.Errorf("no other start is possible: %+v", a)
	}
	a := alertOf(s, "job:blue:"+jobs[0].Key.Job)
	if a == nil || strings.Contains(a.Brief+a.Says, "10:00") || !strings.HasSuffix(a.Brief, "lost: blue Director restarted") ||
		!strings.Contains(a.Says, "started again while it ran") {
		t.Errorf("it may have died of either: %+v", a)
	}
}
