package run

import (
	"context"
	"fmt"

	"switchyard/model"
	"switchyard/model/plan"
)

// Hand is the runner's only door to one system of the world.
type Hand interface {
	// Look tells whether an order was carried out, by anybody. An error means that nobody can tell.
	Look(context.Context, plan.Order) (Sight, error)
	// Do carries it out. The error is ErrNotDone when certainly nothing happened; after any other it may have.
	Do(context.Context, plan.Order) error
}

// Sight is what Look saw: Holds when the order is done, Fails when it is not, and Unknown while it goes on or nobody can
// tell. For an order that only looks, Fails means that it never will be.
type Sight struct {
	Verdict model.Verdict
	Says    string
}

// Router is the hands of a process: one for each system that it can reach. The table of orders says which hand does an order.
type Router map[plan.System]Hand

// Look asks the order's hand. An order that no hand of this process does is an error.
func (r Router) Look(ctx context.Context, o plan.Order) (Sight, error) {
	h, err := r.hand(o)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	return h.Look(ctx, o)
}

// Do lets the order's hand do it. It is ErrNotDone when this process has no such hand.
func (r Router) Do(ctx context.Context, o plan.Order) error {
	h, err := r.hand(o)
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	return h.Do(ctx, o)
}

func (r Router) hand(o plan.Order) (Hand, error) {
	row, err := o.Row()
	if err != nil {
		return nil, err
	}
	h := r[row.Reaches]
	if h == nil {
		return nil, fmt.Errorf("nothing here reaches %s to %s", row.Reaches, row.Does)
	}
	return h, nil
}

// rows are those of the plan's orders. It is ErrNotDone when this process has no hand for one of them, whichever step it is.
func (r Router) rows(p *plan.Plan) ([]plan.Row, error) {
	rows, err := p.Rows()
	if err != nil {
		return nil, fmt.Errorf("carrying out a plan: %w: %w", model.ErrNotDone, err)
	}
	for i := range p.Steps {
		if _, err := r.hand(p.Steps[i].Order); err != nil {
			return nil, fmt.Errorf("carrying out a plan: %w: step %d (%s): %w", model.ErrNotDone, i+1, model.Clean(p.Steps[i].Name), err)
		}
	}
	return rows, nil
}
