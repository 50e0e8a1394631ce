package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// disaster is a world in which green's catalog is all that is left, and what can come back of six chains: the first hosts a catalog, one is
// lost, and of one nobody knows.
func disaster() (World, *Survey) {
	w := calm()
	var ps []model.Placement
	v := &Survey{Bundle: t0.Add(-time.Hour), AtOnce: 2, Client: func(model.Cell) string { return "rescue-fd" }, Below: "/srv/restores",
		Format: func(model.Cell) model.Format { return "" }, Verify: func(model.Format) *Call {
			return &Call{Name: "verify",
				Argv: []string{"true"}}
		},
		Up: BringUp{
			Director: "dir-rescue",
			Storage:  "sd-2",
			Old:      []OldDirector{{OnDirector: OnDirector{Cluster: model.Green, Director: "dir-green"}}},
		}}
	for i := range 6 {
		cell := model.Cell{Chain: fmt.Sprintf("chain%d", i), Region: "region1"}
		ps = append(ps, model.Placement{Cell: cell, Tier: 1 + i/4, Promise: 26 * time.Hour, Client: cell.Chain + "-fd"})
		s := model.Survivor{Chain: cell.Chain, Tier: 1 + i/4, Back: model.Answer(model.Holds), First: i == 0, About: time.Hour,
			Point: &model.SurvivingPoint{
				RestorePoint: model.RestorePoint{Cell: cell, Key: model.JobKey{Cluster: model.Green, Job: "job-" + cell.Chain},
					ID: uint32(i + 1), At: t0.Add(-9 * time.Hour), Client: cell.Chain + "-fd", Bytes: 1e9, Set: []model.Part{{ID: uint32(i + 1)}}},
			}}
		v.Survivors = append(v.Survivors, s)
	}
	v.Survivors[2].Back, v.Survivors[2].Point = model.Answer(model.Fails), nil
	v.Survivors[3].Point.Card = true
	w.Names = must(model.BindNames(must(model.NewInventory(ps)), must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")),
		must(model.ParseRestoreTemplate("restore-{region}"))))
	w.Routing.First, w.Routing.Recovers, w.State = []string{"chain0"}, true, &record.State{}
	g := w.Snapshot.Clusters[model.Green]
	g.Directors = append([]model.Director{{Name: "dir-rescue"}}, model.Director{Name: "dir-green"})
	for i := range w.Snapshot.Seen {
		if s := &w.Snapshot.Seen[i]; s.Source.Kind == model.SourceDirector && s.Source.Cluster == model.Green {
			*s = board.Sighting{Source: model.DirectorOf(model.Green, "dir-green"), Tried: t0, Why: "connection refused", Trouble: model.TroubleGone}
		}
	}
	return w, v
}

// TestRecoverBringsUpFirst: whoever scheduled before is fenced before another comes up, the session and the round trip are seen before the
// first restore, and only what others need is restored by it.
func TestRecoverBringsUpFirst(t *testing.T) {
	w, v := disaster()
	w.Routing.Account = &NextAccount{Now: "bacula", Next: "bacula_next"}
	v.Up.On = nil
	r := must(RecoverOf(w, v))
	r.Up.On = &OnInstance{ID: "rds1", Region: "eu", ResourceID: "db-1"}
	p := must(Ask{Recover: r}.Plan(w, "p1"))
	var did []string
	for i := range p.Steps {
		row := must(p.Steps[i].Order.Row())
		did = append(did, row.Name)
	}
	want := "account by_hand service_by_hand greet start_restore session follow_job verify_restore check_restored"
	if got := strings.Join(did, " "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, g := range p.Plain().Guards {
		if g.Says == "" {
			t.Errorf("guard %s has no words of its own", g.ID)
		}
	}
	if p.Blocked() != nil || p.Confirm != "recover with dir-rescue" || !p.Emergency || p.Ask.which() != "bring up" {
		t.Errorf("%+v", p.Blocked())
	}
	if r.Left != 3 || !slices.Equal(r.Lost, []string{"chain2"}) || !slices.Equal(r.Doubt, []string{"chain3"}) {
		t.Errorf("%+v", r)
	}
	w.Routing.Account = nil
	p = must(Ask{Recover: r}.Plan(w, "p1"))
	if a := p.Steps[0].Order.Attest; a == nil || !strings.Contains(a.Text, "dir-green") {
		t.Errorf("without an account nobody vouches for the one that is silent: %+v", p.Steps[0])
	}
}

// TestRecoverStopsWhoAnswers: an old Director that answers is stopped first, with a reason; one that comes back in the middle stops the
// plan.
func TestRecoverStopsWhoAnswers(t *testing.T) {
	w, v := disaster()
	r := must(RecoverOf(w, v))
	p := must(Ask{Recover: r}.Plan(w, "p1"))
	start := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Order.StartRestore != nil })
	a := &record.Action{ID: "p1", Done: start, State: record.ActionRunning}
	if _, in, why := p.InTheWay(&p.Steps[start], w, a); in != nil {
		t.Fatalf("%s: %s", in.ID, why)
	}
	back := func() {
		for i := range w.Snapshot.Seen {
			if s := &w.Snapshot.Seen[i]; s.Is(model.DirectorOf(model.Green, "dir-green")) {
				*s = board.Sighting{Source: s.Source, At: w.Now, Tried: w.Now, Every: time.Second}
			}
		}
	}
	back()
	if _, in, why := p.InTheWay(&p.Steps[start], w, a); in == nil || !strings.Contains(why, "dir-green answers") {
		t.Errorf("it came back, and the plan goes on: %s", why)
	}
	r.Up.Old[0].Answers = model.Answer(model.Holds)
	p = must(Ask{Recover: r}.Plan(w, "p1"))
	if g := p.Guard("recover-alone"); g == nil || !NeedsReason(*g) || p.Blocked() != nil {
		t.Errorf("%+v", g)
	}
	if o := &p.Steps[1].Order; o.ServiceByHand == nil || o.ServiceByHand.Do != Stop || len(p.Steps[1].Changes) != 1 {
		t.Errorf("it is not stopped: %+v", p.Steps[1])
	}
}

// TestADirectorFromBeforeIsDeadOnlyWhereThatIsKnown: of one that is silent, or was never asked, a person says so; one that listens stops
// all.
func TestADirectorFromBeforeIsDeadOnlyWhereThatIsKnown(t *testing.T) {
	unknown, block := func(c *model.Check) bool { return c.Verdict == model.Unknown && NeedsReason(*c) },
		func(c *model.Check) bool { return Blocks(*c) }
	for name, of := range map[string]struct {
		seen board.Sighting
		is   func(*model.Check) bool
	}{
		"refused": {board.Sighting{Tried: t0, Why: "refused", Trouble: model.TroubleGone},
			func(c *model.Check) bool { return c.Verdict == model.Holds }},
		"long ago":      {board.Sighting{Tried: t0.Add(-time.Hour), Why: "refused", Trouble: model.TroubleGone}, unknown},
		"silent":        {board.Sighting{Tried: t0, Why: "no answer in 15 s", Trouble: model.TroubleSilent}, unknown},
		"no name":       {board.Sighting{Tried: t0, Why: "no such host", Trouble: model.TroubleOther}, unknown},
		"never asked":   {board.Sighting{}, unknown},
		"another":       {board.Sighting{Tried: t0, Why: "another", Trouble: model.TroubleAnswer, Wrong: true}, unknown},
		"authorization": {board.Sighting{Tried: t0, Why: "Director authorization error", Trouble: model.TroubleRefused}, block},
		"hangs":         {board.Sighting{Tried: t0, Why: "no greeting", Trouble: model.TroubleSilent, Early: true, Mute: true}, block},
		"answers":       {board.Sighting{At: t0, Tried: t0, Every: time.Second}, block},
	} {
		w, v := disaster()
		r := must(RecoverOf(w, v))
		for i := range w.Snapshot.Seen {
			if s := &w.Snapshot.Seen[i]; s.Is(model.DirectorOf(model.Green, "dir-green")) {
				of.seen.Source = s.Source
				*s = of.seen
			}
		}
		p := must(Ask{Recover: r}.Plan(w, "p1"))
		if g := p.Guard("recover-alone"); !of.is(g) || g.Do == "" && g.Verdict != model.Holds {
			t.Errorf("%s: %+v", name, g)
		}
	}
	w, v := disaster()
	w.Routing.Before = []model.Source{model.DirectorOf(model.Green, "dir-green"), model.DirectorOf(model.Green, "dir-green2 (before)")}
	p := must(Ask{Recover: must(RecoverOf(w, v))}.Plan(w, "p1"))
	if g := p.Guard("recover-alone"); !unknown(g) || !strings.Contains(g.Value, "dir-green2") {
		t.Errorf("the other one that was there before is not asked for: %+v", g)
	}
	if n := p.Needs("recover-alone"); !slices.Contains(n.Must, model.DirectorOf(model.Green, model.AnyPassive)) {
		t.Errorf("it is judged before they were asked: %+v", n)
	}
}

// TestRecoverGoesTierByTier, so many at once, one after the other has ended; what is back is not restored again.
func TestRecoverGoesTierByTier(t *testing.T) {
	w, v := disaster()
	w.State = &record.State{
		Actions: []*record.Action{{ID: "a1", Verb: "recover", Which: "bring up", State: record.ActionDone, Recovery: broughtUp(v),
			Found: []record.Found{
				{Restored: &record.FoundRestored{Where: "/srv/restores/chain0-a1"}},
				{Tested: &record.FoundTested{Verdict: model.Holds}},
			}}},
	}
	if r := must(RecoverOf(w, v)); r.Up != nil || len(r.Chains) != 1 || r.Chains[0].Cell.Chain != "chain1" || r.Left != 2 {
		t.Errorf("%+v", r)
	}
	for i := range v.Survivors {
		v.Survivors[i].Tier, v.Survivors[i].Back = 1, model.Answer(model.Holds)
	}
	v.Survivors[2].Point = v.Survivors[1].Point
	r := must(RecoverOf(w, v))
	steps := must(r.restores(w, "p1", nil))
	running, most := 0, 0
	for i := range steps {
		switch o := &steps[i].Order; {
		case o.StartRestore != nil:
			running++
		case o.VerifyRestore != nil:
			running--
		}
		most = max(most, running)
		if !steps[i].Spares {
			t.Errorf("the others do not go on when step %d goes wrong", i+1)
		}
	}
	if len(r.Chains) != 4 || len(steps) != 12 || running != 0 || most != 2 {
		t.Errorf("%d chains in %d steps, %d at once", len(r.Chains), len(steps), most)
	}
	w.State.Actions[0].Found[1].Tested.Verdict = model.Fails
	if back := Recovered(w.State, v.Bundle); back["chain0"] {
		t.Error("what was seen to be something else counts as back")
	}
}

func broughtUp(v *Survey) *record.Recovery {
	return &record.Recovery{Bundle: v.Bundle, Director: v.Up.Director}
}

// TestOnlyThisRecoveryBringsBack: in a journal that has seen tests, restores, drills and another disaster, none of these stands for a chain
// that is back, nor for a Director that is up.
func TestOnlyThisRecoveryBringsBack(t *testing.T) {
	w, v := disaster()
	before := &record.Recovery{Bundle: v.Bundle.Add(-300 * 24 * time.Hour), Director: v.Up.Director}
	other := &record.Recovery{Bundle: v.Bundle, Director: "dir-other"}
	for name, a := range map[string]*record.Action{
		"a test":                  {Verb: "test"},
		"a restore":               {Verb: "restore"},
		"a drill":                 {Verb: "recover", Which: "drill", Recovery: broughtUp(v)},
		"a recovery before":       {Verb: "recover", Which: "bring up", Recovery: before},
		"a part before":           {Verb: "recover", Which: "restore", Recovery: &record.Recovery{Bundle: before.Bundle}},
		"a journal that is older": {Verb: "recover", Which: "bring up"},
		"of no bundle":            {Verb: "recover", Which: "bring up", Recovery: &record.Recovery{Director: v.Up.Director}},
	} {
		a.ID, a.State = "a1", record.ActionDone
		a.Found = []record.Found{
			{Restored: &record.FoundRestored{Where: "/srv/restores/chain0-a1"}},
			{Tested: &record.FoundTested{Verdict: model.Holds}},
		}
		w.State = &record.State{Actions: []*record.Action{a}}
		if r := must(RecoverOf(w, v)); r.Up == nil || len(r.Chains) != 1 || r.Chains[0].Cell.Chain != "chain0" {
			t.Errorf("after %s: %+v", name, r)
		}
		if f := FarOf(w.State, v.Bundle, v.Survivors, 2); f.Back != 0 ||
			strings.Contains(RecoverState(w.State, v.Bundle, &v.Survivors[0]), "back") {
			t.Errorf("after %s: %+v", name, f)
		}
		one := v.chain(&v.Survivors[1]).Restore
		w.Routing.Bundle = v.Bundle
		if c := (&Plan{Ask: Ask{Restore: &one}}).Judge(w, guardFirst, Past{}); c.Verdict != model.Fails {
			t.Errorf("after %s: %+v", name, c)
		}
	}
	w.State.Actions = []*record.Action{{ID: "a1", Verb: "recover", Which: "bring up", State: record.ActionDone, Recovery: other}}
	if r := must(RecoverOf(w, v)); r.Up == nil {
		t.Error("another Director came up, and nobody is fenced for this one")
	}
	of := must(RecoverOf(w, v))
	if told := must(words(must(json.Marshal(must(Ask{Recover: of}.Plan(w, "p1")))))); told.Recovery == nil ||
		!told.Recovery.Bundle.Equal(v.Bundle) || told.Recovery.Director != "dir-rescue" {
		t.Errorf("the journal does not tell of which recovery it is: %+v", told.Recovery)
	}
	w.Routing.Bundle = v.Bundle.Add(time.Hour)
	if _, err := (Ask{Recover: of}).Plan(w, "p1"); err == nil || !strings.Contains(err.Error(), "ask again") {
		t.Errorf("it goes by another bundle than it was asked for: %v", err)
	}
}

// TestAfterWhatOthersNeed: any restore asks for a reason before what others need is back, and none afterwards.
func TestAfterWhatOthersNeed(t *testing.T) {
	w, v := disaster()
	of := func(i int) *Plan { r := v.chain(&v.Survivors[i]).Restore; return &Plan{Ask: Ask{Restore: &r}} }
	if c := of(1).Judge(w, guardFirst, Past{}); c.Verdict != model.Fails || c.Value != "after chain0" || c.Bar != model.Override ||
		c.Do == "" {
		t.Errorf("%+v", c)
	}
	if c := of(0).Judge(w, guardFirst, Past{}); c.Verdict != model.Holds {
		t.Errorf("%+v", c)
	}
	w.Routing.Bundle = v.Bundle
	w.State = &record.State{
		Actions: []*record.Action{
			{
				ID:       "a1",
				Verb:     "recover",
				Which:    "restore",
				Recovery: broughtUp(v),
				Found:    []record.Found{{Restored: &record.FoundRestored{Where: "/x/chain0-a1"}}},
			},
		},
	}
	if c := of(1).Judge(w, guardFirst, Past{}); c.Verdict != model.Holds {
		t.Errorf("%+v", c)
	}
}

// TestWhatRestsOnAStepThatWentWrong is not looked at: it would only be waited for.
func TestWhatRestsOnAStepThatWentWrong(t *testing.T) {
	w, v := disaster()
	v.Up.Director = ""
	w.State = &record.State{
		Actions: []*record.Action{{ID: "a1", Verb: "recover", Which: "bring up", State: record.ActionDone, Recovery: broughtUp(v)}},
	}
	r := must(RecoverOf(w, v))
	r.AtOnce = 1
	p := must(Ask{Recover: r}.Plan(w, "p1"))
	spared := []record.Spared{{Step: 5, Says: "failed"}} // the start of the second
	for i := range p.Steps {
		want := 0
		if n := i + 1; n == 6 || n == 7 {
			want = 5
		}
		if got := p.RestsOn(i+1, spared); got != want {
			t.Errorf("step %d (%s) rests on %d, want %d", i+1, p.Steps[i].Name, got, want)
		}
	}
}

func TestTheBundlesAge(t *testing.T) {
	w, v := disaster()
	for age, want := range map[time.Duration]model.Verdict{time.Hour: model.Holds, 8 * 24 * time.Hour: model.Fails,
		-time.Hour: model.Unknown} {
		v.Bundle = w.Now.Add(-age)
		p := must(Ask{Recover: must(RecoverOf(w, v))}.Plan(w, "p1"))
		if g := p.Guard("recover-bundle"); g.Verdict != want || NeedsReason(*g) == (want == model.Holds) {
			t.Errorf("%v old: %+v", age, g)
		}
	}
}

// TestADrillLeavesNothing: it restores a few chains to scratch clients, compares them and removes them; nobody comes up and no emergency is
// called, whatever an earlier recovery has brought back.
func TestADrillLeavesNothing(t *testing.T) {
	w, v := disaster()
	v.Drill, v.Remove = true, &Call{Name: "remove", Argv: []string{"rm", "{where}"}}
	r := must(RecoverOf(w, v))
	p := must(Ask{Recover: r}.Plan(w, "p1"))
	removed := 0
	for i := range p.Steps {
		if o := &p.Steps[i].Order; o.RemoveRestored != nil {
			removed++
		} else if o.Account != nil || o.Service != nil || o.Repoint != nil || o.ServiceByHand != nil {
			t.Errorf("step %d: %s", i+1, p.Steps[i].Name)
		}
	}
	if r.Up != nil || len(r.Chains) != drillChains || removed != drillChains || p.Emergency || p.Ask.which() != "drill" {
		t.Errorf("%d removed, %+v", removed, r)
	}
	for _, g := range p.Plain().Guards { // without a world, as a journal's plan is told
		if g.Says == "" || g.Says == "guard "+g.ID {
			t.Errorf("guard %s has no words of its own", g.ID)
		}
	}
	r.Chains[1].Client = "chain4-fd"
	if g := must(Ask{Recover: r}.Plan(w, "p1")).Blocked(); g == nil {
		t.Error("it writes to a client that is backed up")
	}
	r.Chains[0].Remove = nil
	if _, err := (Ask{Recover: r}).Plan(w, "p1"); err == nil {
		t.Error("it leaves what it restored")
	}
}

// TestAnotherDisaster: a Director that came up and is gone again comes up once more, and what it brought back is told of; by a person's
// word, nothing that was brought back before is back, until the new recovery has done so.
func TestAnotherDisaster(t *testing.T) {
	w, v := disaster()
	first := &record.Action{ID: "a1", Verb: "recover", Which: "bring up", State: record.ActionDone, Recovery: broughtUp(v), Done: 9,
		Found: []record.Found{{Restored: &record.FoundRestored{Where: "/srv/restores/chain0-a1"}}}}
	w.State = &record.State{Actions: []*record.Action{first}}
	heard := func(trouble model.Trouble) {
		w.Snapshot.Seen = slices.DeleteFunc(
			w.Snapshot.Seen,
			func(s board.Sighting) bool { return s.Is(model.DirectorOf(model.Green, "dir-rescue")) },
		)
		s := board.Sighting{
			Source:  model.DirectorOf(model.Green, "dir-rescue"),
			Tried:   w.Now,
			Every:   time.Second,
			Trouble: trouble,
			Why:     "it says so",
		}
		if trouble == model.TroubleNone {
			s.At, s.Why = w.Now, ""
		}
		w.Snapshot.Seen = append(w.Snapshot.Seen, s)
	}
	for trouble, up := range map[model.Trouble]bool{model.TroubleNone: false, model.TroubleSilent: false, model.TroubleGone: true} {
		heard(trouble)
		r := must(RecoverOf(w, v))
		if (r.Up != nil) != up || r.Anew || (r.Before == 1) != up || len(r.Chains) != 1 || r.Chains[0].Cell.Chain != "chain1" {
			t.Errorf("%v: %+v", trouble, r)
		}
	}
	heard(model.TroubleGone)
	if costs := strings.Join(must(Ask{Recover: must(RecoverOf(w, v))}.Plan(w, "p1")).Costs, "\n"); !strings.Contains(costs, "--anew") {
		t.Errorf("nobody is told what counts as back: %s", costs)
	}
	heard(model.TroubleNone)
	v.Anew = true
	r := must(RecoverOf(w, v))
	p := must(Ask{Recover: r}.Plan(w, "p2"))
	told := must(words(must(json.Marshal(p))))
	if r.Up == nil || r.Chains[0].Cell.Chain != "chain0" || p.Confirm != "recover anew with dir-rescue" || !told.Recovery.Anew {
		t.Errorf("%+v, %s, %+v", r, p.Confirm, told.Recovery)
	}
	v.Anew = false
	again := &record.Action{ID: "a2", Verb: "recover", Which: "bring up", State: record.ActionApproved, Recovery: told.Recovery}
	w.State.Actions = append(w.State.Actions, again)
	if !BroughtUp(w.State, v.Bundle, "dir-rescue") || !Recovered(w.State, v.Bundle)["chain0"] {
		t.Error("what has not begun takes something back")
	}
	again.State, again.Intent = record.ActionRunning, 1
	if BroughtUp(w.State, v.Bundle, "dir-rescue") || Recovered(w.State, v.Bundle)["chain0"] ||
		FarOf(w.State, v.Bundle, v.Survivors, 2).Back != 0 {
		t.Error("what was brought back before the second disaster counts")
	}
	again.State, again.Done = record.ActionDone, 9
	again.Found = []record.Found{{Restored: &record.FoundRestored{Where: "/srv/restores/chain0-a2"}}}
	if r := must(RecoverOf(w, v)); r.Up != nil || r.Chains[0].Cell.Chain != "chain1" {
		t.Errorf("%+v", r)
	}
}

// TestAScanIsCopied to a shell as it is: what a volume's name has there does nothing.
func TestAScanIsCopied(t *testing.T) {
	p := &model.SurvivingPoint{RestorePoint: model.RestorePoint{At: t0, Volumes: []model.Volume{{Name: "a$(id)`id`'b", Storage: "sd"}}}}
	if says := Scanning(p); !strings.HasPrefix(says, "bscan -s -m -v -V 'a$(id)`id`'\\''b' DEVICE on") {
		t.Error(says)
	}
}
