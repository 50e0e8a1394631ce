package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// After a failover, jobs that end badly within this time died of it: the Director notices a lost connection late.
const failoverToll = 30 * time.Minute

// failoverTold is how long a failover nobody may have asked for stays an alert by itself.
const failoverTold = 6 * time.Hour

// Clocks of AWS and of a Director differ by so much without being wrong.
const clocksApart = 5 * time.Second

// failover is what AWS tells of one failover of one instance, in several events.
type failover struct {
	instance string
	began    time.Time // zero: only its end was told
	last     model.RDSEvent
	kind     model.EventKind
}

// kindOf is the event's kind, also of one whose text nobody has judged yet.
func kindOf(e *model.RDSEvent) model.EventKind {
	if e.Kind != model.EventUnknown {
		return e.Kind
	}
	kind, _ := model.JudgeEvent(e.Categories, e.Says)
	return kind
}

// failovers are the newest failover of each instance, and the newest that AWS did not attempt.
func failovers(events []model.RDSEvent, now time.Time) []failover {
	var out []failover
	for i := range events {
		e := events[i]
		e.Kind = kindOf(&e)
		if !e.OfFailover() || now.Sub(e.At) > failoverTold {
			continue
		}
		refused := e.Kind == model.EventFailoverRefused
		at := slices.IndexFunc(out, func(f failover) bool {
			return f.instance == e.Instance && (f.kind == model.EventFailoverRefused) == refused
		})
		next := failover{instance: e.Instance, last: e, kind: e.Kind}
		if e.Kind == model.EventFailoverBegan {
			next.began = e.At
		}
		switch {
		case at < 0:
			out = append(out, next)
			continue
		case !refused && e.Kind != model.EventFailoverBegan && e.At.Sub(out[at].last.At) <= failoverToll: // more of the same one
			next.began = out[at].began
			if e.Kind == model.EventUnknown {
				next.kind = out[at].kind
			}
		}
		out[at] = next
	}
	return out
}

// failoverAlerts tell of failovers, of what died with them, and of those that AWS did not attempt.
func (b *Board) failoverAlerts(r *model.RDS, now time.Time) []Alert {
	var out []Alert
	for _, f := range failovers(r.Events, now) {
		if f.kind == model.EventFailoverRefused {
			out = append(out, Alert{
				ID:       "rds:failover-refused:" + f.instance,
				Severity: model.Warn,
				rank:     rankSource,
				Since:    f.last.At,
				Says: fmt.Sprintf(
					"%s did not fail over: AWS did not attempt what was asked for at %s UTC (%s)",
					f.instance,
					f.last.At.UTC().Format("15:04:05"),
					f.last.Says,
				),
				Brief: f.instance + " did not fail over; AWS did not attempt it",
				Do:    "ask who wanted it and why; AWS takes another one when the last is some time ago",
			})
			continue
		}
		out = append(out, b.failoverAlert(f, now))
	}
	return out
}

// says tells of the failover in AWS's sense: begun is not done.
func (f *failover) says() string {
	at := f.began
	if at.IsZero() {
		at = f.last.At
	}
	clock := at.UTC().Format("15:04:05") + " UTC"
	switch f.kind {
	case model.EventFailoverBegan:
		if f.activated() {
			return f.instance + " is activated anew where it is since " + clock + ", and AWS has not told its end yet"
		}
		return f.instance + " began to fail over at " + clock + ", and AWS has not told its end yet"
	case model.EventFailoverDone:
		if f.activated() {
			return f.instance + " was activated anew where it is at " + clock
		}
		return f.instance + " failed over at " + clock
	case model.EventFailoverFailed:
		return f.instance + " was to fail over at " + clock + " and did not succeed: " + f.last.Says
	case model.EventUnknown,
		model.EventTold,
		model.EventFailoverRefused,
		model.EventStorageLow,
		model.EventStorageFull,
		model.EventStorageGrown:
	}
	return "AWS tells of a failover of " + f.instance + " at " + clock + " in words that are not known: " + f.last.Says
}

// brief is says in few words.
func (f *failover) brief() string {
	at := f.began
	if at.IsZero() {
		at = f.last.At
	}
	began, done := " began to fail over ", " failed over "
	if f.activated() {
		began, done = " is activated anew since ", " was activated anew "
	}
	clock := at.UTC().Format("15:04") + " UTC"
	switch f.kind {
	case model.EventFailoverBegan:
		return f.instance + began + clock
	case model.EventFailoverDone:
		return f.instance + done + clock
	case model.EventFailoverFailed:
		return f.instance + " did not succeed to fail over"
	case model.EventUnknown, model.EventTold, model.EventFailoverRefused, model.EventStorageLow, model.EventStorageFull,
		model.EventStorageGrown:
	}
	return "AWS tells of a failover of " + f.instance
}

// activated tells that AWS says so of one that stays where it is.
func (f *failover) activated() bool {
	return strings.Contains(strings.ToLower(f.last.Says), "activation")
}

// failoverAlert names the jobs that died with a failover and when their cells break their promise.
func (b *Board) failoverAlert(f failover, now time.Time) Alert {
	green, since := model.Green, f.began
	if since.IsZero() {
		since = f.last.At
	}
	a := Alert{ID: failoverAlertID + since.UTC().Format(time.RFC3339), Severity: model.Warn, rank: rankPair, Since: since, Says: f.says(),
		Brief: f.brief(), Until: f.last.At.Add(b.policy.FailoverApart)}
	died := b.diedOf(f, now)
	a.Do = b.afterFailover(f, died)
	if f.kind == model.EventFailoverFailed || f.kind == model.EventFailoverBegan && now.Sub(f.last.At) < overdue { // as its event is
		a.Severity = model.Fail
	}
	if len(died) == 0 {
		a.Says += "; no job died of it"
		if f.kind == model.EventFailoverBegan {
			a.Says += " so far"
		}
		return a
	}
	a.Severity, a.Cluster = model.Fail, &green
	var names []string
	for _, d := range died[:min(len(died), keptAlerts)] { // those that are not named have alerts of their own
		names = append(names, d.says)
		a.Jobs = append(a.Jobs, d.key)
	}
	a.Says += fmt.Sprintf("; %s died: %s", plural(uint64(len(died)), "job"), strings.Join(names, ", "))
	a.Brief += fmt.Sprintf("; %s died", plural(uint64(len(died)), "job"))
	if more := len(died) - len(names); more > 0 {
		a.Says += fmt.Sprintf(" and %d more", more)
	}
	return a
}

// afterFailover is what to do about a failover: nothing is run again before its end, that is run already, or while nothing can be.
func (b *Board) afterFailover(f failover, died []dead) string {
	ask := b.askedBy(f)
	backups, again := 0, 0
	for i := range died {
		if j := died[i].job; !j.HasCell || j.Type != model.TypeBackup { // nobody but a person knows whether a restore is still wanted
			continue
		}
		if backups++; b.backedUp(died[i].job) {
			again++
		}
	}
	if rest := len(died) - backups; rest > 0 {
		ask = "see whether what else died (" + plural(uint64(rest), "job") + ") is still wanted; " + ask
	}
	switch {
	case f.kind == model.EventFailoverFailed:
		return "see whether its server answers, and its events; ask AWS"
	case f.kind == model.EventFailoverBegan:
		return "wait for its end: nothing is to be run again before; " + ask
	case len(died) == 0:
		return ask + "; nothing has to be run again"
	case backups == 0:
		return ask
	case again == backups:
		return "wait for their open backups; " + ask
	case again > 0:
		return b.onceFree(model.Green, fmt.Sprintf("run the other %d of %d again (R)", backups-again, backups)) + "; " + ask
	}
	return b.onceFree(model.Green, "run again the jobs that died (R)") + "; " + ask
}

// askedBy says by which action a failover was asked for, or that this has to be asked.
func (b *Board) askedBy(f failover) string {
	began := f.began
	if began.IsZero() {
		began = f.last.At
	}
	if b.state != nil {
		for _, a := range slices.Backward(b.state.Actions) {
			if a.Verb == FailoverVerb && !a.At.After(began.Add(clocksApart)) && !a.LastAt.Before(began.Add(-failoverToll)) {
				return fmt.Sprintf("see action %d: it asked for the failover", a.Seq)
			}
		}
	}
	return "ask who asked for the failover"
}

// FailoverVerb is the verb, in the journal, of actions that let another server serve green's catalog.
const FailoverVerb = "failover"

// dead is a job that died with a failover.
type dead struct {
	job    *model.Job
	key    model.JobKey
	says   string
	breaks time.Time // when its cell breaks its promise; zero: it has no good backup
}

// diedOf finds the jobs that died with a failover: those that were alive when the connections dropped, and then ended badly. The cell that
// breaks its promise first comes first.
func (b *Board) diedOf(f failover, now time.Time) []dead {
	s := b.sides[model.Green]
	view := s.view
	unmended := view.Unmended(b.cells)
	first, last := f.began, f.began // the connections dropped between these
	if f.began.IsZero() {           // AWS told an end only: it takes some minutes at most
		first, last = f.last.At.Add(-5*time.Minute), f.last.At
	}
	var out []dead
	for _, part := range [][]model.Job{view.Recent, view.Behind} {
		for i := range part {
			j := &part[i]
			if began := cmp.Or(j.Start, j.Sched); !unmended[j.ID] || j.Hollow() || began.After(last.Add(clocksApart)) ||
				!s.endedWithin(j, first.Add(-clocksApart), last.Add(failoverToll)) {
				continue
			}
			breaks, says := b.breaksBy(j, now)
			out = append(out, dead{j, j.Key, fmt.Sprintf("%d %s%s", j.ID, j.Title(), says), breaks})
		}
	}
	slices.SortStableFunc(out, func(x, y dead) int { return x.breaks.Compare(y.breaks) })
	return out
}

// endedWithin tells whether a job ended in a span of time. The row of one that was lost says only when it began: it was alive until its
// Director was started again, the newest time where it is not known which.
func (s *side) endedWithin(j *model.Job, from, to time.Time) bool {
	ended := j.When()
	if j.Outcome == model.Lost {
		if d, fell := s.director.scheduler(), s.fell(j); !fell.IsZero() {
			ended = fell
		} else if j.End.IsZero() {
			if d == nil || d.Started.IsZero() {
				return false
			}
			ended = d.Started
		}
	}
	return !ended.Before(from) && !ended.After(to)
}

// breaksBy says when the cell of a job breaks its promise, as in " breaks its promise at 2 Jan 04:12 UTC". What has no promise never does.
func (b *Board) breaksBy(j *model.Job, now time.Time) (time.Time, string) {
	never := now.AddDate(1, 0, 0)
	i, ok := b.inv.Index(j.Cell)
	if !j.HasCell || j.Type != model.TypeBackup || !ok || i >= len(b.cells) || b.cells[i].Promise == 0 {
		return never, ""
	}
	breaks, at := "breaks", b.cells[i].Breaks()
	if at.IsZero() {
		return time.Time{}, " has no good backup"
	}
	if at.Before(now) {
		breaks = "broke"
	}
	return at, fmt.Sprintf(" %s its promise at %s UTC", breaks, at.UTC().Format("2 Jan 15:04"))
}
