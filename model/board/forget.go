package board

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"switchyard/model"
)

// replaced takes out what a row with the same JobId was before it came to be of another job, type or cell, and returns the history that it was in.
func (l *Ledger) replaced(j *model.Job) *track {
	if l.mark == nil || j.ID > l.mark.ID || j.ID < l.low {
		return nil
	}
	was := l.open[j.ID]
	if was == nil {
		was = l.ended(j.ID)
	}
	if was != nil && was.Key == j.Key && was.Type == j.Type && was.Cell == j.Cell && was.HasCell == j.HasCell && was.Name == j.Name && was.Times == j.Times {
		if !was.Outcome.Open() && j.Outcome.Open() {
			return l.forget(j.ID)
		}
		return nil // its history replaces it
	}
	if t := l.find(j); was == nil && t != nil && !j.Outcome.Open() {
		if i, found := t.find(j.ID); found && t.ended[i].odd == endingOf(j).odd && t.ended[i].stamp == endingOf(j).stamp {
			return nil
		}
	}
	return l.forget(j.ID)
}

// forget takes out a row, and returns the backups' history that it was in.
func (l *Ledger) forget(id uint32) (in *track) {
	was := l.open[id]
	if was == nil {
		was = l.ended(id)
	}
	delete(l.open, id)
	l.odd.forget(id)
	if i, found := l.recentAt(id); found {
		l.recent = slices.Delete(l.recent, i, i+1)
	}
	if i, found := slices.BinarySearchFunc(l.restores, id, func(a ending, id uint32) int { return cmp.Compare(a.id, id) }); found {
		l.restores = slices.Delete(l.restores, i, i+1)
	}
	if was != nil {
		if t := l.find(was); t != nil && t.forget(id) {
			l.touch(t)
			return t
		}
	}
	for _, tracks := range []iter.Seq[*track]{maps.Values(l.tracks), maps.Values(l.strays)} {
		for t := range tracks {
			if t.forget(id) {
				l.touch(t)
				return t
			}
		}
	}
	return nil
}

// touch notes that a history changed; that of a stray without rows is none.
func (l *Ledger) touch(t *track) {
	l.oldest(t)
	switch {
	case t.has:
		l.touched[t.cell] = true
	case len(t.ended) == 0 && t.open == nil && l.strays[t.name] == t:
		delete(l.strays, t.name)
	}
}

// Gone forgets jobs whose rows the catalog no longer has.
func (l *Ledger) Gone(ids []uint32) (any bool) {
	for _, id := range ids {
		held := l.open[id] != nil || l.ended(id) != nil
		if t := l.forget(id); t != nil {
			t.settled = false
			held = true
		}
		any = any || held
	}
	return any
}

// Prune drops what ended before t, so that memory does not grow with time.
func (l *Ledger) Prune(t time.Time) {
	l.bench.From = t
	old := t.Unix()
	aged := func(e ending) bool { return e.when() < old }
	drop := func(tr *track) {
		n := len(tr.ended)
		if tr.ended = slices.DeleteFunc(tr.ended, aged); len(tr.ended) < n {
			for i, h := range tr.held {
				if h != nil && h.When().Before(t) {
					tr.held[i] = nil
				}
			}
			tr.settled = false
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
	if l.from.Before(t) {
		l.from = t
	}
}
