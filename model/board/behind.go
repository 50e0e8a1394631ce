package board

import (
	"cmp"
	"maps"
	"slices"

	"switchyard/model"
)

// matter is what a later job must be about to say anything of an earlier one. One Job resource restores what anybody asks for: that the
// files of one client came back says nothing of those of another.
func matter(j *model.Job) string {
	if j.Type == model.TypeBackup {
		return j.Name
	}
	return j.Name + "\x00" + j.Client
}

// decided is the newest ended job of a matter, whatever became of it but a person's cancel: what ended badly before it says nothing new.
type decided struct {
	id   uint32
	when int64 // Unix seconds
}

func (d decided) after(j *model.Job) bool {
	return cmp.Or(cmp.Compare(d.when, unix(j.When())), cmp.Compare(d.id, j.ID)) > 0
}

// decide notes the end of a job that is no backup: those have histories.
func (l *Ledger) decide(j *model.Job) {
	if j.Type == model.TypeBackup || j.Outcome == model.Canceled && !j.ByBacula() {
		return
	}
	if was, known := l.others[matter(j)]; !known && len(l.others) < keptStrays || known && !was.after(j) {
		l.others[matter(j)] = decided{j.ID, unix(j.When())}
	}
}

// undecide forgets a row that is gone.
func (l *Ledger) undecide(id uint32) {
	maps.DeleteFunc(l.others, func(_ string, d decided) bool { return d.id == id })
}

// behind are the jobs of the window that ended badly, that nothing of their matter ended after, and that the newest ones have passed by:
// they need a person as much as those that have not. The newest of each name comes first.
func (l *Ledger) behind(recent []model.Job) []model.Job {
	if len(recent) < RecentJobs { // they hold all there are
		return nil
	}
	listed := make(map[uint32]bool, len(recent))
	for i := range recent {
		listed[recent[i].ID] = true
	}
	newest := map[*track]decided{}
	last := func(j *model.Job) (decided, bool) {
		t := l.find(j)
		if t == nil {
			d, known := l.others[matter(j)]
			return d, known
		}
		d, known := newest[t]
		if known {
			return d, true
		}
		ended := t.endings()
		for i := range ended {
			e := &ended[i]
			if of := (decided{e.id, e.when()}); e.tries() && e.timely(l.bench) && (e.outcome != model.Canceled || e.own) &&
				cmp.Or(cmp.Compare(of.when, d.when), cmp.Compare(of.id, d.id)) > 0 {
				d = of
			}
		}
		newest[t] = d
		return d, true
	}
	var out []model.Job
	for _, j := range l.bad.jobs {
		if !unwell(j) || listed[j.ID] {
			continue
		}
		if d, known := last(j); !known || d.after(j) {
			continue
		}
		if at := j.When(); at.Before(l.bench.From) || !l.bench.Now.IsZero() && at.After(l.bench.Now.Add(model.ClockSlack)) {
			continue // its date is told apart
		}
		out = append(out, *j)
	}
	slices.SortFunc(out, func(a, b model.Job) int { return cmp.Or(b.When().Compare(a.When()), cmp.Compare(b.ID, a.ID)) })
	return out
}
