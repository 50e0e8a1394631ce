package record

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Series is what was seen of green over days, hour by hour, the newest day last. A record brings the hour of one look; the state keeps the
// newest SeriesDays. An hour that nobody looked in has no mark: a gap is told from an hour in which all was well.
type Series struct {
	Days []SeriesDay `json:"days"`
}

// SeriesDays bounds how many days of a series are kept.
const SeriesDays = 430

// SeriesLags are the lags over which an hour is marked, ascending.
var SeriesLags = [...]time.Duration{0, time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, time.Hour}

// SeriesDay are marks of the hours of a day in UTC: bit h is the hour from h o'clock on. One look of an hour marks it, so that the same
// look taken in twice, or late, changes nothing.
type SeriesDay struct {
	Day    time.Time               `json:"day"`              // its midnight
	Told   uint32                  `json:"told,omitempty"`   // it was known of every cell who takes it
	Blue   uint32                  `json:"blue,omitempty"`   // and blue took some
	Heard  uint32                  `json:"heard,omitempty"`  // the replica itself told how replication stands
	Broken uint32                  `json:"broken,omitempty"` // and it was broken
	Over   [len(SeriesLags)]uint32 `json:"over"`             // or behind by more than that of SeriesLags
	Begun  []time.Time             `json:"begun,omitempty"`  // when its server began, each time that it did: what it counts began anew
}

// mostBegun bounds the starts of a day that are told.
const mostBegun = 8

// beganApart is how far two readings of one start may be apart: a server tells its uptime in whole seconds, and it takes time to ask.
const beganApart = time.Minute

const allHours = 1<<24 - 1

// SeriesHour is the day and the mark of a moment's hour.
func SeriesHour(at time.Time) (day time.Time, mark uint32) {
	at = at.UTC()
	return at.Truncate(24 * time.Hour), 1 << at.Hour()
}

func (s *Series) check(p *Proof) error {
	of := &p.Of
	if of.Cluster == nil || of.Cell != nil || len(of.Instances) > 0 || len(of.Jobs) > 0 || of.Storage != "" {
		return errors.New("a series is that of one cluster, and of nothing else")
	}
	if len(s.Days) == 0 || len(s.Days) > SeriesDays {
		return fmt.Errorf("a series of %d days: 1 to %d are told", len(s.Days), SeriesDays)
	}
	for i := range s.Days {
		d := &s.Days[i]
		marks := d.Told | d.Heard
		over := d.Blue&^d.Told | d.Broken&^d.Heard
		for _, o := range d.Over {
			over |= o &^ d.Heard
		}
		switch {
		case !d.Day.Equal(d.Day.UTC().Truncate(24 * time.Hour)):
			return errors.New("a day of the series does not begin at midnight in UTC")
		case i > 0 && !d.Day.After(s.Days[i-1].Day):
			return errors.New("the days of a series ascend")
		case d.Day.After(p.At) && i == len(s.Days)-1 && len(s.Days) == 1:
			return errors.New("a day of the series is later than the look")
		case marks == 0 || marks > allHours:
			return errors.New("a day of the series has no hour that was looked in, or more than 24")
		case over != 0:
			return errors.New("an hour of the series tells of what was not seen")
		case len(d.Begun) > mostBegun:
			return fmt.Errorf("a day of the series tells of %d starts, more than %d", len(d.Begun), mostBegun)
		}
	}
	return nil
}

// with is the series with more days: marks of one day meet, and the newest SeriesDays are kept.
func (s *Series) with(more []SeriesDay) *Series {
	days := slices.Clone(s.Days)
	for _, m := range more {
		i, there := slices.BinarySearchFunc(days, m.Day, func(d SeriesDay, at time.Time) int { return d.Day.Compare(at) })
		if !there {
			days = slices.Insert(days, i, m)
			continue
		}
		d := &days[i]
		d.Told, d.Blue, d.Heard, d.Broken = d.Told|m.Told, d.Blue|m.Blue, d.Heard|m.Heard, d.Broken|m.Broken
		for n := range d.Over {
			d.Over[n] |= m.Over[n]
		}
		d.Begun = starts(d.Begun, m.Begun)
	}
	return &Series{Days: days[max(0, len(days)-SeriesDays):]}
}

// starts are both, each once, in order.
func starts(all, more []time.Time) []time.Time {
	out := slices.Clone(all)
	for _, m := range more {
		if !slices.ContainsFunc(out, func(at time.Time) bool { return at.Sub(m).Abs() <= beganApart }) && len(out) < mostBegun {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// Has tells whether a series has all the marks of a day already.
func (s *Series) Has(d *SeriesDay) bool {
	i, there := slices.BinarySearchFunc(s.Days, d.Day, func(d SeriesDay, at time.Time) int { return d.Day.Compare(at) })
	if !there {
		return false
	}
	is := &s.Days[i]
	new := d.Told&^is.Told | d.Blue&^is.Blue | d.Heard&^is.Heard | d.Broken&^is.Broken
	for n := range d.Over {
		new |= d.Over[n] &^ is.Over[n]
	}
	return new == 0 && len(starts(is.Begun, d.Begun)) == len(is.Begun)
}

// Since is from when on, up to now, every hour was marked by seen and none by bad, where looks may be so far apart; zero where not even
// the newest hours were. Gap is set where it ends because nobody looked, and not at a bad hour; hours are those seen, the newest first.
// What is later than now is not looked at.
func (s *Series) Since(
	now time.Time,
	apart time.Duration,
	seen, bad func(*SeriesDay) uint32,
) (since time.Time, gap bool, hours []time.Time) {
	i := len(s.Days) - 1
	blank := time.Duration(0)
	for at := now.UTC().Truncate(time.Hour); ; at = at.Add(-time.Hour) {
		day, mark := SeriesHour(at)
		for i >= 0 && s.Days[i].Day.After(day) {
			i--
		}
		if i < 0 {
			return since, true, hours
		}
		d := &s.Days[i]
		switch is := d.Day.Equal(day); {
		case is && bad(d)&mark != 0:
			return since, false, hours
		case is && seen(d)&mark != 0:
			since, blank, hours = at, 0, append(hours, at)
			continue
		}
		if blank += time.Hour; blank > apart {
			return since, true, hours
		}
	}
}

// Day is the day of a moment; nil: nobody looked on it.
func (s *Series) Day(at time.Time) *SeriesDay {
	day, _ := SeriesHour(at)
	i, there := slices.BinarySearchFunc(s.Days, day, func(d SeriesDay, at time.Time) int { return d.Day.Compare(at) })
	if !there {
		return nil
	}
	return &s.Days[i]
}
