package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/plan"
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
		b.ReportMetric(between(b, j, emergencySpeed).Seconds(), "s-added")
	})
}

// between is the time of the newest action in which no step was under way, of an environment whose time runs so fast: readings, guards and
// records. Where it went is told with -v.
func between(b testing.TB, j *journal.Journal, speed float64) (own time.Duration) {
	b.Helper()
	type stretch struct {
		took time.Duration
		of   string
	}
	var last time.Time
	var all []stretch
	var names []string
	steps := 0
	ours := func(r record.Record, step int) {
		took := time.Duration(float64(r.At.Sub(last)) / speed)
		own += took
		all = append(all, stretch{took, fmt.Sprintf("%s of step %d, %s", r.Kind, step, names[step-1])})
	}
	for r, err := range j.Tail(b.Context(), 1) {
		if err != nil {
			b.Fatal(err)
		}
		switch r.Kind {
		case record.KindPlan:
			var p record.Planned
			if err := r.Into(&p); err != nil {
				b.Fatal(err)
			}
			of, err := plan.Of(p)
			if err != nil {
				b.Fatal(err)
			}
			own, all, names, steps = 0, nil, names[:0], 0 // of the newest action alone
			for i := range of.Steps {
				names = append(names, of.Steps[i].Name)
			}
		case record.KindClaim:
			last = r.At
		case record.KindIntent:
			var i record.Intent
			if err := r.Into(&i); err != nil {
				b.Fatal(err)
			}
			ours(r, i.Step)
			last = r.At
		case record.KindDone:
			var d record.Done
			if err := r.Into(&d); err != nil {
				b.Fatal(err)
			}
			if steps++; d.Already { // seen done at once
				ours(r, d.Step)
			}
			last = r.At
		}
	}
	if steps < 10 {
		b.Fatalf("%d steps were done", steps)
	}
	if testing.Verbose() {
		slices.SortStableFunc(all, func(x, y stretch) int { return int(y.took - x.took) })
		for _, s := range all {
			b.Logf("%6.0f ms before the %s", ms(s.took), s.of)
		}
	}
	return own
}
