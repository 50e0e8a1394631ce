package feed

import (
	"context"
	"slices"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
)

// clockEvery is how often a catalog is asked for its clock.
const clockEvery = time.Minute

// clock asks how far the catalog's clock is from this host's. It is no part of the source's health: what it was before stays.
func (s *catalogSource) clock(ctx context.Context) {
	if time.Since(s.timed) < clockEvery {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.Answer)
	defer cancel()
	if ahead, err := s.of.Catalog.Clock(ctx); err == nil {
		s.info.Ahead, s.info.Clock, s.timed = ahead, true, time.Now()
	}
}

// clockAgain is how soon a clock is asked for again because of rows of the future.
const clockAgain = 10 * time.Second

// future asks for the catalog's clock again when a row ends later than it was: it may have been set.
func (s *catalogSource) future(ctx context.Context, rows []bacula.Row) {
	now := model.Now().Add(s.info.Ahead + model.ClockSlack)
	if time.Since(s.timed) > clockAgain &&
		slices.ContainsFunc(rows, func(r bacula.Row) bool { return r.End.After(now) || r.Start.After(now) }) {
		s.timed = time.Time{}
		s.clock(ctx)
	}
}
