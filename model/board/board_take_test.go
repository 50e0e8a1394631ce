package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestADirectorsConfiguration(t *testing.T) {
	for _, c := range []struct {
		change   func(*model.Director)
		says     string
		severity model.Severity
	}{
		{func(*model.Director) {}, "", model.Info},
		{func(d *model.Director) { d.Reloaded = d.Reloaded.Add(time.Minute) }, "dir-new loaded its configuration again with the same " +
			"jobs", model.Info},
		{func(d *model.Director) { d.Reloaded, d.Jobs = d.Reloaded.Add(time.Minute), []string{"a", "b", "c"} }, "dir-new loaded its " +
			"configuration again; it gained 1 job: b", model.Info},
		{func(d *model.Director) { d.Reloaded, d.Jobs = d.Reloaded.Add(time.Minute), []string{"b"} }, "dir-new loaded its configuration " +
			"again; it gained 1 job: b; it lost 2 jobs: a, c", model.Warn},
		{func(d *model.Director) { d.PID++; d.Reloaded = d.Reloaded.Add(time.Minute) }, "dir-new was started again with the same " +
			"jobs", model.Warn},
		{func(d *model.Director) { d.Jobs, d.PID = nil, d.PID+1 }, "dir-new was started again", model.Warn},
	} {
		w := newBoard(t, midday)
		d := model.Director{Name: "dir-new", Active: true, PID: 7, Reloaded: w.now.Add(-time.Hour), Jobs: []string{"a", "c"}, At: w.now}
		w.Director(model.Green, DirectorTruth{Directors: []model.Director{d}, Live: true, JobsAt: w.now}, nil)
		seen := len(w.events)
		c.change(&d)
		w.Director(model.Green, DirectorTruth{Directors: []model.Director{d}, Live: true, JobsAt: w.now}, nil)
		events := w.events[seen:]
		switch {
		case c.says == "" && len(events) > 0:
			t.Errorf("nothing changed, and it says %v", events)
		case c.says != "" && (len(events) != 1 || events[0].Says != c.says || events[0].Severity != c.severity):
			t.Errorf("want %q, got %+v", c.says, events)
		}
	}
}

// TestProtectedVolumes asks of the newest good backup of each immutable cell, keeps what was told while rows are read again, and tells what
// is not so.
func TestProtectedVolumes(t *testing.T) {
	w := newBoard(t, midday)
	cell, regular := model.Cell{
		Chain:  "chain1",
		Region: "region1",
		Kind:   model.Immutable,
	}, model.Cell{
		Chain:  "chain1",
		Region: "region1",
		Kind:   model.Regular,
	}
	good := backup(7, cell, model.OK, midday.Add(-time.Hour), time.Minute, 1e9)
	rows := []model.Job{
		good,
		backup(8, regular, model.OK, midday.Add(-time.Hour), time.Minute, 1e9),
		backup(9, cell, model.Failed, midday.Add(-time.Minute), time.Second, 0),
	}
	w.Catalog(model.Green, model.Catalog{}, rows, nil, w.now)
	if ids := w.Ledger(model.Green).Unproven(); len(ids) != 1 || ids[0] != 7 {
		t.Fatalf("to be asked: %v", ids)
	}
	alert := func() *Alert {
		for _, a := range w.Snapshot(w.now).Alerts {
			if a.ID == "bare:green" {
				return &a
			}
		}
		return nil
	}
	seen := len(w.events)
	w.Protected(model.Green, map[uint32]model.Verdict{7: model.Fails, 99: model.Fails}, false, w.now)
	if a := alert(); a == nil || a.Severity != model.Warn || !strings.Contains(a.Says, "1 immutable cell of green") ||
		!strings.Contains(a.Says, cell.String()) ||
		len(w.events) != seen {
		t.Errorf("%+v, events %v", a, w.events[seen:])
	}
	w.Catalog(model.Green, model.Catalog{}, rows, nil, w.now)
	if ids := w.Ledger(model.Green).Unproven(); len(ids) != 0 || alert() == nil {
		t.Errorf("after the rows were read again: %v, %v", ids, alert())
	}
	w.Catalog(model.Green, model.Catalog{}, []model.Job{backup(10, cell, model.OK, midday.Add(-time.Second), time.Second, 1e9)}, nil, w.now)
	w.Protected(model.Green, map[uint32]model.Verdict{10: model.Holds}, true, w.now)
	if a := alert(); a != nil {
		t.Errorf("a newer one is protected: %+v", a)
	}
	w.Protected(model.Green, map[uint32]model.Verdict{10: model.Fails}, true, w.now)
	if last := w.events[len(w.events)-1]; !strings.Contains(last.Says, "its volumes are not protected") || last.Severity != model.Warn {
		t.Errorf("%+v", last)
	}
}

// TestTalliesFollowTheirCells lets jobs of one cluster end while the other's due times pass unanswered: what a snapshot counts is always
// the sum of its cells.
func TestTalliesFollowTheirCells(t *testing.T) {
	cell := model.Cell{Chain: "chain1", Region: "region1", Kind: model.Regular}
	missed := 0
	for start := range 15 { // seconds; every sweep looks at all cells anyway
		// two minutes before what is due at 02:10 is missed
		w := newBoard(t, midday.Add(-9*time.Hour-42*time.Minute+time.Duration(start)*time.Second))
		for id := uint32(1); id < 60; id++ {
			w.now = w.now.Add(4 * time.Second)
			w.answers(model.Blue, "")
			w.answers(model.Green, "")
			w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(id, cell, model.OK, w.now.Add(-time.Second), time.Second, 1)}, nil, w.now)
			s := w.Snapshot(w.now)
			for _, c := range model.Clusters {
				day, week := 0, 0
				for i := range s.Cells {
					day += s.Cells[i].On[c].MissedDay
					week += s.Cells[i].On[c].Missed
				}
				if v := s.Clusters[c]; v.Day.Backups.Missed != day || v.Week.Backups.Missed != week {
					t.Fatalf("%s at %v: %d and %d missed, by cell %d and %d", c, s.At, v.Day.Backups.Missed, v.Week.Backups.Missed, day, week)
				}
				missed += day
			}
		}
	}
	if missed == 0 {
		t.Fatal("nothing was ever missed: this test looks at nothing")
	}
}

// A passive Director that has the active one's configuration, and so its name, is not taken for it.
func TestADirectorOfTheSameNameIsNotTheOneBefore(t *testing.T) {
	w := newBoard(t, midday)
	ds := []model.Director{
		{Name: "bacula-dir", PID: 1, Reloaded: midday.Add(-time.Hour), Active: true},
		{Name: "bacula-dir", PID: 2, Reloaded: midday.Add(-2 * time.Hour)},
	}
	tell := func() {
		w.Director(model.Blue, DirectorTruth{Directors: slices.Clone(ds), At: w.now, Live: true, JobsAt: w.now}, w.everyCell())
	}
	tell()
	before := len(w.Snapshot(w.now).Events)
	tell()
	if es := w.Snapshot(w.now).Events[before:]; len(es) != 0 {
		t.Errorf("nothing happened, and it tells %+v", es)
	}
	ds[1].PID = 3
	tell()
	if es := w.Snapshot(w.now).Events[before:]; len(es) != 1 || !strings.Contains(es[0].Says, "was started again") {
		t.Errorf("the passive one was started again: %+v", es)
	}
}
