package feed

import (
	"context"
	"errors"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// placesAtOnce is how many statements one round takes to ask for volumes, and placesOfOne of how many jobs one asks.
const (
	placesAtOnce = 8
	placesOfOne  = 512
)

// placesEvery is how often some of those that were asked of are asked of again, and placesAgain of how many: a volume may be deleted, or be
// read in, while the row of the job stays as it is. A thousand cells have their turn within an hour.
const (
	placesEvery = time.Minute
	placesAgain = 32
)

// places asks whether any volume holds the backups that cells rest on, of each when it comes, and then in turn; where none does, another
// becomes what a cell rests on. It is no part of the source's health.
func (s *catalogSource) places(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.policy.Answer)
	defer cancel()
	most := 1
	if !s.looked { // a look that is the only one is not over before they were heard
		most, s.looked = placesAtOnce, true
	}
	for range most {
		var ids []uint32
		if s.tell(func(b *board.Board) { ids = b.Ledger(s.cluster).Unplaced() }); s.unread || len(ids) == 0 {
			s.placed = true
			s.placesInTurn(ctx)
			return
		}
		ids = ids[:min(len(ids), placesOfOne)]
		by, err := s.of.Catalog.Stored(ctx, ids)
		if err != nil {
			s.unread = errors.Is(err, bacula.ErrNoVolumes)
			return
		}
		if len(by) == 0 { // their rows are gone, which the next tick tells
			return
		}
		s.tell(func(b *board.Board) { b.Placed(s.cluster, by, s.placed, model.Now()) })
	}
}

func (s *catalogSource) placesInTurn(ctx context.Context) {
	if s.replace.IsZero() {
		s.replace = time.Now()
	}
	if s.unread || time.Since(s.replace) < placesEvery {
		return
	}
	s.replace = time.Now()
	var ids []uint32
	if s.tell(func(b *board.Board) { ids = b.Ledger(s.cluster).PlacedInTurn(placesAgain) }); len(ids) == 0 {
		return
	}
	if by, err := s.of.Catalog.Stored(ctx, ids); err == nil && len(by) > 0 {
		s.tell(func(b *board.Board) { b.Placed(s.cluster, by, true, model.Now()) })
	}
}
