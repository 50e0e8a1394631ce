package board

import (
	"cmp"
	"math"
	"slices"

	"switchyard/model"
)

// track is the history of one cell on one cluster.
type track struct {
	cell   model.Cell
	has    bool   // it is a cell's; else name is that of a stray
	name   string // of the Job resource
	mimics string // the job that name only looks like
	last   *model.Job
	// The newest good backup and the newest good full one, as Judge decides.
	lastGood, lastFull *model.Job
	doubt              model.Doubt // of last
	open               *model.Job  // the oldest that has not ended
	reopen             bool        // it has ended: another may be open
	ended              []ending    // ordered by JobId
	front              []ending    // all below those, descending: a walk brought them
	settled            bool        // what is above follows from ended, as it is judged
	from, to           int64       // when the oldest and the newest of them ended
	future             bool        // the newest ended later than it was when that was judged
	held               [3]*model.Job
	goods              []int64 // when the good ones ended; shared by whoever was given them
}

// tries tells whether it was a try to back the cell up: a migration or a copy that went wrong was none.
func (e *ending) tries() bool {
	return e.outcome.Good() || e.times == model.Own || e.times == model.Merged
}

// job is the row again, as far as it was kept.
func (t *track) job(c model.Cluster, e *ending) *model.Job {
	j := &model.Job{
		Key:     model.JobKey{Cluster: c, Job: e.odd},
		ID:      e.id,
		Name:    t.name,
		Cell:    t.cell,
		HasCell: t.has,
		Type:    model.TypeBackup,
		Level:   e.level,
		Status:  e.status,
		Outcome: e.outcome,
		Sched:   fromUnix(e.sched),
		Start:   fromUnix(e.start),
		End:     fromUnix(e.end),
		Files:   e.files,
		Bytes:   e.bytes,
		Errors:  e.errors,
		Times:   e.times,
		Stored:  e.stored,
		Doubt:   e.doubt.Against(e.outcome),
	}
	if e.odd == "" {
		j.Key.Job = uniqueName(t.name, e.stamp, e.nn)
	}
	return j
}

// end takes in an ended job.
func (t *track) end(j *model.Job, b model.Bench) {
	t.close(j.ID)
	t.put(endingOf(j))
	for i, h := range t.held {
		if h != nil && h.ID == j.ID {
			t.held[i] = nil
		}
	}
	b.Leaves = true // whatever counts in spite of that is kept whole
	good := model.Judge(j.Claim(), b) == model.NoDoubt
	for i, fits := range [...]bool{true, good, good && j.Level.Whole()} {
		if h := t.held[i]; fits && newer(j, h) {
			t.held[i] = j
		}
	}
}

func (t *track) close(id uint32) {
	if t.open != nil && t.open.ID == id {
		t.open, t.reopen = nil, true
	}
}

// oldest finds the oldest job of the history that has not ended, after the one that was has.
func (l *Ledger) oldest(t *track) {
	if !t.reopen {
		return
	}
	t.reopen = false
	for _, j := range l.open {
		if j.Times == model.Own && l.find(j) == t && (t.open == nil || j.ID < t.open.ID) {
			t.open = j
		}
	}
}

// forget takes a row out, and tells whether it was there.
func (t *track) forget(id uint32) bool {
	was := t.open != nil && t.open.ID == id
	t.close(id)
	if i, found := t.find(id); found {
		t.ended, was = slices.Delete(t.ended, i, i+1), true
	}
	for i, h := range t.held {
		if h != nil && h.ID == id {
			t.held[i] = nil
		}
	}
	return was
}

// leaves tells at which levels that save changes alone a backup has to leave something, but for those left out: where a successful one did,
// and, of a window that was walked, at each where none of any level did: then the last that did has only left the window, and nothing is
// known that is unchanged.
func (t *track) leaves(walked bool, out map[uint32]bool) (by [256]bool) {
	ended, left := t.endings(), false
	for i := range ended {
		if e := &ended[i]; e.outcome.Good() && e.files > 0 && e.bytes > 0 && !out[e.id] {
			by[e.level], left = e.level.Changes(), true
		}
	}
	for _, level := range [...]model.Level{'I', 'D', 'S'} {
		by[level] = by[level] || walked && !left && len(ended) > 0
	}
	return by
}

// newestOf judges each ended job but for those left out, and finds the newest, the newest good one and the newest good full one. Nothing of
// the future is newest. What is judged with some left out is not kept.
func (l *Ledger) newestOf(t *track, out map[uint32]bool) (newest [3]*ending) {
	leaves, ended, b := t.leaves(l.walked, out), t.endings(), l.bench
	for i := range ended {
		e := &ended[i]
		if out[e.id] {
			continue
		}
		b.Leaves = leaves[e.level]
		doubt := model.Judge(e.claim(), b)
		if out == nil {
			e.doubt = doubt
		}
		good := doubt == model.NoDoubt
		for n, fits := range [...]bool{e.tries() && e.timely(b), good, good && e.level.Whole()} {
			if fits && (newest[n] == nil || e.after(newest[n])) {
				newest[n] = e
			}
		}
	}
	return newest
}

// settle judges a cell's ended jobs and finds those that it stands on.
func (l *Ledger) settle(t *track) {
	l.placed = false
	l.oldest(t)
	newest := l.newestOf(t, nil)
	t.settled, t.from, t.to = true, math.MaxInt64, 0
	for i := range t.ended {
		e := &t.ended[i]
		t.from = min(t.from, e.when())
		t.to = max(t.to, e.when())
		l.judged(t, e)
	}
	t.future = t.to > l.bench.Now.Unix()
	t.goods = goodEnds(t.goods, t.ended)
	t.doubt = model.NotJudged
	if newest[0] != nil {
		t.doubt = newest[0].doubt
	}
	var stands [3]*model.Job
	for n, e := range newest {
		stands[n] = l.whole(t, e)
	}
	for n, p := range t.rests() {
		*p = stands[n]
	}
}

// look settles a history that changed, or that time has changed: something of it has left the window, or the future.
func (l *Ledger) look(t *track) {
	if !t.settled || t.future || t.to > l.bench.Now.Unix() || t.from < l.bench.From.Unix() {
		l.settle(t)
	}
}

// timely tells whether the ending is known by a moment of the window that was.
func (e *ending) timely(b model.Bench) bool {
	at := e.when()
	return at > 0 && at >= b.From.Unix() && e.times != model.Awaited && (b.Now.IsZero() || !fromUnix(at).After(b.Now.Add(model.ClockSlack)))
}

func (e *ending) after(o *ending) bool {
	return cmp.Or(cmp.Compare(e.when(), o.when()), cmp.Compare(e.id, o.id)) > 0
}

// timely are the ended jobs that were tries of the cell, as they ended. They are good until it is asked the next time.
func (l *Ledger) timely(t *track) []*ending {
	ended, b := t.endings(), l.bench
	out := l.tries[:0]
	sorted := true
	for i := range ended {
		if e := &ended[i]; e.tries() && e.timely(b) {
			sorted = sorted && (len(out) == 0 || e.after(out[len(out)-1]))
			out = append(out, e)
		}
	}
	if !sorted { // JobIds are not in the order of time where old volumes were scanned in
		slices.SortFunc(out, func(a, b *ending) int { return cmp.Or(cmp.Compare(a.when(), b.when()), cmp.Compare(a.id, b.id)) })
	}
	l.tries = out
	return out
}

// whole finds the job of an ending, as it was read if that is still held, with what speaks against it and whether a volume holds it: what
// is read anew tells of neither.
func (l *Ledger) whole(t *track, e *ending) *model.Job {
	if e == nil {
		return nil
	}
	j, doubt := l.read(t, e), e.doubt.Against(e.outcome)
	if j.Doubt != doubt || j.Stored != e.stored {
		again := *j
		again.Doubt, again.Stored = doubt, e.stored
		return &again
	}
	return j
}

func (l *Ledger) read(t *track, e *ending) *model.Job {
	for _, j := range [...]*model.Job{t.held[0], t.held[1], t.held[2], t.last, t.lastGood, t.lastFull} {
		if j != nil && e.of(j) {
			return j
		}
	}
	for _, j := range [...]*model.Job{l.ended(e.id), l.bad.find(e.id)} {
		if j != nil && e.of(j) {
			return j
		}
	}
	return t.job(l.cluster, e)
}

func newer(j, than *model.Job) bool {
	if than == nil || j.ID == than.ID {
		return true
	}
	if c := j.When().Compare(than.When()); c != 0 {
		return c > 0
	}
	return j.ID > than.ID
}
