package record

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// Decision is a decision about a phase: a gate that does not hold is waived. It is never taken back: whoever reads the journal later sees
// who went on without it.
type Decision struct {
	Gate string `json:"gate"` // its ID
	Why  string `json:"why"`
}

// RecordKind is KindPhase.
func (Decision) RecordKind() string { return KindPhase }

// Check says why it cannot be taken. It is model.ErrGuard.
func (d *Decision) Check() error {
	switch {
	case d.Gate == "" || !plain(d.Gate, maxName):
		return &model.Fault{Kind: model.ErrGuard, Says: "waiving a gate: it names none"}
	case d.Why == "" || !plain(d.Why, maxWhy):
		return &model.Fault{Kind: model.ErrGuard,
			Says: fmt.Sprintf("waiving a gate: it needs a reason, in plain text of %d bytes at most", maxWhy)}
	}
	return nil
}

// Waiver is a gate that somebody went on without.
type Waiver struct {
	Decision
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	Seq int64     `json:"seq"`
}

// maxWaivers bounds how many are kept.
const maxWaivers = 1000

// waive takes in a decision about a phase. One that cannot be read, of a program that knows others, changes nothing.
func (s *State) waive(r Record, seq int64) {
	var d Decision
	if r.Into(&d) != nil || d.Check() != nil || r.Actor == "" {
		return
	}
	if s.Waived(d.Gate) != nil || len(s.Waivers) >= maxWaivers {
		return // the first one counts: since then it was gone on without
	}
	s.Waivers = append(slices.Clip(s.Waivers), Waiver{Decision: d, By: r.Actor, At: r.At, Seq: seq})
}

// Waived is the waiver of a gate; nil when there is none.
func (s *State) Waived(gate string) *Waiver {
	for i := range s.Waivers {
		if s.Waivers[i].Gate == gate {
			return &s.Waivers[i]
		}
	}
	return nil
}

// line tells a decision in the story of the journal.
func (d *Decision) line() string { return because("gate "+model.Clean(d.Gate)+" is waived", d.Why) }
