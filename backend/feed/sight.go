package feed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
)

// RestoreSight reads what a restore of a point to a client rests on: the point and what is newer from the catalog, the clients and FileSets
// from the active Director, and whether the Storage Daemons of its volumes answer. What could not be read is told in it; an error is the
// end of ctx.
func (f *Feed) RestoreSight(ctx context.Context, ask model.SightAsk) (*model.RestoreSight, error) {
	s := &model.RestoreSight{Ask: ask}
	of := f.of[ask.Key.Cluster]
	console := of.Directors[0].Reader.Console
	var wg sync.WaitGroup
	wg.Go(func() {
		names, err := console.Clients(ctx)
		if s.Clients = names; err != nil {
			s.NoClients = model.Clean(err.Error())
		}
	})
	wg.Go(func() {
		prunes, err := of.Catalog.Prunes(ctx, ask.Client)
		if err == nil {
			s.Prunes = model.Answer(prunes)
		}
	})
	points := model.RestoreAsk{Cells: []model.AskedCell{ask.Cell}, Clusters: []model.Cluster{ask.Key.Cluster}}
	l, err := f.RestoreList(ctx, points)
	if err == nil {
		if s.Of(l); s.Point == nil && s.Why == "" && !ask.At.IsZero() { // it lies further back than a page
			points.Before = ask.At.Add(time.Second)
			if l, err = f.RestoreList(ctx, points); err == nil {
				s.Of(l)
			}
		}
	}
	if s.Point != nil {
		wg.Go(func() { s.Storages = storagesOf(ctx, console, s.Point.Storages()) })
		wg.Go(func() { s.FileSets, s.NoFileSets = fileSetsOf(ctx, of.Catalog, console, s.Point.IDs()) })
		wg.Go(func() { s.Files = countOf(ctx, of.Catalog, s.Point) })
	}
	wg.Wait()
	s.At = model.Now()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("reading what a restore rests on: %w", err)
	}
	return s, nil
}

// Clients are those that the active Director of a cluster knows.
func (f *Feed) Clients(ctx context.Context, c model.Cluster) ([]string, error) {
	return f.of[c].Directors[0].Reader.Console.Clients(ctx)
}

// storagesOf asks each for itself: of several together nobody tells whose job is whose.
func storagesOf(ctx context.Context, console bacula.Console, names []string) []model.StorageSight {
	out := make([]model.StorageSight, len(names))
	reader := &bacula.StorageReader{Console: console}
	for i, name := range names {
		jobs, met := reader.Running(ctx, []string{name})
		out[i] = model.StorageSight{Name: name, Jobs: len(jobs)}
		if err := met[name]; err != nil {
			out[i].Why = model.Clean(err.Error())
		}
	}
	return out
}

func fileSetsOf(ctx context.Context, catalog *bacula.Catalog, console bacula.Console, ids []uint32) ([]model.FileSetSight, string) {
	named, _, err := catalog.FileSets(ctx, ids)
	if err != nil {
		return nil, model.Clean(err.Error())
	}
	if len(named) == 0 {
		return nil, "the catalog does not tell which FileSets they are of"
	}
	names := make([]string, len(named))
	for i := range named {
		names[i] = named[i].Name
	}
	sets, err := console.FileSets(ctx, names)
	for i := range sets {
		sets[i].Hash = named[i].Hash
	}
	if err != nil {
		return nil, model.Clean(err.Error())
	}
	return sets, ""
}

// countOf counts the files of a set where its catalog has their records, and not too many.
func countOf(ctx context.Context, catalog *bacula.Catalog, p *model.RestorePoint) model.Counted {
	var sum uint64
	for i := range p.Set {
		sum += p.Set[i].Files
	}
	switch {
	case len(p.Pruned) > 0:
		return model.Counted{Why: fmt.Sprintf("the file records of job %d were pruned", p.Pruned[0])}
	case sum > bacula.MostCounted:
		return model.Counted{Why: fmt.Sprintf("its jobs have %d file records, more than are counted (%d)", sum, bacula.MostCounted)}
	}
	n, err := catalog.Files(ctx, p.IDs())
	if err != nil {
		return model.Counted{Why: model.Clean(err.Error())}
	}
	return model.Counted{N: n, At: model.Now()}
}
