package plan

import (
	"cmp"
	"slices"

	"switchyard/model"
	"switchyard/model/record"
)

// Needs are sources that guards are judged by. A Director without a name is the active one of its cluster.
type Needs struct {
	Must []model.Source // nothing is judged before they have answered or failed
	May  []model.Source // they would only contradict: they are waited for shortly, and their silence stops nothing
	// Restore: what the ask of a restore rests on is read besides, which stands in no snapshot.
	Restore *model.SightAsk
	Proofs  bool // whether what proofs of restores are bound to is still there is read besides
	// Stopped: the plan itself has stopped them, so that nobody waits for their answer; one that answers all the same is heard.
	Stopped []model.Source
}

func (n *Needs) add(more Needs) {
	for _, s := range more.Must {
		if !slices.Contains(n.Must, s) {
			n.Must = append(n.Must, s)
		}
	}
	for _, s := range more.May {
		if !slices.Contains(n.May, s) {
			n.May = append(n.May, s)
		}
	}
}

// Needs are the sources that the plan's guards of these ids are judged by; without ids, those of all. What only cautions and was unknown
// when the plan was made is not asked for: whoever approved it did so without.
func (p *Plan) Needs(ids ...string) (n Needs) {
	if len(ids) > 0 {
		return p.needs(ids, false)
	}
	n = p.needs(p.guardIDs(), false)
	n.add(p.named())
	return n
}

// needs are those of guards, of a plan that has begun or is still made anew.
func (p *Plan) needs(ids []string, begun bool) (n Needs) {
	n.add(p.Known.needs())
	for _, id := range ids {
		made := p.Guard(id)
		if made != nil && unheard(made) && !p.Made.IsZero() {
			continue
		}
		of := guards[id].needs
		if begun && guards[id].begun != nil {
			of = guards[id].begun
		}
		if of != nil {
			n.add(of(p.on()))
		}
		if guards[id].aside {
			n.add(p.directors())
		}
		n.Proofs = n.Proofs || guards[id].proof
		if r := p.Ask.Restoring(); r != nil && guards[id].sight {
			ask := r.Sight()
			n.Restore = &ask
		}
	}
	return n
}

// NeedsNow are the sources that the guards of a step are judged by, of an action as far as it is. Before its first intent they are those
// of the whole plan, which must still fit the world.
func (p *Plan) NeedsNow(a *record.Action, guards []string) (n Needs) {
	switch {
	case !a.Begun():
		return p.Needs()
	case len(guards) > 0:
		n = p.needs(guards, true)
		n.Stopped = p.stopped(a)
	}
	return n
}

// stopped are the Directors that steps which were seen done have stopped, and none has started since.
func (p *Plan) stopped(a *record.Action) (of []model.Source) {
	if a.Back != nil { // its ways back start them again
		return nil
	}
	for i := range p.Steps {
		o := &p.Steps[i].Order
		s := cmp.Or(o.Service, o.ServiceByHand)
		if s == nil || s.Do != Stop && s.Do != Start {
			continue
		}
		at := model.DirectorOf(s.Cluster, s.Director)
		done := i < a.Done && !slices.ContainsFunc(a.Spared, func(sp record.Spared) bool { return sp.Step == i+1 })
		switch {
		case done && s.Do == Stop:
			of = append(of, at)
		case i < a.Done && s.Do == Start:
			of = slices.DeleteFunc(of, func(s model.Source) bool { return s == at })
		}
	}
	return of
}

// named are the active Directors of clusters whose Directors the plan names: before one of a cluster was heard, nobody knows their names,
// and the plan cannot be made anew.
func (p *Plan) named() (n Needs) {
	for i := range p.Steps {
		for _, d := range []*OnDirector{p.Steps[i].Order.Push, p.Steps[i].Order.Effective} {
			if d != nil && !d.Stopped {
				n.add(Needs{Must: []model.Source{model.DirectorOf(d.Cluster, "")}})
			}
		}
	}
	return n
}

// Hears are the sources that a plan is made from: what only cautions, or would only contradict, does not hold it up for long. The latter is
// asked again before the first step. Those whose silence is judged are heard out: one that was not asked yet is not silent.
func (p *Plan) Hears() (n Needs) {
	n.add(p.Known.needs())
	for i := range p.Guards {
		g := &p.Guards[i]
		if mute := guards[g.ID].mute; mute != nil {
			n.add(Needs{Must: mute(p.on())})
		}
		switch of := guards[g.ID].needs; {
		case of == nil:
		case g.Bar == model.Caution:
			n.add(Needs{May: of(p.on()).Must})
		default:
			n.add(Needs{Must: of(p.on()).Must})
		}
		if aside := p.directors(); guards[g.ID].aside && g.Bar == model.Caution {
			n.add(Needs{May: aside.Must})
		} else if guards[g.ID].aside {
			n.add(aside)
		}
	}
	return n
}

// ofDirector is the one that schedules; the passive one would only contradict that.
func ofDirector(c model.Cluster) Needs {
	return Needs{Must: []model.Source{model.DirectorOf(c, "")}, May: []model.Source{model.DirectorOf(c, model.AnyPassive)}}
}

// ofCatalog are the catalog, the Director that says which one it uses, and for green the pair, which may contradict both.
func ofCatalog(c model.Cluster) Needs {
	n := ofBoth(c)
	if c == model.Green {
		for _, name := range []string{"primary", "replica"} {
			n.May = append(n.May, model.Source{Kind: model.SourceInstance, Name: name}, model.Source{Kind: model.SourceServer, Name: name})
		}
	}
	return n
}

// ofPair are all that tells how the RDS pair stands: who asks that it does is not judged by what it said of half of it.
func ofPair(c model.Cluster) Needs {
	n := ofCatalog(c)
	for _, name := range []string{"primary", "replica"} {
		for _, k := range []model.SourceKind{model.SourceInstance, model.SourceServer, model.SourceSettings} {
			n.Must = append(n.Must, model.Source{Kind: k, Name: name})
		}
	}
	return n
}

func ofBoth(c model.Cluster) Needs {
	n := ofDirector(c)
	n.Must = append(n.Must, model.CatalogOf(c))
	return n
}

func ofOther(c model.Cluster) Needs { return ofBoth(1 - c) }

func ofAll(c model.Cluster) Needs {
	n := ofBoth(c)
	n.add(ofOther(c))
	return n
}
