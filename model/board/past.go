package board

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"switchyard/model"
)

// pastHours is how far back the events of a session begin: whoever is woken sees the night.
const pastHours = 12 * time.Hour

// pastEvents bounds what one source adds of the time before the session, so that the ring has room for what follows.
const pastEvents = 200

// past makes events of what a cluster's jobs did before the session looked, as far as its catalog tells: every one that ended, and the
// start of what runs. What is told already is not told again.
func (b *Board) past(s *side) {
	at := s.catalog.At
	if at.IsZero() {
		return
	}
	for _, tracks := range []iter.Seq[*track]{maps.Values(s.ledger.tracks), maps.Values(s.ledger.strays)} {
		for t := range tracks {
			s.ledger.look(t) // what is hollow is told as such
		}
	}
	told := map[string]bool{}
	for i := range b.events {
		if k := b.events[i].Job; k != nil && k.Cluster == s.ledger.cluster {
			told[k.Job] = true
		}
	}
	var jobs []*model.Job
	for _, part := range [][]*model.Job{s.ledger.bad.jobs, s.ledger.recent} {
		for _, j := range part {
			if !told[j.Key.Job] && !j.When().After(at) && at.Sub(j.When()) <= pastHours {
				told[j.Key.Job] = true
				jobs = append(jobs, j)
			}
		}
	}
	for _, j := range s.ledger.open {
		if !told[j.Key.Job] && j.Outcome == model.Running && !j.Start.IsZero() && at.Sub(j.Start) <= pastHours {
			jobs = append(jobs, j)
		}
	}
	slices.SortFunc(jobs, func(a, b *model.Job) int { return cmp.Or(happened(a).Compare(happened(b)), cmp.Compare(a.ID, b.ID)) })
	for len(jobs) > pastEvents { // what went well is let go first, the oldest of it
		i := max(0, slices.IndexFunc(jobs, func(j *model.Job) bool { return j.Outcome == model.OK && !j.Hollow() }))
		jobs = slices.Delete(jobs, i, i+1)
	}
	for _, j := range jobs {
		s.told[j.Key.Job] = saidOf{outcome: j.Outcome, at: at, began: j.Outcome == model.Running}
		e := eventOf(j, happened(j))
		e.Past = true
		b.event(e)
	}
}

// happened is when what an event tells of a job was.
func happened(j *model.Job) time.Time {
	if j.Outcome.Open() {
		return j.Start
	}
	return j.When()
}
