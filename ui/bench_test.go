package ui

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
)

// BenchmarkView is what a screen of 200x60 costs by what happened: the clock's tick and a beat without change at most 50 µs each, one
// changed pane at most 1 ms. A View after nothing at all is the last one, and costs nothing.
func BenchmarkView(b *testing.B) {
	w := trouble(250)
	b.Run("clock tick", func(b *testing.B) {
		d := watch(b, 200, 60, w.Snapshot)
		for i := 0; b.Loop(); i++ {
			d.clock = noon.Add(time.Duration(i%3) * time.Second)
			d.app.Update(tickMsg(d.clock))
			d.app.View()
		}
	})
	b.Run("beat without change", func(b *testing.B) {
		d := watch(b, 200, 60, w.Snapshot)
		beats := [2]*board.Snapshot{w.Snapshot, {}}
		*beats[1] = *w.Snapshot
		beats[1].Seen = sightings()
		for i := 0; b.Loop(); i++ {
			d.app.Update(snapshotMsg{snap: beats[i%2]})
			d.app.View()
		}
	})
	b.Run("one pane changed", func(b *testing.B) {
		d := watch(b, 200, 60, w.Snapshot)
		pictures := [2]*board.Snapshot{w.Snapshot, {}}
		*pictures[1] = *w.Snapshot
		v := *w.Clusters[model.Blue]
		v.Day.Backups.OK++
		pictures[1].Clusters[model.Blue] = &v
		for i := 0; b.Loop(); i++ {
			d.app.Update(snapshotMsg{snap: pictures[i%2]})
			d.app.View()
		}
	})
	b.Run("everything changed", func(b *testing.B) {
		pictures := [2]*board.Snapshot{trouble(250).Snapshot, trouble(250).Snapshot}
		d := watch(b, 200, 60, pictures[0])
		for i := 0; b.Loop(); i++ {
			d.app.Update(snapshotMsg{snap: pictures[i%2]})
			d.app.View()
		}
	})
	b.Run("page open", func(b *testing.B) {
		d := watch(b, 200, 60, w.Snapshot)
		d.press("enter")
		for i := 0; b.Loop(); i++ {
			d.clock = noon.Add(time.Duration(i%3) * time.Second)
			d.app.Update(tickMsg(d.clock))
			d.app.View()
		}
	})
	b.Run("cursor", func(b *testing.B) {
		d := watch(b, 200, 60, w.Snapshot)
		for i := 0; b.Loop(); i++ {
			d.app.Update(keyMsg([]string{"j", "k"}[i%2]))
			d.app.View()
		}
	})
}

// BenchmarkFilter is a keystroke in the filter of 10,000 chains: 40,000 cells, at most 50 ms.
func BenchmarkFilter(b *testing.B) {
	w := trouble(10_000)
	for _, text := range []string{"chain04", "chain0[1-4].*imm", "!region1"} {
		b.Run(text, func(b *testing.B) {
			d := watch(b, 200, 60, w.Snapshot)
			d.press("3", "/", "'"+text)
			for i := 0; b.Loop(); i++ {
				d.app.Update([]tea.Msg{keyMsg("backspace"), keyMsg(text[len(text)-1:])}[i%2])
				d.app.View()
			}
		})
	}
	b.Run("grouped", func(b *testing.B) { // a key of the filter, and then every group counted anew
		d := watch(b, 200, 60, w.Snapshot)
		d.press("3", "=", "/", "'chain04")
		for i := 0; b.Loop(); i++ {
			d.app.Update([]tea.Msg{keyMsg("backspace"), keyMsg("4")}[i%2])
			d.app.View()
		}
	})
	b.Run("snapshot with every cell new", func(b *testing.B) {
		other := *w.Snapshot
		other.Cells = append([]board.CellView(nil), w.Cells...)
		pictures := [2]*board.Snapshot{w.Snapshot, &other}
		d := watch(b, 200, 60, w.Snapshot)
		for i := 0; b.Loop(); i++ {
			d.app.Update(snapshotMsg{snap: pictures[i%2]})
			d.app.View()
		}
	})
}

// BenchmarkBurst is 1,000 changes a second. The feed keeps the newest only and the ui pauses between two, so what counts is the
// share of a core that its own pace allows: the cost of one picture over the pause that follows it.
func BenchmarkBurst(b *testing.B) {
	for _, chains := range []int{250, 10_000} {
		b.Run(fmt.Sprintf("%d chains", chains), func(b *testing.B) {
			pictures := [2]*board.Snapshot{trouble(chains).Snapshot, trouble(chains).Snapshot}
			d := watch(b, 200, 60, pictures[0])
			share, n := 0.0, 0
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				d.app.Update(snapshotMsg{snap: pictures[i%2]})
				d.app.View()
				cost := time.Since(start)
				share += 100 * cost.Seconds() / (cost + d.app.pause).Seconds()
				n++
			}
			b.ReportMetric(share/float64(n), "%core")
		})
	}
}

// BenchmarkDialog is what an open plan costs at 10,000 chains: it is a fraction of a frame, whatever changes.
func BenchmarkDialog(b *testing.B) {
	w := able(10_000)
	for _, k := range model.Clusters {
		v := *w.Clusters[k]
		v.Recent = make([]model.Job, 100_000) // two days of both clusters
		w.Clusters[k] = &v
	}
	open := func(b *testing.B) *driver {
		d := levered(b, model.DefaultPolicy(), 200, 60, w.Snapshot)
		d.chooseCell("chain011 region1 regular")
		d.press("b")
		return d
	}
	b.Run("a second passes", func(b *testing.B) {
		d := open(b)
		for b.Loop() {
			d.app.recheck()
		}
	})
	b.Run("everything changed", func(b *testing.B) {
		d := open(b)
		snap := *w.Snapshot
		d.app.snap = &snap
		for b.Loop() {
			snap.Rev++
			d.app.recheck()
		}
		if d.app.dialog.stale != "" {
			b.Fatal(d.app.dialog.stale)
		}
	})
}
