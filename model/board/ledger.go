package board

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

// Ledger holds what one cluster's catalog said of the jobs of the window: full jobs where a person looks, a few words per
// ended backup where only counting is needed. It is not safe for concurrent use; its answers are copies.
type Ledger struct {
	cluster  model.Cluster
	tracks   map[model.Cell]*track
	restores []ending // ordered by JobId
	open     map[uint32]*model.Job
	recent   []*model.Job // the newest ended by JobId, ascending
	bad      failing
	strays   map[string]*track // backups whose name maps to no cell, by name
	mark     *model.Job        // the row with the highest JobId
	from     time.Time
	touched  map[model.Cell]bool // cells whose standing may have changed since the last look
}

// track is the history of one cell on one cluster.
type track struct {
	last, lastGood *model.Job
	open           *model.Job // the oldest that has not ended
	first          time.Time  // when its oldest known job was due
	ended          []ending   // ordered by JobId
}

// ending is what counting needs of an ended job.
type ending struct {
	id      uint32
	level   model.Level
	outcome model.Outcome
	kind    model.Kind
	region  string // of restores only
	sched   int64  // Unix seconds, when it was due
	end     int64  // Unix seconds
	took    int64  // seconds
	bytes   uint64
}

// NewLedger returns an empty one.
func NewLedger(c model.Cluster) *Ledger {
	l := &Ledger{cluster: c}
	l.Reset()
	return l
}

// Reset forgets everything, before the catalog is walked again.
func (l *Ledger) Reset() {
	*l = Ledger{cluster: l.cluster, tracks: map[model.Cell]*track{}, open: map[uint32]*model.Job{}, strays: map[string]*track{}, touched: map[model.Cell]bool{}}
}

// Mark is the row with the highest JobId, or nil: where the next tick begins.
func (l *Ledger) Mark() *model.Job { return l.mark }

// OpenIDs are the JobIds that the catalog calls open, ascending.
func (l *Ledger) OpenIDs() []uint32 {
	ids := make([]uint32, 0, len(l.open))
	for id := range l.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Held counts the jobs kept, and tells how far back they reach.
func (l *Ledger) Held() (jobs int, from time.Time) {
	jobs = len(l.open) + len(l.restores)
	for _, t := range l.tracks {
		jobs += len(t.ended)
	}
	for _, t := range l.strays {
		jobs += len(t.ended)
	}
	return jobs, l.from
}

// Apply takes in rows in any order; a row that was there before is replaced. It returns those that told something new.
func (l *Ledger) Apply(jobs []model.Job) []model.Job {
	var news []model.Job
	for i := range jobs {
		j := jobs[i]
		j.Key.Cluster = l.cluster
		if l.known(&j) {
			continue
		}
		l.apply(&j)
		news = append(news, j)
	}
	return news
}

// known tells whether the row is there already, word for word. A note that was added to it since does not count.
func (l *Ledger) known(j *model.Job) bool {
	was := l.open[j.ID]
	if was == nil {
		was = l.ended(j.ID)
	}
	if was == nil {
		return false
	}
	same := *was
	same.Note, same.Protected = j.Note, j.Protected
	return same == *j
}

func (l *Ledger) apply(j *model.Job) {
	if l.mark == nil || j.ID >= l.mark.ID {
		l.mark = j
	}
	if t := j.When(); !t.IsZero() && (l.from.IsZero() || t.Before(l.from)) {
		l.from = t
	}
	if j.Outcome.Open() {
		l.open[j.ID] = j
	} else {
		delete(l.open, j.ID)
		l.remember(j)
	}
	t := l.track(j)
	switch {
	case t != nil:
		t.begin(j)
		if !j.Outcome.Open() {
			t.end(j)
		} else if t.open == nil || j.ID <= t.open.ID {
			t.open = j
		}
		if j.HasCell {
			l.touched[j.Cell] = true
		}
	case j.Type == model.TypeRestore && !j.Outcome.Open():
		e := endingOf(j)
		e.region, e.kind = j.Cell.Region, j.Cell.Kind
		l.restores = upsert(l.restores, e)
	}
}

// Annotate adds to an ended job why it ended so. Rows that are published already are not changed.
func (l *Ledger) Annotate(id uint32, note string) {
	if was := cmp.Or(l.ended(id), l.bad.find(id)); was != nil && was.Note != note {
		j := *was
		j.Note = note
		l.replace(&j)
	}
}

// Unproven are the newest good backups of immutable cells of which it was not told whether their volumes are protected.
func (l *Ledger) Unproven() (ids []uint32) {
	for cell, t := range l.tracks {
		if cell.Kind == model.Immutable && t.lastGood != nil && t.lastGood.Protected == model.Unknown {
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

// replace puts an ended job, of which more is known now, where it was.
func (l *Ledger) replace(p *model.Job) {
	id, j := p.ID, *p
	if l.ended(id) != nil {
		l.remember(&j)
	} else if l.bad.find(id) != nil {
		l.bad.note(&j)
	}
	if t := l.track(&j); t != nil {
		for _, p := range []**model.Job{&t.last, &t.lastGood} {
			if *p != nil && (*p).ID == id {
				*p = &j
			}
		}
		if j.HasCell {
			l.touched[j.Cell] = true
		}
	}
}

// ended finds an ended job among the newest.
func (l *Ledger) ended(id uint32) *model.Job {
	i, found := slices.BinarySearchFunc(l.recent, id, func(a *model.Job, id uint32) int { return cmp.Compare(a.ID, id) })
	if !found {
		return nil
	}
	return l.recent[i]
}

// track finds or makes the history that a backup belongs to; other types have none.
func (l *Ledger) track(j *model.Job) *track {
	if j.Type != model.TypeBackup {
		return nil
	}
	t := l.strays[j.Name]
	if j.HasCell {
		t = l.tracks[j.Cell]
	}
	if t != nil {
		return t
	}
	t = &track{}
	if j.HasCell {
		l.tracks[j.Cell] = t
	} else {
		l.strays[j.Name] = t
	}
	return t
}

// begin notes when the first known job was due.
func (t *track) begin(j *model.Job) {
	due := j.Sched
	if due.IsZero() {
		due = j.When()
	}
	if !due.IsZero() && (t.first.IsZero() || due.Before(t.first)) {
		t.first = due
	}
}

func (t *track) end(j *model.Job) {
	t.close(j.ID)
	t.ended = upsert(t.ended, endingOf(j))
	if newer(j, t.last) {
		t.last = j
	}
	if j.Outcome.Good() && newer(j, t.lastGood) {
		t.lastGood = j
	}
}

func (t *track) close(id uint32) {
	if t.open != nil && t.open.ID == id {
		t.open = nil
	}
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

func endingOf(j *model.Job) ending {
	due := j.Sched
	if due.IsZero() {
		due = j.When()
	}
	return ending{id: j.ID, level: j.Level, outcome: j.Outcome, kind: j.Cell.Kind, sched: due.Unix(), end: j.When().Unix(), took: int64(j.Took() / time.Second), bytes: j.Bytes}
}

func upsert(s []ending, e ending) []ending {
	i, found := slices.BinarySearchFunc(s, e, func(a, b ending) int { return cmp.Compare(a.id, b.id) })
	if found {
		s[i] = e
		return s
	}
	return slices.Insert(s, i, e)
}

// remember keeps the newest ended jobs whole.
func (l *Ledger) remember(j *model.Job) {
	l.bad.note(j)
	i, found := slices.BinarySearchFunc(l.recent, j.ID, func(a *model.Job, id uint32) int { return cmp.Compare(a.ID, id) })
	if found {
		l.recent[i] = j
		return
	}
	if len(l.recent) >= 2*RecentJobs {
		if i == 0 {
			return
		}
		l.recent = slices.Delete(l.recent, 0, RecentJobs)
		i = max(0, i-RecentJobs)
	}
	l.recent = slices.Insert(l.recent, i, j)
}

// Gone forgets open jobs whose rows the catalog no longer has.
func (l *Ledger) Gone(ids []uint32) (any bool) {
	for _, id := range ids {
		if j := l.open[id]; j != nil {
			delete(l.open, id)
			if t := l.track(j); t != nil {
				t.close(id)
			}
			if j.HasCell {
				l.touched[j.Cell] = true
			}
			any = true
		}
	}
	return any
}

// Prune drops endings older than t, so that memory does not grow with time.
func (l *Ledger) Prune(t time.Time) {
	old := t.Unix()
	aged := func(e ending) bool { return e.end < old }
	for _, tr := range l.tracks {
		tr.ended = slices.DeleteFunc(tr.ended, aged)
	}
	for name, tr := range l.strays {
		if tr.ended = slices.DeleteFunc(tr.ended, aged); len(tr.ended) == 0 && tr.open == nil {
			delete(l.strays, name)
		}
	}
	l.restores = slices.DeleteFunc(l.restores, aged)
	l.bad.prune(t)
	if l.from.Before(t) {
		l.from = t
	}
}

// Open are the jobs that the catalog calls open, by JobId.
func (l *Ledger) Open() []model.Job {
	out := make([]model.Job, 0, len(l.open))
	for _, id := range l.OpenIDs() {
		out = append(out, *l.open[id])
	}
	return out
}

// Recent are the newest ended jobs, newest first, at most RecentJobs.
func (l *Ledger) Recent() []model.Job {
	out := make([]model.Job, 0, len(l.recent))
	for _, j := range l.recent {
		out = append(out, *j)
	}
	slices.SortFunc(out, func(a, b model.Job) int { return cmp.Or(b.When().Compare(a.When()), cmp.Compare(b.ID, a.ID)) })
	return out[:min(len(out), RecentJobs)]
}

// Strays are the backup job names that map to no cell, by name.
func (l *Ledger) Strays() []Stray {
	out := make([]Stray, 0, len(l.strays))
	for name, t := range l.strays {
		s := Stray{Name: name, Type: model.TypeBackup, Jobs: len(t.ended)}
		if t.last != nil {
			s.Last, s.Status = t.last.When(), t.last.Outcome
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Stray) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
