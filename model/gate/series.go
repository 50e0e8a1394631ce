package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// observing is what lets a series grow.
const observing = "let a timer run switchyard observe: what was not looked at then is not known afterwards"

// series is what observe recorded of green hour by hour; nil: nothing.
func (f *facts) series() *record.Series {
	green := model.Green
	p := f.state.Proof(&record.Proof{Of: record.Subject{Cluster: &green}, Claim: record.Proven{Series: &record.Series{}}})
	if p == nil {
		return nil
	}
	return p.Claim.Series
}

// alone is since when, by the series, green alone took every cell, without a gap; zero: not now. Seen is whether somebody saw that it did
// not before, rather than that nobody looked.
func (f *facts) alone() (since time.Time, seen bool) {
	s := f.series()
	if s == nil {
		return time.Time{}, false
	}
	since, gap, _ := s.Since(f.now, f.Policy.SeriesGap, func(d *record.SeriesDay) uint32 { return d.Told },
		func(d *record.SeriesDay) uint32 { return d.Blue })
	return since, !gap
}

// hardlyEver is the share of hours in which a replica may have been behind by more.
const hardlyEver = 0.01

// steady asks for days of replication, hour by hour.
func (f *facts) steady(second *member) {
	span, most := f.Policy.ReplicaSpan, f.Policy.ReplicaLag
	g := f.add(Regional, "replica-steady", "the replica replicated for days, and was hardly ever far behind", model.Override)
	g.Limit = fmt.Sprintf("for %s, <= %s in %g %% of the hours", model.Span(span), model.Span(most), 100*(1-hardlyEver))
	g.Do = observing
	if second == nil {
		f.noPair(g, "there is no second instance")
		return
	}
	_, ok := f.told(g, model.Journal)
	if !ok {
		return
	}
	if f.state == nil {
		g.unknown("the journal was not read")
		return
	}
	s := f.series()
	if s == nil {
		g.unknown("observe has recorded nothing of it yet")
		return
	}
	since, gap, hours := s.Since(f.now, f.Policy.SeriesGap, func(d *record.SeriesDay) uint32 { return d.Heard },
		func(d *record.SeriesDay) uint32 { return d.Broken })
	from := f.now.Add(-span)
	if len(hours) == 0 {
		g.When, g.Wait = f.now.Add(span), "if it goes on so"
		if gap {
			g.unknown("nobody has looked for " + model.Span(f.Policy.SeriesGap))
			return
		}
		g.judge(false, f.now, "it is broken")
		g.When, g.Wait = time.Time{}, "not while it is broken"
		return
	}
	over := f.over(s, hours, from)
	restarts := ""
	if n := f.restarts(s, from); n > 0 {
		restarts = fmt.Sprintf("; its server began again on %s, and what it counts with it", plural(n, "occasion"))
	}
	seen := slices.IndexFunc(hours, func(h time.Time) bool { return h.Before(from) })
	if seen < 0 {
		seen = len(hours)
	}
	value := fmt.Sprintf("%d of %d hours over %s%s", len(over), seen, model.Span(most), restarts)
	allowed := int(hardlyEver * float64(seen))
	switch {
	case since.After(from) && !gap:
		g.judge(false, hours[0], fmt.Sprintf("it was broken %s ago", model.Age(f.now.Sub(since))))
		g.When, g.Wait = since.Add(span), "if it goes on so"
	case since.After(from):
		g.unknown(fmt.Sprintf("seen for %s of %s: %s", model.Age(f.now.Sub(since)), model.Span(span), value))
		g.When, g.Wait = since.Add(span), "if it goes on so"
	case len(over) > allowed:
		g.judge(false, hours[0], value)
		g.When, g.Wait = over[allowed].Add(span), "if it goes on so" // the newest that must be old enough
	default:
		g.judge(true, hours[0], value)
	}
}

// over are the hours since from in which the replica was behind by more than the policy allows, the newest first.
func (f *facts) over(s *record.Series, hours []time.Time, from time.Time) (out []time.Time) {
	n := 0 // the marks of the largest lag that is not above the limit: an hour is rather counted than not
	for i, lag := range record.SeriesLags {
		if lag <= f.Policy.ReplicaLag {
			n = i
		}
	}
	for _, h := range hours {
		if _, mark := record.SeriesHour(h); !h.Before(from) && s.Day(h).Over[n]&mark != 0 {
			out = append(out, h)
		}
	}
	return out
}

// restarts are how often the replica's server began again since from.
func (f *facts) restarts(s *record.Series, from time.Time) (n int) {
	var last time.Time
	for i := range s.Days {
		for _, at := range s.Days[i].Begun {
			if at.Sub(last).Abs() > time.Minute && at.After(from) && !at.After(f.now) {
				n++
			}
			last = at
		}
	}
	return n
}

// oldChain wants what the old catalog lives on to have been restored from green.
func (f *facts) oldChain() {
	g := f.add(Split, "old-chain-restored", "a backup on green of the chain that the old catalog lives on was restored", model.Block)
	g.Limit, g.Source = "not older than "+model.Span(f.Policy.EvidenceLife), model.Journal.String()
	g.Do = "test its restore from green: T, or switchyard test-restores"
	var chains []string
	declared := false
	for _, n := range f.Needs {
		if n.Of != (model.Node{Kind: model.NodeCatalog, Name: model.Blue.String()}) {
			continue
		}
		declared = true
		for _, m := range n.Any {
			if m.Kind == model.NodeChain {
				chains = append(chains, m.Name)
			}
		}
	}
	switch {
	case !declared:
		g.unknown("what catalog blue needs is not declared: write needs: in the configuration")
		return
	case len(chains) == 0:
		g.Absent = "the old catalog lives on no chain, as needs: declares"
		return
	}
	at, ok := f.told(g, model.Journal)
	if !ok {
		return
	}
	if f.state == nil {
		g.unknown("the journal was not read")
		return
	}
	for _, c := range chains {
		g.tests(f.goodOf(c)...)
	}
	for _, c := range chains {
		p, lapsed := f.newestOf(c)
		switch {
		case p == nil && lapsed != "":
			g.unknown("what was restored of " + model.Clean(c) + " from green does not count, or nobody can tell: " + lapsed)
			return
		case p == nil:
			g.unknown("nobody has restored " + model.Clean(c) + " from green")
			return
		case p.Verdict != model.Holds:
			g.judge(false, p.At, fmt.Sprintf("%s: its newest test %s", p.Of.Cell, p.Word()))
			return
		case f.now.Sub(p.At) > f.Policy.EvidenceLife:
			g.judge(false, p.At, fmt.Sprintf("%s: restored too long ago", p.Of.Cell))
			return
		case p.At.Before(at):
			at = p.At
		}
		g.Value = p.Of.Cell.String()
	}
	g.judge(true, at, g.Value)
}

// goodOf is the first cell of a chain that green has a good backup of; none: there is none.
func (f *facts) goodOf(chain string) []model.Cell {
	cells := f.snap.Cells
	i, _ := slices.BinarySearchFunc(cells, chain, func(v board.CellView, chain string) int { return strings.Compare(v.Cell.Chain, chain) })
	for ; i < len(cells) && cells[i].Cell.Chain == chain; i++ {
		if cells[i].On[model.Green].LastGood != nil {
			return []model.Cell{cells[i].Cell}
		}
	}
	return nil
}

// newestOf is the newest verdict that counts on a restore of a chain from green, or why one that passed does not count.
func (f *facts) newestOf(chain string) (newest *record.Proved, lapsed string) {
	for _, p := range f.state.Evidence {
		of := &p.Of
		if p.Claim.Restored == nil || p.Verdict == model.Unknown || of.Cell == nil || of.Cell.Chain != chain || of.Cluster == nil ||
			*of.Cluster != model.Green || p.At.After(f.now.Add(model.ClockSlack)) || newest != nil && !p.At.After(newest.At) {
			continue
		}
		if p.Verdict == model.Holds {
			if v, says := p.Stands(f.now, f.snap.Present); v != model.Holds {
				lapsed = says
				continue
			}
		}
		newest = p
	}
	return newest, lapsed
}

// offered takes gates out that are not available here.
func (f *facts) offered() {
	for i := range f.gates {
		if g := &f.gates[i]; f.NotOffered[g.ID] != "" && g.Bar != model.Block && slices.Contains(model.OfferedGates, g.ID) {
			g.Absent = model.Clean(f.NotOffered[g.ID]) + ", as the configuration says"
		}
	}
}
