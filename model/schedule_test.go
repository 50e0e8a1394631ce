package model

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mustSchedule(t testing.TB, lines ...string) Schedule {
	t.Helper()
	s, err := ParseSchedule(lines...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// told writes due times as the local clock shows them.
func told(due []Due, zone *time.Location) []string {
	var s []string
	for _, d := range due {
		line := d.At.In(zone).Format("Mon 02 Jan 15:04 MST")
		if d.Level != 0 {
			line += " " + d.Level.String()
		}
		s = append(s, line)
	}
	return s
}

func TestScheduleDue(t *testing.T) {
	berlin := mustZone(t, "Europe/Berlin")
	at := func(zone *time.Location, s string) time.Time {
		tm, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return tm
	}
	for _, c := range []struct {
		name     string
		lines    []string
		zone     *time.Location
		from, to string
		want     []string
	}{
		{"daily", []string{"daily at 02:10"}, time.UTC, "2026-11-20 02:10", "2026-11-22 02:10",
			[]string{"Sat 21 Nov 02:10 UTC", "Sun 22 Nov 02:10 UTC"}},
		{"two lines", []string{"mon-sat at 02:10", "Full sun at 2:10"}, time.UTC, "2026-11-20 12:00", "2026-11-23 12:00",
			[]string{"Sat 21 Nov 02:10 UTC", "Sun 22 Nov 02:10 UTC full", "Mon 23 Nov 02:10 UTC"}},
		{"same minute", []string{"Incremental daily at 2:10", "Level = Full, Pool=imm 1st sun at " +
			"2:10"}, time.UTC, "2026-11-01 00:00", "2026-11-02 12:00",
			[]string{"Sun 01 Nov 02:10 UTC full", "Mon 02 Nov 02:10 UTC incr"}},
		{"ordinals and months", []string{`Differential Messages="to all" 2nd-3rd sat dec at 11:05pm`}, time.UTC, "2026-11-01 00:00",
			"2026-12-31 00:00",
			[]string{"Sat 12 Dec 23:05 UTC diff", "Sat 19 Dec 23:05 UTC diff"}},
		{"days and last day", []string{"on 1, 15 lastday feb at 12:00am"}, time.UTC, "2028-01-31 12:00", "2028-03-31 00:00",
			[]string{"Tue 01 Feb 00:00 UTC", "Tue 15 Feb 00:00 UTC", "Tue 29 Feb 00:00 UTC"}},
		{"wrapping", []string{"sat-sun at 12:30pm"}, time.UTC, "2026-11-20 00:00", "2026-11-24 00:00",
			[]string{"Sat 21 Nov 12:30 UTC", "Sun 22 Nov 12:30 UTC"}},
		{"hourly", []string{"hourly at 0:05"}, time.UTC, "2026-11-20 22:05", "2026-11-21 01:00",
			[]string{"Fri 20 Nov 23:05 UTC", "Sat 21 Nov 00:05 UTC"}},
		{"two times", []string{"at 2:10, 14:10"}, time.UTC, "2026-11-20 00:00", "2026-11-20 23:00",
			[]string{"Fri 20 Nov 02:10 UTC", "Fri 20 Nov 14:10 UTC"}},
		{"every second week", []string{"sun w44, w46 w48 at 2:10"}, time.UTC, "2026-10-25 12:00", "2026-12-10 00:00",
			[]string{"Sun 01 Nov 02:10 UTC", "Sun 15 Nov 02:10 UTC", "Sun 29 Nov 02:10 UTC"}},
		{"a range of weeks over the year's end", []string{"Full mon W53-w01 at 2:10"}, time.UTC, "2024-12-20 00:00", "2025-01-20 00:00",
			[]string{"Mon 30 Dec 02:10 UTC full"}}, // ISO's week 1 of 2025 begins on that day, Bacula's week 53 of 2024
		{"week 0", []string{"daily w00 at 2:10"}, time.UTC, "2026-12-28 00:00", "2027-01-10 00:00",
			[]string{"Fri 01 Jan 02:10 UTC", "Sat 02 Jan 02:10 UTC", "Sun 03 Jan 02:10 UTC"}},
		{"all six", []string{"1st-6th sun at 2:10"}, time.UTC, "2026-11-22 12:00", "2026-12-01 00:00",
			[]string{"Sun 29 Nov 02:10 UTC"}},
		{"from the fifth round", []string{"sixth-first sun at 2:10"}, time.UTC, "2026-11-22 12:00", "2026-12-14 00:00",
			[]string{"Sun 06 Dec 02:10 UTC"}},
		{"half hours", []string{"at 0:15am, 12:15am 0:15pm"}, time.UTC, "2026-11-20 00:00", "2026-11-21 00:00",
			[]string{"Fri 20 Nov 00:15 UTC", "Fri 20 Nov 12:15 UTC"}},
		{"tabs", []string{"daily\tat\t\t2:10"}, time.UTC, "2026-11-20 00:00", "2026-11-21 00:00",
			[]string{"Fri 20 Nov 02:10 UTC"}},
		{"leading zeros", []string{"daily at 002:10"}, time.UTC, "2026-11-20 00:00", "2026-11-21 00:00",
			[]string{"Fri 20 Nov 02:10 UTC"}},
		{"skipped hour", []string{"daily at 2:10"}, berlin, "2026-03-28 00:00", "2026-03-30 12:00",
			[]string{"Sat 28 Mar 02:10 CET", "Mon 30 Mar 02:10 CEST"}},
		{"repeated hour", []string{"daily at 2:10"}, berlin, "2026-10-24 12:00", "2026-10-25 12:00",
			[]string{"Sun 25 Oct 02:10 CEST", "Sun 25 Oct 02:10 CET"}},
		{"empty window", []string{"daily at 2:10"}, time.UTC, "2026-10-25 12:00", "2026-10-25 12:00", nil},
		{"backwards", []string{"daily at 2:10"}, time.UTC, "2026-10-25 12:00", "2026-10-20 12:00", nil},
	} {
		s := mustSchedule(t, c.lines...)
		if diff := cmp.Diff(c.want, told(s.Due(at(c.zone, c.from), at(c.zone, c.to), c.zone), c.zone)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.lines, s.Lines()); diff != "" {
			t.Errorf("%s: lines (-want +got):\n%s", c.name, diff)
		}
	}
}

// What is shown in one line has no tab that moves the rest of it.
func TestScheduleIsShownWithoutTabs(t *testing.T) {
	if got := mustSchedule(t, "Full\tsun at\t2:10", "daily at 2:10").String(); got != "Full sun at 2:10; daily at 2:10" {
		t.Errorf("%q", got)
	}
}

func TestScheduleZero(t *testing.T) {
	var s Schedule
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if got := s.Between(now.Add(-day), now, time.UTC); got != nil {
		t.Errorf("Between = %v", got)
	}
	if got := s.Next(now, time.UTC); !got.IsZero() {
		t.Errorf("Next = %v", got)
	}
	if s.String() != "" || s.Lines() != nil || s.Equal(mustSchedule(t, "daily at 2:10")) || !s.Equal(Schedule{}) {
		t.Error("the zero schedule says something")
	}
}

func TestScheduleLooksBackOnlySoFar(t *testing.T) {
	got := mustSchedule(t, "hourly").Between(time.Time{}, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), time.UTC)
	if len(got) != 400*24 {
		t.Errorf("%d due times of all history, want 400 days of them", len(got))
	}
}

func TestScheduleNextIsFar(t *testing.T) {
	after := time.Date(2096, 3, 1, 0, 0, 0, 0, time.UTC)
	got := mustSchedule(t, "sun on 29 feb at 2:10").Next(after, time.UTC)
	if got.Month() != time.February || got.Day() != 29 || got.Weekday() != time.Sunday {
		t.Errorf("Next = %v", got)
	}
}

func TestScheduleRefused(t *testing.T) {
	for _, c := range []struct {
		line, says string
		column     int
	}{
		{"", "the line is empty", 1},
		{"  , ", "the line is empty", 1},
		{"daily", "the time is missing", 6},
		{"Full", "the time is missing", 5},
		{"daily 02:10", "the word at is missing", 7},
		{"daily at", "the time is missing", 7},
		{"daily at 2", `"2" is not a time`, 10},
		{"daily at 25:00", "there is no 25:00 o'clock", 10},
		{"daily at 12:60", "there is no 12:60 o'clock", 10},
		{"daily at 13:00pm", "there is no 13:00pm o'clock", 10},
		{"daily at 2:1", "not a time", 10},
		{"daily at 2:10 pm", `"pm" is not a word`, 15},
		{"daily at 2:10 at 3:20", "a line has one minute", 18},
		{"mondy at 2:10", `"mondy" is not a word`, 1},
		{"mon-fry at 2:10", `"fry" is not a word`, 5},
		{"mon-jan at 2:10", `"mon-jan" is not a range`, 1},
		{"on-mon at 2:10", `"on-mon" is not a range`, 1},
		{"daily-hourly at 2:10", "is not a range", 1},
		{"mon-mon at 2:10", "starts where it ends", 1},
		{"5-5 at 2:10", "starts where it ends", 1},
		{"on 32 at 2:10", "there is no day 32", 4},
		{"6th sun at 2:10", "no month has a sixth", 1},
		{"w54 sun at 2:10", "there is no week 54", 1},
		{"w05-w54 sun at 2:10", "there is no week 54", 5},
		{"w5 sun at 2:10", `"w5" is not a word`, 1},
		{"w05-mon at 2:10", `"w05-mon" is not a range`, 1},
		{"w05-w05 at 2:10", "starts where it ends", 1},
		{"w20 jan at 2:10", "no date is like that", 1},
		{"w00 mon at 2:10", "no date is like that", 1},
		{"weekly sun w05 at 2:10", "weekly means every week", 12},
		{"lastday w05 at 2:10", "lastday whatever weekday", 9},
		{"on 31 feb at 2:10", "no date is like that", 1},
		{"1st sun on 8 at 2:10", "no date is like that", 1},
		{"daily sun at 2:10", "daily means every day", 7},
		{"weekly at 2:10", "weekly alone as every day", 1},
		{"weekly sun on 1 at 2:10", "weekly means every week", 15},
		{"monthly sun at 2:10", "monthly alone as every day", 1},
		{"monthly on 1 jan at 2:10", "monthly means every month", 14},
		{"lastday sun at 2:10", "lastday whatever weekday", 9},
		{"hourly at 3:05", "only the minute counts", 11},
		{"Levl=Full daily at 2:10", `"Levl" is not an override`, 1},
		{"Level=Fulll daily at 2:10", `"Fulll" is not a backup level`, 7},
		{"Pool= ", "its value is missing", 5},
		{`Pool="a daily at 2:10`, "the quote is not closed", 6},
		{`Pool="a;b" daily at 2:10`, `";" cannot stand in a name`, 8},
		{`"mon" at 2:10`, "quotes are for", 1},
		{"daily at 2:10 Full", "a level stands before", 15},
		{"daily @ 2:10", `"@" has no meaning`, 7},
		{"daily;at 2:10", `";" has no meaning`, 6},
		{"täglich at 2:10", `"ä" has no meaning`, 2},
		{strings.Repeat("mon ", 200), "too long", 501},
	} {
		_, err := ParseSchedule("daily at 02:10", c.line)
		var m *Mistake
		if !errors.As(err, &m) || !errors.Is(err, ErrSchedule) || !strings.Contains(m.Says, c.says) || m.Column != c.column || m.Line != 2 ||
			m.Do == "" {
			t.Errorf("%q: %v; want %q at %d", c.line, err, c.says, c.column)
		}
	}
	if _, err := ParseSchedule(); !errors.Is(err, ErrSchedule) {
		t.Errorf("no lines: %v", err)
	}
}

// baculaWeek is tm_woy of Bacula's btime.c, word for word.
func baculaWeek(l time.Time) int {
	fty := 1 - int(time.Date(l.Year(), 1, 4, 0, 0, 0, 0, time.UTC).Weekday())
	if fty <= 0 {
		fty += 7
	}
	woy := l.YearDay() - 1 - fty + 4
	if woy < 0 {
		return 0
	}
	return 1 + woy/7
}

func TestWeekOfYearIsBaculas(t *testing.T) {
	for date := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC); date.Year() < 2130; date = date.AddDate(0, 0, 1) {
		if got, want := weekOfYear(date), baculaWeek(date); got != want {
			t.Fatalf("%s is in week %d, Bacula says %d", date.Format(time.DateOnly), got, want)
		}
	}
}

// drawnRun is a Run line with its meaning told by a predicate over the local clock.
type drawnRun struct {
	text string
	hits func(local time.Time) bool
}

func drawRun(t *rapid.T) drawnRun {
	var words []string
	var tests []func(time.Time) bool
	weekdays := []string{"sun", "Monday", "tue", "wed", "THU", "friday", "sat"}
	set := func(label string, names []string, n func(time.Time) int) {
		switch rapid.IntRange(0, 2).Draw(t, label) {
		case 1:
			i := rapid.IntRange(0, len(names)-1).Draw(t, label+" one")
			words = append(words, names[i])
			tests = append(tests, func(l time.Time) bool { return n(l) == i })
		case 2:
			a := rapid.IntRange(0, len(names)-1).Draw(t, label+" from")
			steps := rapid.IntRange(1, len(names)-1).Draw(t, label+" steps")
			words = append(words, names[a]+"-"+names[(a+steps)%len(names)])
			tests = append(tests, func(l time.Time) bool { return (n(l)-a+len(names))%len(names) <= steps })
		}
	}
	var days []string
	for d := range 31 {
		days = append(days, fmt.Sprint(d+1))
	}
	set("weekday", weekdays, func(l time.Time) int { return int(l.Weekday()) })
	set("week", []string{"1st", "second", "3rd", "4th", "fifth", "6th"}, func(l time.Time) int { return (l.Day() - 1) / 7 })
	set("day", days, func(l time.Time) int { return l.Day() - 1 })
	var weeks []string
	for w := range 54 {
		weeks = append(weeks, fmt.Sprintf("w%02d", w))
	}
	set("week of the year", weeks, baculaWeek)
	words = rapid.Permutation(words).Draw(t, "order")
	h, m := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.SampledFrom([]int{0, 10, 30, 59}).Draw(t, "minute")
	if rapid.IntRange(0, 3).Draw(t, "hourly") == 0 {
		words = append(words, "hourly", fmt.Sprintf("at 0:%02d", m))
		tests = append(tests, func(l time.Time) bool { return l.Minute() == m })
	} else {
		words = append(words, fmt.Sprintf("at %02d:%02d", h, m))
		tests = append(tests, func(l time.Time) bool { return l.Hour() == h && l.Minute() == m })
	}
	return drawnRun{strings.Join(words, rapid.SampledFrom([]string{" ", ", "}).Draw(t, "glue")), func(l time.Time) bool {
		for _, hit := range tests {
			if !hit(l) {
				return false
			}
		}
		return true
	}}
}

// The whole truth about a schedule is a walk over every minute of the local clock.
func TestScheduleIsAWalkOverTheClock(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
		"Pacific/Apia"} {
		zones = append(zones, mustZone(t, name))
	}
	// Summer time begins or ends soon after these; Apia skipped 30 December 2011.
	starts := []time.Time{
		time.Date(
			2026,
			3,
			28,
			10,
			7,
			0,
			0,
			time.UTC,
		),
		time.Date(2026, 10, 24, 9, 0, 0, 0, time.UTC),
		time.Date(2026, 3, 7, 0, 0, 30, 0, time.UTC),
		time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC),
		time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC),
		time.Date(2011, 12, 29, 0, 0, 0, 0, time.UTC),
		time.Date(2018, 2, 17, 0, 0, 0, 0, time.UTC),
		time.Date(2018, 11, 3, 0, 0, 0, 0, time.UTC),
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		runs := rapid.SliceOfN(rapid.Custom(drawRun), 1, 3).Draw(t, "runs")
		var lines []string
		for _, r := range runs {
			lines = append(lines, r.text)
		}
		s, err := ParseSchedule(lines...)
		if err != nil {
			if strings.Contains(err.Error(), "no date is like that") || strings.Contains(err.Error(), "no month has a sixth") {
				t.Skip("a date that never comes")
			}
			t.Fatal(err)
		}
		from := rapid.SampledFrom(starts).Draw(t, "start").Add(time.Duration(rapid.IntRange(-3000, 600).Draw(t, "minutes")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(0, 3*1440).Draw(t, "length")) * time.Minute)
		var want []time.Time
		for at := from.Truncate(time.Minute); !at.After(to); at = at.Add(time.Minute) {
			if !at.After(from) {
				continue
			}
			local := at.In(zone)
			for _, r := range runs {
				if r.hits(local) {
					want = append(want, at)
					break
				}
			}
		}
		got := s.Between(from, to, zone)
		if len(got) != len(want) {
			t.Fatalf("%q in %v from %v to %v:\n got %v\nwant %v", lines, zone, from, to, got, want)
		}
		for i := range got {
			if !got[i].Equal(want[i]) {
				t.Fatalf("%q in %v: got %v, want %v", lines, zone, got, want)
			}
		}
		next := s.Next(from, zone)
		if len(want) > 0 && !next.Equal(want[0]) || len(want) == 0 && !next.After(to) {
			t.Fatalf("%q in %v: after %v comes %v; want %v", lines, zone, from, next, want)
		}
	})
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"daily at 02:10", "Full 1st sun at 23:05", "Level=Full Pool=\"a b\" mon-fri,sun on 1-7 jan-mar at " +
		"2:10pm", "hourly at 0:05",
		"lastday at 0:00", "w01", "at at at", "=", "\"", "on 31 feb at 1:00", "5th-1st 30-2 nov-feb fri-mon at " +
			"23:59", "mon--fri", "\u0737", "-", ":"} {
		f.Add(s)
	}
	now := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	berlin := mustZone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, line string) {
		s, err := ParseSchedule(line)
		if err != nil {
			var m *Mistake
			if !errors.As(err, &m) || m.Column < 1 || m.Column > len(line)+1 || m.Says == "" || m.Do == "" || err.Error() != Clean(err.Error()) {
				t.Fatalf("%q: %#v", line, err)
			}
			return
		}
		if line != Clean(line) && strings.TrimRight(line, " ") != Clean(line) {
			t.Fatalf("%q is accepted", line)
		}
		next := s.Next(now, berlin)
		if !next.After(now) {
			t.Fatalf("%q: after %v comes %v", line, now, next)
		}
		if due := s.Between(next.Add(-time.Minute), next, berlin); len(due) != 1 || !due[0].Equal(next) {
			t.Fatalf("%q: next is %v, but due is %v", line, next, due)
		}
	})
}

func BenchmarkScheduleWeek(b *testing.B) {
	s := mustSchedule(b, "mon-sat at 02:10", "Full sun at 02:10")
	to := time.Date(2026, 10, 28, 0, 30, 0, 0, time.UTC)
	for _, zone := range []*time.Location{time.UTC, mustZone(b, "Europe/Berlin")} {
		b.Run(zone.String(), func(b *testing.B) {
			for b.Loop() {
				if len(s.Due(to.Add(-8*day), to, zone)) < 8 {
					b.Fatal("too few")
				}
			}
		})
	}
}
