package board

import (
	"cmp"
	"maps"
	"slices"
	"time"

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

// change is an ended row that is not what it was.
type change struct{ was, is model.Job }

// held finds a row that is kept whole.
func (l *Ledger) held(id uint32) *model.Job {
	if j := l.open[id]; j != nil {
		return j
	}
	if j := l.ended(id); j != nil {
		return j
	}
	if t := l.of[id]; t != nil {
		for _, j := range []*model.Job{t.last, t.lastGood} {
			if j != nil && j.ID == id {
				return j
			}
		}
	}
	return nil
}

// home is the history that a row counts in; nil when it counts in none, or is not known.
func (l *Ledger) home(id uint32) *track {
	if t := l.of[id]; t != nil {
		return t
	}
	if j := l.held(id); j != nil {
		return l.trackOf(j)
	}
	return nil
}

// trackOf is the history that a job belongs to, when there is one already.
func (l *Ledger) trackOf(j *model.Job) *track {
	switch {
	case j.Type != model.TypeBackup:
		return nil
	case j.HasCell:
		return l.tracks[j.Cell]
	}
	return l.strays[j.Name]
}

// counted tells whether an ended row counts already as it is, and was only not kept whole.
func (l *Ledger) counted(j *model.Job) bool {
	t := l.trackOf(j)
	if t == nil || j.Outcome.Open() || l.held(j.ID) != nil {
		return l.cold[j.ID] && j.Outcome.Open()
	}
	e, ok := t.find(j.ID)
	return ok && e == endingOf(j)
}

// replaced forgets what a row was before it changed.
func (l *Ledger) replaced(j *model.Job) {
	was, t := l.held(j.ID), l.trackOf(j)
	switch {
	case was == nil && l.of[j.ID] == nil:
		if t == nil {
			return
		}
		if _, counts := t.find(j.ID); !counts {
			return
		}
	case was == nil:
	case !was.Outcome.Open():
		l.changed = append(l.changed, change{*was, *j})
	case t == l.trackOf(was) && was.Sched.Equal(j.Sched): // it ends, or goes on
		return
	}
	l.leave(j.ID, t)
}

// leave takes a row out of everything that counts it. Own is where it may count when nobody remembers it.
func (l *Ledger) leave(id uint32, own *track) {
	was, t := l.held(id), l.home(id)
	delete(l.open, id)
	delete(l.cold, id)
	delete(l.odd, id)
	delete(l.ends, id)
	l.recent = slices.DeleteFunc(l.recent, func(j *model.Job) bool { return j.ID == id })
	l.restores = without(l.restores, id)
	l.lower(id)
	for _, t := range []*track{t, own} {
		if t == nil {
			continue
		}
		l.close(t, id)
		t.forget(id)
		l.restart(t)
		if t.last == nil || t.lastGood == nil {
			l.hollow[t] = true
		}
	}
	if was != nil && was.HasCell {
		l.touched[was.Cell] = true
	}
}

// close says that a job of a history is not open any more: the oldest of the others is.
func (l *Ledger) close(t *track, id uint32) {
	if t.open == nil || t.open.ID != id {
		return
	}
	t.open = nil
	for _, j := range l.open {
		if j.ID != id && (t.open == nil || j.ID < t.open.ID) && l.trackOf(j) == t {
			t.open = j
		}
	}
}

// restart works out anew when a history began, and drops one that has nothing left and is no cell's.
func (l *Ledger) restart(t *track) {
	t.first = time.Time{}
	if len(t.ended) > 0 {
		t.first = time.Unix(slices.MinFunc(t.ended, func(a, b ending) int { return cmp.Compare(a.sched, b.sched) }).sched, 0).UTC()
	}
	for _, j := range l.open {
		if l.trackOf(j) == t {
			t.begin(j)
		}
	}
	if len(t.ended) == 0 && t.open == nil {
		maps.DeleteFunc(l.strays, func(_ string, o *track) bool { return o == t })
	}
}

// Gone forgets rows that the catalog no longer has, and returns those that were kept whole.
func (l *Ledger) Gone(ids []uint32) (went []model.Job) {
	for _, id := range ids {
		if j := l.held(id); j != nil {
			went = append(went, *j)
		}
		l.leave(id, nil)
	}
	l.refill()
	return went
}

// refill lets histories stand on the newest rows that they have, as far as these are kept whole.
func (l *Ledger) refill() {
	for t := range l.hollow {
		last, good := t.newest(nil)
		for _, p := range []struct {
			at   **model.Job
			want *ending
		}{{&t.last, last}, {&t.lastGood, good}} {
			if p.want == nil || *p.at != nil && (*p.at).ID == p.want.id {
				continue
			}
			if j := l.whole(t, p.want.id); j != nil {
				*p.at = j
			}
		}
		if full := (last == nil || t.last != nil) && (good == nil || t.lastGood != nil); full {
			delete(l.hollow, t)
		}
	}
}

func (l *Ledger) whole(t *track, id uint32) *model.Job {
	for _, j := range []*model.Job{t.last, t.lastGood, l.ended(id)} {
		if j != nil && j.ID == id {
			return j
		}
	}
	return nil
}

// Instead are the JobIds to be read before rows are taken in that are gone or are not what they were: what then is the newest of a history may
// not be kept whole. It is to be asked again with what was answered, until it names none.
func (l *Ledger) Instead(jobs []model.Job, gone []uint32) (ids []uint32) {
	lost, read, hollow := map[uint32]bool{}, map[uint32]bool{}, maps.Clone(l.hollow)
	lose := func(id uint32) {
		lost[id] = true
		if t := l.home(id); t != nil && (t.last != nil && t.last.ID == id || t.lastGood != nil && t.lastGood.ID == id) {
			hollow[t] = true
		}
	}
	for _, id := range gone {
		lose(id)
	}
	for i := range jobs {
		j := jobs[i]
		j.Key.Cluster = l.cluster
		read[j.ID] = true
		if was := l.held(j.ID); was != nil && !was.Outcome.Open() && !sameRow(was, &j) && !l.stale(&j) {
			lose(j.ID)
		}
	}
	for t := range hollow {
		last, good := t.newest(lost)
		var wanted []uint32
		for _, e := range []*ending{last, good} {
			if e != nil && !read[e.id] && l.whole(t, e.id) == nil {
				wanted = append(wanted, e.id)
			}
		}
		if len(wanted) == 0 {
			continue
		}
		for _, e := range slices.Backward(t.ended) { // the next ones may be gone too
			if len(wanted) < insteadOf && !lost[e.id] && !read[e.id] {
				wanted = append(wanted, e.id)
			}
		}
		for _, id := range wanted {
			l.of[id] = t
		}
		if ids = append(ids, wanted...); len(ids) >= insteads {
			break
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), insteads)]
}

// again names the next rows of this round to be looked at again. A round is everything that is shown or that a cell stands on: a row that has
// ended may still be deleted or changed.
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
		for _, j := range []*model.Job{t.last, t.lastGood} {
			if j != nil {
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

// settle puts in order what a walk brought, before it is counted.
func (l *Ledger) settle() {
	for _, t := range l.unsettled {
		t.settle()
	}
	l.unsettled = nil
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
