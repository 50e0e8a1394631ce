package model

import (
	"fmt"
	"slices"
	"time"
)

const dayMinutes = 24 * 60

// Shift is the same schedule on the same dates at another time of the day, by some whole minutes later or, when they are negative, earlier.
// A time that would leave its date comes round to the date's other end, so that what is said of days keeps its meaning; wraps tells that
// one does. Of hourly lines only the minute moves.
func (s Schedule) Shift(minutes int) (shifted Schedule, wraps bool) {
	if s.timetable == nil || minutes%dayMinutes == 0 {
		return s, false
	}
	lines := make([]string, len(s.lines))
	for i, line := range s.lines {
		p := runParser{text: line, line: i + 1}
		if _, err := p.run(); err != nil { // it was read before, by the same parser
			return s, false
		}
		var over bool
		lines[i], over = p.shift(minutes)
		wraps = wraps || over
	}
	shifted, err := ParseSchedule(lines...)
	if err != nil {
		return s, false
	}
	return shifted, wraps
}

// shift writes the line again with other times.
func (p *runParser) shift(minutes int) (line string, wraps bool) {
	line = p.text
	for i := len(p.times) - 1; i >= 0; i-- {
		w := p.times[i]
		at := clock(w.text) + minutes
		to := ((at % dayMinutes) + dayMinutes) % dayMinutes
		if p.hourly != nil {
			to %= 60
		} else if at != to {
			wraps = true
		}
		from := w.column - 1
		until := from + len(w.text)
		if w.quoted {
			until += 2
		}
		line = line[:from] + fmt.Sprintf("%02d:%02d", to/60, to%60) + line[until:]
	}
	if len(p.times) == 0 { // hourly alone
		line += fmt.Sprintf(" at 0:%02d", ((minutes%60)+60)%60)
	}
	return line, wraps
}

// clock is the minute of the day of a time that at has read.
func clock(text string) int {
	p := runParser{}
	if p.at(runWord{text: text}) != nil {
		return 0
	}
	hour := 0
	for p.r.hours>>hour&1 == 0 {
		hour++
	}
	return hour*60 + int(p.r.minute)
}

// minutesOfDay are the minutes of the day, in UTC, at which a schedule may start something in a zone, on whatever date: summer and winter.
func (s Schedule) minutesOfDay(offsets []int) map[int]bool {
	out := map[int]bool{}
	if s.timetable == nil {
		return out
	}
	for i := range s.runs {
		for hour := range 24 {
			if s.runs[i].hours>>hour&1 == 0 {
				continue
			}
			for _, offset := range offsets {
				at := hour*60 + int(s.runs[i].minute) - offset
				out[((at%dayMinutes)+dayMinutes)%dayMinutes] = true
			}
		}
	}
	return out
}

// era is what is looked at of a zone: what it does in these years it does in those around them.
var era = [2]time.Time{time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(2036, 1, 1, 12, 0, 0, 0, time.UTC)}

// spells are the stretches of the era in which a zone keeps one difference to UTC, as times within them.
func spells(zone *time.Location) (out []time.Time) {
	for t := era[0].In(zone); ; {
		out = append(out, t)
		_, until := t.ZoneBounds()
		if until.IsZero() || !until.Before(era[1]) {
			return out
		}
		t = until
	}
}

func offsetOf(t time.Time) int {
	_, seconds := t.Zone()
	return seconds / 60
}

// offsets are the differences to UTC that a zone has in the era, in minutes.
func offsets(zone *time.Location) (out []int) {
	for _, t := range spells(zone) {
		if o := offsetOf(t); !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// skipped are the minutes of the day that a zone's clock leaves out on some date of the era.
func skipped(zone *time.Location) map[int]bool {
	out := map[int]bool{}
	all := spells(zone)
	for i := 1; i < len(all); i++ {
		t, before := all[i].UTC(), offsetOf(all[i-1])
		for m := before; m < offsetOf(all[i]); m++ {
			out[((t.Hour()*60+t.Minute()+m)%dayMinutes+dayMinutes)%dayMinutes] = true
		}
	}
	return out
}
