package board

import (
	"cmp"
	"slices"

	"switchyard/model"
)

// Bounds of what one tick looks at and of what is kept, whatever a catalog holds.
const (
	lookedAt  = 64      // JobIds that a quiet tick asks for by key
	lookedNew = 32      // of these, the newest open rows that no Director tells of
	lookedAll = 8       // looks for which all open rows are asked for after one ended that no Director told of
	lookedRun = 448     // open rows of jobs that the Director has
	keptOpen  = 2048    // open rows kept whole; the rest is known by JobId only
	keptTop   = 17      // highest rows that are remembered
	farAbove  = 1 << 24 // JobIds between a row and the next, from which on it does not count as the newest
	insteadOf = 64      // rows of one history that are read when what it stood on is gone
	insteads  = 512     // of all histories, in one statement

	keptStrays = 4096 // names that map to no cell
)

// cool keeps only the newest open rows whole: a catalog may hold any number of rows that nobody ever ended.
func (l *Ledger) cool() {
	if len(l.open) <= keptOpen {
		return
	}
	ids := l.OpenIDs()
	for _, id := range ids[:len(ids)-keptOpen] {
		delete(l.open, id)
		l.cold[id] = true
	}
}

// raise remembers a row when it is among the highest. The newest is the highest of these, but for what is far above the others: a row
// that somebody wrote with the last JobId there is would hide every job that is numbered below it.
func (l *Ledger) raise(j *model.Job) {
	if len(l.top) == keptTop && j.ID < l.top[0].ID {
		return
	}
	i, found := slices.BinarySearchFunc(l.top, j.ID, func(a *model.Job, id uint32) int { return cmp.Compare(a.ID, id) })
	if found {
		l.top[i] = j
	} else {
		l.top = slices.Insert(l.top, i, j)
		l.top = l.top[max(0, len(l.top)-keptTop):]
	}
	l.mark = l.top[l.near()-1]
}

// near is how many of the highest rows are not far above the others.
func (l *Ledger) near() int {
	for i := 1; i < len(l.top); i++ {
		if l.top[i].ID-l.top[i-1].ID > farAbove {
			return i
		}
	}
	return len(l.top)
}

func (l *Ledger) lower(id uint32) {
	l.top = slices.DeleteFunc(l.top, func(j *model.Job) bool { return j.ID == id })
	if l.mark = nil; len(l.top) > 0 {
		l.mark = l.top[l.near()-1]
	}
}

// Far are the rows far above all others, ascending.
func (l *Ledger) Far() []*model.Job { return l.top[l.near():] }
