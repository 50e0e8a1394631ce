package board

import (
	"iter"
	"maps"
	"slices"
	"time"

	"switchyard/model"
)

// replaced takes out what a row with the same JobId was before it came to be of another job, type or cell.
func (l *Ledger) replaced(j *model.Job) {
	if j.ID > l.high || j.ID < l.low {
		return
	}
	was := l.held(j.ID)
	if was != nil && was.Key == j.Key && was.Type == j.Type && was.Cell == j.Cell && was.HasCell == j.HasCell && was.Name == j.Name &&
		was.Times == j.Times {
		if !was.Outcome.Open() && j.Outcome.Open() {
			l.forget(j.ID)
		}
		return // its history replaces it
	}
	if t := l.find(j); was == nil && t != nil && !j.Outcome.Open() {
		is := endingOf(j)
		if i, found := t.find(j.ID); found && t.ended[i].odd == is.odd && t.ended[i].stamp == is.stamp {
			return
		}
	}
	l.forget(j.ID)
}

// forget takes out a row, and tells whether it was there.
func (l *Ledger) forget(id uint32) bool {
	was := l.held(id)
	there := was != nil || l.cold[id]
	delete(l.open, id)
	delete(l.cold, id)
	delete(l.letters, id)
	delete(l.ends, id)
	l.odd.forget(id)
	l.bad.forget(id)
	l.undecide(id)
	l.lower(id)
	if i, found := l.recentAt(id); found {
		l.recent = slices.Delete(l.recent, i, i+1)
	}
	n := len(l.restores)
	l.restores = without(l.restores, id)
	there = there || len(l.restores) < n
	if was != nil {
		if t := l.find(was); t != nil && t.forget(id) {
			l.touch(t)
			return true
		}
	}
	for _, tracks := range []iter.Seq[*track]{maps.Values(l.tracks), maps.Values(l.strays)} {
		for t := range tracks {
			if t.forget(id) {
				l.touch(t)
				return true
			}
		}
	}
	return there
}

// touch notes that a history changed; that of a stray without rows is none.
func (l *Ledger) touch(t *track) {
	t.settled, l.placed = false, false
	l.oldest(t)
	switch {
	case t.has:
		l.touched[t.cell] = true
	case t.size() == 0 && t.open == nil && l.strays[t.name] == t:
		delete(l.strays, t.name)
	}
}

// Gone forgets jobs whose rows the catalog no longer has. It returns those that were held whole, and whether any was there.
func (l *Ledger) Gone(ids []uint32) (went []model.Job, any bool) {
	for _, id := range ids {
		if j := l.held(id); j != nil {
			went = append(went, *j)
		}
		any = l.forget(id) || any
	}
	return went, any
}

// Prune drops what ended before t, so that memory does not grow with time.
func (l *Ledger) Prune(t time.Time) {
	l.bench.From = t
	old := t.Unix()
	aged := func(e ending) bool { return e.when() < old }
	drop := func(tr *track) {
		n := tr.size()
		if tr.ended = slices.DeleteFunc(tr.endings(), aged); len(tr.ended) < n {
			for i, h := range tr.held {
				if h != nil && h.When().Before(t) {
					tr.held[i] = nil
				}
			}
			l.touch(tr)
		}
	}
	for _, tr := range l.tracks {
		drop(tr)
	}
	for name, tr := range l.strays {
		if drop(tr); len(tr.ended) == 0 && tr.open == nil {
			delete(l.strays, name)
		}
	}
	l.restores = slices.DeleteFunc(l.restores, aged)
	l.bad.prune(t)
	maps.DeleteFunc(l.others, func(_ string, d decided) bool { return d.when < old })
	if l.from.Before(t) {
		l.from = t
	}
}
