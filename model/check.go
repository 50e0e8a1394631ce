package model

import (
	"fmt"
	"time"
)

// Check is a sentence that holds, fails or is unknown, with its evidence. Unknown never passes.
type Check struct {
	ID      string    `json:"id"`              // stable: "replica-available"
	Says    string    `json:"says"`            // the sentence when it holds: "the replica is available"
	Value   string    `json:"value"`           // what was found; for unknown, what stands in the way
	Limit   string    `json:"limit,omitempty"` // what is asked
	Do      string    `json:"do,omitempty"`    // what lets its action through where it does not hold: a key, a command, what to wait for
	Fact    string    `json:"fact,omitempty"`  // an identity that a plan is bound to; empty: a measured value, never bound
	Bar     Bar       `json:"bar"`             // what it does to its action when it does not hold
	Verdict Verdict   `json:"verdict"`
	At      time.Time `json:"at,omitzero"` // of the evidence
}

// Not is the sentence of a check that does not hold: that it fails, or that nobody knows.
func (c *Check) Not() string {
	if c.Verdict == Unknown {
		return "it is not known that " + c.Says
	}
	return "it is not so that " + c.Says
}

// ThenDo is what to do about it, to be put behind a sentence; empty where nobody says.
func (c *Check) ThenDo() string {
	if c.Do == "" {
		return ""
	}
	return "; " + c.Do
}

// Bar is what a guard does when it does not hold; the zero value lets nothing through.
type Bar uint8

// The three bars, strictest first.
const (
	Block    Bar = iota // nobody overrides it
	Override            // a person may, with a typed reason
	Caution             // it is told
)

var barWords = [...]string{"block", "override", "warn"}

func (b Bar) String() string { return barWords[min(b, Caution)] }

// MarshalText writes block, override or warn.
func (b Bar) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (b *Bar) UnmarshalText(t []byte) error {
	for i, w := range barWords {
		if w == string(t) {
			*b = Bar(i)
			return nil
		}
	}
	return fmt.Errorf("bar %q: want block, override or warn", t)
}

// Severity orders what is told.
type Severity uint8

// Info is the zero value.
const (
	Info Severity = iota
	Warn
	Fail
)

func (s Severity) String() string { return [...]string{"info", "warn", "FAIL"}[min(s, Fail)] }

// MarshalText writes the severity's word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(b []byte) error {
	for _, v := range []Severity{Info, Warn, Fail} {
		if v.String() == string(b) {
			*s = v
			return nil
		}
	}
	return fmt.Errorf("reading a severity: there is none %q", Clean(string(b)))
}
