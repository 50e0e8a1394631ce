package board

import (
	"fmt"
	"time"

	"switchyard/model"
)

// doing is what is under way for a cell: its oldest open backup on either cluster, and what that makes of any advice.
type doing struct {
	job    *model.Job
	advice string // not to start another; empty when none is open
}

// underWay are the backups that are open, as the Directors and Storage Daemons tell of them: what the catalog alone calls open may be lost.
func (b *Board) underWay() map[model.Cell]doing {
	out := map[model.Cell]doing{}
	for _, s := range b.sides {
		for i := range s.view.Open {
			j := &s.view.Open[i]
			if !j.HasCell || j.Type != model.TypeBackup {
				continue
			}
			if advice := insteadOfAnother(j); advice != "" && (out[j.Cell].job == nil || out[j.Cell].job.Outcome != model.Running) {
				out[j.Cell] = doing{j, advice}
			}
		}
	}
	return out
}

// insteadOfAnother is what to do about an open backup rather than to start one more; empty for what is not open.
func insteadOfAnother(j *model.Job) string {
	c := j.Key.Cluster
	switch j.Outcome {
	case model.Running:
		far := ""
		if p := j.Progress; !p.At.IsZero() && p.Percent >= 0 {
			far = fmt.Sprintf(", %d %%", p.Percent)
		}
		return fmt.Sprintf("wait for job %d%s: it runs on %s", j.ID, far, c)
	case model.Waiting:
		return fmt.Sprintf("see what job %d waits for: it is to back it up on %s", j.ID, c)
	case model.Stuck:
		return fmt.Sprintf("mount or label a volume for job %d: it waits for a person on %s", j.ID, c)
	case model.OK, model.Warned, model.Failed, model.Canceled, model.Lost:
	}
	return ""
}

// before tells whether a backup runs that ends before a moment, as far as anybody can tell.
func (d doing) before(at, now time.Time) bool {
	if d.job == nil || d.job.Outcome != model.Running {
		return false
	}
	p := &d.job.Progress
	return p.At.IsZero() || p.Left < 0 || now.Add(p.Left).Before(at)
}

// before is what to do about a promise that breaks at a moment, by what its schedules start until then.
func (v *CellView) before(breaks time.Time) string {
	due := v.due()
	if due.IsZero() || !due.Before(breaks) {
		return "run a backup of it: none is scheduled before then"
	}
	return "watch the one due at " + due.UTC().Format("15:04") + " UTC: it must end well"
}

// due is when a schedule starts the cell next, on either cluster; zero: none does.
func (v *CellView) due() (first time.Time) {
	for _, s := range v.On {
		if s.Has == model.Holds && !s.Due.IsZero() && (first.IsZero() || s.Due.Before(first)) {
			first = s.Due
		}
	}
	return first
}

// owes is what to do about a promise that is broken while no backup is open.
func (v *CellView) owes(best *model.Job) string {
	switch {
	case best == nil && !v.triedAfter(time.Time{}):
		return "run a backup of it now, and see why none was ever tried: open the cell"
	case best != nil && !v.triedAfter(best.When()):
		return "run a backup of it now, and see why none was tried since: open the cell"
	}
	return "run a backup of it now; its newest try tells why: open the cell"
}

// brokenBrief is how a broken promise is told in few words.
func (v *CellView) brokenBrief(now time.Time) string {
	_, best := newestGood(v)
	switch {
	case best == nil:
		return "no good backup"
	case v.Promise <= 0 || now.Sub(best.When()) <= v.Promise: // that of a full one is
		if _, full := newestFull(v); full != nil {
			return "last full " + model.Age(now.Sub(full.When())) + " ago"
		}
		return "no good full one"
	}
	return "last good " + model.Age(now.Sub(best.When())) + " ago"
}
