package board

import (
	"maps"
	"slices"
	"time"

	"switchyard/model"
)

// adriftFor is how long a lost job waits for its Director to tell when it was started again: it is asked less often than its catalog.
const adriftFor = 10 * time.Second

// land tells of jobs that were lost with their Director, and names the start that ended them: the rows say only when the jobs began.
func (b *Board) land(s *side, now time.Time) {
	for _, id := range slices.Sorted(maps.Keys(s.adrift)) {
		since, j := s.adrift[id], s.ledger.ended(id)
		if j == nil {
			delete(s.adrift, id)
			continue
		}
		says, at := s.director.restarted(j)
		if says == "" && now.Sub(since) < model.Allow(adriftFor) {
			continue
		}
		delete(s.adrift, id)
		is := *j
		if is.End = since; says != "" {
			is.End, is.Note = at, says
			s.fallen[id] = at
		}
		s.ledger.apply(&is)
		b.tell(s, &is, now)
		s.dirty = true
	}
}
