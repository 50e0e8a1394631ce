package record

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// LongestAck bounds how long an alert stays acknowledged, ackedJobs of how many jobs it may tell.
const (
	LongestAck = 7 * 24 * time.Hour
	ackedJobs  = 500
)

// Told is an alert as somebody acknowledges it: it comes back when it is another one than that.
type Told struct {
	ID       string         `json:"id"`
	Severity model.Severity `json:"severity"`
	Reach    int            `json:"reach,omitempty"` // cells; 0: whatever rests on it
	Jobs     []model.JobKey `json:"jobs,omitempty"`  // that it tells of: with another one it is another alert
	Until    time.Time      `json:"until"`
}

// Ack is an alert that somebody has seen and lets be until a moment.
type Ack struct {
	Told
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"`
	Session bool      `json:"session,omitempty"` // only this session knows of it
}

// Check says why an acknowledgement cannot be taken. It is model.ErrGuard.
func (a *Ack) Check() error {
	for _, bad := range []struct {
		is   bool
		says string
	}{
		{a.ID == "" || len(a.ID) > 512 || model.Clean(a.ID) != a.ID, "it names no alert"},
		{len(a.Jobs) > ackedJobs, fmt.Sprintf("it tells of more than %d jobs: mend some first", ackedJobs)},
		{a.Reason == "" || len(a.Reason) > 1024 || model.Clean(a.Reason) != a.Reason, "it needs a reason, in plain words"},
		{!a.Until.After(a.At), "the moment until when is over"},
		{a.Until.Sub(a.At) > LongestAck+time.Minute, "it may last " + model.Span(LongestAck) + " at most"},
	} {
		if bad.is {
			return &model.Fault{Kind: model.ErrGuard, Says: "acknowledging an alert: " + bad.says}
		}
	}
	return nil
}

// Is tells whether two are of the same alert, until the same moment.
func (t *Told) Is(o *Told) bool { return t.ID == o.ID && t.Until.Equal(o.Until) }

// Remark is the note that records an acknowledgement. A program that knows none reads it as a person's remark, and goes on showing the
// alert.
func (t Told) Remark(reason string) Note {
	return Note{Says: reason, Alert: &t}
}

// remark takes in what a note says of an alert, and forgets what is over. A note that fits no alert stays a remark.
func (s *State) remark(r Record) {
	var n Note
	if err := r.Into(&n); err != nil || n.Alert == nil {
		return
	}
	a := Ack{Told: *n.Alert, By: r.Actor, At: r.At, Reason: n.Says}
	if a.Check() != nil {
		return
	}
	acks := slices.DeleteFunc(slices.Clone(s.Acks), func(old Ack) bool { return old.ID == a.ID || !old.Until.After(r.At) })
	s.Acks = append(acks, a)
}

// says tells an acknowledgement in the story of the journal.
func (n *Note) says() string {
	if n.Alert == nil {
		return because("note", n.Says)
	}
	return because(fmt.Sprintf("acknowledged the alert %s until %s UTC", n.Alert.ID, n.Alert.Until.UTC().Format("2 Jan 15:04")), n.Says)
}
