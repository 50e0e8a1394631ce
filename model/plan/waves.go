package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Waves are cells that are shifted batch after batch.
type Waves struct {
	Cells []model.Cell
	To    model.Route
	Most  int // cells of a batch; the cells of one chain are never parted, however many they are
}

// Batches are what a programme asks for: what is restored last goes first, so that what is learned is learned on that, and no batch has
// chains of two tiers. That each is possible once those before it are done is proven with the routes as they are: what stands in the way
// of any is a *routes.Refusal.
func (q Waves) Batches(w World) ([]Ask, error) {
	if q.Most < 1 {
		return nil, fmt.Errorf("planning waves: a batch of %d cells: want 1 or more", q.Most)
	}
	if why := w.unread(); why != "" {
		return nil, fmt.Errorf("planning waves: %s", why)
	}
	doc, err := RoutesOf(w.State)
	if err != nil {
		return nil, fmt.Errorf("planning waves: %w", err)
	}
	var out []Ask
	for _, cells := range q.parted(w.Names.Inventory()) {
		next, err := doc.Shift(w.Names.Inventory(), cells, q.To, w.Routing.Extensions)
		if err != nil {
			return nil, fmt.Errorf("planning batch %d: %w", len(out)+1, err)
		}
		doc, out = next.Document, append(out, Ask{Shift: &Shift{Cells: cells, To: q.To}})
	}
	switch {
	case len(out) == 0:
		return nil, fmt.Errorf("planning waves: %w: name cells", model.ErrNone)
	case len(out) > record.MaxBatches:
		return nil, fmt.Errorf("planning waves: %d batches, more than %d: let each have more cells", len(out), record.MaxBatches)
	}
	return out, nil
}

// parted are the cells of each batch, in order.
func (q Waves) parted(inv *model.Inventory) (out [][]model.Cell) {
	type chain struct {
		name  string
		tier  int // the first to be restored of its cells
		cells []model.Cell
	}
	var chains []chain
	for _, c := range inOrder(q.Cells) {
		p, _ := inv.Find(c)
		if n := len(chains); n > 0 && chains[n-1].name == c.Chain {
			chains[n-1].cells, chains[n-1].tier = append(chains[n-1].cells, c), min(chains[n-1].tier, p.Tier)
			continue
		}
		chains = append(chains, chain{c.Chain, p.Tier, []model.Cell{c}})
	}
	slices.SortStableFunc(chains, func(a, b chain) int { return cmp.Compare(b.tier, a.tier) })
	for i, c := range chains {
		if i == 0 || c.tier != chains[i-1].tier || len(out[len(out)-1])+len(c.cells) > q.Most {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], c.cells...)
	}
	return out
}

// Ends is when a programme is over at the earliest: when each batch is approved as soon as it is due, and ends at once. Zero: nobody can
// tell, because it stands or is over.
func Ends(p *record.Programme, c record.Course, now time.Time) time.Time {
	if c.Over || c.Halt != "" {
		return time.Time{}
	}
	next := c.Due
	if next.Before(now) {
		next = now
	}
	return next.Add(time.Duration(len(p.Batches)-c.Next()) * p.Soak)
}

// seen is the plan of a batch whose cells somebody has shifted already: it only sees them effective, so that the programme goes on.
func (s *Shift) seen(w World, id string) (*Plan, error) {
	p := &Plan{ID: id, Ask: Ask{Shift: s}}
	p.Verb, p.Says, p.Confirm = s.words()
	for _, c := range model.Clusters {
		if s.To[c] != model.Holds {
			continue
		}
		names, err := w.directors(c)
		if err != nil {
			return nil, fmt.Errorf("planning a shift: %w", err)
		}
		for _, name := range names {
			p.Steps = append(p.Steps, Step{Order: Order{Effective: &OnDirector{Cluster: c, Director: name}}, Limit: w.pushLimit()})
		}
	}
	p.name()
	p.Costs = []string{fmt.Sprintf("%s takes all %d cells of this batch already: nothing is changed, they are only seen effective", s.To,
		len(s.Cells))}
	p.Undo = []string{"nothing is changed by it"}
	return w.Finish(p, GuardRoutes)
}

// fulfils tells whether an ask is what a batch asks for: a shift may leave out cells that are refused.
func fulfils(batch, ask Ask) bool {
	if batch.Shift == nil || ask.Shift == nil || !same(batch.Batch, ask.Batch) {
		return same(batch, ask)
	}
	for _, c := range ask.Shift.Cells {
		if _, of := slices.BinarySearchFunc(batch.Shift.Cells, c, model.Cell.Compare); !of {
			return false
		}
	}
	return batch.Shift.To == ask.Shift.To && len(ask.Shift.Cells) > 0
}
