package model

import (
	"slices"
	"strings"
	"time"
)

// Tenants is who lives on the server of a schema besides it, and who uses it or may, as one look found by reading. What an account may not
// see a server leaves out without a word: Lacks tells what the one that asked is not shown.
type Tenants struct {
	Server   string       `json:"server"` // what it calls itself
	Schema   string       `json:"schema"`
	Schemas  []string     `json:"schemas"`  // others, without those of the server itself
	Sessions []SessionsOf `json:"sessions"` // of accounts that have chosen the schema
	Named    []string     `json:"named"`    // views, routines, events and triggers of others that name it
	Unseen   []string     `json:"unseen"`   // those of which it cannot be read what they name
	May      []string     `json:"may"`      // accounts that have a right on it, as 'name'@'host'
	Lacks    []string     `json:"lacks"`    // rights on everything
	Counts   bool         `json:"counts"`   // its Performance Schema is on: then figures of one schema can be told apart
}

// SessionsOf is how many sessions an account has in the schema.
type SessionsOf struct {
	Account  string `json:"account"`
	Sessions int    `json:"sessions"`
}

// Others says who uses the schema, or may, and is none of these accounts: first what was seen to use it.
func (t *Tenants) Others(accounts []string) (uses, may []string) {
	for _, s := range t.Sessions {
		if !slices.Contains(accounts, s.Account) {
			uses = append(uses, s.Account+" has a session in it")
		}
	}
	uses = append(uses, t.Named...)
	for _, who := range t.May {
		if !slices.Contains(accounts, AccountName(who)) {
			may = append(may, who+" may use it")
		}
	}
	return uses, may
}

// AccountName is the name in 'name'@'host'.
func AccountName(grantee string) string {
	return strings.TrimPrefix(grantee[:max(strings.LastIndex(grantee, "'@'"), 0)], "'")
}

// Figures are what a server counts of everything that it does, at one moment. Counters begin with the server, or when somebody sets them
// back.
type Figures struct {
	At         time.Time `json:"at"`
	Server     string    `json:"server"`
	Started    time.Time `json:"started"`
	Questions  uint64    `json:"questions"`      // statements of clients
	Connects   uint64    `json:"connections"`    // that were tried
	Connected  int       `json:"connected"`      // now
	Running    int       `json:"running"`        // of them, those that work on a statement, the one that asked among them
	MostAtOnce int       `json:"most_connected"` // since it was started, or since that was set back
	MayAtOnce  int       `json:"may_connect"`    // max_connections
}

// startApart is how far two readings of one start may be apart: a server tells its uptime in whole seconds, and it takes time to ask.
const startApart = time.Minute

// Rate is what the server did between two looks, a second; false: it is another one, was started anew, was set back, or no time went by.
func (f *Figures) Rate(later *Figures) (questions, connects float64, ok bool) {
	span := later.At.Sub(f.At).Seconds()
	if span <= 0 || f.Server != later.Server || f.Started.Sub(later.Started).Abs() > startApart || later.Questions < f.Questions ||
		later.Connects < f.Connects {
		return 0, 0, false
	}
	return float64(later.Questions-f.Questions) / span, float64(later.Connects-f.Connects) / span, true
}
