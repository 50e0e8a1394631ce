package model

import (
	"cmp"
	"slices"
	"time"
)

// Dump is a backup that is to come.
type Dump struct {
	Source  int           // which clone source it reads, by a number from 0 on
	Storage int           // where it is written, by a number from 1 on; 0: that bounds nothing
	At      time.Time     // when it is due
	Took    time.Duration // as long as one like it took
}

// Night gives when each dump ends, by its place, where so many clone sources are dumped at once, at least one: those that are due earlier
// go first. One clone source is dumped once at a time, so that its minutes add up. With a dump more none ends earlier: what is due together
// goes by the number of its clone source, whoever else is there, and what waits for its clone source in its turn keeps it. Each Storage, by
// its number, takes as many at once as is said of it, at least one.
func Night(dumps []Dump, atOnce int, storages ...int) []time.Time {
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
	on := make([][]time.Time, len(storages)+1)
	for i, n := range storages {
		on[i+1] = make([]time.Time, max(1, min(n, len(dumps))))
	}
	for n := 0; n < len(order); {
		d := &dumps[order[n]]
		turn, end := first(free), Later(d.At, of[d.Source])
		if len(free) > 0 {
			end = Later(end, free[turn])
		}
		for ; n < len(order) && dumps[order[n]].Source == d.Source && dumps[order[n]].At.Equal(d.At); n++ {
			writes := on[dumps[order[n]].Storage]
			at := first(writes)
			if len(writes) > 0 {
				end = Later(end, writes[at])
			}
			end = end.Add(max(0, dumps[order[n]].Took))
			if ends[order[n]] = end; len(writes) > 0 {
				writes[at] = end
			}
		}
		if of[d.Source] = end; len(free) > 0 {
			free[turn] = end
		}
	}
	return ends
}

// first is the place of the earliest of some moments.
func first(of []time.Time) (at int) {
	for i := range of {
		if of[i].Before(of[at]) {
			at = i
		}
	}
	return at
}

// Later is the later one of two moments.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
