package rehearsal

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

var length = flag.Duration("soak", 3*time.Second, "how long TestSoak breaks and heals a world")

// TestSoak breaks and heals a fast world at random while everybody reads it; afterwards it is well and nothing is left over.
func TestSoak(t *testing.T) {
	before, heap := runtime.NumGoroutine(), inUse()
	t.Run("world", func(t *testing.T) { soak(t, *length) })
	if grown := int64(inUse()) - int64(heap); grown > 32<<20 {
		t.Errorf("the heap has grown by %d MB", grown>>20)
	}
	// consoles that were given up in their handshake end by themselves, a real one within minutes, the world's within 15 s
	bacula.Leave(20 * time.Second)
	until(t, "all goroutines are gone", func() bool { return runtime.NumGoroutine() <= before+2 }) // HTTP clients keep connections for a while
}

func soak(t *testing.T, length time.Duration) {
	w, err := Start(t.Context(), Options{Chains: 4, Scenario: "overlap", Clock: clock.New(noon, 600)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var wg sync.WaitGroup
	for _, c := range model.Clusters {
		wg.Go(func() {
			cat := catalog(t, w, c)
			defer cat.Close()
			for ctx.Err() == nil {
				one, stop := context.WithTimeout(ctx, 200*time.Millisecond)
				_, _ = cat.Tick(one, 1, nil) // whatever it meets: the world is being broken
				stop()
			}
		})
		wg.Go(func() {
			r := director(w, c, 0)
			r.Console.Timeout = 200 * time.Millisecond
			for ctx.Err() == nil {
				_, _ = r.Read(ctx)
			}
		})
	}
	dice := rand.New(rand.NewPCG(1, 2))
	targets := map[string]string{
		"client":                 aClient,
		"storage":                storageOf(w),
		"volume":                 volumeOf(t, w),
		"AWS region":             PrimaryRegion,
		"blue|green":             "blue",
		"AWS region, or nothing": "",
	}
	for ctx.Err() == nil {
		f := Faults[dice.IntN(len(Faults))]
		target := targets[f.Target]
		if f.Target == "blue|green" && dice.IntN(2) == 0 {
			target = "green"
		}
		if w.Fault(f.Name, target) != nil { // it is there already, or the primary is busy
			_ = w.Heal(f.Name, target)
		}
		pause(ctx, time.Duration(dice.IntN(20))*time.Millisecond)
	}
	wg.Wait()
	for _, f := range Faults {
		_ = w.Heal(f.Name, "")
	}
	var last error
	defer func() {
		if t.Failed() {
			t.Logf("at last: %v", last)
		}
	}()
	until(t, "everything answers again", func() bool {
		last = errors.Join(awsAnswers(t, w), replicaRuns(t, w))
		for _, c := range model.Clusters {
			last = errors.Join(last, directorAnswers(c)(t, w), catalogAnswers(c)(t, w))
		}
		return last == nil
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// inUse is the heap that is really needed.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
