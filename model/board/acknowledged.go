package board

import (
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Told is an alert as it is acknowledged until a moment.
func (a *Alert) Told(until time.Time) record.Told {
	t := record.Told{ID: a.ID, Severity: a.Severity, Reach: a.Reach, Jobs: a.Jobs, Until: until.UTC().Round(0)}
	if a.rests {
		t.Reach = 0
	}
	return t
}

// Grew tells whether an alert is worse or wider than it was, or tells of a job that it did not. How many cells a cluster has is no news of
// an alert about all of it.
func (a *Alert) Grew(was *record.Told) bool {
	return a.Severity > was.Severity || was.Reach > 0 && a.Reach > was.Reach ||
		slices.ContainsFunc(a.Jobs, func(j model.JobKey) bool { return !slices.Contains(was.Jobs, j) })
}

// holds tells whether an alert is still the one that was acknowledged: it is not when it grew worse or wider, or ended and began anew. Its
// age is no change. When an open job's trouble began each session sees for itself, and its unique name says which one it is.
func holds(k *record.Ack, a *Alert, now time.Time) bool {
	return k.ID == a.ID && now.Before(k.Until) && !a.Grew(&k.Told) &&
		(a.Job != nil || !a.Since.After(k.At))
}

// Cause is what an alert has in common with its like, as a session may be quiet about it: its source, or its kind.
func (a *Alert) Cause() string {
	if a.Source.String() != "" && strings.HasPrefix(a.ID, "source:") {
		return a.Source.String()
	}
	kind, rest, _ := strings.Cut(a.ID, ":")
	if kind == "rds" {
		of, _, _ := strings.Cut(rest, ":")
		return kind + " " + of
	}
	return kind
}

// Counts tells that an alert only says how many more there are of one kind.
func (a *Alert) Counts() bool { return strings.HasPrefix(a.ID, "more:") }

// Quiet is what one session knows beside the journal: what it acknowledged for itself, and the causes it will not hear of first.
type Quiet struct {
	Acks   []record.Ack
	Causes []record.Ack // by their Cause in place of an ID; until they are taken back
}

// None tells that there is nothing.
func (q *Quiet) None() bool { return len(q.Acks)+len(q.Causes) == 0 }

// Quieted orders the alerts of a snapshot as one session wants them. They are not changed.
func (q *Quiet) Quieted(in []Alert, now time.Time) []Alert {
	out := slices.Clone(in)
	for i := range out {
		a := &out[i]
		if a.Acked == nil {
			a.Acked = q.of(a, now)
		}
	}
	slices.SortStableFunc(out, func(x, y Alert) int { return x.LetBe() - y.LetBe() })
	return out
}

// LetBe is 1 for an alert that comes after all others, however they are ordered.
func (a *Alert) LetBe() int {
	if a.Acked != nil {
		return 1
	}
	return 0
}

func (q *Quiet) of(a *Alert, now time.Time) *record.Ack {
	for i := range q.Acks {
		if holds(&q.Acks[i], a, now) {
			return &q.Acks[i]
		}
	}
	for i := range q.Causes {
		if q.Causes[i].ID == a.Cause() {
			return &q.Causes[i]
		}
	}
	return nil
}

// acknowledged marks the alerts that the journal says somebody has seen.
func (b *Board) acknowledged(in []Alert, now time.Time) []Alert {
	if b.state == nil {
		return in
	}
	for i := range in {
		for n := range b.state.Acks {
			if k := &b.state.Acks[n]; holds(k, &in[i], now) {
				in[i].Acked = k
			}
		}
	}
	return in
}
