package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/routes"
)

// Adopt asks that the document of the control plane which owns it becomes the one that counts here, too: it stays the master, and nothing
// is put there.
type Adopt struct {
	Document json.RawMessage `json:"document"` // as routes.Document writes it
}

// adopting is what it comes to in a world.
type adopting struct {
	doc, next     *routes.Document
	inv           *model.Inventory
	gains         [2]bool         // by model.Cluster: cells of the inventory
	lost          [2][]model.Cell // by model.Cluster, but those that nobody would have
	across        [2]int          // cells that go to a cluster from the other one, in one step
	gaps          []model.Cell
	losing, there int // cells that lose a cluster; gaps that were there before
	unproven      []model.Cell
	err           error
}

func (r *Adopt) words() (verb, says, confirm string) {
	return "adopt", "let the routes of the control plane that owns them be those that count", "adopt routes"
}

func (w World) adopting(r *Adopt) *adopting {
	v := &adopting{}
	v.err = v.make(w, r)
	return v
}

func (v *adopting) make(w World, r *Adopt) (err error) {
	switch why := w.unread(); {
	case why != "":
		return errors.New(why)
	case w.Names == nil:
		return errors.New("the inventory is not known")
	case r == nil:
		return errors.New("no document was asked for")
	}
	v.inv, v.doc = w.Names.Inventory(), &routes.Document{}
	if w.State.RoutesSeq > 0 {
		if v.doc, err = RoutesOf(w.State); err != nil {
			return err
		}
	}
	o := routes.Options{Inventory: v.inv, Extensions: w.Routing.Extensions}
	if v.next, err = routes.Parse("the control plane's routes", r.Document, o); err != nil {
		return err
	}
	if w.State.RoutesSeq > 0 && v.next.Equal(v.doc) {
		return fmt.Errorf("%w: they are those that count already", model.ErrRoutes)
	}
	v.walk(w)
	return nil
}

// walk goes through every cell of the inventory.
func (v *adopting) walk(w World) {
	before, after := v.doc.Walk(), v.next.Walk()
	for i := range v.inv.Cells {
		cell := v.inv.Cells[i].Cell
		was, is := before(cell), after(cell)
		lost := false
		for _, c := range model.Clusters {
			switch other := 1 - c; {
			case is[c] == was[c]:
			case is[c] == model.Holds:
				v.gains[c] = true
				if was[other] == model.Holds && is[other] != model.Holds {
					v.across[c]++
				}
			case !is.Gap():
				v.lost[c], lost = append(v.lost[c], cell), true
			}
		}
		switch {
		case is.Gap() && was.Gap() && w.State.RoutesSeq > 0:
			v.there++
		case is.Gap():
			v.gaps = append(v.gaps, cell)
		case lost:
			v.losing++
			v.prove(w, cell, is)
		}
	}
}

// prove looks whether who is left with a cell has a good backup of it, and starts it.
func (v *adopting) prove(w World, cell model.Cell, is model.Route) {
	on, _ := is.Only()
	view := w.cell(cell)
	if view == nil {
		v.unproven = append(v.unproven, cell)
		return
	}
	s := &view.On[on]
	good := s.LastGood != nil && (view.Promise <= 0 || w.Now.Sub(s.LastGood.When()) <= view.Promise)
	if !good || s.Effective() != model.Holds {
		v.unproven = append(v.unproven, cell)
	}
}

// order is which cluster is pushed first: who gets cells has them before the other loses them.
func (v *adopting) order() [2]model.Cluster {
	if v.across[model.Blue] > 0 || v.across[model.Green] == 0 && v.gains[model.Blue] {
		return [2]model.Cluster{model.Blue, model.Green}
	}
	return [2]model.Cluster{model.Green, model.Blue}
}

func (r *Adopt) plan(w World, id string) (*Plan, error) {
	v := w.adopting(r)
	if v.err != nil {
		return nil, fmt.Errorf("planning to adopt routes: %w", v.err)
	}
	p := &Plan{ID: id, Ask: Ask{Adopt: r}}
	p.Verb, p.Says, p.Confirm = r.words()
	guards := []string{GuardRoutes, "adopt-no-gap", "adopt-proven"}
	steps, err := v.steps(w)
	if err != nil {
		return nil, fmt.Errorf("planning to adopt routes: %w", err)
	}
	p.Steps = steps
	p.Steps[slices.IndexFunc(steps, func(s Step) bool { return s.Order.Publish != nil })].Guards = guards
	p.name()
	p.Costs = []string{routes.Diff(v.doc, v.next, v.inv).Says(), "the control plane stays the master: nothing is put there"}
	for _, c := range model.Clusters {
		if v.gains[c] || len(v.lost[c]) > 0 {
			p.Costs = append(p.Costs, w.unquietBy(c, v.doc, v.next)...)
		}
	}
	p.Undo = []string{"change them there, and adopt them again; a push that fails leaves the Directors adrift: routes push mends it"}
	return w.Finish(p, guards...)
}

// steps are those of a shift that gives cells, and those of one that takes them, around one document.
func (v *adopting) steps(w World) (steps []Step, err error) {
	for _, c := range model.Clusters {
		if len(v.lost[c]) == 0 {
			continue
		}
		if other := 1 - c; !v.gains[other] && len(v.lost[other]) == 0 { // else it is pushed, and seen, before
			names, err := w.directors(other)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				steps = append(steps, Step{Order: Order{Effective: &OnDirector{Cluster: other, Director: name}}, Limit: w.pushLimit()})
			}
		}
		steps = append(steps, Step{Order: Order{Drained: &Drained{Cluster: c, Cells: TouchesCells(v.lost[c])}}, Limit: w.Policy.RunLimit})
	}
	steps = append(steps, Step{
		Order: Order{Publish: &Publish{Follows: w.State.RoutesSeq, Adopts: true, SHA256: Sum(v.next)}},
		Limit: w.Policy.StartLimit, Changes: []Change{{Guard: GuardRoutes}},
	})
	for _, c := range v.order() {
		if !v.gains[c] && len(v.lost[c]) == 0 {
			continue
		}
		pushes, err := w.pushes(c, "adopt-no-gap")
		if err != nil {
			return nil, err
		}
		for i := range pushes {
			pushes[i].Spares = pushes[i].Spares && len(v.lost[1-c]) == 0 // who takes over must have the cells on both
		}
		steps = append(steps, pushes...)
	}
	return steps, nil
}

func init() {
	guards["adopt-no-gap"] = guard{judge: func(w World, p *Plan, past Past) model.Check { return w.adoptNoGap(p, past) }}
	guards["adopt-proven"] = guard{judge: func(w World, p *Plan, _ Past) model.Check { return w.adoptProven(p) }, needs: ofAll}
}

// adoptNoGap proves it of the whole inventory, and of every moment between two pushes. What it was bound to stays so once the document
// counts.
func (w World) adoptNoGap(p *Plan, past Past) model.Check {
	c := model.Check{Says: "no cell is left without a cluster at any moment", Bar: model.Block}
	v := w.adopting(p.Ask.Adopt)
	if past.Done > 0 && v.err != nil && errors.Is(v.err, model.ErrRoutes) && v.next != nil { // they count by now: it was proven before
		c.Verdict, c.At, c.Value, c.Fact = model.Holds, w.Now, "it was proven before they counted", Sum(v.next)
		return c
	}
	if v.err != nil {
		c.Value = model.Clean(v.err.Error())
		return c
	}
	c.At, c.Fact, c.Verdict = w.Now, Sum(v.next), model.Fails
	switch {
	case len(v.gaps) > 0:
		c.Value = fmt.Sprintf("%d gaps: nobody would take %s", len(v.gaps), routes.Some(v.gaps))
	case v.across[model.Blue] > 0 && v.across[model.Green] > 0:
		c.Value = fmt.Sprintf("%d cells go from blue to green alone and %d the other way: no order of pushes has each with a cluster at "+
			"every moment", v.across[model.Green], v.across[model.Blue])
	case v.there > 0:
		c.Verdict, c.Value = model.Holds, fmt.Sprintf("none by this; %d that were there before stay: switchyard routes check lists them", v.there)
	default:
		c.Verdict, c.Value = model.Holds, fmt.Sprintf("%d cells, each with a cluster before, after and between", len(v.inv.Cells))
	}
	return c
}

// adoptProven asks for a reason where cells lose a cluster without the proof that a shift asks for.
func (w World) adoptProven(p *Plan) model.Check {
	c := model.Check{Says: "who is left with cells starts them, and has a good backup of each within its promise", Bar: model.Override}
	v := w.adopting(p.Ask.Adopt)
	if v.err != nil {
		c.Value = model.Clean(v.err.Error())
		return c
	}
	c.At, c.Verdict, c.Value = w.Now, model.Holds, fmt.Sprintf("%d cells lose a cluster", v.losing)
	if v.losing > 0 {
		if c.At = w.eldest(); c.At.IsZero() {
			c.Verdict, c.Value = model.Unknown, "a cluster is silent: what it has is not known"
			return c
		}
	}
	if n := len(v.unproven); n > 0 {
		c.Verdict, c.Value = model.Fails, fmt.Sprintf("%d of %d that lose a cluster are not proven on the other: %s", n, v.losing,
			routes.Some(v.unproven))
	}
	return c
}

// eldest is the age of what is known of both clusters; zero while one is silent.
func (w World) eldest() (at time.Time) {
	for _, c := range model.Clusters {
		is, why := w.fresh(c)
		if why != "" {
			return time.Time{}
		}
		if at.IsZero() || is.Before(at) {
			at = is
		}
	}
	return at
}

// Adopt is the document of the order, which the control plane has. The error is ErrNotDone when it is not the one that was planned.
func (p *Publish) Adopt(owned *routes.Document) (*routes.Document, error) {
	if sum := Sum(owned); sum != p.SHA256 {
		return nil, fmt.Errorf("%w: the control plane has other routes by now than were planned: SHA-256 %s, not %.64s", model.ErrNotDone, sum,
			model.Clean(p.SHA256))
	}
	return owned, nil
}
