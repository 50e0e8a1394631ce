package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Freeze lists the windows in which nothing should be changed, as they are written: weekly ("fri 18:00 - mon 06:00") or once
// ("2026-12-20 - 2027-01-02", "2026-12-24 12:00 - 2026-12-27 08:00"), separated by commas, in UTC. Empty: none.
type Freeze string

// ParseFreeze checks the windows.
func ParseFreeze(text string) (Freeze, error) {
	f := Freeze(strings.TrimSpace(text))
	for _, w := range f.windows() {
		if _, err := parseWindow(w); err != nil {
			return "", err
		}
	}
	return f, nil
}

func (f Freeze) windows() []string {
	if f == "" {
		return nil
	}
	ws := strings.Split(string(f), ",")
	for i := range ws {
		ws[i] = strings.TrimSpace(ws[i])
	}
	return ws
}

// At gives the window that holds at a moment and its end; false when none does.
func (f Freeze) At(now time.Time) (window string, until time.Time, frozen bool) {
	for _, text := range f.windows() {
		w, err := parseWindow(text)
		if err != nil { // it was never checked: better frozen than not
			return text, time.Time{}, true
		}
		if end, within := w.at(now.UTC()); within && (!frozen || end.After(until)) {
			window, until, frozen = text, end, true
		}
	}
	return window, until, frozen
}

// freezeWindow is weekly when week is set: from and to are then spans since Monday 00:00.
type freezeWindow struct {
	weekly   bool
	from, to time.Time
	a, b     time.Duration
}

func (w freezeWindow) at(now time.Time) (end time.Time, within bool) {
	if !w.weekly {
		return w.to, !now.Before(w.from) && now.Before(w.to)
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	monday := midnight.AddDate(0, 0, -(int(now.Weekday())+6)%7)
	since := now.Sub(monday)
	length := (w.b - w.a + 7*day) % (7 * day)
	into := (since - w.a + 7*day) % (7 * day)
	return now.Add(length - into), into < length
}

const freezeExample = "write such as fri 18:00 - mon 06:00, or 2026-12-20 - 2027-01-02, in UTC"

func parseWindow(text string) (freezeWindow, error) {
	fail := func(why string) (freezeWindow, error) {
		return freezeWindow{}, fmt.Errorf("%q %s; %s", Clean(text), why, freezeExample)
	}
	left, right, ok := strings.Cut(text, " - ")
	if !ok {
		return fail("is not a window")
	}
	if a, ok := sinceMonday(left); ok {
		b, ok := sinceMonday(right)
		if !ok || a == b {
			return fail("does not end on a weekday and time, or is empty")
		}
		return freezeWindow{weekly: true, a: a, b: b}, nil
	}
	from, _, ok := freezeMoment(left)
	if !ok {
		return fail("does not start on a weekday and time, or a date")
	}
	to, whole, ok := freezeMoment(right)
	if !ok {
		return fail("does not end on a date")
	}
	if whole { // a date alone is included
		to = to.AddDate(0, 0, 1)
	}
	if !from.Before(to) {
		return fail("ends before it starts")
	}
	return freezeWindow{from: from, to: to}, nil
}

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func sinceMonday(text string) (time.Duration, bool) {
	name, clock, ok := strings.Cut(strings.TrimSpace(strings.ToLower(text)), " ")
	d := slices.Index(weekdays, name)
	at, err := time.Parse("15:04", strings.TrimSpace(clock))
	if !ok || d < 0 || err != nil {
		return 0, false
	}
	return time.Duration(d)*day + time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, true
}

func freezeMoment(text string) (at time.Time, wholeDay, ok bool) {
	text = strings.TrimSpace(text)
	if at, err := time.Parse("2006-01-02", text); err == nil {
		return at, true, true
	}
	at, err := time.Parse("2006-01-02 15:04", text)
	return at, false, err == nil
}
