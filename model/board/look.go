package board

import (
	"slices"

	"switchyard/model"
)

// Look is what the next tick asks a catalog for: everything from the row at the mark on, and these JobIds. They are the jobs that the
// Director runs or has just ended, the newest other open ones (all of them while such end), and the next part of everything that is looked
// at again in a rhythm.
func (b *Board) Look(c model.Cluster) (mark uint32, markJob string, ids []uint32) {
	s := b.sides[c]
	l := s.ledger
	if l.mark != nil {
		mark, markJob = l.mark.ID, l.mark.Key.Job
	}
	told := make(map[string]bool, len(s.director.Running)+len(s.director.Ended))
	for _, list := range [][]model.Job{s.director.Running, s.director.Ended} {
		for i := range list {
			told[list[i].Key.Job] = true
		}
	}
	if slices.ContainsFunc(l.closed, func(name string) bool { return !s.asked[name] }) {
		s.busy = lookedAll
	}
	l.closed, s.asked = nil, told
	most := lookedNew
	if s.busy > 0 { // somebody ends them: it is no quiet time
		s.busy, most = s.busy-1, keptOpen
	}
	open := l.OpenIDs()
	for others := 0; len(open) > 0; {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		switch runs := told[l.open[id].Key.Job]; {
		case runs && len(ids) < lookedRun:
			ids = append(ids, id)
		case !runs && others < most:
			ids, others = append(ids, id), others+1
		}
	}
	ids = append(ids, l.again(max(lookedAt-len(ids), lookedAt/8))...)
	slices.Sort(ids)
	return mark, markJob, slices.Compact(ids)
}
