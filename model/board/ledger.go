package board

import (
	"cmp"
	"math"
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
	cold     map[uint32]bool         // open rows beyond those kept whole
	letters  map[uint32]model.Status // rows whose status is not in Bacula's table
	recent   []*model.Job            // the newest ended by JobId, ascending
	bad      failing                 // ended and not OK, of the whole window
	strays   map[string]*track       // backups whose name maps to no cell, by name
	others   map[string]decided      // jobs that are no backups, by name
	mark     *model.Job              // the row with the highest JobId, but for those far above all others
	top      []*model.Job            // the rows with the highest JobIds, ascending
	low      uint32                  // the lowest JobId that was seen
	high     uint32                  // the highest
	bench    model.Bench             // what backups are judged by now
	odd      oddities
	from     time.Time
	touched  map[model.Cell]bool // cells whose standing may have changed since the last look
	round    []uint32            // what is still to be looked at again in this round
	placing  []uint32            // whose volumes are still to be asked for again in this one
	of       map[uint32]*track   // by JobId: whose row it is, of what a history stands on or may come to stand on
	ends     map[uint32]string   // the unique Job names of those whose end only a Director told, by JobId
	closed   []string            // the unique names of open jobs that ended since the last look
	sorted   []*model.Job        // what recentJobs works in
	tries    []*ending           // what timely works in
	moments                      // what answers works in
	walked   bool                // the whole window was read
	placed   bool                // of all that cells rest on it was asked whether volumes hold it
	changed  []change            // ended rows that are not what they were, since they were last asked for
}

// NewLedger returns an empty one.
func NewLedger(c model.Cluster) *Ledger {
	l := &Ledger{cluster: c}
	l.Reset()
	return l
}

// Reset forgets everything, before the catalog is walked again.
func (l *Ledger) Reset() {
	*l = Ledger{
		cluster: l.cluster,
		low:     math.MaxUint32,
		bench:   l.bench,
		odd:     oddities{},
		tracks:  map[model.Cell]*track{},
		open:    map[uint32]*model.Job{},
		cold:    map[uint32]bool{},
		letters: map[uint32]model.Status{},
		strays:  map[string]*track{},
		others:  map[string]decided{},
		touched: map[model.Cell]bool{},
		of:      map[uint32]*track{},
		ends:    map[uint32]string{},
	}
}

// wholeWindow says that all of the window was read: what a history rests on may be judged otherwise then.
func (l *Ledger) wholeWindow() {
	l.walked, l.placed = true, false
	for c, t := range l.tracks {
		t.settled, l.touched[c] = false, true
	}
	for _, t := range l.strays {
		t.settled = false
	}
}

// Mark is the row with the highest JobId, or nil: where the next tick begins. A few rows far above all others do not count.
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
	jobs = len(l.open) + len(l.cold) + len(l.restores)
	for _, t := range l.tracks {
		jobs += t.size()
	}
	for _, t := range l.strays {
		jobs += t.size()
	}
	return jobs, l.from
}

// At says what time it is by the catalog's own clock, and where the window begins: what backups are judged by.
func (l *Ledger) At(now, from time.Time) { l.bench.Now, l.bench.From = now, from }

// Apply takes in rows in any order; a row that was there before is replaced, and leaves nothing behind. It returns those that told
// something new.
func (l *Ledger) Apply(jobs []model.Job) []model.Job {
	var news []model.Job
	for i := range jobs {
		if jobs[i].Key.Cluster = l.cluster; l.known(&jobs[i]) { // most are, at every tick
			continue
		}
		j := jobs[i]
		if _, told := l.ends[j.ID]; told { // the catalog has its end after all, or another job has its JobId
			l.forget(j.ID)
		}
		if l.counted(&j) {
			l.refresh(&j)
			continue
		}
		if was := l.held(j.ID); was != nil && !was.Outcome.Open() {
			l.changed = append(l.changed, change{*was, j})
		}
		l.replaced(&j)
		l.apply(&j)
		news = append(news, j)
	}
	l.cool()
	return news
}

// apply puts a row where it belongs.
func (l *Ledger) apply(j *model.Job) {
	l.raise(j)
	l.low, l.high = min(l.low, j.ID), max(l.high, j.ID)
	l.odd.take(j, l.bench)
	if t := j.When(); !t.IsZero() && !t.Before(l.bench.From) && (l.from.IsZero() || t.Before(l.from)) {
		l.from = t
	}
	if delete(l.cold, j.ID); l.open[j.ID] != nil && !j.Outcome.Open() {
		l.closed = append(l.closed, j.Key.Job)
	}
	if delete(l.letters, j.ID); !j.Status.Known() {
		l.letters[j.ID] = j.Status
	}
	if j.Outcome.Open() {
		l.open[j.ID] = j
	} else {
		delete(l.open, j.ID)
		if l.track(j) == nil { // else its history is judged
			j.Doubt = l.doubt(j)
		}
		l.remember(j)
	}
	t := l.track(j)
	switch {
	case t != nil:
		t.settled, l.placed = false, false
		if !j.Outcome.Open() {
			t.end(j, l.bench)
		} else if j.Times == model.Own && (t.open == nil || j.ID <= t.open.ID) {
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

// unexplained bounds Unexplained.
const unexplained = 100

// replace puts an ended job, of which more is known now, where it was.
func (l *Ledger) replace(p *model.Job) {
	id, j := p.ID, *p
	l.placed = false
	if l.ended(id) != nil {
		l.remember(&j)
	} else if l.bad.find(id) != nil {
		l.bad.note(&j)
	}
	t := l.find(&j)
	if t == nil {
		if i, found := slices.BinarySearchFunc(l.restores, ending{id: id}, byID); found {
			l.restores[i].own = j.ByBacula()
		}
		return
	}
	for i, h := range t.held {
		if h != nil && h.ID == id {
			t.held[i] = &j
		}
	}
	for _, p := range t.rests() {
		if *p != nil && (*p).ID == id {
			*p = &j
		}
	}
	if i, found := t.find(id); found {
		t.ended[i].own, t.ended[i].stored = j.ByBacula(), j.Stored
	}
	l.touch(t)
}

// ended finds an ended job among the newest.
func (l *Ledger) ended(id uint32) *model.Job {
	if i, found := l.recentAt(id); found {
		return l.recent[i]
	}
	return nil
}

func (l *Ledger) recentAt(id uint32) (int, bool) {
	return slices.BinarySearchFunc(l.recent, id, func(a *model.Job, id uint32) int { return cmp.Compare(a.ID, id) })
}

// find finds the history that a backup belongs to, if there is one; other types have none.
func (l *Ledger) find(j *model.Job) *track {
	switch {
	case j.Type != model.TypeBackup:
		return nil
	case j.HasCell:
		return l.tracks[j.Cell]
	}
	return l.strays[j.Name]
}

// track finds or makes the history that a backup belongs to. Names beyond the strays that are kept have none, nor has what is being moved.
func (l *Ledger) track(j *model.Job) *track {
	t := l.find(j)
	if t != nil || j.Type != model.TypeBackup || !j.HasCell && len(l.strays) >= keptStrays || j.Outcome.Open() && j.Times != model.Own {
		return t
	}
	t = &track{cell: j.Cell, has: j.HasCell, name: j.Name, mimics: j.Mimics}
	if j.HasCell {
		l.tracks[j.Cell] = t
	} else {
		l.strays[j.Name] = t
	}
	return t
}

// remember keeps the newest ended jobs whole.
func (l *Ledger) remember(j *model.Job) {
	l.bad.note(j)
	l.decide(j)
	i, found := l.recentAt(j.ID)
	if found {
		l.recent[i] = j
		return
	}
	if at := j.When(); !at.IsZero() && at.Before(l.bench.From) {
		return // it was scanned in lately, and is no news
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
	return copied(nil, newest(l.lately(nil)))
}

// lately adds the newest ended jobs to a list, in no order.
func (l *Ledger) lately(out []*model.Job) []*model.Job {
	for _, j := range l.recent {
		at := j.When() // what ends in the future is told apart
		if at.IsZero() || !at.Before(l.bench.From) && (l.bench.Now.IsZero() || !at.After(l.bench.Now.Add(model.ClockSlack))) {
			out = append(out, j)
		}
	}
	return out
}

// newest orders ended jobs for a reader, at most RecentJobs.
func newest(all []*model.Job) []*model.Job {
	slices.SortStableFunc(all, func(a, b *model.Job) int { return cmp.Or(b.When().Compare(a.When()), cmp.Compare(b.ID, a.ID)) })
	return all[:min(len(all), RecentJobs)]
}

// copied are copies of jobs. Those that were published before are published again when nothing of them changed: what is made anew every
// second keeps the collector busy.
func copied(before []model.Job, all []*model.Job) []model.Job {
	if before != nil && slices.EqualFunc(before, all, func(a model.Job, b *model.Job) bool { return a == *b }) {
		return before
	}
	out := make([]model.Job, len(all))
	for i, j := range all {
		out[i] = *j
	}
	return out
}

// Strays are the backup job names that map to no cell, by name.
func (l *Ledger) Strays() []Stray {
	out := make([]Stray, 0, len(l.strays))
	for name, t := range l.strays {
		l.look(t)
		s := Stray{Name: name, Type: model.TypeBackup, Jobs: t.size(), Mimics: t.mimics}
		if t.last != nil {
			s.Last = t.last.When()
			s.Status, _ = counted(t.last.Outcome, t.last.Doubt, t.last.ByBacula())
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Stray) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
