package run

import (
	"context"
	"fmt"
	"slices"

	"switchyard/model/plan"
	"switchyard/model/record"
)

// closes acknowledges an action whose job the same person has canceled by another one: it ended as they wanted, and blocks nobody.
// Whose job anybody else has canceled stays unfinished.
func (c *course) closes(ctx context.Context, l leg) error {
	job := c.Hands.canceled(ctx, l.Order, plan.PastOf(c.action()))
	if job == "" {
		return nil
	}
	return c.record(ctx, func(s *record.State) (record.Body, error) {
		a := s.Action(c.plan.ID)
		by := canceler(s, a, job)
		if by == nil || !a.Unfinished() || a.State == record.ActionRunning {
			return nil, errHere
		}
		return record.Acknowledged{Action: a.ID, Reason: fmt.Sprintf("%s canceled its job by action %d", by.By, by.Seq)}, nil
	})
}

// canceler is the action by which the one who proposed a canceled that job; nil when there is none.
func canceler(s *record.State, a *record.Action, job string) *record.Action {
	for _, o := range slices.Backward(s.Actions) {
		if o.ID != a.ID && o.By == a.By && o.Begun() && o.Touches.Meets(record.TouchesOf(job)) {
			return o
		}
	}
	return nil
}

// canceled is what canceling the job of an order touches, when that job was canceled; empty when it was not, or nobody can tell.
func (r Router) canceled(ctx context.Context, o plan.Order, past plan.Past) string {
	h, err := r.hand(o)
	if err != nil {
		return ""
	}
	if h, tells := h.(interface {
		Canceled(context.Context, plan.Order, plan.Past) string
	}); tells {
		return h.Canceled(ctx, o, past)
	}
	return ""
}
