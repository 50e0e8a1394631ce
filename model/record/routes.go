package record

import (
	"encoding/json"
	"slices"
	"time"
)

// RoutesKept is for how long before the newest routes a state knows those that were in force.
const RoutesKept = 9 * 24 * time.Hour

// RoutesAt is a routes document that was in force from a moment on.
type RoutesAt struct {
	Seq      int64
	At       time.Time
	Document json.RawMessage
}

// inForce makes a document the one that counts from a moment on, and forgets those that were over long before.
func (s *State) inForce(document json.RawMessage, seq int64, at time.Time) {
	s.Routes, s.RoutesSeq = document, seq
	past := append(slices.Clip(s.RoutesPast), RoutesAt{seq, at, document})
	over := 0
	for over+1 < len(past) && !past[over+1].At.After(at.Add(-RoutesKept)) {
		over++
	}
	s.RoutesPast = past[over:]
}
