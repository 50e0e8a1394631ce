package board

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// judge holds what the checks of a takeover are made from; both instances are there.
type judge struct {
	r   model.RDS
	now time.Time
	p   model.Policy
}

func within(at, now time.Time, limit time.Duration) bool {
	age := now.Sub(at)
	return !at.IsZero() && age <= limit && age >= -limit
}

// A reading counts while it is younger than three of its intervals, and never less than a person would wait.
func (j judge) freshAWS(at time.Time) bool {
	return within(at, j.now, max(3*j.p.InstanceEvery, 15*time.Second))
}

func (j judge) freshServer(s model.Reading[model.Server]) bool {
	return within(s.At, j.now, max(3*j.p.ServerEvery, 10*time.Second))
}

func (j judge) freshSettings(at time.Time) bool {
	return within(at, j.now, max(3*j.p.SettingsEvery, time.Minute))
}

func (j judge) parityKnown() bool {
	p, r := j.r.Primary, j.r.Replica
	return j.freshAWS(p.AWS.At) && j.freshAWS(r.AWS.At) && j.freshServer(p.Server) && j.freshServer(r.Server)
}

// evidence is where a finding comes from.
type evidence struct {
	fresh  bool
	at     time.Time
	why    string // it is not fresh
	silent string // the same in the words of the one line
}

// found makes a finding: unknown while its evidence is not fresh, else what ok says. But is the one line's words when it fails.
func (e evidence) found(id, says string, bar model.Bar, ok bool, value, but string) finding {
	f := finding{Check: model.Check{ID: id, Says: says, Value: value, Bar: bar, Verdict: model.Holds, At: e.at}, but: but}
	switch {
	case !e.fresh:
		f.Verdict, f.Value, f.but = model.Unknown, cmp.Or(e.why, "not answered"), e.silent
	case !ok:
		f.Verdict = model.Fails
	}
	return f
}

func (j judge) aws(in *model.Instance, name string) evidence {
	return evidence{j.freshAWS(in.AWS.At), in.AWS.At, in.AWS.Why, "AWS tells nothing of the " + name}
}

func (j judge) server(in *model.Instance, name string) evidence {
	return evidence{j.freshServer(in.Server), in.Server.At, in.Server.Why, "the " + name + "'s server does not answer"}
}

// common are the checks that both verbs share; what forbids either.
func (j judge) common() []finding {
	d, s := j.r.Replica.AWS.Value, j.r.Replica.Server.Value
	aws, server := j.aws(j.r.Replica, "replica"), j.server(j.r.Replica, "replica")
	fs := []finding{
		aws.found("replica-identity", "the replica is the instance that was pinned", model.Block, d.Recreated == "", d.ResourceID,
			"another instance stands under the replica's name ("+d.ResourceID+", was "+d.Recreated+")"),
		aws.found("replica-role", "AWS calls it a replica of the primary", model.Block, sameInstance(d.Source, j.r.Primary.ID), cmp.Or(d.Source, "a primary of its own"), roleBut(d)),
		aws.found("replica-available", "the replica is available", model.Block, d.Status == "available", d.Status, "the replica is "+d.Status),
		server.found("replica-answers", "the replica's server answers", model.Block, true, s.Version, ""),
		server.found("replica-read-only", "the replica takes no writes of its own", model.Block, s.ReadOnly, "read_only "+onOff(s.ReadOnly), "the replica is writable: two writers"),
	}
	fs[0].Fact = d.ResourceID
	k := j.r.Replica.Key
	key := evidence{j.freshAWS(k.At), k.At, k.Why, "AWS tells nothing of the replica's key"}
	fs = append(fs, key.found("replica-key", "the key of the replica's storage is usable", model.Block, k.Value.Usable, k.Value.State,
		"the replica's key is "+cmp.Or(k.Value.Why, k.Value.State)))
	g := j.r.Replica.Group
	ro := parameterMap(g.Value.Values)["read_only"]
	group := evidence{j.freshSettings(g.At), g.At, g.Why, "AWS tells nothing of the replica's parameter group"}
	fs = append(append(fs, j.ofReplica()...), j.ofPair()...)
	return append(fs, group.found("replica-group", "its parameter group makes it writable when promoted", model.Block,
		strings.EqualFold(ro, "{TrueIfReplica}"), "read_only "+cmp.Or(ro, "not set"), "parameter group "+g.Value.Name+" has read_only "+cmp.Or(ro, "not set")))
}

func roleBut(d model.Description) string {
	if d.IsReplica() {
		return "the replica replicates from " + d.Source
	}
	return "the replica is a primary of its own already"
}

// sameInstance compares AWS's name or ARN of a source with an instance's name.
func sameInstance(source, id string) bool {
	return source != "" && (source == id || strings.HasSuffix(source, ":db:"+id))
}

// settled are checks that a calm day asks for and an emergency only tells.
func (j judge) settled(bar model.Bar) []finding {
	d := j.r.Replica.AWS.Value
	aws := j.aws(j.r.Replica, "replica")
	both := evidence{!j.r.ParityAt.IsZero(), j.r.ParityAt, "not compared: AWS and both servers must answer", "the two are not compared"}
	fs := []finding{
		both.found("parity", "the replica is what the primary is", bar, len(j.r.Parity) == 0, plural(uint64(len(j.r.Parity)), "difference"), differBut(j.r.Parity)),
		aws.found("replica-settled", "nothing is pending on the replica", bar, len(d.Pending) == 0 && d.ParameterStatus == "in-sync",
			fmt.Sprintf("%d pending, parameters %s", len(d.Pending), d.ParameterStatus), "changes are pending on the replica"),
		aws.found("replica-warm", "the replica's volume is complete", model.Caution, d.Storage.Operation != "Initializing", cmp.Or(d.Storage.Operation, "complete"), "the replica's volume still loads"),
	}
	return fs
}

func differBut(ds []model.Difference) string {
	switch len(ds) {
	case 0:
		return ""
	case 1:
		return "the replica's " + ds[0].What + " differs"
	}
	return fmt.Sprintf("the replica differs (%s and %d more)", ds[0].What, len(ds)-1)
}

// switchover: both are up, the primary is drained, the replica catches up, nothing is lost.
func (j judge) switchover() model.Takeover {
	p, d := j.r.Primary.AWS.Value, j.r.Replica.AWS.Value
	ps, rs := j.r.Primary.Server.Value, j.r.Replica.Server.Value
	primary, replica := j.aws(j.r.Primary, "primary"), j.aws(j.r.Replica, "replica")
	pserver, rserver := j.server(j.r.Primary, "primary"), j.server(j.r.Replica, "replica")
	both := pserver
	if !rserver.fresh {
		both = rserver
	}
	lag, limit := j.ownLag(), j.p.SwitchoverLag
	behind, known := lag.Behind()
	identity := primary.found("primary-identity", "the primary is the instance that was pinned", model.Block, p.Recreated == "", p.ResourceID,
		"another instance stands under the primary's name ("+p.ResourceID+", was "+p.Recreated+")")
	identity.Fact = p.ResourceID
	keepsUp := rserver.found("replica-lag", "the replica keeps up, by its own word", model.Block, known && behind <= limit, lag.String(), "the replica's lag is "+lag.String())
	keepsUp.Limit = "<= " + model.Span(limit)
	fs := append(j.common(), j.ofPrimary()...)
	fs = append(fs, identity,
		primary.found("primary-available", "the primary is available", model.Block, p.Status == "available", p.Status, "the primary is "+p.Status),
		pserver.found("primary-answers", "the primary's server answers", model.Block, true, ps.Version, ""),
		keepsUp,
		replica.found("replica-normal", "AWS calls its replication normal", model.Block, d.Replicating, d.Replication, "AWS calls the replication "+cmp.Or(d.Replication, "absent")),
		both.found("catch-up", "that it has everything can be proven", model.Override, gtidsTell(ps) && gtidsTell(rs) || ps.BinlogFile != "", provenBy(ps, rs),
			"neither GTIDs nor binary log positions can prove a catch-up"))
	return takeover(append(fs, j.settled(model.Override)...), model.Loss{Known: true, None: true, Says: "nothing: it waits until the replica has everything"})
}

func provenBy(p, r model.Server) string {
	switch {
	case gtidsTell(p) && gtidsTell(r):
		return "by GTID"
	case p.BinlogFile != "":
		return "by binary log positions"
	}
	return "gtid_mode " + cmp.Or(p.GTIDMode, "absent")
}

// ownLag is the replica's own figure; CloudWatch's passes nothing.
func (j judge) ownLag() model.Lag {
	s := j.r.Replica.Server
	switch {
	case !j.freshServer(s):
		return model.UnknownLag(cmp.Or(s.Why, "the replica's server does not answer"))
	case s.Value.Replication == nil:
		return model.BrokenLag("it replicates from nobody")
	case !s.Value.Replication.Runs() && s.Value.Replication.Lag.State() == model.LagKnown:
		return model.BrokenLag("a thread is stopped")
	}
	return s.Value.Replication.Lag
}

// emergency: the primary's AWS region is gone and cannot be asked.
func (j judge) emergency(ended []model.Job) model.Takeover {
	d, s := j.r.Replica.AWS.Value, j.r.Replica.Server
	aws, server := j.aws(j.r.Replica, "replica"), j.server(j.r.Replica, "replica")
	loss := j.loss(ended)
	applied, value := receivedApplied(s.Value)
	behind := "the replica has not applied all that it received"
	if s.Value.Replication == nil {
		behind = "the replica replicates from nobody"
	}
	dated := evidence{loss.Known, s.At, loss.Says, "it would lose " + loss.Says}
	small := dated.found("loss", "what would be lost is known and small", model.Override,
		loss.None || !loss.After.IsZero() && j.now.Sub(loss.After) <= j.p.EmergencyLoss, loss.Says, "it would lose "+loss.Says)
	small.Limit = "<= " + model.Span(j.p.EmergencyLoss)
	fs := append(j.common(),
		aws.found("replica-alive", "AWS has not ended its replication", model.Block, d.Replication != "terminated", cmp.Or(d.Replication, "absent"), "AWS ended the replication long ago: it must be rebuilt"),
		server.found("replica-applied", "what the replica received is applied", model.Override, applied, value, behind),
		aws.found("replica-normal", "AWS calls its replication normal", model.Override, d.Replicating, d.Replication, "AWS calls the replication "+cmp.Or(d.Replication, "absent")),
		small)
	return takeover(append(fs, j.settled(model.Caution)...), loss)
}

func receivedApplied(s model.Server) (bool, string) {
	rep := s.Replication
	switch {
	case rep == nil:
		return false, "does not replicate"
	case gtidsTell(s) && !rep.Retrieved.Empty():
		n := rep.Retrieved.Minus(s.GTIDs).Count()
		return n == 0, plural(n, "transaction") + " waiting"
	case rep.File != "":
		ok := rep.File == rep.ReadFile && rep.Pos == rep.ReadPos
		return ok, fmt.Sprintf("%s:%d of %s:%d", rep.File, rep.Pos, rep.ReadFile, rep.ReadPos)
	}
	return false, "not told"
}
