package ui

import (
	"slices"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/plan"
)

// gateHere is the gate that is selected in its pane; nil: none is.
func (a *App) gateHere() *gate.Gate {
	g, is := a.pane().(*gatesPane)
	if !is || a.pager != nil {
		return nil
	}
	if _, ok := g.current(); !ok || g.at >= len(g.gates) {
		return nil
	}
	return g.gates[g.at]
}

// gateCells are those that a key's plan is about, on the gate that it moves.
func (a *App) gateCells(key string) []model.Cell {
	if g := a.gateHere(); g != nil && g.Key == key {
		return g.Cells
	}
	return nil
}

// drillOf is the failover that a gate wants to be tried; empty: it wants none.
func drillOf(g *gate.Gate) plan.FailoverTo {
	if g == nil {
		return ""
	}
	return map[string]plan.FailoverTo{"az-drill": plan.FailoverAZ, "failover-drill": plan.FailoverSwitchover}[g.ID]
}

// moves are the cells that a shift towards green moves the selected gate by, and where to: gaps before what both take before what blue
// alone has. None where no shift moves it.
func (g *gatesPane) moves(snap *board.Snapshot) (cells []model.Cell, to string) {
	if _, ok := g.current(); !ok || g.at >= len(g.gates) || g.gates[g.at].Key != "s" {
		return nil, ""
	}
	all := []move{{from: "none", to: "both"}, {from: "both", to: "green"}, {from: "blue", to: "both"}}
	switch g.gates[g.at].ID {
	case "covered":
		all = all[:1]
	case gate.GreenGood, "volumes-protected":
		all = all[2:]
	case "no-blue":
		all = all[1:]
	}
	for _, m := range all {
		for i := range snap.Cells {
			if routeOf(&snap.Cells[i]).String() == m.from {
				cells = append(cells, snap.Cells[i].Cell)
			}
		}
		if len(cells) > 0 {
			return slices.Clip(cells), m.to
		}
	}
	return nil, ""
}
