package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// nights are good full backups of a cell on the nights before midday, the oldest first, from JobId 1 on.
func nights(n int, cell model.Cell) (jobs []model.Job) {
	for i := range n {
		jobs = append(
			jobs,
			backup(uint32(i+1), cell, model.OK, time.Date(2026, 11, 20, 2, 10, 0, 0, time.UTC).Add(time.Duration(i-n+1)*day), time.Minute, 1000),
		)
	}
	return jobs
}

func (w *boardWorld) rows(c model.Cluster, jobs ...model.Job) {
	w.Catalog(c, model.Catalog{}, jobs, nil, w.now)
}

func (w *boardWorld) alert(t *testing.T, id string) *Alert {
	t.Helper()
	s := w.Snapshot(w.now)
	i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Alerts[i]
}

func (w *boardWorld) week(c model.Cluster) Tally { return w.Snapshot(w.now).Clusters[c].Week.Backups }

// onBlueAlone is a world in which green has no jobs.
func onBlueAlone(t *testing.T) *boardWorld {
	w := newBoard(t, midday)
	w.director(model.Green, midday.Add(-time.Hour), nil)
	return w
}

func TestAnEmptyBackupIsNotGreen(t *testing.T) {
	for name, change := range map[string]func(*model.Job){
		"empty":              func(j *model.Job) { j.Files, j.Bytes = 0, 0 },
		"no bytes":           func(j *model.Job) { j.Bytes = 0 },
		"no files":           func(j *model.Job) { j.Files = 0 },
		"warned and empty":   func(j *model.Job) { j.Files, j.Bytes, j.Outcome = 0, 0, model.Warned },
		"an empty increment": func(j *model.Job) { j.Files, j.Bytes, j.Level = 0, 0, 'I' },
	} {
		w := onBlueAlone(t)
		jobs := nights(14, cellA)
		if name == "an empty increment" {
			for i := range jobs[1:] {
				jobs[i+1].Level = 'I'
			}
		}
		change(&jobs[13])
		w.rows(model.Blue, jobs...)
		v := w.cell(cellA)
		if s := v.On[model.Blue]; v.Health != CellBroken && v.Health != CellWarned || s.LastGood == nil || s.LastGood.ID != 13 ||
			s.Last.ID != 14 ||
			s.Doubt != model.Empty ||
			s.Streak != -1 {
			t.Errorf("%s: %v: %s: %+v", name, v.Health, v.Says, v.On[model.Blue])
		}
		if !strings.Contains(v.Says, "empty") {
			t.Errorf("%s: it says %q", name, v.Says)
		}
		if got := w.week(model.Blue); got.OK != 6 || got.Failed != 1 {
			t.Errorf("%s: the tally counts %+v", name, got)
		}
		if a := w.alert(t, v.Health.String()+":"+cellA.String()); a == nil {
			t.Errorf("%s: no alert", name)
		}
	}
	// Where nothing ever changes, an increment of nothing is as good as they are.
	w := onBlueAlone(t)
	jobs := nights(14, cellA)
	for i := range jobs[1:] {
		jobs[i+1].Level, jobs[i+1].Files, jobs[i+1].Bytes = 'I', 0, 0
	}
	w.rows(model.Blue, jobs...)
	if v := w.cell(cellA); v.Health != CellOK {
		t.Errorf("%v: %s", v.Health, v.Says)
	}
}

func TestNothingIsCountedPastNow(t *testing.T) {
	w := newBoard(t, midday)
	for _, c := range model.Clusters {
		w.director(c, midday.Add(-9*day), w.everyCell())
	}
	old := nights(9, cellA)[:3] // the last ended six nights ago
	w.rows(
		model.Blue,
		append(
			old,
			backup(90, cellA, model.OK, midday.Add(330*day), time.Hour, 1000),
			backup(91, cellA, model.OK, midday.AddDate(69, 0, 0), time.Hour, 1000),
		)...)
	w.rows(model.Green, old...)
	v := w.cell(cellA)
	if v.Health != CellBroken || v.On[model.Blue].LastGood.ID != 3 || v.On[model.Blue].Last.ID != 3 {
		t.Errorf("%v: %s: %+v", v.Health, v.Says, v.On[model.Blue].LastGood)
	}
	for _, c := range model.Clusters {
		if m := v.On[c].Missed; m < 5 || m > 6 {
			t.Errorf("%s missed %d", c, m)
		}
	}
	if got := w.week(model.Blue).OK; got != 1 {
		t.Errorf("%d good ones of the week, want 1", got)
	}
	if r := w.Snapshot(midday).Clusters[model.Blue].Recent; len(r) != 3 {
		t.Errorf("%d recent ones, the first %+v", len(r), r[0])
	}
	a := w.alert(t, "dates:blue")
	if a == nil || !strings.Contains(a.Says, "2 in the future") || !strings.Contains(a.Says, "JobId 90") ||
		!strings.Contains(a.Says, "in 330 d") {
		t.Errorf("%+v", a)
	}
	// A cluster that had the cell until lately is not asked for runs of the future either.
	w.director(model.Blue, midday, nil)
	if m := w.cell(cellA).On[model.Blue].Missed; m > 6 {
		t.Errorf("%d missed", m)
	}
	// When that time has come, it counts.
	w.now = midday.Add(330*day + 2*time.Hour)
	if v := w.cell(cellA); v.On[model.Blue].LastGood == nil || v.On[model.Blue].LastGood.ID != 90 {
		t.Errorf("%+v", v.On[model.Blue].LastGood)
	}
}

func TestACancelByBaculaIsNobodysChoice(t *testing.T) {
	w := onBlueAlone(t)
	w.inv.Cells[0].Promise = 9 * day
	jobs := nights(9, cellA)
	for i := range jobs[5:] {
		j := &jobs[5+i]
		j.Outcome, j.Status = model.Canceled, 'A'
	}
	w.rows(model.Blue, jobs...)
	v := w.cell(cellA)
	if v.Health != CellWarned || !strings.Contains(v.Says, "newest 4 canceled on blue") || v.On[model.Blue].Streak != 5 {
		t.Errorf("%v: %s, streak %d", v.Health, v.Says, v.On[model.Blue].Streak)
	}
	for id := uint32(6); id <= 9; id++ {
		w.Annotate(model.Blue, id, "Fatal error: Max run time exceeded. Job canceled.")
	}
	v = w.cell(cellA)
	if v.Health != CellWarned || !strings.Contains(v.Says, "canceled by Bacula itself on blue: Max run time") ||
		v.On[model.Blue].Streak != -4 {
		t.Errorf("%v: %s, streak %d", v.Health, v.Says, v.On[model.Blue].Streak)
	}
	if s := w.Snapshot(
		midday,
	); !slices.ContainsFunc(
		s.Alerts,
		func(a Alert) bool { return a.Job != nil && strings.Contains(a.Says, "Max run time") },
	) {
		t.Errorf("%+v", s.Alerts)
	}
	limit := jobs[8]
	limit.Note = "Fatal error: Max run time exceeded. Job canceled."
	if e := eventOf(&limit, midday); e.Severity != model.Fail {
		t.Errorf("its alert is a failure, and its event %s", e.Severity)
	}
	// One night that a person canceled is theirs.
	w = onBlueAlone(t)
	w.inv.Cells[0].Promise = 9 * day
	jobs = nights(9, cellA)
	jobs[8].Outcome, jobs[8].Status = model.Canceled, 'A'
	w.rows(model.Blue, jobs...)
	if v = w.cell(cellA); v.Health != CellOK {
		t.Errorf("%v: %s", v.Health, v.Says)
	}
}

func TestSwitchedOffIsNotThere(t *testing.T) {
	w := onBlueAlone(t)
	w.rows(model.Blue, nights(5, cellA)...)
	off := func(cells ...model.Cell) {
		m := map[model.Cell]bool{}
		for _, c := range cells {
			m[c] = true
		}
		w.Director(
			model.Blue,
			DirectorTruth{
				Directors: []model.Director{{Name: "dir-blue", Active: true, Reloaded: midday.Add(-4 * day)}},
				At:        w.now,
				Live:      true,
				JobsAt:    w.now,
				Off:       m,
			},
			w.everyCell(),
		)
	}
	off()
	if v := w.cell(cellA); v.Health != CellOK {
		t.Fatalf("%v: %s", v.Health, v.Says)
	}
	off(cellA)
	v := w.cell(cellA)
	if v.Health != CellGap || v.Says != "its job is switched off on blue, and no other Director has one" ||
		v.On[model.Blue].Has != model.Fails ||
		!v.On[model.Blue].Due.IsZero() {
		t.Errorf("%v: %s: %+v", v.Health, v.Says, v.On[model.Blue])
	}
	if a := w.alert(t, "gap:"+cellA.String()); a == nil || a.Severity != model.Fail || !strings.Contains(a.Do, "enable its job") {
		t.Errorf("%+v", a)
	}
	w.director(model.Green, midday, w.everyCell())
	if v := w.cell(cellA); v.Health == CellGap {
		t.Errorf("green has it: %s", v.Says)
	}
	// It owes no night from before it was switched on again.
	w.director(model.Green, midday, nil)
	w.now = midday.Add(3 * day)
	w.answers(model.Blue, "")
	off()
	if s := w.cell(cellA).On[model.Blue]; s.Has != model.Holds || s.Missed != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAFullBackupIsPromisedToo(t *testing.T) {
	w := onBlueAlone(t)
	w.inv.Cells[0].FullPromise = 8 * day
	jobs := nights(10, cellA)
	for i := range jobs[1:] {
		jobs[i+1].Level = 'I'
	}
	w.rows(model.Blue, jobs...)
	v := w.cell(cellA)
	if v.Health != CellBroken || !strings.Contains(v.Says, "last good full 9 d ago on blue, promise of a full one 8d") ||
		v.FullPromise != 8*day {
		t.Errorf("%v: %s", v.Health, v.Says)
	}
	w.inv.Cells[0].FullPromise = 0
	w.swept = time.Time{}
	if v := w.cell(cellA); v.Health != CellOK {
		t.Errorf("nobody asked for one: %v: %s", v.Health, v.Says)
	}
	w.inv.Cells[0].FullPromise = 9*day + 11*time.Hour
	w.swept = time.Time{}
	if a := w.alert(t, "breaks:"+cellA.String()); a == nil || !strings.Contains(a.Says, "breaks its 227h promise of a full one in") {
		t.Errorf("%+v", a)
	}
	jobs[5].Level = 'F'
	jobs[5].Files = 0
	w.rows(model.Blue, jobs[5])
	if v := w.cell(cellA); v.On[model.Blue].LastFull.ID != 1 {
		t.Errorf("an empty full one counts: %+v", v.On[model.Blue].LastFull)
	}
	// What is promised for longer than the window is read that far back.
	ps := slices.Clone(w.inv.Cells)
	ps[0].FullPromise = 35 * day
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	if got := New("test", "", inv, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC}).Reach(); got != 36*day {
		t.Errorf("catalogs are read %v back", got)
	}
}

// A Director that has no job for any cell says so at once, and not with the next sweep.
func TestADirectorWithoutJobsIsKnown(t *testing.T) {
	w := newBoard(t, midday)
	w.Board = New("test", "", w.inv, w.policy, [2]*time.Location{time.UTC, time.UTC})
	w.Walked(model.Green)
	w.Snapshot(midday)
	w.director(model.Green, midday, map[model.Cell]bool{})
	if has := w.cell(cellA).On[model.Green].Has; has != model.Fails {
		t.Errorf("it is %v whether green has a job", has)
	}
}

// A restore that brought nothing back is not ok, in no count and in no event: with replace=never onto files that are there, Bacula calls it
// so, with every file counted, no error, and not a byte (lab).
func TestARestoreOfNothing(t *testing.T) {
	for name, c := range map[string]struct {
		files, bytes uint64
		outcome      model.Outcome
		want         Tally
		severity     model.Severity
	}{
		"some":           {3, 4000, model.OK, Tally{OK: 1}, model.Info},
		"with warnings":  {3, 4000, model.Warned, Tally{Warned: 1}, model.Warn},
		"not a byte":     {3, 0, model.OK, Tally{Failed: 1}, model.Fail},
		"no file":        {0, 0, model.OK, Tally{Failed: 1}, model.Fail},
		"nothing, warns": {0, 0, model.Warned, Tally{Failed: 1}, model.Fail},
		"failed":         {0, 0, model.Failed, Tally{Failed: 1}, model.Fail},
		"canceled":       {0, 0, model.Canceled, Tally{Canceled: 1}, model.Warn},
	} {
		w := newBoard(t, midday)
		w.Snapshot(w.now)
		j := backup(7, cellA, c.outcome, midday.Add(-time.Hour), time.Minute, c.bytes)
		j.Type, j.Name, j.HasCell, j.Files = model.TypeRestore, "restore-region1-regular", false, c.files
		before := len(w.Snapshot(w.now).Events)
		w.Catalog(model.Blue, model.Catalog{}, []model.Job{j}, nil, w.now)
		w.answers(model.Blue, "")
		s := w.Snapshot(w.now)
		if v := s.Clusters[model.Blue]; v.Day.Restores != c.want || v.Week.Restores != c.want {
			t.Errorf("%s: %+v of the day, %+v of the week, want %+v", name, v.Day.Restores, v.Week.Restores, c.want)
		}
		if said := s.Events[before:]; len(said) != 1 || said[0].Severity != c.severity ||
			strings.Contains(said[0].Says, "brought nothing back") != (c.bytes == 0 && c.outcome.Good()) {
			t.Errorf("%s: %+v", name, said)
		}
	}
}

// TestWhatIsNoGoodBackupIsAFailure in its alert, as in its event and in the tally, while the promise of its cell holds; and a restore that
// brought nothing back, until a later one brings something.
func TestWhatIsNoGoodBackupIsAFailure(t *testing.T) {
	at := midday.Add(-time.Hour)
	for name, x := range map[string]struct {
		level  model.Level
		change func(*model.Job)
		says   string
	}{
		"empty":           {'F', func(j *model.Job) { j.Files, j.Bytes = 0, 0 }, "it left nothing to restore from"},
		"warned, empty":   {'F', func(j *model.Job) { j.Files, j.Bytes, j.Outcome = 0, 0, model.Warned }, "it left nothing to restore from"},
		"empty increment": {'I', func(j *model.Job) { j.Files, j.Bytes = 0, 0 }, "it left nothing to restore from"},
		"on no volume":    {'F', func(j *model.Job) { j.Stored = model.Fails }, "on no volume of its catalog"},
		"of no level":     {'F', func(j *model.Job) { j.Level = 0 }, "of no level of a backup"},
	} {
		w := onBlueAlone(t)
		good, bad := backup(7, cellA, model.OK, at.Add(-4*time.Hour), time.Minute, 1000), backup(8, cellA, model.OK, at, time.Minute, 1000)
		good.Level, bad.Level = x.level, x.level
		if x.level == 'I' {
			full := backup(6, cellA, model.OK, at.Add(-9*time.Hour), time.Minute, 1000)
			w.rows(model.Blue, full)
		}
		x.change(&bad)
		w.rows(model.Blue, good)
		before := len(w.Snapshot(w.now).Events)
		w.rows(model.Blue, bad)
		w.failedEverywhere(t, name, &bad, before)
		a := w.alert(t, "job:blue:"+bad.Key.Job)
		if a == nil || a.Severity != model.Fail || !strings.HasSuffix(a.Says, ": "+x.says) || !strings.HasSuffix(a.Brief, x.says) ||
			a.Cell == nil {
			t.Errorf("%s: %+v", name, a)
		}
		if v := w.cell(cellA); v.Health != CellWarned || w.alert(t, "warned:"+cellA.String()) != nil {
			t.Errorf("%s: %v, told twice: %s", name, v.Health, v.Says)
		}
		w.rows(model.Blue, backup(9, cellA, model.OK, midday.Add(-10*time.Minute), time.Minute, 1000))
		if a := w.alert(t, "job:blue:"+bad.Key.Job); a != nil {
			t.Errorf("%s: a good one came after it: %+v", name, a)
		}
	}
	w := onBlueAlone(t)
	nothing := backup(17, cellA, model.OK, at, time.Minute, 0)
	nothing.Type, nothing.Name, nothing.HasCell = model.TypeRestore, "restore-region1-regular", false
	w.rows(model.Blue, nothing)
	if a := w.alert(t, "job:blue:"+nothing.Key.Job); a == nil || a.Severity != model.Fail ||
		!strings.HasSuffix(a.Says, "it brought nothing back") {
		t.Errorf("a restore of nothing: %+v", a)
	}
	some := nothing
	some.ID, some.Key.Job, some.Bytes, some.Start, some.End = 18, "restore.18", 1000, at.Add(time.Minute), at.Add(2*time.Minute)
	w.rows(model.Blue, some)
	if a := w.alert(t, "job:blue:"+nothing.Key.Job); a != nil {
		t.Errorf("a later one brought something back: %+v", a)
	}
}
