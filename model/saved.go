package model

import (
	"fmt"
	"time"
)

// Volume is one that holds something of a backup, as its catalog tells it. Names are literal.
type Volume struct {
	Name    string    `json:"name"`
	Status  string    `json:"status"`            // VolStatus
	Off     bool      `json:"disabled"`          // Media.Enabled is 0
	Type    string    `json:"media_type"`        // MediaType: which devices can read it
	Storage string    `json:"storage,omitempty"` // the Storage resource that wrote it; empty: the catalog does not tell
	Until   time.Time `json:"until,omitzero"`    // LastWritten and VolRetention: it may be recycled from then on; zero: not told
}

// Readable tells whether a Storage Daemon could be asked for what is on it, by its catalog's word, and what stands in the way. It is not
// looked whether the volume is there.
func (v *Volume) Readable() (Verdict, string) {
	if v.Off {
		return Fails, "volume " + v.Name + " is disabled"
	}
	switch v.Status {
	case "Full", "Used", "Append", "Read-Only", "Archive":
		return Holds, ""
	case "Error", "Purged", "Recycle", "Disabled", "Cleaning":
		return Fails, "volume " + v.Name + " is in status " + v.Status
	}
	return Unknown, fmt.Sprintf("volume %s is in status %q", v.Name, v.Status)
}

// Saved is one backup of a cell in one catalog, with what decides what can be restored from it. Until then: the zero time is never.
type Saved struct {
	Job        Job
	Alone      bool      // it is a copy, and the backup that it was made of is gone
	Pruned     bool      // its file records were pruned (PurgedFiles): Bacula restores it by its volumes only
	Told       bool      // its volumes were read
	Volumes    []Volume  // in the order of their numbers
	JobsUntil  time.Time // its client's JobRetention: the next job of that client may prune it from then on
	FilesUntil time.Time // its client's FileRetention, likewise
}

// claim is what the backup is judged by. A copy whose original is gone stands in its place, as Bacula itself makes it a backup when it
// prunes the original (upgrade_copies).
func (s *Saved) claim() Claim {
	c := s.Job.Claim()
	if s.Alone {
		c.Type = TypeBackup
	}
	return c
}

// kept tells whether Bacula would take the backup into a set.
func (s *Saved) kept() bool { c := s.claim(); return c.Type == TypeBackup && c.Outcome.Good() }

// until is the first moment from which Bacula may take away what a restore of the backup needs, and by what; zero: never.
func (s *Saved) until() (t time.Time, by string) {
	sooner := func(u time.Time, says string) {
		if !u.IsZero() && (t.IsZero() || u.Before(t)) {
			t, by = u, says
		}
	}
	for i := range s.Volumes {
		sooner(s.Volumes[i].Until, "retention of volume "+s.Volumes[i].Name)
	}
	sooner(s.JobsUntil, "job retention of client "+s.Job.Client)
	sooner(s.FilesUntil, "file retention of client "+s.Job.Client)
	return t, by
}

// History is what one catalog tells of the backups of one cell, and what its active Director tells of their client.
type History struct {
	Cluster   Cluster
	Cell      Cell
	Saved     []Saved         // by JobId, the highest first
	Whole     bool            // there is nothing below them
	Now       time.Time       // by the catalog's own clock
	Clients   map[string]bool // those that the Director knows; nil: it was not told, and NoClients says why
	NoClients string
}

// restorable tells whether the cluster's Director could restore a backup: a restore needs its client there, not its job.
func (h *History) restorable(s *Saved) (Verdict, string) {
	switch {
	case h.Clients == nil:
		return Unknown, "whether " + h.Cluster.String() + "'s Director knows the client is not known: " + h.NoClients
	case s.Job.Client == "":
		return Unknown, "the catalog does not tell the client"
	case !h.Clients[s.Job.Client]:
		return Fails, h.Cluster.String() + "'s Director does not know the client " + s.Job.Client + " any more"
	}
	return Holds, ""
}
