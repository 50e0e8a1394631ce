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

// TestTheGlassIsOffered is a plan that is made while the journal is what is down: its dialog names where it is recorded, wants a reason, and goes stale
// when the journal is back.
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
	d.see("BREAK GLASS", "file or directory", "It is recorded in "+glassDir, "record 41 of the shared one is not known", "Why override: nobody else acts on it")
	d.afterGrace()
	d.press("'I am alone'", "enter", "'backup chain011 blue'", "enter")
	d.see("handed over: run a backup of chain011 region1 regular on blue now; the break-glass journal in")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Glass != glassDir || d.deeds[0].Reason != "I am alone" || d.deeds[0].Approval.Reasons["journal-free"] != "I am alone" {
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
