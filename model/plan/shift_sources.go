package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// What a dump is as long as: the last one of its level. Where the schedule leaves the level to the Job, it may become a full one.
const (
	dumpFull = iota
	dumpLess
	dumpUnsaid
	dumpClasses
)

const (
	untoldDump = -1                  // how long it lasts
	farApart   = 1 << 62             // where one of two schedules starts nothing
	metWithin  = 35 * 24 * time.Hour // that far ahead starts are looked at: a month has each of its levels in it
)

// dumping is a cell that a cluster dumps.
type dumping struct {
	source   int
	schedule model.Schedule
	lasts    [dumpClasses]time.Duration // from when it is due; untoldDump: nobody knows
}

// twoSchedules are one of a cluster, moved as it is pushed, and one of the other.
type twoSchedules struct {
	on       model.Cluster
	of, next model.Schedule
}

// dumpingOf is what is seen of a cell's dumps on a cluster.
func dumpingOf(c *board.CellView, on model.Cluster, source int, s model.Schedule) dumping {
	out := dumping{source: source, schedule: s, lasts: [dumpClasses]time.Duration{untoldDump, untoldDump, untoldDump}}
	if c == nil || c.On[on].LastFull == nil { // without one the next is a full one, whatever is asked for
		return out
	}
	of := &c.On[on]
	out.lasts[dumpFull], out.lasts[dumpLess] = ended(of.LastFull), ended(cmp.Or(of.LastGood, of.Last, of.LastFull))
	if min(out.lasts[dumpFull], out.lasts[dumpLess]) >= 0 {
		out.lasts[dumpUnsaid] = max(out.lasts[dumpFull], out.lasts[dumpLess])
	}
	return out
}

// ended is how long after it was due a job ended: it may have waited for its clone source, or for others.
func ended(j *model.Job) time.Duration {
	switch {
	case j.Start.IsZero() || j.End.Before(j.Start):
		return untoldDump
	case j.Sched.IsZero() || j.Sched.After(j.Start):
		return j.Took()
	}
	return j.End.Sub(j.Sched)
}

// gapsOf is how long after each class of starts of one schedule the other one starts next, at least.
func (n *nights) gapsOf(t twoSchedules) *[dumpClasses]time.Duration {
	if g := n.gaps[t]; g != nil {
		return g
	}
	g := &[dumpClasses]time.Duration{farApart, farApart, farApart}
	n.gaps[t] = g
	until := n.now.Add(metWithin)
	virtual := func(d model.Due) bool { return d.Level == 'f' } // such a full backup is made of backups, and dumps nothing
	next := slices.DeleteFunc(t.next.Due(n.now.Add(-time.Second), until.Add(metWithin), n.zones[1-t.on]), virtual)
	for _, d := range t.of.Due(n.now.Add(-time.Second), until, n.zones[t.on]) {
		for len(next) > 0 && next[0].At.Before(d.At) {
			next = next[1:]
		}
		if len(next) == 0 {
			break
		}
		class := dumpLess
		switch {
		case virtual(d):
			continue
		case d.Level == 'F':
			class = dumpFull
		case d.Level == 0:
			class = dumpUnsaid
		}
		g[class] = min(g[class], next[0].At.Sub(d.At))
	}
	return g
}

// meetings are the clone sources of a wave that both clusters would dump at once.
type meetings struct {
	shared int          // clone sources of the wave that both clusters dump
	meet   map[int]bool // of these, by number
	untold int          // cells of which it is not known how long a dump lasts
	worst  meeting
}

// meeting is a dump that still runs when the other cluster's begins.
type meeting struct {
	on         model.Cluster
	client     string
	lasts, gap time.Duration
}

// meetings looks at the starts to come where a dump may last longer than the schedules are kept apart. First full backups are firstNight's.
func (n *nights) meetings(v *shifting) meetings {
	all := make([]int, len(n.wave))
	for i := range all {
		all[i] = i
	}
	n.take(all)
	m := meetings{meet: map[int]bool{}}
	for i := range n.sources {
		if s := &n.sources[i]; s.laid == n.laid && len(s.other) > 0 {
			m.shared++
		}
	}
	for i := range n.theirs {
		if d := &n.theirs[i]; n.sources[d.source].laid == n.laid {
			n.meets(&m, n.other, d)
		}
	}
	for i := range n.ours {
		if d := &n.ours[i]; n.sources[d.source].laid == n.laid && len(n.sources[d.source].other) > 0 {
			n.meets(&m, n.on, d)
		}
	}
	for i := range n.wave {
		if c := &n.wave[i]; c.source >= 0 && !c.first && len(n.sources[c.source].other) > 0 {
			d := dumpingOf(v.views[i], n.on, c.source, c.schedule)
			n.meets(&m, n.on, &d)
		}
	}
	return m
}

// meets adds what comes of the dumps of a cell on a cluster.
func (n *nights) meets(m *meetings, on model.Cluster, d *dumping) {
	s := &n.sources[d.source]
	n.moves(s)
	told := d.lasts[dumpFull] >= 0 && d.lasts[dumpLess] >= 0
	if told && s.kept && d.lasts[dumpUnsaid] <= n.least {
		return
	}
	next, untold := s.mine, false
	if on == n.on {
		next = s.other
	}
	of := n.give[on].Moved(d.schedule, s.by[on])
	for _, o := range next {
		for class, gap := range n.gapsOf(twoSchedules{on, of, n.give[1-on].Moved(o, s.by[1-on])}) {
			lasts := d.lasts[class]
			switch {
			case gap == farApart:
			case lasts == untoldDump:
				untold = true
			case lasts > gap:
				m.meet[d.source] = true
				if w := &m.worst; w.client == "" || lasts-gap > w.lasts-w.gap {
					*w = meeting{on, s.client, lasts, gap}
				}
			}
		}
	}
	if untold {
		m.untold++
	}
}

// ofNights is a check of what clusters dump from now on, as far as cells and sources are known: without its time it is not judged any
// further.
func (w World) ofNights(v *shifting, on model.Cluster, says string) model.Check {
	c := model.Check{Says: says, Bar: model.Override, Value: "it is not known which cells move"}
	if v.err == nil {
		c.At, c.Value = w.fresh(on)
	}
	return c
}

// oneDump asks for a reason where both clusters would dump one clone source at once, for as long as both have the cells.
func (w World) oneDump(p *Plan, v *shifting) model.Check {
	on, other := p.on(), model.Clusters[1-p.on()]
	c := w.ofNights(v, on, "no clone source is dumped by both clusters at once")
	if c.At.IsZero() {
		return c
	}
	n := w.nights(v)
	m := n.meetings(v)
	c.Verdict = model.Holds
	switch {
	case m.shared == 0:
		c.Value = fmt.Sprintf("%s dumps none of them", other)
		return c
	case len(m.meet) > 0:
		c.Verdict = model.Fails
		c.Value = fmt.Sprintf("%d of %s that both dump; %s", len(m.meet), model.Plural(m.shared, "clone source"), m.worst)
	default:
		c.Value = fmt.Sprintf("none of %s that both dump", model.Plural(m.shared, "clone source"))
	}
	if n.least > 0 {
		c.Limit = "starts " + model.Span(n.least) + " apart"
	}
	if m.untold > 0 {
		c.Value += fmt.Sprintf("; how long a dump lasts is not known of %s", model.Plural(m.untold, "cell"))
	}
	if !n.told {
		c.Value += fmt.Sprintf("; %s's schedules are another control plane's: these are the inventory's times", on)
	}
	if c.Verdict == model.Holds && (m.untold > 0 || !n.told) {
		c.Verdict = model.Unknown
	}
	return c
}

func (m meeting) String() string {
	lasts := (m.lasts + time.Minute - 1).Truncate(time.Minute)
	return fmt.Sprintf("%s's dump of %s ended %s after it was due, and %s begins %s after that", m.on, m.client, model.Span(lasts),
		model.Clusters[1-m.on], model.Span(m.gap.Truncate(time.Minute)))
}
