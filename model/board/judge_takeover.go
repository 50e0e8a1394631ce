package board

import (
	"cmp"
	"fmt"

	"switchyard/model"
)

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
	keepsUp := rserver.found(
		"replica-lag",
		"the replica keeps up, by its own word",
		model.Block,
		known && behind <= limit,
		lag.String(),
		"the replica's lag is "+lag.String(),
	)
	keepsUp.Limit = "<= " + model.Span(limit)
	fs := append(j.common(), j.ofPrimary()...)
	fs = append(
		fs,
		identity,
		primary.found(
			"primary-available",
			"the primary is available",
			model.Block,
			p.Status == "available",
			p.Status,
			"the primary is "+p.Status,
		),
		pserver.found("primary-answers", "the primary's server answers", model.Block, true, ps.Version, ""),
		keepsUp,
		replica.found(
			"replica-normal",
			"AWS calls its replication normal",
			model.Block,
			d.Replicating,
			d.Replication,
			"AWS calls the replication "+cmp.Or(d.Replication, "absent"),
		),
		both.found(
			"catch-up",
			"that it has everything can be proven",
			model.Override,
			gtidsTell(ps) && gtidsTell(rs) || ps.BinlogFile != "",
			provenBy(ps, rs),
			"neither GTIDs nor binary log positions can prove a catch-up",
		),
	)
	t := takeover(append(append(fs, j.idle()), j.settled(model.Override)...),
		model.Loss{Known: true, None: true, Says: "nothing: it waits until the replica has everything"})
	if names := j.running(); t.Can == model.Holds && len(names) > 0 {
		t.Says = fmt.Sprintf("yes, once %s ended (or they die): %s", jobsHave(len(names)), fewNames(names))
	}
	return t
}

// idle tells whether jobs run that a takeover would wait for or end, and which. They forbid nothing; not to know of any proves nothing.
func (j judge) idle() finding {
	bar := model.Caution
	if j.blind != "" {
		bar = model.Override
	}
	names := j.running()
	e := evidence{fresh: j.blind == "", at: j.now, why: j.blind, silent: "whether jobs run is not known: " + j.blind}
	value := "none"
	if len(names) > 0 {
		value = fmt.Sprintf("%d: %s", len(names), fewNames(names))
	}
	return e.found("jobs", "no job runs that it would wait for or end", bar, len(names) == 0, value, "jobs run")
}

func jobsHave(n int) string {
	if n == 1 {
		return "1 running job has"
	}
	return fmt.Sprintf("%d running jobs have", n)
}

// running are the jobs that are under way, by number and name.
func (j judge) running() (names []string) {
	for _, part := range j.jobs {
		for i := range part {
			if o := &part[i]; o.Outcome.Open() && o.End.IsZero() {
				names = append(names, fmt.Sprintf("%d %s", o.ID, o.Title()))
			}
		}
	}
	return names
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
	case !j.freshServer(s, "replica"):
		return model.UnknownLag(cmp.Or(s.Why, "the replica's server "+s.Trouble.Says()))
	case s.Value.Replication == nil:
		return model.BrokenLag("it replicates from nobody")
	case !s.Value.Replication.Runs() && s.Value.Replication.Lag.State() == model.LagKnown:
		return model.BrokenLag("a thread is stopped")
	}
	return s.Value.Replication.Lag
}

// flows tells that every channel of the replica runs and is no farther behind than a switchover allows, while the primary answers:
// what is under way then is no loss and no fault.
func (j judge) flows() bool {
	behind, known := j.ownLag().Behind()
	if !known || behind > j.p.SwitchoverLag || !j.freshServer(j.r.Primary.Server, "primary") {
		return false
	}
	s := j.r.Replica.Server.Value
	for _, c := range s.Streams() {
		if !c.Runs() {
			return false
		}
	}
	return true
}

// emergency: the primary's AWS region is gone and cannot be asked.
func (j judge) emergency() model.Takeover {
	d, s := j.r.Replica.AWS.Value, j.r.Replica.Server
	aws, server := j.aws(j.r.Replica, "replica"), j.server(j.r.Replica, "replica")
	loss := j.loss()
	applied, value := receivedApplied(&s.Value)
	behind := "the replica has not applied all that it received"
	if s.Value.Replication == nil {
		behind = "the replica replicates from nobody"
	}
	dated := evidence{fresh: loss.Known, at: s.At, why: loss.Says, silent: "it would lose " + loss.Says}
	small := dated.found("loss", "what would be lost is known and small", model.Override,
		loss.None || !loss.After.IsZero() && j.now.Sub(loss.After) <= j.p.EmergencyLoss, loss.Says, "it would lose "+loss.Says)
	small.Limit = "<= " + model.Span(j.p.EmergencyLoss)
	fs := append(
		j.common(),
		aws.found(
			"replica-alive",
			"AWS has not ended its replication",
			model.Block,
			d.Replication != "terminated",
			cmp.Or(d.Replication, "absent"),
			"AWS ended the replication long ago: it must be rebuilt",
		),
		server.found(
			"replica-applied",
			"what the replica received is applied, or being applied",
			model.Override,
			applied || s.Value.Replication != nil && j.flows(),
			value,
			behind,
		),
		aws.found(
			"replica-normal",
			"AWS calls its replication normal",
			model.Override,
			d.Replicating,
			d.Replication,
			"AWS calls the replication "+cmp.Or(d.Replication, "absent"),
		),
		small,
	)
	if names := j.running(); len(names) > 0 || j.blind == "" { // a Director that is silent is no reason not to save its catalog
		fs = append(fs, j.idle())
	}
	t := takeover(append(fs, j.settled(model.Caution)...), loss)
	if names := j.running(); t.Can == model.Holds && len(names) > 0 {
		lost := "nothing written"
		if !loss.None {
			lost = loss.Says
		}
		t.Says = fmt.Sprintf("yes; would lose %s, and %s: %s", lost, plural(uint64(len(names)), "running job"), fewNames(names))
	}
	return t
}

// receivedApplied tells whether every channel has applied all that it received.
func receivedApplied(s *model.Server) (bool, string) {
	if s.Replication == nil {
		return false, "does not replicate"
	}
	for _, c := range s.Streams() {
		if ok, value := channelApplied(s, &c); !ok {
			return false, value
		}
	}
	return channelApplied(s, s.Replication)
}

func channelApplied(s *model.Server, rep *model.Replication) (bool, string) {
	switch {
	case gtidsTell(*s) && !rep.Retrieved.Empty():
		n := rep.Retrieved.Minus(s.GTIDs).Count()
		return n == 0, plural(n, "transaction") + " waiting"
	case rep.File != "":
		ok := rep.File == rep.ReadFile && rep.Pos == rep.ReadPos && rep.Pos > 0 // 0 is a position that could not be read
		return ok, fmt.Sprintf("%s:%d of %s:%d", rep.File, rep.Pos, rep.ReadFile, rep.ReadPos)
	}
	return false, "not told"
}
