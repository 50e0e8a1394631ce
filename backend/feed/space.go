package feed

import (
	"context"
	"fmt"
	"sync"

	"switchyard/model"
	"switchyard/model/board"
)

// Space reads every volume of both catalogs. Nothing of it is on the board, and nothing is asked again by itself. Snap, which may be nil,
// tells how much room there is, and which catalogs are not the ones that they are configured as: of those nothing counts.
func (f *Feed) Space(ctx context.Context, snap *board.Snapshot) *model.Space {
	var volumes [2][]model.SpaceVolume
	var errs [2]error
	var wg sync.WaitGroup
	for _, k := range model.Clusters {
		if s := wrongCatalog(snap, k); s != "" {
			errs[k] = fmt.Errorf("it is not the one it is configured as: %s", s)
			continue
		}
		wg.Go(func() { volumes[k], errs[k] = f.of[k].Catalog.Space(ctx) })
	}
	wg.Wait()
	now := model.Now()
	out := &model.Space{At: now, Pools: []model.PoolSpace{}, Storage: []model.StorageSpace{}}
	for _, k := range model.Clusters {
		if errs[k] != nil {
			out.Unread = append(out.Unread, model.Unread{Cluster: k, Why: model.Clean(errs[k].Error())})
			continue
		}
		var room map[string]uint64
		if snap != nil && snap.Clusters[k] != nil {
			room = snap.Clusters[k].Room.Value
		}
		out.SpaceOf(k, volumes[k], room, now)
	}
	return out
}

// wrongCatalog is why a catalog is not the one it is configured as; empty: nothing says so.
func wrongCatalog(snap *board.Snapshot, k model.Cluster) string {
	if snap == nil {
		return ""
	}
	if s := snap.Source(model.CatalogOf(k)); s != nil && s.Wrong {
		return s.Why
	}
	return ""
}
