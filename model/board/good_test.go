package board

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// After old volumes were scanned in, the highest JobIds are those of the oldest jobs.
func TestScannedInRowsPushNothingOut(t *testing.T) {
	w := onBlueAlone(t)
	w.rows(model.Blue, nights(5, cellA)...)
	var old []model.Job
	for i := range 2100 {
		j := backup(uint32(5000+i), model.Cell{Chain: "old"}, model.OK, midday.Add(-900*day), time.Minute, 1000)
		j.HasCell, j.Name = false, "old-archive"
		old = append(old, j)
	}
	old = append(old, backup(8000, cellA, model.OK, midday.Add(-900*day), time.Minute, 1000))
	w.rows(model.Blue, old...)
	v, s := w.cell(cellA), w.Snapshot(midday)
	if v.Health != CellOK || v.On[model.Blue].LastGood.ID != 5 || v.On[model.Blue].Missed != 0 {
		t.Errorf("%v: %s: %+v", v.Health, v.Says, v.On[model.Blue])
	}
	if r := s.Clusters[model.Blue].Recent; len(r) != 5 {
		t.Errorf("%d recent ones", len(r))
	}
	if a := w.alert(t, "scanned:blue"); a == nil || !strings.Contains(a.Says, "2101 jobs") {
		t.Errorf("%+v", a)
	}
}

func moved(j model.Job, id uint32, sched time.Time) model.Job {
	j.ID, j.Key.Job, j.Sched, j.Times = id, fmt.Sprintf("%s.%d", j.Name, id), sched, model.Moved
	return j
}

func TestAMigrationAnswersForNoNight(t *testing.T) {
	w := onBlueAlone(t)
	w.director(model.Blue, midday.Add(-9*day), w.everyCell())
	jobs := nights(9, cellA)[:6] // three nights did not run
	for i := range 3 {
		at := midday.Add(time.Duration(i-2)*day - 2*time.Hour)
		was := jobs[3+i]
		jobs[3+i].Type = 'M'
		jobs = append(jobs, moved(was, uint32(600+i), at))
	}
	w.rows(model.Blue, jobs...)
	v := w.cell(cellA)
	if s := v.On[model.Blue]; s.Missed != 3 || s.MissedDay != 1 || v.Health != CellBroken || s.LastGood.ID != 602 {
		t.Errorf("%v: %s: %d missed, last good %+v", v.Health, v.Says, s.Missed, s.LastGood)
	}
	if got := w.week(model.Blue); got.OK != 4 { // nights 3 to 6 lie within the week, whoever holds them
		t.Errorf("the tally counts %+v", got)
	}
	// One that went wrong is no failed backup of the cell.
	bad := moved(backup(700, cellA, model.Failed, midday.Add(-time.Hour), time.Minute, 0), 700, midday.Add(-time.Hour))
	bad.Times = model.Awaited
	w.rows(model.Blue, bad)
	if s := w.cell(cellA).On[model.Blue]; s.Last.ID != 602 || s.Streak < 0 || s.Missed != 3 {
		t.Errorf("%+v", s)
	}
}

func TestAConsolidationByHandAnswersNoNight(t *testing.T) {
	for due, missed := range map[time.Duration]int{8 * time.Hour: 1, 0: 0, 4 * time.Minute: 0} {
		w := onBlueAlone(t)
		w.director(model.Blue, midday.Add(-9*day), w.everyCell())
		jobs := nights(9, cellA)
		last := jobs[7]
		last.ID, last.Key.Job, last.Times, last.Sched = 20, "merged.20", model.Merged, jobs[8].Sched.Add(due)
		w.rows(model.Blue, append(jobs[:8:8], last)...)
		if s := w.cell(cellA).On[model.Blue]; s.Missed != missed || !s.LastGood.End.Equal(jobs[7].End) {
			t.Errorf("due %v after the night: %d missed, last good %+v", due, s.Missed, s.LastGood)
		}
	}
}

// A copy is a backup's row first, then that of a copy, with the times of the backup that it was made of.
func TestACopyHealsNothing(t *testing.T) {
	w := onBlueAlone(t)
	w.rows(model.Blue, nights(9, cellA)[:5]...)
	if v := w.cell(cellA); v.Health != CellBroken {
		t.Fatalf("%v: %s", v.Health, v.Says)
	}
	before := w.week(model.Blue)
	row := moved(backup(50, cellA, model.OK, midday.Add(-time.Minute), time.Second, 1000), 50, midday.Add(-time.Minute))
	row.Times = model.Awaited
	w.rows(model.Blue, row)
	if v := w.cell(cellA); v.Health != CellBroken {
		t.Errorf("while its times are its own: %v: %s", v.Health, v.Says)
	}
	row.Times, row.Start, row.End = model.Own, midday.Add(-time.Hour), midday.Add(-time.Minute) // as one that nothing tells apart
	w.rows(model.Blue, row)
	if v := w.cell(cellA); v.Health == CellBroken {
		t.Error("the trap does not work: nothing told it apart")
	}
	row.Type, row.Times, row.HasCell, row.Cell = model.TypeCopy, model.Moved, false, model.Cell{}
	w.rows(model.Blue, row)
	if v := w.cell(cellA); v.Health != CellBroken || v.On[model.Blue].LastGood.ID != 5 || v.On[model.Blue].Last.ID != 5 {
		t.Errorf("it has become a copy: %v: %s", v.Health, v.Says)
	}
	if got := w.week(model.Blue); got != before {
		t.Errorf("the tally counted %+v and counts %+v", before, got)
	}
}

// Whatever a row was before, it leaves nothing behind when it changes, and nothing when it goes.
func TestARowLeavesNothingBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := newBoard(t, midday).inv.Cells
		row := func(id uint32) model.Job {
			o := model.Outcome(rapid.IntRange(int(model.Waiting), int(model.Lost)).Draw(t, "outcome"))
			start := midday.Add(-time.Duration(rapid.IntRange(11, 20*24*60).Draw(t, "minutes ago")) * time.Minute)
			j := backup(
				id,
				cells[rapid.IntRange(0, 2).Draw(t, "cell")].Cell,
				o,
				start,
				time.Duration(rapid.IntRange(0, 600).Draw(t, "took"))*time.Second,
				rapid.Uint64Range(0, 2).Draw(t, "bytes"),
			)
			j.Level = model.Level(rapid.SampledFrom([]byte("FID")).Draw(t, "level"))
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				j.HasCell, j.Cell, j.Name = false, model.Cell{}, "stray"
			case 1:
				j.Type = model.TypeCopy
			case 2:
				j.Type = model.TypeRestore
			case 3:
				j.Times = model.Times(rapid.IntRange(1, 3).Draw(t, "times"))
			}
			return j
		}
		n := rapid.IntRange(1, 25).Draw(t, "jobs")
		final := make([]model.Job, n)
		was := newBoard(t, midday)
		for i := range final {
			final[i] = row(uint32(i + 1))
			for range rapid.IntRange(0, 2).Draw(t, "changes") {
				was.rows(model.Blue, row(uint32(i+1)))
				was.Snapshot(midday)
			}
		}
		was.rows(model.Blue, final...)
		var gone []uint32
		kept := final[:0:0]
		for _, j := range final {
			if j.ID < uint32(n) && rapid.IntRange(0, 3).Draw(t, "gone") == 0 { // the highest is the mark: without it everything is read again
				gone = append(gone, j.ID)
			} else {
				kept = append(kept, j)
			}
		}
		was.Catalog(model.Blue, model.Catalog{}, nil, gone, midday)
		straight := newBoard(t, midday)
		straight.rows(model.Blue, kept...)
		a, b := straight.Snapshot(midday), was.Snapshot(midday)
		a.Clusters[model.Blue].Catalog.From, b.Clusters[model.Blue].Catalog.From = time.Time{}, time.Time{}
		if d := cmp.Diff(a.Cells, b.Cells); d != "" {
			t.Fatalf("cells differ:\n%s", d)
		}
		if d := cmp.Diff(a.Clusters[model.Blue], b.Clusters[model.Blue]); d != "" {
			t.Fatalf("blue differs:\n%s", d)
		}
	})
}

// What was read before the newest 500 jobs is kept in few words, and comes back as it was when a newer row goes.
func TestAnOldBackupComesBack(t *testing.T) {
	w := onBlueAlone(t)
	jobs := nights(9, cellA)
	for i := range jobs {
		jobs[i].Name = "backup-chain1-region1-regular"
		jobs[i].Key.Job = jobs[i].Name + jobs[i].Sched.Format(".2006-01-02_15.04.05") + "_07"
	}
	w.rows(model.Blue, jobs...)
	var other []model.Job
	for i := range 3 * RecentJobs {
		other = append(
			other,
			backup(uint32(100+i), model.Cell{Chain: "chain2", Region: "region2"}, model.OK, midday.Add(-time.Hour), time.Minute, 1000),
		)
	}
	w.rows(model.Blue, other...)
	w.Catalog(model.Blue, model.Catalog{}, nil, []uint32{9, 8, 7}, midday)
	want := jobs[5]
	v := w.cell(cellA)
	if d := cmp.Diff(&want, v.On[model.Blue].LastGood); d != "" || v.Health != CellBroken {
		t.Errorf("%v: %s\n%s", v.Health, v.Says, d)
	}
}

func TestTwoRowsOfOneName(t *testing.T) {
	w := onBlueAlone(t)
	jobs := nights(5, cellA)
	good, bad := backup(
		20,
		cellA,
		model.OK,
		midday.Add(-time.Hour),
		time.Minute,
		1000,
	), backup(
		21,
		cellA,
		model.Failed,
		midday.Add(-2*time.Hour),
		time.Minute,
		0,
	)
	good.Key.Job, bad.Key.Job = "same", "same"
	w.rows(model.Blue, append(jobs, good, bad)...)
	for _, a := range w.Snapshot(midday).Alerts {
		if a.Job != nil {
			t.Errorf("a failure that is mended, or no failure, is told: %q", a.Says)
		}
	}
	good.Start, good.Sched, good.End = midday.Add(-3*time.Hour), midday.Add(-3*time.Hour), midday.Add(-3*time.Hour+time.Minute)
	w.rows(model.Blue, good)
	n := 0
	for _, a := range w.Snapshot(midday).Alerts {
		if a.Job != nil {
			n++
			if !strings.HasPrefix(a.Says, "blue 21 ") {
				t.Errorf("the good one is told: %q", a.Says)
			}
		}
	}
	if n != 1 {
		t.Errorf("the failure is told %d times", n)
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
	if v.Health != CellWarned || !strings.Contains(v.Says, "canceled by Bacula itself on blue: Fatal error: Max run time") ||
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
