package feed

import (
	"context"
	"fmt"
	"sync"

	"switchyard/model"
	"switchyard/model/board"
)

// Space reads every volume of the catalogs of some clusters, or of both. Nothing of it is on the board, and nothing is asked again by
// itself. Snap, which may be nil, tells how much room there is, and which catalogs are not the ones that they are configured as: of those
// nothing counts.
func (f *Feed) Space(ctx context.Context, snap *board.Snapshot, of ...model.Cluster) *model.Space {
	if len(of) == 0 {
		of = model.Clusters[:]
	}
	var volumes [2][]model.SpaceVolume
	var errs [2]error
	var rooms [2]model.Reading[map[string]uint64]
	var wg sync.WaitGroup
	for _, k := range of {
		if s := wrongCatalog(snap, k); s != "" {
			errs[k] = fmt.Errorf("it is not the one it is configured as: %s", s)
			continue
		}
		wg.Go(func() { volumes[k], errs[k] = f.of[k].Catalog.Space(ctx) })
		wg.Go(func() { rooms[k] = f.roomOf(ctx, k, snap) })
	}
	wg.Wait()
	now := model.Now()
	out := &model.Space{At: now, Pools: []model.PoolSpace{}, Storage: []model.StorageSpace{}}
	for _, k := range of {
		if errs[k] != nil {
			out.Unread = append(out.Unread, model.Unread{Cluster: k, Why: model.Clean(errs[k].Error())})
			continue
		}
		out.SpaceOf(k, volumes[k], rooms[k].Value, rooms[k].Why, now)
	}
	return out
}

// roomOf is how many bytes are free for each Storage, and why one is not known: as the feed was told, else asked for now.
func (f *Feed) roomOf(ctx context.Context, k model.Cluster, snap *board.Snapshot) (r model.Reading[map[string]uint64]) {
	if f.of[k].Room == nil {
		r.Why = "its room is not known: no storage_room is configured"
		return r
	}
	if snap != nil && snap.Clusters[k] != nil && snap.Clusters[k].Room.Seen() {
		r = snap.Clusters[k].Room
	} else if free, err := f.of[k].Room(ctx); err != nil {
		r.Why = err.Error()
	} else {
		r.Value = free
	}
	if r.Why != "" {
		return model.Reading[map[string]uint64]{Why: "its room is not known: " + model.Clean(r.Why)}
	}
	r.Why = "its room is not told"
	return r
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
