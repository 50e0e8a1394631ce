package routes

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
)

func TestDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, inv := drawDocument(t, true), drawInventory(t)
		verdicts := rapid.SampledFrom([]model.Verdict{model.Unknown, model.Fails, model.Holds})
		effective := make([]model.Route, len(inv.Cells))
		calm := true
		for i := range effective {
			effective[i] = d.Route(inv.Cells[i].Cell)
			if rapid.Bool().Draw(t, "moved") {
				effective[i] = model.Route{verdicts.Draw(t, "blue"), verdicts.Draw(t, "green")}
			}
			calm = calm && effective[i] == d.Route(inv.Cells[i].Cell)
		}
		drift := d.Cover(inv).Drift(effective)
		if drift.None() != calm || (drift.Says() == "no cell is elsewhere than the document says") != calm {
			t.Fatalf("nothing differs: %v; told: %s", calm, drift.Says())
		}
		for i, is := range effective {
			cell := inv.Cells[i].Cell
			want := d.Route(cell)
			for _, c := range model.Clusters {
				told := []bool{slices.Contains(drift.Lacks[c], cell), slices.Contains(drift.Has[c], cell), slices.Contains(drift.Unknown[c], cell)}
				if !slices.Equal(told, []bool{
					is[c] == model.Fails && want[c] == model.Holds, is[c] == model.Holds && want[c] == model.Fails, is[c] == model.Unknown,
				}) {
					t.Fatalf("%s on %s: said %s, is %s, told %v", cell, c, want, is, told)
				}
			}
		}
	})
}

func TestDriftInWords(t *testing.T) {
	cell := model.Cell{Chain: "a", Region: "region1"}
	d := Drift{Lacks: [2][]model.Cell{{cell, cell}, nil}, Has: [2][]model.Cell{nil, {cell}}, Unknown: [2][]model.Cell{nil, {cell, cell, cell}}}
	if says := d.Says(); says != "blue lacks 2, green has 1 too many, green is not known of 3" {
		t.Error(says)
	}
}

func TestNaming(t *testing.T) {
	a, b := model.Cell{Chain: "a", Region: "region1"}, model.Cell{Chain: "b", Region: "region1", Kind: model.Immutable}
	d := Naming([2][]model.Cell{{b, a, a}, {b}})
	for cell, want := range map[model.Cell]model.Route{a: Blue, b: Both, {Chain: "c", Region: "region1"}: None} {
		if got := d.Route(cell); got != want {
			t.Errorf("%s: %s takes it, want %s", cell, got, want)
		}
	}
	again, err := Parse("x", []byte(d.Text()), Options{Extensions: true})
	if err != nil || !again.Equal(d) {
		t.Errorf("%v\n%s", err, d.Text())
	}
}
