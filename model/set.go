package model

import (
	"cmp"
	"slices"
	"time"
)

// keptOnes are the backups of a history that Bacula would take into a set.
type keptOnes struct {
	byStart []*Saved // ascending
	fulls   []*Saved // for each of them, the newest full one up to it; nil: there is none
}

func (h *History) keptOnes() keptOnes {
	var k keptOnes
	for i := range h.Saved {
		if s := &h.Saved[i]; s.kept() {
			k.byStart = append(k.byStart, s)
		}
	}
	slices.SortFunc(k.byStart, func(a, b *Saved) int {
		return cmp.Or(a.Job.Start.Compare(b.Job.Start), cmp.Compare(a.Job.ID, b.Job.ID))
	})
	var full *Saved
	for _, s := range k.byStart {
		if s.Job.Level.Whole() && (full == nil || later(s, full) > 0) {
			full = s
		}
		k.fulls = append(k.fulls, full)
	}
	return k
}

// set is what a restore to the moment at which a backup started needs, oldest first, as Bacula itself chooses it for .bvfs_get_jobids
// (db_get_accurate_jobids, 9.6.7 and 13.0.3): the newest full backup that started by then, the newest differential one that started after
// the end of that, and the incremental ones that started after the end of both. What Bacula calls a success is taken whether or not it is a
// good backup: the next incremental one was made against it. It is nil when there is no full one.
func (k *keptOnes) set(of *Saved) []*Saved {
	n, _ := slices.BinarySearchFunc(k.byStart, of.Job.Start, func(s *Saved, by time.Time) int {
		if s.Job.Start.After(by) {
			return 1
		}
		return -1
	})
	if n == 0 || k.fulls[n-1] == nil {
		return nil
	}
	set := []*Saved{k.fulls[n-1]}
	end := set[0].Job.End
	var diff *Saved
	k.back(n, end, func(s *Saved) {
		if s.Job.Level == 'D' && (diff == nil || later(s, diff) > 0) {
			diff = s
		}
	})
	if diff != nil {
		set = append(set, diff)
		if diff.Job.End.After(end) {
			end = diff.Job.End
		}
	}
	k.back(n, end, func(s *Saved) {
		if s.Job.Level == 'I' {
			set = append(set, s)
		}
	})
	slices.SortFunc(set, later)
	return set
}

// back goes down from the first n as long as they started after a moment.
func (k *keptOnes) back(n int, after time.Time, see func(*Saved)) {
	for n--; n >= 0 && k.byStart[n].Job.Start.After(after); n-- {
		see(k.byStart[n])
	}
}

// later orders backups as Bacula does, by JobTDate, which is when they ended.
func later(a, b *Saved) int {
	return cmp.Or(a.Job.End.Compare(b.Job.End), cmp.Compare(a.Job.ID, b.Job.ID))
}
