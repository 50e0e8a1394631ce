package board

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

// Ranks of alerts: what grows worse now comes first. An alert is made with that of its kind; urgent may move it.
const (
	rankWrong   = iota // what is believed or written to is not what it should be
	rankSpreads        // every cell behind it is worse off with each minute
	rankGap
	rankBroken
	rankAction
	rankStuck
	rankLost
	rankFailed
	rankStale // one cell that has been broken for long
	rankSource
	rankBreaks
	rankUnknown
	rankDoubt
	rankWaits
	rankStray
)

// staleAfter is how long one cell's broken promise comes before what is newer.
const staleAfter = 12 * time.Hour

// ages are the bounds between which of two alerts neither is newer: with each second of the clock the order stays.
var ages = []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour}

// pressing is what alerts are ordered by, the most urgent first: each number where those before it are equal, the smaller first.
type pressing struct {
	let, rank, severity, reach, soon, age int
	id                                    string
}

// urgent judges one alert by itself.
func urgent(a *Alert, now time.Time) pressing {
	u := pressing{rank: a.rank, severity: -int(a.Severity), soon: len(ages), age: len(ages), id: a.ID}
	if a.Acked != nil {
		u.let = 1
	}
	for n := a.Reach; n > 0; n /= 10 {
		u.reach--
	}
	if !a.breaks.IsZero() {
		u.soon = step(a.breaks.Sub(now))
	}
	if !a.Since.IsZero() {
		u.age = step(now.Sub(a.Since))
	}
	switch {
	case a.rank == rankSource && a.Severity == model.Fail:
		u.rank = rankSpreads
	case a.fresh > 0 && !a.Since.IsZero() && now.Sub(a.Since) < a.fresh:
		u.rank = rankSpreads
	case a.rank == rankBroken && a.Reach == 1 && !a.Since.IsZero() && now.Sub(a.Since) >= staleAfter:
		u.rank = rankStale
	}
	return u
}

// step is the number of bounds of ages that a span has passed.
func step(d time.Duration) int {
	n := 0
	for n < len(ages) && d >= ages[n] {
		n++
	}
	return n
}

func (u pressing) compare(v pressing) int {
	return cmp.Or(cmp.Compare(u.let, v.let), cmp.Compare(u.rank, v.rank), cmp.Compare(u.severity, v.severity), cmp.Compare(u.reach, v.reach),
		cmp.Compare(u.soon, v.soon), cmp.Compare(u.age, v.age), cmp.Compare(u.id, v.id))
}

// urgentFirst orders alerts by what a person must do first, and has each keep the rank it was given by.
func urgentFirst(in []Alert, now time.Time) {
	by := make([]pressing, len(in))
	at := make([]int, len(in))
	for i := range in {
		by[i], at[i] = urgent(&in[i], now), i
	}
	slices.SortFunc(at, func(x, y int) int { return cmp.Or(by[x].compare(by[y]), cmp.Compare(x, y)) })
	was := slices.Clone(in)
	for i, n := range at {
		in[i] = was[n]
		in[i].rank = by[n].rank
	}
}

// reaches is how many cells an alert is about: those of its jobs, or all that its cluster has to back up.
func (b *Board) reaches(a *Alert, has [2]int) int {
	switch {
	case a.Cell != nil:
		return 1
	case len(a.Jobs) > 0:
		return len(a.Jobs)
	case a.Cluster != nil && (a.rank == rankSource || a.rank == rankWrong || a.rank == rankUnknown):
		return has[*a.Cluster]
	}
	return 0
}

// routed counts the cells that each cluster has, or may have.
func (b *Board) routed() (n [2]int) {
	for i := range b.cells {
		for _, c := range model.Clusters {
			if b.cells[i].On[c].Has != model.Fails {
				n[c]++
			}
		}
	}
	return n
}
