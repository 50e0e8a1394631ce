package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/record"
)

func TestTheStrip(t *testing.T) {
	w := able(20)
	d := watch(t, 120, 40, w.Snapshot)
	d.gone("ACTION")
	d.press("v")
	d.see("no action is open")
	w = w.next().acting(41, record.ActionRunning, nil)
	d.take(w.Snapshot)
	d.see("● ACTION 41  run a backup of chain002 region1 regular on blue now", "2/3 follow it to its end", "00:38", "by bob", "v view")
	d.gone("A abort") // a watch session has no such key
	d.press("v")
	d.see("ACTION 41 by bob", "running (step 2 of 3)", "✓ 1  start backup-chain002", "● 2  follow it", "○ 3  verify",
		"bob@bastion, process 4711")
	d.log.story = []string{"12:03:53 bob  action 41: planned: run a backup"}
	d.press("esc", "v")
	d.obey()
	d.see("what was recorded", "action 41: planned")
	w = w.next()
	w.Orphans = []string{"4a041"}
	d.take(w.Snapshot)
	d.see("its runner is gone", ":resume 41")
	for _, size := range [][2]int{{80, 24}, {60, 16}, {50, 12}, {20, 4}, {3, 2}, {1, 1}} {
		d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		if size[0] >= 20 {
			d.see("ACTION 41")
		}
	}
}

// TestNoPageHidesTheStrip opens pages that are longer than the screen.
func TestNoPageHidesTheStrip(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		d := levered(t, model.DefaultPolicy(), size[0], size[1], able(250).acting(41, record.ActionRunning, nil).Snapshot)
		for _, open := range []string{"?", "v", ":cell chain002 region1 regular", ":sources", ":failures", ":actions", ":strays"} {
			keys := []string{open}
			if open[0] == ':' {
				keys = []string{":", "'" + open[1:] + "'", "enter"}
			}
			before := d.screen()
			d.press(keys...)
			if d.screen() == before {
				t.Errorf("%s opened nothing", open)
			}
			rows := strings.Split(d.screen(), "\n")
			if strip := rows[len(rows)-3]; !strings.Contains(strip, "ACTION 41") || !strings.Contains(strip, "2/3") {
				t.Errorf("%s at %v hides the action: %s\n%s", open, size, strip, d.screen())
			}
			d.press("esc", "esc")
		}
	}
}

func TestHowTheStripEnds(t *testing.T) {
	for says, change := range map[string]func(*record.Action){
		"✓ ACTION 41  run a backup": func(a *record.Action) { a.State, a.Done = record.ActionDone, 3 },
		"unknown at step 2/3 UNFINISHED: no answer": func(a *record.Action) {
			a.State, a.Done, a.Intent, a.Why = record.ActionUnknown, 1,
				44, "no answer"
		},
		"waits for approval, 1 of 2":  func(a *record.Action) { a.State, a.Needs = record.ActionWaits, 2 },
		"approved, its runner begins": func(a *record.Action) { a.State = record.ActionApproved },
		"stops after 2/3":             func(a *record.Action) { a.Done, a.Stop = 1, &record.ActionBy{By: "ann", At: noon} },
	} {
		w := able(20).acting(41, record.ActionRunning, change)
		d := levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
		d.see(says)
	}
	// What has ended well leaves the screen after a while; what is unfinished does not.
	done := able(20).acting(41, record.ActionDone, func(a *record.Action) { a.Done = 3 })
	d := levered(t, model.DefaultPolicy(), 120, 40, done.Snapshot)
	d.wait(lingers)
	d.gone("ACTION 41")
	bad := able(20).acting(41, record.ActionFailed, func(a *record.Action) { a.Done, a.Intent = 1, 44 })
	d = levered(t, model.DefaultPolicy(), 120, 40, bad.Snapshot)
	d.wait(24 * time.Hour)
	d.see("✗ ACTION 41")
}

// about is what a person does about an action that is there already: by key or command, with its dialog.
func TestStoppingResumingAndLettingBe(t *testing.T) {
	running := able(20).acting(41, record.ActionRunning, nil)
	failed := able(20).acting(41, record.ActionUnknown, func(a *record.Action) { a.Done, a.Intent, a.Why = 1, 44, "no answer" })
	orphan := able(20).acting(41, record.ActionRunning, nil)
	orphan.Orphans = []string{"4a041"}
	for _, c := range []struct {
		name    string
		w       world
		open    []string
		sees    string
		keys    []string
		verb    DeedVerb
		reason  string
		changed func(*record.Action)
	}{
		{"stop", running, []string{"A"}, "stops       step 2 of 3", []string{"tab", "'disk is full'", "shift+tab", "'stop 41'"}, DeedStop,
			"disk is full",
			func(a *record.Action) { a.State, a.Done = record.ActionDone, 3 }},
		{"stop without a reason", running, []string{":", "'stop 41'", "enter"}, "step 2 of 3, follow it to its end",
			[]string{"'stop 41'"}, DeedStop, "",
			func(a *record.Action) { a.Stop = &record.ActionBy{By: "ann"} }},
		{"resume", failed, []string{"v", ":", "'resume'", "enter"}, "A new runner looks whether step 2", []string{"'resume 41'"},
			DeedResume, "",
			func(a *record.Action) { a.Acked = &record.ActionBy{By: "ann"} }},
		{"resume an orphan", orphan, []string{":", "'resume 41'", "enter"}, "A new runner looks",
			[]string{"'resume 41'", "tab", "'it died'"}, DeedResume, "it died",
			func(a *record.Action) { a.State = record.ActionDone }},
		{"acknowledge", failed, []string{":", "'acknowledge 41'", "enter"}, "You take responsibility",
			[]string{"'checked by hand'", "enter", "'acknowledge 41'"}, DeedAcknowledge, "checked by hand",
			func(a *record.Action) { a.Acked = &record.ActionBy{By: "ann"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := levered(t, model.DefaultPolicy(), 120, 40, c.w.Snapshot)
			d.press(c.open...)
			d.see(c.sees)
			d.afterGrace()
			d.press("enter")
			if c.verb == DeedAcknowledge {
				d.see("Enter alone does nothing: Why it may be let be")
			}
			d.press(c.keys...)
			d.see("> approve")
			d.press("enter")
			d.obey()
			if len(d.deeds) != 1 || d.deeds[0].Verb != c.verb || d.deeds[0].Action != "4a041" || d.deeds[0].Reason != c.reason {
				t.Fatalf("%+v", d.deeds)
			}
			// The same dialog goes stale when the action is another meanwhile.
			d.press(c.open...)
			d.afterGrace()
			w := c.w.next()
			st := *w.State
			x := *st.Actions[0]
			c.changed(&x)
			st.Actions = []*record.Action{&x}
			w.State, w.Orphans = &st, nil
			d.take(w.Snapshot)
			d.see("STALE")
		})
	}
	d := levered(t, model.DefaultPolicy(), 120, 40, running.Snapshot)
	for keys, says := range map[string]string{"'resume 41'": "is being carried out by bob@bastion", "'acknowledge 41'": "stop it first",
		"'approve 41'": "it waits for no approval",
		"'stop 7'":     "there is no action 7"} {
		d.press(":", keys, "enter")
		d.see(says)
	}
}
