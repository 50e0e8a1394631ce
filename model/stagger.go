package model

import (
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
// where that can be. own and other are what each cluster takes; the zones are their Directors'.
func Stagger(own, other []Placement, zone, otherZone *time.Location, least time.Duration) Staggered {
	out := Staggered{ByCell: make(map[Cell]Schedule, len(own)), Shift: map[string]int{}}
	mine, theirs := byClient(own), byClient(other)
	o, oo, gap := offsets(zone), offsets(otherZone), skipped(zone)
	for client, cells := range mine {
		shift, ok := staggerOf(cells, theirs[client], o, oo, gap, int((least+time.Minute-1)/time.Minute))
		if !ok {
			out.Clash = append(out.Clash, client)
		}
		if shift != 0 {
			out.Shift[client] = shift
		}
		for _, p := range cells {
			out.ByCell[p.Cell], _ = p.Schedule.Shift(shift)
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

// staggerOf is the shift of one client's schedules; false when there is none.
func staggerOf(own, other []Placement, offsets, otherOffsets []int, gap map[int]bool, least int) (shift int, ok bool) {
	busy := map[int]bool{}
	for _, p := range other {
		for m := range p.Schedule.minutesOfDay(otherOffsets) {
			busy[m] = true
		}
	}
	if len(busy) == 0 {
		return 0, true
	}
	starts, local := map[int]bool{}, map[int]bool{}
	for _, p := range own {
		for m := range p.Schedule.minutesOfDay(offsets) {
			starts[m] = true
		}
		for m := range p.Schedule.minutesOfDay([]int{0}) {
			local[m] = true
		}
	}
	wrapping, found := 0, false
	for n := 0; n <= dayMinutes/2; n += staggerStep {
		for _, by := range []int{n, -n} {
			if !apart(starts, busy, by, least) || intoGap(local, gap, by) {
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

func anyWraps(ps []Placement, by int) bool {
	return slices.ContainsFunc(ps, func(p Placement) bool {
		_, wraps := p.Schedule.Shift(by)
		return wraps
	})
}
