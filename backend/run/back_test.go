package run_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"switchyard/backend/run"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// TestGoingBackFromADeadRunner is an action whose runner is gone in the middle of a step: a person turns it around at once where a lock
// tells that it is dead, and else when its claim has expired; not before.
func TestGoingBackFromADeadRunner(t *testing.T) {
	for name, locks := range map[string]bool{"a lock tells": true, "only the claim's age tells": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 1)
			if !locks {
				b.store = lockless{b.store}
			}
			turns(b.yard)
			b.silent = func(o plan.Order) bool { return o.FollowJob != nil }
			ann, bob := b.by("ann"), b.by("bob")
			ctx, dies := context.WithCancel(t.Context())
			ann.Sleep = func(ctx context.Context, d time.Duration) error {
				if a := ann.Journal.State().Actions[0]; a.Done == 3 {
					b.refuses(bob.GoBack(t.Context(), a.ID, "now"), record.ErrHeld, "stop it first")
					dies()
					return ctx.Err()
				}
				return b.clock.Sleep(ctx, d)
			}
			p := b.plan(ann, backupOf(cell1), nil)
			a, err := ann.Take(ctx, p, yes(ann, p))
			if err == nil || a.State != record.ActionRunning || a.Done != 3 {
				t.Fatalf("%+v, %v", a, err)
			}
			b.refuses(bob.GoBack(t.Context(), a.ID, " "), record.ErrHeld, "stop it first")
			if !locks {
				b.refuses(bob.GoBack(t.Context(), a.ID, "leave it"), record.ErrHeld, "stop it first")
				if err := b.clock.Sleep(t.Context(), b.policy().ClaimLife+time.Second); err != nil {
					t.Fatal(err)
				}
			}
			if err := bob.GoBack(t.Context(), a.ID, "leave it as it was"); err != nil {
				t.Fatal(err)
			}
			at := b.carriesBack(bob, a.ID)
			if !strings.Contains(at.Why, "it went back: leave it as it was") {
				t.Errorf("%+v", at)
			}
			b.refuses(ann.GoBack(t.Context(), a.ID, "twice"), record.ErrIllegal, "it is over")
		})
	}
}

// carriesBack goes the ways back of an action, and wants each to be gone once, the newest first.
func (b *bench) carriesBack(r *run.Runner, action string) *record.Action {
	b.t.Helper()
	at, err := r.Carry(b.t.Context(), action, "")
	if err != nil || !at.Returned || at.Unfinished() {
		b.t.Fatalf("%+v, %v", at, err)
	}
	var order []string
	for _, l := range b.lines("commanded") {
		name, _, _ := strings.Cut(l, "@")
		order = append(order, name)
	}
	if got := strings.Join(order, " "); got != "push more less put-back" {
		b.t.Errorf("it went %s", got)
	}
	return at
}
