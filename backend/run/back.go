package run

import (
	"context"
	"errors"
	"fmt"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/record"
)

// GoBack turns an action that ended half way around: Carry then goes the ways back of its steps. One whose runner died has ended, too,
// which is recorded first. It is ErrHeld while a runner lives; where the store has no locks, until its claim has expired.
func (r *Runner) GoBack(ctx context.Context, action, reason string) error {
	if _, err := r.Journal.Refresh(ctx); err != nil {
		return err
	}
	p, err := r.plan(ctx, action)
	if err != nil {
		return err
	}
	a := r.Journal.State().Action(action)
	if a.State == record.ActionRunning && a.Begun() && a.Back == nil && model.Clean(reason) != "" && len(p.WaysBack(a)) > 0 {
		if err := r.bury(ctx, action, reason); err != nil {
			return err
		}
	}
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		a := s.Action(action)
		if a.State == record.ActionRunning {
			return nil, runs(a)
		}
		return record.Back{Action: action, Steps: p.WaysBack(a), Reason: reason}, nil
	})
}

func runs(a *record.Action) error {
	return fmt.Errorf("action %d is being carried out by %s: stop it first: %w", a.Seq, a.Runner, record.ErrHeld)
}

// bury ends an action whose runner is dead: its claim is taken, so that nothing more of that runner counts, and given up.
func (r *Runner) bury(ctx context.Context, action, reason string) error {
	release, err := r.Journal.Hold(ctx, journal.ActionLock(action))
	locked := err == nil
	switch {
	case locked:
		defer release()
	case errors.Is(err, record.ErrHeld):
		return runs(r.Journal.State().Action(action))
	case !errors.Is(err, errors.ErrUnsupported):
		return err
	}
	claim := journal.NewID()
	err = r.append(ctx, func(s *record.State) (record.Body, error) {
		a := s.Action(action)
		switch {
		case a.State != record.ActionRunning || a.Claim == claim:
			return nil, errHere
		case !locked && r.Now().Before(a.Until):
			return nil, runs(a)
		}
		b := record.Claim{Action: action, Claim: claim, Takes: a.Claim, Runner: r.Process, Reason: model.Clean(reason)}
		if !locked {
			b.Until = r.Now().Add(r.Policy.ClaimLife)
		}
		return b, nil
	})
	if err != nil {
		return err
	}
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		a := s.Action(action)
		if a.State != record.ActionRunning || a.Claim != claim {
			return nil, errHere
		}
		return record.Ended{How: record.KindRefused, Action: action, Claim: claim, Says: "its runner was gone"}, nil
	})
}
