package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// unwired are the hands of a process that cannot carry out what the yard's plans order.
var unwired = map[string]run.Router{
	"no hands":      nil,
	"another's":     {"toy": &yard{}},
	"an empty hand": {plan.Bacula: nil},
}

func TestWithoutItsHandNothingIsDone(t *testing.T) {
	for name, hands := range unwired {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 1)
			ann, bob := b.by("ann"), b.by("bob")
			bob.Hands = hands
			p := b.plan(bob, backupOf(cell1), nil)
			_, err := bob.Take(t.Context(), p, yes(bob, p))
			b.refuses(err, model.ErrNotDone, "step 1 (start backup-chain001-region1-regular on green): nothing here reaches Bacula to start a job")
			if n := len(bob.Journal.State().Actions); n != 0 {
				t.Fatalf("%d plans are in the journal", n)
			}
			if err := errors.Join(ann.Propose(t.Context(), p), ann.Approve(t.Context(), p.ID, yes(ann, p))); err != nil {
				t.Fatal(err)
			}
			head := ann.Journal.State().Action(p.ID).Last
			a, err := bob.Carry(t.Context(), p.ID, "")
			b.refuses(err, model.ErrNotDone, "nothing here reaches Bacula")
			if a == nil || a.State != record.ActionApproved || a.Last != head {
				t.Errorf("%+v", a)
			}
			if a, err := ann.Carry(t.Context(), p.ID, ""); err != nil || a.State != record.ActionDone {
				t.Errorf("who has the hand cannot go on: %+v, %v", a, err)
			}
			b.count(1)
		})
	}
}

// TestWithoutItsHandNothingIsTakenOver is an action whose runner died between a step and the next.
func TestWithoutItsHandNothingIsTakenOver(t *testing.T) {
	b := newBench(t, 1)
	ann, bob := b.by("ann"), b.by("bob")
	bob.Hands = nil
	ctx, kill := context.WithCancel(t.Context())
	b.silent = func(o plan.Order) bool {
		if o.FollowJob != nil {
			kill()
		}
		return false
	}
	p := b.plan(ann, backupOf(cell1), nil)
	if _, err := ann.Take(ctx, p, yes(ann, p)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	b.silent = nil
	a, err := bob.Carry(t.Context(), p.ID, "it is dead")
	b.refuses(err, model.ErrNotDone, "nothing here reaches Bacula")
	if a == nil || a.Runner != "ann@bastion" || a.State != record.ActionRunning {
		t.Errorf("%+v", a)
	}
}

// TestAnOrderThatNobodyKnowsIsRefused has one as the last step, so that what is before it could be done.
func TestAnOrderThatNobodyKnowsIsRefused(t *testing.T) {
	b := newBench(t, 1)
	ann := b.by("ann")
	for says, o := range map[string]plan.Order{
		"it orders nothing that this program knows": {},
		"it orders two things at once":              {CancelJob: &plan.CancelJob{Job: "x"}, VerifyJob: &plan.TaggedJob{Tag: "y"}},
	} {
		p := b.plan(ann, backupOf(cell1), nil)
		a := yes(ann, p)
		p.Steps[2].Order = o
		_, err := ann.Take(t.Context(), p, a)
		b.refuses(err, model.ErrNotDone, "step 3 (verify what it left): "+says)
		if n := len(ann.Journal.State().Actions); n != 0 {
			t.Fatalf("%d plans are in the journal", n)
		}

		// Somebody else wrote it into the journal, and it was approved.
		b := newBench(t, 1)
		ann := b.by("ann")
		body, err := p.Record()
		if err != nil {
			t.Fatal(err)
		}
		for _, say := range []record.Body{body, record.Approved{Action: p.ID}} {
			if _, err := ann.Journal.Append(t.Context(), "eve", journal.Say(say)); err != nil {
				t.Fatal(err)
			}
		}
		at, err := ann.Carry(t.Context(), p.ID, "")
		if err == nil || !strings.Contains(err.Error(), says) || at.State != record.ActionApproved {
			t.Errorf("%+v, %v", at, err)
		}
		b.count(0)

		if sight, err := ann.Hands.Look(
			t.Context(),
			o,
			plan.Past{},
		); err == nil || sight.Verdict != model.Unknown ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("looked: %+v, %v", sight, err)
		}
		b.refuses(ann.Hands.Do(t.Context(), o, plan.Past{}), model.ErrNotDone, says)
	}
}
