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

// duty is when a cluster answers for a cell: from the first moment it is known to have had the job until the last.
type duty struct {
	has   model.Verdict // the Director has the job now
	since time.Time     // the Director's configuration is at least this old, so the job was there since then
	zone  *time.Location
	known bool // the window was read: what is not there is absent
}

// standing computes how a cell stands on this cluster at a moment.
func (l *Ledger) standing(p model.Placement, d duty, now time.Time, policy model.Policy) Standing {
	s := Standing{Has: d.has, Read: d.known}
	t := l.tracks[p.Cell]
	if t == nil {
		t = &track{}
	}
	s.Last, s.LastGood, s.Open = t.last, t.lastGood, t.open
	s.Streak = t.streak()
	if s.LastGood != nil {
		s.Median, _ = t.usual(s.LastGood.Level, s.LastGood.ID, medianNeeds)
		if s.Median > 0 {
			s.Ratio = float64(s.LastGood.Bytes) / float64(s.Median)
		}
		if p.Promise > 0 {
			s.Breaks = s.LastGood.When().Add(p.Promise)
		}
	}
	if d.known {
		s.Missed, s.MissedDay = t.missed(p, d, now, policy, s.Open)
	}
	if d.has == model.Holds {
		if next := p.Schedule.Next(now, d.zone); !next.IsZero() {
			s.Due = next
		}
	}
	return s
}

// streak counts the newest endings of one sign; canceled ones are a person's choice and say nothing of the cell.
func (t *track) streak() int {
	n := 0
	for _, e := range slices.Backward(t.ended) {
		switch {
		case e.outcome == model.Canceled:
		case e.outcome.Good() && n >= 0:
			n++
		case !e.outcome.Good() && n <= 0:
			n--
		default:
			return n
		}
	}
	return n
}

// usual is the median size and time of the newest good backups of a level, without the one named; zeros when there are fewer than needed.
func (t *track) usual(level model.Level, without uint32, needs int) (bytes uint64, took time.Duration) {
	var sizes []uint64
	var times []int64
	for _, e := range slices.Backward(t.ended) {
		if e.level != level || !e.outcome.Good() || e.id == without {
			continue
		}
		sizes, times = append(sizes, e.bytes), append(times, e.took)
		if len(sizes) == medianOf {
			break
		}
	}
	if len(sizes) < needs {
		return 0, 0
	}
	slices.Sort(sizes)
	slices.Sort(times)
	return sizes[len(sizes)/2], time.Duration(times[len(times)/2]) * time.Second
}

// missed counts the due times of the last 7 days and 24 hours that no job answered. A due time is answered by any job of the
// cell that was scheduled or run from shortly before it until shortly before the next one: late by hand counts as run.
func (t *track) missed(p model.Placement, d duty, now time.Time, policy model.Policy, open *model.Job) (week, last24 int) {
	from := now.Add(-7 * day)
	since := t.first
	if d.has == model.Holds && !d.since.IsZero() && (since.IsZero() || d.since.Before(since)) {
		since = d.since
	}
	if since.IsZero() {
		return 0, 0
	}
	if since.After(from) {
		from = since.Add(-time.Minute)
	}
	to := now.Add(-policy.DueGrace)
	if d.has != model.Holds && t.last != nil && t.last.When().Before(to) { // nothing is due after now, whatever a row says of its time
		to = t.last.When()
	}
	if !from.Before(to) {
		return 0, 0
	}
	due := p.Schedule.Between(from, to, d.zone)
	if len(due) == 0 {
		return 0, 0
	}
	ran := make([]int64, 0, len(t.ended)+1)
	for _, e := range t.ended {
		ran = append(ran, e.sched)
	}
	if open != nil {
		ran = append(ran, open.Sched.Unix())
	}
	slices.Sort(ran)
	i := 0
	for n, at := range due {
		early := slack(due, n)
		begin := at.Unix() - early
		end := now.Unix() + 1
		if n+1 < len(due) {
			end = due[n+1].Unix() - slack(due, n+1)
		}
		for i < len(ran) && ran[i] < begin {
			i++
		}
		if i < len(ran) && ran[i] < end {
			continue
		}
		week++
		if now.Sub(at) <= day {
			last24++
		}
	}
	return week, last24
}

// slack is how long before a due time a job may have been scheduled and still answer it, in seconds: the clusters are staggered.
func slack(due []time.Time, n int) int64 {
	gap := day
	switch {
	case n > 0:
		gap = due[n].Sub(due[n-1])
	case len(due) > 1:
		gap = due[1].Sub(due[0])
	}
	return int64(min(gap/4, 30*time.Minute) / time.Second)
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
	bytes, took := t.usual(j.Level, j.ID, 1) // a weekly Full has one or two before it: an estimate is better than none
	if bytes == 0 || p.At.IsZero() {
		return
	}
	p.Percent = int(min(99, p.Bytes*100/bytes))
	switch {
	case p.Rate > 0 && p.Bytes < bytes:
		p.Left = time.Duration(float64(bytes-p.Bytes) / p.Rate * float64(time.Second))
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
	dayFrom, weekFrom := now.Add(-day).Unix(), now.Add(-7*day).Unix()
	parts := [2]map[part]*TallyPart{{}, {}}
	get := func(w int, region string, k model.Kind) *TallyPart {
		tp := parts[w][part{region, k}]
		if tp == nil {
			tp = &TallyPart{Region: region, Kind: k}
			parts[w][part{region, k}] = tp
		}
		return tp
	}
	count := func(region string, k model.Kind, e ending, restore bool) {
		for w, from := range [2]int64{dayFrom, weekFrom} {
			if e.end < from {
				continue
			}
			if tp := get(w, region, k); restore {
				tp.Restores.count(e.outcome)
			} else {
				tp.Backups.count(e.outcome)
			}
		}
	}
	for c, t := range l.tracks {
		for _, e := range t.ended {
			count(c.Region, c.Kind, e, false)
		}
	}
	for _, e := range l.restores {
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
	out := [2]Tallies{{Known: true}, {Known: true}}
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
