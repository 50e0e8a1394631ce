package ui

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

const glassDir = "/var/lib/switchyard/glass"

// without is the same world whose journal does not answer.
func (w world) without() world {
	w.Source(model.Journal).Why = "opening the journal /srv/journal: no such file or directory"
	return w
}

// breaks is a cockpit on a world without a journal, that may break the glass.
func breaks(t *testing.T, w, h int, s *board.Snapshot) *driver {
	t.Helper()
	d := levered(t, model.DefaultPolicy(), w, h, s)
	d.app.lever.Glass = &Glass{Dir: glassDir, State: func(context.Context) (*record.State, error) {
		return &record.State{Environment: s.Environment, Rehearsal: s.Rehearsal, RoutesSeq: 1, Glass: &record.Glass{Why: "x", Seq: 41}}, d.fate
	}}
	return d
}

// TestTheGlassIsOffered is a plan that is made while the journal is what is down: its dialog names where it is recorded, wants a reason,
// and goes stale when the journal is back.
func TestTheGlassIsOffered(t *testing.T) {
	for _, size := range sizes {
		d := breaks(t, size[0], size[1], able(250).without().Snapshot)
		d.chooseCell("chain011 region1 regular")
		d.press("b")
		if d.app.dialog != nil {
			t.Fatal("a plan was made without knowing what the break-glass journal knows")
		}
		d.obey()
		golden(t, fmt.Sprintf("plan-glass-%dx%d", size[0], size[1]), d.screen())
	}
	w := able(20).without()
	d := breaks(t, 120, 40, w.Snapshot)
	d.chooseCell("chain011 region1 regular")
	d.press("b")
	d.see("reading the break-glass journal in " + glassDir)
	d.obey()
	d.see(
		"BREAK GLASS",
		"file or directory",
		"It is recorded in "+glassDir,
		"record 41 of the shared one is not known",
		"Why override: nobody else acts on it",
	)
	d.afterGrace()
	d.press("'I am alone'", "enter", "'backup chain011 blue'", "enter")
	d.see("handed over: run a backup of chain011 region1 regular on blue now; the break-glass journal in")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Glass != glassDir || d.deeds[0].Reason != "I am alone" ||
		d.deeds[0].Approval.Reasons["journal-free"] != "I am alone" {
		t.Fatalf("%+v", d.deeds)
	}
	d.see("done; merge it later: switchyard journal --merge " + glassDir)
	d.press("esc", "b")
	d.obey()
	d.take(able(20).next().Snapshot)
	d.see("STALE: the journal answers again")

	d = breaks(t, 120, 40, able(20).without().Snapshot)
	d.chooseCell("chain011 region1 regular")
	d.fate = errors.New("was merged, and is closed")
	d.press("b")
	d.obey()
	d.see("was merged, and is closed")
	d.fate = nil
	d.press("b")
	d.take(able(20).next().Snapshot) // it is back before the other has answered
	d.send(brokenMsg{})
	d.see("the journal answers again: ask once more")

	d = levered(t, model.DefaultPolicy(), 120, 40, able(20).without().Snapshot) // nowhere to record it
	d.chooseCell("chain011 region1 regular")
	d.press("b")
	d.gone("BREAK GLASS")
	d.wait(time.Second)
	if d.app.dialog == nil {
		t.Fatal("no plan")
	}
}

// TestAReviewIsGiven is an emergency that is over: who approved it may not review it, and another only in words of their own.
func TestAReviewIsGiven(t *testing.T) {
	alarm := func(by string) func(*record.Action) {
		return func(a *record.Action) {
			a.Emergency, a.Ordinary, a.Needs, a.Done, a.Approvals = true, 2, 1, 3, []record.ActionBy{{By: by, At: noon}}
		}
	}
	d := levered(t, model.DefaultPolicy(), 120, 40, able(20).acting(41, record.ActionDone, alarm("alice")).Snapshot)
	d.press(":", "'review 41'", "enter")
	d.see("action 41: alice has approved it: somebody else reviews it")
	d = levered(t, model.DefaultPolicy(), 120, 40, able(20).acting(41, record.ActionDone, alarm("bob")).Snapshot)
	d.press(":", "'action 41'", "enter")
	d.see("emergency", "its review is owed", ":review 41")
	d.press(":", "'review 41'", "enter")
	d.afterGrace()
	d.see("1 approved it, 2 would have otherwise", "What you have seen")
	d.press("enter")
	d.see("Enter alone does nothing")
	d.press("'it was right'", "enter", "'review 41'", "enter")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Verb != DeedReview || d.deeds[0].Action != "4a041" || d.deeds[0].Reason != "it was right" {
		t.Fatalf("%+v", d.deeds)
	}
	d.take(able(20).next().acting(41, record.ActionDone, func(a *record.Action) {
		alarm("bob")(a)
		a.Review = &record.ActionBy{By: "alice", At: noon, Says: "it was right"}
	}).Snapshot)
	d.see("reviewed: action 41")
}
