package board

import (
	"slices"
	"time"

	"switchyard/model"
)

const day = 24 * time.Hour

// median sizes need this many good backups of the level to mean anything.
const medianNeeds = 3

// medianOf is the median of at most this many newest good backups of the level.
const medianOf = 15

// longestLeft is beyond what any job takes: a longer time is no estimate.
const longestLeft = 1000 * day

// duty is when a cluster answers for a cell.
type duty struct {
	has    model.Verdict // the Director has the job now, and its schedules start it
	off    bool          // it has the job, and its schedules do not start it
	since  time.Time     // the Director's configuration is at least this old, so the job was there since then
	on     time.Time     // when it was seen to be switched on again; zero: it was never seen off
	zone   *time.Location
	known  bool                      // the window was read: what is not there is absent
	owed   owed                      // when the journal's routes gave it to the cluster
	runs   func(*era) model.Schedule // of the cell, where what is pushed moves it; nil: it does not
	yields yielding                  // when it did
	other  []int64                   // when jobs of the other cluster that answer due times of this cell were due, sorted
}

// standing computes how a cell stands on this cluster at a moment.
func (l *Ledger) standing(p model.Placement, d duty, now time.Time, policy model.Policy) Standing {
	s := Standing{Has: d.has, Off: d.off}
	t := l.tracks[p.Cell]
	if t == nil {
		t = &track{}
	}
	l.look(t)
	ended := l.timely(t)
	s.Last, s.LastGood, s.LastFull, s.Open = t.last, t.lastGood, t.lastFull, t.open
	if t.last != nil && t.doubt != model.NoDoubt {
		s.Doubt = t.doubt
	}
	s.Streak, s.Canceled = streak(ended)
	s.Since = unbroken(ended, p.Promise)
	s.Goods = t.goods
	leaves := t.leaves(l.walked, nil)
	for _, level := range []model.Level{'I', 'D'} {
		if leaves[level] {
			s.Leaves += string(rune(level))
		}
	}
	if s.LastGood != nil {
		s.Median, _ = usual(ended, s.LastGood.Level, s.LastGood.ID, medianNeeds)
		if s.Median > 0 {
			s.Ratio = float64(s.LastGood.Bytes) / float64(s.Median)
		}
		if p.Promise > 0 {
			s.Breaks = s.LastGood.When().Add(p.Promise)
		}
	}
	if d.known {
		l.missed(&s, t, p.Schedule, d, now, policy)
	}
	return s
}

// brokenAfter many promises without a good one, older ones are of another time: the cell was not backed up here between.
const brokenAfter = 3

// unbroken is when the oldest of the good ones ended that follow each other up to the newest; zero: there is none.
func unbroken(ended []*ending, promise time.Duration) (since time.Time) {
	for _, e := range slices.Backward(ended) {
		if e.doubt != model.NoDoubt {
			continue
		}
		at := time.Unix(e.when(), 0).UTC()
		if !since.IsZero() && promise > 0 && since.Sub(at) > brokenAfter*promise {
			break
		}
		since = at
	}
	return since
}

// streak counts the newest endings of one sign. Those that a person canceled say nothing of the cell; how many of them are the newest is
// told apart.
func streak(ended []*ending) (n, canceled int) {
	for _, e := range slices.Backward(ended) {
		good := e.doubt == model.NoDoubt
		switch {
		case e.outcome == model.Canceled && !e.own:
			if n == 0 {
				canceled++
			}
		case good && n >= 0:
			n++
		case !good && n <= 0:
			n--
		default:
			return n, canceled
		}
	}
	return n, canceled
}

// usual is the median size and time of the newest good backups of a level, without the one named; zeros when there are fewer than needed.
func usual(ended []*ending, level model.Level, without uint32, needs int) (bytes uint64, took time.Duration) {
	var allSizes [medianOf]uint64
	var allTimes [medianOf]time.Duration
	sizes, times := allSizes[:0], allTimes[:0]
	for _, e := range slices.Backward(ended) {
		if e.level != level || e.doubt != model.NoDoubt || e.id == without {
			continue
		}
		sizes, times = append(sizes, e.bytes), append(times, e.took())
		if len(sizes) == medianOf {
			break
		}
	}
	if len(sizes) < needs {
		return 0, 0
	}
	slices.Sort(sizes)
	slices.Sort(times)
	return sizes[len(sizes)/2], times[len(times)/2]
}

// expect fills in percent and time left of a running job from its cell's history.
func (l *Ledger) expect(j *model.Job, now time.Time) {
	p := &j.Progress
	p.Percent, p.Left = -1, -1
	if j.Outcome != model.Running || j.Type != model.TypeBackup || !j.HasCell {
		return
	}
	t := l.tracks[j.Cell]
	if t == nil {
		return
	}
	bytes, took := usual(l.timely(t), j.Level, j.ID, 1) // a weekly Full has one or two before it: an estimate is better than none
	if bytes == 0 || p.At.IsZero() {
		return
	}
	p.Percent = int(min(99, float64(p.Bytes)/float64(bytes)*100))
	switch {
	case p.Rate > 0 && p.Bytes < bytes:
		if left := float64(bytes-p.Bytes) / p.Rate; left < longestLeft.Seconds() {
			p.Left = time.Duration(left * float64(time.Second))
		}
	case p.Rate <= 0 && !j.Start.IsZero() && took > now.Sub(j.Start):
		p.Left = took - now.Sub(j.Start)
	}
}

// tallies count the endings of the last 24 h and 7 d of one cluster; missed ones come from the standings.
func (l *Ledger) tallies(cells []CellView, now time.Time) (last24, week Tallies) {
	type part struct {
		region string
		kind   model.Kind
	}
	dayFrom, weekFrom, to := now.Add(-day).Unix(), now.Add(-7*day).Unix(), now.Unix()
	if !l.bench.Now.IsZero() {
		to = l.bench.Now.Unix()
	}
	to += int64(model.ClockSlack / time.Second)
	parts := [2]map[part]*TallyPart{{}, {}}
	get := func(w int, region string, k model.Kind) *TallyPart {
		tp := parts[w][part{region, k}]
		if tp == nil {
			tp = &TallyPart{Region: region, Kind: k}
			parts[w][part{region, k}] = tp
		}
		return tp
	}
	var of [2]*TallyPart // those of one history
	count := func(region string, k model.Kind, e *ending, restore bool) {
		for w, from := range [2]int64{dayFrom, weekFrom} {
			if at := e.when(); at < from || at > to || !restore && !e.tries() {
				continue
			}
			doubt := e.doubt
			if restore {
				doubt = model.JudgeRestore(e.claim(), l.bench)
			}
			outcome, counts := counted(e.outcome, doubt, e.own)
			if !counts {
				continue
			}
			if of[w] == nil {
				of[w] = get(w, region, k)
			}
			if restore {
				of[w].Restores.count(outcome)
			} else {
				of[w].Backups.count(outcome)
			}
		}
	}
	for c, t := range l.tracks {
		l.look(t)
		clear(of[:])
		for i := range t.ended {
			count(c.Region, c.Kind, &t.ended[i], false)
		}
	}
	for i := range l.restores {
		e := &l.restores[i]
		clear(of[:])
		count(e.region, e.kind, e, true)
	}
	for i := range cells {
		s, c := &cells[i].On[l.cluster], cells[i].Cell
		if s.Missed > 0 {
			get(1, c.Region, c.Kind).Backups.Missed += s.Missed
		}
		if s.MissedDay > 0 {
			get(0, c.Region, c.Kind).Backups.Missed += s.MissedDay
		}
	}
	out := [2]Tallies{}
	for w := range parts {
		for _, tp := range parts[w] {
			out[w].Backups.add(tp.Backups)
			out[w].Restores.add(tp.Restores)
			out[w].By = append(out[w].By, *tp)
		}
		slices.SortFunc(out[w].By, func(a, b TallyPart) int {
			return model.Cell{Region: a.Region, Kind: a.Kind}.Compare(model.Cell{Region: b.Region, Kind: b.Kind})
		})
	}
	return out[0], out[1]
}

// breaksWithin tells when a promise of a cell breaks, since when that is near, and which, if that is within a time from now (and never more
// than an eighth of it) and no newer backup saves it.
func (v *CellView) breaksWithin(now time.Time, ahead time.Duration) (at, since time.Time, promise string, ofFull, soon bool) {
	_, best := newestGood(v)
	_, full := newestFull(v)
	for _, p := range []struct {
		best  *model.Job
		holds time.Duration
		of    string
		full  bool
	}{{best, v.Promise, "promise", false}, {full, v.FullPromise, "promise of a full one", true}} {
		if p.best == nil || p.holds <= 0 {
			continue
		}
		t := p.best.When().Add(p.holds)
		if t.After(now) && t.Sub(now) <= min(ahead, p.holds/8) && (!soon || t.Before(at)) {
			at, since, promise, soon = t, t.Add(-min(ahead, p.holds/8)), model.Span(p.holds)+" "+p.of, true
			ofFull = p.full
		}
	}
	return at, since, promise, ofFull, soon
}

// tellsFrom is the earliest moment at which breaksWithin tells of a promise; zero when none holds.
func (v *CellView) tellsFrom(ahead time.Duration) (from time.Time) {
	_, best := newestGood(v)
	_, full := newestFull(v)
	for _, p := range [...]struct {
		best  *model.Job
		holds time.Duration
	}{{best, v.Promise}, {full, v.FullPromise}} {
		if p.best == nil || p.holds <= 0 {
			continue
		}
		if at := p.best.When().Add(p.holds - min(ahead, p.holds/8)); from.IsZero() || at.Before(from) {
			from = at
		}
	}
	return from
}
