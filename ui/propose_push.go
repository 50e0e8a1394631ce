package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

// driftHere are the clusters that drift of what the keys are about: an alert, or the cell that is selected or open, else all cells.
func (a *App) driftHere() (out []model.Cluster) {
	if v := a.alertHere(); v != nil && v.Cluster != nil && strings.HasPrefix(v.ID, "drift:") {
		return []model.Cluster{*v.Cluster}
	}
	cells := a.snap.Cells
	if at := a.subject(); at.cell != nil {
		if v := a.snap.Cell(*at.cell); v != nil && v.IsAdrift() {
			cells = append(cells[:0:0], *v)
		}
	}
	for _, k := range model.Clusters {
		for i := range cells {
			if cells[i].Drifts(k) {
				out = append(out, k)
				break
			}
		}
	}
	if len(out) > 0 || len(cells) != len(a.snap.Cells) {
		return out
	}
	for _, k := range model.Clusters { // what is no cell's: a file that is not loaded
		if slices.ContainsFunc(a.snap.Alerts, func(v board.Alert) bool { return strings.HasPrefix(v.ID, "drift:"+k.String()+":") }) {
			out = append(out, k)
		}
	}
	return out
}

func noDrift(a *App) string {
	if len(a.driftHere()) == 0 {
		return "no Director is known to differ from the routes"
	}
	return ""
}

// pushAgain opens the plan that pushes the routes again, or asks to which cluster.
func (a *App) pushAgain() tea.Cmd {
	of := a.driftHere()
	if len(of) == 1 {
		return a.propose(plan.Ask{Push: &plan.Push{Cluster: of[0], Adrift: true}})
	}
	a.askCommand()
	a.prompt.set(a, "push ")
	return nil
}

// commandPush pushes the routes again to a cluster.
func (a *App) commandPush(arg string) tea.Cmd {
	for _, k := range model.Clusters {
		if arg == k.String() {
			return a.propose(plan.Ask{Push: &plan.Push{Cluster: k, Adrift: true}})
		}
	}
	a.say(":push wants blue or green, not " + arg)
	return nil
}
