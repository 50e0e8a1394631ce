package routes

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
)

// movable are the cells that one notch takes to a route.
func movable(d *Document, cells []model.Cell, to model.Route) (out []model.Cell) {
	for _, c := range cells {
		from := d.Route(c)
		if from == to || from == Both || to == Both && from != None || to != Both && from == None {
			out = append(out, c)
		}
	}
	return out
}

// pushing are the routes that a cell has while the Directors are pushed one after the other, in whatever order: each cluster has the
// document from before or the one from after.
func pushing(before, after model.Route) []model.Route {
	return []model.Route{before, {before[model.Blue], after[model.Green]}, {after[model.Blue], before[model.Green]}, after}
}

// holds looks at everything that no shift may break.
func holds(t *rapid.T, d *Document, inv *model.Inventory, s *Shifted, selected []model.Cell, to model.Route, all []model.Cell) {
	moved := map[model.Cell]model.Route{}
	for from, cells := range s.Moved {
		for _, c := range cells {
			moved[c] = from
		}
	}
	for _, c := range all {
		before, after := d.Route(c), s.Document.Route(c)
		from, moves := moved[c]
		switch {
		case moves && (before != from || after != to || !slices.Contains(selected, c)):
			t.Fatalf("%s moved from %s to %s, it is said from %s to %s", c, before, after, from, to)
		case !moves && before != after: // among them every chain that no inventory knows yet
			t.Fatalf("%s was %s and is %s, and was not selected", c, before, after)
		case before != None && slices.Contains(pushing(before, after), None):
			t.Fatalf("%s has a gap on the way from %s to %s", c, before, after)
		}
		if d.Later(c.Region, c.Kind) != s.Document.Later(c.Region, c.Kind) {
			t.Fatalf("%s %s: chains added later change hands", c.Region, c.Kind)
		}
	}
	for _, ch := range Diff(d, s.Document, inv) {
		if ch.GainsLater != [2]bool{} || ch.LosesLater != [2]bool{} || ch.Unknown[0] != nil || ch.Unknown[1] != nil {
			t.Fatalf("more than the cells of the inventory changes: %+v", ch)
		}
	}
	back := s.Document
	for from, cells := range s.Moved {
		if from == None {
			continue // giving a cell to nobody is no shift
		}
		b, err := back.Shift(inv, cells, from, true)
		if err != nil || len(b.Moved[to]) != len(cells) || len(b.There) != 0 {
			t.Fatalf("back to %s: %v, %+v", from, err, b)
		}
		back = b.Document
	}
	if len(s.Moved[None]) == 0 && !back.Equal(d) {
		t.Fatalf("shifted and shifted back it is\n%s\nand was\n%s", back.Text(), d.Text())
	}
}

var notches = []model.Route{Blue, Both, Green}

func TestAShiftBreaksNothing(t *testing.T) {
	all := everyCell()
	rapid.Check(t, func(t *rapid.T) {
		d, inv := drawDocument(t, true), drawInventory(t)
		to := rapid.SampledFrom(notches).Draw(t, "to")
		cells := movable(d, cellsOf(inv), to)
		if len(cells) == 0 {
			t.Skip("nothing can move there")
		}
		cells = rapid.SliceOfNDistinct(rapid.SampledFrom(cells), 1, -1, rapid.ID).Draw(t, "selected")
		s, err := d.Shift(inv, append(cells, cells[0]), to, true)
		if err != nil {
			t.Fatal(err)
		}
		n := len(s.There)
		for _, cells := range s.Moved {
			n += len(cells)
		}
		if n != len(cells) {
			t.Fatalf("%d cells were selected, %d are told of", len(cells), n)
		}
		holds(t, d, inv, s, cells, to, all)
		more := inventoryOf(append(cellsOf(inv), model.Cell{Chain: neverNamed, Region: "region1"})...) // added meanwhile
		again, err := d.Shift(more, cells, to, true)
		if err != nil || !again.Document.Equal(s.Document) {
			t.Fatalf("a chain that was added changes the shift: %v", err)
		}
	})
}

// TestAShiftIsPlainOrRefused: without extensions the document is what it is with them, or names the cells without which it can be said.
func TestAShiftIsPlainOrRefused(t *testing.T) {
	refusals := 0
	rapid.Check(t, func(t *rapid.T) {
		d, inv := drawDocument(t, false), drawInventory(t)
		to := rapid.SampledFrom(notches).Draw(t, "to")
		cells := movable(d, cellsOf(inv), to)
		if len(cells) == 0 {
			t.Skip("nothing can move there")
		}
		cells = rapid.SliceOfNDistinct(rapid.SampledFrom(cells), 1, -1, rapid.ID).Draw(t, "selected")
		extended, err := d.Shift(inv, cells, to, true)
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Shift(inv, cells, to, false)
		if (err == nil) != (len(extended.Document.Extended()) == 0) {
			t.Fatalf("without extensions: %v; with: %v", err, extended.Document.Extended())
		}
		if err == nil {
			if !s.Document.Equal(extended.Document) {
				t.Fatalf("%s\nand with extensions\n%s", s.Document.Text(), extended.Document.Text())
			}
			return
		}
		refusals++
		refused := (*Refusal)(nil)
		if !errors.As(err, &refused) || !errors.Is(err, model.ErrRoutes) {
			t.Fatal(err)
		}
		left := slices.Clone(cells)
		for _, cause := range refused.Causes {
			for _, c := range cause.Cells {
				i := slices.Index(left, c)
				if i < 0 {
					t.Fatalf("%s was not selected, or is refused twice: %v", c, err)
				}
				left = slices.Delete(left, i, i+1)
			}
		}
		if s, err := d.Shift(inv, left, to, false); err != nil || len(s.Document.Extended()) > 0 {
			t.Fatalf("without what was refused: %v", err)
		}
	})
	if refusals == 0 {
		t.Error("no shift was refused: this test looks at nothing")
	}
}

func TestManyCellsAreShifted(t *testing.T) {
	inv := manyCells(2500)
	all := cellsOf(inv)
	for _, region := range inv.Regions {
		for _, k := range model.Kinds {
			all = append(all, model.Cell{Chain: neverNamed, Region: region, Kind: k})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := &Document{}
		for _, c := range model.Clusters { // by chance: all, some by name, all but some
			d.takes[c] = map[string]region{}
			for _, name := range inv.Regions {
				var r region
				for _, k := range model.Kinds {
					r[k] = chains{later: rapid.Bool().Draw(t, "later"), names: sampled(t, inv, "names")}
				}
				d.takes[c][name] = r
			}
		}
		to := rapid.SampledFrom(notches).Draw(t, "to")
		cells := movable(d, cellsOf(inv), to)
		step := rapid.IntRange(1, 5).Draw(t, "step")
		var selected []model.Cell
		for i := 0; i < len(cells); i += step {
			selected = append(selected, cells[i])
		}
		s, err := d.Shift(inv, selected, to, true)
		if err != nil {
			t.Fatal(err)
		}
		if step == 1 {
			selected = cells
		}
		holdsFast(t, d, inv, s, selected, to, all)
		again, err := Parse("again", []byte(s.Document.Text()), Options{Inventory: inv, Extensions: true})
		if err != nil || !again.Equal(s.Document) {
			t.Fatalf("it is not read again as it was written: %v", err)
		}
	})
}

// holdsFast is holds for so many cells that looking for each in the selection would take minutes.
func holdsFast(t *rapid.T, d *Document, inv *model.Inventory, s *Shifted, selected []model.Cell, to model.Route, all []model.Cell) {
	of := map[model.Cell]bool{}
	for _, c := range selected {
		of[c] = true
	}
	moved := 0
	for _, cells := range s.Moved {
		moved += len(cells)
		for _, c := range cells {
			if !of[c] {
				t.Fatalf("%s was not selected", c)
			}
		}
	}
	if moved+len(s.There) != len(selected) {
		t.Fatalf("%d selected, %d moved, %d there", len(selected), moved, len(s.There))
	}
	holds(t, d, inv, &Shifted{Document: s.Document, Moved: s.Moved}, flatten(s.Moved), to, nil)
	for _, c := range all {
		before, after := d.Route(c), s.Document.Route(c)
		switch {
		case of[c] && after != to, !of[c] && before != after:
			t.Fatalf("%s: %s, then %s", c, before, after)
		case before != None && slices.Contains(pushing(before, after), None):
			t.Fatalf("%s has a gap on the way from %s to %s", c, before, after)
		}
	}
}

func flatten(by map[model.Route][]model.Cell) (out []model.Cell) {
	for _, cells := range by {
		out = append(out, cells...)
	}
	return out
}

// manyCells are so many chains in two regions and kinds.
func manyCells(chains int) *model.Inventory {
	cells := make([]model.Cell, 0, 4*chains)
	for i := range chains {
		for _, region := range []string{"region1", "region2"} {
			for _, k := range model.Kinds {
				cells = append(cells, model.Cell{Chain: fmt.Sprintf("orders-eu-%05d", i+1), Region: region, Kind: k})
			}
		}
	}
	return inventoryOf(cells...)
}

func sampled(t *rapid.T, inv *model.Inventory, label string) (names []string) {
	step, from := rapid.IntRange(1, 40).Draw(t, label), rapid.IntRange(0, 40).Draw(t, label)
	for i := from; i < len(inv.Cells); i += 4 * step {
		if name := inv.Cells[i].Cell.Chain; len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}

// TestAListOfAllIsNotEverybody: with the last of its chains listed by name, a cluster still does not take the next one.
func TestAListOfAllIsNotEverybody(t *testing.T) {
	inv := manyCells(250)
	d := parsed(t, `{"bacula-blue": {
		"region1": {"take_regular_backups": true, "take_immutable_backups": true},
		"region2": {"take_regular_backups": true, "take_immutable_backups": true}}}`, Options{})
	s, err := d.Shift(inv, cellsOf(inv), Both, false)
	if err != nil {
		t.Fatal(err)
	}
	if text := s.Document.Text(); strings.Count(text, `"chains"`) != 2 || strings.Count(text, "orders-eu-") != 500 {
		t.Errorf("250 of 250 chains are not written by name:\n%s", text)
	}
	if r := s.Document.Later("region1", model.Regular); r != Blue {
		t.Errorf("a chain that is added tomorrow is taken by %s", r)
	}
	_, err = s.Document.Shift(inv, cellsOf(inv), Green, false)
	const want = "and 496 more cells cannot be shifted: bacula-blue.region1 takes every chain, those that are added later too, and to take " +
		"all but some is only said with except_chains; decide first that the other cluster takes those that are added later (switchyard shift " +
		"--later region1 --to green), or allow extensions: "
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), strings.ReplaceAll(want, "region1", "region2")) {
		t.Errorf("all but every chain is said without an extension: %v", err)
	}
	g, err := s.Document.Shift(inv, cellsOf(inv), Green, true)
	if err != nil || g.Document.Later("region1", model.Regular) != Blue || len(g.Document.Cover(inv).Cells(Green)) != 1000 {
		t.Errorf("with extensions: %v\n%s", err, g.Document.Text())
	}
}

func TestWhatNoShiftDoes(t *testing.T) {
	inv := inventoryOf(
		model.Cell{Chain: "a", Region: "region1"}, model.Cell{Chain: "b", Region: "region1"}, model.Cell{Chain: "c", Region: "region1"},
		model.Cell{Chain: "d", Region: "region1"},
	)
	d := parsed(t, `{
		"bacula-blue":  {"region1": {"take_regular_backups": true, "take_immutable_backups": true, "chains": ["a", "b"]}},
		"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true, "chains": ["b", "c"]}}}`, Options{})
	cell := func(chain string) model.Cell { return model.Cell{Chain: chain, Region: "region1"} }
	for _, c := range []struct {
		chain string
		to    model.Route
		want  string // empty: it is done
	}{
		{"a", Green, "a region1 regular cannot be shifted: blue takes it, so that green is two notches away; shift it to both first"},
		{"c", Blue, "c region1 regular cannot be shifted: green takes it, so that blue is two notches away; shift it to both first"},
		{"d", Both, "d region1 regular cannot be shifted: nobody takes it, so that both is two notches away; give it to one of them first"},
		{"b", None, "b region1 regular cannot be shifted: nobody may be left without a backup, so that nothing is shifted to none; "},
		{"x", Both, "x region1 regular cannot be shifted: it is not in the inventory; "},
		{"b", model.Route{}, "b region1 regular cannot be shifted: nobody may be left without a backup, so that nothing is shifted to ?; "},
		{"d", Blue, "d region1 regular cannot be shifted: bacula-blue.region1 would take other chains for regular than for immutable backups, " +
			"which only a list of rules can say; shift both kinds of the same chains, or allow extensions: routes: {extensions: yes} in the " +
			"configuration"},
	} {
		_, err := d.Shift(inv, []model.Cell{cell(c.chain)}, c.to, false)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s to %s: %v\nwant %s", c.chain, c.to, err, c.want)
		}
	}
	s, err := d.Shift(inv, []model.Cell{cell("d"), cell("b")}, Blue, true)
	if err != nil || len(s.Moved[None]) != 1 || len(s.Moved[Both]) != 1 {
		t.Errorf("mending a gap: %v", err)
	}
	if s, err := d.Shift(inv, []model.Cell{cell("b")}, Both, false); err != nil || len(s.There) != 1 || !s.Document.Equal(d) {
		t.Errorf("what is there already: %v", err)
	}
}

func TestARefusalGroupsByCause(t *testing.T) {
	inv := manyCells(10)
	d := parsed(t, `{"bacula-blue": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}}}`, Options{})
	_, err := d.Shift(inv, cellsOf(inv), Green, false)
	refused := (*Refusal)(nil)
	if !errors.As(err, &refused) || len(refused.Causes) != 1 || len(refused.Causes[0].Cells) != 20 {
		t.Fatalf("%v", err)
	}
	want := "orders-eu-00001 region1 regular, orders-eu-00001 region1 immutable, orders-eu-00002 region1 regular, orders-eu-00002 region1 " +
		"immutable and 16 more cells cannot be shifted: blue takes it, so that green is two notches away; shift it to both first"
	if err.Error() != want {
		t.Error(err)
	}
}

// BenchmarkShift is design §12: a shift of all 40,000 cells of 10,000 chains is planned in 100 ms, and its document written and read again.
func BenchmarkShift(b *testing.B) {
	inv := manyCells(10_000)
	cells := cellsOf(inv)
	blue := parsed(b, `{"bacula-blue": {
		"region1": {"take_regular_backups": true, "take_immutable_backups": true},
		"region2": {"take_regular_backups": true, "take_immutable_backups": true}}}`, Options{})
	both, err := blue.Shift(inv, cells, Both, false)
	if err != nil {
		b.Fatal(err)
	}
	for name, of := range map[string]struct {
		from *Document
		to   model.Route
	}{"overlap": {blue, Both}, "settle": {both.Document, Green}} {
		b.Run(name, func(b *testing.B) {
			text := []byte(of.from.Text())
			for b.Loop() {
				d, err := Parse("journal", text, Options{Extensions: true})
				if err != nil {
					b.Fatal(err)
				}
				s, err := d.Shift(inv, cells, of.to, true)
				if err != nil || len(s.Document.Cover(inv).Gaps()) > 0 || Diff(d, s.Document, inv).Says() == "" || s.Document.Text() == "" {
					b.Fatal(err)
				}
			}
		})
	}
}
