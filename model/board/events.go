package board

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// saidOf is what was last said of a job, so that every change is said once.
type saidOf struct {
	outcome model.Outcome
	began   bool // that it runs was said
	at      time.Time
	since   time.Time // when it became so; zero: before it was watched
}

func (b *Board) event(e Event) {
	b.seq++
	e.Seq = b.seq
	if len(b.events) >= KeptEvents+KeptEvents/4 {
		b.events = append(make([]Event, 0, KeptEvents+KeptEvents/4), b.events[len(b.events)-KeptEvents:]...)
	}
	b.events = append(b.events, e)
	b.dirty = true
}

// tell makes an event of what is new about a job: that it began, that it waits for a person, how it ended. That it waits its turn and how
// far it is are none. What was there at the start is told as the past.
func (b *Board) tell(s *side, j *model.Job, now time.Time) {
	name := j.Key.Job
	was, known := s.told[name]
	is := saidOf{outcome: j.Outcome, began: was.began || j.Outcome == model.Running, at: now}
	switch {
	case known && was.outcome == is.outcome:
		is.since = was.since
	case s.primed:
		is.since = now
	}
	s.told[name] = is
	strange := !j.Status.Known() && j.Outcome.Open() // told once, whatever number of rows has it
	switch {
	case known && was.outcome == is.outcome, strange && s.letters[j.Status], !strange && j.Outcome == model.Waiting:
		return
	case j.Outcome == model.Running && was.began && was.outcome != model.Stuck: // it waited in between
		return
	}
	if strange {
		s.letters[j.Status] = true
	}
	if !s.primed {
		return
	}
	at := now
	if !j.Outcome.Open() && !j.End.IsZero() {
		at = j.End
	}
	b.event(eventOf(j, at))
}

// eventOf is what an event says of a job.
func eventOf(j *model.Job, at time.Time) Event {
	key := j.Key
	e := Event{At: at, Who: key.Cluster.String(), Says: j.Line(), Job: &key}
	if j.HasCell && j.Type == model.TypeBackup {
		c := j.Cell
		e.Cell = &c
	}
	switch j.Outcome {
	case model.Failed, model.Lost:
		e.Severity = model.Fail
	case model.Warned, model.Canceled, model.Stuck:
		e.Severity = model.Warn
	case model.Running:
		began := *j
		began.Progress = model.Progress{} // it would be that of a moment
		e.Says = began.Line()
	case model.Waiting, model.OK:
	}
	if j.ByBacula() { // as its alert is
		e.Severity = model.Fail
	}
	switch {
	case j.Hollow(): // as its alert and its row are
		e.Severity = model.Fail
	case j.Misdated(): // as the alert of odd dates is
		e.Severity = max(e.Severity, model.Warn)
		e.Says += ": its date cannot be, " + j.Doubt.String()
	}
	return e
}

// tellGone makes an event of rows that were deleted, by a person, by pruning or because their volumes were recycled.
func (b *Board) tellGone(s *side, went []model.Job, now time.Time) {
	if len(went) == 0 || !s.primed {
		return
	}
	c, names := s.ledger.cluster, make([]string, len(went))
	e := Event{At: now, Who: c.String(), Job: &model.JobKey{Cluster: c, Job: went[0].Key.Job}, Says: "%s is no longer in the catalog of %s"}
	if len(went) > 1 {
		e.Job, e.Says = nil, plural(uint64(len(went)), "job")+" are no longer in the catalog of %[2]s: %[1]s"
	}
	one := true // they are of one cell
	for i := range went {
		j := &went[i]
		names[i] = fmt.Sprintf("%d %s", j.ID, j.Title())
		delete(s.told, j.Key.Job)
		if j.Outcome.Open() || j.HasCell && j.Type == model.TypeBackup && j.Outcome.Good() {
			e.Severity = model.Warn
		}
		one = one && j.HasCell && j.Cell == went[0].Cell && j.Type == model.TypeBackup
	}
	e.Says = fmt.Sprintf(e.Says, fewNames(names), c)
	if t := s.ledger.find(&went[0]); t != nil && one {
		cell := went[0].Cell
		e.Cell = &cell
		e.Says += "; " + s.ledger.stands(t, now)
	}
	b.event(e)
}

// tellChanged makes events of ended rows that are not what they were. A changed figure alone is shown, not told, nor is what Bacula itself
// does with the row of a copy.
func (b *Board) tellChanged(s *side, now time.Time) {
	all := s.ledger.changed
	s.ledger.changed = nil
	for i := range all {
		was, is := &all[i].was, &all[i].is
		s.told[is.Key.Job] = saidOf{outcome: is.Outcome, began: s.told[is.Key.Job].began, at: now}
		if !s.primed || was.Times == model.Awaited ||
			was.Outcome == is.Outcome && was.Type == is.Type && was.Status == is.Status && was.Key == is.Key && was.Cell == is.Cell {
			continue
		}
		e := Event{At: now, Who: s.ledger.cluster.String(), Severity: model.Warn, Job: &model.JobKey{Cluster: s.ledger.cluster, Job: is.Key.Job}}
		e.Says = fmt.Sprintf("%d %s was changed: it was %s and is %s", was.ID, was.Title(), rowSays(was), rowSays(is))
		if was.HasCell {
			cell := was.Cell
			e.Cell = &cell
			if t := s.ledger.find(was); t != nil {
				e.Says += "; " + s.ledger.stands(t, now)
			}
		}
		b.event(e)
	}
}

func rowSays(j *model.Job) string {
	return fmt.Sprintf("%s %s (%s)", j.Type, j.Outcome, j.Status)
}

// stands says what a cell's history has now that a row of it is gone.
func (l *Ledger) stands(t *track, now time.Time) string {
	if l.look(t); t.lastGood == nil {
		return "this cluster has no good backup of it any more"
	}
	return fmt.Sprintf("its last good is now %d, %s ago", t.lastGood.ID, model.Age(now.Sub(t.lastGood.When())))
}

// configured makes an event of a Director that was started again or has loaded its configuration again, with the jobs that came and went:
// somebody pushed, or something put an old file back.
func (b *Board) configured(c model.Cluster, was, is *model.Director) {
	e := Event{At: is.At, Who: c.String(), Says: is.Name + " loaded its configuration again"}
	switch {
	case was.PID == 0 || is.PID == 0 || was.Reloaded.IsZero():
		return
	case was.PID != is.PID:
		e.Severity, e.Says = model.Warn, is.Name+" was started again"
	case is.Reloaded.Equal(was.Reloaded):
		return
	}
	came, went := missingFrom(was.Jobs, is.Jobs), missingFrom(is.Jobs, was.Jobs)
	switch {
	case was.Jobs == nil || is.Jobs == nil:
	case len(came)+len(went) == 0:
		e.Says += " with the same jobs"
	default:
		for _, l := range []struct {
			verb  string
			names []string
		}{{"gained", came}, {"lost", went}} {
			if len(l.names) > 0 {
				e.Says += fmt.Sprintf("; it %s %s: %s", l.verb, plural(uint64(len(l.names)), "job"), fewNames(l.names))
			}
		}
	}
	if len(went) > 0 {
		e.Severity = model.Warn
	}
	b.event(e)
}

// missingFrom are the names of a sorted list that are not in another sorted one.
func missingFrom(has, of []string) (out []string) {
	for _, name := range of {
		if _, ok := slices.BinarySearch(has, name); !ok {
			out = append(out, name)
		}
	}
	return out
}

// forget drops what was told of jobs that ended long ago.
func (b *Board) forget(s *side, now time.Time) {
	if len(s.told) < KeptEvents || now.Sub(s.forgot) < time.Minute && len(s.told) < 16*KeptEvents {
		return
	}
	s.forgot = now
	for name, t := range s.told {
		if !t.outcome.Open() && (now.Sub(t.at) > time.Hour || len(s.told) > 8*KeptEvents) {
			delete(s.told, name)
		}
	}
}
