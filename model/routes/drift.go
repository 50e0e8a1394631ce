package routes

import (
	"fmt"
	"strings"

	"switchyard/model"
)

// Drift is how what the Directors have differs from what the document says, by model.Cluster, whoever caused it.
type Drift struct {
	Lacks   [2][]model.Cell // the document gives it to the cluster, and nothing starts it there
	Has     [2][]model.Cell // the document does not, and it is started there
	Unknown [2][]model.Cell // nobody can tell what is there
}

// Drift compares with what is effective: the route of each cell of the inventory, by its place, as its Directors have it.
func (c *Coverage) Drift(effective []model.Route) (d Drift) {
	for i, want := range c.Routes {
		cell := c.Inventory.Cells[i].Cell
		for _, cluster := range model.Clusters {
			switch is := effective[i][cluster]; {
			case is == model.Unknown:
				d.Unknown[cluster] = append(d.Unknown[cluster], cell)
			case is != model.Holds && want[cluster] == model.Holds:
				d.Lacks[cluster] = append(d.Lacks[cluster], cell)
			case is == model.Holds && want[cluster] != model.Holds:
				d.Has[cluster] = append(d.Has[cluster], cell)
			}
		}
	}
	return d
}

// None tells that every cell is as the document says; unknown is not.
func (d *Drift) None() bool {
	for _, c := range model.Clusters {
		if len(d.Lacks[c])+len(d.Has[c])+len(d.Unknown[c]) > 0 {
			return false
		}
	}
	return true
}

// Says is the drift in a line: "blue lacks 2 cells, green has 1 too many".
func (d *Drift) Says() string {
	var parts []string
	for _, c := range model.Clusters {
		for _, of := range []struct {
			format string
			n      int
		}{
			{"%s lacks %d", len(d.Lacks[c])}, {"%s has %d too many", len(d.Has[c])}, {"%s is not known of %d", len(d.Unknown[c])},
		} {
			if of.n > 0 {
				parts = append(parts, fmt.Sprintf(of.format, c, of.n))
			}
		}
	}
	if len(parts) == 0 {
		return "no cell is elsewhere than the document says"
	}
	return strings.Join(parts, ", ")
}
