package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScheduleShift(t *testing.T) {
	for _, c := range []struct {
		minutes int
		lines   []string
		want    []string
		wraps   bool
	}{
		{0, []string{"daily at 2:10"}, []string{"daily at 2:10"}, false},
		{1440, []string{"daily at 2:10"}, []string{"daily at 2:10"}, false},
		{90, []string{"Full 1st sun at 01:05", "Incremental mon-sat at 1:05"}, []string{"Full 1st sun at 02:35", "Incremental mon-sat at " +
			"02:35"}, false},
		{-90, []string{"Full 1st sun at 01:05"}, []string{"Full 1st sun at 23:35"}, true},
		{180, []string{"lastday at 23:05"}, []string{"lastday at 02:05"}, true},
		{60, []string{"at 2:10, 14:10"}, []string{"at 03:10, 15:10"}, false},
		{60, []string{"at 0:15am, 12:15am 0:15pm"}, []string{"at 01:15, 01:15 13:15"}, false},
		{75, []string{"hourly at 0:05"}, []string{"hourly at 00:20"}, false},
		{15, []string{"hourly"}, []string{"hourly at 0:15"}, false},
		{60, []string{`Pool="my pool" daily at "2:10"`}, []string{`Pool="my pool" daily at 03:10`}, false},
	} {
		got, wraps := mustSchedule(t, c.lines...).Shift(c.minutes)
		if diff := cmp.Diff(c.want, got.Lines()); diff != "" || wraps != c.wraps {
			t.Errorf("%v by %d: wraps %v (-want +got):\n%s", c.lines, c.minutes, wraps, diff)
		}
	}
	if s, wraps := (Schedule{}).Shift(60); s != (Schedule{}) || wraps {
		t.Errorf("what is never due is shifted to %v", s)
	}
}

// TestShiftKeepsTheDates: whatever a schedule says of days, it says it after a shift, too.
func TestShiftKeepsTheDates(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0).Add(-time.Second)
	dates := func(s Schedule) (out []string) {
		for _, d := range s.Due(from.Add(-time.Second), to, time.UTC) {
			out = append(out, d.At.Format("2006-01-02 ")+d.Level.String())
		}
		return out
	}
	for _, line := range []string{"Full 1st sun at 23:50", "lastday at 0:10", "daily at 12:00", "sun w44, w46 w48 at 2:10", "on 31 at 23:00",
		"feb at 05:00"} {
		s := mustSchedule(t, line)
		for _, by := range []int{-700, -60, 15, 700, 1439} {
			shifted, _ := s.Shift(by)
			if diff := cmp.Diff(dates(s), dates(shifted)); diff != "" {
				t.Errorf("%s by %d (-want +got):\n%s", line, by, diff)
			}
		}
	}
}

// TestStaggerKeepsApart looks at every start of two years, in zones with and without summer time.
func TestStaggerKeepsApart(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, zone)
	}
	from, moved, clashed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		lines := func() Schedule {
			h, m := r.IntN(24), r.IntN(60)
			return mustSchedule(t, fmt.Sprintf("Full 1st sun at %d:%02d", h, m), fmt.Sprintf("Incremental mon-sat at %d:%02d", (h+r.IntN(2))%24, m))
		}
		var own, other []Placement
		for i := range 6 {
			p := Placement{Cell: Cell{Chain: fmt.Sprint("c", i), Region: "r"}, Client: fmt.Sprint("fd", i/3), Schedule: lines()}
			if r.IntN(4) > 0 {
				own = append(own, p)
			}
			if r.IntN(4) > 0 {
				other = append(other, p)
			}
		}
		zone, otherZone := zones[r.IntN(len(zones))], zones[r.IntN(len(zones))]
		least := time.Duration(1+r.IntN(4)) * time.Hour
		s := Stagger(own, other, zone, otherZone, least)
		moved, clashed = moved+len(s.Shift), clashed+len(s.Clash)
		if len(s.ByCell) != len(own) {
			t.Fatalf("seed %d: %d schedules of %d cells", seed, len(s.ByCell), len(own))
		}
		for _, client := range []string{"fd0", "fd1"} {
			if slices.Contains(s.Clash, client) {
				continue
			}
			var mine, theirs []time.Time
			nights := 0
			for _, p := range own {
				if p.Client == client {
					before := p.Schedule.Between(from, from.AddDate(1, 1, 0), zone)
					after := s.ByCell[p.Cell].Between(from, from.AddDate(1, 1, 0), zone)
					mine, nights = append(mine, after...), nights+len(before)-len(after)
				}
			}
			if nights > len(own) {
				t.Errorf("seed %d: %s lost %d nights", seed, client, nights)
			}
			for _, p := range other {
				if p.Client == client {
					theirs = append(theirs, p.Schedule.Between(from.AddDate(0, 0, -1), from.AddDate(1, 1, 1), otherZone)...)
				}
			}
			slices.SortFunc(theirs, time.Time.Compare)
			for _, at := range mine {
				i, _ := slices.BinarySearchFunc(theirs, at.Add(-least+time.Second), time.Time.Compare)
				if i < len(theirs) && theirs[i].Before(at.Add(least)) {
					t.Fatalf("seed %d: %s starts at %s, and the other cluster at %s", seed, client, at, theirs[i])
				}
			}
		}
	}
	if moved == 0 || clashed == 0 {
		t.Errorf("%d clients moved and %d clashed: this test looks at nothing", moved, clashed)
	}
}

func TestStaggerMovesNothingAlone(t *testing.T) {
	p := Placement{Cell: Cell{Chain: "a", Region: "r"}, Client: "fd", Schedule: mustSchedule(t, "daily at 2:10")}
	far := Placement{Cell: Cell{Chain: "b", Region: "r"}, Client: "fd", Schedule: mustSchedule(t, "daily at 12:00")}
	elsewhere := Placement{Cell: Cell{Chain: "c", Region: "r"}, Client: "fd2", Schedule: mustSchedule(t, "daily at 2:10")}
	s := Stagger([]Placement{p}, []Placement{far, elsewhere}, time.UTC, time.UTC, 3*time.Hour)
	if len(s.Shift) != 0 || len(s.Clash) != 0 || !s.ByCell[p.Cell].Equal(p.Schedule) {
		t.Errorf("got %+v", s)
	}
	s = Stagger([]Placement{p}, []Placement{p}, time.UTC, time.UTC, 3*time.Hour)
	if got := s.ByCell[p.Cell].String(); got != "daily at 05:10" || s.Shift["fd"] != 180 {
		t.Errorf("got %s by %v", got, s.Shift)
	}
	s = Stagger([]Placement{{Client: "fd", Schedule: mustSchedule(t, "hourly at 0:05")}}, []Placement{p}, time.UTC, time.UTC, time.Hour)
	if diff := cmp.Diff([]string{"fd"}, s.Clash); diff != "" {
		t.Errorf("hourly is kept apart by %v:\n%s", s.Shift, diff)
	}
}

// TestStaggerLeavesTheSkippedHour: a start that summer time skips would be a night without a backup.
func TestStaggerLeavesTheSkippedHour(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	p := Placement{Client: "fd", Schedule: mustSchedule(t, "daily at 1:10")}
	s := Stagger([]Placement{p}, []Placement{p}, zone, zone, time.Hour)
	if at := s.ByCell[p.Cell].String(); strings.HasPrefix(at, "daily at 02:") || s.Shift["fd"] == 0 {
		t.Errorf("moved to %q", at)
	}
}

func TestCanary(t *testing.T) {
	a, b := CanaryName("a\n"), CanaryName("b\n")
	if a == b || a != CanaryName("a\n") || !IsCanary(a) || CheckName("a job's name", a, "") != nil {
		t.Errorf("%s and %s", a, b)
	}
	for _, not := range []string{"", "switchyard-", "switchyard-0123456789abcdeg", a + "0", "x" + a, strings.ToUpper(a),
		"backup-a-b-regular"} {
		if IsCanary(not) {
			t.Errorf("%s is one", not)
		}
	}
}
