package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Manager is the configuration manager of a cluster's Directors, as far as it can be held.
type Manager struct {
	Take    func(ctx context.Context, name string, until time.Time) error // ErrNotDone: it said no
	Release func(ctx context.Context, name string) error
	// Holder tells who holds it, and until when; empty: nobody does.
	Holder func(context.Context) (name string, until time.Time, err error)
}

func (h *Directors) manager(c model.Cluster) (*Manager, error) {
	if int(c) >= len(h.Managers) || h.Managers[c] == nil {
		return nil, fmt.Errorf("clusters.%s.push has no hold: nothing here holds its configuration manager", c)
	}
	return h.Managers[c], nil
}

// held sees whether the lease of an action holds a configuration manager: one that is over holds nothing.
func (h *Directors) held(ctx context.Context, l *plan.Lease, wanted bool) (Sight, error) {
	m, err := h.manager(l.Cluster)
	if err != nil {
		return Sight{}, err
	}
	name, until, err := m.Holder(ctx)
	if err != nil {
		return Sight{}, err
	}
	found := &record.FoundLease{Cluster: l.Cluster, Name: l.Name, Ended: true}
	is := name == l.Name && h.Now().Before(until)
	says := fmt.Sprintf("nobody holds %s's configuration manager", l.Cluster)
	switch {
	case is:
		found.Until, found.Ended = until.UTC(), false
		says = found.String()
	case name != "" && h.Now().Before(until):
		says = fmt.Sprintf("%s holds %s's configuration manager until %s", name, l.Cluster, until.UTC().Format(time.DateTime))
	}
	s := Sight{Verdict: model.Fails, Says: model.Clean(says)}
	if is == wanted {
		s.Verdict, s.Found = model.Holds, []record.Found{{Lease: found}}
	}
	return s, nil
}

// hold takes the lease, unless somebody else has one, and lets it go.
func (h *Directors) hold(ctx context.Context, l *plan.Lease, take bool) error {
	m, err := h.manager(l.Cluster)
	if err != nil {
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	if !take {
		return m.Release(ctx, l.Name)
	}
	name, until, err := m.Holder(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	case name != "" && name != l.Name && h.Now().Before(until):
		return fmt.Errorf("%w: %w", model.ErrNotDone, errors.New(model.Clean(name)+" holds it until "+until.UTC().Format(time.DateTime)))
	}
	return m.Take(ctx, l.Name, h.Now().Add(l.Life))
}
