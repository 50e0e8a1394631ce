package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/bacula"
	"switchyard/backend/rds/act"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Rows is the catalog on one server, as far as it tells of jobs and volumes.
type Rows interface {
	Rows(ctx context.Context, jobids []uint32) ([]bacula.Row, error)
	VolumeStatuses(ctx context.Context, names []string) (map[string]string, error)
}

// numbers want each table of a server to number on from at least what is known, and from what the server itself was found to have before.
func (h *Amazon) numbers(ctx context.Context, n *plan.Numbers, past plan.Past) (Sight, error) {
	s := h.Servers[AtInstance(n.ID, n.Region)]
	if s == nil {
		return Sight{}, fmt.Errorf("the server of %s is not known: there is no login for it", n.ID)
	}
	is, err := s.Numbers(ctx)
	if err != nil {
		return Sight{}, err
	}
	want, found := numbersOf(n, past), []record.Found(nil)
	if want == nil {
		for _, t := range is {
			want = append(want, atLeast(n, t))
		}
		found = []record.Found{{Numbers: &record.FoundNumbers{Of: n.ID, Next: want}}}
	}
	var low []string
	for _, t := range want {
		if i := slices.IndexFunc(is, func(i model.NextID) bool { return i.Table == t.Table }); i < 0 || is[i].Next < t.Next {
			low = append(low, act.Raises(t)+";")
		}
	}
	if len(low) > 0 {
		return Sight{Verdict: model.Fails, Says: "not yet: " + strings.Join(low, " "), Found: found}, nil
	}
	return Sight{
		Verdict: model.Holds,
		Says:    fmt.Sprintf("all %s of %s number on above what was given", model.Plural(len(want), "table"), n.ID),
		Found:   []record.Found{{Numbers: &record.FoundNumbers{Of: n.ID, Next: want}}},
	}, nil
}

// atLeast is what a table is to number on from. What the server says itself is the least that was given: without anything better it is gone
// far beyond.
func atLeast(n *plan.Numbers, is model.NextID) model.NextID {
	for _, known := range n.Above {
		if known.Table == is.Table && known.Next >= is.Next {
			return known
		}
		if known.Table == is.Table { // it was read before much that is not lost
			return is.Above(0, true)
		}
	}
	return is.Above(0, false)
}

// numbersOf is what the step found when it began; nil when it has not begun.
func numbersOf(n *plan.Numbers, past plan.Past) (want []model.NextID) {
	for _, f := range past.Found {
		if f.Numbers != nil && f.Step == past.Step && f.Numbers.Of == n.ID {
			want = f.Numbers.Next
		}
	}
	return want
}

func (h *Amazon) raise(ctx context.Context, n *plan.Numbers, past plan.Past) error {
	by := h.Numberers[AtInstance(n.ID, n.Region)]
	want := numbersOf(n, past)
	switch {
	case by == nil:
		return fmt.Errorf("raising numbers: %w: act.numbers names no login", model.ErrNotDone)
	case want == nil:
		return fmt.Errorf("raising numbers: %w: nobody noted what they were", model.ErrNotDone)
	}
	if _, err := h.describe(ctx, &n.OnInstance); err != nil {
		return fmt.Errorf("raising numbers: %w: %w", model.ErrNotDone, err)
	}
	return by.Raise(ctx, want)
}

// lost looks for each job that is known to have ended in the promoted catalog. A row that calls it open, or that is another job's, is none.
func (h *Amazon) lost(ctx context.Context, l *plan.Lost) (Sight, error) {
	in := h.Catalogs[AtInstance(l.ID, l.Region)]
	if in == nil {
		return Sight{}, fmt.Errorf("the catalog on %s is not known: there is no login for it", l.ID)
	}
	ids := make([]uint32, len(l.Jobs))
	for i := range l.Jobs {
		ids[i] = l.Jobs[i].ID
	}
	rows, err := in.Rows(ctx, ids)
	if err != nil {
		return Sight{}, err
	}
	loss := record.FoundLoss{Looked: len(l.Jobs)}
	for _, j := range l.Jobs {
		has := slices.ContainsFunc(rows, func(r bacula.Row) bool { return r.ID == j.ID && r.Job == j.Job && r.Status == j.Status })
		if !has {
			loss.Jobs = append(loss.Jobs, j)
		}
	}
	return Sight{Verdict: model.Holds, Says: loss.String(), Found: []record.Found{{Loss: &loss}}}, nil
}

// sealed are the statuses of volumes that Bacula neither writes to nor recycles.
var sealed = []string{"Read-Only", "Archive", "Disabled"}

// used wants none of the volumes written to any more. One that the catalog does not have is written to by nobody.
func (h *Amazon) used(ctx context.Context, u *plan.ReadOnly, past plan.Past) (Sight, error) {
	names := u.All(past)
	if len(names) == 0 {
		return Sight{Verdict: model.Holds, Says: "no volume is known that a lost job was written to"}, nil
	}
	open, is, err := h.unsealed(ctx, u, names)
	if err != nil {
		return Sight{}, err
	}
	if len(open) > 0 {
		var says []string
		for _, v := range open {
			says = append(says, v+" "+is[v])
		}
		return Sight{Verdict: model.Fails, Says: "Bacula may write to them: " + model.Clean(strings.Join(says, ", "))}, nil
	}
	return Sight{
		Verdict: model.Holds,
		Says:    fmt.Sprintf("Bacula writes to none of %s, %d are in the catalog", model.Plural(len(names), "volume"), len(is)),
	}, nil
}

// unsealed are those of the volumes that Bacula may write to, and what the catalog says of each that it has.
func (h *Amazon) unsealed(ctx context.Context, u *plan.ReadOnly, names []string) (open []string, is map[string]string, err error) {
	in := h.Catalogs[AtInstance(u.ID, u.Region)]
	if in == nil {
		return nil, nil, fmt.Errorf("the catalog on %s is not known: there is no login for it", u.ID)
	}
	if is, err = in.VolumeStatuses(ctx, names); err != nil {
		return nil, nil, err
	}
	for _, v := range names {
		if status, has := is[v]; has && !slices.Contains(sealed, status) {
			open = append(open, v)
		}
	}
	return open, is, nil
}

// seal marks those that are not yet. Where an answer is lost or one is refused, the others are marked all the same: to say it twice does no
// harm, the look sees what came of it, and a name that no console takes is no reason to let Bacula write over the rest.
func (h *Amazon) seal(ctx context.Context, u *plan.ReadOnly, past plan.Past) error {
	if h.Seals == nil {
		return fmt.Errorf("marking volumes: %w: act.green.consoles names no console for volumes", model.ErrNotDone)
	}
	open, _, err := h.unsealed(ctx, u, u.All(past))
	if err != nil {
		return fmt.Errorf("marking volumes: %w: %w", model.ErrNotDone, err)
	}
	var lost, refused []error
	for _, v := range open {
		err := h.Seals(ctx, u.Director, u.Line(v), v)
		switch {
		case ctx.Err() != nil:
			return errors.Join(append(lost, err)...)
		case errors.Is(err, model.ErrNotDone):
			refused = append(refused, err)
		case err != nil:
			lost = append(lost, err)
		}
	}
	if len(lost) > 0 { // perhaps it was done
		return lost[0]
	}
	return errors.Join(refused[:min(len(refused), 3)]...)
}
