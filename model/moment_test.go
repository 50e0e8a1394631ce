package model

import (
	"strings"
	"testing"
	"time"
)

func TestMomentsOfThePast(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 4, 31, 0, time.UTC)
	for text, want := range map[string]string{
		"01:30":                     "2026-11-28T01:30:00Z",
		"12:05":                     "2026-11-27T12:05:00Z",
		"2026-11-02 01:30":          "2026-11-02T01:30:00Z",
		"2026-11-02 01:30:09":       "2026-11-02T01:30:09Z",
		"2026-11-02T01:30:00+01:00": "2026-11-02T00:30:00Z",
		"3h":                        "2026-11-28T09:04:31Z",
		" 2d ago ":                  "2026-11-26T12:04:31Z",
	} {
		if got, err := ParseMoment(text, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v; want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
	for text, why := range map[string]string{
		"": "want 01:30", "yesterday": "want 01:30", "25:00": "want 01:30", "-3h": "want 01:30", "0h": "want 01:30", "\x1b[2J": "want 01:30",
		"2026-11-28 12:05": "lies in the future", "2027-01-01T00:00:00Z": "lies in the future", "99999999999999d": "want 01:30",
	} {
		if got, err := ParseMoment(text, now); err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
}
