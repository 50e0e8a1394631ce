package board

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

// lately is how long what befell one cell counts as new: whoever watches may not have seen it yet.
const lately = time.Hour

// What a person must do first. What is never right comes before what grows worse by itself and is wide, that before what befell single
// cells just now, that before promises that will break, and all of them before what one cell has been for hours: its harm is done.
const (
	classWrong = iota
	classGrows
	classNew
	classNears
	classOld
	classHalf // something is known less well, or somebody is waited for
	classDoubt
)

// place is what alerts are ordered by. It does not change from one moment to the next, but once, when what is new becomes old.
type place struct {
	letBe    int // by somebody
	class    int
	severity model.Severity
	reach    int // of its cells, by powers of ten: a cell more or less moves nothing
	rank     int
	breaks   int   // of the hours until a promise will, the fewer the sooner
	since    int64 // of what is wider than a cell, by the minute: cells stand by their tier
}

func (a place) compare(b place) int {
	return cmp.Or(
		cmp.Compare(a.letBe, b.letBe),
		cmp.Compare(a.class, b.class),
		cmp.Compare(b.severity, a.severity),
		cmp.Compare(b.reach, a.reach),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.breaks, b.breaks),
		cmp.Compare(b.since, a.since),
	)
}

// order puts alerts by what a person must do first; those that are alike stay as they stand.
func (b *Board) order(alerts []Alert, now time.Time) {
	on := b.notable().on
	type placed struct {
		Alert
		place
	}
	all := make([]placed, len(alerts))
	for i, a := range alerts {
		if a.Reach == 0 {
			a.Reach, a.rests = a.reaches(on)
		}
		all[i] = placed{a, a.place(now)}
	}
	slices.SortStableFunc(all, func(x, y placed) int { return x.compare(y.place) })
	for i := range all {
		alerts[i] = all[i].Alert
	}
}

// reaches is how many cells an alert is about, or how many rest on what it is about.
func (a *Alert) reaches(on [2]int) (cells int, rest bool) {
	if a.Cell != nil || len(a.Jobs) > 0 {
		return max(len(a.Jobs), 1), false
	}
	return a.wide(on), true
}

func (a *Alert) place(now time.Time) place {
	u := place{letBe: a.LetBe(), class: a.class(now), severity: a.Severity, rank: a.rank}
	if a.Cell == nil {
		u.since = a.Since.Unix() / 60
	}
	if !a.breaks.IsZero() {
		u.breaks = int(a.breaks.Unix() / 3600)
	}
	for cells := a.Reach; cells >= 10; cells /= 10 {
		u.reach++
	}
	return u
}

// wide is how many cells rest on what has no cell of its own: RDS and the journal are green's and everybody's.
func (a *Alert) wide(on [2]int) int {
	switch {
	case a.Cluster != nil:
		return on[*a.Cluster]
	case a.Source == model.Journal:
		return on[model.Blue] + on[model.Green]
	case a.rank == rankSource:
		return on[model.Green]
	}
	return 1
}

func (a *Alert) class(now time.Time) int {
	fails, fresh := a.Severity == model.Fail, now.Sub(a.Since) < lately
	switch a.rank {
	case rankWriters, rankGap:
		return classWrong
	case rankAction:
		if fails {
			return classGrows
		}
		return classHalf
	case rankSource, rankPair:
		if fails || fresh && a.Source.Kind != model.SourceMetrics { // the servers' own figures go on
			return classGrows
		}
		return classHalf
	case rankStuck:
		return classNew // until somebody comes
	case rankBroken, rankLost, rankFailed:
		if fresh {
			return classNew
		}
		return classOld
	case rankBreaks:
		if fails && fresh { // with a try that has just failed
			return classNew
		}
		return classNears
	case rankUnknown, rankWaits:
		return classHalf
	}
	return classDoubt
}
