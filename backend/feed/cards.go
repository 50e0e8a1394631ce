package feed

import (
	"context"
	"fmt"
	"slices"

	"switchyard/model"
)

// Cards makes restore cards. Its zero value, but for Feed, is ready; what it has learned of Storage resources it asks once.
type Cards struct {
	*Feed
	storages [2]map[string]model.StorageResource
}

// Card reads what a chain's card holds, of the points of its cells in a list. What could not be read is among what the card lacks; an error
// is the end of ctx.
func (c *Cards) Card(ctx context.Context, chain string, cells []model.AskedCell, l *model.RestoreList) (*model.Card, error) {
	card := &model.Card{Chain: chain, At: model.Now()}
	points, lacks := model.CardPoints(l, cells)
	card.Lacks, card.Unread = lacks, len(l.Unread) > 0
	for i := range points {
		p := model.CardPoint{Point: points[i]}
		k := p.Point.Key.Cluster
		var err error
		if p.Extents, err = c.of[k].Catalog.Extents(ctx, p.Point.IDs()); err == nil {
			err = p.Check()
		} else {
			card.Unread = true
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("reading the card of %s: %w", model.Clean(chain), err)
		}
		if err != nil {
			card.Lacks = append(card.Lacks, model.Clean(fmt.Sprintf("%s on %s: %v", p.Point.Cell, k, err)))
			continue
		}
		p.Storages = c.resources(ctx, k, p.Point.Storages())
		card.Points = append(card.Points, p)
	}
	return card, nil
}

// resources are those of a cluster's active Director, each asked for once. One that is not told says why.
func (c *Cards) resources(ctx context.Context, k model.Cluster, names []string) []model.StorageResource {
	if c.storages[k] == nil {
		c.storages[k] = map[string]model.StorageResource{}
	}
	known := c.storages[k]
	ask := slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, there := known[n]; return there })
	if len(ask) > 0 {
		told, err := c.of[k].Directors[0].Reader.Console.StorageResources(ctx, ask)
		for _, s := range told {
			known[s.Name] = s
		}
		for _, n := range ask {
			if _, there := known[n]; !there {
				known[n] = model.StorageResource{Name: n, Why: model.Clean(fmt.Sprint(err))}
			}
		}
	}
	out := make([]model.StorageResource, len(names))
	for i, n := range names {
		out[i] = known[n]
	}
	return out
}
