package gate

import (
	"cmp"
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/record"
)

// regional are the gates of phase 4.
func (f *facts) regional() {
	first, second := f.pair()
	of := func(g *Gate, judge func(at *Gate)) {
		switch {
		case first == nil:
			f.noPair(g, "AWS was not heard of an instance that takes writes")
		case second == nil:
			g.Source = first.source().String()
			g.judge(false, first.AWS.At, "there is no second instance")
		default:
			judge(g)
		}
	}
	g := f.add(Regional, "replica-there", "a replica stands in another AWS region", model.Block)
	g.Do = "create it there, with a key of that AWS region"
	of(g, func(g *Gate) {
		at, ok := f.told(g, second.source())
		if tried, why := f.gone(second.source(), model.TroubleMissing); !ok && why != "" { // AWS is not silent: it says that there is none
			g.judge(false, tried, fmt.Sprintf("AWS says that there is no %s in %s", second.ID, second.Region))
		}
		if ok {
			holds := second.AWS.Value.IsReplica() && second.Region != first.Region
			g.judge(holds, at, fmt.Sprintf("%s in %s, a %s", second.ID, second.Region, second.AWS.Value.Role()))
			g.Fact = second.AWS.Value.ResourceID
		}
	})

	g = f.add(Regional, "replica-behind", "the replica is not far behind, by its own word", model.Override)
	g.Limit = "<= " + model.Span(f.Policy.ReplicaLag)
	g.Do, g.Key = "see what it waits for: 4, enter; one that is broken beyond repair is made anew: f, then rebuild", "4"
	of(g, func(g *Gate) { f.behind(g, second) })

	f.steady(second)

	g = f.add(Regional, "replica-parity", "the replica is what the primary is", model.Override)
	g.Do, g.Key = "see what differs: 4, enter", "4"
	of(g, func(g *Gate) {
		r := f.snap.RDS
		if _, ok := f.told(g, first.source(), second.source(), first.server(), second.server()); !ok {
			return
		}
		if r.ParityAt.IsZero() {
			g.unknown("not compared yet")
			return
		}
		var what []string
		for _, d := range r.Parity {
			what = append(what, d.What)
		}
		if own := r.Distance.Errant; !own.Empty() {
			what = append(what, fmt.Sprintf("it has %s that the primary never had", plural(int(own.Count()), "transaction")))
		}
		g.judge(len(what) == 0, r.ParityAt, cmp.Or(strings.Join(what, ", "), "nothing differs"))
	})

	g = f.add(Regional, "takeover-ready", "the replica could take over now", model.Override)
	g.Do, g.Key = "see what stands in the way: 4, enter", "4"
	of(g, func(g *Gate) {
		at, ok := f.told(g, second.source(), second.server())
		switch e := &f.snap.RDS.Emergency; {
		case !ok:
		case e.Can == model.Unknown:
			g.unknown(cmp.Or(e.Says, "nobody can tell"))
		default:
			g.judge(e.Can == model.Holds, at, cmp.Or(e.Says, map[bool]string{true: "yes", false: "no"}[e.Can == model.Holds]))
		}
	})
	f.settings()
	f.manual(Regional, "backups-replicated", "automated backups of green's catalog are copied to another AWS region", f.Policy.EvidenceLife)
	f.drills()
	g = f.manual(Regional, "bundle", "the recovery bundle lies outside both catalogs and on-premises", f.Policy.BundleAge)
	if k := f.snap.Bundle; k != nil { // where it lies only a person knows, how old it is shows
		if c := k.Judge(f.now, f.Policy.BundleAge); c.Verdict != model.Holds {
			g.judge(false, k.At, c.Value)
			g.Do, g.Wait = model.FreshenBundle, "when a fresh one was written"
		}
	}
}

func (f *facts) behind(g *Gate, second *member) {
	at, ok := f.told(g, second.server())
	if !ok {
		return
	}
	own := second.Server.Value.Replication
	switch {
	case own == nil:
		g.judge(false, at, second.ID+" replicates from nobody")
	case own.Lag.State() == model.LagBroken:
		g.judge(false, at, "broken: "+own.Lag.Why())
	default:
		behind, known := own.Lag.Behind()
		if !known {
			g.unknown(own.Lag.Why())
			return
		}
		g.judge(behind <= f.Policy.ReplicaLag, at, model.Age(behind))
	}
}

// settings asks for what a dead AWS region cannot be asked any more.
func (f *facts) settings() {
	g := f.add(Regional, "settings-recorded", "the journal has how both instances are set", model.Override)
	g.Do = "let a timer run switchyard observe"
	at, ok := f.told(g, model.Journal)
	if !ok || f.snap.RDS == nil {
		if ok {
			f.noPair(g, "")
		}
		return
	}
	if f.state == nil {
		g.unknown("the journal was not read")
		return
	}
	for _, in := range []*model.Instance{f.snap.RDS.Primary, f.snap.RDS.Replica} {
		if in == nil {
			continue
		}
		like := record.Proof{
			Of:    record.Subject{Instances: []record.ProvenInstance{{ID: in.ID, Region: in.Region, ResourceID: in.AWS.Value.ResourceID}}},
			Claim: record.Proven{Settings: &record.Settings{}},
		}
		p := f.state.Proof(&like)
		if p == nil {
			g.unknown("not those of " + in.ID)
			return
		}
		switch stands, why := p.Stands(f.now, f.snap.Present); stands {
		case model.Unknown:
			g.unknown(in.ID + ": " + why)
			return
		case model.Fails:
			g.judge(false, p.At, in.ID+": "+why)
			return
		case model.Holds:
			if p.At.Before(at) {
				at = p.At
			}
		}
	}
	g.judge(true, at, "recorded")
}
