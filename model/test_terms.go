package model

import (
	"fmt"
	"time"
)

// TestTerms is how much may be tested.
type TestTerms struct {
	Budget time.Duration // of one run, by the clock
	AtOnce int           // tests that go on together
	Every  time.Duration // how often tests are run; only the forecast is by it
	Limit  time.Duration // of a restore, and of the command that verifies it
	Window DayWindow     // when they may go on
}

// MostTestsAtOnce bounds what Storage Daemons are asked for besides their backups.
const MostTestsAtOnce = 16

// DefaultTestTerms are used where the configuration says nothing.
func DefaultTestTerms() TestTerms {
	return TestTerms{Budget: 4 * time.Hour, AtOnce: 1, Every: 24 * time.Hour, Limit: 2 * time.Hour}
}

// DayWindow is a part of each day, UTC. The zero value is all of it.
type DayWindow struct{ From, To time.Duration }

// ParseDayWindow reads 20:00-05:00.
func ParseDayWindow(text string) (w DayWindow, err error) {
	var h, m, hh, mm int
	n, err := fmt.Sscanf(text, "%d:%d-%d:%d", &h, &m, &hh, &mm)
	if err != nil || n != 4 || text != fmt.Sprintf("%02d:%02d-%02d:%02d", h, m, hh, mm) || h > 23 || hh > 23 || m > 59 || mm > 59 {
		return w, fmt.Errorf("%q is no part of a day", Clean(text))
	}
	at := func(h, m int) time.Duration { return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute }
	w = DayWindow{at(h, m), at(hh, mm)}
	if w.From == w.To {
		return w, fmt.Errorf("%q ends when it begins", Clean(text))
	}
	return w, nil
}

// Left is how much is left of the window at a moment; nothing outside of it, and always a day of one that has no ends.
func (w DayWindow) Left(now time.Time) time.Duration {
	if w == (DayWindow{}) {
		return 24 * time.Hour
	}
	now = now.UTC()
	at := now.Sub(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC))
	switch {
	case w.From < w.To && (at < w.From || at >= w.To), w.From > w.To && at < w.From && at >= w.To:
		return 0
	case at < w.To:
		return w.To - at
	}
	return w.To + 24*time.Hour - at
}

func (w DayWindow) String() string {
	if w == (DayWindow{}) {
		return "all day"
	}
	at := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d/time.Minute)%60) }
	return at(w.From) + "-" + at(w.To) + " UTC"
}
