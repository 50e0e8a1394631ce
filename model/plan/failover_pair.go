package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

func init() {
	for id, g := range map[string]guard{
		"pair-target":   {judge: ofTakeover(World.pairTarget), needs: ofReplica, begun: ofReplicaAlone},
		"pair-ready":    {judge: ofTakeover(World.pairReady), needs: ofBothInstances, begun: ofThePair},
		"pair-parity":   {judge: ofTakeover(World.pairParity), needs: ofReplica, begun: ofReplicaAlone},
		"pair-errant":   {judge: ofTakeover(World.pairErrant), needs: ofReplica, begun: ofReplicaAlone},
		"pair-unproven": {judge: ofTakeover(World.pairUnproven), needs: ofReplica, begun: ofReplicaAlone},
		"pair-loss":     {judge: ofTakeover(World.pairLoss), needs: ofReplica},
		"pair-outage":   {judge: ofTakeover(World.pairOutage), needs: ofReplica, begun: ofReplicaAlone, mute: ofItsPrimary},
		"pair-writers":  {judge: ofTakeover(World.pairWriters), needs: ofReplica, begun: ofReplicaAlone},
	} {
		guards[id], failoverGuards[id] = g, g
	}
}

func sourcesOf(role string) []model.Source {
	return []model.Source{
		{Kind: model.SourceInstance, Name: role},
		{Kind: model.SourceServer, Name: role},
		{Kind: model.SourceSettings, Name: role},
	}
}

// ofItsPrimary are AWS's word of the primary and its server's.
func ofItsPrimary(model.Cluster) []model.Source { return sourcesOf("primary")[:2] }

// ofReplica is what is left when the primary's AWS region is gone: whatever the primary says would only contradict. Which Directors there
// are, and what they have backed up, the plan is made from.
func ofReplica(c model.Cluster) Needs {
	n := ofBoth(c)
	n.add(ofReplicaAlone(c))
	return n
}

func ofReplicaAlone(model.Cluster) Needs {
	return Needs{Must: sourcesOf("replica"), May: sourcesOf("primary")}
}

func ofBothInstances(c model.Cluster) Needs {
	n := ofReplica(c)
	n.add(ofThePair(c))
	return n
}

func ofThePair(model.Cluster) Needs {
	return Needs{Must: slices.Concat(sourcesOf("replica"), sourcesOf("primary"))}
}

// judged is the takeover that the plan asks for, as the board judges it.
func (w World) takeoverOf(p *Plan) (t model.Takeover, emergency bool) {
	f := p.Ask.Failover
	emergency = f != nil && f.To == FailoverEmergency
	r := w.Snapshot.RDS
	switch {
	case r == nil:
	case emergency:
		t = r.Emergency
	default:
		t = r.Switchover
	}
	return t, emergency
}

func ofTakeover(judge func(World, *model.Takeover, bool) model.Check) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		t, emergency := w.takeoverOf(p)
		return judge(w, &t, emergency)
	}
}

// targets are the checks of what is never right: another instance, another primary's data, two that take writes.
var targets = []string{
	"replica-identity",
	"replica-role",
	"replica-read-only",
	"replica-source",
	"replica-endpoint",
	"pair-apart",
	"pair-follows",
	"primary-identity",
}

// ownGuards are those that have a guard of their own.
var ownGuards = append([]string{"parity", "replica-errant", "jobs", "loss"}, targets...)

func checkOf(t *model.Takeover, id string) *model.Check {
	if i := slices.IndexFunc(t.Checks, func(c model.Check) bool { return c.ID == id }); i >= 0 {
		return &t.Checks[i]
	}
	return nil
}

// pairTarget is bound to the identity of the replica. What nobody can tell while the primary's AWS region is gone is left to another guard,
// but for who the replica is.
func (w World) pairTarget(t *model.Takeover, emergency bool) model.Check {
	c := model.Check{Says: "it is the replica of the primary, and no second server takes writes", Bar: model.Block}
	r := w.Snapshot.RDS
	if r == nil || r.Replica == nil {
		c.Value = "no replica is known"
		return c
	}
	c.Verdict, c.At, c.Fact = model.Holds, r.Replica.AWS.At, r.Replica.AWS.Value.ResourceID
	c.Value = r.Replica.ID + ", " + c.Fact
	for _, id := range targets {
		of := checkOf(t, id)
		switch {
		case of == nil:
		case of.Verdict == model.Fails:
			c.Verdict, c.Value = model.Fails, of.Not()+": "+of.Value
			return c
		case of.Verdict == model.Unknown && (id == "replica-identity" || id == "replica-read-only" || !emergency && of.Bar == model.Block):
			c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, of.Not()+": "+of.Value
			return c
		}
	}
	switch {
	case r.TwoWriters != "":
		c.Verdict, c.Value = model.Fails, r.TwoWriters
	case c.Fact == "" || checkOf(t, "replica-identity") == nil:
		c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, "AWS has not told which instance the replica is"
	}
	return c
}

// against are the checks that do not hold, of those that a choice takes, and how old the oldest is of those by which it is judged: what is
// not known has no age.
func against(t *model.Takeover, takes func(*model.Check) bool) (names []string, oldest time.Time, worst model.Verdict) {
	worst = model.Holds
	ages := map[model.Verdict]time.Time{}
	for i := range t.Checks {
		c := &t.Checks[i]
		if IsGuard(c.ID) || !takes(c) { // what Could put beside the board's own is a guard by itself
			continue
		}
		if was, has := ages[c.Verdict]; !has || c.At.Before(was) {
			ages[c.Verdict] = c.At
		}
		if c.Verdict == model.Holds {
			continue
		}
		if c.Verdict == model.Fails || worst == model.Holds {
			worst = c.Verdict
		}
		says := c.Not() + " (" + c.Value
		if c.Limit != "" {
			says += ", asked " + c.Limit
		}
		names = append(names, says+")")
	}
	if worst != model.Unknown {
		oldest = ages[worst]
	}
	return names, oldest, worst
}

// pairReady wants everything else without which a switchover is never begun.
func (w World) pairReady(t *model.Takeover, _ bool) model.Check {
	c := model.Check{Says: "both instances are ready for it", Bar: model.Block}
	names, oldest, worst := against(t, func(c *model.Check) bool { return c.Bar == model.Block && !slices.Contains(ownGuards, c.ID) })
	c.Verdict, c.At, c.Value = worst, oldest, "available, answering, in step"
	switch {
	case len(t.Checks) == 0 || w.Snapshot.RDS.Replica == nil:
		c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, "nothing was judged"
	case len(names) > 0:
		c.Value = firstFew(names)
	}
	return c
}

// pairUnproven is what an outage makes unprovable, and what else asks for a reason: one guard, so that one tired person gives one.
func (w World) pairUnproven(t *model.Takeover, emergency bool) model.Check {
	c := model.Check{Says: "what else can be proven of the pair is", Bar: model.Override}
	names, oldest, worst := against(t, func(c *model.Check) bool {
		if emergency && slices.Contains(targets, c.ID) {
			return c.Verdict == model.Unknown
		}
		return !slices.Contains(ownGuards, c.ID) && (c.Bar == model.Override || emergency && c.Bar == model.Block)
	})
	c.Verdict, c.At, c.Value = worst, oldest, "nothing is left open"
	switch {
	case len(t.Checks) == 0:
		c.Verdict, c.Value = model.Unknown, "nothing was judged"
	case len(names) > 0:
		c.Value = firstFew(names)
	}
	return c
}

// pairParity blocks what can wait, and warns of what cannot.
func (w World) pairParity(t *model.Takeover, emergency bool) model.Check {
	c := ownCheck(t, "parity", "the replica is what the primary is", model.Block)
	if emergency {
		c.Bar = model.Caution
	}
	s := *w.Snapshot
	s.State = w.State
	if r := s.RDS; r != nil && len(r.Parity) > 0 {
		c.Value = parityOf(r.Parity)
	} else if of := s.RecordedParity(); emergency && c.Verdict == model.Unknown && of != nil {
		c.Verdict, c.At = of.Verdict, of.At
		c.Value = fmt.Sprintf("as recorded %s UTC: %s",
			of.At.UTC().Format("2 Jan 15:04:05"), cmp.Or(parityOf(of.Claim.Parity.Differences), "nothing differs"))
	}
	return c
}

// parityOf names the first differences.
func parityOf(all []model.Difference) string {
	const few = 6
	var names []string
	for _, d := range all[:min(len(all), few)] {
		names = append(names, fmt.Sprintf("%s: primary %s, replica %s", d.What, cmp.Or(d.Primary, "none"), cmp.Or(d.Replica, "none")))
	}
	says := model.Clean(strings.Join(names, "; "))
	if more := len(all) - few; more > 0 {
		says += fmt.Sprintf("; and %d more", more)
	}
	return says
}

// pairErrant lists the transactions that the replica alone has.
func (w World) pairErrant(t *model.Takeover, _ bool) model.Check {
	c := ownCheck(t, "replica-errant", "the replica has nothing that the primary has not", model.Override)
	if r := w.Snapshot.RDS; r != nil && !r.Distance.Errant.Empty() {
		c.Fact = r.Distance.Errant.String()
		c.Value = model.Plural(int(r.Distance.Errant.Count()), "transaction") + ": " + c.Fact
	}
	return c
}

// pairLoss asks for a reason when more is lost than the policy lets go, or nobody knows how much.
func (w World) pairLoss(t *model.Takeover, _ bool) model.Check {
	return ownCheck(t, "loss", "what is lost is known and small", model.Override)
}

// ownCheck is one check of the board with a guard of its own.
func ownCheck(t *model.Takeover, id, says string, bar model.Bar) model.Check {
	c := model.Check{Says: says, Bar: bar, Value: "not judged"}
	if of := checkOf(t, id); of != nil {
		c.Verdict, c.Value, c.Limit, c.At = of.Verdict, of.Value, of.Limit, of.At
		if c.Verdict == model.Unknown {
			c.At = time.Time{}
		}
		if of.Bar == model.Caution { // what forbids nothing there forbids nothing here
			c.Bar = model.Caution
		}
	}
	return c
}

// pairOutage wants a primary that AWS, its server and its replica have not heard for a while. One that answers and takes writes would be a
// second writer.
func (w World) pairOutage(_ *model.Takeover, _ bool) model.Check {
	c := model.Check{Says: "the primary is gone", Bar: model.Override, Limit: ">= " + model.Span(w.Policy.OutageFor)}
	r := w.Snapshot.RDS
	if r == nil || r.Primary == nil || r.Replica == nil {
		c.Value = "no pair is watched"
		return c
	}
	var heard, open []string
	last := time.Time{}
	for _, s := range sourcesOf("primary")[:2] {
		at := w.source(s)
		switch ok, why := w.heard(at); {
		case ok:
			heard = append(heard, s.String()+" answers")
		case s.Kind == model.SourceServer && at.Trouble.Answers(): // whoever refuses is there
			heard = append(heard, s.String()+" "+at.Trouble.Says())
		case at.Trouble != model.TroubleGone && at.Trouble != model.TroubleSilent && !(at.Why == "" && !at.At.IsZero()):
			open = append(open, s.String()+": "+why)
		}
		if at.At.After(last) {
			last = at.At
		}
	}
	if s := &r.Replica.Server; s.Why == "" && readsFrom(&s.Value, r.Primary.Server.Value.UUID) {
		heard = append(heard, "its replica still reads from it")
	}
	c.Verdict, c.At, c.Value = model.Holds, w.Now, "neither AWS nor its server nor its replica hears of it"
	if !last.IsZero() {
		c.Value += " since " + last.UTC().Format("15:04:05") + " UTC"
	}
	switch {
	case w.primaryWrites():
		c.Bar, c.Verdict, c.Value = model.Block, model.Fails, primaryWritesSays(r.Primary)
	case len(heard) > 0:
		c.Verdict, c.Value = model.Fails, strings.Join(heard, ", ")
	case len(open) > 0:
		c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, model.Clean(strings.Join(open, ", "))
	case !last.IsZero() && w.Now.Sub(last) < w.Policy.OutageFor:
		c.Verdict, c.Value = model.Fails, "it was heard at "+last.UTC().Format("15:04:05")+" UTC: a failover to its standby takes minutes, too"
	}
	return c
}

// primaryWrites tells whether the primary's server answers and takes writes.
func (w World) primaryWrites() bool {
	r := w.Snapshot.RDS
	ok, _ := w.heard(w.source(model.Source{Kind: model.SourceServer, Name: "primary"}))
	return ok && r.Primary != nil && !r.Primary.Server.Value.ReadOnly
}

func primaryWritesSays(in *model.Instance) string {
	return in.ID + "'s server answers and takes writes: there would be two writers"
}

// pairWriters is asked once more right before an emergency's promotion: a primary may be back since its Directors were stopped. One of
// which nothing is heard holds nothing up; for that the outage has a guard.
func (w World) pairWriters(*model.Takeover, bool) model.Check {
	c := model.Check{Says: "the primary is not seen to take writes", Bar: model.Block}
	switch r := w.Snapshot.RDS; {
	case r == nil || r.Primary == nil || r.Replica == nil:
		c.Value = "no pair is watched"
	case w.primaryWrites():
		c.Verdict, c.At, c.Value = model.Fails, w.Now, primaryWritesSays(r.Primary)
	default:
		c.Verdict, c.At, c.Value = model.Holds, w.Now, "it answers nothing that says so"
	}
	return c
}

// readsFrom tells whether a channel of a replica is connected to a server. Where it is not known whose a channel is, it may be that one's.
func readsFrom(s *model.Server, uuid string) bool {
	return slices.ContainsFunc(s.Streams(), func(c model.Replication) bool {
		return c.IO == "Yes" && (uuid == "" || c.SourceUUID == "" || c.SourceUUID == uuid)
	})
}

// wayToTakeover is past what holds up a takeover.
func (w World) wayToTakeover(id string) string {
	switch id {
	case "pair-target":
		return "see page 4: which instance stands there, from whom it replicates, and who takes writes"
	case "pair-ready":
		return "see page 4 for each; an emergency is for a primary that is gone"
	case "pair-parity":
		return "make the replica what the primary is: switchyard rds lists both; a change of it may need a reboot"
	case "pair-errant":
		return "see who wrote them and whether they may stay, and say so as the reason"
	case "pair-unproven":
		return "see page 4, and say why it does not matter now"
	case "pair-loss":
		return "say who knows of the loss; it does not become smaller by waiting while the AWS region is gone"
	case guardNumbers:
		return "say why: every table then goes on ten times as far beyond its own number as a busy day gives; volumes tell which JobIds they hold"
	case "pair-outage", "pair-writers":
		return "fail over az or switch over where the primary answers; else wait, or say how you know that it is gone"
	}
	return ""
}
