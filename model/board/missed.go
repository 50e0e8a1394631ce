package board

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// answers are when the jobs of a cell were due, sorted: apart those of consolidations, which read no client, so that one by hand answers no
// night.
func (t *track) answers(b model.Bench, in *moments) (ran, merged []int64) {
	ended := t.endings()
	ran, merged = in.ran[:0], in.merged[:0]
	for i := range ended {
		switch e := &ended[i]; {
		case e.due == 0 || e.times == model.Awaited || !e.tries() || e.due < b.From.Unix() || !b.Now.IsZero() && fromUnix(e.due).After(b.Now):
		case e.times == model.Merged:
			merged = append(merged, e.sched)
		default:
			ran = append(ran, e.due)
		}
	}
	if t.open != nil && !t.open.Sched.IsZero() {
		ran = append(ran, t.open.Sched.Unix())
	}
	slices.Sort(ran)
	slices.Sort(merged)
	in.ran, in.merged = ran, merged
	return ran, merged
}

// moments is room for what answers gives: it is asked of every cell again and again. What was given is good until it is asked the next
// time.
type moments struct{ ran, merged []int64 }

// missed counts the due times of the last 7 days and 24 hours that no job answered, and lists those of a longer span. A due time is
// answered by any job of the cell that was scheduled or run from shortly before it until shortly before the next one: late by hand counts
// as run.
//
// A cluster owes a night only when the cell was routed there: the journal's routes tell, as far back as they go. Before them it is certain
// since the Director's configuration is as it is, and before that the catalog alone tells: the cluster had the cell between two of its
// jobs, unless more than one due time lies between them and the other cluster answered those. What it did not start while it was switched
// off it did not owe.
func (l *Ledger) missed(s *Standing, t *track, plain model.Schedule, d duty, now time.Time, policy model.Policy) {
	ran, merged := t.answers(l.bench, &l.moments)
	week := now.Add(-7 * day)
	from, to := now.Add(-max(7*day, min(policy.RateSpan, policy.Window))), now.Add(-policy.DueGrace)
	certain := to
	if d.has == model.Holds && !d.since.IsZero() {
		certain = d.since
	}
	given := d.owed.since(from)
	if !given.IsZero() && given.Before(certain) && !d.off {
		certain = given
	}
	since := certain
	if len(ran) > 0 && ran[0] < since.Unix() {
		since = time.Unix(ran[0], 0)
	} else if certain.Equal(to) {
		return
	}
	if since.After(from) {
		from = since.Add(-time.Minute)
	}
	if d.has != model.Holds && (given.IsZero() || d.off) && len(ran) > 0 {
		if last := time.Unix(ran[len(ran)-1], 0); last.Before(to) {
			to = last
		}
	}
	if !from.Before(to) {
		return
	}
	due := d.due(plain, from, to)
	open := make([]bool, len(due)) // no job answered
	for n := range due {
		begin, end := span(due, n, now)
		open[n] = !between(ran, begin, end) && !between(merged, begin, due[n].Unix()+slack(due, n)+1)
	}
	for n, at := range due {
		if !open[n] || d.owed.at(at) == model.Fails || at.Before(d.on) && !between(ran, at.Unix(), d.on.Unix()) ||
			at.Before(certain) && d.owed.at(at) == model.Unknown && gap(open, n) > 1 && answered(d.other, due, n, now) {
			continue
		}
		if s.Misses = append(s.Misses, at.Unix()); at.Before(week) {
			continue
		}
		s.Missed++
		s.MissedAt = at
		if now.Sub(at) <= day {
			s.MissedDay++
		}
	}
}

// gap is how many due times in a row, that one among them, no job answered.
func gap(open []bool, n int) (length int) {
	for i := n; i >= 0 && open[i]; i-- {
		length++
	}
	for i := n + 1; i < len(open) && open[i]; i++ {
		length++
	}
	return length
}

// span is when a job that answers a due time may have been due, in Unix seconds.
func span(due []time.Time, n int, now time.Time) (begin, end int64) {
	begin, end = due[n].Unix()-slack(due, n), now.Unix()+1
	if n+1 < len(due) {
		end = due[n+1].Unix() - slack(due, n+1)
	}
	return begin, end
}

// between tells whether one of the sorted moments lies in [begin, end).
func between(sorted []int64, begin, end int64) bool {
	i, _ := slices.BinarySearch(sorted, begin)
	return i < len(sorted) && sorted[i] < end
}

// answered tells whether one of the sorted moments answers a due time.
func answered(sorted []int64, due []time.Time, n int, now time.Time) bool {
	begin, end := span(due, n, now)
	return between(sorted, begin, end)
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

// tellMissed makes an event of the runs that were missed since the cells were judged last; what was missed before the first look is no
// news.
func (b *Board) tellMissed(was, is []CellView, now time.Time) {
	for _, c := range model.Clusters {
		var cells []string
		var last *CellView
		for i := range is {
			w, s := &was[i].On[c], &is[i].On[c]
			if w.Read && s.Read && s.Missed > 0 && s.MissedAt.After(w.MissedAt) {
				cells, last = append(cells, is[i].Cell.String()), &is[i]
			}
		}
		e := Event{At: now, Who: c.String(), Severity: model.Warn}
		switch len(cells) {
		case 0:
			continue
		case 1:
			cell := last.Cell
			e.Cell, e.Says = &cell, fmt.Sprintf(
				"%s: missed its run of %s, no job answered it",
				cell,
				last.On[c].MissedAt.UTC().Format("2 Jan 15:04"),
			)
		default: // of one cause, mostly
			e.Says = fmt.Sprintf("%s missed a run, no job answered it: %s", plural(uint64(len(cells)), "cell"), fewNames(cells))
		}
		b.event(e)
	}
}

// saysMissed tells that nothing else is wrong with a cell than a run that was missed.
func (v *CellView) saysMissed() bool {
	return slices.ContainsFunc(model.Clusters[:], func(c model.Cluster) bool { return v.On[c].Missed > 0 && v.Says == v.On[c].missedOn(c) })
}

// missedAlerts name the cells with due times of the last 7 days that no job answered, unless their own alert tells of worse.
func (b *Board) missedAlerts() []Alert {
	var out []Alert
	for _, i := range b.notable().missed {
		v := &b.cells[i]
		for _, c := range model.Clusters {
			s := &v.On[c]
			if s.Missed == 0 || v.Health >= CellBroken {
				continue
			}
			cell := v.Cell
			out = append(
				out,
				Alert{
					ID:       "missed:" + c.String() + ":" + cell.String(),
					Severity: model.Warn,
					rank:     rankDoubt,
					Cluster:  &c,
					Cell:     &cell,
					Since:    s.MissedAt,
					Brief:    fmt.Sprintf("%s: missed %s on %s", cell, plural(uint64(s.Missed), "run"), c),
					Says: cell.String() + ": " + s.missedOn(
						c,
					),
					Do: cmp.Or(b.doing[cell].advice,
						"see why it did not run: whether its Director ran then, and what kept the job from starting; back it up if it is owed"),
				},
			)
		}
	}
	return out
}
