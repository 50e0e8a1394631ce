package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// SpaceVolume is a volume as a catalog holds it. Names are clean.
type SpaceVolume struct {
	Pool, Storage, Status string
	Off                   bool // not enabled
	Recycles              bool
	Errors                bool // it had some
	Bytes                 uint64
	First, Written, Until time.Time // Until: from when on it may be recycled; zero: never, or not told
}

// Space is how full the storages of both clusters are.
type Space struct {
	At      time.Time      `json:"at"`
	Pools   []PoolSpace    `json:"pools"`     // by cluster, storage and pool
	Storage []StorageSpace `json:"storages"`  // by cluster and name
	Needs   []StorageNeed  `json:"migration"` // by cluster and name; as far as Weigh was told
	Unread  []Unread       `json:"unread,omitempty"`
}

// PoolSpace is what the volumes of one pool on one Storage hold. Sizes are in bytes.
type PoolSpace struct {
	Cluster  Cluster        `json:"cluster"`
	Storage  string         `json:"storage"` // empty: the catalog names none
	Pool     string         `json:"pool"`
	Statuses map[string]int `json:"volumes"` // by VolStatus
	Bytes    uint64         `json:"bytes"`
	Owed     uint64         `json:"bytes_owed"`     // that may not be recycled yet
	Reusable uint64         `json:"bytes_reusable"` // Purged or Recycle: written anew before another volume is made
	PerDay   float64        `json:"bytes_per_day"`  // written in the last week
	Bad      int            `json:"in_error"`
	Overdue  int            `json:"overdue"` // may be recycled for more than a day and are not
	Off      int            `json:"not_enabled"`
	NoEnd    int            `json:"kept_for_ever"` // Full or Used, and never recycled
}

// StorageSpace is one Storage with the pools that lie on it.
type StorageSpace struct {
	Cluster Cluster  `json:"cluster"`
	Storage string   `json:"storage"`
	Bytes   uint64   `json:"bytes"`
	PerDay  float64  `json:"bytes_per_day"`
	Free    *uint64  `json:"bytes_free,omitempty"`    // nil: nobody tells
	Days    *float64 `json:"days_left,omitempty"`     // until it is full at this rate; nil: not known, or not within SpaceAhead
	All     *float64 `json:"days_left_all,omitempty"` // as Days, once it takes all that comes to it; nil: not more comes, or as Days
	Says    string   `json:"says"`                    // that in words

	gains *[SpaceAhead + 1]float64 // by day from now: what may be written anew
}

// StorageNeed is what a migration takes of one Storage, as the newest backups of the cells and their schedules tell. Sizes are in bytes.
type StorageNeed struct {
	Cluster   Cluster   `json:"cluster"`
	Storage   string    `json:"storage"`
	Cells     int       `json:"cells_both"`           // that both clusters take
	Overlap   float64   `json:"bytes_per_day_both"`   // written a day of these
	Coming    int       `json:"cells_coming"`         // that only the other cluster takes, and this one will
	Comes     float64   `json:"bytes_per_day_coming"` // written a day of these then
	Left      int       `json:"cells_left"`           // that this cluster takes no more, and still keeps backups of
	Owed      float64   `json:"bytes_left"`           // held of these
	OwedUntil time.Time `json:"kept_until,omitzero"`  // when the last of those has expired
	Untold    int       `json:"cells_untold"`         // of which nobody can tell how much they are
}

// Weigh tells what a migration takes of each Storage, and when one is full once it takes all that comes to it.
func (s *Space) Weigh(needs []StorageNeed) {
	s.Needs = needs
	for i := range s.Storage {
		t := &s.Storage[i]
		n := s.Need(t.Cluster, t.Storage)
		if t.Free == nil || t.gains == nil || n == nil || n.Comes == 0 {
			continue
		}
		if all := t.fullIn(t.PerDay + n.Comes); all != nil && (t.Days == nil || *all < *t.Days) {
			t.All = all
			t.Says += fmt.Sprintf("; in %.0f days with what comes to it", *all)
		}
	}
}

// Need is what a migration takes of one Storage; nil where nothing is known of that.
func (s *Space) Need(c Cluster, storage string) *StorageNeed {
	for i := range s.Needs {
		if n := &s.Needs[i]; n.Cluster == c && n.Storage == storage {
			return n
		}
	}
	return nil
}

// Has tells whether anything is told of a Storage.
func (s *Space) Has(c Cluster, storage string) bool {
	return slices.ContainsFunc(s.Storage, func(t StorageSpace) bool { return t.Cluster == c && t.Storage == storage })
}

// Soonest is in how many days it is full, with all that comes to it; false: nobody can tell, or not within SpaceAhead.
func (t *StorageSpace) Soonest() (days float64, is bool) {
	switch {
	case t.All != nil:
		return *t.All, true
	case t.Days != nil:
		return *t.Days, true
	}
	return 0, false
}

// SpaceAhead is how far ahead it is looked when a storage will be full.
const SpaceAhead = 400 // days

// rateOver is over which time it is counted what is written.
const rateOver = 7 * day

// overdueAfter is how long a volume may be recyclable before it is told: a Director recycles when it needs one.
const overdueAfter = day

// SpaceOf counts the volumes of a cluster. Room is how many bytes are free for each Storage, and why one is not known.
func (s *Space) SpaceOf(c Cluster, volumes []SpaceVolume, room map[string]uint64, why string, now time.Time) {
	type key struct{ storage, pool string }
	pools := map[key]*PoolSpace{}
	on := map[string][]SpaceVolume{}
	for _, v := range volumes {
		k := key{v.Storage, v.Pool}
		p := pools[k]
		if p == nil {
			p = &PoolSpace{Cluster: c, Storage: v.Storage, Pool: v.Pool, Statuses: map[string]int{}}
			pools[k] = p
		}
		p.add(&v, now)
		on[v.Storage] = append(on[v.Storage], v)
	}
	for _, p := range pools {
		s.Pools = append(s.Pools, *p)
	}
	slices.SortFunc(s.Pools, func(a, b PoolSpace) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Storage, b.Storage), cmp.Compare(a.Pool, b.Pool))
	})
	for name := range room { // an empty one has room, too
		if _, has := on[name]; !has {
			on[name] = nil
		}
	}
	for name, of := range on {
		s.Storage = append(s.Storage, storageSpace(c, name, of, room, why, now))
	}
	slices.SortFunc(s.Storage, func(a, b StorageSpace) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Storage, b.Storage))
	})
}

func (p *PoolSpace) add(v *SpaceVolume, now time.Time) {
	p.Statuses[v.Status]++
	p.Bytes += v.Bytes
	p.PerDay += v.perDay(now)
	switch {
	case v.reusable():
		p.Reusable += v.Bytes
	case v.Until.IsZero() || v.Until.After(now):
		p.Owed += v.Bytes
	}
	if v.bad() {
		p.Bad++
	}
	if v.Off {
		p.Off++
	}
	if v.closed() && (!v.Recycles || v.Until.IsZero()) {
		p.NoEnd++
	}
	if v.frees() && now.Sub(v.Until) > overdueAfter {
		p.Overdue++
	}
}

// bad volumes are not to be trusted.
func (v *SpaceVolume) bad() bool { return v.Errors || v.Status == "Error" }

// reusable volumes are written anew before another one is made.
func (v *SpaceVolume) reusable() bool {
	return v.Status == "Recycle" || v.Status == "Purged" && v.Recycles
}

// closed volumes are not written any more.
func (v *SpaceVolume) closed() bool { return v.Status == "Full" || v.Status == "Used" }

// frees tells whether it will be recycled by itself.
func (v *SpaceVolume) frees() bool {
	return v.closed() && v.Recycles && !v.Off && !v.bad() && !v.Until.IsZero()
}

// perDay is what of it was written in the last week, as if it had been written evenly from its first job to its last.
func (v *SpaceVolume) perDay(now time.Time) float64 {
	from := now.Add(-rateOver)
	if v.reusable() || !v.Written.After(from) {
		return 0
	}
	share := 1.0
	if span := v.Written.Sub(v.First); !v.First.IsZero() && v.First.Before(from) && span > 0 {
		share = v.Written.Sub(from).Hours() / span.Hours()
	}
	return float64(v.Bytes) * share / (rateOver.Hours() / 24)
}

// storageSpace says when a storage is full: what is free, and what may be recycled day by day, against what is written.
func storageSpace(c Cluster, name string, of []SpaceVolume, room map[string]uint64, why string, now time.Time) StorageSpace {
	s := StorageSpace{Cluster: c, Storage: name}
	var gains [SpaceAhead + 1]float64
	for i := range of {
		v := &of[i]
		s.Bytes += v.Bytes
		s.PerDay += v.perDay(now)
		switch {
		case v.reusable() && !v.Off && !v.bad():
			gains[0] += float64(v.Bytes)
		case v.frees():
			if in := max(0, math.Ceil(v.Until.Sub(now).Hours()/24)); in <= SpaceAhead {
				gains[int(in)] += float64(v.Bytes)
			}
		}
	}
	free, told := room[name]
	if !told {
		s.Says = cmp.Or(why, "its room is not told")
		return s
	}
	s.Free = &free
	s.gains = &gains
	if s.Days = s.fullIn(s.PerDay); s.Days != nil {
		s.Says = fmt.Sprintf("full in %.0f days at this rate", *s.Days)
		return s
	}
	s.Says = fmt.Sprintf("not full within %d days at this rate", SpaceAhead)
	return s
}

// fullIn is in how many days it is full when so much is written a day; nil: not within SpaceAhead.
func (t *StorageSpace) fullIn(perDay float64) *float64 {
	left := float64(*t.Free)
	for d := range t.gains {
		if left += t.gains[d]; left < perDay || left <= 0 { // a full one takes nothing, so that nothing was written to it of late
			days := float64(d)
			if perDay > 0 {
				days += max(0, left/perDay)
			}
			return &days
		}
		left -= perDay
	}
	return nil
}

// spaceSoon is how soon a storage may be full before somebody has something to do.
const spaceSoon = 14 // days

// Trouble is what somebody has to do about it; empty: nothing.
func (s *Space) Trouble() (out []string) {
	for i := range s.Storage {
		t := &s.Storage[i]
		if days, is := t.Soonest(); is && days < spaceSoon {
			out = append(out, fmt.Sprintf("%s %s: %s: give it room, or shorten what is kept", t.Cluster, t.Storage, t.Says))
		}
	}
	for i := range s.Pools {
		p := &s.Pools[i]
		if p.Bad > 0 {
			out = append(out, fmt.Sprintf("%s %s, pool %s: %d volumes are in error: see their jobs' logs, and take them out of use", p.Cluster,
				p.Storage, p.Pool, p.Bad))
		}
	}
	return out
}
