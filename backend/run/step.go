package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// step carries out the current step, as far as an end or an error.
func (c *course) step(ctx context.Context) error {
	a := c.action()
	k := a.Done
	s := &c.plan.Steps[k]
	if a.Stop != nil {
		return c.end(ctx, record.KindRefused, stopped(a.Stop), nil)
	}
	c.tell("step %d of %d: %s", k+1, len(c.plan.Steps), s.Name)
	sight := c.look(ctx, s)
	switch {
	case sight.Verdict == model.Holds:
		return c.done(ctx, k, sight)
	case c.rows[k].Looks:
		if a.Intent == 0 {
			if begun, err := c.intend(ctx, k, nil); !begun {
				return err
			}
		}
		return c.watch(ctx, k, nil)
	case a.Intent > 0:
		// Somebody was about to do it, and perhaps did: what is on its way must have arrived before it is done again.
		if sight = c.settle(ctx, s); sight.Verdict == model.Holds {
			return c.done(ctx, k, sight)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if sight.Verdict == model.Unknown {
			return c.end(ctx, record.KindUnknown, "nobody can tell whether it was done: "+sight.Says, nil)
		}
	case sight.Verdict == model.Unknown:
		if err := ctx.Err(); err != nil {
			return err
		}
		return c.end(ctx, record.KindRefused, "nobody can tell whether it is done already: "+sight.Says, nil)
	}
	return c.do(ctx, k)
}

// do asks the guards, records the intent, and does it.
func (c *course) do(ctx context.Context, k int) error {
	w, err := c.world(ctx)
	if err != nil {
		return again{err}
	}
	now, err := c.plan.Renew(w)
	if err != nil {
		return c.end(ctx, record.KindRefused, err.Error(), nil)
	}
	if a := c.action(); !a.Begun() {
		if why := c.plan.Stale(now, w.Now); why != "" {
			return c.end(ctx, record.KindRefused, "the plan is stale: "+why, now.Guards)
		}
	}
	if g, why := c.plan.InTheWay(k, now, c.action()); g != nil {
		return c.end(ctx, record.KindRefused, why, now.Guards)
	}
	if begun, err := c.intend(ctx, k, now.Guards); !begun {
		return err
	}
	err = c.Hands.Do(ctx, c.plan.Steps[k].Order)
	if err != nil {
		c.tell("%v", err)
	}
	return c.watch(ctx, k, err)
}

// watch looks until the step is done, is seen not done, or its time is over. Done is what Do returned.
func (c *course) watch(ctx context.Context, k int, did error) error {
	s, looks, began := &c.plan.Steps[k], c.rows[k].Looks, c.Now()
	limit := s.Limit
	if errors.Is(did, model.ErrNotDone) {
		limit = min(limit, c.Policy.Settle)
	}
	for {
		sight := c.look(ctx, s)
		if err := ctx.Err(); err != nil {
			return err
		}
		over := c.Now().Sub(began) >= limit
		switch {
		case sight.Verdict == model.Holds:
			return c.done(ctx, k, sight)
		case sight.Verdict == model.Fails && looks:
			if err := c.end(ctx, record.KindFailed, sight.Says, nil); err != nil {
				return err
			}
			return c.closes(ctx, k)
		case sight.Verdict == model.Fails && errors.Is(did, model.ErrNotDone):
			return c.end(ctx, record.KindFailed, did.Error(), nil)
		case over && did != nil:
			return c.end(ctx, record.KindUnknown, fmt.Sprintf("%v; then, for %s: %s", did, model.Span(limit), sight.Says), nil)
		case over:
			return c.end(ctx, record.KindUnknown, fmt.Sprintf("not seen done in %s: %s", model.Span(limit), sight.Says), nil)
		}
		if looks { // it changes nothing, so it can be left at any moment
			if _, err := c.Journal.Refresh(ctx); err == nil && c.action().Stop != nil {
				return c.end(ctx, record.KindRefused, stopped(c.action().Stop), nil)
			}
		}
		if err := c.renew(ctx); err != nil {
			if !passes(err) {
				return err
			}
			c.tell("%v", err)
		}
		if err := c.Sleep(ctx, c.Policy.ActEvery); err != nil {
			return err
		}
	}
}

// settle looks at a step that was intended before until it is seen done, or was seen not done for long enough without a doubt.
func (c *course) settle(ctx context.Context, s *plan.Step) Sight {
	began := c.Now()
	not := began
	for {
		sight := c.look(ctx, s)
		now := c.Now()
		if sight.Verdict == model.Unknown {
			not = now
		}
		if sight.Verdict == model.Holds || now.Sub(not) >= c.Policy.Settle || now.Sub(began) >= c.Policy.Settle+s.Limit {
			return sight
		}
		if c.renew(ctx) != nil || c.Sleep(ctx, c.Policy.ActEvery) != nil {
			return Sight{Says: sight.Says}
		}
	}
}

func (c *course) look(ctx context.Context, s *plan.Step) Sight {
	limited, cancel := context.WithTimeout(ctx, 3*c.Policy.Answer)
	defer cancel()
	sight, err := c.Hands.Look(limited, s.Order)
	if err != nil {
		sight = Sight{Says: model.Clean(err.Error())}
	}
	if sight.Says != "" && sight.Verdict != model.Fails {
		c.tell("%s", sight.Says)
	}
	return sight
}

func stopped(by *record.ActionBy) string {
	says := "stopped by " + by.By
	if by.Says != "" {
		says += ": " + by.Says
	}
	return says
}

// intend records that the step is about to be done, or that the action ends here because of what others appended since the guards
// were asked.
func (c *course) intend(ctx context.Context, k int, guards []model.Check) (begun bool, err error) {
	b := record.Intent{Action: c.plan.ID, Claim: c.claim, Step: k + 1}
	if b.Guards, err = encoded(guards); err != nil {
		return false, err
	}
	var refused error
	err = c.append(ctx, func(s *record.State) (record.Body, error) {
		return c.mine(func(a *record.Action) (record.Body, error) {
			refused = nil
			switch {
			case a.Stop != nil:
				refused = errors.New(stopped(a.Stop))
			case !a.Begun():
				refused = c.begin(s, a)
			}
			return b, refused
		})(s)
	})
	switch {
	case refused != nil:
		return false, c.end(ctx, record.KindRefused, refused.Error(), nil)
	case err != nil:
		return false, again{err}
	}
	return true, nil
}

func encoded(guards []model.Check) (json.RawMessage, error) {
	if guards == nil {
		return nil, nil
	}
	raw, err := json.Marshal(guards)
	if err != nil {
		return nil, fmt.Errorf("encoding the guards: %w", err)
	}
	return raw, nil
}

// begin is what the newest record must still allow before anything is done.
func (c *course) begin(s *record.State, a *record.Action) error {
	if !c.Now().Before(a.Expires) {
		return &model.Fault{Kind: model.ErrStale, Says: "the plan expired at " + a.Expires.UTC().Format(time.TimeOnly)}
	}
	return c.free(s, c.plan)
}

// done records that the step was seen done.
func (c *course) done(ctx context.Context, k int, sight Sight) error {
	err := c.record(ctx, c.mine(func(a *record.Action) (record.Body, error) {
		if a.Done > k {
			return nil, errHere
		}
		return record.Done{Action: c.plan.ID, Claim: c.claim, Step: k + 1, Already: a.Intent == 0, Says: model.Clean(sight.Says)}, nil
	}))
	if err == nil {
		c.tell("step %d of %d is done: %s", k+1, len(c.plan.Steps), sight.Says)
	}
	return err
}

// end records how the action ended other than done.
func (c *course) end(ctx context.Context, how, says string, guards []model.Check) error {
	raw, err := encoded(guards)
	if err != nil {
		return err
	}
	err = c.record(ctx, c.mine(func(a *record.Action) (record.Body, error) {
		if a.State != record.ActionRunning {
			return nil, errHere
		}
		return record.Ended{How: how, Action: c.plan.ID, Claim: c.claim, Says: model.Clean(says), Guards: raw}, nil
	}))
	if err == nil {
		c.tell("%s: %s", how, says)
	}
	return err
}
