package run

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// Published is the hand for the routes: the journal's, and before it that of the control plane which owns the document where one does.
type Published struct {
	Journal    *journal.Journal
	Actor      string
	Inventory  *model.Inventory
	Extensions bool
	Owner      *RoutesOwner // nil: the journal's newest document is the one in force
}

// RoutesOwner is a control plane that owns the document.
type RoutesOwner struct {
	Get func(context.Context) (*routes.Document, error)
	// Put makes a document the one in force while another still is. The error is ErrNotDone when certainly nothing happened.
	Put func(ctx context.Context, was, is *routes.Document) error
}

func (h *Published) order(o plan.Order) (*plan.Publish, error) {
	if o.Publish == nil {
		return nil, errors.New("it is nothing that is done to the routes")
	}
	return o.Publish, nil
}

// Look sees whether the newest routes record is the order's document and by its action. Whoever made another one since has the last word:
// then it is not done, and the guards refuse to do it.
func (h *Published) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	b, err := h.order(o)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	if _, err := h.Journal.Refresh(ctx); err != nil {
		return Sight{}, fmt.Errorf("looking at the routes: %w", err)
	}
	s := h.Journal.State()
	if b.Again > 0 && s.RoutesSeq == b.Again {
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("the routes are still those of record %d", s.RoutesSeq),
			Found: []record.Found{{Routes: &record.FoundRoutes{Seq: s.RoutesSeq}}}}, nil
	}
	by, err := h.by(ctx, s.RoutesSeq)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at the routes: %w", err)
	}
	doc, err := plan.RoutesOf(s)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at the routes: %w", err)
	}
	if by != past.Action || plan.Sum(doc) != b.SHA256 {
		return Sight{Verdict: model.Fails, Absent: true, Says: fmt.Sprintf("the newest routes are those of record %d", s.RoutesSeq)}, nil
	}
	if err := h.inForce(ctx, doc); err != nil {
		return Sight{}, err
	}
	return Sight{Verdict: model.Holds, Says: fmt.Sprintf("the routes are those of record %d", s.RoutesSeq),
		Found: []record.Found{{Routes: &record.FoundRoutes{Seq: s.RoutesSeq}}}}, nil
}

// inForce is nil when the control plane that owns the document has it, too.
func (h *Published) inForce(ctx context.Context, doc *routes.Document) error {
	if h.Owner == nil {
		return nil
	}
	owned, err := h.Owner.Get(ctx)
	if err != nil {
		return err
	}
	if !owned.Equal(doc) {
		return errors.New("the control plane has other routes than the journal's newest record: " + notOurs)
	}
	return nil
}

const notOurs = "switchyard routes check shows its own; somebody changed them there"

// by is the action that made a routes record; empty when none did.
func (h *Published) by(ctx context.Context, seq int64) (string, error) {
	if seq == 0 {
		return "", nil
	}
	r, err := h.Journal.Record(ctx, seq)
	if err != nil {
		return "", err
	}
	in := r.Inside()
	if in.Kind != record.KindRoutes { // the genesis brings the first
		return "", nil
	}
	var b record.Routed
	if err := in.Into(&b); err != nil {
		return "", err
	}
	return b.Action, nil
}

// Do appends the document, while the one that it follows is the newest and the action runs. Where a control plane owns it, it is put there
// before: what dies between the two is done again, and found there.
func (h *Published) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	b, err := h.order(o)
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	from, err := h.from(ctx, b, past)
	if err != nil {
		return fmt.Errorf("changing the routes: %w", err)
	}
	put := false
	decide := func(s *record.State) (record.Body, error) {
		if a := s.Action(past.Action); a == nil || a.State != record.ActionRunning {
			return nil, fmt.Errorf("changing the routes: %w: its action does not run any more", model.ErrNotDone)
		}
		was, is, err := from.documents(s, b, h)
		if err != nil {
			return nil, fmt.Errorf("changing the routes: %w", err)
		}
		if h.Owner != nil && !b.Adopts {
			did, err := h.put(ctx, was, is)
			if put = put || did; err != nil {
				return nil, err
			}
		}
		raw, err := json.Marshal(is)
		if err != nil {
			return nil, fmt.Errorf("changing the routes: %w", err)
		}
		return record.Routed{Document: raw, Says: routes.Diff(was, is, h.Inventory).Says(), Action: past.Action}, nil
	}
	_, err = h.Journal.Append(ctx, h.Actor, decide)
	if err != nil && put && errors.Is(err, model.ErrNotDone) { // the control plane has it already
		err = fmt.Errorf("the control plane has the new routes, and the journal does not: %s", err)
	}
	return err
}

// source is what a document is made from: that of a record that must be the newest, or one of an earlier record in its place.
type source struct {
	follows int64
	then    *routes.Document // nil: the newest
}

// from reads what the journal is not asked for while something is appended to it.
func (h *Published) from(ctx context.Context, b *plan.Publish, past plan.Past) (source, error) {
	switch {
	case b.Adopts && h.Owner == nil:
		return source{}, fmt.Errorf("%w: no control plane owns them here", model.ErrNotDone)
	case b.Adopts:
		owned, err := h.Owner.Get(ctx)
		if err == nil {
			owned, err = b.Adopt(owned)
		}
		if err != nil {
			return source{}, fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
		return source{b.Follows, owned}, nil
	case b.Again == 0:
		return source{follows: b.Follows}, nil
	}
	seq := h.Journal.State().RoutesSeq
	if by, err := h.by(ctx, seq); err != nil || by != past.Action {
		return source{}, errors.Join(fmt.Errorf("%w: they were changed by record %d, which is not this action's", model.ErrNotDone, seq), err)
	}
	then, err := h.recorded(ctx, b.Again)
	if err != nil {
		return source{}, fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	return source{seq, then}, nil
}

// documents are the newest one and what it becomes.
func (f source) documents(s *record.State, b *plan.Publish, h *Published) (was, is *routes.Document, err error) {
	if s.RoutesSeq != f.follows {
		return nil, nil, fmt.Errorf("%w: they were changed by record %d, and it was to follow record %d", model.ErrNotDone, s.RoutesSeq,
			f.follows)
	}
	if b.Adopts && s.RoutesSeq == 0 { // there were none
		return &routes.Document{}, f.then, nil
	}
	if was, err = plan.RoutesOf(s); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	if b.Adopts {
		return was, f.then, nil
	}
	is, err = b.Apply(cmp.Or(f.then, was), h.Inventory, h.Extensions)
	return was, is, err
}

// recorded is the document of a record of the journal.
func (h *Published) recorded(ctx context.Context, seq int64) (*routes.Document, error) {
	r, err := h.Journal.Record(ctx, seq)
	if err != nil {
		return nil, err
	}
	in := r.Inside()
	if in.Kind == record.KindGenesis {
		var g record.Genesis
		if err := in.Into(&g); err != nil {
			return nil, err
		}
		return plan.RoutesOf(&record.State{RoutesSeq: seq, Routes: g.Routes})
	}
	var b record.Routed
	if err := in.Into(&b); err != nil {
		return nil, err
	}
	return plan.RoutesOf(&record.State{RoutesSeq: seq, Routes: b.Document})
}

// put hands the document to the control plane, unless it has it. One that has neither of the two was changed by somebody else.
func (h *Published) put(ctx context.Context, was, is *routes.Document) (did bool, err error) {
	has, err := h.Owner.Get(ctx)
	switch {
	case err != nil:
		return false, fmt.Errorf("%w: %w", model.ErrNotDone, err)
	case has.Equal(is):
		return true, nil
	case !has.Equal(was):
		return false, fmt.Errorf("changing the routes: %w: the control plane has other routes than those that the plan was made from; %s",
			model.ErrNotDone, notOurs)
	}
	err = h.Owner.Put(ctx, was, is)
	return err == nil, err
}
