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

// outlasts is said of a lease that does not end when it was told to: nobody would miss a manager that is held for ever.
const outlasts = "%s holds %s's configuration manager until %s, longer than it was asked to"

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
	now, ends := h.Now(), until.UTC().Format(time.DateTime)
	found := &record.FoundLease{Cluster: l.Cluster, Name: l.Name, Ended: true}
	ours, says := name == l.Name, fmt.Sprintf("nobody holds %s's configuration manager", l.Cluster)
	is := ours && now.Before(until)
	switch {
	case is && wanted && until.After(now.Add(l.Life+model.ClockSlack)):
		is, says = false, fmt.Sprintf(outlasts, name, l.Cluster, ends)
	case is:
		found.Until, found.Ended = until.UTC(), false
		says = found.String()
	case ours && !wanted: // whoever still names it may not have ended it by itself
		is, says = true, fmt.Sprintf("%s still holds %s's configuration manager, though it was over at %s", name, l.Cluster, ends)
	case name != "" && now.Before(until):
		says = fmt.Sprintf("%s holds %s's configuration manager until %s", name, l.Cluster, ends)
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
	end := h.Now().Add(l.Life)
	if err := m.Take(ctx, l.Name, end); err != nil {
		return err
	}
	name, until, err = m.Holder(ctx)
	if err != nil || name != l.Name || !until.After(end.Add(model.ClockSlack)) { // the look tells what came of it
		return nil
	}
	says := fmt.Sprintf(outlasts, model.Clean(name), l.Cluster, until.UTC().Format(time.DateTime))
	if err := m.Release(ctx, l.Name); err != nil {
		return fmt.Errorf("%s; releasing it: %w", says, err)
	}
	return fmt.Errorf("%w: %s", model.ErrNotDone, says)
}
