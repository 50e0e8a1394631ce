package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// A small heap is left alone until it is roomy, a large one keeps little garbage, and none is ever told to keep less.
func TestGarbageBesideWhatIsInUse(t *testing.T) {
	for _, x := range []struct {
		inUse   uint64
		percent int
	}{{0, 2100}, {5 << 20, 340}, {11 << 20, 100}, {15 << 20, 46}, {16 << 20, whileOpen}, {24 << 20, whileOpen}, {300 << 20, whileOpen}} {
		if got := garbage(x.inUse); got != x.percent {
			t.Errorf("%d MB in use: %d percent, want %d", x.inUse>>20, got, x.percent)
		}
	}
}

// Every collection sets when the next one is due, not the first alone.
func TestEachCollectionSetsTheNext(t *testing.T) {
	told := make(chan int)
	var again func(int)
	again = func(n int) {
		afterCollection(func() {
			if n < 3 {
				again(n + 1)
			}
			told <- n
		})
	}
	again(1)
	for n := 1; n <= 3; n++ {
		runtime.GC()
		if got := <-told; got != n {
			t.Errorf("after collection %d: %d", n, got)
		}
	}
	was := debug.SetGCPercent(whileStarting)
	defer debug.SetGCPercent(was)
	is := stayRoomy(whileStarting)
	if now := debug.SetGCPercent(whileStarting); now != is || now == whileStarting {
		t.Errorf("%d percent of what is in use, and %d were set", now, is)
	}
}
