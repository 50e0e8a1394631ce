package routes

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// Change is what another document changes for a region and kind, by model.Cluster.
type Change struct {
	Region       string
	Kind         model.Kind
	Gains, Loses [2][]string // chains that have this cell, in order
	// GainsLater and LosesLater tell that the cluster takes, or takes no more, the chains that are added later.
	GainsLater, LosesLater [2]bool
	// Unknown are chains without this cell in the inventory whose fate changes.
	Unknown [2][]string
}

// Changes are what another document changes, by region and kind; those that nothing changes for are not there.
type Changes []Change

// Diff is what changes from one document to another, for the cells of an inventory and for every chain that may be added.
func Diff(from, to *Document, inv *model.Inventory) Changes {
	at := map[place]struct{}{}
	for _, d := range []*Document{from, to} {
		for _, c := range model.Clusters {
			for name := range d.takes[c] {
				for _, k := range model.Kinds {
					at[place{name, k}] = struct{}{}
				}
			}
		}
	}
	has := map[place][]string{}
	for i := range inv.Cells {
		c := inv.Cells[i].Cell
		has[placeOf(c)] = append(has[placeOf(c)], c.Chain)
	}
	var out Changes
	for _, at := range places(at) {
		ch := Change{Region: at.region, Kind: at.kind}
		changed := false
		for _, c := range model.Clusters {
			was, is := from.takes[c][at.region][at.kind], to.takes[c][at.region][at.kind]
			if was.equal(is) {
				continue
			}
			changed = true
			ch.GainsLater[c], ch.LosesLater[c] = is.later && !was.later, was.later && !is.later
			for _, chain := range has[at] {
				switch had, has := was.has(chain), is.has(chain); {
				case has && !had:
					ch.Gains[c] = append(ch.Gains[c], chain)
				case had && !has:
					ch.Loses[c] = append(ch.Loses[c], chain)
				}
			}
			for _, chain := range merged(merged(was.names, is.names, true, true, true), has[at], true, false, false) {
				if was.has(chain) != is.has(chain) {
					ch.Unknown[c] = append(ch.Unknown[c], chain)
				}
			}
		}
		if changed {
			out = append(out, ch)
		}
	}
	return out
}

// Says is the change in a line: "12 cells gain green, 3 lose blue".
func (cs Changes) Says() string {
	var parts []string
	tell := func(n int, verb, verbs string, c model.Cluster) {
		switch {
		case n == 0:
			return
		case n == 1:
			verb = verbs
		}
		what := ""
		if len(parts) == 0 {
			if what = " cells"; n == 1 {
				what = " cell"
			}
		}
		parts = append(parts, fmt.Sprintf("%d%s %s %s", n, what, verb, c))
	}
	for _, c := range model.Clusters {
		n := 0
		for i := range cs {
			n += len(cs[i].Gains[c])
		}
		tell(n, "gain", "gains", c)
	}
	for _, c := range model.Clusters {
		n := 0
		for i := range cs {
			n += len(cs[i].Loses[c])
		}
		tell(n, "lose", "loses", c)
	}
	if len(parts) == 0 {
		parts = []string{"no cell changes"}
	}
	if slices.ContainsFunc(cs, func(c Change) bool { return c.GainsLater != [2]bool{} || c.LosesLater != [2]bool{} }) {
		parts = append(parts, "and what is done with chains that are added later changes")
	}
	if slices.ContainsFunc(cs, func(c Change) bool { return len(c.Unknown[0])+len(c.Unknown[1]) > 0 }) {
		parts = append(parts, "and what is done with chains that are not in the inventory changes")
	}
	return strings.Join(parts, ", ")
}

// Lines are the changes by region and kind: "region1 regular: green gains chain1, chain2".
func (cs Changes) Lines() (lines []string) {
	for _, ch := range cs {
		at := place{ch.Region, ch.Kind}
		tell := func(c model.Cluster, verb string, chains []string) {
			if len(chains) > 0 {
				lines = append(lines, fmt.Sprintf("%s: %s %s %s", at, c, verb, strings.Join(chains, ", ")))
			}
		}
		for _, c := range model.Clusters {
			tell(c, "gains", ch.Gains[c])
			tell(c, "loses", ch.Loses[c])
			switch {
			case ch.GainsLater[c]:
				lines = append(lines, fmt.Sprintf("%s: %s gains every chain that is added later", at, c))
			case ch.LosesLater[c]:
				lines = append(lines, fmt.Sprintf("%s: %s loses every chain that is added later", at, c))
			}
			tell(c, "changes, without a cell in the inventory, for", ch.Unknown[c])
		}
	}
	return lines
}
