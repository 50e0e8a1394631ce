package routes

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"switchyard/model"
)

var (
	pool        = []string{"a", "b", "c", "d", "e", "f", "g"} // chains that documents and inventories are drawn from
	regionPool  = []string{"region1", "region2", "region3"}
	neverNamed  = "added-tomorrow"
	unknownArea = "region9"
)

// everyCell is every cell that may be in an inventory or named in a document, and those of a chain and a region that never are.
func everyCell() (out []model.Cell) {
	for _, chain := range append(slices.Clone(pool), neverNamed) {
		for _, region := range append(slices.Clone(regionPool), unknownArea) {
			for _, k := range model.Kinds {
				out = append(out, model.Cell{Chain: chain, Region: region, Kind: k})
			}
		}
	}
	return out
}

// spoken is a document as somebody may write it, and what it says by the letter of the design.
type spoken [2]map[string][]spokenRule

type spokenRule struct {
	kinds  [2]bool
	form   string // "", "chains" or "except_chains"
	chains []string
}

func (d spoken) takes(c model.Cluster, cell model.Cell) bool {
	return slices.ContainsFunc(d[c][cell.Region], func(r spokenRule) bool {
		named := slices.Contains(r.chains, cell.Chain)
		return r.kinds[cell.Kind] && (r.form == "" || named == (r.form == "chains"))
	})
}

func drawSpoken(t *rapid.T, extensions bool) spoken {
	forms := []string{"", "chains"}
	most := 1
	if extensions {
		forms, most = append(forms, "except_chains"), 3
	}
	one := rapid.Custom(func(t *rapid.T) spokenRule {
		r := spokenRule{
			kinds: [2]bool{rapid.Bool().Draw(t, "regular"), rapid.Bool().Draw(t, "immutable")},
			form:  rapid.SampledFrom(forms).Draw(t, "form"),
		}
		if r.form != "" {
			r.chains = rapid.SliceOfDistinct(rapid.SampledFrom(pool), rapid.ID).Draw(t, "chains")
		}
		return r
	})
	rules := rapid.MapOf(rapid.SampledFrom(regionPool), rapid.SliceOfN(one, 1, most))
	return spoken{rules.Draw(t, "blue"), rules.Draw(t, "green")}
}

// text writes it as a person might: with comments, in any order, with commas behind the last entry.
func (d spoken) text(t *rapid.T) string {
	spice := func(end string) string {
		return rapid.SampledFrom([]string{"", "\n", " // why\n", "/* a, \"b\" {[ */"}).Draw(t, "space") + end
	}
	var b strings.Builder
	b.WriteString("{")
	for _, c := range rapid.Permutation(model.Clusters[:]).Draw(t, "clusters") {
		fmt.Fprintf(&b, "%q: {%s", "bacula-"+c.String(), spice(""))
		for region, rules := range d[c] {
			var all []string
			for _, r := range rules {
				keys := []string{fmt.Sprintf(`"take_regular_backups": %v`, r.kinds[0]), fmt.Sprintf(`"take_immutable_backups": %v`, r.kinds[1])}
				if r.form != "" {
					keys = append(keys, fmt.Sprintf(`%q: ["%s"]`, r.form, strings.Join(r.chains, `","`)))
					keys[2] = strings.ReplaceAll(keys[2], `[""]`, "[]")
				}
				all = append(all, "{"+strings.Join(rapid.Permutation(keys).Draw(t, "keys"), spice(","))+spice("")+"}")
			}
			value := strings.Join(all, ",")
			if len(all) > 1 {
				value = "[" + value + spice(",]")
			}
			fmt.Fprintf(&b, "%q: %s,%s", region, value, spice(""))
		}
		b.WriteString("}," + spice(""))
	}
	b.WriteString("}")
	return b.String()
}

func drawDocument(t *rapid.T, extensions bool) *Document {
	d, err := Parse("drawn", []byte(drawSpoken(t, extensions).text(t)), Options{Extensions: extensions})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func inventoryOf(cells ...model.Cell) *model.Inventory {
	var ps []model.Placement
	for _, c := range cells {
		ps = append(ps, model.Placement{Cell: c, Client: "x"})
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		panic(err)
	}
	return inv
}

func drawInventory(t *rapid.T) *model.Inventory {
	known := slices.DeleteFunc(everyCell(), func(c model.Cell) bool { return c.Chain == neverNamed || c.Region == unknownArea })
	return inventoryOf(rapid.SliceOfNDistinct(rapid.SampledFrom(known), 1, -1, rapid.ID).Draw(t, "inventory")...)
}

func cellsOf(inv *model.Inventory) (out []model.Cell) {
	for i := range inv.Cells {
		out = append(out, inv.Cells[i].Cell)
	}
	return out
}
