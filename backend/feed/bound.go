package feed

import (
	"context"
	"slices"
	"sync"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// Proven asks both catalogs whether what some proofs of restores are bound to is still there, and gives the snapshot that knows it. A
// catalog that does not answer leaves that unknown.
func (f *Feed) Proven(ctx context.Context, snap *board.Snapshot, proofs []*record.Proved) *board.Snapshot {
	ctx, cancel := context.WithTimeout(ctx, f.policy.Answer)
	defer cancel()
	var asks [2]board.BoundAsk
	var told [2]board.BoundTold
	var errs [2]error
	var wg sync.WaitGroup
	for _, c := range model.Clusters {
		if asks[c] = snap.BoundOf(c, proofs); len(asks[c].Proofs) > 0 {
			wg.Go(func() { told[c], errs[c] = boundOf(ctx, f.of[c].Catalog, asks[c]) })
		}
	}
	wg.Wait()
	for _, c := range model.Clusters {
		if len(asks[c].Proofs) > 0 && errs[c] == nil {
			snap = snap.WithBound(c, asks[c], told[c])
		}
	}
	return snap
}

// boundOf reads jobs by their keys, their volumes and FileSets. What an account may not read is not known; any other error is one.
func boundOf(ctx context.Context, of *bacula.Catalog, ask board.BoundAsk) (told board.BoundTold, err error) {
	rows, err := of.Rows(ctx, ask.Jobs)
	if err != nil {
		return told, err
	}
	told.Jobs = make(map[uint32]string, len(rows))
	for i := range rows {
		told.Jobs[rows[i].ID] = model.Clean(rows[i].Job)
	}
	told.Volumes, err = of.Volumes(ctx, ask.Jobs)
	if err == nil {
		newest := make([]uint32, 0, len(ask.Newest))
		for _, ids := range ask.Newest {
			if ids[0] != 0 {
				newest = append(newest, ids[0])
			}
		}
		_, told.FileSets, err = of.FileSets(ctx, newest)
	}
	if ctx.Err() == nil && err != nil { // its rows were read: it is there
		return told, nil
	}
	return told, err
}

// How often a catalog is asked what evidence is bound to, and of how many jobs at once. What was never asked is so with each look.
const (
	boundEvery = 20 * time.Second
	boundJobs  = 64
)

// boundTurn is how far a catalog was asked.
type boundTurn struct {
	at   time.Time // when it was asked last
	next int       // of the proofs that are known
	told any       // of what nothing was new
}

// bounds asks whether what proofs of restores are bound to is still there, some of them at a time: first those of which something is new,
// then those that were asked longest ago. It is no part of the source's health.
func (s *catalogSource) bounds(ctx context.Context) {
	s.box.Lock()
	snap := s.last
	s.box.Unlock()
	if snap == nil || snap.State == nil || len(snap.State.Evidence) == 0 || len(snap.Cells) == 0 {
		return
	}
	turn, known := &s.bound, any([3]any{snap.Bounds(), &snap.State.Evidence[0], &snap.Cells[0]})
	if turn.told == known && time.Since(turn.at) < boundEvery {
		return
	}
	all := slices.DeleteFunc(slices.Clone(snap.State.Evidence), func(p *record.Proved) bool { return !snap.Bound(s.cluster, p) })
	some := slices.DeleteFunc(slices.Clone(all), func(p *record.Proved) bool { return !snap.BoundNews(p) })
	if len(some) == 0 {
		if turn.told = known; len(all) == 0 || time.Since(turn.at) < boundEvery {
			return
		}
		turn.next %= len(all)
		some = append(slices.Clone(all[turn.next:]), all[:turn.next]...)
	}
	n := 0
	for jobs := 0; n < len(some) && jobs < boundJobs; n++ {
		jobs += len(some[n].Of.Jobs) + 2
	}
	ask := snap.BoundOf(s.cluster, some[:n])
	ctx, cancel := context.WithTimeout(ctx, s.policy.Answer)
	defer cancel()
	turn.at = time.Now()
	told, err := boundOf(ctx, s.of.Catalog, ask)
	if err != nil {
		return
	}
	turn.next += n
	s.tell(func(b *board.Board) { b.Bound(s.cluster, ask, told, all) })
}
