package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// drawInventory is one of some chains, of which each has some regions and kinds.
func drawInventory(t *rapid.T, chains int) *model.Inventory {
	daily := must(model.ParseSchedule("daily at 02:00"))
	var ps []model.Placement
	for i := range chains {
		for region := range 2 {
			for _, k := range model.Kinds {
				if i > 0 && rapid.IntRange(0, 4).Draw(t, "absent") == 0 {
					continue
				}
				ps = append(ps, model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("c%03d", i), Region: fmt.Sprintf("region%d", region+1), Kind: k},
					Client: "fd", Schedule: daily})
			}
		}
	}
	return must(model.NewInventory(ps))
}

// drawRoutes is a document with rules for all chains and for some, with and without gaps.
func drawRoutes(t *rapid.T, inv *model.Inventory) *routes.Document {
	text := map[string]map[string][]map[string]any{"bacula-blue": {}, "bacula-green": {}}
	for _, cluster := range []string{"bacula-blue", "bacula-green"} {
		for _, region := range inv.Regions {
			for range rapid.IntRange(1, 2).Draw(t, "rules") {
				rule := map[string]any{
					"take_regular_backups":   rapid.Bool().Draw(t, "regular"),
					"take_immutable_backups": rapid.Bool().Draw(t, "immutable"),
				}
				form := rapid.SampledFrom([]string{"", "chains", "except_chains"}).Draw(t, "form")
				if form != "" {
					var names []string
					for i := range inv.Cells {
						if c := inv.Cells[i].Cell.Chain; !slices.Contains(names, c) && rapid.Bool().Draw(t, "named") {
							names = append(names, c)
						}
					}
					if rule[form] = names; names == nil {
						rule[form] = []string{}
					}
				}
				text[cluster][region] = append(text[cluster][region], rule)
			}
		}
	}
	return must(routes.Parse("drawn", must(json.Marshal(text)), routes.Options{Extensions: true}))
}

// loaded is what the Directors have while a plan's steps are done one after the other.
type loaded map[string]map[model.Cell]bool

func loadedOf(doc *routes.Document, inv *model.Inventory) loaded {
	l := loaded{}
	for _, c := range model.Clusters {
		for _, name := range []string{"dir-" + c.String(), "dir-" + c.String() + "-2"} {
			l.push(name, c, doc, inv)
		}
	}
	return l
}

func (l loaded) push(name string, c model.Cluster, doc *routes.Document, inv *model.Inventory) {
	l[name] = map[model.Cell]bool{}
	for i := range inv.Cells {
		if cell := inv.Cells[i].Cell; doc.Route(cell)[c] == model.Holds {
			l[name][cell] = true
		}
	}
}

// starts are the cells that somebody starts: whichever Director of a cluster is the one that works.
func (l loaded) starts(blue, green string) map[model.Cell]bool {
	out := maps.Clone(l[blue])
	maps.Copy(out, l[green])
	return out
}

// TestNoShiftHasAGapAtAnyMoment carries out plans of random shifts over random routes and inventories, step by step, with chains added and
// passive Directors taking over at any moment: who had somebody that started it before, has somebody at every prefix.
func TestNoShiftHasAGapAtAnyMoment(t *testing.T) {
	shifted := 0
	rapid.Check(t, func(t *rapid.T) {
		chains := rapid.IntRange(1, 8).Draw(t, "chains")
		inv := drawInventory(t, chains)
		doc := drawRoutes(t, inv)
		to := rapid.SampledFrom([]model.Route{routes.Blue, routes.Both, routes.Green}).Draw(t, "to")
		from := rapid.SampledFrom([]string{"blue", "both", "green", "none"}).Draw(t, "from")
		var cells []model.Cell
		for i := range inv.Cells {
			if c := inv.Cells[i].Cell; doc.Route(c).String() == from && rapid.IntRange(0, 3).Draw(t, "moves") > 0 {
				cells = append(cells, c)
			}
		}
		w := wideWorld(inv, doc)
		p, err := shiftOf(to, cells...).Plan(w, "p1")
		if err != nil {
			return // two notches, nothing, or what is no shift: TestWhatIsNoShift
		}
		shifted++
		before := loadedOf(doc, inv)
		now, counts := loadedOf(doc, inv), doc
		moment := func(at string) {
			for _, blue := range []string{"dir-blue", "dir-blue-2"} {
				for _, green := range []string{"dir-green", "dir-green-2"} {
					is := now.starts(blue, green)
					for c := range before.starts("dir-blue", "dir-green") {
						if !is[c] {
							t.Fatalf("%s: nobody starts %s while %s and %s work", at, c, blue, green)
						}
					}
				}
			}
			for i := range inv.Cells {
				if c := inv.Cells[i].Cell; counts.Route(c).Gap() && !doc.Route(c).Gap() {
					t.Fatalf("%s: the routes leave out %s", at, c)
				}
			}
		}
		bigger := drawInventory(t, chains+2) // chains are added while it goes on
		for i := range p.Steps {
			name := p.Steps[i].Name
			switch o := &p.Steps[i].Order; {
			case o.Publish != nil:
				counts = must(o.Publish.Apply(counts, inv, true))
			case o.Push != nil && p.Steps[i].Spares && rapid.Bool().Draw(t, "passive fails"):
			case o.Push != nil:
				now.push(o.Push.Director, o.Push.Cluster, counts, inv)
			}
			moment(name)
		}
		for i := range inv.Cells {
			c := inv.Cells[i].Cell
			want := doc.Route(c)
			if slices.Contains(cells, c) {
				want = to
			}
			if counts.Route(c) != want {
				t.Fatalf("%s is %s in the end, want %s", c, counts.Route(c), want)
			}
		}
		for i := range bigger.Cells { // tomorrow's chains keep their fate
			if c := bigger.Cells[i].Cell; c.Chain >= fmt.Sprintf("c%03d", chains) && counts.Route(c) != doc.Route(c) {
				t.Fatalf("%s is added tomorrow, and is %s instead of %s", c, counts.Route(c), doc.Route(c))
			}
		}
		returns(t, w, inv, counts, doc, p)
	})
	t.Logf("%d shifts", shifted)
	if shifted < 10 {
		t.Errorf("only %d shifts were drawn", shifted)
	}
}

// TestNoShiftOfManyCellsHasAGap is the same of 12,000 cells and more, whose shifts are drawn from a fixed seed.
func TestNoShiftOfManyCellsHasAGap(t *testing.T) {
	const chains = 3000
	dice := rand.New(rand.NewPCG(1, 2))
	inv, bigger := wideInventory(chains), wideInventory(chains+5)
	everything := allOf(inv)
	doc := routesFor(inv, always, func(model.Cell) bool { return dice.IntN(3) == 0 })
	if len(everything) < 10_000 {
		t.Fatalf("only %d cells", len(everything))
	}
	for n := range 6 {
		by := map[model.Route][]model.Cell{}
		for _, c := range everything {
			by[doc.Route(c)] = append(by[doc.Route(c)], c)
		}
		way := [][2]model.Route{{routes.Blue, routes.Both}, {routes.Both, routes.Green}, {routes.Green, routes.Both}}[n%3]
		var cells []model.Cell
		for _, c := range by[way[0]] {
			if dice.IntN(3) > 0 {
				cells = append(cells, c)
			}
		}
		p := must(shiftOf(way[1], cells...).Plan(wideWorld(inv, doc), "p1"))
		counts, now := doc, [2]*routes.Document{doc, doc} // what each cluster has, its Directors one after the other
		for i := range p.Steps {
			switch o := &p.Steps[i].Order; {
			case o.Publish != nil:
				counts = must(o.Publish.Apply(counts, inv, true))
			case o.Push != nil:
				now[o.Push.Cluster] = counts
			}
			blue, green, said := now[model.Blue].Walk(), now[model.Green].Walk(), counts.Walk()
			for _, c := range everything {
				if blue(c)[model.Blue] != model.Holds && green(c)[model.Green] != model.Holds || said(c).Gap() {
					t.Fatalf("shift %d, %s: nobody starts %s", n, p.Steps[i].Name, c)
				}
			}
		}
		moved := map[model.Cell]bool{}
		for _, c := range cells {
			moved[c] = true
		}
		before, after := doc.Walk(), counts.Walk()
		for _, c := range allOf(bigger) { // tomorrow's chains among them
			want := before(c)
			if moved[c] {
				want = way[1]
			}
			if is := after(c); is != want {
				t.Fatalf("shift %d: %s is %s, want %s", n, c, is, want)
			}
		}
		w := wideWorld(inv, counts)
		w.State.RoutesSeq = 2
		back := must(shiftOf(way[0], cells...).Plan(w, "p2"))
		for i := range back.Steps {
			if b := back.Steps[i].Order.Publish; b != nil {
				if again := must(b.Apply(counts, inv, true)); !again.Equal(doc) {
					t.Fatalf("shift %d: there and back the routes are others", n)
				}
			}
		}
		doc = counts
	}
}

// returns shifts the same cells back: the routes of all cells, and of those that may be added, are what they were.
func returns(t *rapid.T, w World, inv *model.Inventory, now, was *routes.Document, p *Plan) {
	cells := p.Ask.Shift.Cells
	from := was.Route(cells[0])
	if from.Gap() { // nobody is left without a backup, also on the way back
		return
	}
	w2 := wideWorld(inv, now)
	w2.State.RoutesSeq = 2
	back, err := shiftOf(from, cells...).Plan(w2, "p2")
	if err != nil {
		t.Fatalf("back: %v", err)
	}
	for i := range back.Steps {
		if b := back.Steps[i].Order.Publish; b != nil {
			if again := must(b.Apply(now, inv, true)); !again.Equal(was) {
				t.Fatalf("there and back the routes are others:\n%s\n%s", was.Text(), again.Text())
			}
		}
	}
}

// TestAShiftIsReadAsItWasWritten of random cells.
func TestAShiftIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.Custom(func(t *rapid.T) model.Cell {
			name := rapid.SampledFrom([]string{"a", "b1", "b2", "b3", "x/y", "p%2F", "long-chain-name-001", "long-chain-name-002", "c,d", "~", "^1"})
			return model.Cell{Chain: name.Draw(t, "chain"), Region: name.Draw(t, "region"), Kind: rapid.SampledFrom(model.Kinds[:]).Draw(t, "kind")}
		})
		cells := rapid.SliceOfNDistinct(cell, 1, 30, rapid.ID).Draw(t, "cells")
		s := Shift{cells, rapid.SampledFrom([]model.Route{routes.Blue, routes.Both, routes.Green}).Draw(t, "to")}
		var again Shift
		if err := json.Unmarshal(must(json.Marshal(s)), &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Shift{inOrder(cells), s.To}, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestWhichCellsAreMeant(t *testing.T) {
	inv := wideInventory(4)
	first := func(c model.Cell) bool { return c.Chain == "orders-eu-00001" }
	last := func(c model.Cell) bool { return c.Chain == "orders-eu-00004" }
	w := wideWorld(inv, routesFor(inv, func(c model.Cell) bool { return !last(c) }, func(c model.Cell) bool { return first(c) || last(c) }))
	for name, c := range map[string]struct {
		q    Select
		to   model.Route
		n    int
		left string
		err  string
	}{
		"one cell": {Select{Chains: []string{"orders-eu-00002"}, Regions: []string{"region1"}, Kinds: []string{"immutable"}},
			routes.Both, 1, "", ""},
		"two chains":         {Select{Chains: []string{"orders-eu-00002", "orders-eu-00003"}}, routes.Both, 8, "", ""},
		"one of them moves":  {Select{Chains: []string{"orders-eu-00001", "orders-eu-00003"}}, routes.Green, 4, "4 of blue", ""},
		"the way back":       {Select{All: true}, routes.Both, 4, "8 of blue", ""},
		"all that is blue's": {Select{All: true, From: "blue"}, routes.Both, 8, "4 of green", ""},
		"by filter":          {Select{Filter: "chain:*-0000[23] kind:regular"}, routes.Both, 4, "", ""},
		"by route":           {Select{Filter: "route:both 00001 region2"}, routes.Blue, 2, "", ""},
		"by tier":            {Select{Filter: "tier:0 route:blue"}, routes.Both, 8, "", ""},
		"both ways":          {Select{Filter: "orders"}, routes.Both, 0, "", "say which (--from green)"},
		"nothing said":       {Select{}, routes.Both, 0, "", "say which cells"},
		"there already":      {Select{Chains: []string{"orders-eu-00001"}}, routes.Both, 0, "", "takes all 4 of these cells already"},
		"two notches":        {Select{Chains: []string{"orders-eu-00002"}}, routes.Green, 0, "", "none of these cells is one notch from green"},
		"an unknown chain":   {Select{Chains: []string{"orders"}}, routes.Green, 0, "", "the inventory has no chain orders"},
		"an unknown region": {Select{Regions: []string{"mars"}}, routes.Green, 0, "",
			"the inventory has no region mars; it has region1, region2"},
		"an unknown kind":     {Select{Kinds: []string{"odd"}}, routes.Green, 0, "", "want regular or immutable"},
		"an unknown word":     {Select{Filter: "cell:1"}, routes.Green, 0, "", "write chain:, region:"},
		"a broken pattern":    {Select{Filter: "chain:["}, routes.Green, 0, "", "is no pattern"},
		"a tier of no number": {Select{Filter: "tier:x"}, routes.Green, 0, "", "a tier is a number"},
	} {
		cells, left, err := c.q.Cells(w, c.to)
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v", name, err)
		case c.err == "" && (err != nil || len(cells) != c.n || strings.Join(left, ", ") != c.left):
			t.Errorf("%s: %d cells, left %q, %v", name, len(cells), left, err)
		}
	}
}

// TestLaterChains is the decision that comes before a shift of some of all chains in a plain document.
func TestLaterChains(t *testing.T) {
	inv := wideInventory(3)
	w := plainly(wideWorld(inv, allOfBoth()))
	one := allOf(inv)[:2]
	if _, err := shiftOf(routes.Green, one...).Plan(w, "p1"); err == nil || !strings.Contains(err.Error(), "--later region1 --to green") {
		t.Fatalf("nobody says what to decide first: %v", err)
	}
	ask := Ask{Later: &Later{"region1", routes.Green}}
	p := must(ask.Plan(w, "p1"))
	if p.Blocked() != nil || p.Confirm != "later region1 to green" || len(p.Steps) != 1 || p.Touches.Only() != TouchRoutes {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff(p, must(Decode(must(json.Marshal(p)))), cmp.Comparer(record.Touches.Equal)); diff != "" {
		t.Errorf("written and read: %s", diff)
	}
	next := must(p.Steps[0].Order.Publish.Apply(must(RoutesOf(w.State)), inv, false))
	w.State = &record.State{Environment: "prod", RoutesSeq: 2, Routes: must(json.Marshal(next))}
	if next.Later("region1", model.Regular) != routes.Green || len(next.Cover(inv).Cells(routes.Both)) != 12 {
		t.Errorf("%s", next.Text())
	}
	if _, err := shiftOf(routes.Green, one...).Plan(w, "p2"); err != nil {
		t.Errorf("then it can be shifted: %v", err)
	}
	for _, bad := range []Later{{"region1", routes.Green}, {"mars", routes.Blue}, {"region1", routes.None}} {
		if p, err := (Ask{Later: &bad}).Plan(w, "p3"); err == nil {
			t.Errorf("%+v makes %+v", bad, p)
		}
	}
}
