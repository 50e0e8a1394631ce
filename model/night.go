package model

import (
	"cmp"
	"slices"
	"time"
)

// Dump is a backup that is to come.
type Dump struct {
	Source int           // which clone source it reads, by a number from 0 on
	At     time.Time     // when it is due
	Took   time.Duration // as long as one like it took
}

// Night gives when each dump ends, by its place, where so many clone sources are dumped at once, at least one: those that are due earlier
// go first. One clone source is dumped once at a time, so that its minutes add up. With a dump more none ends earlier: what is due together
// goes by the number of its clone source, whoever else is there, and what waits for its clone source in its turn keeps it.
func Night(dumps []Dump, atOnce int) []time.Time {
	order, sources := make([]int, len(dumps)), 0
	for i := range order {
		order[i], sources = i, max(sources, dumps[i].Source+1)
	}
	earlier := func(a, b int) int {
		return cmp.Or(dumps[a].At.Compare(dumps[b].At), cmp.Compare(dumps[a].Source, dumps[b].Source))
	}
	if !slices.IsSortedFunc(order, earlier) {
		slices.SortStableFunc(order, earlier)
	}
	ends, of := make([]time.Time, len(dumps)), make([]time.Time, sources) // from when on each clone source is free
	var free []time.Time                                                  // and each that goes on at once; none: one always is
	if atOnce < len(dumps) {
		free = make([]time.Time, max(1, atOnce))
	}
	for n := 0; n < len(order); {
		d := &dumps[order[n]]
		turn, end := 0, Later(d.At, of[d.Source])
		for i := range free {
			if free[i].Before(free[turn]) {
				turn = i
			}
		}
		if len(free) > 0 {
			end = Later(end, free[turn])
		}
		for ; n < len(order) && dumps[order[n]].Source == d.Source && dumps[order[n]].At.Equal(d.At); n++ {
			end = end.Add(max(0, dumps[order[n]].Took))
			ends[order[n]] = end
		}
		if of[d.Source] = end; len(free) > 0 {
			free[turn] = end
		}
	}
	return ends
}

// Later is the later one of two moments.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
