package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return epoch.Add(time.Duration(n) * time.Hour) }

// saved is a good backup that ran for half an hour from an hour on, on a volume of its own.
func saved(id uint32, level Level, from int) Saved {
	start := hour(from)
	return Saved{
		Job: Job{
			Key:     JobKey{Blue, fmt.Sprintf("backup-a.%d", id)},
			ID:      id,
			Name:    "backup-a",
			Type:    TypeBackup,
			Level:   level,
			Status:  'T',
			Outcome: OK,
			Client:  "a-fd",
			Sched:   start,
			Start:   start,
			End:     start.Add(30 * time.Minute),
			Files:   10,
			Bytes:   1000,
		},
		Told:    true,
		Volumes: []Volume{{Name: fmt.Sprintf("v%d", id), Status: "Used", Type: "File", Storage: "sd1", Until: start.AddDate(0, 0, 30)}},
	}
}

// historyOf is what blue's catalog tells at an hour.
func historyOf(now int, all ...Saved) *History {
	all = slices.SortedFunc(slices.Values(all), func(a, b Saved) int { return cmp.Compare(b.Job.ID, a.Job.ID) })
	return &History{
		Cell:    Cell{Chain: "a", Region: "r", Kind: Regular},
		Saved:   all,
		Whole:   true,
		Now:     hour(now),
		Clients: map[string]bool{"a-fd": true},
	}
}

func ids(p RestorePoint) string {
	var out []string
	for _, part := range p.Set {
		out = append(out, fmt.Sprint(part.ID))
	}
	return strings.Join(out, ",")
}

// naive is Bacula's own queries, word by word (cats/sql_get.c, db_get_accurate_jobids).
func naive(h *History, of *Saved) (set []uint32) {
	type row struct{ id, start, end int64 }
	var temp []row
	best := func(level Level, after int64) *row {
		var found *row
		for _, s := range h.Saved {
			r := row{int64(s.Job.ID), s.Job.Start.Unix(), s.Job.End.Unix()}
			if s.Job.Level != level || s.Job.Outcome > Warned || s.Job.Outcome < OK || s.Job.Type != TypeBackup ||
				r.start >= of.Job.Start.Unix()+1 ||
				r.start <= after {
				continue
			}
			if found == nil || r.end > found.end || r.end == found.end && r.id > found.id {
				found = &r
			}
			if level == 'I' {
				temp = append(temp, r)
			}
		}
		return found
	}
	newestEnd := func() int64 {
		return slices.MaxFunc(temp, func(a, b row) int { return cmp.Compare(a.end, b.end) }).end
	}
	full := best('F', -1<<62)
	if full == nil {
		return nil
	}
	temp = append(temp, *full)
	if diff := best('D', newestEnd()); diff != nil {
		temp = append(temp, *diff)
	}
	best('I', newestEnd())
	slices.SortFunc(temp, func(a, b row) int { return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.id, b.id)) })
	for _, r := range temp {
		set = append(set, uint32(r.id))
	}
	return set
}

// TestSetsAreThoseOfBacula holds the sets of random histories, with failed, overlapping and simultaneous jobs, against the naive reading.
func TestSetsAreThoseOfBacula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Saved
		for id := range rapid.IntRange(1, 40).Draw(t, "jobs") {
			s := saved(uint32(id+1), rapid.SampledFrom([]Level{'F', 'D', 'I', 'I', 'I'}).Draw(t, "level"), 0)
			s.Job.Start = epoch.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "start")) * time.Second)
			s.Job.End = s.Job.Start.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "took")) * time.Second)
			s.Job.Outcome = rapid.SampledFrom([]Outcome{OK, OK, OK, Warned, Failed, Canceled, Running}).Draw(t, "outcome")
			s.Job.Type = rapid.SampledFrom([]JobType{'B', 'B', 'B', 'C', 'R'}).Draw(t, "type")
			all = append(all, s)
		}
		h := historyOf(1000, all...)
		kept := h.keptOnes()
		for i := range h.Saved {
			of := &h.Saved[i]
			var got []uint32
			for _, s := range kept.set(of) {
				got = append(got, s.Job.ID)
			}
			if want := naive(h, of); !slices.Equal(got, want) {
				t.Fatalf("set of job %d is %v, by Bacula's queries %v", of.Job.ID, got, want)
			}
		}
	})
}

// TestACopyCountsWhereItsOriginalIsGone: Bacula itself makes it a backup then.
func TestACopyCountsWhereItsOriginalIsGone(t *testing.T) {
	copied := saved(9, 'F', 1)
	copied.Job.Type, copied.Job.Times = TypeCopy, Moved
	h := historyOf(10, copied, saved(3, 'I', 2))
	if p := h.Points(); len(p) != 1 || p[0].Complete != Answer(Fails) || p[0].Why != "no full backup before it is left in the catalog" {
		t.Errorf("beside its original: %+v", p)
	}
	copied.Alone = true
	h = historyOf(10, copied, saved(3, 'I', 2))
	p := h.Points()
	if len(p) != 2 || p[0].Complete != Answer(Holds) || ids(p[0]) != "9,3" || ids(p[1]) != "9" {
		t.Errorf("alone: %+v", p)
	}
}
