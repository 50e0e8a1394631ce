package bacula

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWallTime reads what time.ParseInLocation reads, and the same: also days that a month does not have, and hours that a clock skips.
func TestWallTime(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip("SKIPPED: no time zones are known here")
	}
	check := func(t interface{ Fatalf(string, ...any) }, text string) {
		want, err := time.ParseInLocation(wallLayout, text, zone)
		if strings.Count(text, " ") > 1 { // which Go passes over, and no server writes
			err = errors.New("a blank too many")
		}
		got, ok := wallTime([]byte(text), zone)
		if ok != (err == nil) || ok && !got.Equal(want) {
			t.Fatalf("%q: %v %v, want %v %v", text, got, ok, want, err)
		}
	}
	for _, text := range []string{
		"2026-11-29 13:00:00", "0000-00-00 00:00:00", "2024-02-29 00:00:00", "2026-02-29 00:00:00", "2026-04-31 10:00:00", "2026-12-31 23:59:59",
		"2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-13-01 00:00:00", "2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-01-01T00:00:00",
		"2026-01-01 00:00:60", "0970-01-01  0:00:00", "+026-01-01 00:00:00", "9999-12-31 23:59:59", "1900-02-29 00:00:00", "2000-02-29 00:00:00",
	} {
		check(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0).UTC().Format(wallLayout))
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "place")] = rapid.SampledFrom([]byte("0123456789- :.+")).Draw(t, "letter")
		}
		check(t, string(text))
	})
}
