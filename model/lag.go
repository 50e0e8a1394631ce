package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Lag is how far a replica is behind its source: known, broken or unknown, and never a bare number. The zero Lag is unknown.
// MySQL's NULL, CloudWatch's -1 and a stopped thread are broken; no fresh answer is unknown. Lags compare with ==.
type Lag struct {
	state  LagState
	behind time.Duration
	why    string
}

// LagState is which of the three a Lag is.
type LagState uint8

// The three states; the zero value never passes anything.
const (
	LagUnknown LagState = iota // no fresh answer
	LagBroken                  // answered: it is not replicating
	LagKnown                   // answered: so many seconds
)

var lagWords = [...]string{"unknown", "broken", "known"}

func (s LagState) String() string { return lagWords[min(s, LagKnown)] }

// KnownLag is an answer in time; a negative one is broken, which is how CloudWatch says NULL.
func KnownLag(behind time.Duration) Lag {
	if behind < 0 {
		return BrokenLag("not replicating")
	}
	return Lag{state: LagKnown, behind: behind}
}

// BrokenLag is an answer that says replication does not run, and why.
func BrokenLag(why string) Lag { return Lag{state: LagBroken, why: Clean(why)} }

// UnknownLag is the absence of an answer, and why.
func UnknownLag(why string) Lag { return Lag{why: Clean(why)} }

// State tells which of the three it is.
func (l Lag) State() LagState { return l.state }

// Behind is the lag in time; false unless it is known.
func (l Lag) Behind() (time.Duration, bool) { return l.behind, l.state == LagKnown }

// Why says what is broken, or why it is unknown; empty for a known lag.
func (l Lag) Why() string { return l.why }

// String writes "3 s", "broken: reason" or "unknown: reason".
func (l Lag) String() string {
	switch {
	case l.state == LagKnown && l.behind > 0 && l.behind < time.Second:
		return "< 1 s"
	case l.state == LagKnown:
		return fmt.Sprintf("%d s", l.behind/time.Second)
	case l.why == "":
		return l.state.String()
	}
	return l.state.String() + ": " + l.why
}

type lagJSON struct {
	State   string   `json:"state"`
	Seconds *float64 `json:"seconds,omitempty"`
	Why     string   `json:"why,omitempty"`
}

// MarshalJSON writes {"state":"known","seconds":3}, or the state with why; seconds are there only when known.
func (l Lag) MarshalJSON() ([]byte, error) {
	j := lagJSON{State: l.state.String(), Why: l.why}
	if l.state == LagKnown {
		s := l.behind.Seconds()
		j.Seconds = &s
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON wrote; a known lag without its seconds is an error.
func (l *Lag) UnmarshalJSON(b []byte) error {
	var j lagJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("lag: %w", err)
	}
	switch {
	case j.State == "known" && j.Seconds != nil && *j.Seconds >= 0:
		*l = KnownLag(time.Duration(*j.Seconds * float64(time.Second)))
	case j.State == "broken":
		*l = BrokenLag(j.Why)
	case j.State == "unknown":
		*l = UnknownLag(j.Why)
	default:
		return fmt.Errorf("lag: state %q with its seconds is not one of known, broken, unknown", Clean(j.State))
	}
	return nil
}

// FreshLag is the reading's lag while it is younger than limit at now, else unknown with the age it has. A reading that says
// why there is no newer one still counts until it is too old.
func FreshLag(r Reading[Lag], now time.Time, limit time.Duration) Lag {
	switch age := now.Sub(r.At); {
	case !r.Seen():
		return UnknownLag(cmp.Or(r.Why, "never answered"))
	case age > limit || age < -limit:
		return UnknownLag(cmp.Or(r.Why, "the last answer is too old"))
	}
	return r.Value
}
