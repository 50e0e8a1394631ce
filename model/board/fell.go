package board

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"switchyard/model"
)

// startGap is for how long before a start of its Director nothing need be known of it: another one within that is hardly another.
const startGap = 2 * time.Minute

// fell is the start of its Director that a lost job did not live to see, as far as that is known: as it was noted then, or as no other
// start can have been since the job began. One whose end its Director tells saw none, and a start after the end that was noted is another.
func (s *side) fell(j *model.Job) time.Time {
	if at, noted := s.fallen[j.ID]; noted {
		return at
	}
	_, at := s.director.restarted(j)
	if _, told := s.ledger.ends[j.ID]; told || !j.End.IsZero() && at.After(j.End) {
		return time.Time{}
	}
	if isOpen(j) || at.IsZero() || !s.walked { // the start before would have ended its row
		return at
	}
	if !s.ledger.spans(cmp.Or(unix(j.Start), unix(j.Sched)), at.Unix()) {
		at = time.Time{}
	}
	s.fallen[j.ID] = at
	return at
}

// restartedSince is what is said of a lost job where it is not known which start of its Director ended its row.
const restartedSince = " with its Director, which restarted since"

// unseen tells of a lost job that a start of its Director ended its row, and that it is not known which.
func (s *side) unseen(j *model.Job) bool {
	_, told := s.ledger.ends[j.ID]
	return !told && !isOpen(j) && s.fell(j).IsZero()
}

// spans tells whether a Director was up from a moment until shortly before a start of it (Unix seconds): jobs that ended while it ran
// follow each other without a gap, and a start ends whatever runs.
func (l *Ledger) spans(from, to int64) bool {
	var up [][2]int64
	add := func(ended []ending) {
		for i := range ended {
			if e := &ended[i]; e.outcome != model.Lost && e.times == model.Own && e.start > 0 && e.end > from && e.end <= to {
				up = append(up, [2]int64{e.start, e.end})
			}
		}
	}
	for _, tracks := range []iter.Seq[*track]{maps.Values(l.tracks), maps.Values(l.strays)} {
		for t := range tracks {
			add(t.endings())
		}
	}
	add(l.restores)
	slices.SortFunc(up, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	for _, s := range up {
		if s[0] > from {
			break
		}
		from = max(from, s[1])
	}
	return to-from <= int64(startGap/time.Second)
}
