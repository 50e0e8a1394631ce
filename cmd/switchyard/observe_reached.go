package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// withReached asks file daemons, through the Director of each cluster that schedules, whether they let it work: those of which nobody
// knows it. Who only watches must not ask, as Bacula 15 writes to its catalog for it.
func withReached(ctx context.Context, s *site, snap *board.Snapshot, st *record.State) (*board.Snapshot, error) {
	for _, c := range model.Clusters {
		open, silent := snap.Unreached(c, s.inv, st, s.cfg.Policy)
		if len(open) == 0 {
			continue
		}
		at := snap.Clusters[c].Acting
		argv := [][]string{s.cfg.Act.Clusters[c].Active, s.cfg.Act.Clusters[c].Passive}[at]
		if argv == nil {
			continue
		}
		console := s.clusters[c].Directors[at].Reader.Console
		console.Argv = argv
		reader := &bacula.ClientReader{Console: console, Catalog: s.clusters[c].Catalog}
		for name, since := range silent {
			reader.WasSilent(name, since)
		}
		of, err := reachedBy(ctx, reader, open, snap.Clusters[c].Directors[at].Version)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("asking file daemons: %w", ctx.Err())
		}
		for i := range of {
			of[i].Through = snap.Clusters[c].Scheduler().Name
		}
		why := ""
		if err != nil {
			why = model.Clean(err.Error())
		}
		snap = snap.WithReached(c, of, why)
	}
	return snap, nil
}

// reachedBy asks some of those that the Director knows. It ends when too many were silent, or when something else was: what was told by
// then counts.
func reachedBy(ctx context.Context, by *bacula.ClientReader, open []string, director string) (of []record.ReachedClient, err error) {
	known, err := by.Console.Clients(ctx)
	if err != nil {
		return nil, err
	}
	open = slices.DeleteFunc(open, func(name string) bool { return !slices.Contains(known, name) })
	for _, name := range board.ReachedAtOnce(open) {
		if by.Rests(name) != nil {
			return of, nil
		}
		said, err := by.Reach(ctx, name)
		if err != nil {
			return of, err
		}
		r := record.ReachedClient{Client: name, At: model.Now().UTC().Truncate(time.Millisecond), Version: said.Version,
			Why: said.Why, Silent: said.Silent}
		if r.Why == "" {
			switch model.Serves(director, said.Version) {
			case model.Fails:
				r.Why = "its file daemon is newer than the Director, which serves none that is"
			case model.Unknown:
				r.Why = "nobody can tell whether the Director serves a file daemon of its version"
			case model.Holds:
			}
		}
		of = append(of, r)
	}
	return of, nil
}

// withStorages asks Storage Daemons, with the watch Console of the Director of each cluster that schedules, of which nobody knows whether
// it has them and they answer it. No Director touches its catalog for that.
func withStorages(ctx context.Context, s *site, snap *board.Snapshot, st *record.State) (*board.Snapshot, error) {
	for _, c := range model.Clusters {
		names := board.ReachedAtOnce(snap.Unasked(c, s.inv, st, s.cfg.Policy))
		if len(names) == 0 {
			continue
		}
		reader := &bacula.StorageReader{Console: s.clusters[c].Directors[snap.Clusters[c].Acting].Reader.Console}
		_, met := reader.Running(ctx, names)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("asking storages: %w", ctx.Err())
		}
		of := make([]record.ReachedClient, 0, len(names))
		for _, name := range names {
			r := record.ReachedClient{Client: name, At: model.Now().UTC().Truncate(time.Millisecond), Through: snap.Clusters[c].Scheduler().Name}
			if err := met[name]; err != nil {
				r.Why, r.Silent = model.Clean(err.Error()), errors.Is(err, model.ErrTimeout)
			}
			of = append(of, r)
		}
		snap = snap.WithStorages(c, of)
	}
	return snap, nil
}
