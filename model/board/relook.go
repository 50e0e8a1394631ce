package board

import (
	"cmp"
	"slices"

	"switchyard/model"
)

// change is an ended row that is not what it was.
type change struct{ was, is model.Job }

// held finds a row that is kept whole, or that a history rests on.
func (l *Ledger) held(id uint32) *model.Job {
	if j := l.open[id]; j != nil {
		return j
	}
	if j := l.ended(id); j != nil {
		return j
	}
	if t := l.of[id]; t != nil {
		for _, j := range [...]*model.Job{t.held[0], t.held[1], t.held[2], t.last, t.lastGood, t.lastFull} {
			if j != nil && j.ID == id {
				return j
			}
		}
	}
	return nil
}

// known tells whether the row is there already, word for word.
func (l *Ledger) known(j *model.Job) bool {
	was := l.held(j.ID)
	return was != nil && sameRow(was, j) || l.stale(j)
}

// sameRow compares two readings of a row. What was added to it since, its note among it, does not count.
func sameRow(was, is *model.Job) bool {
	same := *was
	same.Note, same.Protected, same.Stored, same.Doubt = is.Note, is.Protected, is.Stored, is.Doubt
	if was.Outcome == model.Lost && is.Outcome == model.Lost {
		same.End = is.End // a row does not tell when a lost job ended
	}
	return same == *is
}

// counted tells whether a row counts already as it is, and was only not kept whole.
func (l *Ledger) counted(j *model.Job) bool {
	if j.Outcome.Open() {
		return l.cold[j.ID]
	}
	t := l.find(j)
	if t == nil || j.ID < l.low || l.open[j.ID] != nil {
		return false
	}
	i, found := t.find(j.ID)
	return found && t.ended[i].same(j)
}

// refresh keeps a row whole that counts already.
func (l *Ledger) refresh(j *model.Job) {
	if was := l.held(j.ID); was != nil {
		j.Note = cmp.Or(j.Note, was.Note)
		j.Protected, j.Stored = cmp.Or(j.Protected, was.Protected), cmp.Or(j.Stored, was.Stored)
	}
	l.apply(j)
}

// Instead are the JobIds to be read before rows are taken in that are gone or are not what they were: what is the newest of a history then
// may be gone too, and is often kept in a few words only. It is to be asked again with what was answered, until it names none.
func (l *Ledger) Instead(jobs []model.Job, gone []uint32) (ids []uint32) {
	lost, read, hollow := map[uint32]bool{}, map[uint32]bool{}, map[*track]bool{}
	lose := func(id uint32) {
		lost[id] = true
		if was := l.held(id); was != nil {
			if t := l.find(was); t != nil {
				hollow[t] = true
			}
		}
	}
	for _, id := range gone {
		lose(id)
	}
	for i := range jobs {
		j := jobs[i]
		j.Key.Cluster = l.cluster
		read[j.ID] = true
		if was := l.held(j.ID); was != nil && !was.Outcome.Open() && !l.known(&j) && !l.counted(&j) {
			lose(j.ID)
		}
	}
	for t := range hollow {
		if ids = append(ids, l.inPlace(t, lost, read)...); len(ids) >= insteads {
			break
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), insteads)]
}

// inPlace are the rows that a history is to rest on when some are lost, as far as they were not read just now, and the next ones, that may
// be gone too.
func (l *Ledger) inPlace(t *track, lost, read map[uint32]bool) (ids []uint32) {
	for _, e := range l.newestOf(t, lost) {
		if e != nil && !read[e.id] {
			ids = append(ids, e.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	for _, e := range slices.Backward(t.endings()) {
		if len(ids) < insteadOf && !lost[e.id] && !read[e.id] {
			ids = append(ids, e.id)
		}
	}
	for _, id := range ids {
		l.of[id] = t
	}
	return ids
}

// again names the next rows of this round to be looked at again. A round is everything that is shown or that a cell stands on: a row that
// has ended may still be deleted or changed.
func (l *Ledger) again(n int) []uint32 {
	if len(l.round) == 0 {
		l.begin()
	}
	n = min(n, len(l.round))
	ids := l.round[:n:n]
	l.round = l.round[n:]
	return ids
}

func (l *Ledger) begin() {
	l.of, l.round = make(map[uint32]*track, len(l.of)), l.round[:0:0]
	rests := func(t *track) {
		l.look(t)
		for _, p := range t.rests() {
			if j := *p; j != nil {
				l.of[j.ID] = t
				l.round = append(l.round, j.ID)
			}
		}
	}
	for _, t := range l.tracks {
		rests(t)
	}
	for _, t := range l.strays {
		rests(t)
	}
	for _, j := range l.recent {
		l.round = append(l.round, j.ID)
	}
	for id := range l.open {
		l.round = append(l.round, id)
	}
	for id := range l.cold {
		l.round = append(l.round, id)
	}
	slices.Sort(l.round)
	l.round = slices.Compact(l.round)
}

// Opens tells whether rows that are to be taken in tell of an open job that was not.
func (l *Ledger) Opens(jobs []model.Job) bool {
	return slices.ContainsFunc(jobs, func(j model.Job) bool {
		return j.Outcome.Open() && l.open[j.ID] == nil && !l.cold[j.ID] && !l.stale(&j)
	})
}

// Ends are those of rows that are to be taken in that tell of an end that was not known.
func (l *Ledger) Ends(jobs []model.Job) map[uint32]bool {
	out := map[uint32]bool{}
	for i := range jobs {
		j := jobs[i]
		j.Key.Cluster = l.cluster
		if was := l.held(j.ID); !j.Outcome.Open() && (was == nil || was.Outcome.Open()) && !l.counted(&j) && !l.stale(&j) {
			out[j.ID] = true
		}
	}
	return out
}
