package model

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNight(t *testing.T) {
	at := func(h float64) time.Time {
		return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC).Add(time.Duration(h * float64(time.Hour)))
	}
	dump := func(source int, h, took float64) Dump {
		return Dump{Source: source, At: at(h), Took: time.Duration(took * float64(time.Hour))}
	}
	for name, c := range map[string]struct {
		dumps  []Dump
		atOnce int
		ends   []float64
	}{
		"none":                    {nil, 3, nil},
		"one after the other":     {[]Dump{dump(0, 5, 2), dump(1, 5, 3)}, 0, []float64{7, 10}},
		"two at once":             {[]Dump{dump(0, 5, 2), dump(1, 5, 3), dump(2, 5, 1)}, 2, []float64{7, 8, 8}},
		"all at once":             {[]Dump{dump(0, 5, 2), dump(1, 5, 3), dump(2, 5, 1)}, 9, []float64{7, 8, 6}},
		"one clone source":        {[]Dump{dump(0, 5, 2), dump(0, 5, 3), dump(1, 5, 1)}, 9, []float64{7, 10, 6}},
		"one that is dumped yet":  {[]Dump{dump(0, 5, 4), dump(0, 7, 1)}, 9, []float64{9, 10}},
		"the earlier one first":   {[]Dump{dump(0, 6, 2), dump(1, 5, 3)}, 1, []float64{10, 8}},
		"a gap between two times": {[]Dump{dump(0, 5, 1), dump(1, 20, 1)}, 1, []float64{6, 21}},
		"no size is no time":      {[]Dump{dump(0, 5, 0), dump(0, 5, -1)}, 1, []float64{5, 5}},
	} {
		var want []time.Time
		for _, h := range c.ends {
			want = append(want, at(h))
		}
		if got := Night(c.dumps, c.atOnce); !slices.EqualFunc(want, got, time.Time.Equal) {
			t.Errorf("%s: ends at %v, want %v", name, got, want)
		}
	}
}

// TestANightOfStorages: each runs as many at once as is said of it, and what waits for one waits for no other.
func TestANightOfStorages(t *testing.T) {
	at := time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)
	on := func(storage int) (out []Dump) {
		for i := range 4 {
			out = append(out, Dump{Source: i, Storage: storage, At: at, Took: time.Hour})
		}
		return out
	}
	mixed := on(1)
	mixed[1].Storage, mixed[3].Storage = 2, 2
	one := on(1)
	for i := range one {
		one[i].Source = 0
	}
	for name, c := range map[string]struct {
		dumps    []Dump
		atOnce   int
		storages []int
		ends     [4]int // hours
	}{
		"as many as there are":           {on(0), 9, []int{1}, [4]int{1, 1, 1, 1}},
		"two at once":                    {on(1), 9, []int{2}, [4]int{1, 1, 2, 2}},
		"one, and the Directors more":    {on(1), 3, []int{1}, [4]int{1, 2, 3, 4}},
		"three, and the Directors one":   {on(1), 1, []int{3}, [4]int{1, 2, 3, 4}},
		"each its own":                   {mixed, 9, []int{1, 1}, [4]int{1, 1, 2, 2}},
		"each its own, of another size":  {mixed, 9, []int{1, 2}, [4]int{1, 1, 2, 1}},
		"a clone source is slower still": {one, 9, []int{3}, [4]int{1, 2, 3, 4}},
	} {
		for i, end := range Night(c.dumps, c.atOnce, c.storages...) {
			if want := at.Add(time.Duration(c.ends[i]) * time.Hour); !end.Equal(want) {
				t.Errorf("%s: dump %d ends at %v, want %v", name, i, end, want)
			}
		}
	}
}

// TestANightWithMoreIsNoShorter: however many go on at once, no dump ends earlier because there is another one, or one takes longer.
func TestANightWithMoreIsNoShorter(t *testing.T) {
	began := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(r *rapid.T) {
		draw := func() Dump {
			return Dump{Source: rapid.IntRange(0, 4).Draw(r, "source"), At: began.Add(time.Duration(rapid.IntRange(0, 5).Draw(r, "at")) * time.Hour),
				Took: time.Duration(rapid.IntRange(0, 300).Draw(r, "took")) * time.Minute, Storage: rapid.IntRange(0, 2).Draw(r, "storage")}
		}
		var dumps []Dump
		for range rapid.IntRange(0, 14).Draw(r, "dumps") {
			dumps = append(dumps, draw())
		}
		atOnce := rapid.IntRange(0, 6).Draw(r, "at once")
		storages := []int{rapid.IntRange(1, 3).Draw(r, "first"), rapid.IntRange(1, 3).Draw(r, "second")}
		was := Night(dumps, atOnce, storages...)
		for i, end := range Night(dumps, atOnce, 99, 99) {
			if was[i].Before(end) {
				r.Fatalf("on %v at once %d ends at %v, and %v if they took all", storages, i, was[i], end)
			}
		}
		for i := range dumps {
			if was[i].Before(dumps[i].At.Add(dumps[i].Took)) {
				r.Fatalf("%d ends at %v, and is due at %v", i, was[i], dumps[i].At)
			}
		}
		place := rapid.IntRange(0, len(dumps)).Draw(r, "place")
		is := slices.Delete(Night(slices.Insert(slices.Clone(dumps), place, draw()), atOnce, storages...), place, place+1)
		for i := range was {
			if is[i].Before(was[i]) {
				r.Fatalf("with one more %d ends at %v, and without at %v", i, is[i], was[i])
			}
		}
		if len(dumps) > 0 {
			longer := slices.Clone(dumps)
			longer[place%len(dumps)].Took += time.Hour
			for i, end := range Night(longer, atOnce, storages...) {
				if end.Before(was[i]) {
					r.Fatalf("where one takes longer %d ends at %v, else at %v", i, end, was[i])
				}
			}
		}
	})
}
