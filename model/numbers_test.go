package model

import (
	"testing"
	"time"
)

func TestANumberAboveAllThatWereGiven(t *testing.T) {
	for _, c := range []struct {
		of    NextID
		age   time.Duration
		known bool
		want  uint64
	}{
		{NextID{"Job", 908}, 20 * time.Minute, true, 10_908},
		{NextID{"Job", 908}, 49 * time.Hour, true, 30_908},
		{NextID{"Job", 908}, -time.Hour, true, 10_908},
		{NextID{"Job", 908}, 0, false, 100_908},
		{NextID{"Path", mostUint32 - 1_000}, 0, false, mostUint32 - 900},
		{NextID{"Media", mostUint32}, 0, true, mostUint32},
		{NextID{"File", 7_000_000_000}, 0, true, 7_100_000_000},
		{NextID{"mine", 7}, 0, true, 7},
	} {
		if got := c.of.Above(c.age, c.known); got.Next != c.want || got.Table != c.of.Table {
			t.Errorf("%+v, %s ago (%v): %d, want %d", c.of, c.age, c.known, got.Next, c.want)
		}
	}
	for _, of := range numbered {
		if name := of.name; !IsNumbered(name) || (NextID{name, 1}).Above(0, true).Next <= 1 {
			t.Errorf("%s has no margin", name)
		}
	}
	if IsNumbered("mysql.user") {
		t.Error("a table that is none of Bacula's")
	}
}
