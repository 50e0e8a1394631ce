package board

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
)

// asked is what a tick does: everything from the mark on, what the board wants to look at, and what then counts instead.
func (w *boardWorld) asked(t *rapid.T, rows map[uint32]model.Job) {
	mark, name, ids := w.Look(model.Green)
	if was, there := rows[mark]; mark > 0 && (!there || was.Key.Job != name) {
		w.Rewalk(model.Green, "its newest is gone", w.now)
		w.Catalog(model.Green, model.Catalog{}, slices.Collect(maps.Values(rows)), nil, w.now)
		w.Walked(model.Green)
		return
	}
	var jobs []model.Job
	for id, j := range rows {
		if id >= mark || slices.Contains(ids, id) {
			jobs = append(jobs, j)
		}
	}
	read := func(ids []uint32) (gone []uint32) {
		for _, id := range ids {
			if _, there := rows[id]; !there {
				gone = append(gone, id)
			}
		}
		return gone
	}
	gone := read(ids)
	for rounds := 0; ; rounds++ {
		more := w.Ledger(model.Green).Instead(jobs, gone)
		if len(more) == 0 {
			break
		}
		if rounds > 3 {
			t.Fatalf("asked for in the place of others for the %d. time: %v", rounds, more)
		}
		for _, id := range more {
			if j, there := rows[id]; there {
				jobs = append(jobs, j)
			}
		}
		gone = append(gone, read(more)...)
	}
	w.Catalog(model.Green, model.Catalog{}, jobs, gone, w.now)
}

// Whatever happens to rows after they were read, a session that looks again comes to show what one shows that begins now.
func TestASessionShowsWhatAFreshOneShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		session := newBoard(t, midday)
		cells := session.inv.Cells[:2]
		rows := map[uint32]model.Job{}
		row := func(id uint32) model.Job {
			cell := rapid.SampledFrom(cells).Draw(t, "cell").Cell
			start := midday.Add(-time.Duration(rapid.IntRange(1, 9*24).Draw(t, "hours ago")) * time.Hour)
			j := backup(
				id,
				cell,
				rapid.SampledFrom([]model.Outcome{model.OK, model.OK, model.Warned, model.Failed, model.Running, model.Canceled}).Draw(t, "outcome"),
				start,
				time.Minute,
				100,
			)
			j.Type = rapid.SampledFrom([]model.JobType{model.TypeBackup, model.TypeBackup, model.TypeRestore, 'M'}).Draw(t, "type")
			j.HasCell = j.Type == model.TypeBackup && rapid.IntRange(0, 5).Draw(t, "stray") > 0
			j.Level = rapid.SampledFrom([]model.Level{'F', 'F', 'I', 'D'}).Draw(t, "level")
			j.Times = rapid.SampledFrom([]model.Times{model.Own, model.Own, model.Own, model.Moved, model.Merged, model.Awaited}).Draw(t, "times")
			if rapid.IntRange(0, 4).Draw(t, "left") == 0 {
				j.Files, j.Bytes = 0, 0
			}
			return j
		}
		for id := range uint32(rapid.IntRange(0, 30).Draw(t, "rows")) {
			rows[id+1] = row(id + 1)
		}
		top := uint32(len(rows))
		session.asked(t, rows)
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			for range rapid.IntRange(1, 6).Draw(t, "at once") {
				switch id := uint32(rapid.IntRange(1, 40).Draw(t, "id")); rapid.IntRange(0, 2).Draw(t, "what") {
				case 0:
					delete(rows, id)
				default: // what is new is numbered after the newest
					if _, there := rows[id]; there || id > top {
						rows[id], top = row(id), max(top, id)
					}
				}
			}
			for range 4 {
				session.asked(t, rows)
				session.Snapshot(midday)
			}
		}
		for range 2 {
			session.asked(t, rows)
		}
		fresh := newBoard(t, midday)
		fresh.Catalog(model.Green, model.Catalog{}, slices.Collect(maps.Values(rows)), nil, midday)
		session.Snapshot(midday)
		b := fresh.Snapshot(midday)
		session.Ledger(model.Green).from = fresh.Ledger(model.Green).from // how far back was read
		session.sides[model.Green].dirty = true
		a := session.Snapshot(midday)
		if d := cmp.Diff(b.Clusters[model.Green], a.Clusters[model.Green]); d != "" {
			t.Fatalf("green differs:\n%s", d)
		}
		for i := range a.Cells {
			was, is := a.Cells[i].On[model.Green], b.Cells[i].On[model.Green]
			if d := cmp.Diff(is, was); d != "" {
				t.Fatalf("%s differs:\n%s", a.Cells[i].Cell, d)
			}
		}
	})
}
