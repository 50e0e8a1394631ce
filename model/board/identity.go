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

// ringAge is how long ago a job must have ended before its absence from the catalog says that its Director uses another one.
const ringAge = time.Minute

// prunedAfter is how long ago a job must have ended for its row to be gone by right: a Director that does nothing remembers its last jobs
// for ever.
const prunedAfter = 48 * time.Hour

// target is whether a cluster's catalog is the one that its Director uses, and what says so. The zero value: nothing does.
type target struct {
	is   model.Verdict
	says string
}

// targets judges both catalogs. One that never answered is unknown already.
func (b *Board) targets() (out [2]target) {
	for _, c := range model.Clusters {
		s, other := b.sides[c], b.sides[1-c]
		same := !s.catalog.At.IsZero() && s.catalog.Identity != "" && strings.EqualFold(s.catalog.Identity, other.catalog.Identity)
		// then it is the other one's configuration that is wrong
		if same && !(s.uses(&s.catalog) == model.Holds && other.uses(&other.catalog) != model.Holds) {
			out[c] = target{
				model.Fails,
				fmt.Sprintf("%s is the same server and database as %s's catalog %s", s.catalog.Host, other.ledger.cluster, other.catalog.Host),
			}
			continue
		}
		out[c] = b.targetOf(s, &other.catalog)
	}
	return out
}

// targetOf compares the catalog that is read with what its active Director says it uses, and with the jobs that the Director holds.
func (b *Board) targetOf(s *side, other *model.Catalog) target {
	switch {
	case s.catalog.At.IsZero():
		return target{says: "it was not read yet"}
	}
	if says := b.copyOf(s, other); says != "" {
		return target{model.Fails, says}
	}
	if len(s.director.Directors) == 0 || s.director.At.IsZero() {
		return target{says: "no Director has told what it uses"}
	}
	d := s.director.scheduler()
	if d.Uses.Database != "" && !strings.EqualFold(d.Uses.Database, s.catalog.Database) {
		return target{model.Fails, fmt.Sprintf("%s uses the database %s, not %s", d.Name, d.Uses.Database, s.catalog.Database)}
	}
	own, others := s.uses(&s.catalog), s.uses(other)
	if says := b.otherOfThePair(s); says != "" {
		return target{model.Fails, says}
	}
	// That it is another of the configured hosts proves nothing of the one that is read.
	read := own == model.Holds && among([]string{s.catalog.Host}, hostPort(d.Uses))
	here := model.IsLocal(d.Uses.Address) // what is local to a Director is the same place for nobody else, so jobs have the first word
	switch uses := hostPort(d.Uses); {
	case read && !here:
		return target{model.Holds, d.Name + " uses " + uses}
	case others == model.Holds:
		return target{model.Fails, fmt.Sprintf("%s uses %s, which is the other cluster's catalog", d.Name, uses)}
	}
	ring := b.ring(s)
	switch {
	// a standby may lack what ended since its source is gone
	case own == model.Holds && !read && s.catalog.ReadOnly && ring.is == model.Fails && !s.foreign():
	case ring.is != model.Unknown:
		return ring
	case read:
		return target{model.Holds, d.Name + " uses " + hostPort(d.Uses)}
	}
	if own == model.Holds {
		ring = target{says: fmt.Sprintf("%s uses %s, and %s is read; %s", d.Name, hostPort(d.Uses), s.catalog.Host, ring.says)}
	}
	return ring
}

// uses tells whether the active Director says that it uses a catalog: Fails when it is another database or place, unknown when it does not
// say, or says what means another place for everybody else.
func (s *side) uses(c *model.Catalog) model.Verdict {
	if len(s.director.Directors) == 0 {
		return model.Unknown
	}
	d := s.director.scheduler()
	switch u := d.Uses; {
	case u.Database == "" || model.IsLocal(u.Address) && !model.IsLocal(hostOf(d.Address)):
		return model.Unknown
	case strings.EqualFold(u.Database, c.Database) && among(c.Hosts, hostPort(u)):
		return model.Holds
	}
	return model.Fails
}

// ring compares the jobs that the active Director holds with the catalog, by JobId and unique name. That one is there proves it, however
// young it is; that one is not counts when it ended well before the catalog was last read, and is not older than what is held of it.
func (b *Board) ring(s *side) target {
	i := slices.IndexFunc(b.seen, func(o Sighting) bool { return o.Source == model.CatalogOf(s.ledger.cluster) })
	if !s.walked || i < 0 || b.seen[i].Why != "" {
		return target{says: "it was not read to its end yet"}
	}
	d, until := s.director.scheduler(), b.seen[i].At.Add(-ringAge)
	for i := range s.director.Running {
		if s.holds(&s.director.Running[i]) {
			return target{model.Holds, fmt.Sprintf("it has JobId %d, which %s runs", s.director.Running[i].ID, d.Name)}
		}
	}
	oldest := s.ledger.oldestRecent()
	known, strange := 0, 0
	var newest *model.Job
	for i := range s.director.Ended {
		j := &s.director.Ended[i]
		if j.ID < oldest || j.End.IsZero() {
			continue
		}
		switch {
		case s.holds(j):
			known++
		case j.End.After(until) || j.End.Before(until.Add(-prunedAfter)):
			continue
		default:
			strange++
		}
		if newest == nil || j.ID > newest.ID {
			newest = j
		}
	}
	switch {
	case known == 0 && strange > 0:
		return target{
			model.Fails,
			fmt.Sprintf("of the %s that %s ended last, %s has none", plural(uint64(strange), "job"), d.Name, s.catalog.Host),
		}
	case known == 0:
		return target{says: fmt.Sprintf("nothing shows that %s uses it: it names no host of it and has ended no job lately", d.Name)}
	case !s.holds(newest):
		return target{
			says: fmt.Sprintf("%s has %d of the %d jobs that %s ended last, but not the newest", s.catalog.Host, known, known+strange, d.Name),
		}
	}
	return target{model.Holds, fmt.Sprintf("it has JobId %d, which %s ended", newest.ID, d.Name)}
}

// holds tells whether the catalog has a Director's job under its JobId.
func (s *side) holds(j *model.Job) bool {
	row := s.ledger.row(j.ID)
	return row != nil && row.Key.Job == j.Key.Job
}

// foreign tells whether the catalog has another job under a JobId that the Director ended.
func (s *side) foreign() bool {
	return slices.ContainsFunc(s.director.Ended, func(j model.Job) bool {
		row := s.ledger.row(j.ID)
		return row != nil && row.Key.Job != j.Key.Job
	})
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

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

func among(hosts []string, addr string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool {
		if !strings.HasPrefix(h, "/") {
			if _, _, err := net.SplitHostPort(h); err != nil {
				h = net.JoinHostPort(h, "3306")
			}
		}
		return model.Place(h) == model.Place(addr) || samePort(h, addr) && model.IsLocal(hostOf(h)) && model.IsLocal(hostOf(addr))
	})
}

func samePort(a, b string) bool {
	_, p, err := net.SplitHostPort(a)
	_, q, err2 := net.SplitHostPort(b)
	return err == nil && err2 == nil && p == q
}

// identify looks anew at who the catalogs are; it tells whether that changed, which changes every cell.
func (b *Board) identify(now time.Time) bool {
	was := b.target
	b.target = b.targets()
	changed := false
	for _, c := range model.Clusters {
		before, after := was[c].is == model.Fails, b.target[c].is == model.Fails
		switch name := c.String() + " catalog"; {
		case after && !before:
			b.event(Event{At: now, Who: c.String(), Severity: model.Fail, Says: name + " is not the one it is configured as: " + b.target[c].says})
		case before && !after:
			b.event(Event{At: now, Who: c.String(), Says: name + " is the one it is configured as again"})
		}
		b.sides[c].dirty = b.sides[c].dirty || was[c] != b.target[c]
		changed = changed || before != after
	}
	return changed
}

// wrong tells that a cluster's catalog is not the one it is configured as.
func (b *Board) wrong(c model.Cluster) bool { return b.target[c].is == model.Fails }

// identified are the sightings with what is known of who the catalogs are.
func (b *Board) identified() []Sighting {
	seen := b.seen
	for _, c := range model.Clusters {
		i := slices.IndexFunc(seen, func(s Sighting) bool { return s.Source == model.CatalogOf(c) })
		if i < 0 || !b.wrong(c) || seen[i].Why != "" {
			continue
		}
		seen = slices.Clone(seen)
		seen[i].Wrong, seen[i].Why = true, wrongTarget+b.target[c].says
	}
	seen = b.oneForBoth(seen)
	for _, c := range model.Clusters {
		if i, is := b.passiveIsAnother(c); i >= 0 {
			seen = slices.Clone(seen)
			seen[i].Wrong, seen[i].Why = true, wrongTarget+is
		}
		seen = b.gates(c, seen)
	}
	return seen
}

// passiveIsAnother finds the source of a passive Director for which another one answers, and says which; -1: there is none. Several may
// have one name, as a passive one has with the active one's configuration: then only the process tells them apart.
func (b *Board) passiveIsAnother(c model.Cluster) (source int, is string) {
	all := b.sides[c].director.Directors
	if is = b.isAnother(c, all); is == "" {
		return -1, ""
	}
	return slices.IndexFunc(
		b.seen,
		func(s Sighting) bool { return s.Source == model.PassiveOf(c, all[1].Name, all[0].Name) && s.Why == "" },
	), is
}

// isAnother says which other Director answers for the passive one of all; empty when none does.
func (b *Board) isAnother(c model.Cluster, all []model.Director) string {
	if len(all) < 2 {
		return ""
	}
	others := b.sides[1-c].director.Directors
	switch p := &all[1]; {
	case sameProcess(p, &all[0]):
		return "the Director that answers is the active one " + process(p)
	case len(others) > 0 && sameProcess(p, &others[0]):
		return fmt.Sprintf("the Director that answers is %s's active one %s", model.Clusters[1-c], process(p))
	case len(others) > 1 && sameProcess(p, &others[1]):
		return fmt.Sprintf("the Director that answers is %s's passive one, too %s", model.Clusters[1-c], process(p))
	}
	return ""
}

// oneForBoth believes neither active Director when one process answers for both: their names may be equal, and then nothing tells whose
// it is.
func (b *Board) oneForBoth(seen []Sighting) []Sighting {
	blue, green := b.sides[model.Blue].director.Directors, b.sides[model.Green].director.Directors
	if len(blue) == 0 || len(green) == 0 || !sameProcess(&blue[0], &green[0]) {
		return seen
	}
	seen = slices.Clone(seen)
	for i := range seen {
		for c, all := range [2][]model.Director{blue, green} {
			if s := &seen[i]; s.Source == model.DirectorOf(model.Cluster(c), all[0].Name) && s.Why == "" {
				s.Wrong = true
				s.Why = fmt.Sprintf("%sone Director answers for both clusters %s", wrongTarget, process(&all[0]))
			}
		}
	}
	return seen
}

func process(d *model.Director) string {
	return fmt.Sprintf("(process %d, started %s)", d.PID, d.Started.UTC().Format("2 Jan 15:04:05 UTC"))
}

func sameProcess(a, b *model.Director) bool {
	return a.Name == b.Name && a.PID != 0 && a.PID == b.PID && a.Started.Equal(b.Started)
}

// trusted is the ledger of a cluster, or an empty one while its catalog is not the one it is configured as.
func (b *Board) trusted(s *side) *Ledger {
	if b.wrong(s.ledger.cluster) {
		return s.nothing
	}
	return s.ledger
}

// tells is what is told of a source that fails.
func (s *Sighting) tells() string {
	if s.Wrong {
		return s.Source.String() + " is not the one it is configured as: " + strings.TrimPrefix(s.Why, wrongTarget)
	}
	return s.Source.String() + " " + s.says() + ": " + model.CauseThenWhere(s.Why)
}

// brief is what failed and why in few words: the kind of a source names it where a cluster has one of it, and no address is in it.
func (s *Sighting) brief() string {
	name := s.short()
	if s.Wrong {
		return name + " is another one; " + strings.TrimPrefix(s.Why, wrongTarget)
	}
	why, _ := model.CauseFirst(s.Why)
	return name + ": " + why
}

// short names a source by its kind where a cluster has one that it lives by.
func (s *Sighting) short() string {
	if s.Source.Kind == model.SourceDirector && s.Gates {
		return s.Source.Cluster.String() + " director"
	}
	if s.Source.Kind == model.SourceDirector && s.Source.Name != "" {
		return s.Source.Name
	}
	return s.Source.String()
}
