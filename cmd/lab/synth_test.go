package main

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestSynthCells(t *testing.T) {
	now := time.Date(2026, 11, 23, 1, 24, 13, 0, time.UTC)
	all := synthCells(1_000_000, now)
	names := map[string]bool{}
	for _, c := range all {
		names[c.Name()] = true
		if _, err := model.ParseSchedule(c.Runs()...); err != nil {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
	if len(names) != 1000 || len(all) != 1000 {
		t.Errorf("%d cells have %d names, want 1,000", len(all), len(names))
	}
	if newest, oldest := all[999].Runs()[0], all[0].Runs()[0]; newest != "daily at 01:24" || oldest != "daily at 01:25" {
		t.Errorf("the newest job is due %q, the oldest of the day %q", newest, oldest)
	}
}

func TestSynthSQL(t *testing.T) {
	for _, n := range []int{1000, 1001, 1_000_000} {
		text, err := synthSQL(n, time.Unix(1795397055, 0))
		if err != nil {
			t.Fatal(err)
		}
		digits := 1
		for upTo := 10; upTo < n; upTo *= 10 {
			digits++
		}
		_, jobs, _ := strings.Cut(text, "INSERT INTO Job (")
		jobs, _, _ = strings.Cut(jobs, ";")
		if got := strings.Count(jobs, "SELECT 0 d"); got != digits {
			t.Errorf("%d jobs are numbered by %d digits, want %d", n, got, digits)
		}
	}
}
