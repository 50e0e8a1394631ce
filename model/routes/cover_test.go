package routes

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
)

func TestCoverage(t *testing.T) {
	inv := inventoryOf(
		model.Cell{Chain: "chain1", Region: "region1"}, model.Cell{Chain: "chain1", Region: "region1", Kind: model.Immutable},
		model.Cell{Chain: "chain2", Region: "region1"}, model.Cell{Chain: "chain9", Region: "region1", Kind: model.Immutable},
		model.Cell{Chain: "chain1", Region: "region2"}, model.Cell{Chain: "chain1", Region: "region3"},
	)
	c := parsed(t, sample, Options{}).Cover(inv)
	want := "region1 regular: chain1, chain2\nregion1 immutable: chain9\nregion3 regular: chain1"
	if got := strings.Join(Named(c.Gaps()), "\n"); got != want {
		t.Errorf("the gaps are\n%s\nwant\n%s", got, want)
	}
	groups := []Group{
		{Region: "region1", Kind: model.Regular, None: 2, Later: None},
		{Region: "region1", Kind: model.Immutable, Blue: 1, None: 1, Later: None},
		{Region: "region2", Kind: model.Regular, Green: 1, Later: Green},
		{Region: "region3", Kind: model.Regular, None: 1, Later: None},
	}
	if got := c.Groups(); !slices.Equal(got, groups) {
		t.Errorf("the groups are %+v", got)
	}
}

// TestCoverageCountsEveryCellOnce: each cell of the inventory has one of the four routes, and the groups count it there.
func TestCoverageCountsEveryCellOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, inv := drawDocument(t, true), drawInventory(t)
		c := d.Cover(inv)
		var seen []model.Cell
		counted := 0
		for _, r := range []model.Route{Blue, Both, Green, None} {
			for _, cell := range c.Cells(r) {
				if d.Route(cell) != r {
					t.Fatalf("%s is told as %s and is %s", cell, r, d.Route(cell))
				}
				seen = append(seen, cell)
			}
		}
		for _, g := range c.Groups() {
			counted += g.Blue + g.Both + g.Green + g.None
		}
		slices.SortFunc(seen, model.Cell.Compare)
		if !slices.Equal(seen, cellsOf(inv)) || counted != len(seen) {
			t.Fatalf("%d cells are told and %d counted of %d", len(seen), counted, len(inv.Cells))
		}
	})
}
