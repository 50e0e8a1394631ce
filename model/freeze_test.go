package model

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFreeze(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		m, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	f, err := ParseFreeze("fri 18:00 - mon 06:00, 2026-12-20 - 2027-01-02, 2026-12-17 12:00 - 2026-12-17 13:00")
	if err != nil {
		t.Fatal(err)
	}
	for when, until := range map[string]string{
		"2026-11-20 17:59": "", "2026-11-20 18:00": "2026-11-23 06:00", "2026-11-22 23:59": "2026-11-23 06:00", "2026-11-23 06:00": "",
		"2026-12-17 12:30": "2026-12-17 13:00", "2026-12-17 13:00": "", "2026-12-20 00:00": "2027-01-03 00:00",
		"2027-01-02 23:59": "2027-01-04 06:00",
	} {
		window, end, frozen := f.At(at(when).In(time.FixedZone("", 3600)))
		if frozen != (until != "") || frozen && (!end.Equal(at(until)) || window == "") {
			t.Errorf("%s: %q until %v, %v, want %q", when, window, end, frozen, until)
		}
	}
	for _, text := range []string{"fri 18:00", "fri 18:00 - 2026-01-01", "fri 18:00 - fri 18:00", "2026-01-02 - 2026-01-01",
		"fr 18:00 - mon 06:00", "fri 25:00 - mon 06:00",
		"2026-01-01 - mon 06:00", ",", "fri 18:00 - mon 06:00,", "\x1b[2J - x"} {
		if f, err := ParseFreeze(text); err == nil {
			t.Errorf("%q is read as %q", text, f)
		} else if strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("the error repeats an escape: %q", err)
		}
	}
	if _, _, frozen := Freeze("nonsense").At(at("2026-11-20 17:59")); !frozen {
		t.Error("a window that nobody can read lets everything through")
	}
}

// TestFreezeWeekly holds every minute of a week against the words of the window.
func TestFreezeWeekly(t *testing.T) {
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return monday.Add(time.Duration(rapid.IntRange(0, 7*24*60-1).Draw(t, "minute")) * time.Minute)
	})
	word := func(m time.Time) string { return strings.ToLower(m.Format("Mon 15:04")) }
	rapid.Check(t, func(t *rapid.T) {
		a, b, now := moment.Draw(t, "from"), moment.Draw(t, "to"), moment.Draw(t, "now")
		if a.Equal(b) {
			return
		}
		f, err := ParseFreeze(word(a) + " - " + word(b))
		if err != nil {
			t.Fatal(err)
		}
		want := !now.Before(a) && now.Before(b)
		if b.Before(a) {
			want = !now.Before(a) || now.Before(b)
		}
		_, until, frozen := f.At(now)
		if frozen != want || frozen && (word(until) != word(b) || !until.After(now) || until.Sub(now) > 7*24*time.Hour) {
			t.Fatalf("%s at %s: frozen %v until %s", f, word(now), frozen, word(until))
		}
	})
}
