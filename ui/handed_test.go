package ui

import (
	"errors"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Two people decide on the same action at the same second: each is told what became of theirs, and only the winner that it goes on.
func TestTheLoserIsToldWhatHappened(t *testing.T) {
	base := able(20)
	policy := model.DefaultPolicy()
	policy.Approvals = 2
	p, err := plan.Ask{Backup: &plan.Backup{Cell: model.Cell{Chain: "chain011", Region: "region1", Kind: model.Regular}}}.Plan(
		plan.World{Now: noon, Snapshot: base.Snapshot, State: base.State, Names: anyNames(), Policy: policy}, "4a041")
	if err != nil {
		t.Fatal(err)
	}
	ann, bob, alice := record.ActionBy{By: "ann", At: noon}, record.ActionBy{By: "bob", At: noon}, record.ActionBy{By: "alice", At: noon}
	for _, c := range []struct {
		name, open, phrase string
		from               record.ActionState
		then               func(*record.Action)
		sees, never        string
	}{
		{"approve, and lose", "approve 41", "backup chain011 blue", record.ActionWaits, func(a *record.Action) {
			a.State, a.Approvals, a.Runner = record.ActionRunning, []record.ActionBy{ann, bob}, "bob@bastion"
		}, "was approved by bob, at 12:04:31, before you: it is running", "it goes on"},
		{"approve, and win", "approve 41", "backup chain011 blue", record.ActionWaits, func(a *record.Action) {
			a.State, a.Approvals = record.ActionApproved, []record.ActionBy{ann, alice}
		}, "approved: approve action 41; it goes on", "DID NOT GO THROUGH"},
		{"approve, and it waits", "approve 41", "backup chain011 blue", record.ActionWaits, func(a *record.Action) {
			a.Needs, a.Approvals = 3, []record.ActionBy{ann, alice}
		}, "waits for another person", "it goes on"},
		{"stop, and lose", "stop 41", "stop 41", record.ActionRunning, func(a *record.Action) { a.Stop = &bob },
			"was told to stop by bob, at 12:04:31, before you", "it goes on"},
		{"stop, and win", "stop 41", "stop 41", record.ActionRunning, func(a *record.Action) { a.Stop = &alice },
			"told to stop: run a backup", "DID NOT GO THROUGH"},
		{"stop, too late", "stop 41", "stop 41", record.ActionRunning, func(a *record.Action) { a.State, a.Done = record.ActionDone, 3 },
			"had ended (done): there was nothing to stop", "it goes on"},
		{"resume, and win", "resume 41", "resume 41", record.ActionUnknown, func(a *record.Action) {
			a.State, a.Runner = record.ActionRunning, "alice@bastion, process 99"
		}, "resumed: action 41 is carried out by alice@bastion", "DID NOT GO THROUGH"},
		{"approve, and it is over already", "approve 41", "backup chain011 blue", record.ActionWaits, func(a *record.Action) {
			a.State, a.Done, a.Approvals = record.ActionDone, 3, []record.ActionBy{ann, alice}
		}, "approved: approve action 41; action 41 is done", "it goes on"},
		{"resume, and somebody else did", "resume 41", "resume 41", record.ActionUnknown, func(a *record.Action) {
			a.State, a.Runner = record.ActionRunning, "carol@bastion, process 7"
		}, "was gone on with by another runner before yours: carol@bastion", "it goes on"},
		{"resume, and lose", "resume 41", "resume 41", record.ActionUnknown, func(a *record.Action) { a.Acked = &bob },
			"was acknowledged by bob: it never runs again", "it goes on"},
	} {
		for _, size := range sizes {
			w := able(20).acting(41, c.from, func(a *record.Action) {
				a.Needs, a.Approvals = 2, []record.ActionBy{ann}
				if c.from == record.ActionUnknown {
					a.Done, a.Intent, a.Runner = 1, 44, "bob@bastion, process 1"
				}
				a.Touches = p.Touches
			})
			d := levered(t, policy, size[0], size[1], w.Snapshot)
			d.never = []string{c.never}
			d.plan = p
			d.press(":", "'"+c.open+"'", "enter")
			if c.from == record.ActionWaits {
				d.obey()
			}
			d.afterGrace()
			d.press("'"+c.phrase+"'", "enter")
			d.see("handed over: ")
			d.obey()
			next := w.next()
			st := *w.State
			x := *st.Actions[0]
			c.then(&x)
			st.Actions = []*record.Action{&x}
			next.State = &st
			d.take(next.Snapshot)
			if got := strings.Join(strings.Fields(strings.ReplaceAll(d.screen(), "│", " ")), " "); !strings.Contains(got, c.sees) {
				t.Fatalf("%s: %q is not told:\n%s", c.name, c.sees, d.screen())
			}
			if len(d.app.handed) != 0 {
				t.Errorf("%s: it is waited for still", c.name)
			}
		}
	}
}

func TestWhoeverLosesByItsProcessIsTold(t *testing.T) {
	for _, size := range sizes {
		d := levered(t, model.DefaultPolicy(), size[0], size[1], able(20).Snapshot)
		d.never = []string{"approved:", "it goes on"}
		d.fate = errors.New("refused: action 41 (backup) by bob is running and touches the same")
		d.chooseCell("chain011 region1 regular")
		d.press("b")
		d.afterGrace()
		d.press("'backup chain011 blue'", "enter")
		d.obey()
		d.see("IT DID NOT GO THROUGH", "action 41 (backup) by bob is running")
		d.gone("handed over")
	}
}

func TestAbortSaysWhatStopsAndWhatRunsOn(t *testing.T) {
	for _, size := range sizes {
		w := able(250)
		j := job(model.Blue, 18299, model.Cell{Chain: "chain002", Region: "region1"}, model.Running)
		w.Snapshot.Cell(j.Cell).On[model.Blue].Open = &j
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.acting(41, record.ActionRunning, nil).Snapshot)
		d.press("A")
		d.see("stops       step 2 of 3, follow it to its end", "runs on     job 18299 on BLUE: running, 93 %", "Type  stop 41")
		body := strings.Join(strings.Fields(strings.ReplaceAll(d.screen(), "│", " ")), " ")
		if size[0] == 80 &&
			!(strings.Contains(body, "step 3, verify what it left, does not begin") && strings.Contains(body, "does not cancel it; c does")) {
			t.Error(body)
		}
		d.afterGrace()
		d.press("'stop 41'")
		d.see("> approve") // all of it was seen, at every size
	}
}

func TestTheStripOfAnActionWithoutARunner(t *testing.T) {
	for _, size := range sizes {
		w := able(20).acting(41, record.ActionRunning, nil)
		w.Orphans = []string{"4a041"}
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		if got := d.row(
			"ACTION 41",
		); !strings.Contains(got, ":resume 41") || !strings.Contains(got, "runner") ||
			strings.Contains(got, "A abort") {
			t.Errorf("%q", got)
		}
		if got := watch(t, size[0], size[1], w.Snapshot).row("ACTION 41"); strings.Contains(got, ":resume") {
			t.Errorf("a watch session offers what it cannot do: %q", got)
		}
	}
}

func TestLeavingTellsWhatGoesOn(t *testing.T) {
	w := able(20).acting(38, record.ActionDone, func(a *record.Action) { a.Done = 3 }).acting(41, record.ActionRunning, nil).
		acting(48, record.ActionUnknown, func(a *record.Action) { a.Done, a.Intent = 1, 51 })
	d := watch(t, 80, 24, w.Snapshot)
	says := d.app.Leaving()
	for _, want := range []string{"action 41 goes on, step 2 of 3 (follow it to its end), carried out by bob@bastion, process 4711: run a " +
		"backup",
		"switchyard actions 41", "switchyard watch", "action 48 is unknown, UNFINISHED"} {
		if !strings.Contains(says, want) {
			t.Errorf("%q is not in %q", want, says)
		}
	}
	if strings.Contains(says, "38") {
		t.Errorf("what is over is told: %q", says)
	}
	if says := watch(t, 80, 24, able(20).Snapshot).app.Leaving(); says != "" {
		t.Errorf("a session without any action leaves with %q", says)
	}
}
