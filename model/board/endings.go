package board

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

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

func endingOf(j *model.Job) ending {
	due := j.Sched
	if due.IsZero() {
		due = j.When()
	}
	return ending{id: j.ID, level: j.Level, outcome: j.Outcome, kind: j.Cell.Kind, sched: due.Unix(), end: j.When().Unix(), took: int64(j.Took() / time.Second), bytes: j.Bytes}
}

func byID(a, b ending) int { return cmp.Compare(a.id, b.id) }

// find looks an ending up by its JobId, also among those of a walk that are not put in order yet.
func (t *track) find(id uint32) (ending, bool) {
	want := ending{id: id}
	if i, found := slices.BinarySearchFunc(t.ended, want, byID); found {
		return t.ended[i], true
	}
	if i, found := slices.BinarySearchFunc(t.front, want, func(a, b ending) int { return byID(b, a) }); found {
		return t.front[i], true
	}
	return ending{}, false
}

// put takes in an ending. A walk brings them newest first: one below all others waits in front, because to insert each of 100,000 at the
// beginning would take minutes.
func (t *track) put(e ending) {
	first := t.ended
	if n := len(t.front); n > 0 {
		first = t.front[n-1:]
	}
	if len(first) > 0 && e.id < first[0].id {
		t.front = append(t.front, e)
		return
	}
	t.settle()
	t.ended = upsert(t.ended, e)
}

// settle puts in order what a walk brought.
func (t *track) settle() {
	if len(t.front) == 0 {
		return
	}
	slices.Reverse(t.front)
	t.ended, t.front = append(t.front, t.ended...), nil
}

// forget drops an ending, and what stood on it.
func (t *track) forget(id uint32) {
	t.settle()
	t.ended = without(t.ended, id)
	for _, p := range []**model.Job{&t.last, &t.lastGood} {
		if *p != nil && (*p).ID == id {
			*p = nil
		}
	}
}

// newest are the endings that last and lastGood are to be, but for those left out; nil when there is none.
func (t *track) newest(out map[uint32]bool) (last, good *ending) {
	t.settle()
	later := func(a, b *ending) bool { return b == nil || cmp.Or(cmp.Compare(a.end, b.end), byID(*a, *b)) > 0 }
	for i := range t.ended {
		e := &t.ended[i]
		if out[e.id] {
			continue
		}
		if later(e, last) {
			last = e
		}
		if e.outcome.Good() && later(e, good) {
			good = e
		}
	}
	return last, good
}

func upsert(s []ending, e ending) []ending {
	i, found := slices.BinarySearchFunc(s, e, byID)
	if found {
		s[i] = e
		return s
	}
	return slices.Insert(s, i, e)
}

func without(s []ending, id uint32) []ending {
	i, found := slices.BinarySearchFunc(s, ending{id: id}, byID)
	if !found {
		return s
	}
	return slices.Delete(s, i, i+1)
}
