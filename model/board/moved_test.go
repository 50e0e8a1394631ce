package board

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
)

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
