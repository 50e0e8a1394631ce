package plan

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// journalAndClock are the guards that no source is asked for.
var journalAndClock = map[string]bool{GuardFree: true, guardFreeze: true, GuardRoutes: true, guardBatch: true, guardKnown: true,
	"split-unused": true, "split-frozen": true, "split-places": true, "split-archived": true,
	"split-verified": true, "split-silent": true, "split-locked": true, "split-renamed": true, "split-topmost": true, "size-allowed": true,
	"shift-possible": true, "no-gap": true, "adopt-no-gap": true,
	"recover-bundle": true, "recover-lost": true, "recover-scratch": true, guardFirst: true}

func TestEveryGuardNamesItsSources(t *testing.T) {
	for id, g := range guards {
		if got := g.needs == nil; got != journalAndClock[id] {
			t.Errorf("guard %s names no sources: %v", id, got)
		}
	}
}

func TestABackupNeedsNothingOfThePairOnBlue(t *testing.T) {
	for _, c := range model.Clusters {
		p := &Plan{Ask: Ask{Backup: &Backup{Cluster: c}}}
		for id := range guards {
			if _, ofPair := failoverGuards[id]; ofPair || strings.HasPrefix(id, "split-") || id == "rds-healthy" || id == "dr-ready" ||
				id == "recover-alone" { // they are of settlings, or of a recovery
				continue
			}
			p.Guards = append(p.Guards, model.Check{ID: id})
		}
		n := p.Needs()
		for _, s := range n.Must {
			if s.OfPair() {
				t.Errorf("a backup on %s waits for %s", c, s)
			}
		}
		if got := slices.ContainsFunc(n.May, model.Source.OfPair); got != (c == model.Green) {
			t.Errorf("a backup on %s may hear of %v", c, n.May)
		}
		if passive := model.DirectorOf(c, model.AnyPassive); !slices.Contains(n.May, passive) || slices.Contains(n.Must, passive) {
			t.Errorf("a backup on %s hears %v and may hear %v: a passive Director that runs jobs contradicts the active one", c, n.Must, n.May)
		}
	}
}

// TestAPlanIsMadeFromTheOtherClusterToo: that its cell runs there only cautions, and is heard where it can be.
func TestAPlanIsMadeFromTheOtherClusterToo(t *testing.T) {
	for _, c := range model.Clusters {
		w := calm()
		for i := range w.Snapshot.Seen {
			if w.Snapshot.Seen[i].Source.Of(1 - c) {
				w.Snapshot.Seen[i] = board.Sighting{Source: w.Snapshot.Seen[i].Source} // not heard yet
			}
		}
		p, err := Ask{Backup: &Backup{Cluster: c, Cell: w.Snapshot.Cells[0].Cell}}.Plan(w, "0123456789abcdef0123456789abcdef")
		if err != nil {
			t.Fatal(err)
		}
		n := p.Hears()
		for _, s := range []model.Source{model.DirectorOf(c, ""), model.CatalogOf(c)} {
			if !slices.Contains(n.Must, s) {
				t.Errorf("a plan for %s is made without %v", c, s)
			}
		}
		for _, s := range []model.Source{model.DirectorOf(1-c, ""), model.CatalogOf(1 - c)} {
			if !slices.Contains(n.May, s) || slices.Contains(n.Must, s) {
				t.Errorf("a plan for %s does not listen to %v, or waits for it: %v", c, s, n)
			}
		}
		if slices.ContainsFunc(append(n.Must, n.May...), model.Source.OfPair) {
			t.Errorf("a plan for %s waits for AWS: %v", c, n)
		}
	}
}

func TestWhatOnlyCautionedAndWasUnknownIsNotAsked(t *testing.T) {
	p := &Plan{Ask: Ask{Backup: &Backup{Cluster: model.Blue}}, Made: t0}
	for _, bar := range []model.Bar{model.Caution, model.Override, model.Block} {
		p.Guards = []model.Check{{ID: "other-idle", Bar: bar}}
		if asked := len(p.Needs().Must) > 0; asked != (bar != model.Caution) {
			t.Errorf("%v: asked %v", bar, asked)
		}
	}
}

// TestAnEmergencyHearsThePrimaryOut: what acts waits shortly for a primary that is gone; whether it is gone nobody plans before it was
// asked.
func TestAnEmergencyHearsThePrimaryOut(t *testing.T) {
	p := &Plan{Guards: []model.Check{{ID: "pair-outage", Bar: model.Override}}}
	for _, s := range sourcesOf("primary")[:2] {
		if hears, needs := p.Hears(), p.Needs(); !slices.Contains(hears.Must, s) || slices.Contains(needs.Must, s) ||
			!slices.Contains(needs.May, s) {
			t.Errorf("%v: the plan hears %v, and its guard needs %v", s, hears, needs)
		}
	}
}

// TestADirectorsSilenceIsHeardOut: which of two Directors schedules is not planned before both were asked; what acts waits shortly for
// either.
func TestADirectorsSilenceIsHeardOut(t *testing.T) {
	for _, c := range model.Clusters {
		p := &Plan{
			Ask:    Ask{FailDirector: &FailDirector{Cluster: c, To: "dir2"}},
			Guards: []model.Check{{ID: "heir-schedules-not", Bar: model.Override}},
		}
		for _, s := range []model.Source{model.DirectorOf(c, ""), model.DirectorOf(c, model.AnyPassive)} {
			if hears, needs := p.Hears(), p.Needs(); !slices.Contains(hears.Must, s) || slices.Contains(needs.Must, s) {
				t.Errorf("%v: the plan hears %v, and its guard needs %v", s, hears, needs)
			}
		}
	}
}

// TestWhatAsksForThePairWaitsForIt: what AWS and both servers say, and how they are set; the way back asks for none of it.
func TestWhatAsksForThePairWaitsForIt(t *testing.T) {
	inv := wideInventory(2)
	w := wideWorld(inv, routesFor(inv, always, always))
	settle := must(shiftOf(routes.Green, allOf(inv)...).Plan(w, "p1")).Needs()
	for _, name := range []string{"primary", "replica"} {
		for _, k := range []model.SourceKind{model.SourceInstance, model.SourceServer, model.SourceSettings} {
			if !slices.Contains(settle.Must, model.Source{Kind: k, Name: name}) {
				t.Errorf("settling does not wait for %v", model.Source{Kind: k, Name: name})
			}
		}
	}
	w = wideWorld(inv, routesFor(inv, never, always))
	for _, s := range must(shiftOf(routes.Both, allOf(inv)...).Plan(w, "p2")).Needs().Must {
		if s.Kind != model.SourceDirector && s.Kind != model.SourceCatalog || s.Cluster != model.Blue {
			t.Errorf("the way back waits for %v", s)
		}
	}
}

// TestWhatATakeoverStoppedIsNotWaitedFor: a promotion is judged by the pair alone, and the Directors that its plan has stopped by then
// answer nobody; those that it has started again do.
func TestWhatATakeoverStoppedIsNotWaitedFor(t *testing.T) {
	w := pairWorld(false)
	w.view(model.Green).Directors = append(w.view(model.Green).Directors, model.Director{Name: "dir-green2", At: w.Now})
	p, err := toEmergency.Plan(w, "0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	step := func(is func(*Order) bool) int {
		i := slices.IndexFunc(p.Steps, func(s Step) bool { return is(&s.Order) })
		if i < 0 {
			t.Fatal("the plan has no such step")
		}
		return i
	}
	promote := step(func(o *Order) bool { return o.Promote != nil })
	stop := step(func(o *Order) bool { s := cmp.Or(o.Service, o.ServiceByHand); return s != nil && s.Do == Stop })
	start := step(func(o *Order) bool { s := cmp.Or(o.Service, o.ServiceByHand); return s != nil && s.Do == Start })
	passive := model.DirectorOf(model.Green, onDirector(&p.Steps[stop].Order))
	active := model.DirectorOf(model.Green, onDirector(&p.Steps[start].Order))
	for name, c := range map[string]struct {
		a       record.Action
		guards  []string
		stopped []model.Source
		asks    bool // green's Director and catalog
	}{
		"not begun":           {record.Action{}, p.Steps[stop-1].Guards, nil, true},
		"nothing is stopped":  {record.Action{Done: stop}, p.Steps[stop-1].Guards, nil, true},
		"the passive one is":  {record.Action{Done: stop + 1}, p.Steps[stop-1].Guards, []model.Source{passive}, true},
		"it could not be":     {record.Action{Done: stop + 1, Spared: []record.Spared{{Step: stop + 1}}}, p.Steps[stop-1].Guards, nil, true},
		"before it promotes":  {record.Action{Done: promote}, p.Steps[promote].Guards, []model.Source{passive, active}, false},
		"one is back":         {record.Action{Done: start + 1}, p.Steps[promote].Guards, []model.Source{passive}, false},
		"it goes back":        {record.Action{Done: promote, Back: &record.ActionBy{}}, p.Steps[promote].Guards, nil, false},
		"a step asks nothing": {record.Action{Done: promote}, nil, nil, false},
	} {
		n := p.NeedsNow(&c.a, c.guards)
		asks := slices.Contains(n.Must, model.DirectorOf(model.Green, "")) && slices.Contains(n.Must, model.CatalogOf(model.Green))
		if !slices.Equal(n.Stopped, c.stopped) || asks != c.asks {
			t.Errorf("%s: it asks %v, has stopped %v, want %v", name, n.Must, n.Stopped, c.stopped)
		}
		if pair := slices.Contains(n.Must, sourcesOf("replica")[0]) && slices.Contains(n.May,
			sourcesOf("primary")[0]); pair != (c.guards != nil) {
			t.Errorf("%s: it asks %v and listens to %v", name, n.Must, n.May)
		}
	}
}
