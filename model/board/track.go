package board

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

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
	settled            bool        // what is above follows from ended, as it is judged
	from, to           int64       // when the oldest and the newest of them ended
	future             bool        // the newest ended later than it was when that was judged
	held               [3]*model.Job
}

// ending is what is kept of an ended job when nobody looks at it: what counting, judging and finding it again need.
type ending struct {
	id      uint32
	level   model.Level
	status  model.Status
	outcome model.Outcome
	times   model.Times
	doubt   model.Doubt // as it was last judged
	own     bool        // canceled by Bacula itself
	kind    model.Kind
	nn      uint16
	errors  uint32
	region  string // of restores only
	odd     string // the unique name where it is not made of the name and a stamp
	stamp   int64  // of the unique name
	due     int64  // Unix seconds, as Job.Due
	sched   int64
	start   int64
	end     int64 // 0: none
	files   uint64
	bytes   uint64
}

func endingOf(j *model.Job) ending {
	e := ending{id: j.ID, level: j.Level, status: j.Status, outcome: j.Outcome, times: j.Times, own: j.ByBacula(), kind: j.Cell.Kind, errors: j.Errors,
		due: unix(j.Due()), sched: unix(j.Sched), start: unix(j.Start), end: unix(j.End), files: j.Files, bytes: j.Bytes}
	var ok bool
	if e.stamp, e.nn, ok = uniqueStamp(j.Name, j.Key.Job); !ok {
		e.odd = j.Key.Job
	}
	return e
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// of tells whether the ending is that of a job as it is.
func (e *ending) of(j *model.Job) bool {
	return j.ID == e.id && j.Outcome == e.outcome && j.Status == e.status && j.Level == e.level && j.Times == e.times && j.Files == e.files && j.Bytes == e.bytes &&
		j.Errors == e.errors && unix(j.End) == e.end && unix(j.Start) == e.start && unix(j.Sched) == e.sched && j.ByBacula() == e.own && (e.odd == "" || e.odd == j.Key.Job)
}

// when is the newest moment the ending is known by; 0 when there is none.
func (e *ending) when() int64 { return cmp.Or(e.end, e.start, e.sched) }

func (e *ending) took() time.Duration {
	if e.start == 0 || e.end < e.start {
		return 0
	}
	return time.Duration(e.end-e.start) * time.Second
}

func (e *ending) claim() model.Claim {
	return model.Claim{Type: model.TypeBackup, Level: e.level, Outcome: e.outcome, Times: e.times, Start: fromUnix(e.start), End: fromUnix(e.end), Files: e.files, Bytes: e.bytes}
}

// tries tells whether it was a try to back the cell up: a migration or a copy that went wrong was none.
func (e *ending) tries() bool {
	return e.outcome.Good() || e.times == model.Own || e.times == model.Merged
}

// job is the row again, as far as it was kept.
func (t *track) job(c model.Cluster, e *ending) *model.Job {
	j := &model.Job{Key: model.JobKey{Cluster: c, Job: e.odd}, ID: e.id, Name: t.name, Cell: t.cell, HasCell: t.has, Type: model.TypeBackup, Level: e.level, Status: e.status,
		Outcome: e.outcome, Sched: fromUnix(e.sched), Start: fromUnix(e.start), End: fromUnix(e.end), Files: e.files, Bytes: e.bytes, Errors: e.errors, Times: e.times}
	if e.odd == "" {
		j.Key.Job = uniqueName(t.name, e.stamp, e.nn)
	}
	return j
}

// end takes in an ended job.
func (t *track) end(j *model.Job, b model.Bench) {
	t.close(j.ID)
	t.ended = upsert(t.ended, endingOf(j))
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

func (t *track) find(id uint32) (int, bool) {
	return slices.BinarySearchFunc(t.ended, id, func(a ending, id uint32) int { return cmp.Compare(a.id, id) })
}

// leaves tells which levels that save changes alone have successful backups that left something.
func (t *track) leaves() (by [256]bool) {
	for i := range t.ended {
		if e := &t.ended[i]; e.level.Changes() && e.outcome.Good() && e.files > 0 && e.bytes > 0 {
			by[e.level] = true
		}
	}
	return by
}

// judge decides about each ended job.
func (t *track) judge(b model.Bench) {
	leaves := t.leaves()
	for i := range t.ended {
		e := &t.ended[i]
		b.Leaves = leaves[e.level]
		e.doubt = model.Judge(e.claim(), b)
	}
}

// settle judges a cell's ended jobs and finds the newest, the newest good one and the newest good full one. Nothing of the future is newest.
func (l *Ledger) settle(t *track) {
	l.oldest(t)
	var newest [3]*ending
	t.judge(l.bench)
	t.settled, t.from, t.to = true, math.MaxInt64, 0
	for i := range t.ended {
		e := &t.ended[i]
		t.from = min(t.from, e.when())
		t.to = max(t.to, e.when())
		good := e.doubt == model.NoDoubt
		for n, fits := range [...]bool{e.tries() && e.timely(l.bench), good, good && e.level.Whole()} {
			if fits && (newest[n] == nil || e.after(newest[n])) {
				newest[n] = e
			}
		}
	}
	t.future = t.to > l.bench.Now.Unix()
	t.doubt = model.NotJudged
	if newest[0] != nil {
		t.doubt = newest[0].doubt
	}
	for n, p := range [...]**model.Job{&t.last, &t.lastGood, &t.lastFull} {
		*p = l.whole(t, newest[n])
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

// timely are the ended jobs that were tries of the cell, as they ended.
func (t *track) timely(b model.Bench) []*ending {
	out := make([]*ending, 0, len(t.ended))
	sorted := true
	for i := range t.ended {
		if e := &t.ended[i]; e.tries() && e.timely(b) {
			sorted = sorted && (len(out) == 0 || e.after(out[len(out)-1]))
			out = append(out, e)
		}
	}
	if !sorted { // JobIds are not in the order of time where old volumes were scanned in
		slices.SortFunc(out, func(a, b *ending) int { return cmp.Or(cmp.Compare(a.when(), b.when()), cmp.Compare(a.id, b.id)) })
	}
	return out
}

// whole finds the job of an ending, as it was read if that is still held.
func (l *Ledger) whole(t *track, e *ending) *model.Job {
	if e == nil {
		return nil
	}
	for _, j := range [...]*model.Job{t.held[0], t.held[1], t.held[2], t.last, t.lastGood, t.lastFull} {
		if j != nil && e.of(j) {
			return j
		}
	}
	if j := l.ended(e.id); j != nil && e.of(j) {
		return j
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

func upsert(s []ending, e ending) []ending {
	i, found := slices.BinarySearchFunc(s, e, func(a, b ending) int { return cmp.Compare(a.id, b.id) })
	if found {
		s[i] = e
		return s
	}
	return slices.Insert(s, i, e)
}

// stampLayout is what Bacula puts behind the name of a job to make its unique name; a counter follows.
const stampLayout = "2006-01-02_15.04.05"

// uniqueStamp takes the start and the counter out of a unique name; false when it is not made of the name and them.
func uniqueStamp(name, unique string) (at int64, nn uint16, ok bool) {
	rest := unique[min(len(unique), len(name)):]
	if len(rest) < len(stampLayout)+4 || rest[0] != '.' || rest[len(stampLayout)+1] != '_' {
		return 0, 0, false
	}
	t, err := time.Parse(stampLayout, rest[1:len(stampLayout)+1])
	if err != nil {
		return 0, 0, false
	}
	for _, c := range []byte(rest[len(stampLayout)+2:]) {
		if nn = nn*10 + uint16(c-'0'); c < '0' || c > '9' || nn > 6000 {
			return 0, 0, false
		}
	}
	return t.Unix(), nn, uniqueName(name, t.Unix(), nn) == unique
}

func uniqueName(name string, at int64, nn uint16) string {
	b := make([]byte, 0, len(name)+len(stampLayout)+6)
	b = append(append(b, name...), '.')
	b = append(time.Unix(at, 0).UTC().AppendFormat(b, stampLayout), '_')
	if nn < 10 {
		b = append(b, '0')
	}
	return string(strconv.AppendUint(b, uint64(nn), 10))
}
