package routes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchyard/model"
)

// Coverage is who takes each cell of an inventory by a document: the proof that there is no gap, or the gaps.
type Coverage struct {
	Inventory *model.Inventory
	Routes    []model.Route // by the place of the cell in the inventory
	doc       *Document
}

// Cover says who takes each cell of an inventory.
func (d *Document) Cover(inv *model.Inventory) *Coverage {
	c := &Coverage{Inventory: inv, Routes: make([]model.Route, len(inv.Cells)), doc: d}
	route := d.Walk()
	for i := range inv.Cells {
		c.Routes[i] = route(inv.Cells[i].Cell)
	}
	return c
}

// The routes that a document can give a cell.
var (
	Blue  = model.Route{model.Blue: model.Holds, model.Green: model.Fails}
	Both  = model.Route{model.Blue: model.Holds, model.Green: model.Holds}
	Green = model.Route{model.Blue: model.Fails, model.Green: model.Holds}
	None  = model.Route{model.Blue: model.Fails, model.Green: model.Fails} // a gap
)

// Cells are the cells of a route, in the inventory's order: those of None are the gaps, those of Both overlap.
func (c *Coverage) Cells(r model.Route) (out []model.Cell) {
	for i, is := range c.Routes {
		if is == r {
			out = append(out, c.Inventory.Cells[i].Cell)
		}
	}
	return out
}

// Gaps are the cells that nobody takes.
func (c *Coverage) Gaps() []model.Cell { return c.Cells(None) }

// Group is a region and kind with how many of its cells are blue's, both's, green's and nobody's, and who takes the chains that are added
// to it later.
type Group struct {
	Region                  string
	Kind                    model.Kind
	Blue, Both, Green, None int
	Later                   model.Route
}

// Groups are the regions and kinds of which the inventory has cells, in order.
func (c *Coverage) Groups() []Group {
	by := map[place]*Group{}
	for i, r := range c.Routes {
		at := placeOf(c.Inventory.Cells[i].Cell)
		g := by[at]
		if g == nil {
			g = &Group{Region: at.region, Kind: at.kind, Later: c.doc.Later(at.region, at.kind)}
			by[at] = g
		}
		switch r {
		case Blue:
			g.Blue++
		case Both:
			g.Both++
		case Green:
			g.Green++
		default:
			g.None++
		}
	}
	out := make([]Group, 0, len(by))
	for _, at := range places(by) {
		out = append(out, *by[at])
	}
	return out
}

// place is a region and kind.
type place struct {
	region string
	kind   model.Kind
}

func placeOf(c model.Cell) place { return place{c.Region, c.Kind} }

func (p place) String() string { return p.region + " " + p.kind.String() }

func places[T any](by map[place]T) []place {
	return slices.SortedFunc(maps.Keys(by), func(a, b place) int {
		return cmp.Or(strings.Compare(a.region, b.region), cmp.Compare(a.kind, b.kind))
	})
}

// Named lists cells by region and kind, a line each: "region1 regular: chain1, chain2".
func Named(cells []model.Cell) (lines []string) {
	by := map[place][]string{}
	for _, c := range cells {
		by[placeOf(c)] = append(by[placeOf(c)], c.Chain)
	}
	for _, at := range places(by) {
		lines = append(lines, fmt.Sprintf("%s: %s", at, strings.Join(by[at], ", ")))
	}
	return lines
}
