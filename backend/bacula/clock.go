package bacula

import (
	"bytes"
	"time"
)

const wallLayout = "2006-01-02 15:04:05"

// wall holds the DATETIMEs of a Job row: the wall clock of the Director's host, without a zone.
type wall struct{ sched, start, end, realEnd []byte }

// read turns wall clocks into moments. An hour that a clock shows twice is resolved by what is known for certain: JobTDate is an epoch and,
// in a finished row, that of RealEndTime; a job does not end before it starts, nor start before it was due. Where JobTDate shows that the
// configured zone itself is wrong, all four are corrected and Skew says by how much.
func (w wall) read(r *Row, zone *time.Location) {
	// Start, End and JobTDate are another job's, or were made one's own: nothing about the zone follows from how they differ from RealEndTime.
	original := r.Type == 'C' || r.Type == 'M' || r.PriorID > 0 || w.merged()
	limit := r.TDate
	if original {
		limit = time.Time{}
	}
	r.RealEnd = moment(w.realEnd, zone, limit)
	if !original && !r.RealEnd.IsZero() && !r.TDate.IsZero() && !r.Status.Outcome().Open() {
		r.Skew = skew(r.RealEnd, r.TDate)
	}
	if r.Skew != 0 {
		zone = time.FixedZone("", offsetAt(r.RealEnd)-int(r.Skew/time.Second))
		r.RealEnd = moment(w.realEnd, zone, limit)
	}
	r.End = moment(w.end, zone, r.TDate)
	r.Start = moment(w.start, zone, earliest(r.End, r.TDate))
	r.Sched = moment(w.sched, zone, earliest(r.Start, r.TDate))
}

// merged tells that a row's end and its real end are apart, as in a consolidation.
func (w wall) merged() bool {
	if bytes.Equal(w.end, w.realEnd) { // as in nearly every row
		return false
	}
	end, real := moment(w.end, time.UTC, time.Time{}), moment(w.realEnd, time.UTC, time.Time{})
	return !end.IsZero() && !real.IsZero() && real.Sub(end).Abs() > longestWrite
}

// skew is what must be subtracted from a moment that was read in the wrong zone: offsets between zones are whole quarters of an hour and at
// most 26 h.
func skew(read, truth time.Time) time.Duration {
	d := read.Sub(truth)
	if d.Round(15*time.Minute) != d || d.Abs() > 26*time.Hour {
		return 0
	}
	return -d
}

func offsetAt(t time.Time) int { _, off := t.Zone(); return off }

// lastMoment is the last that is told, in whatever zone: the years beyond it are no longer written as others read them.
var lastMoment = time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC)

// earliest of two moments, where zero does not count.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// moment reads a DATETIME. NULL, 0000-00-00 and years before 1971 are unset. When the clock showed the text twice, it is
// the later one that is not after limit, or the earlier one when both are or there is no limit.
func moment(text []byte, zone *time.Location, limit time.Time) time.Time {
	t := anyMoment(text, zone, limit)
	if t.After(lastMoment) {
		return lastMoment.In(zone)
	}
	return t
}

func anyMoment(text []byte, zone *time.Location, limit time.Time) time.Time {
	if len(text) > len(wallLayout) && text[len(wallLayout)] == '.' {
		text = text[:len(wallLayout)]
	}
	if len(text) != len(wallLayout) {
		return time.Time{}
	}
	t, ok := wallTime(text, zone)
	if !ok || t.Year() < 1971 {
		return time.Time{}
	}
	before, after := offsetAt(t.Add(-4*time.Hour)), offsetAt(t.Add(4*time.Hour))
	if before <= after { // Only a clock that was put back shows an hour twice.
		return t
	}
	asUTC := t.Unix() + int64(offsetAt(t))
	first, second := time.Unix(asUTC-int64(before), 0).In(zone), time.Unix(asUTC-int64(after), 0).In(zone)
	if offsetAt(first) != before || offsetAt(second) != after {
		return t
	}
	if limit.IsZero() || second.After(limit) {
		return first
	}
	return second
}

// wallTime is time.ParseInLocation of wallLayout: a look at a catalog reads hundreds of them, and that one has every layout to think of.
func wallTime(text []byte, zone *time.Location) (t time.Time, ok bool) {
	if len(text) != len(wallLayout) || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':' {
		return t, false
	}
	var n [6]int
	for i, at := range [...][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		for _, c := range text[at[0]:at[1]] {
			if c < '0' || c > '9' {
				return t, false
			}
			n[i] = n[i]*10 + int(c-'0')
		}
	}
	if n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return t, false
	}
	if n[2] > 28 && time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC).Day() != n[2] {
		return t, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, zone), true
}
