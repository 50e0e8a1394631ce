package routes

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
)

const twelve = `"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"`

func TestADiffInWords(t *testing.T) {
	var cells []model.Cell
	for _, chain := range strings.Split(strings.NewReplacer(`"`, "", " ", "").Replace(twelve), ",") {
		for _, k := range model.Kinds {
			cells = append(cells, model.Cell{Chain: chain, Region: "region1", Kind: k})
		}
	}
	inv := inventoryOf(cells...)
	region := func(regular, immutable, chains string) string {
		return `{"take_regular_backups": ` + regular + `, "take_immutable_backups": ` + immutable + chains + `}`
	}
	all := region("true", "true", "")
	named := region("true", "false", `, "chains": [`+twelve+`]`)
	for _, c := range []struct{ name, from, to, says, lines string }{
		{"nothing", `{"bacula-blue": {"region1": ` + all + `}}`, `{"bacula-blue": {"region1": ` + all + `}}`, "no cell changes", ""},
		{"a shift and another", `{"bacula-blue": {"region1": ` + region("true", "true", `, "chains": ["a", "b", "c"]`) + `}}`,
			`{"bacula-blue": {"region1": ` + region("true", "true", `, "chains": ["a", "b"]`) + `}, "bacula-green": {"region1": ` + named + `}}`,
			"12 cells gain green, 2 lose blue",
			"region1 regular: blue loses c\nregion1 regular: green gains a, b, c, d, e, f, g, h, i, j, k, l\nregion1 immutable: blue loses c"},
		{"one", `{}`, `{"bacula-blue": {"region1": ` + region("true", "false", `, "chains": ["a"]`) + `}}`, "1 cell gains blue",
			"region1 regular: blue gains a"},
		{"tomorrow", `{"bacula-green": {"region1": ` + named + `}}`, `{"bacula-green": {"region1": ` + region("true", "false", "") + `}}`,
			"no cell changes, and what is done with chains that are added later changes",
			"region1 regular: green gains every chain that is added later"},
		{"tomorrow no more", `{"bacula-green": {"region1": ` + region("false", "true", "") + `}}`, `{}`,
			"12 cells lose green, and what is done with chains that are added later changes",
			"region1 immutable: green loses a, b, c, d, e, f, g, h, i, j, k, l\nregion1 immutable: green loses every chain that is added later"},
		{"unknown ones", `{}`, `{"bacula-green": {"region7": ` + region("true", "false", `, "chains": ["z"]`) + `}}`,
			"no cell changes, and what is done with chains that are not in the inventory changes",
			"region7 regular: green changes, without a cell in the inventory, for z"},
	} {
		changes := Diff(parsed(t, c.from, Options{}), parsed(t, c.to, Options{}), inv)
		if says, lines := changes.Says(), strings.Join(changes.Lines(), "\n"); says != c.says || lines != c.lines {
			t.Errorf("%s: %s\n%s\nwant %s\n%s", c.name, says, lines, c.says, c.lines)
		}
	}
}

// TestADiffIsWhole looks at every cell there may be: what changes is told once and as it is, and what does not is not told.
func TestADiffIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to, inv := drawDocument(t, true), drawDocument(t, true), drawInventory(t)
		told := map[model.Cell]model.Route{}
		for _, ch := range Diff(from, to, inv) {
			for _, c := range model.Clusters {
				for _, names := range [][]string{ch.Gains[c], ch.Loses[c], ch.Unknown[c]} {
					for _, chain := range names {
						cell := model.Cell{Chain: chain, Region: ch.Region, Kind: ch.Kind}
						if _, known := inv.Index(cell); known == (len(ch.Unknown[c]) > 0 && &names[0] == &ch.Unknown[c][0]) {
							t.Fatalf("%s is told as what it is not", cell)
						}
						r := told[cell]
						if r[c] != model.Unknown {
							t.Fatalf("%s is told twice", cell)
						}
						r[c] = to.Route(cell)[c]
						told[cell] = r
					}
				}
				cell := model.Cell{Chain: neverNamed, Region: ch.Region, Kind: ch.Kind}
				if ch.GainsLater[c] || ch.LosesLater[c] {
					r := told[cell]
					r[c] = to.Route(cell)[c]
					told[cell] = r
				}
			}
		}
		for _, cell := range everyCell() {
			was, is := from.Route(cell), to.Route(cell)
			for _, c := range model.Clusters {
				later := cell.Chain != neverNamed && from.Later(cell.Region, cell.Kind) != to.Later(cell.Region, cell.Kind)
				switch _, known := inv.Index(cell); {
				case was[c] != is[c] && told[cell][c] != is[c] && (known || !later):
					t.Fatalf("%s changes on %s from %s to %s, and that is not told", cell, c, was, is)
				case was[c] == is[c] && told[cell][c] != model.Unknown:
					t.Fatalf("%s does not change on %s, and that is told", cell, c)
				}
			}
		}
	})
}
