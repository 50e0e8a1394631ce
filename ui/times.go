package ui

import (
	"strings"
	"time"

	"switchyard/model"
)

// ago is the age of t at now, never negative: clocks of two machines differ.
func ago(now, t time.Time) time.Duration { return max(0, now.Sub(t)) }

// age says how old t is, "-" when it is unset.
func age(now, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return model.Age(ago(now, t))
}

// coarse is the age of t for places that are drawn once a minute.
func coarse(minute, t time.Time) string {
	if d := ago(minute, t); t.IsZero() || d >= 2*time.Minute {
		return age(minute, t)
	}
	return "<2 min"
}

// short is an age for narrow columns: 4m, 31h.
func short(age string) string {
	n, unit, _ := strings.Cut(age, " ")
	return n + unit[:min(1, len(unit))]
}

// clock says a moment of today as hour and minute, an older one with its date.
func clock(now, t time.Time) string {
	switch {
	case t.IsZero():
		return "-"
	case ago(now, t) < 20*time.Hour && t.Sub(now) < 20*time.Hour:
		return t.UTC().Format("15:04")
	}
	return t.UTC().Format("2 Jan 15:04")
}

// stamp says a moment in full, "never" when it is unset.
func stamp(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC, " + age(now, t) + " ago"
}
