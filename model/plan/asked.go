package plan

import (
	"errors"
	"slices"

	"switchyard/model/record"
)

// A plan that shifts many cells names them in what was asked, and again in the orders that are about all of them. In the journal they are
// written once: such an order says that it is about those that were asked for.

// onlyAsked is the order with the cells that were asked for left out, where it has just these.
func (o Order) onlyAsked(cells record.Touches) Order {
	switch {
	case o.Publish != nil && o.Publish.Cells.Equal(cells):
		of := *o.Publish
		of.Cells, of.Asked = record.Touches{}, true
		o.Publish = &of
	case o.Drained != nil && o.Drained.Cells.Equal(cells):
		of := *o.Drained
		of.Cells, of.Asked = record.Touches{}, true
		o.Drained = &of
	}
	return o
}

// asked puts the cells that were asked for back in their place.
func (o Order) asked(cells record.Touches) {
	switch {
	case o.Publish != nil && o.Publish.Asked:
		o.Publish.Cells, o.Publish.Asked = cells, false
	case o.Drained != nil && o.Drained.Asked:
		o.Drained.Cells, o.Drained.Asked = cells, false
	}
}

// isAsked tells whether cells are left out of the order.
func (o Order) isAsked() bool {
	return o.Publish != nil && o.Publish.Asked || o.Drained != nil && o.Drained.Asked
}

// briefly are the steps as they are written into the journal.
func (p *Plan) briefly() []Step {
	if p.Ask.Shift == nil || len(p.Ask.Shift.Cells) == 0 {
		return p.Steps
	}
	cells := TouchesCells(p.Ask.Shift.Cells)
	steps := slices.Clone(p.Steps)
	for i := range steps {
		s := &steps[i]
		s.Order = s.Order.onlyAsked(cells)
		if s.Back != nil {
			back := *s.Back
			back.Order = back.Order.onlyAsked(cells)
			s.Back = &back
		}
	}
	return steps
}

// whole makes the steps what they were before briefly. It is an error when an order is about cells that nobody asked for.
func (p *Plan) whole() error {
	var cells record.Touches
	for i := range p.Steps {
		for _, s := range []*Step{&p.Steps[i], p.Steps[i].Back} {
			if s == nil || !s.Order.isAsked() {
				continue
			}
			if cells.None() && p.Ask.Shift != nil {
				cells = TouchesCells(p.Ask.Shift.Cells)
			}
			if cells.None() {
				return errors.New("a step is about the cells that were asked for, and none were")
			}
			s.Order.asked(cells)
		}
	}
	return nil
}
