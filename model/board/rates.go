package board

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

// DayRate is how many backups of a region and kind ended on a day in UTC, or were missed on it, and how many of them are good. The day on
// which a span begins is told from then on.
type DayRate struct {
	Day    time.Time
	Region string
	Kind   model.Kind
	Total  int
	Good   int
}

// rates are the endings of backups since a moment by day, region and kind, in the order of region, kind and day.
func (l *Ledger) rates(cells []CellView, from, now time.Time) []DayRate {
	to := now
	if !l.bench.Now.IsZero() {
		to = l.bench.Now
	}
	to = to.Add(model.ClockSlack)
	first := from.UTC().Truncate(day)
	days := int(to.Sub(first)/day) + 1
	if days <= 0 {
		return nil
	}
	type part struct {
		region string
		kind   model.Kind
	}
	parts := map[part][]DayRate{}
	of := func(c model.Cell) []DayRate {
		p := part{c.Region, c.Kind}
		if parts[p] == nil {
			parts[p] = make([]DayRate, days)
		}
		return parts[p]
	}
	at := func(unix int64) int { return int((unix - first.Unix()) / int64(day/time.Second)) }
	for c, t := range l.tracks {
		l.look(t)
		all := of(c)
		for i := range t.ended {
			e := &t.ended[i]
			when := e.when()
			if when < from.Unix() || when > to.Unix() || !e.tries() || e.outcome.Open() {
				continue
			}
			outcome, counts := counted(e.outcome, e.doubt, e.own)
			if !counts {
				continue
			}
			d := &all[at(when)]
			if d.Total++; outcome.Good() {
				d.Good++
			}
		}
	}
	for i := range cells {
		for _, missed := range cells[i].On[l.cluster].Misses {
			if missed >= from.Unix() && missed <= to.Unix() {
				of(cells[i].Cell)[at(missed)].Total++
			}
		}
	}
	var out []DayRate
	for p, all := range parts {
		for n, d := range all {
			if d.Total > 0 {
				out = append(out, DayRate{first.Add(time.Duration(n) * day), p.region, p.kind, d.Total, d.Good})
			}
		}
	}
	slices.SortFunc(out, func(a, b DayRate) int {
		return cmp.Or(model.Cell{Region: a.Region, Kind: a.Kind}.Compare(model.Cell{Region: b.Region, Kind: b.Kind}), a.Day.Compare(b.Day))
	})
	return out
}
