package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

const (
	guardFirst = "recover-first"
	aloneFact  = "alone"
)

func init() {
	for id, g := range map[string]guard{
		"recover-bundle":  {judge: ofRecover(World.bundleYoung)},
		"recover-catalog": {judge: ofRecover(World.catalogLeft), needs: ofLeft},
		"recover-alone": {judge: ofRecover(World.alone), needs: ofBefore,
			mute: func(model.Cluster) []model.Source { return ofBefore(model.Green).Must }},
		"recover-lost":    {judge: ofRecover(World.givenUp)},
		"recover-scratch": {judge: ofRecover(World.scratch)},
		guardFirst:        {judge: func(w World, p *Plan, _ Past) model.Check { return w.firstBack(p) }},
	} {
		guards[id] = g
	}
}

// ofLeft are the catalog that is left and the pair, which may contradict it: no Director has to answer.
func ofLeft(c model.Cluster) Needs {
	n := ofCatalog(c)
	n.Must = []model.Source{model.CatalogOf(c)}
	return n
}

func ofBefore(c model.Cluster) Needs {
	return Needs{Must: []model.Source{model.DirectorOf(c, model.AnyPassive)}}
}

func ofRecover(judge func(World, *Recover) model.Check) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		if p.Ask.Recover == nil {
			return model.Check{Bar: model.Block, Value: "no recovery was asked for"}
		}
		return judge(w, p.Ask.Recover)
	}
}

// bundleYoung asks for a reason where the bundle is older than it may be: what has changed since is not in it.
func (w World) bundleYoung(r *Recover) model.Check {
	c := model.Check{
		Says:  "the bundle is not older than it may be",
		Bar:   model.Override,
		At:    w.Now,
		Limit: "<= " + model.Span(w.Policy.BundleAge),
	}
	age := w.Now.Sub(r.Bundle)
	c.Verdict, c.Value = model.Holds, model.Age(max(0, age))+" old"
	switch {
	case r.Bundle.IsZero() || age < -model.ClockSlack:
		c.Verdict, c.Value = model.Unknown, "when it was made is not known"
	case age > w.Policy.BundleAge:
		c.Verdict, c.Value = model.Fails, model.Age(age)+" old: what has changed since is not in it"
	}
	return c
}

// catalogLeft is bound to the server that takes writes. No Director has to vouch for it: none is left.
func (w World) catalogLeft(*Recover) model.Check {
	c := model.Check{Says: "the catalog that is left answers and takes writes", Bar: model.Block}
	s, v := w.catalog(model.Green), w.view(model.Green)
	c.At = s.At
	heard, why := w.heard(s)
	switch {
	case s.Wrong:
		c.Verdict, c.At, c.Value = model.Fails, s.Tried, wrongTarget(why)
	case w.Snapshot.RDS != nil && w.Snapshot.RDS.TwoWriters != "":
		c.Verdict, c.Value = model.Fails, wrongTarget(w.Snapshot.RDS.TwoWriters)
	case !heard:
		c.Value = why
	case v.Catalog.ReadOnly:
		c.Verdict, c.Value = model.Fails, v.Catalog.Host+" is read-only: promote it first (switchyard failover emergency)"
	default:
		c.Verdict, c.Value, c.Fact = model.Holds, v.Catalog.Host, v.Catalog.Host
	}
	return c
}

// alone holds while it is known of each Director that used this catalog before that nobody listens there: a dial was refused, or its host
// not reached. Of one that is silent, or was not asked, a person says why it cannot write. One that listens when the plan is made is
// stopped by it; one that comes back in the middle stops everything.
func (w World) alone(r *Recover) model.Check {
	c := model.Check{
		Says:    "no Director from before answers",
		Bar:     model.Override,
		Verdict: model.Holds,
		At:      w.Now,
		Fact:    aloneFact,
		Value:   "none",
	}
	stops := r.Up != nil && slices.ContainsFunc(r.Up.Old, func(d OldDirector) bool {
		return d.Cluster == model.Green && d.Answers == model.Answer(model.Holds)
	})
	for _, of := range w.before() {
		s := w.source(of)
		switch listens, why := w.listens(s); {
		case listens == model.Holds:
			if c.Verdict, c.At = model.Fails, s.At; !stops {
				c.Bar = model.Block
			}
			c.Value = model.Clean(of.Name + " answers: two Directors would schedule on one catalog")
			return c
		case listens == model.Unknown && c.Verdict == model.Holds:
			c.Verdict, c.Value = model.Unknown, model.Clean("whether "+of.Name+" is dead is not known: "+why)
		}
	}
	return c
}

// before are the Directors that used the catalog which is left, as sources.
func (w World) before() []model.Source {
	all := slices.Clone(w.Routing.Before)
	for place := 1; place < len(w.view(model.Green).Directors); place++ {
		if of := model.DirectorOf(model.Green, w.called(model.Green, place)); !slices.Contains(all, of) {
			all = append(all, of)
		}
	}
	return all
}

// listens tells whether anybody does where a Director was, and why that is not known.
func (w World) listens(s board.Sighting) (model.Verdict, string) {
	heard, why := w.heard(s)
	switch {
	case heard:
		return model.Holds, ""
	case s.Wrong:
		return model.Unknown, why
	case s.Mute: // it takes connections
		return model.Holds, ""
	}
	switch s.Trouble {
	case model.TroubleRefused, model.TroubleDenied, model.TroubleUntrusted, model.TroubleBusy, model.TroubleThrottled:
		return model.Holds, ""
	case model.TroubleGone:
		if !s.Tried.IsZero() && w.Now.Sub(s.Tried) <= max(3*s.Every, model.Passes(askedOfLate)) {
			return model.Fails, ""
		}
		return model.Unknown, "it was not asked of late"
	case model.TroubleNone, model.TroubleSilent, model.TroubleWritable, model.TroubleMissing, model.TroubleAnswer, model.TroubleOther:
	}
	return model.Unknown, why
}

// askedOfLate is how long ago it may have been seen that nobody listens, by the machine's own clock: what is silent is asked every few
// seconds, and each try takes its time.
const askedOfLate = time.Minute

func (w World) givenUp(r *Recover) model.Check {
	c := model.Check{Says: "every chain comes back", Bar: model.Caution, At: w.Now, Verdict: model.Holds, Value: "each"}
	if n, m := len(r.Lost), len(r.Doubt); n+m > 0 {
		c.Verdict, c.Value = model.Fails, fmt.Sprintf("%d lost, %d not known or in no catalog that is left", n, m)
	}
	return c
}

// scratch holds when a drill writes to nobody who was backed up.
func (w World) scratch(r *Recover) model.Check {
	c := model.Check{Says: "it writes to scratch clients only", Bar: model.Block, Value: "the inventory is not known"}
	if r.Scratch != nil {
		c.Says = "it writes to scratch clients, and to a Director and a catalog of its own, only"
	}
	if w.Names == nil {
		return c
	}
	c.At, c.Verdict = w.Now, model.Holds
	if s := r.Scratch; s != nil && w.atDirector(s.At) {
		c.Verdict, c.Value = model.Fails, model.Clean(s.At+" is the address of a Director that is in use")
		return c
	}
	for i := range r.Chains {
		to := r.Chains[i].Client
		c.Value, c.Fact = to, to
		for j := range w.Names.Inventory().Cells {
			if w.Names.Inventory().Cells[j].Client == to {
				c.Verdict, c.Value = model.Fails, to+" is a client that is backed up"
				return c
			}
		}
	}
	return c
}

// atDirector tells whether a Director of either cluster is at an address.
func (w World) atDirector(at string) bool {
	for _, v := range w.Snapshot.Clusters {
		if v != nil && slices.ContainsFunc(v.Directors, func(d model.Director) bool { return d.Address != "" && d.Address == at }) {
			return true
		}
	}
	return false
}

// firstBack asks for a reason to restore what others do not need before what they do.
func (w World) firstBack(p *Plan) model.Check {
	c := model.Check{Says: "what others need is back", Bar: model.Override, Value: w.unread()}
	if c.Value != "" {
		return c
	}
	c.At, c.Verdict, c.Value = w.Now, model.Holds, "nothing is needed first"
	bundle := w.Routing.Bundle
	if r := p.Ask.Recover; r != nil {
		bundle = r.Bundle
	}
	back := Recovered(w.State, bundle)
	wants := p.restores()
	for _, first := range w.Routing.First {
		switch {
		case back[first]:
			c.Value = first + " is back"
		case p.Ask.Recover != nil && slices.Contains(p.Ask.Recover.Lost, first):
			c.Value = first + " is lost: nobody waits for it"
		case len(wants) == 1 && wants[0] == first:
			c.Value = "it is needed itself"
		default:
			c.Verdict, c.Value = model.Fails, "after "+model.Clean(first)
			return c
		}
	}
	return c
}

// restores are the chains that a plan restores.
func (p *Plan) restores() (chains []string) {
	if r := p.Ask.Restoring(); r != nil {
		chains = append(chains, r.Cell.Chain)
	}
	if r := p.Ask.Recover; r != nil {
		for i := range r.Chains {
			chains = append(chains, r.Chains[i].Cell.Chain)
		}
	}
	return chains
}

// wayToRecover is past what holds a recovery up.
func (w World) wayToRecover(r *Recover, id string) string {
	switch id {
	case "recover-bundle":
		return "look whether what has changed since matters: switchyard recover says what it can tell, and say so as the reason"
	case "recover-catalog":
		s := w.catalog(model.Green)
		return cmp.Or(w.wayToSource(&s), "see page 4: a replica is promoted by switchyard failover emergency")
	case "recover-alone":
		return "stop and mask it, or cut it off from the catalog, before anything goes on; of one that is only silent, say how that is known"
	case guardFirst:
		return wayToFirst
	case "recover-scratch":
		return "write restore_tests.client: a client that nothing lives on"
	case "recover-lost":
		return ":recovery (switchyard recover) names each with its reason"
	}
	_, s := w.active(model.Green)
	return w.wayToSource(&s)
}

const wayToFirst = "let it be restored first: :recover (switchyard recover --apply)"
