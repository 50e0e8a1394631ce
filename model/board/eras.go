package board

import (
	"sort"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// era is the time in which one routes document was in force.
type era struct {
	seq     int64
	at      time.Time
	desired func(model.Cell) model.Route // nil: it cannot be read
	runs    [2]map[model.Cell]model.Schedule
}

// enter takes in the routes that a journal tells of, and those before them.
func (b *Board) enter(st *record.State) {
	known := map[int64]*era{}
	for _, e := range b.eras {
		known[e.seq] = e
	}
	b.eras = nil
	for i := range st.RoutesPast {
		r := &st.RoutesPast[i]
		e := known[r.Seq]
		if e == nil {
			e = &era{seq: r.Seq, at: r.At, desired: b.desire(r.Seq, r.Document)}
		}
		b.eras = append(b.eras, e)
	}
	b.desired = nil
	if n := len(b.eras); n > 0 {
		b.desired = b.eras[n-1].desired
	}
}

// owed tells when routes gave a cell to a cluster.
type owed struct {
	eras []*era
	to   model.Cluster
	cell model.Cell
}

func (o owed) in(e *era) model.Verdict {
	if e.desired == nil {
		return model.Unknown
	}
	return e.desired(o.cell)[o.to]
}

// at is whether the cell was given to the cluster at a moment; Unknown before the journal's first routes.
func (o owed) at(t time.Time) model.Verdict {
	n := sort.Search(len(o.eras), func(i int) bool { return o.eras[i].at.After(t) })
	if n == 0 {
		return model.Unknown
	}
	return o.in(o.eras[n-1])
}

// since is from when on the cluster has been given the cell, looking no further back than needed; zero when it is not.
func (o owed) since(from time.Time) (t time.Time) {
	for i := len(o.eras) - 1; i >= 0 && o.in(o.eras[i]) == model.Holds; i-- {
		if t = o.eras[i].at; t.Before(from) {
			break
		}
	}
	return t
}

// StaggerBy tells how far a cluster's schedules are pushed out of the way of the other's on clone sources that both dump; 0: they are not
// moved. It counts for a Director that has loaded what was pushed.
func (b *Board) StaggerBy(apart [2]time.Duration) { b.apart = apart }

// yielding is the time in which a Director had loaded what is pushed to it: after from, where zero is ever since, and up to to, where zero
// is still.
type yielding struct{ from, to time.Time }

// yields is when that was, as the journal tells; where it does not, the Director has had what it has since its configuration was loaded,
// and nobody knows of before. False: it never was.
func (b *Board) yields(c model.Cluster) (m yielding, ok bool) {
	s := b.sides[c]
	m.from = s.firstLoad()
	if s.pushed {
		if m.from.IsZero() {
			m.from = s.director.configured()
		}
		return m, true
	}
	m.to = s.director.configured()
	return m, !m.from.IsZero() && m.from.Before(m.to)
}

// firstLoad is when the Director that schedules first loaded what was pushed to it, or, when only the other one has a record of that, the
// other; zero when the journal does not tell.
func (s *side) firstLoad() (first time.Time) {
	if d := &s.director; d.scheduler() != nil {
		if at, known := s.loads[d.name(min(d.place, len(d.Directors)-1))]; known {
			return at
		}
	}
	for _, at := range s.loads {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// runs is when a cluster starts a cell in an era, where what is pushed to it gives way to the other cluster, and when that was so; nil
// where it never was.
func (b *Board) runs(c model.Cluster, p model.Placement) (func(*era) model.Schedule, yielding) {
	if b.apart[c] <= 0 || len(b.eras) == 0 {
		return nil, yielding{}
	}
	m, ok := b.yields(c)
	if !ok {
		return nil, yielding{}
	}
	return func(e *era) model.Schedule {
		if e.desired != nil {
			if moved, ok := b.staggered(e, c)[p.Cell]; ok {
				return moved
			}
		}
		return p.Schedule
	}, m
}

// schedule is when a cluster starts a cell now.
func (b *Board) schedule(c model.Cluster, p model.Placement) model.Schedule {
	if runs, _ := b.runs(c, p); runs != nil && b.sides[c].pushed {
		return runs(b.eras[len(b.eras)-1])
	}
	return p.Schedule
}

// due are the due times of a cell between two moments, each by the schedule of its time; plain is the one that gives way to nobody.
func (d *duty) due(plain model.Schedule, from, to time.Time) (all []time.Time) {
	take := func(s model.Schedule, until time.Time) {
		if to.Before(until) {
			until = to
		}
		if from.Before(until) {
			all = append(all, s.Between(from, until, d.zone)...)
			from = until
		}
	}
	if d.runs != nil {
		end := to
		if !d.yields.to.IsZero() && d.yields.to.Before(end) {
			end = d.yields.to
		}
		take(plain, d.yields.from)
		for i, e := range d.owed.eras {
			until := end
			if i+1 < len(d.owed.eras) && d.owed.eras[i+1].at.Before(end) {
				until = d.owed.eras[i+1].at
			}
			take(d.runs(e), until)
		}
	}
	take(plain, to)
	return all
}

// staggered are the schedules of all cells that routes give to a cluster, as they are pushed.
func (b *Board) staggered(e *era, c model.Cluster) map[model.Cell]model.Schedule {
	if e.runs[c] != nil {
		return e.runs[c]
	}
	var own, other []model.Placement
	for _, p := range b.inv.Cells {
		to := e.desired(p.Cell)
		if to[c] == model.Holds {
			own = append(own, p)
		}
		if to[1-c] == model.Holds {
			other = append(other, p)
		}
	}
	e.runs[c] = model.Stagger(own, other, b.sides[c].zone, b.sides[1-c].zone, b.apart[c]).ByCell
	return e.runs[c]
}
