package board

import (
	"cmp"
	"slices"

	"switchyard/model"
)

// Annotate adds to an ended job why it ended so. Rows that are published already are not changed.
func (l *Ledger) Annotate(id uint32, note string) {
	was := cmp.Or(l.ended(id), l.bad.find(id))
	for _, t := range l.tracks {
		if was != nil {
			break
		}
		if i, found := t.find(id); found {
			was = l.whole(t, &t.ended[i])
		}
	}
	if was != nil && was.Note != note {
		j := *was
		j.Note = note
		l.replace(&j)
	}
}

// Unexplained are canceled jobs that are the newest of their cells, as far as nothing else ended after them: only their logs tell whether a
// person did it. So are the newest that ended with warnings or failed, whose text is what there is to say of the cell.
func (l *Ledger) Unexplained() (ids []uint32) {
	for _, t := range l.tracks {
		l.look(t)
		for _, e := range slices.Backward(l.timely(t)) {
			whole := l.ended(e.id)
			unsaid := whole == nil && (t.last == nil || t.last.ID != e.id || t.last.Note == "")
			if e.outcome == model.Warned && unsaid || e.outcome == model.Failed && (unsaid || whole != nil && whole.Note == "") {
				ids = append(ids, e.id)
			}
			if e.outcome != model.Canceled {
				break
			}
			if !e.own && (whole == nil || whole.Note == "") {
				ids = append(ids, e.id)
			}
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids[:min(len(ids), unexplained)]
}

// Unproven are the newest good backups of immutable cells of which it was not told whether their volumes are protected.
func (l *Ledger) Unproven() (ids []uint32) {
	for cell, t := range l.tracks {
		if cell.Kind != model.Immutable {
			continue
		}
		if l.look(t); t.lastGood != nil && t.lastGood.Protected == model.Unknown {
			ids = append(ids, t.lastGood.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Prove notes whether the volumes of a cell's newest good backup are protected, and returns that backup when that is so.
func (l *Ledger) Prove(id uint32, v model.Verdict) *model.Job {
	for _, t := range l.tracks {
		if t.lastGood != nil && t.lastGood.ID == id {
			j := *t.lastGood
			j.Protected = v
			l.replace(&j)
			return &j
		}
	}
	return nil
}

// Unplaced are the backups that cells rest on of which it was not asked whether any volume holds them.
func (l *Ledger) Unplaced() (ids []uint32) {
	if l.placed {
		return nil
	}
	for _, t := range l.tracks {
		l.look(t)
		for _, j := range [...]*model.Job{t.lastGood, t.lastFull} {
			if j != nil && j.Stored == model.Unknown {
				ids = append(ids, j.ID)
			}
		}
	}
	slices.Sort(ids)
	l.placed = len(ids) == 0
	return slices.Compact(ids)
}

// PlacedInTurn are the next n backups of which that was asked and that cells rest on, or would if a volume held them.
func (l *Ledger) PlacedInTurn(n int) []uint32 {
	if len(l.placing) == 0 {
		for _, t := range l.tracks {
			l.look(t)
			for _, j := range [...]*model.Job{t.lastGood, t.lastFull, t.last} {
				if j != nil && j.Stored != model.Unknown {
					l.placing = append(l.placing, j.ID)
				}
			}
		}
		slices.Sort(l.placing)
		l.placing = slices.Compact(l.placing)
	}
	n = min(n, len(l.placing))
	ids := l.placing[:n:n]
	l.placing = l.placing[n:]
	return ids
}

// Place notes whether any volume holds the backups that cells rest on, or would, by JobId. One that none holds is no good one, so that
// another may be what its cell rests on. It returns those, and those that one holds again.
func (l *Ledger) Place(by map[uint32]model.Verdict) (moved []model.Job) {
	for _, t := range l.tracks {
		for _, p := range [...]*model.Job{t.lastGood, t.lastFull, t.last} {
			if p == nil || by[p.ID] == model.Unknown || by[p.ID] == p.Stored {
				continue
			}
			if slices.ContainsFunc(moved, func(o model.Job) bool { return o.ID == p.ID }) {
				continue
			}
			j := *p
			j.Stored = by[p.ID]
			l.replace(&j)
			if j.Stored == model.Fails || p.Stored == model.Fails {
				t.settled = false
				moved = append(moved, j)
			}
		}
	}
	slices.SortFunc(moved, func(a, b model.Job) int { return cmp.Compare(a.ID, b.ID) })
	return moved
}
