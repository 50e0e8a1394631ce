package board

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"switchyard/model"
)

// DirectorWord is what a Director that is configured as passive says of its jobs.
type DirectorWord struct {
	Running []model.Job
	Ended   []model.Job         // its short ring of ended jobs
	At      time.Time           // when Running was read
	Live    bool                // Running is fresh
	Has     map[model.Cell]bool // cells that it has a job for
	Off     map[model.Cell]bool // those of them whose job it does not start by itself
	Held    []string            // clients that it has disabled
	Told    bool                // it tells what is off, held and unscheduled
	// Unscheduled are cells whose job's schedule it has disabled.
	Unscheduled map[model.Cell]bool
	Strays      []string // as of DirectorTruth
	Mimics      map[string]string
}

// sameLoaded tells that two have loaded the same, and both are heard or neither; when they told does not count.
func (w *DirectorWord) sameLoaded(o *DirectorWord) bool {
	if w == nil || o == nil {
		return w == o
	}
	return w.Live == o.Live && w.Told == o.Told && slices.Equal(w.Held, o.Held) && sameCells(w.Has, o.Has) &&
		sameCells(w.Off, o.Off) && sameCells(w.Unscheduled, o.Unscheduled)
}

// sameCells compares what two looks told of cells. A look that told nothing new brings the map of the one before, which nobody changes.
func sameCells(a, b map[model.Cell]bool) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer() || maps.Equal(a, b)
}

// starts is how many of its cells' jobs a Director starts by itself, as far as it tells what it has switched off.
func (w *DirectorWord) starts() (n int) {
	for cell := range w.Has {
		if !w.Off[cell] {
			n++
		}
	}
	return n
}

// acting is which Director of a cluster schedules, as far as it shows: who runs jobs, or was started with some when the other one had gone.
// The zero value is the one that is configured as
// active.
type acting struct {
	place int    // among its Directors
	both  bool   // two run jobs, or may: nobody can tell which of them schedules, and place is the one that ran some last
	blind bool   // the other one is not seen, and may run jobs for all that is known
	says  string // why it is not the configured one alone
	rose  int64  // when the one that took over was started, in ns since 1970; 0: it is known by what it ran
}

// toldStart is how exactly a Director tells when it was started: in whole seconds, rounded down.
const toldStart = time.Second

// acts is which Director of a cluster schedules now. One that took over does so until the one that is configured as active answers again.
func (b *Board) acts(s *side, d *DirectorTruth) acting {
	p := d.Passive
	if p == nil || len(d.Directors) < 2 {
		return acting{}
	}
	if is := b.isAnother(s.ledger.cluster, d.Directors); is != "" { // its jobs are another one's
		return acting{}
	}
	of, other := d.Directors[0].Name, d.name(1)
	works, mute := p.Live && d.Directors[1].Works, b.mute(model.DirectorOf(s.ledger.cluster, of))
	took := s.acting.both || s.acting.place == 1
	switch {
	case !d.Live && mute.Why == "": // it was not asked yet
		return acting{}
	case !d.Live && !works && s.acting.place == 0 && p.Live && d.rose(mute.At):
		return acting{
			place: 1,
			blind: mute.Trouble != model.TroubleGone,
			rose:  d.Directors[1].Started.UnixNano(),
			says: fmt.Sprintf("%s was started when %s was not heard any more, with %s that it starts by itself, and is configured as passive",
				other, of, plural(uint64(p.starts()), "job")),
		}
	case !d.Live && !works && s.acting.place == 1:
		return acting{place: 1, blind: mute.Trouble != model.TroubleGone, rose: s.acting.rose, says: s.acting.says}
	case !d.Live && works:
		return acting{
			place: 1,
			blind: mute.Trouble != model.TroubleGone,
			says:  fmt.Sprintf("%s runs jobs and is configured as passive, and %s %s", other, of, mute.Trouble.Says()),
		}
	case took && p.At.Before(d.Directors[0].Started.Add(toldStart-d.Directors[0].Ahead)): // what it said may be before the other one's start
		return s.acting
	case !p.Live && took && b.mute(model.DirectorOf(s.ledger.cluster, other)).Trouble != model.TroubleGone: // it may go on
		return acting{place: 1, both: true, says: fmt.Sprintf("%s ran jobs and is not heard now, and %s answers", other, of)}
	case !works && took && d.stands(s.acting.rose):
		return acting{place: 1, both: true, rose: s.acting.rose,
			says: fmt.Sprintf("%s was started in place of %s, which answers again, and starts jobs by itself", other, of)}
	case !works || len(p.Running) == 0 && newestEnd(d.Ended, d.Running).After(newestEnd(p.Ended, nil)):
		return acting{}
	}
	both := acting{both: true, says: fmt.Sprintf("%s runs jobs and is configured as passive, and %s answers too", other, of)}
	if newestEnd(p.Ended, p.Running).After(newestEnd(d.Ended, d.Running)) {
		both.place = 1
	}
	return both
}

// mute is what is known of a source, as it was told.
func (b *Board) mute(of model.Source) Sighting {
	if i := slices.IndexFunc(b.seen, func(o Sighting) bool { return o.Source == of }); i >= 0 {
		return b.seen[i]
	}
	return Sighting{}
}

// newestEnd is when a Director ran a job last: now, as far as that goes, when it runs some.
func newestEnd(ended, running []model.Job) (last time.Time) {
	for i := range ended {
		if ended[i].End.After(last) {
			last = ended[i].End
		}
	}
	for i := range running {
		if at := running[i].When(); at.After(last) {
			last = at
		}
	}
	return last
}

// name is a Director's as a source has it: a passive one may have the active one's.
func (d *DirectorTruth) name(place int) string {
	if place == 0 {
		return d.Directors[0].Name
	}
	return model.PassiveOf(model.Blue, d.Directors[place].Name, d.Directors[0].Name).Name
}

// scheduler is the Director that schedules, as far as it shows; nil when none is known.
func (d *DirectorTruth) scheduler() *model.Director {
	if len(d.Directors) == 0 {
		return nil
	}
	return &d.Directors[min(d.place, len(d.Directors)-1)]
}

// works tells whether a passive Director runs jobs, or has ended some since it was started, and since the active one was, where that
// answers: what it remembers from before is no sign of that.
func (d *DirectorTruth) works() bool {
	since := d.Directors[1].Started
	if active := d.Directors[0].Started; d.Live && active.After(since) {
		since = active
	}
	return len(d.Passive.Running) > 0 || slices.ContainsFunc(d.Passive.Ended, func(j model.Job) bool { return j.End.After(since) })
}

// roseAfter is how long the active Director must have been silent since the passive one was started: both may have been started again, and
// the active one is only heard a little later.
const roseAfter = 15 * time.Second

// rose tells whether the passive Director was started after the active one was heard last, with jobs that it starts by itself: a Director
// schedules what its files enable.
func (d *DirectorTruth) rose(heard time.Time) bool {
	of := &d.Directors[1]
	started := of.Started.Add(-of.Ahead)
	return !heard.IsZero() && started.After(heard) && d.Passive.starts() > 0 && d.Passive.At.Sub(started) >= roseAfter
}

// stands tells whether the passive Director is still the process that took over, and starts jobs, while the active one has run none since.
func (d *DirectorTruth) stands(rose int64) bool {
	return d.Passive.Live && d.Passive.starts() > 0 && d.Directors[1].Started.UnixNano() == rose &&
		!newestEnd(d.Ended, d.Running).After(d.Directors[1].Started)
}

// cast is what the Directors of a cluster say together, given which of them schedules, and the cells that this one has a job for.
func (b *Board) cast(s *side) (d DirectorTruth, cells map[model.Cell]bool, as acting) {
	d, cells = s.said, s.saidCells
	if d.Passive != nil && len(d.Directors) > 1 {
		d.Directors = slices.Clone(d.Directors)
		gone := b.mute(model.DirectorOf(s.ledger.cluster, d.name(1))).Trouble == model.TroubleGone // what has ended runs nothing
		d.Directors[1].Works = !gone && d.works()
	}
	as = b.acts(s, &d)
	d.place = as.place
	for i := range d.Directors {
		if acts := i == as.place && !as.both; d.Directors[i].Acts != acts {
			d.Directors = slices.Clone(d.Directors)
			d.Directors[i].Acts = acts
		}
	}
	p, running, ended := d.Passive, d.Running, d.Ended
	if as.place == 1 {
		d.Running, d.Ended, d.At, d.Live, d.JobsAt = p.Running, p.Ended, p.At, p.Live, p.At
		d.Off, d.Strays, d.Mimics, cells = p.Off, p.Strays, p.Mimics, p.Has
	}
	if as.both { // a job that either of them runs is there
		d.Live = true
		d.Running = eitherOf(d.Running, p.Running, running)
		d.Ended = eitherOf(d.Ended, p.Ended, ended)
	}
	return d, cells, as
}

// eitherOf are jobs of several lists, each once.
func eitherOf(first []model.Job, more ...[]model.Job) []model.Job {
	out := slices.Clone(first)
	for _, list := range more {
		for i := range list {
			if !slices.ContainsFunc(out, func(j model.Job) bool { return j.Key.Job == list[i].Key.Job }) {
				out = append(out, list[i])
			}
		}
	}
	return out
}

// role looks anew at who schedules, which may follow from what another source says.
func (b *Board) role(s *side, now time.Time) {
	d, cells, as := b.cast(s)
	if as == s.acting {
		return
	}
	was := s.acting
	s.acting = as
	b.take(s, d, cells)
	s.dirty = true
	c := s.ledger.cluster
	switch {
	case as.place == was.place && as.both == was.both:
	case as.both:
		b.event(Event{At: now, Who: c.String(), Severity: model.Fail, Says: "two Directors of " + c.String() + " may schedule: " + as.says})
	case as.place == 1:
		b.event(Event{At: now, Who: c.String(), Severity: model.Warn,
			Says: fmt.Sprintf("%s schedules for %s, as far as it shows, in place of %s", d.name(1), c, d.name(0))})
	default:
		b.event(Event{At: now, Who: c.String(), Says: d.name(0) + " alone schedules for " + c.String() + " again"})
	}
}

// Acting is the place, among a cluster's Directors, of the one that schedules, as far as it shows.
func (b *Board) Acting(c model.Cluster) int { return b.sides[c].acting.place }

// gates lets the cluster's view depend on the Director that schedules.
func (b *Board) gates(c model.Cluster, seen []Sighting) []Sighting {
	s := b.sides[c]
	if s.acting.place == 0 || len(s.director.Directors) < 2 {
		return seen
	}
	seen = slices.Clone(seen)
	of := [2]model.Source{model.DirectorOf(c, s.director.name(0)), model.DirectorOf(c, s.director.name(1))}
	for i := range seen {
		switch seen[i].Source {
		case of[0]:
			seen[i].Gates = false
		case of[1]:
			seen[i].Gates, seen[i].Every = true, b.policy.DirectorEvery
		}
	}
	return seen
}
