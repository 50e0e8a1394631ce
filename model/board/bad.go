package board

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

// BadJobs bounds ClusterView.Bad: a bad week has fewer, and a runaway catalog must not fill the memory.
const BadJobs = 5000

// failing are the ended jobs of the window that are not OK, or are hollow, whole, so that each can be opened long after the newest have
// passed it by.
type failing struct {
	jobs []*model.Job // by JobId, ascending
	cut  bool         // older ones were let go
	told []model.Job  // as published; nil: to be made again
}

// note keeps a job, or lets it go when it is well after all.
func (f *failing) note(j *model.Job) {
	i, found := slices.BinarySearchFunc(f.jobs, j.ID, func(a *model.Job, id uint32) int { return cmp.Compare(a.ID, id) })
	switch bad := (j.Outcome != model.OK || j.Hollow()) && !j.Outcome.Open(); {
	case bad && found:
		f.jobs[i] = j
	case bad:
		f.jobs = slices.Insert(f.jobs, i, j)
		if len(f.jobs) > 2*BadJobs {
			f.jobs, f.cut = slices.Clone(f.jobs[BadJobs:]), true
		}
	case found:
		f.jobs = slices.Delete(f.jobs, i, i+1)
	default:
		return
	}
	f.told = nil
}

// forget lets a row go that is gone.
func (f *failing) forget(id uint32) {
	if i, found := slices.BinarySearchFunc(f.jobs, id, func(a *model.Job, id uint32) int { return cmp.Compare(a.ID, id) }); found {
		f.jobs, f.told = slices.Delete(f.jobs, i, i+1), nil
	}
}

// prune drops what ended before t.
func (f *failing) prune(t time.Time) {
	n := len(f.jobs)
	f.jobs = slices.DeleteFunc(f.jobs, func(j *model.Job) bool { return j.When().Before(t) })
	if len(f.jobs) != n {
		f.told = nil
	}
}

func (f *failing) find(id uint32) *model.Job {
	i, found := slices.BinarySearchFunc(f.jobs, id, func(a *model.Job, id uint32) int { return cmp.Compare(a.ID, id) })
	if !found {
		return nil
	}
	return f.jobs[i]
}

// published are they, newest first, at most BadJobs, and whether there were more. The slice is shared and never changed.
func (f *failing) published() ([]model.Job, bool) {
	if f.told == nil && len(f.jobs) > 0 {
		f.told = make([]model.Job, 0, len(f.jobs))
		for _, j := range f.jobs {
			f.told = append(f.told, *j)
		}
		slices.SortFunc(f.told, func(a, b model.Job) int { return cmp.Or(b.When().Compare(a.When()), cmp.Compare(b.ID, a.ID)) })
	}
	n := min(len(f.told), BadJobs)
	return f.told[:n:n], f.cut || n < len(f.told)
}
