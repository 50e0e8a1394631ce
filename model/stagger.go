package model

import (
	"cmp"
	"slices"
	"time"
)

// staggerStep is what staggered schedules are moved by a multiple of, in minutes.
const staggerStep = 15

// Staggered are cells' schedules on a cluster that gives way to the other.
type Staggered struct {
	ByCell map[Cell]Schedule // of every cell given
	Shift  map[string]int    // minutes, by client; those that did not move are left out
	Clash  []string          // clients on which no time of the day is far enough from the other cluster's; sorted
}

// Stagger moves schedules so that on no client, which is the clone source that both clusters dump, one starts within least of the other
// cluster's start, on any date, in summer or winter. All cells of a client move alike, as little as possible, and within their dates
// where that can be. own and other are what each cluster takes; the zones are their Directors', nil is UTC. With least 0 nothing moves.
func Stagger(own, other []Placement, zone, otherZone *time.Location, least time.Duration) Staggered {
	out := Staggered{ByCell: make(map[Cell]Schedule, len(own)), Shift: map[string]int{}}
	mine, theirs := byClient(own), byClient(other)
	g := GiveWay(zone, otherZone, least)
	for client, cells := range mine {
		shift, ok := g.By(schedulesOf(cells), schedulesOf(theirs[client]))
		if !ok {
			out.Clash = append(out.Clash, client)
		}
		if shift != 0 {
			out.Shift[client] = shift
		}
		for _, p := range cells {
			out.ByCell[p.Cell] = g.Moved(p.Schedule, shift)
		}
	}
	slices.Sort(out.Clash)
	return out
}

func byClient(ps []Placement) map[string][]Placement {
	out := map[string][]Placement{}
	for _, p := range ps {
		out[p.Client] = append(out[p.Client], p)
	}
	return out
}

// schedulesOf are the schedules of cells, each once.
func schedulesOf(ps []Placement) (out []Schedule) {
	for i := range ps {
		if !slices.Contains(out, ps[i].Schedule) {
			out = append(out, ps[i].Schedule)
		}
	}
	return out
}

// Giving is how the schedules of one cluster give way to the other's, a clone source after the other. It remembers what it has worked out:
// most clone sources are dumped at the same times.
type Giving struct {
	offsets, others []int
	gap             map[int]bool
	least           int // minutes; 0: nothing moves
	by              map[dumpedAt]gives
	moved           map[movedBy]Schedule
}

// dumpedAt are the schedules of a clone source, when they are few.
type dumpedAt struct{ own, other [3]Schedule }

type gives struct {
	minutes int
	ok      bool
}

type movedBy struct {
	Schedule
	minutes int
}

// GiveWay is how a cluster gives way by least. The zones are the Directors', nil is UTC.
func GiveWay(zone, otherZone *time.Location, least time.Duration) *Giving {
	g := &Giving{least: int((least + time.Minute - 1) / time.Minute), by: map[dumpedAt]gives{}, moved: map[movedBy]Schedule{}}
	if g.least > 0 {
		zone, otherZone = cmp.Or(zone, time.UTC), cmp.Or(otherZone, time.UTC)
		g.offsets, g.others, g.gap = offsets(zone), offsets(otherZone), skipped(zone)
	}
	return g
}

// By is how many minutes the schedules of one clone source move; false when no time of the day is far enough from the other cluster's.
func (g *Giving) By(own, other []Schedule) (minutes int, ok bool) {
	if g.least <= 0 || len(own) == 0 || len(other) == 0 {
		return 0, true
	}
	var at dumpedAt
	if len(own) > len(at.own) || len(other) > len(at.other) {
		return g.shiftOf(own, other)
	}
	copy(at.own[:], own)
	copy(at.other[:], other)
	is, known := g.by[at]
	if !known {
		is.minutes, is.ok = g.shiftOf(own, other)
		g.by[at] = is
	}
	return is.minutes, is.ok
}

// Moved is a schedule that many minutes later.
func (g *Giving) Moved(s Schedule, minutes int) Schedule {
	if minutes == 0 {
		return s
	}
	at := movedBy{s, minutes}
	is, known := g.moved[at]
	if !known {
		is, _ = s.Shift(minutes)
		g.moved[at] = is
	}
	return is
}

// shiftOf works out what By tells.
func (g *Giving) shiftOf(own, other []Schedule) (shift int, ok bool) {
	busy := map[int]bool{}
	for _, s := range other {
		for m := range s.minutesOfDay(g.others) {
			busy[m] = true
		}
	}
	if len(busy) == 0 {
		return 0, true
	}
	starts, local := map[int]bool{}, map[int]bool{}
	for _, s := range own {
		for m := range s.minutesOfDay(g.offsets) {
			starts[m] = true
		}
		for m := range s.minutesOfDay([]int{0}) {
			local[m] = true
		}
	}
	wrapping, found := 0, false
	for n := 0; n <= dayMinutes/2; n += staggerStep {
		for _, by := range []int{n, -n} {
			if !apart(starts, busy, by, g.least) || intoGap(local, g.gap, by) {
				continue
			}
			if !anyWraps(own, by) {
				return by, true
			}
			if !found {
				wrapping, found = by, true
			}
		}
	}
	return wrapping, found
}

func apart(starts, busy map[int]bool, by, least int) bool {
	for s := range starts {
		for b := range busy {
			d := ((s+by-b)%dayMinutes + dayMinutes) % dayMinutes
			if min(d, dayMinutes-d) < least {
				return false
			}
		}
	}
	return true
}

// intoGap tells that a start would come into an hour that summer time skips: that night there would be none.
func intoGap(local, gap map[int]bool, by int) bool {
	for m := range local {
		if gap[((m+by)%dayMinutes+dayMinutes)%dayMinutes] && !gap[m] {
			return true
		}
	}
	return false
}

func anyWraps(own []Schedule, by int) bool {
	return slices.ContainsFunc(own, func(s Schedule) bool {
		_, wraps := s.Shift(by)
		return wraps
	})
}
