package run_test

import (
	"context"
	"testing"

	"switchyard/model/plan"
	"switchyard/model/record"
)

// canceling is a yard whose jobs end canceled, and whose hand tells so.
type canceling struct{ *yard }

func (canceling) Canceled(_ context.Context, o plan.Order, _ plan.Past) string {
	if o.FollowJob == nil {
		return ""
	}
	return "blue/job/restore.2026-11-23_11.50.00_09"
}

// Whoever cancels the job of their own action has closed it; what anybody else cancels waits for a person.
func TestCancelingOnesOwnJobClosesItsAction(t *testing.T) {
	for canceler, acked := range map[string]bool{"ann": true, "bob": false, "": false} {
		b := newBench(t, 1)
		b.fate = "ended canceled"
		if canceler != "" {
			b.ends(b.by(canceler), cancelRestore, record.ActionDone, "")
		}
		ann := b.by("ann")
		for system, hand := range ann.Hands {
			if _, ours := hand.(*yard); ours {
				ann.Hands[system] = canceling{b.yard}
			}
		}
		a := b.ends(ann, backupOf(cell1), record.ActionFailed, "ended canceled")
		if (a.Acked != nil) != acked || a.Unfinished() == acked {
			t.Errorf("canceled by %q: %+v", canceler, a)
		}
		if acked && a.Acked.Says != "ann canceled its job by action 2" {
			t.Errorf("%+v", a.Acked)
		}
	}
}
