package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
)

// ladder is a world in which these rungs were taken, each a fortnight before what follows; looks are of an hour ago.
func ladder(done ...string) World {
	w := leavingWorld(done...)
	for i, a := range w.State.Actions {
		a.Began = w.Now.Add(time.Duration(i-len(done)) * 14 * day)
		a.Ended = a.Began.Add(time.Minute)
	}
	return w
}

var wholeLadder = []string{"freeze", "archive", "verify", "lock", "rename"}

// TestWhatIsLeftIsLeftInOrder: each rung after the archive wants all before it, and time, and silence; what is undone, is undone from the
// top.
func TestWhatIsLeftIsLeftInOrder(t *testing.T) {
	drop, rename, lock := Split{Rung: RungDrop}, Split{Rung: RungRename, Holding: "held"}, Split{Rung: RungLock}
	since := func(rung string, d time.Duration) func(*World) {
		return func(w *World) {
			a := w.State.Rung(rung, "")
			a.Ended = w.Now.Add(-d)
			a.Began = a.Ended
		}
	}
	says := func(id string, v model.Verdict) func(*World) {
		return func(w *World) {
			was := w.Routing.Leaving.Gates
			w.Routing.Leaving.Gates = func(s *board.Snapshot, inv *model.Inventory) *gate.Report {
				r := was(s, inv)
				r.Find(id).Verdict = v
				return r
			}
		}
	}
	denied := func(ago time.Duration) func(*World) {
		return func(w *World) { unusedOf(w).Claim.Unused.DeniedAt = w.Now.Add(-ago) }
	}
	for name, c := range map[string]struct {
		ask   Split
		done  []string
		hurts func(*World)
		guard string // which does not hold; empty: all do
		bar   model.Bar
	}{
		"lock":                  {lock, wholeLadder[:3], nil, "", 0},
		"rename":                {rename, wholeLadder[:4], nil, "", 0},
		"drop":                  {drop, wholeLadder, nil, "", 0},
		"undo rename":           {Split{Rung: RungRename, Undo: true}, wholeLadder, nil, "", 0},
		"undo lock":             {Split{Rung: RungLock, Undo: true}, wholeLadder[:4], nil, "", 0},
		"lock, not verified":    {lock, wholeLadder[:2], nil, "split-verified", model.Block},
		"verified, then frozen": {lock, []string{"freeze", "archive", "verify", "undo freeze", "freeze"}, nil, "split-verified", model.Block},
		"archived again":        {lock, []string{"freeze", "archive", "verify", "archive"}, nil, "split-verified", model.Block},
		"archived by a clock that was ahead": {lock, []string{"freeze", "archive", "verify", "undo freeze", "freeze"}, func(w *World) {
			for _, a := range w.State.Actions[1:3] {
				a.Began, a.Ended = a.Began.Add(100*day), a.Ended.Add(100*day)
			}
		}, "split-verified", model.Block},
		"verified by a clock that was ahead": {lock, []string{"freeze", "archive", "verify", "archive"}, func(w *World) {
			a := w.State.Actions[2]
			a.Began, a.Ended = a.Began.Add(100*day), a.Ended.Add(100*day)
		}, "split-verified", model.Block},
		"compared, archived by a clock that was ahead": {Split{Rung: RungVerify}, []string{"freeze", "archive", "undo freeze", "freeze"},
			func(w *World) {
				a := w.State.Actions[1]
				a.Began, a.Ended = w.Now, w.Now.Add(time.Second)
			}, "split-archived", model.Block},
		"of another archive": {drop, wholeLadder, func(w *World) {
			w.State.Rung("verify", "").Tables().SHA256 = strings.Repeat("cd",
				32)
		}, "split-verified", model.Block},
		"of another server": {drop, wholeLadder, func(w *World) { w.State.Rung("verify", "").Tables().Host = "x:3306" },
			"split-verified", model.Block},
		"locked for an hour":  {rename, wholeLadder[:4], since("lock", time.Hour+time.Minute), "split-locked", model.Block},
		"locked for two days": {rename, wholeLadder[:4], since("lock", 2*day), "split-locked", model.Override},
		"somebody tried":      {rename, wholeLadder[:4], denied(2 * day), "split-locked", model.Override},
		"somebody tries":      {rename, wholeLadder[:4], denied(time.Hour), "split-locked", model.Block},
		"nobody counts": {rename, wholeLadder[:4], func(w *World) { unusedOf(w).Claim.Unused.Denied = nil }, "split-silent",
			model.Block},
		"not locked":       {rename, wholeLadder[:3], nil, "split-locked", model.Block},
		"unlocked":         {rename, append(wholeLadder[:4:4], "undo lock"), nil, "split-locked", model.Block},
		"somebody uses it": {drop, wholeLadder, func(w *World) { unusedOf(w).Verdict = model.Fails }, "split-silent", model.Block},
		"nobody has looked": {drop, wholeLadder, func(w *World) { unusedOf(w).At = w.Now.Add(-27 * time.Hour) }, "split-silent",
			model.Block},
		"a look from before": {drop, wholeLadder, func(w *World) { since("rename", time.Minute)(w); w.Policy.HeldFor = time.Second },
			"split-silent", model.Block},
		"not renamed":                     {drop, wholeLadder[:4], nil, "split-renamed", model.Block},
		"renamed back":                    {drop, append(slices.Clone(wholeLadder), "undo rename"), nil, "split-renamed", model.Block},
		"held for a day":                  {drop, wholeLadder, since("rename", day), "split-renamed", model.Block},
		"held for five":                   {drop, wholeLadder, since("rename", 5*day), "split-renamed", model.Override},
		"somebody tries while it is held": {drop, wholeLadder, denied(time.Hour), "split-renamed", model.Block},
		"somebody tried before it was":    {drop, wholeLadder, denied(20 * day), "", 0},
		"a route":                         {drop, wholeLadder, says("no-blue", model.Fails), "split-routes", model.Block},
		"blue owes":                       {drop, wholeLadder, says("blue-owes-nothing", model.Fails), "split-owes-nothing", model.Block},
		"nothing owed before":             {drop, wholeLadder, says("blue-owes-nothing", model.Unknown), "", 0},
		"owing is not known":              {rename, wholeLadder[:4], says("blue-owes-nothing", model.Unknown), "split-owes-nothing", model.Block},
		"no takeover":                     {drop, wholeLadder, says("takeover-ready", model.Fails), "split-takeover", model.Block},
		"home not restored":               {drop, wholeLadder, says("old-chain-restored", model.Unknown), "split-home-restored", model.Block},
		"undo freeze, locked":             {Split{Rung: RungFreeze, Undo: true}, wholeLadder[:4], nil, "split-topmost", model.Block},
		"undo lock, renamed":              {Split{Rung: RungLock, Undo: true}, wholeLadder, nil, "split-topmost", model.Block},
		"undo rename, dropped": {Split{Rung: RungRename, Undo: true}, append(slices.Clone(wholeLadder), "drop"), nil, "split-topmost",
			model.Block},
		"undo rename, drop saw a damaged archive": {Split{Rung: RungRename, Undo: true}, append(slices.Clone(wholeLadder), "drop"),
			func(w *World) {
				a := w.State.Dropped("")
				a.State, a.Done, a.Intent, a.Sends = record.ActionFailed, 0, 7, []string{"", "", "dbadb:3306: DROP TABLE held.Job"}
			}, "", 0},
		"undo rename, drop waited for replicas": {Split{Rung: RungRename, Undo: true}, append(slices.Clone(wholeLadder), "drop"), func(w *World) {
			a := w.State.Dropped("")
			a.State, a.Done, a.Intent, a.Sends = record.ActionUnknown, 1, 7, []string{"", "", "dbadb:3306: DROP TABLE held.Job"}
		}, "", 0},
		"undo rename, drop was begun": {Split{Rung: RungRename, Undo: true}, append(slices.Clone(wholeLadder), "drop"), func(w *World) {
			a := w.State.Dropped("")
			a.State, a.Done, a.Intent, a.Sends = record.ActionUnknown, 2, 7, []string{"", "", "dbadb:3306: DROP TABLE held.Job"}
		}, "split-topmost", model.Block},
		"archive, renamed":       {Split{Rung: RungArchive}, wholeLadder, nil, "split-topmost", model.Block},
		"undo what is not there": {Split{Rung: RungRename, Undo: true}, wholeLadder[:4], nil, "split-renamed", model.Block},
	} {
		w := ladder(c.done...)
		if c.hurts != nil {
			c.hurts(&w)
		}
		p, err := Ask{Split: &c.ask}.Plan(w, "p1")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, g := range p.Guards {
			stops := Blocks(g) || NeedsReason(g)
			if stops && g.ID != c.guard && c.guard == "" || !stops && g.ID == c.guard || g.ID == c.guard && g.Bar != c.bar {
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
		}
	}
	if _, err := (Ask{Split: &Split{Rung: RungRename, Holding: "a b"}}).Plan(ladder(wholeLadder[:4]...), "p1"); err == nil {
		t.Error("a schema is made of any name")
	}
	if _, err := (Ask{Split: &Split{Rung: RungDrop, Undo: true}}).Plan(ladder(wholeLadder...), "p1"); err == nil {
		t.Error("a drop is undone")
	}
}

// TestADropDropsWhatWasVerifiedAlone: the smallest first, each after a look at the replicas, and nothing undoes it from the first on.
func TestADropDropsWhatWasVerifiedAlone(t *testing.T) {
	p, err := Ask{Split: &Split{Rung: RungDrop}}.Plan(ladder(wholeLadder...), "p1")
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for i, s := range p.Steps {
		if d := s.Order.DropTable; d != nil {
			order = append(order, d.Table)
			if before := p.Steps[i-1].Order.ReplicasCalm; before == nil || d.Holding != "bacula__dropped_20261120" || d.Host != "dbadb:3306" ||
				!slices.Equal(
					before.Replicas,
					[]string{"db2:3306"},
				) || before.Most != 10*time.Second || !slices.Equal(d.Calm.Replicas, before.Replicas) {
				t.Errorf("step %d: %+v after %+v", i+1, d, before)
			}
			if s.NoReturn != (len(order) == 1) {
				t.Errorf("step %d: no return %v", i+1, s.NoReturn)
			}
		}
		if s.Back != nil {
			t.Errorf("step %d has a way back", i+1)
		}
	}
	first, last := p.Steps[0].Order.ArchiveIntact, p.Steps[len(p.Steps)-1].Order.DropEmpty
	if !slices.Equal(order, []string{"Job", "Media", "File"}) || first == nil || len(first.Files) != 2 || last == nil {
		t.Errorf("%v, %+v, %+v", order, first, last)
	}
	if p.Confirm != "drop for good blue" {
		t.Errorf("it is approved by %q", p.Confirm)
	}
	undo, err := Ask{Split: &Split{Rung: RungLock, Undo: true}}.Plan(ladder(wholeLadder[:4]...), "p2")
	if err != nil {
		t.Fatal(err)
	}
	if u := undo.Steps[0].Order.UnlockSchema; !slices.Equal(u.Accounts, []string{"'bacula'@'%'"}) || len(u.Rights) != 1 ||
		u.Rights[0] != (record.FoundSetting{Of: "'grafana'@'%'", Name: record.RightsOf, Value: "SELECT"}) {
		t.Errorf("%+v", u)
	}
}
