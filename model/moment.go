package model

import (
	"fmt"
	"strings"
	"time"
)

// ParseMoment reads a moment of the past, in UTC where it does not say otherwise: 01:30, the newest one of that time of day; 2026-11-28
// 01:30, with seconds or without; 2026-11-28T01:30:00Z; or 3h or 2d ago.
func ParseMoment(text string, now time.Time) (time.Time, error) {
	const wants = "want 01:30, 2026-11-28 01:30, 2026-11-28T01:30:00Z, or 3h or 2d ago"
	text = strings.TrimSpace(text)
	var at time.Time
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			at = t.UTC()
		}
	}
	if t, err := time.Parse("15:04", text); err == nil {
		u := now.UTC()
		if at = time.Date(u.Year(), u.Month(), u.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC); at.After(now) {
			at = at.AddDate(0, 0, -1)
		}
	}
	if at.IsZero() {
		d, err := ParseSpan(strings.TrimSpace(strings.TrimSuffix(text, "ago")))
		if err != nil || d <= 0 {
			return at, fmt.Errorf("moment %q: %s", Clean(text), wants)
		}
		at = now.UTC().Add(-d)
	}
	if at.After(now) {
		return time.Time{}, fmt.Errorf("moment %q lies in the future", Clean(text))
	}
	return at, nil
}
