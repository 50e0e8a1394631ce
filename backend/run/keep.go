package run

import (
	"context"
	"fmt"
	"time"
)

// keeps is how often a claim is looked at while something goes on, by the machine's own clock: an archive may take a day.
const keeps = 2 * time.Second

// keeping keeps the claim while something of a hand goes on, where only its age tells that this process lives. What the claim is lost
// under is told to end, and is waited for: nothing of it goes on then.
func (c *course) keeping(ctx context.Context, do func(context.Context) error) error {
	if c.locked {
		return do(ctx)
	}
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() { ended <- do(inner) }()
	every := time.NewTicker(max(min(keeps, c.Policy.ClaimLife/8), time.Millisecond))
	defer every.Stop()
	for lost := false; ; {
		select {
		case err := <-ended:
			if lost && err != nil {
				err = fmt.Errorf("%w: %w", context.Cause(inner), err)
			}
			return err
		case <-every.C:
		}
		if lost {
			continue
		}
		asks, done := context.WithTimeout(context.WithoutCancel(ctx), c.Policy.ClaimLife/4)
		err := c.renew(asks)
		done()
		switch over := elapsed(c.claimed, c.Now()) >= c.Policy.ClaimLife; {
		case over && err == nil:
			err = errSlept
		case !over && (err == nil || passes(err)):
			continue
		}
		lost = true
		cancel(fmt.Errorf("the claim of this process is lost: %w", err))
	}
}
