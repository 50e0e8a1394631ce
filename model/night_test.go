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

// TestANightWithMoreIsNoShorter: however many go on at once, no dump ends earlier because there is another one, or one takes longer.
func TestANightWithMoreIsNoShorter(t *testing.T) {
	began := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(r *rapid.T) {
		draw := func() Dump {
			return Dump{Source: rapid.IntRange(0, 4).Draw(r, "source"), At: began.Add(time.Duration(rapid.IntRange(0, 5).Draw(r, "at")) * time.Hour),
				Took: time.Duration(rapid.IntRange(0, 300).Draw(r, "took")) * time.Minute}
		}
		var dumps []Dump
		for range rapid.IntRange(0, 14).Draw(r, "dumps") {
			dumps = append(dumps, draw())
		}
		atOnce := rapid.IntRange(0, 6).Draw(r, "at once")
		was := Night(dumps, atOnce)
		for i := range dumps {
			if was[i].Before(dumps[i].At.Add(dumps[i].Took)) {
				r.Fatalf("%d ends at %v, and is due at %v", i, was[i], dumps[i].At)
			}
		}
		place := rapid.IntRange(0, len(dumps)).Draw(r, "place")
		is := slices.Delete(Night(slices.Insert(slices.Clone(dumps), place, draw()), atOnce), place, place+1)
		for i := range was {
			if is[i].Before(was[i]) {
				r.Fatalf("with one more %d ends at %v, and without at %v", i, is[i], was[i])
			}
		}
		if len(dumps) > 0 {
			longer := slices.Clone(dumps)
			longer[place%len(dumps)].Took += time.Hour
			for i, end := range Night(longer, atOnce) {
				if end.Before(was[i]) {
					r.Fatalf("where one takes longer %d ends at %v, else at %v", i, end, was[i])
				}
			}
		}
	})
}
