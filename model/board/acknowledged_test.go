package board

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

func TestOneOldCellDoesNotHoldTheLine(t *testing.T) {
	w := newBoard(t, midday)
	w.director(model.Blue, midday, w.everyCell())
	w.director(model.Green, midday, nil)
	w.Catalog(model.Green, model.Catalog{}, nil, nil, midday)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, midday.Add(-48*time.Hour), time.Minute, 100)}, nil, midday)
	if s := w.Snapshot(w.now); s.Alerts[0].Cell == nil {
		t.Fatalf("nothing is broken: %+v", s.Alerts)
	}
	w.Source(
		Sighting{
			Source:  model.DirectorOf(model.Blue, "bacula-blue"),
			Gates:   true,
			Tried:   w.now,
			Why:     "connection refused",
			Trouble: model.TroubleGone,
			Since:   w.now,
		},
	)
	s := w.Snapshot(w.now)
	if a := s.Alerts[0]; a.Source.Kind != model.SourceDirector || a.Reach == 0 {
		t.Errorf("the first alert is %+v", a)
	}
}

func TestAcknowledgedComesBackWhenItChanges(t *testing.T) {
	at := midday
	was := Alert{ID: "bare:green", Severity: model.Warn, Reach: 3, Since: at.Add(-time.Hour)}
	ack := record.Ack{Told: was.Told(at.Add(2 * time.Hour)), At: at, By: "ann", Reason: "known"}
	for name, c := range map[string]struct {
		change func(*Alert)
		after  time.Duration
		holds  bool
	}{
		"it is the same":      {func(*Alert) {}, time.Minute, true},
		"it says another age": {func(a *Alert) { a.Says = "older" }, time.Hour, true},
		"it is smaller":       {func(a *Alert) { a.Reach, a.Severity = 1, model.Info }, time.Minute, true},
		"it is another kind":  {func(a *Alert) { a.ID = "broken:x" }, time.Minute, false},
		"it is worse":         {func(a *Alert) { a.Severity = model.Fail }, time.Minute, false},
		"it is wider":         {func(a *Alert) { a.Reach = 4 }, time.Minute, false},
		"it began anew":       {func(a *Alert) { a.Since = at.Add(time.Second) }, time.Minute, false},
		"its time is over":    {func(*Alert) {}, 2 * time.Hour, false},
	} {
		a := was
		c.change(&a)
		if got := holds(&ack, &a, at.Add(c.after)); got != c.holds {
			t.Errorf("%s: %v", name, got)
		}
		q := Quiet{Acks: []record.Ack{ack}}
		in := []Alert{a, {ID: "strays:blue", Severity: model.Info}}
		out := q.Quieted(in, at.Add(c.after))
		if last := out[1].ID == a.ID; last != c.holds || in[0].Acked != nil {
			t.Errorf("%s in a session: %v", name, out)
		}
	}
	q := Quiet{Causes: []record.Ack{{Told: record.Told{ID: "bare"}}}}
	if out := q.Quieted([]Alert{was, {ID: "strays:blue"}}, at.Add(time.Hour)); out[1].ID != was.ID || out[1].Acked == nil {
		t.Errorf("quiet about bare: %v", out)
	}
}

// TestAnotherJobIsAnotherAlert: two jobs were lost, one of them was mended and a third was lost. As many as before are not the same.
func TestAnotherJobIsAnotherAlert(t *testing.T) {
	at, green := midday, model.Green
	job := func(name string) model.JobKey { return model.JobKey{Cluster: green, Job: name} }
	first := job("1")
	was := Alert{ID: "lost:green", Severity: model.Fail, Reach: 2, Job: &first, Jobs: []model.JobKey{first, job("2")}, Since: at}
	ack := record.Ack{Told: was.Told(at.Add(time.Hour)), At: at, By: "ann", Reason: "known"}
	for name, c := range map[string]struct {
		jobs  []model.JobKey
		holds bool
	}{
		"the same":            {[]model.JobKey{job("2"), first}, true},
		"one of them is left": {[]model.JobKey{job("2")}, true},
		"another one":         {[]model.JobKey{first, job("3")}, false},
	} {
		a := was
		a.Jobs, a.Reach = c.jobs, len(c.jobs)
		if got := holds(&ack, &a, at.Add(time.Minute)); got != c.holds {
			t.Errorf("%s: %v", name, got)
		}
	}
	many := ack
	many.Jobs = slices.Repeat(was.Jobs, 300)
	if err := many.Check(); !errors.Is(err, model.ErrGuard) {
		t.Errorf("600 jobs at once: %v", err)
	}
}

func TestWhatBreaksSoonerAndWhatIsLetBe(t *testing.T) {
	cell := model.Cell{Chain: "chain001"}
	line := []Alert{{ID: "in an hour", Severity: model.Warn, rank: rankBreaks, Cell: &cell, breaks: midday.Add(time.Hour)},
		{ID: "in three", Severity: model.Warn, rank: rankBreaks, Cell: &cell, breaks: midday.Add(3 * time.Hour)},
		{ID: "strays", Severity: model.Info, rank: rankStray},
		{ID: "a gap that is let be", Severity: model.Fail, rank: rankGap, Cell: &cell, Acked: &record.Ack{}}}
	for turn := range len(line) {
		got := append(append([]Alert{}, line[turn:]...), line[:turn]...)
		(&Board{}).order(got, midday)
		for i := range got {
			if got[i].ID != line[i].ID {
				t.Errorf("place %d is %q, not %q", i+1, got[i].ID, line[i].ID)
			}
		}
	}
}

func TestTheJournalsAcknowledgementsComeLast(t *testing.T) {
	w := newBoard(t, midday)
	without := w.everyCell()
	delete(without, cellA)
	w.director(model.Blue, midday, without)
	w.director(model.Green, midday, without)
	gap := w.Snapshot(w.now).Alerts[0]
	w.Journal(
		&record.State{Acks: []record.Ack{{Told: gap.Told(midday.Add(time.Hour)), At: midday, By: "ann", Reason: "its Director is built today"}}},
		nil,
		nil,
	)
	as := w.Snapshot(w.now).Alerts
	if last := as[len(as)-1]; last.ID != gap.ID || last.Acked == nil || last.Acked.By != "ann" {
		t.Errorf("the last is %+v", last)
	}
	w.now = midday.Add(time.Hour)
	if a := w.Snapshot(w.now).Alerts[0]; a.ID != gap.ID || a.Acked != nil {
		t.Errorf("an hour later the first is %+v", a)
	}
}

// TestAMissedRunIsToldOnce wants one alert of a run that was missed, whatever else there is, and one event when it is.
func TestAMissedRunIsToldOnce(t *testing.T) {
	at := time.Date(2026, 3, 14, 1, 0, 0, 0, time.UTC)
	w := newBoard(t, at)
	only := map[model.Cell]bool{cellA: true}
	w.director(model.Blue, at.Add(-22*time.Hour), only)
	w.director(model.Green, at, nil)
	w.Catalog(model.Green, model.Catalog{}, nil, nil, at)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, at.Add(-23*time.Hour), time.Minute, 100)}, nil, at)
	told := func() (alerts, events int) {
		s := w.Snapshot(w.now)
		for _, a := range s.Alerts {
			if a.Cell != nil && *a.Cell == cellA && strings.Contains(a.Says, "missed") {
				alerts++
				if a.Cause() != "missed" || !strings.Contains(a.Do, "what kept the job from starting") {
					t.Errorf("%+v", a)
				}
			}
		}
		for _, e := range s.Events {
			if e.Cell != nil && *e.Cell == cellA && strings.Contains(e.Says, "missed its run of") {
				events++
			}
		}
		return alerts, events
	}
	before, events := told()
	if events != 0 || before != 0 {
		t.Fatalf("%d alerts and %d events before anything is due", before, events)
	}
	for range 2*60 + 55 {
		w.now = w.now.Add(time.Minute)
		w.director(model.Blue, at.Add(-22*time.Hour), only)
		w.answers(model.Blue, "")
		w.answers(model.Green, "")
		w.Snapshot(w.now)
	}
	if alerts, events := told(); alerts != 1 || events != 1 {
		t.Errorf("%d alerts and %d events", alerts, events)
		for _, e := range w.Snapshot(w.now).Events {
			t.Log(e.Says)
		}
		for _, a := range w.Snapshot(w.now).Alerts {
			t.Log(a.ID, a.Says)
		}
	}
}
