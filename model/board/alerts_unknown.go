package board

import (
	"slices"
	"time"

	"switchyard/model"
)

// silentOn is the cluster whose silent catalog keeps a cell unknown.
func (b *Board) silentOn(v *CellView) model.Cluster {
	if !b.sides[model.Blue].fresh && v.On[model.Blue].Has != model.Fails {
		return model.Blue
	}
	return model.Green
}

// unknownAlert tells of all cells that one silent catalog keeps unknown: they have one cause. Before it was asked nothing is wrong.
func (b *Board) unknownAlert(c model.Cluster, cells []*CellView, now time.Time) (Alert, bool) {
	i := slices.IndexFunc(b.seen, func(s Sighting) bool { return s.Source == model.CatalogOf(c) })
	if !b.sides[model.Blue].walked && !b.sides[model.Green].walked { // nothing was read at all: the sources say so
		return Alert{}, false
	}
	if len(cells) == 0 || i < 0 || b.seen[i].Why == "" && b.seen[i].Freshness(now) != Old {
		return Alert{}, false
	}
	a := Alert{
		ID:       "unknown:" + c.String(),
		Severity: model.Warn,
		rank:     rankUnknown,
		Cluster:  &c,
		Source:   b.seen[i].Source,
		Since:    b.seen[i].Since,
		Reach:    len(cells),
		Do:       "see to that catalog first: nothing can be said until it is read again",
	}
	if len(cells) == 1 {
		cell := cells[0].Cell
		a.Cell, a.Says = &cell, cell.String()+": "+cells[0].Says
		return a, true
	}
	names := make([]string, len(cells))
	for i, v := range cells {
		names[i] = v.Cell.String()
	}
	a.Brief = plural(uint64(len(cells)), "cell") + " unknown: " + b.refusals(c.String()+" catalog is silent")
	a.Says = plural(
		uint64(len(cells)),
		"cell",
	) + " are not known to be well while the " + b.refusals(
		c.String()+" catalog is silent",
	) + ": " + fewNames(
		names,
	)
	return a, true
}
