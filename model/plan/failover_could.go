package plan

import (
	"slices"

	"switchyard/model"
)

// Could answers whether a takeover could be begun now: what the board judges of the pair, by the bars and with the other guards of the plan
// that is made for it. An emergency is judged as if the primary's AWS region were gone.
func (w World) Could(to FailoverTo) model.Takeover {
	p := &Plan{Ask: Ask{Failover: &Failover{To: to}}}
	t, emergency := w.takeoverOf(p)
	if r := w.Snapshot.RDS; r == nil || r.Primary == nil || r.Replica == nil {
		return t
	}
	made, err := Ask{Failover: FailoverOf(w.Snapshot, to)}.Plan(w, "look")
	if err != nil {
		t.Object(append(slices.Clone(t.Against), model.Objection{Says: "no plan can be made: " + model.Clean(err.Error())}))
		return t
	}
	t.Checks = slices.Clone(t.Checks)
	against := made.against(&t, emergency)
	for i := range made.Guards {
		g := &made.Guards[i]
		if g.ID == "pair-outage" || g.ID == "pair-writers" || g.ID == GuardFree && w.State == nil && w.Snapshot.Source(model.Journal) == nil {
			continue // that the primary is gone is supposed; where no journal is configured nobody acts
		}
		if g.ID == guardKnown && w.State == nil { // that the journal was not read is said once
			continue
		}
		if !slices.Contains(pairGuards, g.ID) {
			t.Checks = append(t.Checks, *g)
		}
		if g.ID == guardNumbers { // it is told, and f asks for a reason; whether the replica could take over it does not change
			continue
		}
		if g.Verdict == model.Holds || g.Bar == model.Caution ||
			slices.ContainsFunc(against, func(o model.Objection) bool { return made.guards(&t, emergency, o.Of) == g }) {
			continue
		}
		o := model.Objection{Of: g.ID, Says: g.Not() + ": " + g.Value, Bar: g.Bar, Verdict: g.Verdict}
		if g.ID == "rds-jobs" && g.Verdict == model.Fails {
			o.Says = "jobs of green run: " + g.Value
		}
		against = append(against, o)
	}
	t.Object(against)
	return t
}

// pairGuards sum up what the board has judged one by one.
var pairGuards = []string{"pair-target", "pair-ready", "pair-parity", "pair-errant", "pair-unproven", "pair-loss"}

// against is what the board objects to, each as its guard weighs it; what no guard holds against the plan is no objection.
func (p *Plan) against(t *model.Takeover, emergency bool) (out []model.Objection) {
	for _, o := range t.Against {
		if g := p.guards(t, emergency, o.Of); g != nil {
			o.Bar = g.Bar
			out = append(out, o)
		}
	}
	return out
}

// guards is the guard of a plan that a check of the board is held against it by; nil: none is.
func (p *Plan) guards(t *model.Takeover, emergency bool, id string) *model.Check {
	by := []string{"pair-ready", "pair-unproven"}
	switch {
	case slices.Contains(targets, id):
		by = []string{"pair-target", "pair-unproven"}
	case id == "parity":
		by = []string{"pair-parity"}
	case id == "replica-errant":
		by = []string{"pair-errant"}
	case id == "jobs":
		by = []string{"rds-jobs"}
	case id == "loss":
		by = []string{"pair-loss"}
	}
	of := checkOf(t, id)
	for _, id := range by {
		g := p.Guard(id)
		switch {
		case g == nil || g.Verdict == model.Holds || g.Bar == model.Caution || of == nil:
		case id == "pair-ready" && of.Bar != model.Block:
		case id == "pair-unproven" && !emergency && of.Bar == model.Block:
		default:
			return g
		}
	}
	return nil
}
