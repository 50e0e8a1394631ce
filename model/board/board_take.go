package board

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Catalog takes in rows of a catalog: those of a tick, or one chunk of a walk. Gone are those that were asked for by key and whose rows are
// no more. It returns the ended jobs that are news, so that the reader can ask why they failed.
func (b *Board) Catalog(c model.Cluster, info model.Catalog, jobs []model.Job, gone []uint32, at time.Time) []model.Job {
	s := b.sides[c]
	s.ledger.At(at.Add(info.Ahead), at.Add(-b.Reach()))
	went, lost := s.ledger.Gone(gone)
	news := s.ledger.Apply(jobs)
	if lost || len(news) > 0 || !sameCatalog(info, s.catalog) {
		s.dirty = true
	}
	if (info.Ahead - s.catalog.Ahead).Abs() > model.Allow(clockMoved) {
		b.swept = time.Time{} // what is in the future has changed
	}
	was := s.catalog.WhyNoWrites()
	s.catalog = info
	s.catalog.At = at
	if why := info.WhyNoWrites(); why != was {
		e := Event{At: at, Who: c.String(), Says: c.String() + " catalog takes writes: " + info.Host}
		if why != "" {
			e.Severity, e.Says = b.withoutWrites(s, &info), c.String()+" catalog "+why
		}
		b.event(e)
	}
	if !s.walked || b.wrong(c) { // whose jobs these are is not known
		s.ledger.changed = nil
		return nil
	}
	b.tellGone(s, went, at)
	b.tellChanged(s, at)
	var ended []model.Job
	for i := range news {
		if !news[i].Outcome.Open() {
			if news[i].Outcome == model.Lost && news[i].End.IsZero() {
				s.adrift[news[i].ID] = at
				continue
			}
			news[i].Doubt = s.ledger.doubt(&news[i])
			b.tell(s, &news[i], at)
			ended = append(ended, news[i])
		}
	}
	return ended
}

// Housed takes in who lives on the server of a catalog, and what that counts.
func (b *Board) Housed(c model.Cluster, info model.Catalog) {
	s := b.sides[c]
	s.catalog.Figures, s.catalog.Tenants, s.dirty = info.Figures, info.Tenants, true
}

// Walked says that the catalog's window is read: from now on changes are events and absence means something.
func (b *Board) Walked(c model.Cluster) {
	s := b.sides[c]
	if !s.walked {
		s.ledger.wholeWindow()
		b.past(s)
		s.walked, s.primed, s.dirty = true, true, true
		b.swept = time.Time{}
	}
}

// Rewalk forgets a catalog's jobs, because its rows are not those that were remembered.
func (b *Board) Rewalk(c model.Cluster, why string, at time.Time) {
	s := b.sides[c]
	s.ledger.Reset()
	clear(s.fallen)
	s.walked, s.dirty, s.bound = false, true, nil
	b.event(Event{At: at, Who: c.String(), Severity: model.Warn, Says: c.String() + " catalog: " + why + "; its window is read again"})
}

// Annotate adds why a job ended so. What was told as a person's choice, before its log said that Bacula canceled it, is told again.
func (b *Board) Annotate(c model.Cluster, id uint32, note string) {
	l := b.sides[c].ledger
	l.Annotate(id, note)
	b.sides[c].dirty = true
	j := l.ended(id)
	if j == nil || !j.ByBacula() {
		return
	}
	for i := range slices.Backward(b.events) {
		if told := &b.events[i]; told.Job != nil && *told.Job == j.Key {
			if e := eventOf(j, told.At); told.Severity < e.Severity {
				e.Past = told.Past
				b.event(e)
			}
			return
		}
	}
}

// Protected takes in whether the volumes of immutable backups are protected, by JobId. What was so at the start is no event.
func (b *Board) Protected(c model.Cluster, by map[uint32]model.Verdict, news bool, at time.Time) {
	s := b.sides[c]
	for _, id := range slices.Sorted(maps.Keys(by)) {
		j := s.ledger.Prove(id, by[id])
		if j == nil {
			continue
		}
		s.dirty = true
		if j.HasCell {
			s.ledger.touched[j.Cell] = true
		}
		if news && by[id] == model.Fails {
			cell := j.Cell
			b.event(
				Event{
					At:       at,
					Who:      c.String(),
					Severity: model.Warn,
					Job:      &j.Key,
					Cell:     &cell,
					Says:     strconv.FormatUint(uint64(j.ID), 10) + " " + j.Title() + ": its volumes are not protected",
				},
			)
		}
	}
}

// Placed takes in whether any volume holds the backups that cells rest on, by JobId. What was so at the start is told as the past, as far
// back as that is told: it stands there as what its row alone says.
func (b *Board) Placed(c model.Cluster, by map[uint32]model.Verdict, news bool, at time.Time) {
	s := b.sides[c]
	for _, j := range s.ledger.Place(by) {
		s.dirty, b.swept = true, time.Time{}
		if !news && (j.Stored != model.Fails || at.Sub(j.When()) > pastHours) {
			continue
		}
		severity, says := model.Fail, ": no volume of its catalog holds it"
		if j.Stored == model.Holds {
			severity, says = model.Info, ": a volume of its catalog holds it after all"
		}
		e := Event{At: at, Who: c.String(), Severity: severity, Job: &j.Key, Cell: &j.Cell,
			Says: strconv.FormatUint(uint64(j.ID), 10) + " " + j.Title() + says, Past: !news}
		if e.Past {
			e.At = happened(&j)
		}
		b.event(e)
	}
}

// Director takes in what the Directors of a cluster say.
func (b *Board) Director(c model.Cluster, d DirectorTruth, cells map[model.Cell]bool) {
	s := b.sides[c]
	if was := &s.said; !sameCells(s.saidCells, cells) || !sameCells(was.Off, d.Off) || !slices.Equal(was.Held, d.Held) ||
		!sameCells(was.Unscheduled, d.Unscheduled) ||
		was.offKnown() != d.offKnown() || was.Live != d.Live || !was.Passive.sameLoaded(d.Passive) {
		b.swept, s.dirty = time.Time{}, true // what is effective on either Director
	}
	if !s.said.Room.At.Equal(d.Room.At) || s.said.Room.Why != d.Room.Why {
		s.dirty = true
	}
	s.said, s.saidCells = d, cells
	d, cells, _ = b.cast(s)
	b.take(s, d, cells)
}

// take replaces what is known of a cluster's jobs by its Directors.
func (b *Board) take(s *side, d DirectorTruth, cells map[model.Cell]bool) {
	same := slices.Equal(s.director.Running, d.Running) && slices.Equal(s.director.Ended, d.Ended) && s.director.Live == d.Live &&
		slices.EqualFunc(
			s.director.Directors,
			d.Directors,
			sameDirector,
		) && slices.Equal(s.director.Strays, d.Strays) && s.director.JobsAt.IsZero() == d.JobsAt.IsZero()
	off := sameCells(s.director.Off, d.Off)
	for cell := range s.director.Off {
		if !off && !d.Off[cell] && cells[cell] {
			s.on[cell] = d.JobsAt
		}
	}
	if !sameCells(s.has, cells) || !off || s.director.JobsAt.IsZero() != d.JobsAt.IsZero() {
		s.has, same = cells, false
		b.swept = time.Time{}
	}
	for i := range d.Directors {
		// by place: a passive one may have the active one's name
		if i < len(s.director.Directors) && s.director.Directors[i].Name == d.Directors[i].Name {
			b.configured(s.ledger.cluster, &s.director.Directors[i], &d.Directors[i])
		}
	}
	s.director = d
	if pushed := d.scheduler() != nil && model.CanaryOf(d.scheduler().Jobs) != ""; pushed != s.pushed {
		s.pushed, b.swept = pushed, time.Time{}
	}
	if !same {
		s.dirty = true
	}
}

// Storages takes in what the Storage Daemons say of the jobs on them, by unique Job name; it replaces what was known.
func (b *Board) Storages(c model.Cluster, p map[string]model.Progress) {
	s := b.sides[c]
	if !maps.Equal(s.storages, p) {
		s.storages, s.dirty = p, true
	}
}

// RDSEvents takes in what AWS lists of one instance's events; it lists them late and again. What the first look lists is the past.
func (b *Board) RDSEvents(instance string, seen []model.RDSEvent) {
	b.RDS(func(r *model.RDS) {
		for _, e := range seen {
			past := !b.listed[instance]
			if !slices.ContainsFunc(r.Events, e.Same) {
				b.event(Event{At: e.At, Who: "RDS", Severity: e.Severity, Says: e.Instance + ": " + e.Says, Past: past})
			}
		}
		r.Events = model.MergeEvents(r.Events, seen)
	})
	b.listed[instance] = true
}

// Journal takes in what the journal's records add up to, those that are new, and which actions' runners are gone. The first time
// the newest of the past are told as events too: whoever comes back sees what was done meanwhile.
func (b *Board) Journal(st *record.State, news []record.Record, orphans []string) {
	for _, r := range news {
		in := r.Inside()
		e := Event{At: r.At, Who: r.Actor, Says: r.Line(st), Action: in.Action(), Past: b.state == nil}
		switch in.Kind {
		case record.KindFailed, record.KindUnknown:
			e.Severity = model.Fail
		case record.KindRefused, record.KindStop, record.KindBack:
			e.Severity = model.Warn
		case record.KindEvidence:
			var tells bool
			if e.Severity, tells = evidenceTells(in); !tells {
				continue
			}
		}
		b.event(e)
	}
	if b.state == nil || b.state.Head != st.Head || !slices.Equal(b.orphans, orphans) {
		b.dirty = true
		for _, c := range b.sides { // how far a restore is that an action has started
			c.dirty = true
		}
	}
	if b.desire != nil && st.RoutesSeq > 0 && (b.state == nil || b.state.RoutesSeq != st.RoutesSeq) {
		b.enter(st)
		b.swept = time.Time{} // every cell is looked at again
	}
	if b.state == nil || b.state.Head != st.Head {
		for c, s := range b.sides {
			if loads := st.FirstLoads(model.Cluster(c)); !maps.EqualFunc(loads, s.loads, time.Time.Equal) {
				s.loads, b.swept = loads, time.Time{}
			}
		}
	}
	b.state, b.orphans = st, orphans
}
