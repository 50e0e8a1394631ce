package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// The future begins where the catalog's own clock stands, not this host's.
func TestTheCatalogsClockCounts(t *testing.T) {
	w := onBlueAlone(t)
	j := backup(1, cellA, model.OK, midday.Add(50*time.Minute), time.Minute, 1000)
	w.Catalog(model.Blue, model.Catalog{Ahead: time.Hour, Clock: true}, []model.Job{j}, nil, midday)
	if v := w.cell(cellA); v.On[model.Blue].LastGood == nil {
		t.Errorf("its catalog says that it ended 9 minutes ago: %s", v.Says)
	}
	w.Catalog(model.Blue, model.Catalog{Ahead: -time.Minute, Clock: true}, nil, nil, midday)
	if v := w.cell(cellA); v.On[model.Blue].LastGood != nil {
		t.Errorf("its catalog says that it ends in 52 minutes: %s", v.Says)
	}
}

func TestDatesThatCannotBe(t *testing.T) {
	w := onBlueAlone(t)
	jobs := nights(3, cellA)
	undated := backup(11, cellA, model.OK, midday.Add(-time.Hour), 0, 1000)
	undated.Sched, undated.Start, undated.End = time.Time{}, time.Time{}, time.Time{}
	endless := backup(12, cellA, model.OK, midday.Add(-time.Hour), 0, 1000)
	endless.End = time.Time{}
	backwards := backup(13, cellA, model.OK, midday.Add(-time.Hour), 0, 1000)
	backwards.End = midday.Add(-2 * time.Hour)
	w.rows(model.Blue, append(jobs, undated, endless, backwards)...)
	v := w.cell(cellA)
	if s := v.On[model.Blue]; s.LastGood == nil || s.LastGood.ID != 3 || v.Health == CellOK {
		t.Errorf("%v: %s: %+v", v.Health, v.Says, s.LastGood)
	}
	a := w.alert(t, "dates:blue")
	if a == nil || !strings.Contains(a.Says, "2 without an end") || !strings.Contains(a.Says, "1 ended before they started") ||
		strings.Contains(a.Says, "106751") {
		t.Errorf("%+v", a)
	}
	for _, a := range w.Snapshot(midday).Alerts {
		if strings.Contains(a.Says, "106751") {
			t.Errorf("%q", a.Says)
		}
	}
}

func TestClocksAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		director, catalog time.Duration
		known             bool
		id, says          string
	}{
		"all agree": {20 * time.Second, 0, true, "", ""},
		"the Director is ahead": {330 * day, 0, true, "clock:blue:dir-blue", "the clock of dir-blue is 330 d ahead of that of its catalog and " +
			"330 d ahead of this host's"},
		"the Director is behind": {-10 * time.Minute, 5 * time.Second, true, "clock:blue:dir-blue", "10 min behind"},
		"this host is behind": {time.Hour, time.Hour, true, "clock:here:blue", "this host's clock is 60 min behind those of blue's " +
			"Director and catalog"},
		"the catalog's is behind": {0, -2 * time.Hour, true, "clock:blue:dir-blue", "2 h"},
		"the catalog is silent":   {5 * time.Minute, 0, false, "clock:blue:dir-blue", "5 min ahead of this host's"},
	} {
		w := newBoard(t, midday)
		w.Catalog(model.Blue, model.Catalog{Ahead: c.catalog, Clock: c.known}, nil, nil, midday)
		w.Director(
			model.Blue,
			DirectorTruth{
				Directors: []model.Director{{Name: "dir-blue", Active: true, Ahead: c.director, Clock: true}},
				At:        midday,
				Live:      true,
				JobsAt:    midday,
			},
			w.everyCell(),
		)
		var told []Alert
		for _, a := range w.Snapshot(midday).Alerts {
			if strings.HasPrefix(a.ID, "clock:") {
				told = append(told, a)
			}
		}
		if c.id == "" {
			if len(told) > 0 {
				t.Errorf("%s: %+v", name, told)
			}
			continue
		}
		if len(told) != 1 || told[0].ID != c.id || !strings.Contains(told[0].Says, strings.TrimSuffix(c.says, "2 h")) {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

// TestTheWindowsEdgeIsNoScan: a job that runs long ends after what was queued later, and the window may begin between the two.
func TestTheWindowsEdgeIsNoScan(t *testing.T) {
	w := onBlueAlone(t)
	w.rows(model.Blue, nights(1, cellA)...)
	from := w.Ledger(model.Blue).bench.From
	if from.IsZero() {
		t.Fatal("no window")
	}
	long := backup(101, cellA, model.OK, from.Add(-30*time.Minute), time.Hour, 1000)
	short := backup(102, cellA, model.OK, from.Add(-25*time.Minute), 5*time.Minute, 1000)
	w.rows(model.Blue, long, short)
	if a := w.alert(t, "scanned:blue"); a != nil {
		t.Errorf("%+v", a)
	}
	w.rows(model.Blue, backup(103, cellA, model.OK, from.Add(-3*day), 5*time.Minute, 1000))
	if a := w.alert(t, "scanned:blue"); a == nil || !strings.Contains(a.Says, "1 job ") {
		t.Errorf("%+v", a)
	}
}
