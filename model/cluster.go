package model

import "time"

// Director is what one Director says of itself.
type Director struct {
	Name     string     `json:"name"`
	Address  string     `json:"address"`
	Active   bool       `json:"active"`  // as configured
	Version  string     `json:"version"` // "9.6.7 (10 December 2020)"
	PID      int        `json:"pid"`
	Started  time.Time  `json:"started,omitzero"`
	Reloaded time.Time  `json:"reloaded,omitzero"`
	Jobs     []string   `json:"-"` // the Job resources it has, from .jobs; sorted
	Uses     CatalogUse `json:"catalog"`
	At       time.Time  `json:"at,omitzero"`
}

// CatalogUse is where a Director's Catalog resource points, by its own word ("show catalogs", which asks no SQL). The zero value: it was not told.
type CatalogUse struct {
	Address  string `json:"address,omitempty"` // as in DB Address; empty: a socket or this host
	Port     int    `json:"port,omitempty"`    // 0: the default
	Database string `json:"database,omitempty"`
}

// Catalog is what one catalog says of itself.
type Catalog struct {
	Host       string    `json:"host"`                  // the writable one that answers
	Hosts      []string  `json:"-"`                     // as configured
	Database   string    `json:"database"`              // as configured
	ReadOnly   bool      `json:"read_only,omitempty"`   // no writable one answers: a standby is read
	Server     string    `json:"server"`                // @@version
	Identity   string    `json:"identity"`              // of server and database: MySQL's server_uuid, MariaDB's host name, port and datadir
	Target     Verdict   `json:"target"`                // whether it is the catalog that its Director uses; Fails: nothing of it is believed
	TargetSays string    `json:"target_says,omitempty"` // what says so, or why nothing does
	Version    int       `json:"version"`               // VersionId of Bacula's Version table
	Missing    []string  `json:"missing,omitempty"`     // columns that this reader would use and that are not there
	Flaws      []string  `json:"flaws,omitempty"`       // rows of Job that cannot be read whole, each with why
	Jobs       int       `json:"jobs"`                  // rows held of the window
	From       time.Time `json:"from,omitzero"`         // how far back the window reaches
	At         time.Time `json:"at,omitzero"`
}

// KnownVersion tells whether a catalog's version is one that this reader was made for: Bacula 9 (16) and 11 to 15 (1022 to 1026).
func KnownVersion(v int) bool { return v == 16 || v >= 1022 && v <= 1026 }

// WhyNoWrites says why the catalog takes no writes, or nothing: its Director can neither start a job nor end one well then.
func (a *Catalog) WhyNoWrites() string {
	if !a.ReadOnly {
		return ""
	}
	return "takes no writes: only " + a.Host + " answers, and it is read-only"
}
