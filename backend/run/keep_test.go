package run_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// lasting is a hand whose call goes on for longer than a claim lasts.
type lasting struct {
	*yard
	on func(context.Context) error
}

func (l lasting) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	if err := l.on(ctx); err != nil {
		return errors.Join(model.ErrNotDone, err)
	}
	return l.yard.Do(ctx, o, past)
}

// unlocked is a store that has no locks, as a bucket has none: only the age of a claim tells that its runner lives.
type unlocked struct{ journal.Store }

// TestAClaimIsKeptWhileACallGoesOn: an archive may take hours. Whoever lost the claim meanwhile is told to end.
func TestAClaimIsKeptWhileACallGoesOn(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bool{"it is kept": false, "somebody takes it over": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1)
			b.store = unlocked{b.store}
			ann, bob := b.by("ann"), b.by("bob")
			life := b.policy().ClaimLife
			action := func() *record.Action {
				if _, err := bob.Journal.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
				return bob.Journal.State().Actions[0]
			}
			calls := 0
			ann.Hands = run.Router{plan.Bacula: lasting{b.yard, func(ctx context.Context) error {
				if calls++; calls > 1 {
					return nil
				}
				for range 3 {
					was := action().Until
					if taken {
						_ = b.clock.Sleep(t.Context(), life+time.Second)
						_, err := bob.Journal.Append(
							t.Context(),
							"bob",
							journal.Say(record.Claim{Action: action().ID, Claim: "0123456789abcdef0123456789abcdef",
								Takes: action().Claim, Runner: "bob@bastion", Until: b.clock.Now().Add(life), Reason: "ann is gone"}),
						)
						if err != nil {
							t.Error(err)
						}
						<-ctx.Done()
						return context.Cause(ctx)
					}
					_ = b.clock.Sleep(t.Context(), life/2)
					for end := time.Now().Add(time.Minute); !action().Until.After(was) && time.Now().Before(end); {
						time.Sleep(10 * time.Millisecond)
					}
				}
				return ctx.Err()
			}}, plan.Here: b.yard}
			p := b.plan(ann, backupOf(cell1), nil)
			a, err := ann.Take(t.Context(), p, yes(ann, p))
			switch {
			case taken && !errors.Is(err, record.ErrHeld):
				t.Errorf("%+v %v", a, err)
			case !taken && (err != nil || a.State != record.ActionDone):
				t.Errorf("%+v %v", a, err)
			}
			b.count(map[bool]int{true: 0, false: 1}[taken])
		})
	}
}
