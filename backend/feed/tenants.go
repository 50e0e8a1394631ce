package feed

import (
	"context"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// How often the server of a catalog that is to be left is asked what it counts, and who lives on it.
const (
	figuresEvery = time.Minute
	tenantsEvery = 10 * time.Minute
)

// house asks who lives on the server of blue's catalog, and how much that has to do. It is no part of the source's health: one that does
// not tell leaves that unknown.
func (s *catalogSource) house(ctx context.Context) {
	if s.cluster != model.Blue {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.Answer)
	defer cancel()
	was := s.info
	if due(s.counted, figuresEvery) {
		f, err := s.of.Catalog.Figures(ctx)
		s.counted = time.Now()
		if s.info.Figures = (model.Reading[*model.Figures]{Value: &f, At: f.At}); err != nil {
			s.info.Figures = model.Reading[*model.Figures]{Why: model.Clean(err.Error())}
		}
	}
	if due(s.housed, tenantsEvery) {
		t, err := s.of.Catalog.Tenants(ctx)
		s.housed = time.Now()
		if s.info.Tenants = (model.Reading[*model.Tenants]{Value: &t, At: model.Now()}); err != nil {
			s.info.Tenants = model.Reading[*model.Tenants]{Why: model.Clean(err.Error())}
		}
	}
	if s.info.Figures != was.Figures || s.info.Tenants != was.Tenants {
		s.tell(func(b *board.Board) { b.Housed(s.cluster, s.info) })
	}
}

func due(at time.Time, every time.Duration) bool { return at.IsZero() || time.Since(at) >= every }
