package model

import (
	"strings"
	"testing"
	"time"
)

func TestSpaceCountsAndSaysWhenAStorageIsFull(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	ago := func(d float64) time.Time { return now.Add(-time.Duration(d * float64(day))) }
	used := func(gb float64, written, until time.Time) SpaceVolume {
		return SpaceVolume{Pool: "reg", Storage: "sd", Status: "Used", Recycles: true, Bytes: uint64(gb * 1e9), First: written.Add(-time.Hour),
			Written: written, Until: until}
	}
	volumes := []SpaceVolume{
		used(35, ago(1), ago(-6)), used(35, ago(2), ago(-5)), // 70 GB of a week: 10 a day
		used(15, ago(20), ago(13)), // overdue
		used(4, ago(7.5), ago(0.5)),
		{Pool: "reg", Storage: "sd", Status: "Purged", Recycles: true, Bytes: 20e9, Written: ago(3)},
		{Pool: "reg", Storage: "sd", Status: "Error", Bytes: 1e9, Written: ago(9), Recycles: true, Until: ago(2)},
		{Pool: "reg", Storage: "sd", Status: "Full", Bytes: 2e9, Written: ago(9), Until: ago(2)}, // never recycled
		{Pool: "reg", Storage: "sd", Status: "Append", Bytes: 14e9, First: ago(14), Written: now, Off: true},
	}
	of := func(room map[string]uint64) *Space {
		s := &Space{}
		s.SpaceOf(Green, volumes, room, "no storage_room is configured", now)
		return s
	}
	s := of(map[string]uint64{"sd": 5e9})
	if len(s.Pools) != 1 || len(s.Storage) != 1 {
		t.Fatalf("%+v", s)
	}
	p := s.Pools[0]
	if p.Statuses["Used"] != 4 || p.Bytes != 126e9 || p.Owed != 84e9 || p.Reusable != 20e9 || p.Bad != 1 ||
		p.Overdue != 1 || p.Off != 1 || p.NoEnd != 1 {
		t.Errorf("%+v", p)
	}
	if p.PerDay < 10.99e9 || p.PerDay > 11.01e9 { // and half of the 14 GB that took two weeks
		t.Errorf("%v a day", p.PerDay)
	}
	// 5 + 20 + 15 + 4 GB at 11 a day are gone before the next volume may be recycled; with 20 more, both of the week are in time.
	if d := s.Storage[0].Days; d == nil || *d < 3.9 || *d > 4.1 {
		t.Errorf("%v: %s", d, s.Storage[0].Says)
	}
	if d := of(map[string]uint64{"sd": 25e9}).Storage[0].Days; d == nil || *d < 12.1 || *d > 12.3 {
		t.Errorf("with 20 GB more: %v", *d)
	}
	if says := strings.Join(s.Trouble(), "; "); !strings.Contains(says, "green sd: full in 4 days") ||
		!strings.Contains(says, "1 volumes are in error") {
		t.Errorf("%q", says)
	}
	if s := of(nil).Storage[0]; s.Days != nil || s.Free != nil || !strings.Contains(s.Says, "storage_room") {
		t.Errorf("without room: %+v", s)
	}
	if s := of(map[string]uint64{"sd": 50e12}).Storage[0]; s.Days != nil || !strings.HasPrefix(s.Says, "not full within 400 days") {
		t.Errorf("with room: %+v", s)
	}
}

// TestAFullStorageIsFull, also when nothing was written to it for a week, as it is full; and not when something of it may be written anew.
func TestAFullStorageIsFull(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	of := func(free uint64, status string) *Space {
		s := &Space{}
		s.SpaceOf(Blue, []SpaceVolume{{Storage: "sd", Status: status, Bytes: 70e9, Recycles: true, Written: now.Add(-9 * 24 * time.Hour)}},
			map[string]uint64{"sd": free}, "", now)
		return s
	}
	if s := of(0, "Used"); len(s.Trouble()) != 1 || s.Storage[0].Days == nil || *s.Storage[0].Days != 0 {
		t.Errorf("full, and nothing is written: %+v", s.Storage[0])
	}
	for says, s := range map[string]*Space{"there is room": of(1, "Used"), "it may be written anew": of(0, "Recycle")} {
		if len(s.Trouble()) != 0 || s.Storage[0].Days != nil {
			t.Errorf("%s: %+v", says, s.Storage[0])
		}
	}
}

// TestMoreRoomLastsLonger adds room, and takes from what is written.
func TestMoreRoomLastsLonger(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	days := func(gb, free uint64) float64 {
		s := &Space{}
		s.SpaceOf(Blue, []SpaceVolume{{Storage: "sd", Status: "Used", Bytes: gb * 1e9, Written: now.Add(-time.Hour)}},
			map[string]uint64{"sd": free * 1e9}, "", now)
		if d := s.Storage[0].Days; d != nil {
			return *d
		}
		return SpaceAhead + 1
	}
	last := -1.0
	for free := uint64(0); free < 5000; free += 50 {
		d := days(70, free)
		if d < last || days(140, free) > d {
			t.Fatalf("%d GB free: %v days, %v before, %v at twice the rate", free, d, last, days(140, free))
		}
		last = d
	}
	if d := days(70, 100); d < 9.9 || d > 10.1 {
		t.Errorf("100 GB at 10 a day: %v days", d)
	}
}

func TestTheHighestMeanIsOfPointsInARow(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	s := Series{{at, 10}, {at.Add(LoadEvery), 20}, {at.Add(2 * LoadEvery), 30}, {at.Add(9 * LoadEvery), 90}}
	if m := s.HighestMean(3, LoadEvery); m != 20 {
		t.Errorf("%v: a gap lies before the last", m)
	}
	if m := s[2:].HighestMean(3, LoadEvery); m == m {
		t.Errorf("%v of two points", m)
	}
}
