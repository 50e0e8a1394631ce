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

// leg is what is done now: a step, or its way back.
type leg struct {
	*plan.Step
	n    int // of the step, from 1
	back bool
	row  plan.Row
}

func (c *course) leg() (l leg, err error) {
	l.n, l.back = c.action().Current()
	if l.Step = &c.plan.Steps[l.n-1]; l.back {
		l.Step = l.Step.Back
	}
	if l.Step == nil {
		return l, fmt.Errorf("step %d has no way back: %w", l.n, record.ErrIllegal)
	}
	l.row, err = l.Order.Row()
	return l, err
}

func (c *course) name(l leg) string {
	if l.back {
		return fmt.Sprintf("the way back of step %d of %d", l.n, len(c.plan.Steps))
	}
	return fmt.Sprintf("step %d of %d", l.n, len(c.plan.Steps))
}

// step carries out the current step, as far as an end or an error.
func (c *course) step(ctx context.Context) error {
	l, err := c.leg()
	if err != nil {
		return err
	}
	a := c.action()
	if a.Stop != nil {
		return c.end(ctx, record.KindRefused, stopped(a.Stop), nil)
	}
	c.tell("%s: %s", c.name(l), l.Name)
	if of := c.plan.RestsOn(l.n, a.Spared); of > 0 && !l.back {
		return c.wrong(ctx, l, record.KindFailed, fmt.Sprintf("step %d went wrong", of), nil)
	}
	sight, ended := c.asks(ctx, l)
	if ended != nil || sight.later && c.action().Stop != nil {
		return ended
	}
	if !a.Begun() && (sight.Verdict == model.Holds || l.row.Looks) { // nothing is done by it, and yet the plan begins with it
		if _, fits, err := c.fits(ctx, c.plan.Needs()); !fits {
			return err
		}
	}
	switch {
	case sight.Verdict == model.Holds:
		return c.done(ctx, l, sight)
	case l.row.Looks:
		if a.Intent == 0 {
			if begun, err := c.intend(ctx, l, nil, sight.Found); !begun {
				return err
			}
		}
		return c.watch(ctx, l, nil)
	case a.Intent > 0 && l.row.Waits: // it was told, and is told again
		return c.watch(ctx, l, nil)
	case a.Intent > 0:
		// Somebody was about to do it, and perhaps did: what is on its way must have arrived before it is done again.
		if sight = c.settle(ctx, l); sight.Verdict == model.Holds {
			return c.done(ctx, l, sight)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		switch {
		case sight.Verdict == model.Unknown:
			return c.wrong(ctx, l, record.KindUnknown, "nobody can tell whether it was done: "+sight.Says, nil)
		case l.row.Once && !sight.Absent:
			return c.wrong(ctx, l, record.KindUnknown, "it is not seen done, and nothing proves that it will not be: "+sight.Says, nil)
		}
	case sight.Verdict == model.Unknown:
		if err := ctx.Err(); err != nil {
			return err
		}
		return c.wrong(ctx, l, record.KindRefused, "nobody can tell whether it is done already: "+sight.Says, nil)
	}
	return c.do(ctx, l, sight.Found)
}

// call does it within the order's own limit, and while the claim surely lasts.
func (c *course) call(ctx context.Context, l leg) error {
	if l.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.Limit)
		defer cancel()
	}
	past := plan.PastOf(c.action())
	return c.keeping(ctx, func(ctx context.Context) error { return c.Hands.Do(ctx, l.Order, past) })
}

// watch looks until the step is done, is seen not done, or its time is over. Did is what Do returned.
func (c *course) watch(ctx context.Context, l leg, did error) error {
	idle, began := l.row.Looks || l.row.Waits, c.Now()
	if idle { // it goes on whoever looks
		began = c.action().Since
	}
	limit := l.Limit
	if errors.Is(did, model.ErrNotDone) {
		limit = min(limit, c.Policy.Settle)
	}
	for {
		if _, err := c.Journal.Refresh(ctx); err == nil {
			if err := c.still(c.action()); err != nil {
				return err
			}
			if idle && c.action().Stop != nil { // nothing of it is this process's doing, so it can be left at any moment
				return c.end(ctx, record.KindRefused, stopped(c.action().Stop), nil)
			}
		}
		sight := c.look(ctx, l)
		if err := ctx.Err(); err != nil {
			return err
		}
		over := c.Now().Sub(began) >= limit
		switch {
		case sight.Verdict == model.Holds:
			return c.done(ctx, l, sight)
		case sight.Verdict == model.Fails && l.row.Looks && !l.row.Waits:
			if err := c.fail(ctx, l, sight.Says); err != nil {
				return err
			}
			if l.Spares {
				return nil
			}
			return c.closes(ctx, l)
		case sight.Verdict == model.Fails && sight.Refused:
			return c.refuse(ctx, l, sight.Says)
		case sight.Verdict == model.Fails && errors.Is(did, model.ErrNotDone):
			says := did.Error()
			if len(c.plan.WaysBack(c.action())) == 0 { // else it goes back, and nobody goes on
				says += c.remedy(did)
			}
			return c.fail(ctx, l, says)
		case over && did != nil:
			return c.wrong(ctx, l, record.KindUnknown, fmt.Sprintf("%v; then, for %s: %s", did, model.Span(limit), sight.Says), nil)
		case over:
			return c.wrong(ctx, l, record.KindUnknown, fmt.Sprintf("not seen done in %s: %s", model.Span(limit), sight.Says), nil)
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

// refuse ends a step that waits for somebody who refuses it; with a way back it is gone.
func (c *course) refuse(ctx context.Context, l leg, says string) error {
	if !l.Spares && (l.back || len(c.plan.WaysBack(c.action())) == 0) {
		return c.end(ctx, record.KindRefused, says, nil)
	}
	return c.fail(ctx, l, says)
}

// fail ends a step that was seen not done: the ways back of what was done before it are gone, where there are any.
func (c *course) fail(ctx context.Context, l leg, says string) error {
	if l.back || l.Spares || len(c.plan.WaysBack(c.action())) == 0 {
		return c.wrong(ctx, l, record.KindFailed, says, nil)
	}
	says = model.Clean(fmt.Sprintf("%s failed: %s", c.name(l), says))
	err := c.record(ctx, c.mine(func(a *record.Action) (record.Body, error) {
		if a.Back != nil {
			return nil, errHere
		}
		return record.Back{Action: c.plan.ID, Claim: c.claim, Steps: c.plan.WaysBack(a), Reason: says}, nil
	}))
	if err == nil {
		c.tell("goes back: %s", says)
	}
	return err
}

// wrong ends the action with a step that went wrong, but for one that the plan can do without: that is told, and it goes on. Where the
// action itself is over, or somebody stops it, no step is spared.
func (c *course) wrong(ctx context.Context, l leg, how, says string, guards []model.Check) error {
	if !l.Spares || l.back {
		return c.end(ctx, how, says, guards)
	}
	if how == record.KindFailed && l.Step.Back != nil {
		says += "; " + c.spare(ctx, l)
	}
	err := c.record(ctx, c.mine(func(a *record.Action) (record.Body, error) {
		if step, back := a.Current(); a.State != record.ActionRunning || step != l.n || back {
			return nil, errHere
		}
		return record.Done{Action: c.plan.ID, Claim: c.claim, Step: l.n, Spared: true, Says: model.Clean(how + ": " + says)}, nil
	}))
	if err == nil {
		c.tell("%s went wrong, and the plan goes on: %s: %s", c.name(l), how, says)
	}
	return err
}

// spare lets the way back of a step that was seen not done be gone at once, before the plan goes on without it: under the step's own
// intent, so that whoever resumes it tries the step once more, and then this. It says what came of it.
func (c *course) spare(ctx context.Context, l leg) string {
	back := leg{Step: l.Step.Back, n: l.n, back: true}
	sight := c.look(ctx, back)
	if sight.Verdict == model.Fails {
		if err := c.call(ctx, back); err != nil {
			c.tell("%v", err)
		}
		sight = c.look(ctx, back)
	}
	if sight.Verdict == model.Holds {
		return "it went back: " + sight.Says
	}
	return fmt.Sprintf("and its way back (%s) is not seen done: %s", back.Name, sight.Says)
}

// settle looks at a step that was intended before until it is seen done, or was seen not done for long enough without a doubt.
func (c *course) settle(ctx context.Context, l leg) Sight {
	began := c.Now()
	not := began
	for {
		sight := c.look(ctx, l)
		now := c.Now()
		if sight.Verdict == model.Unknown {
			not = now
		}
		sure := now.Sub(not) >= c.Policy.Settle && (sight.Absent || !l.row.Once)
		if sight.Verdict == model.Holds || sure || now.Sub(began) >= c.Policy.Settle+l.Limit {
			return sight
		}
		if c.renew(ctx) != nil || c.Sleep(ctx, c.Policy.ActEvery) != nil {
			return Sight{Says: sight.Says}
		}
	}
}

func (c *course) look(ctx context.Context, l leg) Sight {
	limited, cancel := context.WithTimeout(ctx, 3*c.Policy.Answer)
	defer cancel()
	var sight Sight
	past := plan.PastOf(c.action())
	err := c.keeping(limited, func(ctx context.Context) (err error) {
		sight, err = c.Hands.Look(ctx, l.Order, past)
		return err
	})
	if err != nil {
		sight = Sight{Says: model.Clean(err.Error() + c.remedy(err)), later: errors.Is(err, model.ErrThrottled)}
	}
	if sight.Says != "" && (sight.Verdict != model.Fails || l.row.Waits && !l.row.Looks) { // what a person has yet to do is told to them
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
func (c *course) intend(ctx context.Context, l leg, guards []model.Check, found []record.Found) (begun bool, err error) {
	b := record.Intent{Action: c.plan.ID, Claim: c.claim, Step: l.n, Back: l.back, Found: found}
	_, b.Word = l.Order.Word()
	b.Asks = l.Order.Wants()
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
			case a.Tries > 0:
				b.Found = nil // a call may have changed it by now
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
func (c *course) done(ctx context.Context, l leg, sight Sight) error {
	err := c.record(ctx, c.mine(func(a *record.Action) (record.Body, error) {
		if step, back := a.Current(); a.State != record.ActionRunning || step != l.n || back != l.back {
			return nil, errHere
		}
		return record.Done{Action: c.plan.ID, Claim: c.claim, Step: l.n, Back: l.back, Already: a.Intent == 0, Says: model.Clean(sight.Says),
			Found: sight.Found}, nil
	}))
	if err == nil {
		c.tell("%s is done: %s", c.name(l), sight.Says)
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
