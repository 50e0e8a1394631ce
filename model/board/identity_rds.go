package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// settlesWithin is for how long after a server's start AWS and the server may tell of another version: an upgrade restarts it, and AWS
// tells late.
const settlesWithin = 10 * time.Minute

// names of the pair, in findings.
const (
	thePrimary = "primary"
	theReplica = "replica"
)

// ofPrimary and ofReplica compare the server at an instance's address with what AWS says of that instance; ofPair compares both servers.
// What contradicts blocks, as a wrong target; what nobody can tell is told and blocks nothing by itself, because other checks ask whether
// there is an answer at all.
func (j judge) ofPrimary() []finding {
	fs := j.ofInstance(j.r.Primary, thePrimary)
	d, s := j.r.Primary.AWS.Value, j.r.Primary.Server.Value
	says := "the server at the primary's address takes writes, as AWS's primary does"
	switch e := j.told(j.r.Primary, thePrimary); {
	case !e.fresh:
		fs = append(fs, e.tells("primary-role", says, model.Unknown, "", ""))
	case d.Status != "available":
		fs = append(fs, e.tells("primary-role", says, model.Unknown, "it is "+d.Status, ""))
	case s.ReadOnly && j.closed() != "": // on purpose
		fs = append(fs, e.tells("primary-role", says, model.Unknown, "read_only ON: "+j.closed(), ""))
	case d.IsReplica():
		fs = append(
			fs,
			e.tells("primary-role", says, model.Fails, "AWS calls it a replica of "+d.Source, "AWS calls the primary a replica of "+d.Source),
		)
	default:
		fs = append(fs, e.tells("primary-role", says, verdictOf(!s.ReadOnly), "read_only "+onOff(s.ReadOnly),
			"AWS calls "+j.r.Primary.ID+" a primary, and "+where(j.r.Primary)+" takes no writes"))
	}
	return fs
}

// closed is why the primary may well take no writes: it was closed before or after its replica took over. Empty: nothing says so.
func (j judge) closed() string {
	if ro := parameterMap(j.r.Primary.Group.Value.Values)["read_only"]; ro == "1" || strings.EqualFold(ro, "on") {
		return "its parameter group says so"
	}
	if r := j.r.Replica; r != nil && r.AWS.Seen() && !r.AWS.Value.IsReplica() && r.Server.Seen() && !r.Server.Value.ReadOnly {
		return r.ID + " took over"
	}
	return ""
}

func (j judge) ofReplica() []finding { return j.ofInstance(j.r.Replica, theReplica) }

// told is the evidence of what AWS and the server of one instance say at once.
func (j judge) told(in *model.Instance, name string) evidence {
	aws, server := j.aws(in, name), j.server(in, name)
	if !aws.fresh {
		return aws
	}
	server.at = older(aws.at, server.at)
	return server
}

// tells makes a finding that blocks when it fails, and is a caution while it is unknown.
func (e evidence) tells(id, says string, v model.Verdict, value, but string) finding {
	f := finding{Check: model.Check{ID: id, Says: says, Value: value, Bar: model.Block, Verdict: v, At: e.at}}
	if !e.fresh {
		f.Verdict, f.Value, f.At = model.Unknown, cmp.Or(e.why, "not answered"), time.Time{}
	}
	switch f.Verdict {
	case model.Unknown:
		f.Bar, f.but = model.Caution, e.silent
	case model.Fails:
		f.but = wrongTarget + but
	}
	return f
}

func (j judge) ofInstance(in *model.Instance, name string) []finding {
	d, s := in.AWS.Value, in.Server.Value
	if in.AWS.Seen() && d.Address == "" { // no server is asked
		return nil
	}
	e := j.told(in, name)
	version := model.Unknown
	switch asked, told := numbers(d.Version), numbers(s.Version); {
	case asked == "" || told == "":
	case asked == told:
		version = model.Holds
	case d.Status == "available" && s.Uptime >= settlesWithin:
		version = model.Fails
	}
	return []finding{
		j.aws(in, name).
			tells(name+"-endpoint", "the "+name+"'s address is AWS's endpoint of it", d.Reached, cmp.Or(d.ReachedSays, "AWS tells no endpoint"),
				fmt.Sprintf("the address of %s is not its endpoint: %s", in.ID, d.ReachedSays)),
		e.tells(name+"-engine", "its server is of the version that AWS says", version, s.Version,
			fmt.Sprintf("AWS says that %s is %s, and %s says that it is %s", in.ID, d.Version, where(in), s.Version)),
	}
}

// ofPair tells whether both addresses lead to two servers of which one follows the other. A server without a UUID (MariaDB) cannot tell.
func (j judge) ofPair() []finding {
	p, r := j.r.Primary, j.r.Replica
	e := j.server(p, thePrimary)
	if replica := j.server(r, theReplica); !replica.fresh {
		e = replica
	} else {
		e.at = older(e.at, replica.at)
	}
	ps, rs := p.Server.Value, r.Server.Value
	apart, follows := model.Unknown, model.Unknown
	if ps.UUID != "" && rs.UUID != "" {
		apart = verdictOf(ps.UUID != rs.UUID)
	}
	source := ""
	if rs.Replication != nil {
		source = rs.Stream(ps.UUID).SourceUUID
	}
	if source != "" && ps.UUID != "" {
		follows = verdictOf(source == ps.UUID)
	}
	return []finding{
		e.tells("pair-apart", "the two addresses lead to two servers", apart, cmp.Or(rs.UUID, "no server_uuid"),
			fmt.Sprintf("%s and %s are one server (%s)", where(p), where(r), rs.UUID)),
		e.tells("pair-follows", "the replica's server replicates from the primary's", follows, cmp.Or(source, "no source is told"),
			fmt.Sprintf("the server of %s replicates from %s, not from the primary's %s", r.ID, source, ps.UUID)),
	}
}

// twoWriters says that both servers of the pair take writes, empty when they do not: an old primary came back after a promotion, or
// somebody opened the replica.
func (j judge) twoWriters() string {
	p, r := j.r.Primary, j.r.Replica
	if p == nil || r == nil || !j.freshServer(p.Server, "primary") || !j.freshServer(r.Server, "replica") {
		return ""
	}
	ps, rs := p.Server.Value, r.Server.Value
	if ps.ReadOnly || rs.ReadOnly || ps.UUID != "" && ps.UUID == rs.UUID {
		return ""
	}
	return fmt.Sprintf("two servers of the RDS pair take writes: %s (%s) and %s (%s)", p.ID, where(p), r.ID, where(r))
}

func where(in *model.Instance) string { return cmp.Or(in.AWS.Value.Address, "its server") }

func verdictOf(ok bool) model.Verdict {
	if ok {
		return model.Holds
	}
	return model.Fails
}

var versionNumbers = model.Pattern(`^\d+(\.\d+)*`)

// numbers is the start of a version that AWS and a server spell alike: "8.4.3" of "8.4.3-log".
func numbers(version string) string { return versionNumbers().FindString(version) }

func (j judge) whoTheyAre() []finding {
	fs := j.ofPrimary()
	if j.r.Replica != nil {
		fs = append(append(fs, j.ofReplica()...), j.ofPair()...)
	}
	return fs
}

// WhoThePairIs are the checks of a takeover that ask whether the pair's servers are what AWS says of them; the value of one that fails says
// why.
func WhoThePairIs(r model.RDS, now time.Time, p model.Policy) []model.Check {
	var out []model.Check
	for _, f := range (judge{r: r, now: now, p: p}).whoTheyAre() {
		if f.Verdict == model.Fails {
			f.Value = f.but
		}
		out = append(out, f.Check)
	}
	return out
}

// AlertTwoWriters is the alert of a pair of which both servers take writes.
const AlertTwoWriters = "rds:two-writers"

// targetAlerts tell which of the pair is not what it is configured as, and that both take writes.
func (b *Board) targetAlerts(r *model.RDS, now time.Time) []Alert {
	if r == nil || r.Primary == nil {
		return nil
	}
	green := model.Green
	var out []Alert
	if r.TwoWriters != "" {
		out = append(out, Alert{
			ID:       AlertTwoWriters,
			Severity: model.Fail,
			rank:     rankWriters,
			Cluster:  &green,
			Says:     r.TwoWriters + b.written(r),
			Brief:    "two servers of the pair take writes",
			Do: "f quarantines the other one, which green's Director does not use (:failover quarantine); delete nothing before what it took is " +
				"looked through",
		})
	}
	for _, f := range (judge{r: *r, now: now, p: b.policy}).whoTheyAre() {
		if f.Verdict == model.Fails {
			brief := f.but
			if r.Replica != nil {
				brief = strings.Replace(brief, "wrong target: the server of "+r.Replica.ID+" replicates from", "wrong target: it replicates from", 1)
			}
			out = append(out, Alert{
				ID:       "rds:wrong:" + f.ID,
				Severity: model.Fail,
				rank:     rankGap,
				Cluster:  &green,
				Says:     f.but,
				Brief:    brief,
				Do:       "correct the configuration (rds), or what stands under that address, before anybody acts on the pair",
			})
		}
	}
	return out
}

// copyOf says that green's catalog is of a server that replicates, over however many others, from that of the other cluster's catalog,
// and of the same database: whatever it holds is the other cluster's, whoever says that he uses it.
func (b *Board) copyOf(s *side, other *model.Catalog) string {
	origin, _, _ := strings.Cut(other.Identity, " ")
	at, _, _ := strings.Cut(s.catalog.Identity, " ")
	if s.ledger.cluster != model.Green || b.rds == nil || origin == "" || at == "" || other.At.IsZero() ||
		!strings.EqualFold(s.catalog.Database, other.Database) {
		return ""
	}
	from := map[string][]string{}
	for _, in := range []*model.Instance{b.rds.Primary, b.rds.Replica} {
		if in == nil || in.Server.Value.UUID == "" {
			continue
		}
		for _, c := range in.Server.Value.Streams() {
			from[in.Server.Value.UUID] = append(from[in.Server.Value.UUID], c.SourceUUID)
		}
	}
	for next, seen := []string{at}, map[string]bool{}; len(next) > 0; next = next[1:] {
		if seen[next[0]] {
			continue
		}
		seen[next[0]] = true
		if slices.Contains(from[next[0]], origin) {
			return fmt.Sprintf("%s replicates from %s's catalog %s (server_uuid %s)", s.catalog.Host, model.Clusters[1-s.ledger.cluster],
				other.Host, origin)
		}
		next = append(next, from[next[0]]...)
	}
	return ""
}

// otherOfThePair says that green's Director uses one of the pair while the catalog that is read is the other one and takes writes: what the
// Director writes is not there.
func (b *Board) otherOfThePair(s *side) string {
	if s.ledger.cluster != model.Green || b.rds == nil || s.catalog.ReadOnly || s.uses(&s.catalog) == model.Holds {
		return ""
	}
	d := s.director.scheduler()
	uses := hostPort(d.Uses)
	var used, read *model.Instance
	for _, in := range []*model.Instance{b.rds.Primary, b.rds.Replica} {
		if in == nil || in.Server.Value.UUID == "" {
			continue
		}
		if d.Uses.Address != "" && in.AWS.Value.IsAt(uses) {
			used = in
		}
		if strings.HasPrefix(s.catalog.Identity, in.Server.Value.UUID+" ") {
			read = in
		}
	}
	if used == nil || read == nil || used == read {
		return ""
	}
	return fmt.Sprintf("%s uses %s (%s), and %s is %s, which is another server", d.Name, uses, used.ID, s.catalog.Host, read.ID)
}

// written says which of two writers green's Director uses, by its own word.
func (b *Board) written(r *model.RDS) string {
	s := b.sides[model.Green]
	if len(s.director.Directors) == 0 {
		return ""
	}
	d := s.director.scheduler()
	for _, in := range []*model.Instance{r.Primary, r.Replica} {
		if d.Uses.Address != "" && in.AWS.Value.IsAt(hostPort(d.Uses)) {
			return fmt.Sprintf("; %s uses %s", d.Name, in.ID)
		}
	}
	return ""
}
