package board

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// wrongTarget is the word for a source that answers and is not the one it is configured as.
const wrongTarget = "wrong target: "

// ringAge is how long ago a job must have ended to be in its Director's catalog: its row is there since it began.
const ringAge = time.Minute

// wrongCatalogs says of each cluster's catalog why it cannot be the one it is configured as; empty where nothing speaks against it. Never answered is
// no reason: that is unknown already.
func (b *Board) wrongCatalogs(now time.Time) (why [2]string) {
	for _, c := range model.Clusters {
		s, other := b.sides[c], b.sides[1-c]
		same := !s.catalog.At.IsZero() && s.catalog.Identity != "" && s.catalog.Identity == other.catalog.Identity
		if same && !(s.usesOwn() && !other.usesOwn()) { // then it is the other one's configuration that is wrong
			why[c] = fmt.Sprintf("%s is the same server and database as %s's catalog %s", s.catalog.Host, other.ledger.cluster, other.catalog.Host)
			continue
		}
		why[c] = s.notItsDirectors(&other.catalog, now)
	}
	return why
}

// usesOwn tells whether the active Director says that it uses the catalog that is read.
func (s *side) usesOwn() bool {
	if len(s.director.Directors) == 0 {
		return false
	}
	uses := s.director.Directors[0].Uses
	return uses.Database == s.catalog.Database && listed(s.catalog.Hosts, hostPort(uses))
}

// notItsDirectors compares the catalog that is read with what its active Director says it uses, and with the jobs that it ended last.
func (s *side) notItsDirectors(other *model.Catalog, now time.Time) string {
	if len(s.director.Directors) == 0 || s.catalog.At.IsZero() {
		return ""
	}
	d := &s.director.Directors[0]
	uses := hostPort(d.Uses)
	switch {
	case d.Uses.Database == "":
	case d.Uses.Database != s.catalog.Database:
		return fmt.Sprintf("%s uses the database %s, not %s", d.Name, d.Uses.Database, s.catalog.Database)
	case listed(s.catalog.Hosts, uses):
		return ""
	case listed(other.Hosts, uses):
		return fmt.Sprintf("%s uses %s, which is the other cluster's catalog", d.Name, uses)
	}
	if known, strange := s.ring(now); known == 0 && strange > 0 {
		return fmt.Sprintf("of the %d jobs that %s ended last, %s has none", strange, d.Name, s.catalog.Host)
	}
	return ""
}

// ring counts the jobs that the active Director ended last by whether the catalog has them under their JobIds. Those older than what is held of
// the catalog are not counted.
func (s *side) ring(now time.Time) (known, strange int) {
	if !s.walked {
		return 0, 0
	}
	oldest := s.ledger.oldestRecent()
	for i := range s.director.Ended {
		j := &s.director.Ended[i]
		if j.ID < oldest || j.End.IsZero() || now.Sub(j.End) < ringAge {
			continue
		}
		if row := s.ledger.row(j.ID); row != nil && row.Key.Job == j.Key.Job {
			known++
		} else {
			strange++
		}
	}
	return known, strange
}

// row is the job of a JobId, open or among the newest that ended.
func (l *Ledger) row(id uint32) *model.Job {
	if j := l.open[id]; j != nil {
		return j
	}
	return l.ended(id)
}

// oldestRecent is the lowest JobId from which on every ended job is held whole.
func (l *Ledger) oldestRecent() uint32 {
	if len(l.recent) < RecentJobs {
		return 0
	}
	return l.recent[0].ID
}

func hostPort(u model.CatalogUse) string {
	port := u.Port
	if port == 0 {
		port = 3306
	}
	return net.JoinHostPort(u.Address, strconv.Itoa(port))
}

func listed(hosts []string, addr string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool {
		if !strings.HasPrefix(h, "/") {
			if _, _, err := net.SplitHostPort(h); err != nil {
				h = net.JoinHostPort(h, "3306")
			}
		}
		return strings.EqualFold(h, addr)
	})
}

// identify looks anew at who the catalogs are; it tells whether that changed, which changes every cell.
func (b *Board) identify(now time.Time) bool {
	was := b.wrong
	b.wrong = b.wrongCatalogs(now)
	for _, c := range model.Clusters {
		switch name := c.String() + " catalog"; {
		case b.wrong[c] == was[c]:
		case b.wrong[c] != "":
			b.event(Event{At: now, Who: c.String(), Severity: model.Fail, Says: name + " is not the one it is configured as: " + b.wrong[c]})
		default:
			b.event(Event{At: now, Who: c.String(), Says: name + " is the one it is configured as again"})
		}
		b.sides[c].dirty = b.sides[c].dirty || b.wrong[c] != was[c]
	}
	return b.wrong != was
}

// identified are the sightings with what is known of who the catalogs are.
func (b *Board) identified() []Sighting {
	seen := b.seen
	for _, c := range model.Clusters {
		i := slices.IndexFunc(seen, func(s Sighting) bool { return s.Source == model.CatalogOf(c) })
		if i < 0 || b.wrong[c] == "" || seen[i].Why != "" {
			continue
		}
		seen = slices.Clone(seen)
		seen[i].Wrong, seen[i].Why = true, wrongTarget+b.wrong[c]
	}
	return seen
}

// trusted is the ledger of a cluster, or an empty one while its catalog is not the one it is configured as.
func (b *Board) trusted(s *side) *Ledger {
	if b.wrong[s.ledger.cluster] != "" {
		return s.nothing
	}
	return s.ledger
}

// says is what is told of a source that fails.
func (s *Sighting) says() string {
	if s.Wrong {
		return s.Source.String() + " is not the one it is configured as: " + strings.TrimPrefix(s.Why, wrongTarget)
	}
	return s.Source.String() + s.Source.Verb(" does not answer: ", " do not answer: ") + s.Why
}
