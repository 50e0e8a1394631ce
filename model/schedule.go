package model

import (
	"cmp"
	"errors"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// Schedule says when a job is due, in the syntax of Bacula's Run directive. The zero Schedule is never due. Schedules are
// comparable: copies of one are equal, so whatever is computed of a shared one can be kept by it.
type Schedule struct{ *timetable }

type timetable struct {
	lines []string
	runs  []run
}

// ErrSchedule is the kind of every schedule that cannot be used.
var ErrSchedule = errors.New("schedule")

// Due is one moment at which a schedule starts a job. Level is 0 when the line leaves it to the Job resource.
type Due struct {
	At    time.Time
	Level Level
}

// farthest is how far Due and Between look back from the end of their window.
const farthest = 400 * day

// run is one Run line as the Director's scheduler keeps it (parse_conf.c and scheduler.c of Bacula 15, run_conf.c before): every set
// must hold the moment, but the last day of a month needs only month and hour.
type run struct {
	level  Level
	minute uint8
	hours  uint32 // bits 0 to 23
	wdays  uint8  // bits 0 to 6, Sunday first
	weeks  uint8  // bits 0 to 5: first to fifth seven days of the month, and a sixth that no month has
	years  uint64 // bits 0 to 53: weeks of the year, as weekOfYear counts them
	months uint16 // bits 0 to 11
	mdays  uint32 // bits 0 to 30, and lastDay
}

const (
	lastDay   = 1 << 31
	yearWeeks = 1<<54 - 1
)

// weekOfYear is ISO 8601's week, but never another year's: days of January before week 1 are in week 0, and those of December that
// ISO gives to the next year's week 1 are in week 53 (tm_woy of Bacula's btime.c).
func weekOfYear(date time.Time) int {
	switch year, week := date.ISOWeek(); {
	case year < date.Year():
		return 0
	case year > date.Year():
		return 53
	default:
		return week
	}
}

func (r *run) on(date time.Time) bool {
	_, m, d := date.Date()
	if r.months&(1<<(m-1)) == 0 {
		return false
	}
	if r.mdays&(1<<(d-1)) != 0 && r.wdays&(1<<date.Weekday()) != 0 && r.weeks&(1<<((d-1)/7)) != 0 &&
		(r.years == yearWeeks || r.years&(1<<weekOfYear(date)) != 0) {
		return true
	}
	return r.mdays&lastDay != 0 && date.AddDate(0, 0, 1).Day() == 1
}

// ever tells whether there is a date that the line fires on: every date falls on every weekday sooner or later.
func (r *run) ever() bool {
	if r.years != yearWeeks {
		return r.everInAYear()
	}
	for m, days := range [12]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31} {
		if r.months&(1<<m) == 0 {
			continue
		}
		for d := range days {
			if r.mdays&(1<<d) != 0 && r.weeks&(1<<(d/7)) != 0 {
				return true
			}
		}
		if r.mdays&lastDay != 0 {
			return true
		}
	}
	return false
}

// everInAYear looks at every date of 28 years, which begin on every weekday, leap years too: weeks of the year tie dates to weekdays.
func (r *run) everInAYear() bool {
	for date := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC); date.Year() < 2029; date = date.AddDate(0, 0, 1) {
		if r.on(date) {
			return true
		}
	}
	return false
}

// Lines are the Run lines as they were written.
func (s Schedule) Lines() []string {
	if s.timetable == nil {
		return nil
	}
	return slices.Clone(s.lines)
}

// String is the schedule in one line, its lines joined by "; ".
func (s Schedule) String() string {
	if s.timetable == nil {
		return ""
	}
	return strings.ReplaceAll(strings.Join(s.lines, "; "), "\t", " ")
}

// Equal tells whether two schedules were written alike.
func (s Schedule) Equal(o Schedule) bool {
	return s == o || s.timetable != nil && o.timetable != nil && slices.Equal(s.lines, o.lines)
}

// Between gives the due times t with from < t <= to, oldest first, for a Director whose local zone is given. See Due.
func (s Schedule) Between(from, to time.Time, zone *time.Location) []time.Time {
	due := s.Due(from, to, zone)
	if len(due) == 0 {
		return nil
	}
	times := make([]time.Time, len(due))
	for i, d := range due {
		times[i] = d.At
	}
	return times
}

// Due gives what starts at t with from < t <= to, oldest first, at most 400 days back from to. As the Director's scheduler
// walks its local clock hour by hour, an hour that summer time skips starts nothing, and one that it repeats starts twice.
// Of two lines that fire in the same minute the fuller level counts.
func (s Schedule) Due(from, to time.Time, zone *time.Location) []Due {
	if s.timetable == nil || !from.Before(to) {
		return nil
	}
	if oldest := to.Add(-farthest); from.Before(oldest) {
		from = oldest
	}
	// A clock set back over midnight returns to the day before: one day more on either side, then the window decides.
	first, last := localDate(from, zone).AddDate(0, 0, -1), localDate(to, zone).AddDate(0, 0, 1)
	var due []Due
	for date := first; !date.After(last); date = date.Add(day) { // a day of UTC
		due = s.onDate(due, date, from, to, zone)
	}
	slices.SortFunc(due, func(a, b Due) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(b.Level.fullness(), a.Level.fullness()))
	})
	return slices.CompactFunc(due, func(a, b Due) bool { return a.At.Equal(b.At) })
}

// Next is the first due time after a moment; zero when there is none.
func (s Schedule) Next(after time.Time, zone *time.Location) time.Time {
	if s.timetable == nil {
		return time.Time{}
	}
	// 29 February falls on a given weekday every 40 years at worst.
	const horizon = 41 * 366
	start := localDate(after, zone).AddDate(0, 0, -1)
	var due []Due
	for i := range horizon {
		date := start.AddDate(0, 0, i)
		if due = s.onDate(due[:0], date, after, date.Add(4*day), zone); len(due) == 0 {
			continue
		}
		due = s.onDate(due, date.AddDate(0, 0, 1), after, date.Add(5*day), zone)
		return slices.MinFunc(due, func(a, b Due) int { return a.At.Compare(b.At) }).At
	}
	return time.Time{}
}

// onDate appends what the schedule starts on a local date within the window.
func (s Schedule) onDate(due []Due, date, from, to time.Time, zone *time.Location) []Due {
	for i := range s.runs {
		r := &s.runs[i]
		if !r.on(date) {
			continue
		}
		for hours := r.hours; hours != 0; hours &= hours - 1 {
			wall := date.Add(time.Duration(bits.TrailingZeros32(hours))*time.Hour + time.Duration(r.minute)*time.Minute)
			for _, at := range instants(wall, zone) {
				if !at.IsZero() && at.After(from) && !at.After(to) {
					due = append(due, Due{At: at, Level: r.level})
				}
			}
		}
	}
	return due
}

// localDate is the date that a clock in the zone shows, as midnight UTC.
func localDate(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// instants are the moments at which a clock in the zone shows what wall shows in UTC: one, none (skipped) or two (repeated).
func instants(wall time.Time, zone *time.Location) (at [2]time.Time) {
	if zone == time.UTC {
		at[0] = wall
		return at
	}
	n, last := 0, 1<<30
	for _, near := range [2]time.Duration{-day, day} {
		_, offset := wall.Add(near).In(zone).Zone()
		if offset == last {
			continue
		}
		last = offset
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, there := t.Zone(); there == offset {
			at[n] = t
			n++
		}
	}
	return at
}

// fullness orders levels by how much they hold.
func (l Level) fullness() int {
	switch l {
	case 'F', 'f', 'B':
		return 3
	case 'D':
		return 2
	case 'I', 'S':
		return 1
	}
	return 0
}
