package rehearsal

import (
	"errors"
	"math"
	"testing"
	"time"

	"switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// count tells what a catalog says of the jobs that a statement counts.
func count(t testing.TB, w *World, c model.Cluster, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := w.catalog(c).Read(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const unixOf = "SELECT COUNT(*) FROM Job WHERE "

// TestThreeWeeksOfMigration plays 21 days: every cell is backed up on each of them, at its time, and the replica and AWS's events follow.
func TestThreeWeeksOfMigration(t *testing.T) {
	t.Parallel()
	w, err := Start(t.Context(), Options{Chains: 12, Seed: 7, Clock: clock.New(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	from := w.Clock().Now()
	const days = 21
	if err := w.Move(t.Context(), days*day); err != nil { // how long that takes BenchmarkThreeWeeks tells, where nothing runs beside
		t.Fatal(err)
	}
	if got := w.Clock().Now(); !got.Equal(from.Add(days * day)) {
		t.Errorf("it is %v", got)
	}
	const stamp = "2006-01-02 15:04:05"
	for _, p := range w.estate.cells {
		job := "backup-" + p.Cell.Chain + "-" + p.Cell.Region + "-" + p.Cell.Kind.String()
		for d := range days {
			a, b := from.Add(time.Duration(d)*day), from.Add(time.Duration(d+1)*day)
			if n := count(t, w, model.Blue, unixOf+"Name = ? AND SchedTime > ? AND SchedTime <= ?", job, a.Format(stamp), b.Format(stamp)); n < 1 {
				t.Errorf("%s has %d runs on day %d", job, n, d+1)
			}
		}
	}
	late := count(t, w, model.Blue, unixOf+"Type = 'B' AND JobStatus = 'T' AND SchedTime > ? AND EndTime <= SchedTime", from.Format(stamp))
	if late > 0 {
		t.Errorf("%d backups ended when they were due", late)
	}
	if future := count(t, w, model.Green, unixOf+"StartTime > ?", w.Clock().Now().Format(stamp)); future > 0 {
		t.Errorf("%d jobs began in the future", future)
	}
	if err := w.play(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	until(t, "the replica has all that the primary has", func() bool {
		return w.Primary().Replication().Executed == w.Replica().Replication().Executed
	})
}

// TestNoWayBack refuses what a clock cannot be told.
func TestNoWayBack(t *testing.T) {
	t.Parallel()
	w, err := Start(t.Context(), Options{Chains: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, span := range []time.Duration{0, -day, furthest + 1} {
		if err := w.Move(t.Context(), span); !errors.Is(err, ErrClock) {
			t.Errorf("moving by %v: %v", span, err)
		}
	}
}

// BenchmarkThreeWeeks plays 21 days of a migration of 250 chains.
func BenchmarkThreeWeeks(b *testing.B) {
	var took time.Duration
	for b.Loop() {
		w, err := Start(b.Context(), Options{Clock: clock.New(time.Now(), 1)})
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := w.Move(b.Context(), 21*day); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(took.Seconds()/float64(b.N), "s-of-21-days")
}

// TestMoreThan999Chains makes a large world: its chains have names of their own, and Storage Daemons grow with them.
func TestMoreThan999Chains(t *testing.T) {
	t.Parallel()
	w, err := Start(t.Context(), Options{Chains: 1001, Idle: true, Scenario: "fresh"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	chains, storages := map[string]bool{}, map[string]bool{}
	for _, c := range w.estate.cells {
		chains[c.Cell.Chain], storages[c.Storage] = true, true
	}
	if len(chains) != 1001 || !chains["chain1001"] || len(storages) != 2*regions*sdsPerRegion {
		t.Errorf("%d chains on %d Storage Daemons", len(chains), len(storages))
	}
	for _, speed := range []float64{-1, clock.Fastest + 1, math.Inf(1), math.NaN()} {
		if w, err := Start(t.Context(), Options{Chains: 1, Speed: speed}); err == nil {
			_ = w.Close()
			t.Errorf("a world runs at the speed of %v", speed)
		}
	}
	if w, err := Start(t.Context(), Options{Chains: mostChains + 1}); err == nil {
		_ = w.Close()
		t.Error("a world larger than any was made")
	}
}
