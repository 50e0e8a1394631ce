package main

import (
	"slices"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// BenchmarkFirstIntent is how long a backup takes from the command line to its first intent in the journal, while AWS takes calls and never
// answers.
func BenchmarkFirstIntent(b *testing.B) {
	w := benchWorld(b, rehearsal.Options{})
	s := opened(b, w.ConfigPath())
	f, stop := s.follow(b.Context())
	snap, err := firstLook(b.Context(), f, patience)
	stop()
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Fault("aws-unreachable", rehearsal.PrimaryRegion); err != nil {
		b.Fatal(err)
	}
	for _, on := range model.Clusters {
		b.Run(on.String(), func(b *testing.B) {
			i := slices.IndexFunc(snap.Cells, func(v board.CellView) bool { return v.On[on].Has == model.Holds && v.On[on].Open == nil })
			cell := snap.Cells[i].Cell
			once(b, func() {
				began := time.Now()
				cmd := built(b, "backup", "--chain="+cell.Chain, "--region="+cell.Region, "--kind="+cell.Kind.String(), "--on="+on.String(), "--apply",
					"--confirm=backup "+cell.Chain+" "+on.String(), "--reason=the bench", "--config="+w.ConfigPath())
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(intended(b, s, began).Sub(began).Seconds(), "s-first-intent")
				_ = cmd.Process.Kill() // who acts goes on without
				_ = cmd.Wait()
			})
		})
	}
}

// intended waits for an action to begin its first step, and tells when that was recorded.
func intended(b *testing.B, s *site, after time.Time) time.Time {
	b.Helper()
	j, err := openJournal(b.Context(), s.cfg)
	if err != nil {
		b.Fatal(err)
	}
	next := int64(1)
	for end := time.Now().Add(patience); time.Now().Before(end); rest(b, 10*time.Millisecond) {
		for r, err := range j.Tail(b.Context(), next) {
			if err != nil {
				b.Fatal(err)
			}
			next = r.Seq + 1
			var intent record.Intent
			if r.Kind == record.KindIntent && r.At.After(after) && r.Into(&intent) == nil && intent.Step == 1 {
				return r.At
			}
		}
		if _, err := j.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.Fatal("no action has begun")
	return time.Time{}
}
