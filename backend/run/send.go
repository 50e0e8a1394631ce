package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// do asks the guards, records the intent, and does it. Found is what the look before it found. Whoever asks for fewer calls has done
// nothing of this one, and is asked again later.
func (c *course) do(ctx context.Context, l leg, found []record.Found) error {
	began := c.Now()
	for try := 0; ; try++ {
		did, sent, err := c.send(ctx, l, found)
		refused := errors.Is(did, model.ErrNotDone) && errors.Is(did, model.ErrThrottled)
		switch {
		case errors.Is(err, errLater):
			c.tell("%v", err)
		case !sent || err != nil:
			return err
		case !refused:
			return c.watch(ctx, l, did)
		}
		over, ended := c.later(ctx, l, began, try)
		switch {
		case ended != nil, over && c.action().Stop != nil: // the next look at the journal ends it
			return ended
		case over && refused:
			return c.watch(ctx, l, did)
		case over:
			return c.wrong(ctx, l, record.KindRefused, err.Error(), nil)
		}
	}
}

// errLater is a guard that nobody can judge, because a source asks for fewer calls.
var errLater = errors.New("nobody can judge it")

// send asks the guards, records the intent and does it, once; did is what came of that where it was sent.
func (c *course) send(ctx context.Context, l leg, found []record.Found) (did error, sent bool, err error) {
	if err := c.renew(ctx); err != nil {
		return nil, false, again{err}
	}
	asked := c.Now()
	needs := c.plan.NeedsNow(c.action(), l.Guards)
	w, fits, err := c.fits(ctx, needs)
	if !fits {
		return nil, false, err
	}
	guards, in, why := c.plan.InTheWay(l.Step, w, c.action())
	switch {
	case in != nil && in.Verdict == model.Unknown && w.Throttled(needs):
		return nil, false, fmt.Errorf("%w: %s", errLater, why)
	case in != nil:
		return nil, false, c.end(ctx, record.KindRefused, why+in.ThenDo(), guards)
	}
	if begun, err := c.intend(ctx, l, guards, found); !begun {
		return nil, false, err
	}
	switch err := c.awake(ctx, asked); {
	case errors.Is(err, errSlept):
		c.tell("%v", err)
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	if did = c.call(ctx, l); did != nil {
		c.tell("%v", did)
	}
	return did, true, nil
}

// mostPause is the longest that whoever asked for fewer calls is left alone.
const mostPause = time.Minute

// later waits before a source that asks for fewer calls is asked once more, each time longer. It is over when the step's time is; the error
// ends the step: somebody else goes on with the action, or it was told to stop.
func (c *course) later(ctx context.Context, l leg, began time.Time, try int) (over bool, err error) {
	if _, err := c.Journal.Refresh(ctx); err == nil {
		if err := c.still(c.action()); err != nil {
			return false, err
		}
		if c.action().Stop != nil {
			return true, nil
		}
	}
	if c.Now().Sub(began) >= l.Limit {
		return true, nil
	}
	if err := c.renew(ctx); err != nil && !passes(err) {
		return false, err
	}
	c.tell("it is asked again later")
	return false, c.Sleep(ctx, min(c.Policy.ActEvery<<min(try, 6), mostPause))
}

// asks looks whether a step is done already, before anything is intended; whoever asks for fewer calls is asked again later.
func (c *course) asks(ctx context.Context, l leg) (Sight, error) {
	began := c.Now()
	for try := 0; ; try++ {
		sight := c.look(ctx, l)
		if !sight.later || l.row.Looks || c.action().Intent > 0 {
			return sight, nil
		}
		if over, ended := c.later(ctx, l, began, try); over || ended != nil {
			return sight, ended
		}
	}
}

// remedy is what lets an action go on whose credentials are not taken any more: what acts for hours outlives them.
func (c *course) remedy(err error) string {
	if !errors.Is(err, model.ErrRefused) {
		return ""
	}
	return fmt.Sprintf(": renew the credentials that it acts with; once it has ended, switchyard act %d goes on", c.action().Seq)
}
