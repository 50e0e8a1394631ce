package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// able is a calm noon on which every guard of a plan can be judged, with a journal in which nothing is open.
func able(chains int) world {
	w := calm(chains)
	for _, k := range model.Clusters {
		v := w.Clusters[k]
		name := "dir-" + k.String()
		v.Directors[0].Name, v.Directors[0].Started = name, before(9*time.Hour)
	}
	w.State = &record.State{Environment: "bacula-catalog", Rehearsal: "overlap", RoutesSeq: 1, Head: record.Head{Seq: 40},
		Routes: json.RawMessage(`{"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}}}`)}
	w.Seen = append(w.Seen, board.Sighting{Source: model.Journal, At: before(time.Second), Tried: before(time.Second), Every: time.Second,
		Detail: "40 records"})
	return w
}

// acting adds an action to the journal of a picture.
func (w world) acting(seq int64, state record.ActionState, change func(*record.Action)) world {
	st := *w.State
	a := &record.Action{ID: fmt.Sprintf("4a0%d", seq), Seq: seq, Verb: "backup",
		Says: "run a backup of chain002 region1 regular on blue now", By: "bob", At: before(38 * time.Second),
		Expires: noon.Add(14 * time.Minute), Touches: record.TouchesOf("blue/cell/chain002/region1/regular"), Needs: 1, State: state,
		LastAt: before(5 * time.Second), Last: seq + 3,
		Steps:     []string{"start backup-chain002-region1-regular on blue", "follow it to its end", "verify what it left"},
		Approvals: []record.ActionBy{{By: "bob", At: before(38 * time.Second)}}}
	if state == record.ActionRunning {
		a.Done, a.Intent, a.Runner = 1, seq+3, "bob@bastion, process 4711"
	}
	if change != nil {
		change(a)
	}
	st.Actions = append(slices.Clip(st.Actions), a)
	st.Head.Seq = max(st.Head.Seq, seq+3)
	w.State = &st
	return w
}

// next is the same picture later.
func (w world) next() world {
	s := *w.Snapshot
	s.Beat++
	s.Rev++
	return world{&s}
}

// chooseCell selects a cell that only one cluster takes, and none runs.
func (d *driver) chooseCell(name string) {
	d.t.Helper()
	d.press(":", "'cell "+name+"'", "enter")
	d.see("CELL " + name)
}

func TestABackupByKeys(t *testing.T) {
	w := able(20)
	d := levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
	d.chooseCell("chain011 region1 regular")
	d.press("b")
	d.see("run a backup of chain011 region1 regular on blue now", "REHEARSAL", "What happens", "Type  backup chain011 blue  to approve",
		"expires 12:19:31")
	d.press("'backup chain011 blue'", "enter")
	d.gone("approved:")
	d.afterGrace()
	d.press("enter", "enter")
	d.see("Enter alone does nothing: type backup chain011 blue")
	d.press("'backup chain011 blue'")
	d.see("> approve")
	d.press("enter")
	d.see("handed over: run a backup of chain011")
	d.gone("approved:", "it goes on")
	d.obey()
	d.gone("approved:", "it goes on") // its process has ended, and the journal does not tell of it yet
	d.take(w.next().acting(41, record.ActionRunning, func(a *record.Action) {
		a.ID, a.By, a.Approvals = d.deeds[0].Plan.ID, "alice", []record.ActionBy{{By: "alice", At: noon}}
	}).Snapshot)
	d.see("approved: run a backup of chain011", "it goes on without this screen")
	if len(d.deeds) != 1 || d.deeds[0].Plan == nil || d.deeds[0].Plan.Ask.Backup.Cluster != model.Blue ||
		d.deeds[0].Approval.By != "alice" || d.deeds[0].Approval.Confirm != "backup chain011 blue" {
		t.Fatalf("%+v", d.deeds)
	}
	d.press("enter", "enter", "enter")
	if len(d.deeds) != 1 {
		t.Fatal("a repeated key acted again")
	}
}

func TestACellOfBothClustersAsksWhich(t *testing.T) {
	d := levered(t, model.DefaultPolicy(), 80, 24, able(20).Snapshot)
	d.chooseCell("chain011 region2 regular")
	d.press("b")
	d.see(":backup ", "blue Full")
	d.press("'green F'", "tab", "enter")
	d.see("run a Full backup of chain011 region2 regular on green now")
	d.press("esc")
	d.see("canceled: nothing was done")
	d.press(":", "'backup teal'", "enter")
	d.see(":backup wants blue or green")
	d.press("esc", "6", "b")
	d.see("select a cell, or a job of one")
}

func TestCancelByKeys(t *testing.T) {
	w := able(20)
	d := levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
	d.press("1", "g", "c")
	id := w.Clusters[model.Blue].Open[0].ID
	phrase := fmt.Sprintf("cancel %d blue", id)
	d.see(fmt.Sprintf("cancel JobId %d", id), "what the job has written is lost", "there is no return from here", phrase)
	d.afterGrace()
	d.press("'"+phrase+"'", "enter")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Plan.Ask.Cancel.ID != id {
		t.Fatalf("%+v", d.deeds)
	}
	d.press("G", "c")
	d.see("select a job that runs or waits to cancel it")
}

func TestAGuardThatBlocksIsAWall(t *testing.T) {
	w := able(20).old(model.Blue, time.Minute, "connection refused")
	d := levered(t, model.DefaultPolicy(), 80, 24, w.Snapshot)
	d.chooseCell("chain011 region1 regular")
	d.press("b")
	d.see("BLOCKED: it is not known that blue's Director answers: connection refused", "→ see whether bacula-dir runs", "> close")
	d.afterGrace()
	d.press("'backup chain011 blue'", "enter", "enter")
	if len(d.deeds) != 0 {
		t.Fatal("a blocked plan was approved")
	}
	d.see("nobody can approve this")
}

func TestAnOverrideWantsItsReason(t *testing.T) {
	w := able(20)
	policy := model.DefaultPolicy()
	policy.Ticket, policy.OverrideApprovals = true, 2
	cell := model.Cell{Chain: "chain011", Region: "region1", Kind: model.Regular}
	v := w.Snapshot.Cell(cell)
	j := job(model.Blue, 18299, cell, model.Running)
	v.On[model.Blue].Open = &j
	d := levered(t, policy, 120, 40, w.Snapshot)
	d.chooseCell(cell.String())
	d.press("b")
	d.afterGrace()
	d.see("Why override: no job of this cell runs on blue", "The ticket that the policy asks for", "2 different people must approve it")
	d.press("enter")
	d.see("Enter alone does nothing: Why override")
	d.press("'it hangs'", "tab", "'CHG-7'", "enter", "'backup chain011 blue'")
	d.see("> approve")
	d.press("shift+tab", "backspace", "backspace", "backspace", "backspace", "backspace", "tab", "enter")
	d.see("The ticket that the policy asks for")
	d.gone("> approve")
	if len(d.deeds) != 0 {
		t.Fatal("approved without a ticket")
	}
	d.press("'CHG-8'", "enter", "enter")
	d.obey()
	got := d.deeds[0].Approval
	if got.Ticket != "CHG-8" || got.Reasons["not-running"] != "it hangs" {
		t.Fatalf("%+v", got)
	}
	if _, err := d.deeds[0].Plan.Approve(got, noon); err != nil {
		t.Fatal(err)
	}
}

// Every fact that a plan is bound to turns its dialog stale, and so does time.
func TestAPlanTurnsStale(t *testing.T) {
	for says, change := range map[string]func(d *driver, w world) world{
		"expired at": func(d *driver, w world) world { d.clock = d.clock.Add(15 * time.Minute); return w },
		"job-there": func(_ *driver, w world) world {
			v := *w.Clusters[model.Blue]
			v.Directors = []model.Director{v.Directors[0]}
			v.Directors[0].Reloaded = noon
			w.Clusters[model.Blue] = &v
			return w
		},
		"the routes were changed": func(_ *driver, w world) world {
			st := *w.State
			st.RoutesSeq = 41
			w.State = &st
			return w
		},
		"guard journal-free": func(_ *driver, w world) world {
			return w.acting(41, record.ActionRunning, func(a *record.Action) {
				a.Touches = record.TouchesOf("blue/cell/chain011/region1/regular")
			})
		},
	} {
		w := able(20)
		d := levered(t, model.DefaultPolicy(), 80, 24, w.Snapshot)
		d.chooseCell("chain011 region1 regular")
		d.press("b")
		d.afterGrace()
		d.press("'backup chain011 blue'")
		d.see("> approve")
		d.take(change(d, w.next()).Snapshot)
		d.see("STALE", says)
		d.press("enter", "enter")
		if len(d.deeds) != 0 {
			t.Errorf("%s: a stale plan was approved", says)
		}
	}
	// A laptop that slept: no snapshot came, and the clock jumped.
	w := able(20)
	d := levered(t, model.DefaultPolicy(), 80, 24, w.Snapshot)
	d.chooseCell("chain011 region1 regular")
	d.press("b")
	d.afterGrace()
	d.press("'backup chain011 blue'")
	d.clock = d.clock.Add(time.Hour)
	d.press("enter")
	d.see("STALE", "expired at")
	if len(d.deeds) != 0 {
		t.Fatal("approved an hour later")
	}
}

// TestAPlanIsJudgedWhenSomethingChanged tells by what a picture of the same revision hides: only approving looks at it again.
func TestAPlanIsJudgedWhenSomethingChanged(t *testing.T) {
	reloaded := func(w world) world {
		v := *w.Clusters[model.Blue]
		v.Directors = []model.Director{v.Directors[0]}
		v.Directors[0].Reloaded = noon
		w.Clusters[model.Blue] = &v
		return w
	}
	for name, change := range map[string]func(world) world{
		"nothing": func(w world) world { w.Rev--; return w },
		"the journal": func(w world) world {
			st := *w.State
			st.Head.Seq++
			w.Rev--
			w.State = &st
			return w
		},
		"the sources": func(w world) world { return w },
	} {
		w := able(20)
		d := levered(t, model.DefaultPolicy(), 80, 24, w.Snapshot)
		d.chooseCell("chain011 region1 regular")
		d.press("b")
		d.afterGrace()
		d.press("'backup chain011 blue'")
		d.take(reloaded(change(w.next())).Snapshot)
		d.clock = d.clock.Add(time.Second)
		d.send(tickMsg(d.clock))
		if judged := d.app.dialog.stale != ""; judged != (name != "nothing") {
			t.Errorf("%s changed, judged again: %v", name, judged)
		}
		d.press("enter")
		d.see("STALE", "job-there")
		if len(d.deeds) != 0 {
			t.Errorf("%s changed: a stale plan was approved", name)
		}
	}
}

// TestAWordIsGiven is a step that waits for a person: its page says what for, and only a word with its phrase is sent.
func TestAWordIsGiven(t *testing.T) {
	wants := func(a *record.Action) {
		a.Asks, a.Word = "by hand: pull the plug of dir-blue; such as: ipmitool power off", true
		a.Attested = []record.Attestation{{Step: 1, ActionBy: record.ActionBy{By: "carol", At: before(time.Minute), Says: "the lamp is off"}}}
	}
	d := levered(t, model.DefaultPolicy(), 120, 40, able(20).acting(41, record.ActionRunning, wants).Snapshot)
	d.press("v")
	d.see("it wants", "pull the plug of dir-blue; such as: ipmitool power off", ":attest 41", "step 1, by carol", "the lamp is off")
	d.press(":", "'attest 41'", "enter")
	d.afterGrace()
	d.see("attest action 41", "pull the plug", "What you say")
	d.press("enter")
	d.see("Enter alone does nothing")
	d.press("'it is off'", "enter", "'attest 41'", "enter")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Verb != DeedAttest || d.deeds[0].Action != "4a041" || d.deeds[0].Reason != "it is off" {
		t.Fatalf("%+v", d.deeds)
	}
	d = levered(t, model.DefaultPolicy(), 120, 40, able(20).acting(41, record.ActionRunning, nil).Snapshot)
	d.press(":", "'attest 41'", "enter")
	d.see("action 41 is running (step 2 of 3): it waits for nobody's word")
	if len(d.deeds) != 0 {
		t.Fatalf("%+v", d.deeds)
	}
}

func TestWhatDidNotGoThroughIsShown(t *testing.T) {
	d := levered(t, model.DefaultPolicy(), 80, 24, able(20).Snapshot)
	d.fate = errors.New("refused: nobody else acts on it: action 9 \x1b[2J runs")
	d.chooseCell("chain011 region1 regular")
	d.press("b")
	d.afterGrace()
	d.press("'backup chain011 blue'", "enter")
	d.obey()
	d.see("IT DID NOT GO THROUGH", "action 9", "run a backup of chain011")
}

func TestTheSecondPerson(t *testing.T) {
	base := able(20)
	policy := model.DefaultPolicy()
	policy.Approvals = 2
	p, err := plan.Ask{Backup: &plan.Backup{Cell: model.Cell{Chain: "chain011", Region: "region1", Kind: model.Regular}}}.Plan(
		plan.World{Now: before(time.Minute), Snapshot: base.Snapshot, State: base.State, Names: anyNames(), Policy: policy}, "4a041")
	if err != nil {
		t.Fatal(err)
	}
	waits := func(by string) world {
		return base.acting(41, record.ActionWaits, func(a *record.Action) {
			a.Needs, a.By, a.Approvals = 2, by, []record.ActionBy{{By: by}}
			a.Touches = p.Touches
		})
	}
	d := levered(t, policy, 120, 40, waits("bob").Snapshot)
	d.plan = p
	d.press(":", "'approve'", "enter")
	d.obey()
	d.see("approve action 41 of bob", "Type  backup chain011 blue")
	d.afterGrace()
	d.press("'backup chain011 blue'", "enter")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Verb != DeedApprove || d.deeds[0].Action != "4a041" {
		t.Fatalf("%+v", d.deeds)
	}
	d = levered(t, policy, 120, 40, waits("alice").Snapshot)
	d.plan = p
	d.press(":", "'approve 41'", "enter")
	d.obey()
	d.see("BLOCKED: you (alice) have approved it already")
	// The plan arrives late: whoever went on to type something else is not interrupted.
	d = levered(t, policy, 120, 40, waits("bob").Snapshot)
	d.plan = p
	d.press(":", "'approve 41'", "enter")
	late := d.cmd()
	d.press("/", "'x'")
	d.send(late)
	if d.app.dialog != nil {
		t.Fatal("a dialog opened under somebody's fingers")
	}
}

// No key of any lever works below the smallest size, over a prompt, or in a dialog, and none acts by itself.
func TestLeversAreDeadWhereTheyCannotBeSeen(t *testing.T) {
	w := able(20).acting(41, record.ActionRunning, nil)
	d := levered(t, model.DefaultPolicy(), 59, 15, w.Snapshot)
	for _, l := range levers {
		d.press(l.key)
		if d.app.dialog != nil || d.app.prompt != nil || d.cmd != nil {
			t.Errorf("%s opened something on a small screen", l.key)
		}
		d.see("too small")
	}
	d = levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
	for _, l := range levers {
		d.press("/", l.key)
		if d.app.dialog != nil {
			t.Errorf("%s reached through a filter", l.key)
		}
		d.press("esc")
	}
	d.send(tea.PasteMsg{Content: "bcA"})
	if d.app.dialog != nil || len(d.deeds) > 0 {
		t.Error("pasted text was taken for keys")
	}
	for range 40 { // a key that is held down
		for _, l := range levers {
			d.press(l.key)
		}
		d.press("enter")
	}
	if len(d.deeds) != 0 {
		t.Errorf("%+v", d.deeds)
	}
	d.press("esc", "?")
	if help := strings.Join(strings.Fields(d.screen()), " "); !strings.Contains(help, "HELP") {
		t.Error(help)
	}
}

// TestNoPlanBeforeTheJournalIsRead opens none in the first moment of a session: it would be stale in the next.
func TestNoPlanBeforeTheJournalIsRead(t *testing.T) {
	w := able(20)
	journal := &w.Seen[len(w.Seen)-1]
	was := *journal
	journal.At, journal.Tried, w.State = time.Time{}, time.Time{}, nil
	d := levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
	d.chooseCell("chain011 region1 regular")
	d.press("b")
	d.see("the journal is being read: a moment")
	if d.app.dialog != nil {
		t.Fatal("a plan is open")
	}
	next := able(20).next()
	next.Seen[len(next.Seen)-1] = was
	d.take(next.Snapshot)
	d.press("b")
	d.see("Type  backup chain011 blue  to approve")
}
