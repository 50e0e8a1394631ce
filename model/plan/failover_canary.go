package plan

import (
	"cmp"
	"math"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// canaryOf is the backup of green that is over soonest, by how long the cell's last good one of that level took: until it is, and a
// restore of it, nothing is scheduled. An incremental one is not less proof, where it leaves something and stands on a full one that is
// not lost.
func (t *takeover) canaryOf() (soonest *KnownCanary) {
	var of *model.Job
	for i := range t.Snapshot.Cells {
		v := &t.Snapshot.Cells[i]
		on := &v.On[model.Green]
		if on.LastGood == nil || on.Has != model.Holds || on.Off {
			continue
		}
		for level, j := range map[string]*model.Job{Levels[0]: fullOf(on), Levels[1]: t.incrementalOf(on)} {
			if j != nil && (of == nil || sooner(j, of) < 0 || sooner(j, of) == 0 && v.Cell == soonest.Cell && level == Levels[0]) {
				of, soonest = j, &KnownCanary{Cell: v.Cell, Client: on.LastGood.Client, Level: level}
			}
		}
	}
	return soonest
}

// fullOf is the last good full backup of a cell; where none is known, the last good one is what there is to go by.
func fullOf(on *board.Standing) *model.Job { return cmp.Or(on.LastFull, on.LastGood) }

// incrementalOf is the last good backup of a cell where the next one can be incremental and leaves something; nil: it cannot, or may not.
func (t *takeover) incrementalOf(on *board.Standing) *model.Job {
	full := on.LastFull
	switch {
	case full == nil || on.LastGood.Level != 'I' || !strings.Contains(on.Leaves, "I"):
		return nil
	case t.to == FailoverEmergency && (t.lostAfter.IsZero() || !full.End.Before(t.lostAfter.Add(-lostMargin))):
		return nil
	}
	return on.LastGood
}

// sooner compares two backups by how long they took, and where that is not known or the same, by what they wrote.
func sooner(a, b *model.Job) int {
	took := func(j *model.Job) time.Duration {
		if d := j.Took(); d > 0 {
			return d
		}
		return math.MaxInt64
	}
	return cmp.Or(cmp.Compare(took(a), took(b)), cmp.Compare(a.Bytes, b.Bytes))
}
