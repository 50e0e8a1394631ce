package ui

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
)

// judging judges the gates of a hand-made snapshot, whose cells are all that the inventory has.
func judging(t testing.TB) func(*board.Snapshot) *gate.Report {
	return func(s *board.Snapshot) *gate.Report {
		return gate.Evaluate(gate.World{Snapshot: s, Inventory: inventoryOf(t, s), Policy: model.DefaultPolicy()})
	}
}

func inventoryOf(t testing.TB, s *board.Snapshot) *model.Inventory {
	t.Helper()
	var ps []model.Placement
	for i := range s.Cells {
		ps = append(ps, model.Placement{Cell: s.Cells[i].Cell, Storage: "sd-17", Retention: 7 * day, Promise: 26 * time.Hour})
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// needing makes the graph of the same world: the old catalog lives on the first chain.
func needing(t testing.TB) func(*board.Snapshot) *gate.Graph {
	return func(s *board.Snapshot) *gate.Graph {
		w := gate.World{Snapshot: s, Policy: model.DefaultPolicy()}
		var ps []model.Placement
		for i := range s.Cells {
			c := s.Cells[i].Cell
			ps = append(
				ps,
				model.Placement{Cell: c, Storage: "sd-" + c.Region, Client: c.Chain + "-fd", Retention: 7 * day, Promise: 26 * time.Hour},
			)
		}
		inv, err := model.NewInventory(ps)
		if err != nil {
			t.Fatal(err)
		}
		w.Inventory = inv
		return gate.Build(w)
	}
}

// judgedNow lets a session have its gates judged as if it were time.
func (d *driver) judgedNow() {
	d.t.Helper()
	cmd := d.app.judge()
	if cmd == nil {
		d.t.Fatal("it is not time to judge the gates")
	}
	d.send(cmd())
}

func TestGatesOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		d := session(t, Watch, Options{Theme: "dark", Gates: judging(t)}, size[0], size[1], able(250).Snapshot)
		d.press("7")
		if s := d.screen(); !strings.Contains(s, "not judged yet") || !strings.Contains(s, "phases: not evaluated") && size[0] >= 150 {
			t.Errorf("before they are judged:\n%s", s)
		}
		d.judgedNow()
		golden(t, fmt.Sprintf("gates-%dx%d", size[0], size[1]), d.screen())
		d.press("j", "enter")
		golden(t, fmt.Sprintf("gates-all-%dx%d", size[0], size[1]), d.screen())
		d.press("esc", "1")
		s := strings.Split(d.screen(), "\n")[1]
		if !strings.Contains(s, "green-no-loop") {
			t.Errorf("the phase line names no gate: %s", s)
		}
		if size[0] != 120 && !strings.Contains(s, "0●1●2○3●4○5○6○") ||
			size[0] == 200 && !strings.Contains(s, "back: 250 cells to both, then blue") {
			t.Errorf("the phase line tells not how far each phase is, or what going back takes: %s", s)
		}
		d.press("7", "/", "'apart'", "enter")
		if s := d.screen(); strings.Contains(s, "? 0 green-no-loop") || !strings.Contains(s, "? 0 journal-apart") {
			t.Errorf("the filter:\n%s", s)
		}
	}
}

// TestThePhaseLine tells each phase's state, the way back and its end, and the next gate, as much of that as there is room for.
func TestThePhaseLine(t *testing.T) {
	r := judging(t)(able(250).Snapshot)
	r.Phases[2].Stands, r.Undo = gate.Passed, "3 cells go back to both, then to blue; blue begins again"
	for w, want := range map[int]string{120: "phases 0●1●2✓3●4○5○6○; back: 3 cells to both, then blue, no return yet; next gate (7): " +
		"green-no-loop ",
		90: "phases 0●1●2✓3●4○5○6○; back: 3 cells to both, then blue; next gate (7): green-no-loop ",
		72: "phases 0●1●2✓3●4○5○6○; no return yet; next gate (7): green-no-loop ",
		58: "phases 0●1●2✓3●4○5○6○; next gate (7): green-no-loop ", 40: "0●1●2✓3●4○5○6○  7: green-no-loop ", 21: "7: green-no-loop "} {
		if got := phasesTail(r, w); got != "   "+want {
			t.Errorf("in %d columns: %q, want %q", w, got, want)
		}
	}
	r.Past = true
	if got := phasesTail(r, 100); !strings.Contains(got, "; past the point of no return; ") {
		t.Errorf("behind it: %q", got)
	}
}

// TestAWaivedGateIsShownForEver at every size, by whom and why, while it does not hold and when it does; and one that is not available
// here.
func TestAWaivedGateIsShownForEver(t *testing.T) {
	for _, size := range sizes {
		snap := able(250).Snapshot
		state := *cmp.Or(snap.State, &record.State{})
		state.Waivers = []record.Waiver{
			{Decision: record.Decision{Gate: "rds-class", Why: "a bigger one comes in May"}, By: "alice", At: before(40 * day)},
			{Decision: record.Decision{Gate: "covered", Why: "a gap is fine"}, By: "mallory", At: before(day)}}
		snap.State = &state
		holds := false
		d := session(t, Watch, Options{Theme: "dark", Gates: func(s *board.Snapshot) *gate.Report {
			w := gate.World{
				Snapshot:   s,
				Policy:     model.DefaultPolicy(),
				NotOffered: map[string]string{"backups-replicated": "eu-west-1 has no such partner"},
			}
			w.Inventory = inventoryOf(t, s)
			r := gate.Evaluate(w)
			for i := range r.Gates {
				if g := &r.Gates[i]; g.ID == "rds-class" && holds {
					g.Verdict, g.Value = model.Holds, "it is large by now"
				}
			}
			return r
		}}, size[0], size[1], snap)
		finds := func(text string, want ...string) {
			t.Helper()
			d.press("/", "'"+text+"'", "enter")
			d.see(want...)
			d.press("esc")
		}
		d.press("7")
		d.judgedNow()
		if size[1] >= 40 {
			d.see("2 RDS", "1 waived")
		}
		d.press("enter")
		finds("rds-class", "waived by alice on 2 Feb 2026: a bigger one comes in May", "! rds-class")
		finds("every cell has a cluster", "waived by mallory on 13 Mar 2026: a gap is fine", "covered")
		if strings.Contains(d.screen(), "! covered") {
			t.Errorf("a gate that blocks counts as waived:\n%s", d.screen())
		}
		finds("backups-replicated", "- backups-replicated", "not available: eu-west-1 has no such partner, as the configuration says")
		holds = true
		d.clock = d.clock.Add(time.Minute)
		d.app.now = d.clock
		d.judgedNow()
		finds("rds-class", "✓ rds-class", "it is large by now", "waived by alice on 2 Feb 2026: a bigger one comes in May")
	}
}

// TestGatesCostNothingUnseen judges them every minute while nobody looks, every few seconds while somebody does, and never twice at once.
func TestGatesCostNothingUnseen(t *testing.T) {
	n := 0
	d := session(t, Watch, Options{Theme: "dark", Gates: func(s *board.Snapshot) *gate.Report { n++; return judging(t)(s) }}, 120, 40,
		able(3).Snapshot)
	tick := func(by time.Duration) bool {
		d.clock = d.clock.Add(by)
		d.app.now = d.clock
		cmd := d.app.judge()
		if cmd == nil {
			return false
		}
		if d.app.judge() != nil {
			t.Error("they are judged twice at once")
		}
		m := cmd().(gatesMsg)
		m.took = time.Millisecond
		d.send(m)
		return true
	}
	for _, x := range []struct {
		keys []string
		by   time.Duration
		want bool
	}{{nil, time.Second, true}, {nil, 30 * time.Second, false}, {nil, 31 * time.Second, true}, {[]string{"7"}, 2 * time.Second, false},
		{nil, 2 * time.Second, true}, {[]string{"enter"}, time.Second, false}, {nil, 3 * time.Second, true},
		{[]string{"esc", "1"}, 30 * time.Second, false}} {
		d.press(x.keys...)
		if got := tick(x.by); got != x.want {
			t.Errorf("after %v and %v: judged %v, want %v", x.keys, x.by, got, x.want)
		}
	}
	if n != 4 {
		t.Errorf("judged %d times, want 4", n)
	}
}

// TestTheLoopIsDrawn tells it in pane 7 as a line and draws it, where there is one, there is none, and nobody can tell.
func TestTheLoopIsDrawn(t *testing.T) {
	node := func(text string) model.Node {
		n, err := model.ParseNode(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	seed := gate.Loop{node("catalog blue"), node("chain dbadb"), node("cluster blue")}
	for name, l := range map[string]gate.Loops{
		"loop":         {Verdict: model.Fails, Loops: []gate.Loop{seed, {node("dns"), node("dns")}}},
		"loop-none":    {Verdict: model.Holds},
		"loop-perhaps": {Loops: []gate.Loop{seed}, Why: "the backups of 1 chain are not known"},
	} {
		for _, size := range sizes {
			d := session(t, Watch, Options{Theme: "dark", Gates: func(s *board.Snapshot) *gate.Report {
				r := judging(t)(s)
				r.Loops = l
				return r
			}}, size[0], size[1], able(30).Snapshot)
			d.press("7")
			d.judgedNow()
			d.see(map[string]string{"loop": "✗ loop: catalog blue → chain dbadb → cluster blue → catalog blue", "loop-none": "✓ no loop",
				"loop-perhaps": "? perhaps a loop: catalog blue"}[name])
			d.press(":", "'loop'", "enter")
			golden(t, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), d.screen())
		}
	}
}

// TestWithoutAThing dims what does not depend on what is lost, tells what is lost, goes through the things under the selection by one key,
// and goes back.
func TestWithoutAThing(t *testing.T) {
	for _, size := range sizes {
		snap := able(30).Snapshot
		snap.RDS = paired().RDS
		const key = "arn:aws:kms:eu-west-1:123456789012:key/mrk-7f3c1d5e9a2b4c6d8e0f1a2b3c4d5e6f"
		snap.RDS.Primary.AWS.Value.KeyARN = key
		d := session(t, Watch, Options{Theme: "dark", Gates: judging(t), Graph: needing(t)}, size[0], size[1], snap)
		d.press("3", "W")
		d.obey()
		d.see("WITHOUT  client chain", "no backups ")
		golden(t, fmt.Sprintf("without-%dx%d", size[0], size[1]), d.screen())
		if d.app.gone == nil || len(d.app.gone.hit) == 0 || len(d.app.gone.hit) == len(d.app.shown.Cells) {
			t.Fatalf("%+v", d.app.gone)
		}
		var seen []string
		for range 10 {
			if d.app.gone == nil {
				break
			}
			seen = append(seen, string(d.app.gone.of.Kind))
			if d.press("W"); d.cmd != nil {
				d.obey()
			}
		}
		if got := strings.Join(seen, " "); got != "client storage director catalog director catalog" {
			t.Errorf("things under a cell: %s", got)
		}
		d.see("everything is there again")
		d.press("4", "W")
		d.obey()
		d.see("WITHOUT  aws-region")
		d.press("esc", ":", "'without key "+key+"'", "enter")
		d.obey()
		if line := strings.Split(d.screen(), "\n")[1]; !strings.Contains(line, "mrk-7f3c") || !strings.Contains(line, "no backups ") {
			t.Errorf("what is lost with a key is not told: %s", line)
		}
		d.press("esc")
		if d.app.gone != nil {
			t.Error("esc does not bring it back")
		}
		d.press(":", "'without catalog green'", "enter")
		d.obey()
		d.see("WITHOUT  catalog green")
		d.press(":", "'without moon base'", "enter")
		d.see("nothing is called")
	}
}

// TestWithoutIsLookedAtAgain follows the snapshots, and forgets what somebody does not look at any more.
func TestWithoutIsLookedAtAgain(t *testing.T) {
	d := session(t, Watch, Options{Theme: "dark", Graph: needing(t)}, 120, 40, able(30).Snapshot)
	d.press("3", "W")
	d.obey()
	first := d.app.gone
	if d.app.lookAgain() != nil {
		t.Error("it is looked at again at once")
	}
	d.clock = d.clock.Add(time.Hour)
	d.app.now = d.clock
	cmd := d.app.lookAgain()
	if cmd == nil || d.app.lookAgain() != nil {
		t.Fatal("it is not looked at again once")
	}
	d.send(cmd())
	if d.app.gone == first || d.app.gone.of != first.of || d.app.gone.things != first.things {
		t.Errorf("%+v", d.app.gone)
	}
	d.clock = d.clock.Add(time.Hour)
	d.app.now = d.clock
	cmd = d.app.lookAgain()
	d.press("esc")
	d.send(cmd())
	if d.app.gone != nil {
		t.Error("what was left came back")
	}
	for _, none := range []func(){func() { d.press("6", "W") }, func() { d.app.opt.Graph = nil; d.press("3", "W") }} {
		if none(); d.app.gone != nil {
			t.Error("without what?")
		}
	}
}
