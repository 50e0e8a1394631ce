package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/backend/rehearsal/amazon"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at is a sample that many seconds after noon, of a server that was started up seconds before it and does a hundred things a second.
func at(seconds, up, lag float64) sample {
	s := sample{at: noon.Add(time.Duration(seconds * float64(time.Second))), up: up}
	for k := range s.grown {
		s.grown[k] = 100 * up
	}
	s.grown[processor], s.grown[readSeconds], s.grown[writeSeconds] = up/2, up/5, up/10
	s.stands = amazon.Activity{Connections: 3 + up/100, FreeMemory: 1e9, Lag: lag}
	return s
}

func TestActivity(t *testing.T) {
	steady := amazon.Activity{
		CPU:          25,
		Connections:  3,
		FreeMemory:   1e9,
		ReadIOPS:     100,
		WriteIOPS:    100,
		ReadBytes:    100,
		WriteBytes:   100,
		ReadLatency:  0.002,
		WriteLatency: 0.001,
		NetIn:        100,
		NetOut:       100,
	}
	with := func(connections, lag float64) amazon.Activity {
		a := steady
		a.Connections, a.Lag = connections, lag
		return a
	}
	for name, c := range map[string]struct {
		all  []sample
		want amazon.Activity
		ok   bool
	}{
		"nothing":               {nil, amazon.Activity{}, false},
		"one sample":            {[]sample{at(5, 100, 0)}, amazon.Activity{}, false},
		"only other minutes":    {[]sample{at(-30, 100, 0), at(-1, 129, 0), at(60, 190, 0)}, amazon.Activity{}, false},
		"from the minute's eve": {[]sample{at(-5, 90, 9), at(5, 100, 1), at(15, 110, 2), at(65, 160, 9)}, with(4.05, 2), true},
		"the worst lag":         {[]sample{at(-5, 90, 0), at(5, 100, 30), at(15, 110, -1)}, with(4.05, 30), true},
		"broken":                {[]sample{at(-5, 90, 0), at(5, 100, -1), at(15, 110, -1)}, with(4.05, -1), true},
		"restarted in it":       {[]sample{at(5, 1000, 0), at(15, 1010, 0), at(25, 4, 0), at(35, 14, 0)}, with((13.1+3.14)/2, 0), true},
		"restarted, seen once":  {[]sample{at(5, 1000, 0), at(25, 4, 0)}, amazon.Activity{}, false},
		"down for long":         {[]sample{at(-100, 1000, 0), at(25, 1125, 0)}, amazon.Activity{}, false},
	} {
		got, ok := activity(c.all, noon, 2)
		near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
		if diff := cmp.Diff(c.want, got, near); diff != "" || ok != c.ok {
			t.Errorf("%s: measured %v: %s", name, ok, diff)
		}
	}
}

// However often the server restarts and is not heard, nothing that is measured is below zero or above what a life of it did.
func TestActivityOfManyLives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []sample
		now, up := -200.0, 0.0
		for range rapid.IntRange(0, 60).Draw(t, "samples") {
			passed := rapid.Float64Range(0.5, 90).Draw(t, "passed")
			now, up = now+passed, up+passed
			if rapid.IntRange(0, 4).Draw(t, "restarts") == 0 {
				up = rapid.Float64Range(0, passed).Draw(t, "up")
			}
			all = append(all, at(now, up, rapid.Float64Range(-1, 100).Draw(t, "lag")))
		}
		for minute := noon.Add(-5 * time.Minute); minute.Before(noon.Add(time.Hour)); minute = minute.Add(time.Minute) {
			a, ok := activity(all, minute, 2)
			if !ok {
				if a != (amazon.Activity{}) {
					t.Fatalf("%v is not measured and says %+v", minute, a)
				}
				continue
			}
			for _, rate := range []float64{a.CPU * 4, a.ReadIOPS, a.WriteIOPS, a.ReadBytes, a.WriteBytes, a.NetIn, a.NetOut} {
				if rate < 0 || rate > 100.001 {
					t.Fatalf("%v measures %v a second, want what was done at most: %+v", minute, rate, a)
				}
			}
			if a.Lag < -1 || a.Lag > 100 || a.Connections < 3 {
				t.Fatalf("%v measures %+v", minute, a)
			}
		}
	})
}

func TestProcessorSeconds(t *testing.T) {
	got, err := processorSeconds("4469 (my) sql) (x) S 1 4469 4469 0 -1 4194560 1 0 0 0 150 225 3 4 20 0 9 0 123456 9 9")
	if err != nil || got != 3.75 {
		t.Errorf("read %v, %v", got, err)
	}
	for _, bad := range []string{"", "4469 (x) S 1", "4469 (x) S 1 4469 4469 0 -1 4194560 1 0 0 0 many 225 3 4 20 0 9 0 123456 9 9"} {
		if got, err := processorSeconds(bad); err == nil {
			t.Errorf("%q: read %v", bad, got)
		}
	}
}

func TestClassFor(t *testing.T) {
	for gib, want := range map[float64]string{4: "db.r7g.large", 16: "db.r7g.large", 24: "db.r7g.xlarge", 200: "db.r7g.8xlarge",
		2000: "db.r7g.16xlarge"} {
		if got := classFor(gib * (1 << 30)); got != want {
			t.Errorf("%v GiB is a %s, want a %s", gib, got, want)
		}
	}
}
