package routes

import (
	"fmt"
	"slices"

	"switchyard/model"
)

// DecideLater is the document in which the chains that are added to a region later are taken by Blue, Both or Green. Every chain that the
// inventory has in that region, and every one that a rule there names, keeps its route. It is the one way from a list of all chains to all
// of them, or back: no shift goes it. Unless extensions are allowed the document is plain. The errors are of the kind model.ErrRoutes.
func (d *Document) DecideLater(inv *model.Inventory, name string, to model.Route, extensions bool) (*Document, error) {
	switch {
	case to != Blue && to != Both && to != Green:
		return nil, fmt.Errorf("%w: chains that are added to %s later would be nobody's; let blue, both or green take them",
			model.ErrRoutes, model.Clean(name))
	case !slices.Contains(inv.Regions, name):
		return nil, fmt.Errorf("%w: the inventory has no region %s", model.ErrRoutes, model.Clean(name))
	}
	known := chainsOf(inv, name)
	out := d.changed(nil)
	for _, c := range model.Clusters {
		r := out.takes[c][name]
		for _, k := range model.Kinds {
			r[k] = r[k].decided(to[c] == model.Holds, known)
		}
		if r.equal(region{}) {
			delete(out.takes[c], name)
		} else {
			out.takes[c][name] = r
		}
		if !extensions && !r.plain() {
			return nil, fmt.Errorf("%w: %s.%s would take the chains that are added later beside some of those that are there, which only "+
				"extensions can say; shift all that are there first, or allow %s", model.ErrRoutes, clusterKeys[c], name, allow)
		}
	}
	return out, nil
}

// decided are the same of the known chains and of those of names, with or without all others.
func (c chains) decided(later bool, known []string) chains {
	if c.later == later {
		return c
	}
	var names []string
	for _, n := range merged(known, c.names, true, true, true) {
		if c.has(n) != later {
			names = append(names, n)
		}
	}
	return chains{later, names}
}

// chainsOf are the chains that an inventory has in a region, of whatever kind, in order.
func chainsOf(inv *model.Inventory, region string) (names []string) {
	for i := range inv.Cells {
		if c := inv.Cells[i].Cell; c.Region == region && (len(names) == 0 || names[len(names)-1] != c.Chain) {
			names = append(names, c.Chain)
		}
	}
	return names
}
