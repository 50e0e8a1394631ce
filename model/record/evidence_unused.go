package record

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// Unused is that nobody used a schema on a server from Since on, by the counters of its tables. The proof's verdict is that of its newest
// look: one that fails names who uses it, or may.
type Unused struct {
	Host    string           `json:"host"` // as configured
	Schema  string           `json:"schema"`
	Server  string           `json:"server"`  // what it calls itself
	Started time.Time        `json:"started"` // the server: its counters begin with it
	Since   time.Time        `json:"since"`
	Anew    string           `json:"anew,omitempty"` // why it begins there, and not before
	Tables  []model.TableUse `json:"tables"`

	Denied   *uint64   `json:"denied,omitempty"`   // logins and reads that the server has refused since it was started; nil: it does not tell
	DeniedAt time.Time `json:"denied_at,omitzero"` // when a look last saw that it had refused some since the look before
}

// maxTables bounds the tables of a schema that a proof holds.
const maxTables = 512

func (u *Unused) String() string {
	return model.Clean(fmt.Sprintf("nobody uses %s on %s since %s", u.Schema, u.Host, u.Since.UTC().Format("2 Jan 15:04")))
}

func (u *Unused) check(p *Proof) error {
	switch {
	case p.Of.Cluster == nil || *p.Of.Cluster != model.Blue:
		return errors.New("the schema that is left is blue's")
	case u.Host == "" || u.Schema == "" || u.Since.IsZero() || u.Started.IsZero() || u.Since.After(p.At):
		return errors.New("it does not say on which server nobody uses which schema, and since when")
	case len(u.Tables) > maxTables:
		return fmt.Errorf("%d tables, more than %d", len(u.Tables), maxTables)
	}
	texts := []string{u.Host, u.Schema, u.Server}
	for _, t := range u.Tables {
		texts = append(texts, t.Table)
	}
	for _, t := range texts {
		if !plain(t, maxName) {
			return fmt.Errorf("a name is %.40q, which is not plain text of %d bytes at most", t, maxName)
		}
	}
	if !plain(u.Anew, maxWhy) {
		return errors.New("why it began anew is no plain text")
	}
	return nil
}

// UnusedBy makes the proof of a look at a schema. The clock goes on from the look before where the server is the same one, was not started
// since, counted on, and saw nobody; else it begins anew. A look that cannot tell gives none.
func (s *State) UnusedBy(l *model.SchemaLook, schema string, followed int) (p Proof, whether bool) {
	if l.Blind != "" {
		return p, false
	}
	blue := model.Blue
	u := &Unused{Host: model.Clean(l.Host), Schema: schema, Server: l.Server, Started: l.Started, Since: l.At, Tables: l.Tables,
		Anew: "it is the first look", Denied: l.Denied}
	why := append([]string(nil), l.Uses...)
	if was, seen := s.unused(u.Host, schema); was != nil {
		u.DeniedAt = was.denied(l, seen)
		used, anew := model.UsesSince(was.Tables, l.Tables)
		switch {
		case was.Server != l.Server:
			u.Anew = "another server answers: it was " + was.Server
		case l.Started.After(seen):
			u.Anew = "the server was started anew at " + l.Started.UTC().Format("2 Jan 15:04")
		case was.jumped(l):
			u.Anew = "the clock of who looks was set: by it the server began at " + was.Started.UTC().Format("2 Jan 15:04") + ", and now at " +
				l.Started.UTC().Format("2 Jan 15:04")
		case len(anew) > 0:
			u.Anew = "counters were set back: " + model.Few(anew, 3)
			if len(used) > 0 { // as those of tables that were renamed away and back: what was used since is no less used
				why = append(why, model.Few(used, 3))
			}
		case len(used) > 0:
			u.Anew = model.Few(used, 3)
			why = append(why, u.Anew)
		case len(l.Uses) > 0:
			u.Anew = model.Few(l.Uses, 3)
		default:
			u.Since, u.Anew = was.Since, was.Anew
		}
	} else if len(l.Uses) > 0 {
		u.Anew = model.Few(l.Uses, 3)
	}
	why = append(why, l.Could...)
	if l.Replicas > followed {
		why = append(why, fmt.Sprintf("%s read its binary log, of which %d are looked at: who reads through the others is not seen",
			model.Plural(l.Replicas, "replica"), followed))
	}
	p = Proof{Of: Subject{Cluster: &blue}, Claim: Proven{Unused: u}, By: Means{Kind: ByLook}, Verdict: model.Holds, At: l.At}
	if len(why) > 0 {
		p.Verdict, p.Why = model.Fails, model.Few(why, 8)
		if len(p.Why) > maxWhy {
			p.Why = strings.ToValidUTF8(p.Why[:maxWhy], "")
		}
	}
	return p, true
}

// denied is when a look last saw that the server had refused somebody. What it refused before it was started anew is not known to have been
// nobody.
func (u *Unused) denied(l *model.SchemaLook, seen time.Time) time.Time {
	switch {
	case l.Denied == nil:
		return u.DeniedAt
	case u.Denied == nil, u.Server != l.Server, l.Started.After(seen), u.jumped(l), *l.Denied != *u.Denied:
		return l.At
	}
	return u.DeniedAt
}

// clockJump is how far a server's start, by its uptime and the clock of who looks, may move from one look to the next.
const clockJump = time.Hour

// jumped tells that the clock of who looks was set since the look before: by one that was set ahead every wait is over at once.
func (u *Unused) jumped(l *model.SchemaLook) bool { return l.Started.Sub(u.Started).Abs() > clockJump }

func (s *State) unused(host, schema string) (was *Unused, seen time.Time) {
	for _, p := range s.UnusedOf(schema) {
		if p.Claim.Unused.Host == host {
			return p.Claim.Unused, p.At
		}
	}
	return nil, seen
}

// UnusedLook is how old the newest look at a schema may be.
const UnusedLook = 26 * time.Hour

// Quiet is since when nobody uses a schema, on whichever servers it was looked for: the latest of their moments, and the oldest of their
// looks. Why says that somebody does, or who may.
type Quiet struct {
	Servers   []string
	Since, At time.Time
	Why       string
}

// QuietOf is what is recorded of a schema; of any, where it is empty. It is false where nobody has looked.
func (s *State) QuietOf(schema string) (q Quiet, any bool) {
	for _, p := range s.Evidence {
		u := p.Claim.Unused
		if u == nil || schema != "" && u.Schema != schema {
			continue
		}
		q.Servers = append(q.Servers, u.Host)
		if u.Since.After(q.Since) {
			q.Since = u.Since
		}
		if q.At.IsZero() || p.At.Before(q.At) {
			q.At = p.At
		}
		if p.Verdict != model.Holds && q.Why == "" {
			q.Why = model.Clean(u.Host + ": " + p.Why)
		}
	}
	return q, len(q.Servers) > 0
}

// UnusedOf are the newest proofs that nobody uses a schema, one for each server that was looked at.
func (s *State) UnusedOf(schema string) (out []*Proved) {
	for _, p := range s.Evidence {
		if u := p.Claim.Unused; u != nil && u.Schema == schema {
			out = append(out, p)
		}
	}
	return out
}
