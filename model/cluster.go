package model

import "time"

// Director is what one Director says of itself.
type Director struct {
	Name     string        `json:"name"`
	Address  string        `json:"address"`
	Active   bool          `json:"active"`  // as configured
	Version  string        `json:"version"` // "9.6.7 (10 December 2020)"
	PID      int           `json:"pid"`
	Started  time.Time     `json:"started,omitzero"`
	Reloaded time.Time     `json:"reloaded,omitzero"`
	Jobs     []string      `json:"-"`                        // the Job resources it has, from .jobs; sorted
	Off      []string      `json:"-"`                        // those of them that its schedules do not start, from show disabled; sorted
	OffKnown bool          `json:"-"`                        // Off was read; the Console may not be allowed to ask
	Ahead    time.Duration `json:"clock_ahead_ns,omitempty"` // how far its clock is ahead of this host's
	Clock    bool          `json:"-"`                        // Ahead was measured
	At       time.Time     `json:"at,omitzero"`
}

// Catalog is what one catalog says of itself.
type Catalog struct {
	Host     string        `json:"host"`                     // the writable one that answers
	ReadOnly bool          `json:"read_only,omitempty"`      // no writable one answers: a standby is read
	Server   string        `json:"server"`                   // @@version
	Version  int           `json:"version"`                  // VersionId of Bacula's Version table
	Missing  []string      `json:"missing,omitempty"`        // columns that this reader would use and that are not there
	Jobs     int           `json:"jobs"`                     // rows held of the window
	From     time.Time     `json:"from,omitzero"`            // how far back the window reaches
	Ahead    time.Duration `json:"clock_ahead_ns,omitempty"` // how far its server's clock is ahead of this host's
	Clock    bool          `json:"-"`                        // Ahead was measured
	At       time.Time     `json:"at,omitzero"`
}

// WhyNoWrites says why the catalog takes no writes, or nothing: its Director can neither start a job nor end one well then.
func (a *Catalog) WhyNoWrites() string {
	if !a.ReadOnly {
		return ""
	}
	return "takes no writes: only " + a.Host + " answers, and it is read-only"
}
