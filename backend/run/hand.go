package run

import (
	"context"
	"fmt"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Hand is the runner's only door to one system of the world. It is told what came of the action so far.
type Hand interface {
	// Look tells whether an order was carried out, by anybody. An error means that nobody can tell.
	Look(context.Context, plan.Order, plan.Past) (Sight, error)
	// Do carries it out, within the context's deadline. The error is ErrNotDone when it certainly did not happen; after any other it may have.
	Do(context.Context, plan.Order, plan.Past) error
}

// Sight is what Look saw: Holds when the order is done, Fails when it is not, and Unknown while it goes on or nobody can
// tell. For an order that only looks, Fails means that it never will be; for one that waits, that it is not yet.
type Sight struct {
	Verdict model.Verdict
	Says    string
	Absent  bool           // with Fails: it was certainly not done, and no call that would do it is on its way
	Refused bool           // with Fails, of an order that waits: who was to make it so refuses to
	Found   []record.Found // before it is done, what only then can be found; when it is done, what later steps need

	later bool // nobody can tell, as who was asked asks for fewer calls
}

// Router is the hands of a process: one for each system that it can reach. The table of orders says which hand does an order.
type Router map[plan.System]Hand

// Look asks the order's hand. An order that no hand of this process does is an error.
func (r Router) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	h, err := r.hand(o)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	return h.Look(ctx, o, past)
}

// Do lets the order's hand do it. It is ErrNotDone when this process has no such hand.
func (r Router) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	h, err := r.hand(o)
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	return h.Do(ctx, o, past)
}

func (r Router) hand(o plan.Order) (Hand, error) {
	row, err := o.Row()
	if err != nil {
		return nil, err
	}
	system, err := o.Hand()
	if err != nil {
		return nil, err
	}
	h := r[system]
	if h == nil {
		return nil, fmt.Errorf("nothing here reaches %s to %s", system, row.Does)
	}
	return h, nil
}

// reaches is ErrNotDone when this process has no hand for one of the plan's orders, whichever step it is.
func (r Router) reaches(p *plan.Plan) error {
	if _, err := p.Rows(); err != nil {
		return fmt.Errorf("carrying out a plan: %w: %w", model.ErrNotDone, err)
	}
	for i := range p.Steps {
		_, err := r.hand(p.Steps[i].Order)
		if back := p.Steps[i].Back; err == nil && back != nil {
			_, err = r.hand(back.Order)
		}
		if err != nil {
			return fmt.Errorf("carrying out a plan: %w: step %d (%s): %w", model.ErrNotDone, i+1, model.Clean(p.Steps[i].Name), err)
		}
	}
	return nil
}
