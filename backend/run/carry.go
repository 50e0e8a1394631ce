package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// course is one run of one action: from a claim to an end, or to a crash.
type course struct {
	*Runner
	plan    *plan.Plan
	claim   string
	locked  bool      // a lock tells that this process lives; else the claim must be renewed
	claimed time.Time // when it was claimed or renewed last
	said    string    // what was told last
}

// Carry carries an approved action out, or goes on with one whose runner died. Where the store has no locks, taking over a
// claim that has expired needs a reason. The action is as it ended; an error says that this process could not go on.
func (r *Runner) Carry(ctx context.Context, action, reason string) (*record.Action, error) {
	if _, err := r.Journal.Refresh(ctx); err != nil {
		return nil, err
	}
	a := r.Journal.State().Action(action)
	switch {
	case a == nil:
		return nil, fmt.Errorf("action %q: %w", model.Clean(action), model.ErrNone)
	case a.State == record.ActionDone || a.Returned:
		return a, nil
	case a.State == record.ActionSuperseded:
		return a, superseded(a)
	}
	p, err := r.plan(ctx, action)
	if err != nil {
		return a, err
	}
	if err := r.Hands.reaches(p); err != nil {
		return a, err
	}
	release, err := r.hold(ctx, action)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return a, err
	}
	c := &course{Runner: r, plan: p, claim: journal.NewID(), locked: err == nil}
	if c.locked {
		defer release()
	}
	if err := c.append(ctx, func(s *record.State) (record.Body, error) { return c.take(s, reason) }); err != nil {
		return c.action(), err
	}
	c.tell("action %d: %s", a.Seq, p.Says)
	if err = c.calm(ctx); err == nil {
		err = c.steps(ctx)
	}
	return c.action(), err
}

// calm waits until what the superseded have sent must have arrived: a call of theirs may be on its way.
func (c *course) calm(ctx context.Context) error {
	if c.action().Begun() {
		return nil
	}
	for _, o := range c.plan.Supersedes {
		a := c.Journal.State().Action(o.Action)
		if a == nil || a.Superseded != c.action().Seq || !c.sends(ctx, a) {
			continue
		}
		for left := c.Policy.Settle - c.Now().Sub(a.LastAt); left > 0; left = c.Policy.Settle - c.Now().Sub(a.LastAt) {
			c.tell("action %d is superseded; waiting until what it has sent has arrived", a.Seq)
			if err := c.Sleep(ctx, min(left, c.Policy.Settle)); err != nil {
				return err
			}
		}
	}
	return nil
}

// sends tells whether an action was about to do something, and not only to look.
func (r *Runner) sends(ctx context.Context, a *record.Action) bool {
	if a.Intent == 0 {
		return false
	}
	p, err := r.plan(ctx, a.ID)
	if err != nil {
		return true
	}
	step, back := a.Current()
	if back || step > len(p.Steps) {
		return true
	}
	row, err := p.Steps[step-1].Order.Row()
	return err != nil || !row.Looks
}

func superseded(a *record.Action) error {
	return fmt.Errorf("action %d is superseded: %s: nothing more of it is done: %w", a.Seq, a.Why, record.ErrIllegal)
}

// again is an error before anything was done: the step may begin anew.
type again struct{ error }

func (a again) Unwrap() error { return a.error }

// steps goes on until the action has ended.
func (c *course) steps(ctx context.Context) error {
	for c.action().State == record.ActionRunning {
		err := c.trying(ctx, func() error { return c.step(ctx) }, func(err error) bool { return errors.As(err, new(again)) && passes(err) })
		if err != nil {
			return err
		}
	}
	if a := c.action(); a.State == record.ActionSuperseded {
		return superseded(a)
	}
	return nil
}

// record appends what has happened already, so it does not give up while the claim may last.
func (c *course) record(ctx context.Context, decide journal.Decide) error {
	return c.trying(ctx, func() error { return c.append(ctx, decide) }, passes)
}

// trying repeats what fails, for as long as a claim lasts.
func (c *course) trying(ctx context.Context, do func() error, may func(error) bool) error {
	began := c.Now()
	for try := 0; ; try++ {
		err := do()
		if err == nil || ctx.Err() != nil || !may(err) || c.Now().Sub(began) > c.Policy.ClaimLife {
			return err
		}
		c.tell("%v; trying again", err)
		if c.Sleep(ctx, min(time.Second<<min(try, 10), 15*time.Second)) != nil {
			return err
		}
		if _, err := c.Journal.Refresh(ctx); err != nil {
			c.tell("%v", err)
		}
	}
}

// passes tells whether an error may be gone when the same is tried again.
func passes(err error) bool {
	for _, final := range []error{record.ErrIllegal, record.ErrHeld, record.ErrNoCondition, record.ErrChain,
		record.ErrTorn, record.ErrNewer, record.ErrEnvironment, record.ErrNotDurable} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

func (c *course) action() *record.Action { return c.Journal.State().Action(c.plan.ID) }

func (c *course) tell(format string, args ...any) {
	if says := model.Clean(fmt.Sprintf(format, args...)); says != c.said {
		c.said = says
		c.Tell(says)
	}
}

// take decides whether the action can be claimed.
func (c *course) take(s *record.State, reason string) (record.Body, error) {
	a, now := s.Action(c.plan.ID), c.Now()
	if !c.locked && a.State == record.ActionRunning && a.Claim != c.claim {
		switch {
		case now.Before(a.Until):
			return nil, fmt.Errorf("action %d is claimed by %s until %s: %w", a.Seq, a.Runner, a.Until.UTC().Format("15:04:05"), record.ErrHeld)
		case model.Clean(reason) == "":
			return nil, &model.Fault{Kind: model.ErrGuard, Says: fmt.Sprintf("action %d: taking it over from %s needs a reason", a.Seq, a.Runner)}
		}
	}
	if a.Claim == c.claim {
		return nil, errHere
	}
	b := record.Claim{Action: c.plan.ID, Claim: c.claim, Takes: a.Claim, Runner: c.Process, Reason: model.Clean(reason)}
	for _, o := range c.plan.Supersedes {
		if other := s.Action(o.Action); other != nil && other.Pending() {
			b.Supersedes = append(b.Supersedes, o.Action)
		}
	}
	if c.claimed = now; !c.locked {
		b.Until = now.Add(c.Policy.ClaimLife)
	}
	return b, nil
}

// fits reads the world, and ends an action that has not begun and whose plan no longer fits it. From the first intent on the plan is
// frozen: only its guards are asked again.
func (c *course) fits(ctx context.Context, needs plan.Needs) (w plan.World, fits bool, err error) {
	if w, err = c.world(ctx, needs); err != nil {
		return w, false, again{err}
	}
	if c.action().Begun() {
		return w, true, nil
	}
	now, err := c.plan.Renew(w)
	if err != nil {
		return w, false, c.end(ctx, record.KindRefused, err.Error(), nil)
	}
	if why := c.plan.Stale(now, w.Now); why != "" {
		return w, false, c.end(ctx, record.KindRefused, "the plan is stale: "+why, now.Guards)
	}
	return w, true, nil
}

// renew keeps the claim where only its age tells that this process lives.
func (c *course) renew(ctx context.Context) error {
	now := c.Now()
	if c.locked || elapsed(c.claimed, now) < c.Policy.ClaimLife/3 {
		return nil
	}
	err := c.append(ctx, c.mine(func(*record.Action) (record.Body, error) {
		return record.Claim{Action: c.plan.ID, Claim: c.claim, Takes: c.claim, Runner: c.Process, Until: now.Add(c.Policy.ClaimLife)}, nil
	}))
	if err == nil {
		c.claimed = now
	}
	return err
}

// awake is the last look before a call: at the journal, whether the action is still this process's, and at the clock. Who slept since the
// guards were asked asks again; who slept past a claim that only its age protects does nothing more, whether or not somebody took over. Who
// supersedes this action waits for Settle before it acts: a last look that took half as long is none.
func (c *course) awake(ctx context.Context, asked time.Time) error {
	began := c.Now()
	if _, err := c.Journal.Refresh(ctx); err != nil {
		return again{err}
	}
	if err := c.still(c.action()); err != nil {
		return err
	}
	switch now := c.Now(); {
	case !c.locked && elapsed(c.claimed, now) >= c.Policy.ClaimLife:
		return fmt.Errorf("action %d: this process slept past its claim, and does nothing more: %w", c.action().Seq, record.ErrHeld)
	case elapsed(asked, now) >= c.Policy.ClaimLife, elapsed(began, now) >= c.Policy.Settle/2:
		return errSlept
	}
	return nil
}

// errSlept begins the step anew: what the guards said was long ago.
var errSlept = errors.New("this process slept since it asked the guards")

// elapsed is by the clock that went further: the monotonic one stands still while a machine is suspended, and the wall clock may be set
// back.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// still refuses what is not this process's any more.
func (c *course) still(a *record.Action) error {
	switch {
	case a.State == record.ActionSuperseded:
		return superseded(a)
	case a.Acked != nil:
		return fmt.Errorf("action %d was acknowledged by %s: %w", a.Seq, a.Acked.By, record.ErrIllegal)
	case a.Claim != c.claim:
		return fmt.Errorf("action %d was taken over by %s: %w", a.Seq, a.Runner, record.ErrHeld)
	}
	return nil
}

// mine decides only while the claim is this process's.
func (c *course) mine(decide func(*record.Action) (record.Body, error)) journal.Decide {
	return func(s *record.State) (record.Body, error) {
		a := s.Action(c.plan.ID)
		if err := c.still(a); err != nil {
			return nil, err
		}
		return decide(a)
	}
}
