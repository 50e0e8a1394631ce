package board

import (
	"cmp"
	"fmt"
	"slices"

	"switchyard/model"
)

// strayAlerts tell of job names that map to no cell, and apart from them of those that only look as if they did: nothing they left counts.
func strayAlerts(v *ClusterView) []Alert {
	var out []Alert
	c := v.Cluster
	var strays, mimics []string
	for _, s := range v.Strays {
		if s.Mimics != "" {
			mimics = append(mimics, fmt.Sprintf("%s for %s", s.Name, s.Mimics))
		} else {
			strays = append(strays, s.Name)
		}
	}
	if len(mimics) > 0 {
		out = append(out, Alert{ID: "mimics:" + c.String(), Severity: model.Warn, rank: rankDoubt, Cluster: &c,
			Says:  fmt.Sprintf("jobs on %s whose names only look like those of cells: %s", c, fewNames(mimics)),
			Brief: fmt.Sprintf("jobs on %s look like those of cells", c),
			Do:    "find out who writes them: their names differ in blanks or marks that do not show, and they count for nothing"})
	}
	if len(strays) > 0 {
		out = append(out, Alert{ID: "strays:" + c.String(), Severity: model.Info, rank: rankStray, Cluster: &c,
			Says:  fmt.Sprintf("jobs on %s that map to no cell: %s", c, fewNames(strays)),
			Brief: fmt.Sprintf("%s on %s map to no cell", plural(uint64(len(strays)), "job"), c),
			Do:    "list them in not_cells, in the inventory, if they back up no cell; or correct the job-name template"})
	}
	return out
}

// strays are the names of the catalog and of the Director that map to no cell, but for those that the inventory sets apart. One that only
// looks as if it were a cell's is never passed over.
func (b *Board) strays(s *side, ledger *Ledger) []Stray {
	out := ledger.Strays()
	for _, name := range s.director.Strays {
		if !slices.ContainsFunc(out, func(o Stray) bool { return o.Name == name }) {
			out = append(out, Stray{Name: name, Mimics: s.director.Mimics[name]})
		}
	}
	out = slices.DeleteFunc(out, func(o Stray) bool { return o.Mimics == "" && b.inv.IsApart(o.Name) })
	slices.SortFunc(out, func(x, y Stray) int { return cmp.Compare(x.Name, y.Name) })
	return out
}
