package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
)

const day = 24 * time.Hour

// leavingWorld is one in which blue's schema can be frozen, and was archived where it is said.
func leavingWorld(done ...string) World {
	w := calm()
	w.Routing.Leaving = &Leaving{Schema: "bacula", Hosts: []string{"dbadb:3306"}, Looked: []string{"dbadb:3306", "db2:3306"},
		Directors: []string{
			"dir-blue",
			"dir-blue2",
		}, Places: []Place{{Dir: "/a", On: "nas"}, {Dir: "/b", On: "tape"}}, Dump: []string{"mysqldump"}, Load: []string{"mysql"},
		With: OnSchema{Host: "scratch:3306", Schema: "check"}, Gates: func(s *board.Snapshot, _ *model.Inventory) *gate.Report {
			r := &gate.Report{}
			for _, of := range gatesOf {
				r.Gates = append(r.Gates, gate.Gate{Check: model.Check{ID: of.gate, Verdict: model.Holds, At: s.At, Do: "do " + of.gate}})
			}
			return r
		}}
	blue := model.Blue
	for _, host := range w.Routing.Leaving.Looked {
		u := &record.Unused{
			Host:    host,
			Schema:  "bacula",
			Server:  host,
			Started: w.Now.Add(-90 * day),
			Since:   w.Now.Add(-20 * day),
			Denied:  new(uint64),
		}
		w.State.Evidence = append(w.State.Evidence, &record.Proved{Proof: record.Proof{Of: record.Subject{Cluster: &blue},
			Claim: record.Proven{Unused: u}, By: record.Means{Kind: record.ByLook}, Verdict: model.Holds, At: w.Now.Add(-time.Hour)}})
	}
	for i, which := range done {
		at := w.Now.Add(time.Duration(i-10) * time.Hour)
		a := &record.Action{
			ID:    which,
			Seq:   int64(100 + i),
			Verb:  SplitVerb,
			Which: which,
			State: record.ActionDone,
			Done:  1,
			Began: at,
			Ended: at.Add(time.Minute),
		}
		switch which {
		case "verify":
			a.Found = []record.Found{{Tables: &record.FoundTables{Of: "bacula", Host: "dbadb:3306", SHA256: strings.Repeat("ab", 32),
				Tables: []record.FoundTable{{Name: "File", Rows: 9}, {Name: "Job", Rows: 2}, {Name: "Media", Rows: 2}}}}}
		case "lock":
			a.Found = []record.Found{{Setting: &record.FoundSetting{Of: "'bacula'@'%'", Name: record.LockOf, Value: "open"}},
				{Setting: &record.FoundSetting{Of: "'grafana'@'%'", Name: record.RightsOf, Value: "SELECT"}}}
		case "rename":
			a.Found = []record.Found{
				{Setting: &record.FoundSetting{Of: "bacula on dbadb:3306", Name: record.HeldOf, Value: "bacula__dropped_20261120"}},
			}
		}
		if which == "archive" {
			for _, host := range []string{"nas", "tape"} {
				a.Found = append(a.Found, record.Found{File: &record.FoundFile{Host: host, Path: "/" + host, SHA256: strings.Repeat("ab", 32)}})
			}
		}
		if which == "freeze" {
			a.Found = []record.Found{{Setting: &record.FoundSetting{Of: "'bacula'@'%'", Name: record.RightsOf, Value: "INSERT, UPDATE"}},
				{Setting: &record.FoundSetting{Of: "'bacula'@'%'", Name: record.RightsOf, Value: "UPDATE"}}}
		}
		if strings.HasPrefix(which, "undo") {
			a.Done = 1
		}
		w.State.Actions = append(w.State.Actions, a)
	}
	return w
}

func unusedOf(w *World) *record.Proved { return w.State.Evidence[len(w.State.Evidence)-1] }

func TestEachRungWantsTheOneBeforeIt(t *testing.T) {
	gateSays := func(id string, v model.Verdict) func(*World) {
		return func(w *World) {
			was := w.Routing.Leaving.Gates
			w.Routing.Leaving.Gates = func(s *board.Snapshot, inv *model.Inventory) *gate.Report {
				r := was(s, inv)
				r.Find(id).Verdict = v
				return r
			}
		}
	}
	freeze, archive, verify := Split{Rung: RungFreeze}, Split{Rung: RungArchive}, Split{Rung: RungVerify}
	for name, c := range map[string]struct {
		ask   Split
		done  []string
		hurts func(*World)
		guard string // which does not hold; empty: all do
		bar   model.Bar
	}{
		"freeze":    {freeze, nil, nil, "", 0},
		"archive":   {archive, []string{"freeze"}, nil, "", 0},
		"verify":    {verify, []string{"freeze", "archive"}, nil, "", 0},
		"undo":      {Split{Rung: RungFreeze, Undo: true}, []string{"freeze"}, nil, "", 0},
		"a route":   {freeze, nil, gateSays("no-blue", model.Fails), "split-routes", model.Block},
		"blue owes": {archive, []string{"freeze"}, gateSays("blue-owes-nothing", model.Fails), "split-owes-nothing", model.Block},
		"no takeover": {verify, []string{"freeze", "archive"}, gateSays("takeover-ready", model.Unknown), "split-takeover",
			model.Block},
		"home not restored": {freeze, nil, gateSays("old-chain-restored", model.Unknown), "split-home-restored", model.Block},
		"no gates":          {freeze, nil, func(w *World) { w.Routing.Leaving.Gates = nil }, "split-routes", model.Block},
		"a week": {freeze, nil, func(w *World) { unusedOf(w).Claim.Unused.Since = w.Now.Add(-8 * day) }, "split-unused",
			model.Override},
		"a day": {freeze, nil, func(w *World) { unusedOf(w).Claim.Unused.Since = w.Now.Add(-day) }, "split-unused", model.Block},
		"used": {freeze, nil, func(w *World) { p := unusedOf(w); p.Verdict, p.Why = model.Fails, "a view" }, "split-unused",
			model.Block},
		"one server not seen":    {freeze, nil, func(w *World) { w.State.Evidence = w.State.Evidence[1:] }, "split-unused", model.Block},
		"long not looked":        {freeze, nil, func(w *World) { unusedOf(w).At = w.Now.Add(-2 * day) }, "split-unused", model.Block},
		"not frozen":             {archive, nil, nil, "split-frozen", model.Block},
		"undone":                 {archive, []string{"freeze", "undo freeze"}, nil, "split-frozen", model.Block},
		"frozen again":           {archive, []string{"freeze", "undo freeze", "freeze"}, nil, "", 0},
		"not archived":           {verify, []string{"freeze"}, nil, "split-archived", model.Block},
		"archived before it was": {verify, []string{"archive", "freeze"}, nil, "split-archived", model.Block},
		"one place": {archive, []string{"freeze"}, func(w *World) { w.Routing.Leaving.Places = w.Routing.Leaving.Places[:1] },
			"split-places", model.Block},
		"a place that is backed up": {archive, []string{"freeze"}, func(w *World) {
			w.Routing.Leaving.Places[0].On = w.Names.Inventory().Cells[0].Client
		}, "split-places", model.Block},
	} {
		w := leavingWorld(c.done...)
		if c.hurts != nil {
			c.hurts(&w)
		}
		p, err := Ask{Split: &c.ask}.Plan(w, "p1")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, g := range p.Guards {
			stops, meant := Blocks(g) || NeedsReason(g), g.ID == c.guard || c.guard != "" && name == "no gates"
			if stops && !meant || !stops && g.ID == c.guard || g.ID == c.guard && g.Bar != c.bar {
				t.Errorf("%s: %s %v %s: %s", name, g.ID, g.Bar, g.Verdict, g.Value)
			}
			if stops && g.Do == "" {
				t.Errorf("%s: %s has no way past it", name, g.ID)
			}
		}
		for i, s := range p.Steps {
			if c.guard != "" && !strings.Contains(strings.Join(s.Guards, " "), c.guard) {
				t.Errorf("%s: step %d does not ask %s", name, i+1, c.guard)
			}
			if s.NoReturn {
				t.Errorf("%s: step %d cannot be undone", name, i+1)
			}
		}
	}
}

func TestUndoingAFreezeGivesBackWhatItFoundFirst(t *testing.T) {
	w := leavingWorld("freeze")
	p, err := Ask{Split: &Split{Rung: RungFreeze, Undo: true}}.Plan(w, "p1")
	if err != nil {
		t.Fatal(err)
	}
	rights := p.Steps[0].Order.ThawSchema.Rights
	if len(rights) != 1 || rights[0].Value != "INSERT, UPDATE" {
		t.Errorf("%+v", rights)
	}
	if _, err := (Ask{Split: &Split{Rung: RungArchive, Undo: true}}).Plan(w, "p1"); err == nil {
		t.Error("an archive is undone")
	}
	if _, err := (Ask{Split: &Split{Rung: "burn"}}).Plan(w, "p1"); err == nil || !strings.Contains(err.Error(), `no rung "burn"`) {
		t.Errorf("a rung that is not there: %v", err)
	}
	w.Routing.Leaving = nil
	if _, err := (Ask{Split: &Split{Rung: RungFreeze}}).Plan(w, "p1"); err == nil || !strings.Contains(err.Error(), "no act.split") {
		t.Errorf("without act.split: %v", err)
	}
}

// TestAFreezeIsUndoneFromWhereverItCame: what did not come to its end took rights, too, and an undoing that did not has not given all back.
func TestAFreezeIsUndoneFromWhereverItCame(t *testing.T) {
	right := func(value string) []record.Found {
		return []record.Found{{Setting: &record.FoundSetting{Of: "'bacula'@'%'", Name: record.RightsOf, Value: value}}}
	}
	freeze := func(state record.ActionState, value string) *record.Action {
		return &record.Action{Verb: SplitVerb, Which: "freeze", State: state, Done: 1, Found: right(value)}
	}
	undo := func(state record.ActionState) *record.Action {
		return &record.Action{Verb: SplitVerb, Which: "undo freeze", State: state, Done: 1}
	}
	returned := freeze(record.ActionFailed, "DROP")
	returned.Returned = true
	for name, c := range map[string]struct {
		did  []*record.Action
		want string
	}{
		"begun":       {[]*record.Action{freeze(record.ActionUnknown, "INSERT")}, "INSERT"},
		"undone half": {[]*record.Action{freeze(record.ActionDone, "INSERT"), undo(record.ActionFailed)}, "INSERT"},
		"frozen anew": {[]*record.Action{freeze(record.ActionDone, "INSERT"), undo(record.ActionFailed), freeze(record.ActionDone,
			"UPDATE")}, "INSERT, UPDATE"},
		"undone": {[]*record.Action{freeze(record.ActionDone, "INSERT"), undo(record.ActionDone)}, ""},
		"undone, again": {[]*record.Action{freeze(record.ActionDone, "DROP"), undo(record.ActionDone), freeze(record.ActionDone, "INSERT")},
			"INSERT"},
		"it went back":     {[]*record.Action{returned}, ""},
		"nothing was done": {nil, ""},
	} {
		w := leavingWorld()
		for i, a := range c.did {
			a.ID, a.Seq = fmt.Sprint(i), int64(100+i)
		}
		w.State.Actions = c.did
		p, err := Ask{Split: &Split{Rung: RungFreeze, Undo: true}}.Plan(w, "p1")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if r := p.Steps[0].Order.ThawSchema.Rights; len(r) == 1 {
			got = r[0].Value
		}
		holds := p.Guards[slices.IndexFunc(p.Guards, func(g model.Check) bool { return g.ID == "split-frozen" })].Verdict == model.Holds
		if got != c.want || holds != (c.want != "") {
			t.Errorf("%s: gives back %q, want %q; %v", name, got, c.want, holds)
		}
	}
}
