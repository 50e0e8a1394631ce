package main

import (
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/record"
)

// BenchmarkFailover is what this program adds to an emergency while the primary's AWS region takes calls and never answers: the time of the
// whole action, without that between the beginning of a step and the moment in which it was seen done.
func BenchmarkFailover(b *testing.B) {
	clock := worldclock.New(model.Now(), emergencySpeed) // what the daemons take is over sooner, and what this program takes counts for more
	w := benchWorld(b, rehearsal.Options{Clock: clock})
	if err := clock.Publish(w.Dir(), false); err != nil {
		b.Fatal(err)
	}
	if err := w.Fault("region-gone", rehearsal.PrimaryRegion); err != nil {
		b.Fatal(err)
	}
	s := opened(b, w.ConfigPath())
	once(b, func() {
		cmd := built(b, "failover", "emergency", "--apply", "--confirm=promote bacula-replica", "--reason=the bench", "--config="+w.ConfigPath())
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		j, err := openJournal(b.Context(), s.cfg)
		if err != nil {
			b.Fatal(err)
		}
		defer j.Close()
		b.ReportMetric(between(b, j).Seconds()/emergencySpeed, "s-added")
	})
}

// between is the time of the newest action in which no step was under way: readings, guards and records.
func between(b *testing.B, j *journal.Journal) (own time.Duration) {
	b.Helper()
	var last time.Time
	steps := 0
	for r, err := range j.Tail(b.Context(), 1) {
		if err != nil {
			b.Fatal(err)
		}
		switch r.Kind {
		case record.KindClaim:
			last = r.At
		case record.KindIntent, record.KindDone:
			if r.Kind == record.KindDone {
				steps++
			}
			var d record.Done
			if r.Kind == record.KindIntent || r.Into(&d) == nil && d.Already { // seen done at once
				own += r.At.Sub(last)
			}
			last = r.At
		}
	}
	if steps < 10 {
		b.Fatalf("%d steps were done", steps)
	}
	return own
}
