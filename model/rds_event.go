package model

import (
	"slices"
	"strings"
	"time"
)

// RDSEvent is one event of DescribeEvents. AWS gives no ids: equal content is the same event.
type RDSEvent struct {
	At         time.Time `json:"at"`
	Instance   string    `json:"instance"`
	Region     string    `json:"aws_region"`
	Categories []string  `json:"categories"`
	Says       string    `json:"says"` // AWS's own text
	Severity   Severity  `json:"severity"`
	Kind       EventKind `json:"kind"`
}

// MergeEvents adds what is new to the events that are known, by content, oldest first, and keeps the newest RDSEvents. AWS lists an
// event late, and lists it again with every look. Neither slice is changed.
func MergeEvents(known, seen []RDSEvent) []RDSEvent {
	out := slices.Clone(known)
	for _, e := range seen {
		if !slices.ContainsFunc(out, e.Same) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b RDSEvent) int { return a.At.Compare(b.At) })
	return out[max(0, len(out)-RDSEvents):]
}

// Same tells whether both are one event, listed twice.
func (e RDSEvent) Same(o RDSEvent) bool {
	return e.At.Equal(o.At) && e.Instance == o.Instance && e.Region == o.Region && e.Says == o.Says
}

// StandbyRebuilds is when AWS began to rebuild the standby of an instance, after a moment, and when it was done; zero: it has told neither.
func (r *RDS) StandbyRebuilds(id string, from time.Time) (since, done time.Time) {
	for i := range r.Events {
		e := &r.Events[i]
		says := strings.ToLower(e.Says)
		switch {
		case e.Instance != id || e.At.Before(from) || !strings.Contains(says, "recovery of standby"):
		case strings.Contains(says, "started"):
			since, done = e.At, time.Time{}
		case strings.Contains(says, "complete"):
			done = e.At
		}
	}
	return since, done
}
