package routes

import (
	"testing"

	"pgregory.net/rapid"
)

// TestAWalkTellsRoutes, whatever the order of the cells, and of those that the document or the inventory does not know.
func TestAWalkTellsRoutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := drawDocument(t, true)
		walk, cells := doc.Walk(), everyCell()
		if !rapid.Bool().Draw(t, "in order") {
			cells = rapid.Permutation(cells).Draw(t, "cells")
		}
		for _, c := range append(cells, cells...) {
			if got, want := walk(c), doc.Route(c); got != want {
				t.Fatalf("%s: %s, not %s", c, got, want)
			}
		}
	})
}
