// Package run carries plans out: it looks, asks the guards, records what it is about to do, does it, and looks until it is done.
package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Runner carries actions out on behalf of a person.
type Runner struct {
	Journal *journal.Journal
	Hands   Router
	// of what is needed, readings newer than the call; State and Now are filled in here
	Fresh   func(context.Context, plan.Needs) (plan.World, error)
	Policy  model.Policy
	Actor   string // the person, as the operating system knows them
	Process string // user, host and process, for whoever looks for it
	Tell    func(string)
	Now     func() time.Time
	Sleep   func(context.Context, time.Duration) error
}

// errHere ends an append of what is in the journal already.
var errHere = errors.New("it is recorded already")

// append writes one record, unless it is there.
func (r *Runner) append(ctx context.Context, decide journal.Decide) error {
	_, err := r.Journal.Append(ctx, r.Actor, decide)
	if errors.Is(err, errHere) {
		return nil
	}
	return err
}

// world is what is true now, as far as it is needed.
func (r *Runner) world(ctx context.Context, n plan.Needs) (plan.World, error) {
	w, err := r.Fresh(ctx, n)
	if err != nil {
		return w, fmt.Errorf("reading the sources: %w", err)
	}
	if _, err := r.Journal.Refresh(ctx); err != nil {
		return w, err
	}
	w.State, w.Now = r.Journal.State(), r.Now()
	return w, nil
}

// Propose records a plan. It may be repeated with the same plan. Errors are ErrStale, ErrGuard, ErrNotDone and the journal's.
func (r *Runner) Propose(ctx context.Context, p *plan.Plan) error {
	if err := r.Hands.reaches(p); err != nil {
		return err
	}
	b, err := p.Record()
	if err != nil {
		return err
	}
	if known, err := r.known(ctx, b); known || err != nil {
		return err
	}
	w, err := r.world(ctx, p.Needs())
	if err != nil {
		return err
	}
	now, err := p.Renew(w)
	if err != nil {
		return err
	}
	if why := p.Stale(now, w.Now); why != "" {
		return &model.Fault{Kind: model.ErrStale, Says: model.ErrStale.Error() + ": " + why}
	}
	if g := now.Blocked(); g != nil {
		return &model.Fault{Kind: model.ErrGuard, Says: fmt.Sprintf("%v: %s: %s%s", model.ErrGuard, g.Says, g.Value, g.ThenDo())}
	}
	if b, err = p.Told(now).Record(); err != nil { // whatever it said, this is what it does
		return err
	}
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		if s.Action(p.ID) != nil {
			return nil, errHere
		}
		if err := r.free(s, p); err != nil {
			return nil, err
		}
		return b, nil
	})
}

// known tells whether the journal has that plan; another one under its id is an error.
func (r *Runner) known(ctx context.Context, b record.Planned) (bool, error) {
	if _, err := r.Journal.Refresh(ctx); err != nil {
		return false, err
	}
	if r.Journal.State().Action(b.Action) == nil {
		return false, nil
	}
	there, err := r.Journal.Plan(ctx, b.Action)
	if err == nil && !plan.Alike(there, b) {
		err = fmt.Errorf("%w: another plan has the id %s", model.ErrStale, b.Action)
	}
	return true, err
}

// free refuses what the newest record makes impossible: others may have acted since the guards were asked.
func (r *Runner) free(s *record.State, p *plan.Plan) error {
	for _, a := range p.Meets(s, r.Now()) {
		return &model.Fault{Kind: model.ErrGuard,
			Says: fmt.Sprintf("%v: action %d (%s) by %s is %s and touches the same", model.ErrGuard, a.Seq, a.Verb, a.By, a)}
	}
	if s.RoutesSeq != p.Routes {
		return &model.Fault{Kind: model.ErrStale, Says: fmt.Sprintf("%v: the routes were changed by record %d", model.ErrStale, s.RoutesSeq)}
	}
	return nil
}

// Approve records the person's approval. It may be repeated. Errors are ErrStale, ErrGuard, ErrIllegal and the journal's.
func (r *Runner) Approve(ctx context.Context, action string, a plan.Approval) error {
	if err := r.isFrom(a); err != nil {
		return err
	}
	p, err := r.plan(ctx, action)
	if err != nil {
		return err
	}
	b, err := p.Approve(a, r.Now())
	if err != nil {
		return err
	}
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		for _, one := range s.Action(action).Approvals {
			if one.By == r.Actor {
				return nil, errHere
			}
		}
		return b, nil
	})
}

// isFrom refuses an approval in somebody else's name.
func (r *Runner) isFrom(a plan.Approval) error {
	if a.By != r.Actor {
		return &model.Fault{Kind: model.ErrGuard,
			Says: fmt.Sprintf("approving it: it says that it is from %s, and %s sends it", model.Clean(a.By), r.Actor)}
	}
	return nil
}

// plan reads the plan of an action from the journal.
func (r *Runner) plan(ctx context.Context, action string) (*plan.Plan, error) {
	b, err := r.Journal.Plan(ctx, action)
	if err != nil {
		return nil, err
	}
	p, err := plan.Of(b)
	if err == nil && p.ID != action {
		err = fmt.Errorf("%w: the plan of action %s has the id %s", model.ErrStale, action, p.ID)
	}
	return p, err
}

// Take proposes a plan, approves it for the person, and carries it out when that is enough. Sent again after a crash it goes on.
func (r *Runner) Take(ctx context.Context, p *plan.Plan, a plan.Approval) (*record.Action, error) {
	if r.Journal.State().Action(p.ID) == nil { // what would not be approved is not even proposed
		if err := r.isFrom(a); err != nil {
			return nil, err
		}
		if _, err := p.Approve(a, r.Now()); err != nil {
			return nil, err
		}
	}
	if err := r.Propose(ctx, p); err != nil {
		return nil, err
	}
	if r.Journal.State().Action(p.ID).State == record.ActionWaits {
		if err := r.Approve(ctx, p.ID, a); err != nil {
			return nil, err
		}
	}
	if at := r.Journal.State().Action(p.ID); at.State == record.ActionWaits {
		return at, nil
	}
	return r.Carry(ctx, p.ID, "")
}

// Stop asks whoever carries the action out to stop before its next step.
func (r *Runner) Stop(ctx context.Context, action, reason string) error {
	return r.append(ctx, journal.Say(record.Stop{Action: action, Reason: reason}))
}

// Attest records the person's word for what the action's current step waits for. Errors are ErrGuard, ErrIllegal and the journal's.
func (r *Runner) Attest(ctx context.Context, action, says string) error {
	if _, err := r.Journal.Refresh(ctx); err != nil {
		return err
	}
	p, err := r.plan(ctx, action)
	if err != nil {
		return err
	}
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		a := s.Action(action)
		step, back := a.Current()
		if back {
			return nil, &model.Fault{Kind: model.ErrGuard, Says: fmt.Sprintf("action %d goes back: it waits for nobody's word", a.Seq)}
		}
		if err := p.Steps[step-1].Order.Takes(r.Actor); err != nil {
			return nil, fmt.Errorf("attesting step %d of action %d: %w", step, a.Seq, err)
		}
		return record.Attested{Action: action, Step: step, Says: says}, nil
	})
}

// Acknowledge takes responsibility for an unfinished action: it blocks nothing any more, and never runs again. It is ErrHeld while
// a runner lives.
func (r *Runner) Acknowledge(ctx context.Context, action, reason string) error {
	release, err := r.hold(ctx, action)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if release != nil {
		defer release()
	}
	return r.append(ctx, journal.Say(record.Acknowledged{Action: action, Reason: reason}))
}

// AcknowledgeAlert records that its person has seen an alert and lets it be until a moment. It is ErrGuard when it cannot be taken so.
func (r *Runner) AcknowledgeAlert(ctx context.Context, t record.Told, reason string) error {
	ack := record.Ack{Told: t, By: r.Actor, At: r.Now().UTC(), Reason: reason}
	if err := ack.Check(); err != nil {
		return err
	}
	return r.append(ctx, journal.Say(t.Remark(reason)))
}

// Begin records a programme. It acts on nothing; each of its batches is a plan of its own. Errors are ErrIllegal and the journal's.
func (r *Runner) Begin(ctx context.Context, p *plan.Programme, id string) error {
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		if s.Programme(id) != nil {
			return nil, errHere
		}
		b, err := p.Record(s, id)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", model.ErrGuard, err)
		}
		return b, nil
	})
}

// Decide stops a programme, or lets it go on. Errors are ErrIllegal and the journal's.
func (r *Runner) Decide(ctx context.Context, programme string, goes bool, reason string) error {
	return r.append(ctx, journal.Say(record.Decided{Programme: programme, Goes: goes, Reason: reason}))
}

// Review records the person's word about an emergency that is, or was, carried out. Errors are ErrIllegal and the journal's.
func (r *Runner) Review(ctx context.Context, action, says string) error {
	return r.append(ctx, journal.Say(record.Reviewed{Action: action, Says: says}))
}

func (r *Runner) hold(ctx context.Context, action string) (func(), error) {
	release, err := r.Journal.Hold(ctx, journal.ActionLock(action))
	if errors.Is(err, record.ErrHeld) {
		a := r.Journal.State().Action(action)
		return nil, fmt.Errorf("action %d is being carried out by %s: %w", a.Seq, a.Runner, record.ErrHeld)
	}
	return release, err
}
