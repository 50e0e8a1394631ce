package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// TestWavesPartNoChain: every cell is in one batch, chains whole, tiers apart and the last first, and no batch could take the chain that
// follows it.
func TestWavesPartNoChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ps []model.Placement
		for i := range rapid.IntRange(1, 30).Draw(t, "chains") {
			for r := range rapid.IntRange(1, 3).Draw(t, "regions") {
				ps = append(ps, model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("c%02d", i), Region: fmt.Sprintf("r%d", r)}, Client: "x",
					Tier: rapid.IntRange(1, 4).Draw(t, "tier")})
			}
		}
		inv := must(model.NewInventory(ps))
		q := Waves{Cells: rapid.Permutation(allOf(inv)).Draw(t, "cells"), To: routes.Both, Most: rapid.IntRange(1, 9).Draw(t, "most")}
		tier := map[string]int{}
		for _, p := range ps {
			if was, is := tier[p.Cell.Chain]; !is || p.Tier < was {
				tier[p.Cell.Chain] = p.Tier
			}
		}
		of, size := map[string]int{}, map[string]int{}
		var all []model.Cell
		batches := q.parted(inv)
		for n, cells := range batches {
			chains := map[string]bool{}
			for _, c := range cells {
				if was, is := of[c.Chain]; is && was != n {
					t.Fatalf("%s is in batch %d and %d", c.Chain, was, n)
				}
				of[c.Chain], chains[c.Chain] = n, true
				size[c.Chain]++
				if tier[c.Chain] != tier[cells[0].Chain] {
					t.Fatalf("batch %d has two tiers", n)
				}
			}
			all = append(all, cells...)
			switch {
			case len(cells) > q.Most && len(chains) > 1:
				t.Fatalf("batch %d has %d cells of %d chains", n, len(cells), len(chains))
			case !slices.IsSortedFunc(cells, model.Cell.Compare):
				t.Fatalf("batch %d is not in order", n)
			}
		}
		for n := 1; n < len(batches); n++ {
			before, next := batches[n-1], batches[n][0].Chain
			switch was, is := tier[before[0].Chain], tier[next]; {
			case is > was:
				t.Fatalf("tier %d comes after tier %d", is, was)
			case is == was && len(before)+size[next] <= q.Most:
				t.Fatalf("batch %d has room for %s", n-1, next)
			}
		}
		if slices.SortFunc(all, model.Cell.Compare); !slices.Equal(all, allOf(inv)) {
			t.Fatalf("%d cells of %d", len(all), len(inv.Cells))
		}
	})
}

// waved is a world in whose journal the waves of an overlap have begun, and that programme.
func waved(t *testing.T, most int) (World, *record.Programme) {
	t.Helper()
	inv := wideInventory(4)
	w := wideWorld(inv, routesFor(inv, always, never))
	asks, err := Waves{Cells: allOf(inv), To: routes.Both, Most: most}.Batches(w)
	if err != nil {
		t.Fatal(err)
	}
	g := &record.Programme{ID: "g", Seq: 2, Says: "waves", By: "ann", At: t0.Add(-time.Hour), Soak: 24 * time.Hour, Failures: 1}
	for _, a := range asks {
		raw := must(json.Marshal(a))
		g.Asks, g.Batches = append(g.Asks, raw), append(g.Batches, must(askSays(raw)))
	}
	w.State.Programmes = []*record.Programme{g}
	return w, g
}

// TestABatchOfAShift is the plan of one: whole, with cells left out, and when somebody has shifted its cells already.
func TestABatchOfAShift(t *testing.T) {
	w, g := waved(t, 8)
	if len(g.Asks) != 2 || g.Batches[0] != "shift 8 cells to both" {
		t.Fatalf("%q", g.Batches)
	}
	ask, _ := NextBatch(w.State, g)
	p := must(ask.Plan(w, "p1"))
	if b := p.Blocked(); b != nil || p.Guard(guardBatch).Verdict != model.Holds || p.Ask.Batch == nil {
		t.Fatalf("%+v", b)
	}
	less := ask
	less.Shift = &Shift{Cells: ask.Shift.Cells[1:], To: ask.Shift.To}
	if p := must(less.Plan(w, "p2")); p.Blocked() != nil || len(p.Ask.Shift.Cells) != 7 {
		t.Errorf("with a cell left out: %+v", p.Blocked())
	}
	other := ask
	other.Shift = &Shift{Cells: allOf(w.Names.Inventory())[7:9], To: ask.Shift.To}
	if p := must(other.Plan(w, "p3")); p.Blocked() == nil || p.Blocked().ID != guardBatch ||
		p.Blocked().Do != ":batch 2 opens the plan that it asks for" {
		t.Errorf("of another batch: %+v", p.Blocked())
	}
	// Somebody shifts them all.
	inv := w.Names.Inventory()
	there := wideWorld(inv, routesFor(inv, always, always))
	there.State.Programmes = w.State.Programmes
	p = must(ask.Plan(there, "p4"))
	if b := p.Blocked(); b != nil || len(p.Steps) != 4 || slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Order.Effective == nil }) {
		t.Errorf("of cells that are there: %+v, %+v", b, p.Steps)
	}
	if again := must(p.Renew(there)); again.Facts != p.Facts {
		t.Error("it does not hold")
	}
	ask.Batch = nil
	if _, err := ask.Plan(there, "p5"); !errors.Is(err, model.ErrRoutes) {
		t.Errorf("of nobody's batch: %v", err)
	}
}

// TestWavesThatCannotBe are refused before they begin, by cause.
func TestWavesThatCannotBe(t *testing.T) {
	inv := wideInventory(4)
	w := wideWorld(inv, routesFor(inv, always, never))
	for says, q := range map[string]Waves{
		"a batch of 0 cells":                {Cells: allOf(inv), To: routes.Both},
		"name cells":                        {To: routes.Both, Most: 1},
		"planning batch 1":                  {Cells: allOf(inv), To: routes.Green, Most: 4},
		"it is not in the inventory":        {Cells: []model.Cell{{Chain: "x", Region: "region1"}}, To: routes.Both, Most: 4},
		"so that green is two notches away": {Cells: allOf(inv)[:1], To: routes.Green, Most: 4},
	} {
		if _, err := q.Batches(w); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
	kinds := Waves{Cells: allOf(inv)[:1], To: routes.Both, Most: 4}
	if _, err := kinds.Batches(plainly(w)); err != nil { // green takes nothing else yet
		t.Error(err)
	}
	kinds.Cells = slices.DeleteFunc(allOf(inv), func(c model.Cell) bool { return c.Chain != "orders-eu-00001" && c.Kind == model.Immutable })
	if _, err := kinds.Batches(plainly(w)); !errors.Is(err, model.ErrRoutes) || !strings.Contains(err.Error(), "planning batch 2") {
		t.Errorf("what a plain document cannot say in between: %v", err)
	}
}

func TestWhenAProgrammeEnds(t *testing.T) {
	_, g := waved(t, 4)
	for name, c := range map[string]struct {
		course record.Course
		want   time.Time
	}{
		"due since an hour":  {record.Course{Due: t0.Add(-time.Hour)}, t0.Add(72 * time.Hour)},
		"the last one soaks": {record.Course{Done: 3, Due: t0.Add(5 * time.Hour)}, t0.Add(5 * time.Hour)},
		"it stands":          {record.Course{Halt: "why"}, time.Time{}},
		"it is over":         {record.Course{Done: 4, Over: true}, time.Time{}},
	} {
		if got := Ends(g, c.course, t0); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
