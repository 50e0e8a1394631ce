package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// busy is a day on which 500 jobs have ended since the failures of its morning; those are held beside the newest.
func busy() world {
	w := calm(250)
	v := w.Clusters[model.Blue]
	v.Recent = nil
	for i := range board.RecentJobs {
		j := job(model.Blue, uint32(20000+i), cellNo(i), model.OK)
		j.Key.Job = fmt.Sprint("ended", i)
		j.End = before(time.Duration(board.RecentJobs-i) * time.Second)
		v.Recent = append(v.Recent, j)
	}
	slices.Reverse(v.Recent)
	for i, at := range []time.Duration{20 * time.Hour, 23 * time.Hour, 50 * time.Hour} {
		j := job(model.Blue, uint32(15000-i), cellNo(40+i), []model.Outcome{model.Failed, model.Lost, model.Failed}[i])
		j.Key.Job, j.Note, j.End = fmt.Sprint("bad", i), fmt.Sprint("reason ", i), before(at)
		v.Bad = append(v.Bad, j)
	}
	warned := job(model.Blue, 14000, cellNo(50), model.Warned)
	warned.End = before(22 * time.Hour)
	v.Bad = slices.Insert(v.Bad, 1, warned)
	v.Catalog.From = before(14 * day)
	return w
}

func TestEveryFailureOfTheDayOpens(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], busy().Snapshot)
		d.press("z")
		d.see("newest 500 ended, 24 h of failures")
		d.press("/", "'failed'", "enter")
		d.see("15000", "14999", "2 of 51")
		d.gone("14998", "14000")
		d.press("G", "enter")
		d.see("JOB 14999 on BLUE", "LOST", "reason 1")
		d.press("esc", "/", "ctrl+u", "'!failed'", "enter")
		d.gone("15000")
		d.press("/", "ctrl+u", "'warned'", "enter")
		d.see("14000")
		d.press("/", "ctrl+u", "'missed'", "enter")
		d.see("a run that was missed is no job: 3 has its cell")
		d.press("/", "ctrl+u", "'running'", "enter")
		d.see("18240", "3 of 51")
		d.gone("waits for storage")

		d.press("esc", "z", ":", "'failures'", "enter")
		d.see("FAILURES  of 24 h: 2", "15000", "14999", ":failures 7d")
		d.gone("14998")
		d.press("j", "enter")
		d.see("JOB 14999 on BLUE")
		d.press("esc", "j", "enter")
		d.see("FAILURES  of 7 d: 3", "14998")
		d.press("esc", "esc", ":", "'failures 9d'", "enter")
		d.see(":failures wants 24h or 7d")
		d.press(":", "'job 14998'", "enter")
		d.see("JOB 14998 on BLUE")
	}
}

func TestAListOfFailuresSaysWhereItIsCut(t *testing.T) {
	for _, size := range sizes {
		w := busy()
		w.Clusters[model.Blue].BadCut = true
		w.Clusters[model.Green].Catalog.From = before(2 * day)
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press(":", "'failures'", "enter")
		d.gone("cut:", "read back to")
		d.press(":", "'failures 7d'", "enter")
		d.see("BLUE: cut: the newest 5,000", "GREEN: the catalog was read back to 2026-03-12")
		w = w.next()
		w.Clusters[model.Green] = &board.ClusterView{Cluster: model.Green}
		d.take(w.Snapshot)
		d.see("GREEN: its catalog was not read yet")
	}
}

func TestCellsAlertsAndEventsByState(t *testing.T) {
	for _, size := range sizes {
		w := trouble(20)
		w.Snapshot.Cell(cellNo(20)).On[model.Blue].Missed = 2
		running := job(model.Blue, 18240, cellNo(24), model.Running)
		w.Snapshot.Cell(cellNo(24)).On[model.Blue].Open = &running
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press("3", "z")
		for word, want := range map[string]model.Cell{"failed": cellNo(9), "warned": cellNo(6), "missed": cellNo(20), "running": cellNo(24)} {
			d.press("/", "ctrl+u", "'"+word+"'", "enter")
			d.see("1 of 80", want.Chain+" ")
		}
		d.press("esc", "z", "6", "/", "'warned'", "enter")
		d.see("1 of 3")
		d.press("esc", "5", "/", "'failed'", "enter")
		if got := d.app.panes[paneEvents].lines(); got.filterText() != "failed" {
			t.Fatal(got.filterText())
		}
		d.press("enter")
		d.see("JOB 18244 on BLUE")
		d.press("esc", "?")
		d.see("/failed", "/warned", "/missed", "/running")
		d.press("?", "/", "'/missed'", "enter")
		d.see("/missed", "due times of the last 7 days")
	}
}

// TestAFailuresReasonBeginsWhereItIsTold beside its mark, which says that it failed, also where there is little room.
func TestAFailuresReasonBeginsWhereItIsTold(t *testing.T) {
	w := trouble(20)
	v := *w.Clusters[model.Blue]
	bad := job(model.Blue, 15000, cellNo(3), model.Failed)
	bad.Note = "Fatal error: Storage daemon \"sd-r2-04\" could not create a new Volume. ERR=No space left on device"
	v.Recent = append([]model.Job{bad}, v.Recent...)
	w.Clusters[model.Blue] = &v
	d := watch(t, 80, 24, w.Snapshot)
	d.press(":", "'failures'", "enter")
	if row := d.row("15000"); !strings.Contains(row, "storage: No space le") {
		t.Errorf("%q", row)
	}
}

// TestAMissedRunHasItsWordEverywhere is a cell that also failed: neither its row nor any list tells of that alone.
func TestAMissedRunHasItsWordEverywhere(t *testing.T) {
	for _, size := range sizes {
		w := trouble(20)
		v := w.Snapshot.Cell(cellNo(20))
		st := &v.On[model.Blue]
		st.Missed, st.MissedDay, st.MissedAt = 2, 1, before(9*time.Hour)
		v.Health, v.Says = board.CellWarned, "newest on blue ended with 3 warnings"
		cell := v.Cell
		w.Alerts = append(
			w.Alerts,
			board.Alert{
				ID:       "missed:blue:" + cell.String(),
				Severity: model.Warn,
				Says:     cell.String() + ": missed 1 run in 24 h on blue",
				Cell:     &cell,
				Since:    st.MissedAt,
			},
		)
		w.Events = append(
			w.Events,
			board.Event{
				Seq:      99,
				At:       before(time.Minute),
				Who:      "blue",
				Severity: model.Warn,
				Says:     cell.String() + ": missed its run of 14 Mar 03:04, no job answered it",
				Cell:     &cell,
			},
		)
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press("3", "z", "/", "'/missed'", "enter") // as help writes it
		d.see("1 of 80", "missed 2; newest")
		d.press("/", "ctrl+u", "'missed'", "enter")
		d.see("1 of 80", "missed 2; newest")
		if row := d.row(cell.Chain + " "); !strings.Contains(row, "m ") {
			t.Errorf("no mark of its cluster: %q", row)
		}
		d.press("enter")
		d.see("2 due times of the last 7 days that no job answered")
		d.press("esc", "esc", "z", "6", "/", "'missed'", "enter")
		d.see("1 of 4")
		d.press("5", "/", "'missed'", "enter")
		d.see("missed its run of 14 Mar 03:04")
		d.press("enter")
		d.see("2 due times of the last 7 days that no job answered")
		d.press("esc", ":", "'failures'", "enter")
		d.see("Missed: due, and no job answered", cell.String()+" on BLUE: missed 1")
		d.press("j", "enter")
		d.see("CELL "+cell.String(), "2 due times")
		d.press("esc", "esc", ":", "'failures 7d'", "enter")
		d.see(cell.String() + " on BLUE: missed 2")
	}
}

// TestWhatFailedWithoutSayingSoIsFound: what left nothing, and what Bacula itself canceled, is counted and told as failed; who lists what
// failed finds it.
func TestWhatFailedWithoutSayingSoIsFound(t *testing.T) {
	for _, size := range sizes {
		w := calm(20)
		v := w.Clusters[model.Blue]
		empty := job(model.Blue, 18350, cellNo(30), model.OK)
		empty.Level, empty.Files, empty.Bytes, empty.Doubt = 'F', 0, 0, model.Empty
		limit := job(model.Blue, 18351, cellNo(31), model.Canceled)
		limit.Note = "Fatal error: Max run time exceeded. Job canceled."
		person := job(model.Blue, 18352, cellNo(32), model.Canceled)
		person.Note = "Job canceled by a person."
		gone := job(model.Blue, 18353, cellNo(33), model.OK)
		gone.Doubt = model.NoVolume
		undated := job(model.Blue, 18354, cellNo(34), model.OK)
		undated.Doubt, undated.End = model.Undated, time.Time{}
		v.Recent = append(slices.Clone(v.Recent), empty, limit, person, gone, undated)
		w.Snapshot.Cell(cellNo(30)).On[model.Blue].Last = &empty
		w.Snapshot.Cell(cellNo(31)).On[model.Blue].Last = &limit
		on := &w.Snapshot.Cell(cellNo(33)).On[model.Blue]
		on.Last, on.Doubt = &gone, model.NoVolume
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press("z", "/", "'failed'", "enter")
		d.see("18350", "18351", "18353")
		if row := d.row("18350"); !strings.Contains(row, "✗ EMPTY ") || strings.Contains(row, "✓") {
			t.Errorf("%v: an empty backup looks like a good one: %q", size, row)
		}
		if row := d.row("18353"); !strings.Contains(row, "✗ NOT GOOD ") || strings.Contains(row, "✓") {
			t.Errorf("%v: a backup on no volume looks like a good one: %q", size, row)
		}
		if row := d.row("18351"); !strings.Contains(row, "✗ CANCELED Max") {
			t.Errorf("%v: what Bacula canceled looks like a person's choice: %q", size, row)
		}
		d.gone("18352")
		d.press("/", "ctrl+u", "'warned'", "enter")
		if row := d.row("18354"); !strings.Contains(row, "! without an end") || strings.Contains(row, "✓") {
			t.Errorf("%v: what counts for nothing looks good: %q", size, row)
		}
		d.press("esc", "z", ":", "'failures'", "enter")
		d.see("FAILURES  of 24 h: 3", "18350", "18351", "18353", "EMPTY", "NOT GOOD")
		d.gone("18352")
		d.press("esc", "3", "/", "'failed'", "enter")
		d.see("3 of 80", cellNo(30).Chain+" ", cellNo(31).Chain+" ", cellNo(33).Chain+" ")
	}
}
