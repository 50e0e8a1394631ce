package board

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

// DirectorTruth is what the Directors of one cluster say now: what they run, what ended lately, what they are configured for.
type DirectorTruth struct {
	Directors []model.Director    // the active one first
	Running   []model.Job         // running and waiting jobs, of the active Director
	Ended     []model.Job         // its short ring of ended jobs
	Off       map[model.Cell]bool // cells whose job it has and does not start by itself
	At        time.Time           // when Running was read; zero: never
	Live      bool                // Running is fresh
	Strays    []string            // its Job resources that are neither a cell's backup nor a restore; sorted
	Mimics    map[string]string   // which of them only look like one, and like which
	JobsAt    time.Time           // when the active Director's Job resources were read; zero: never
	Held      []string            // clients that the active one has disabled: their jobs end at once
	// Unscheduled are cells whose job's schedule the active one has disabled.
	Unscheduled map[model.Cell]bool
	// Room is how many bytes are free for each Storage, by name.
	Room    model.Reading[map[string]uint64]
	Passive *DirectorWord // what the passive one says; nil: it was never read

	place int // among Directors, of the one that schedules, whose word the rest is
}

// configured is since when the active Director has surely had the Job resources it has now.
func (d *DirectorTruth) configured() time.Time {
	a := d.scheduler()
	if a == nil {
		return time.Time{}
	}
	if a.Reloaded.After(a.Started) {
		return a.Reloaded
	}
	return a.Started
}

// ahead is how far the active Director's clock is ahead of this host's, as far as that is known.
func (d *DirectorTruth) ahead() time.Duration {
	if a := d.scheduler(); a != nil && a.Clock {
		return a.Ahead
	}
	return 0
}

// restarted says which start of the active Director ended a job that ran before it, and when; nothing when it was not started since.
func (d *DirectorTruth) restarted(j *model.Job) (says string, at time.Time) {
	began := j.Start
	if began.IsZero() {
		began = j.Sched
	}
	a := d.scheduler()
	if a == nil || began.IsZero() || !a.Started.After(began) {
		return "", time.Time{}
	}
	return a.Name + " was started again at " + a.Started.UTC().Format("15:04:05") + " UTC", a.Started
}

// openJobs merges what the catalog calls open with what the Director runs. A job that the catalog calls open and a Director
// that answers has not known for a while (Policy.LostAfter) is lost; while the Director is silent it stays what the catalog says.
func (l *Ledger) openJobs(d *DirectorTruth, storages map[string]model.Progress, lost map[string]bool, now time.Time) []model.Job {
	known := make(map[string]*model.Job, len(d.Running))
	for i := range d.Running {
		if r := &d.Running[i]; r.Outcome.Open() { // one that ends is still listed for a moment, without its figures
			known[r.Key.Job] = r
		}
	}
	over := make(map[string]bool, len(d.Ended))
	for i := range d.Ended {
		over[d.Ended[i].Key.Job] = true
	}
	var out []model.Job
	for _, j := range l.Open() {
		if over[j.Key.Job] && known[j.Key.Job] == nil { // the Director has ended it and the catalog does not tell yet
			continue
		}
		if r := known[j.Key.Job]; r != nil {
			delete(known, j.Key.Job)
			j = overlay(j, r)
		} else if lost[j.Key.Job] {
			j.Outcome = model.Lost
			j.Note = "the catalog calls it " + j.Status.String() + ", the Director does not know it"
			if says, _ := d.restarted(&j); says != "" {
				j.Note = says + "; the catalog still calls it " + j.Status.String()
			}
		}
		out = append(out, j)
	}
	for i := range d.Running { // in the Director's order, so that the result does not depend on a map's
		if r := &d.Running[i]; known[r.Key.Job] == r {
			if e := l.ended(r.ID); e != nil && e.Key.Job == r.Key.Job { // the catalog was read later
				continue
			}
			out = append(out, *r)
		}
	}
	for i := range out {
		out[i].Key.Cluster = l.cluster
		if p, ok := storages[out[i].Key.Job]; ok && out[i].Outcome.Open() {
			out[i].Progress = p
			out[i].Bytes, out[i].Files = max(out[i].Bytes, p.Bytes), max(out[i].Files, p.Files)
		}
		l.expect(&out[i], now)
	}
	slices.SortStableFunc(out, func(a, b model.Job) int {
		return cmp.Or(cmp.Compare(urgency(a.Outcome), urgency(b.Outcome)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// restoring fills in how far the running restores are that the journal knows, by what their backups hold.
func (b *Board) restoring(open []model.Job) {
	if b.state == nil {
		return
	}
	for i := range open {
		j := &open[i]
		if j.Type != model.TypeRestore || j.Outcome != model.Running {
			continue
		}
		for _, x := range slices.Backward(b.state.Actions) {
			if of, job := x.Restoring(); of != nil && job != nil && job.Cluster == j.Key.Cluster && job.Job == j.Key.Job {
				j.Progress.Percent, j.Progress.Left = of.Far(j.Progress)
				break
			}
		}
	}
}

// urgency orders open jobs for a reader: what needs a person, then what moves, then what waits.
func urgency(o model.Outcome) int {
	switch o {
	case model.Lost:
		return 0
	case model.Stuck:
		return 1
	case model.Running:
		return 2
	case model.Waiting, model.OK, model.Warned, model.Failed, model.Canceled:
	}
	return 3
}

// overlay takes the Director's fresher word on an open job.
func overlay(j model.Job, r *model.Job) model.Job {
	j.Status, j.Outcome = r.Status, r.Outcome
	if !r.Start.IsZero() {
		j.Start = r.Start
	}
	if !r.Sched.IsZero() {
		j.Sched = r.Sched
	}
	j.Client, j.Storage = cmp.Or(j.Client, r.Client), cmp.Or(r.Storage, j.Storage)
	j.Errors = max(j.Errors, r.Errors)
	j.Note = cmp.Or(r.Note, j.Note)
	return j
}

// recentJobs are the ended ones: the catalog's, and what only the Director knows while the catalog is silent. Before is what was published
// last.
func (l *Ledger) recentJobs(d *DirectorTruth, before []model.Job) []model.Job {
	l.sorted = l.lately(l.sorted[:0])
	if l.mark != nil {
		for _, r := range d.Ended {
			open := l.open[r.ID] != nil && l.open[r.ID].Key.Job == r.Key.Job
			if open || r.ID > l.mark.ID {
				r.Key.Cluster = l.cluster
				l.sorted = append(l.sorted, l.ahead(&r))
			}
		}
	}
	return copied(before, newest(l.sorted))
}
