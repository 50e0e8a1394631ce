package model

import "time"

// Schedule says when a job is due, in the syntax of Bacula's Run directive. The zero Schedule is never due.
type Schedule struct {
	text string
	runs []run
}

type run struct{}

// String is the schedule as it was written.
func (s Schedule) String() string { return s.text }

// Between appends the due times t with from < t <= to, oldest first, in the given zone.
func (s Schedule) Between(from, to time.Time, zone *time.Location) []time.Time { return nil }
