package model

import (
	"cmp"
	"net"
	"strconv"
	"strings"
	"time"
)

// Director is what one Director says of itself.
type Director struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Active  bool   `json:"active"`          // as configured
	Works   bool   `json:"works,omitempty"` // one that is configured as passive runs jobs, or has run some since it was started
	// it schedules, as far as it shows: the one that is configured as active, unless another runs jobs
	Acts     bool           `json:"acts,omitempty"`
	Version  string         `json:"version,omitempty"` // "9.6.7 (10 December 2020)"
	PID      int            `json:"pid,omitempty"`
	Started  time.Time      `json:"started,omitzero"`
	Reloaded time.Time      `json:"reloaded,omitzero"`
	Jobs     []string       `json:"-"`                        // the Job resources it has, from .jobs; sorted
	Off      []string       `json:"-"`                        // those of them that its schedules do not start, from show disabled; sorted
	OffKnown bool           `json:"-"`                        // Off, Held and Idle were read; the Console may not be allowed to ask
	Held     []string       `json:"-"`                        // clients that it has disabled, from show clients; sorted
	Idle     []string       `json:"-"`                        // disabled schedules, and jobs of those of other names (show schedules, jobs)
	Ahead    time.Duration  `json:"clock_ahead_ns,omitempty"` // how far its clock is ahead of this host's
	Clock    bool           `json:"-"`                        // Ahead was measured
	Uses     CatalogUse     `json:"catalog,omitzero"`
	Stores   map[string]int `json:"-"` // how many jobs it runs at once on its Storages, from show storages; nil: it does not tell
	File     FileSeen       `json:"-"` // its file of routed jobs, where the session can look at it
	At       time.Time      `json:"at,omitzero"`
}

// CatalogUse is where a Director's Catalog resource points, by its own word ("show catalogs", which asks no SQL). The zero value: it was
// not told.
type CatalogUse struct {
	Address  string `json:"address,omitempty"` // as in DB Address; empty: a socket or this host
	Port     int    `json:"port,omitempty"`    // 0: the default
	Database string `json:"database,omitempty"`
}

// At is host:port and the database.
func (u CatalogUse) At() string { return u.server() + ", database " + u.Database }

// Same tells that two name one place, however each is written.
func (u CatalogUse) Same(o CatalogUse) bool {
	return strings.EqualFold(u.Database, o.Database) && Place(u.server()) == Place(o.server())
}

func (u CatalogUse) server() string {
	return net.JoinHostPort(u.Address, strconv.Itoa(cmp.Or(u.Port, 3306)))
}

// Local tells that it is a server of the Director's own host: for another host it is another place.
func (u CatalogUse) Local() bool { return IsLocal(u.Address) }

// IsLocal tells whether a host's name means the machine of who says it.
func IsLocal(host string) bool {
	return host == "" || net.ParseIP(host).IsLoopback() || Place(net.JoinHostPort(host, "1")) == Place("localhost:1")
}

// Place is a host:port in one of the ways to write it, so that two that are equal lead to one place.
func Place(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip := net.ParseIP(host); ip != nil {
		host = ip.String()
	}
	switch host {
	case "localhost", "::1", "ip6-localhost", "localhost.localdomain":
		host = "127.0.0.1"
	}
	if n, err := strconv.Atoi(port); err == nil {
		port = strconv.Itoa(n)
	}
	return net.JoinHostPort(host, port)
}

// Catalog is what one catalog says of itself.
type Catalog struct {
	Host     string   `json:"host"`               // the writable one that answers
	Hosts    []string `json:"-"`                  // as configured
	Database string   `json:"database,omitempty"` // as configured
	// of server and database: MySQL's server_uuid, MariaDB's host name, port and datadir
	Identity string `json:"identity,omitempty"`
	// whether it is the catalog that its Director uses; Fails: nothing of it is believed
	Target     Verdict       `json:"-"`
	TargetSays string        `json:"used_says,omitempty"`      // what says so, or why nothing does
	Flaws      []string      `json:"flaws,omitempty"`          // rows of Job that cannot be read whole, each with why
	ReadOnly   bool          `json:"read_only,omitempty"`      // no writable one answers: a standby is read
	Others     []CatalogHost `json:"others,omitempty"`         // with ReadOnly: the other hosts, and why none of them is read
	Server     string        `json:"server"`                   // @@version
	Version    int           `json:"version"`                  // VersionId of Bacula's Version table
	Missing    []string      `json:"missing,omitempty"`        // columns that this reader would use and that are not there
	Jobs       int           `json:"jobs"`                     // rows held of the window
	From       time.Time     `json:"from,omitzero"`            // how far back the window reaches
	Ahead      time.Duration `json:"clock_ahead_ns,omitempty"` // how far its server's clock is ahead of this host's
	Clock      bool          `json:"-"`                        // Ahead was measured
	At         time.Time     `json:"at,omitzero"`
	// who lives on its server, and what that counts; asked of blue's alone
	Tenants Reading[*Tenants] `json:"-"`
	Figures Reading[*Figures] `json:"-"`
}

// IsZero tells that the catalog never answered.
func (a Catalog) IsZero() bool { return a.At.IsZero() }

// KnownVersion tells whether a catalog's version is one that this reader was made for: Bacula 9 (16) and 11 to 15 (1022 to 1026).
func KnownVersion(v int) bool { return v == 16 || v >= 1022 && v <= 1026 }

// CatalogHost is a host of a catalog that is not read, and why. Without a trouble it answers and is read-only, too.
type CatalogHost struct {
	Host    string  `json:"host"`
	Trouble Trouble `json:"trouble,omitempty"`
	Why     string  `json:"why,omitempty"`
}

// TakesWrites tells whether the catalog takes writes: a host that refuses the watch account, or is not trusted, may well take those of its
// Director.
func (a *Catalog) TakesWrites() Verdict {
	switch {
	case !a.ReadOnly:
		return Holds
	case a.Untold() != TroubleNone:
		return Unknown
	}
	return Fails
}

// Untold is what stands in the way of knowing whether a host that is not read takes writes; TroubleNone: nothing does.
func (a *Catalog) Untold() Trouble {
	for _, h := range a.Others {
		if h.untold() {
			return h.Trouble
		}
	}
	return TroubleNone
}

// untold tells that a host may take writes for all that is known.
func (h *CatalogHost) untold() bool {
	return h.Trouble.Answers() || h.Trouble == TroubleUntrusted || h.Trouble == TroubleOther
}

// WhyNoWrites says why no writable host of the catalog is seen, or nothing. What is down and what only refuses this reader are told apart.
func (a *Catalog) WhyNoWrites() string {
	if !a.ReadOnly {
		return ""
	}
	var untold, down, standby []string
	for _, h := range a.Others {
		says := h.Host + " " + h.Trouble.Says()
		if h.Why != "" {
			says += " (" + h.Why + ")"
		}
		switch {
		case h.Trouble == TroubleNone:
			standby = append(standby, h.Host)
		case h.untold():
			untold = append(untold, says)
		default:
			down = append(down, says)
		}
	}
	switch {
	case len(untold) > 0:
		return "is read from " + a.Host + ", a read-only standby: " + strings.Join(append(untold, down...), "; ")
	case len(down) > 0:
		return "takes no writes: only " + a.Host + " answers, and it is read-only; " + strings.Join(down, "; ")
	case len(standby) > 0:
		return "takes no writes: " + a.Host + " and " + strings.Join(standby, ", ") + " answer, and all are read-only"
	}
	return "takes no writes: only " + a.Host + " answers, and it is read-only"
}

// WhyNoWritesBriefly is WhyNoWrites in a few words without addresses: what is known of writes, and the first thing that stands in the way.
func (a *Catalog) WhyNoWritesBriefly() string {
	switch a.TakesWrites() {
	case Holds:
		return ""
	case Unknown:
		return "is read from a standby; the other host " + a.Untold().Says()
	case Fails:
	}
	for _, h := range a.Others {
		if h.Trouble != TroubleNone {
			return "takes no writes; " + cmp.Or(h.Why, "the other host "+h.Trouble.Says())
		}
	}
	return "takes no writes; only read-only hosts answer"
}
