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
}

func (b *Board) event(e Event) {
	b.seq++
	e.Seq = b.seq
	if len(b.events) >= 4*KeptEvents {
		b.events = append([]Event(nil), b.events[len(b.events)-KeptEvents:]...)
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
	s.told[name] = is
	switch {
	case !s.primed, known && was.outcome == is.outcome, j.Outcome == model.Waiting:
		return
	case j.Outcome == model.Running && was.began && was.outcome != model.Stuck: // it waited in between
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
	return e
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
	if len(s.told) < KeptEvents {
		return
	}
	for name, t := range s.told {
		if !t.outcome.Open() && now.Sub(t.at) > time.Hour {
			delete(s.told, name)
		}
	}
}
