package ui

import (
	"fmt"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/plan"
)

// onlyGate is a session with one gate that blocks, by the world's own judgement of it.
func onlyGate(t *testing.T, id string, w world) *driver {
	t.Helper()
	d := shifting(t, 120, 40, w)
	d.app.opt.Gates = func(s *board.Snapshot) *gate.Report {
		r := judging(t)(s)
		for i := range r.Gates { // so that it is alone
			if g := &r.Gates[i]; g.ID != id {
				g.Verdict = model.Holds
			} else {
				g.Verdict, g.Bar = model.Fails, model.Override
				r.Phases[g.Phase].Stands = gate.Open
			}
		}
		return r
	}
	d.press("7")
	d.judgedNow()
	d.see(id)
	return d
}

// TestAGateOpensThePlanThatMovesIt shifts from pane 7 what a gate stands before, and nothing from a gate that no shift moves.
func TestAGateOpensThePlanThatMovesIt(t *testing.T) {
	gaps := routed(5)
	gaps.Cells[3].On[model.Blue].Has, gaps.Cells[3].On[model.Green].Has = model.Fails, model.Fails
	gaps.Cells[3].Desired = gaps.Cells[3].Route()
	for _, x := range []struct {
		id, to string
		w      world
		cells  int // 0: any number
	}{{gate.GreenGood, "both", routed(5), 0}, {"no-blue", "green", routed(5), 0}, {"covered", "both", gaps, 1}, {"no-blue", "green", gaps, 0},
		{"full-load", "green", routed(5), 0}, {"full-load", "both", gaps, 1}, {"tolerance", "", routed(5), 0}} {
		d := onlyGate(t, x.id, x.w)
		d.press("s")
		if x.to == "" {
			d.see("mark cells, or select one, to shift them")
			continue
		}
		of := " to " + x.to
		if x.cells > 0 {
			of = fmt.Sprintf("shift %s to %s", plural(x.cells, "cell"), x.to)
		}
		d.see(of, "What happens")
		if d.app.dialog == nil {
			t.Errorf("%s opens no plan", x.id)
		}
	}
}

// TestAGateOpensWhatTriesIt: restore tests, a restore, a backup and failovers by their keys on the gate that waits for them, and on no
// other.
func TestAGateOpensWhatTriesIt(t *testing.T) {
	with := func(id string) *driver {
		w := routed(5)
		w.RDS = paired().RDS
		w.RDS.Replica.AWS.Value.Endpoint = "bacula-replica.example:3306" // else nobody can plan to use it
		return onlyGate(t, id, w)
	}
	for _, id := range []string{"restores-tested", "storages-round-trip"} {
		d := with(id)
		d.press("T")
		d.see("the configuration has no restore_tests")
		d.app.lever.Tests = &plan.TestSetup{Client: func(string) string { return "restore-test-fd" }}
		d.press("T")
		d.see("reading what a test of chain001 region")
		if from := d.app.tests.from; len(from) != 1 || from[0] != model.Green {
			t.Errorf("%s is tested from %v", id, from)
		}
	}
	d := with("restore-drill")
	d.press("r")
	if p := d.app.points(); p == nil || p.chain != "chain001" {
		t.Errorf("no points are listed: %s", d.screen())
	}
	for id, says := range map[string]string{"az-drill": "fail over bacula-primary", "failover-drill": "promote bacula-replica"} {
		d := with(id)
		d.press("f")
		if d.app.dialog == nil {
			t.Errorf("%s opens no plan:\n%s", id, d.screen())
			continue
		}
		if is := d.app.dialog.phrase; is != says {
			t.Errorf("%s opens the plan that is confirmed by %q", id, is)
		}
	}
	for key, says := range map[string]string{"T": "select a cell to test a restore of it", "r": "select a cell", "b": "select a cell",
		"f": "FAIL OVER: which?"} {
		d := with("tolerance")
		d.app.lever.Tests = &plan.TestSetup{Client: func(string) string { return "restore-test-fd" }}
		d.press(key)
		d.see(says)
	}
	w := routed(5)
	for i := range w.Cells { // green has had no backup of what it takes within its promise
		w.Cells[i].On[model.Blue].Has, w.Cells[i].On[model.Green].Has = model.Fails, model.Holds
		w.Cells[i].On[model.Green].Read, w.Cells[i].On[model.Green].LastGood = true, nil
	}
	d = onlyGate(t, gate.GreenGood, w)
	d.press("b")
	d.see("run a backup of chain001 region1", "on green now")
}
