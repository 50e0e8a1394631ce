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
	HighestVolume(ctx context.Context) (uint64, error)
	NewestVolumes(ctx context.Context) ([]model.JobVolume, error)
}

// numbers want each table of a server to number on from at least what is known, and from what the server itself was found to have before; a
// row of each volume that lost jobs wrote to, to which nothing is written where it had none; and a MediaId as high as the next was to be.
func (h *Amazon) numbers(ctx context.Context, n *plan.Numbers, past plan.Past) (Sight, error) {
	s := h.Servers[AtInstance(n.ID, n.Region)]
	if s == nil {
		return Sight{}, fmt.Errorf("the server of %s is not known: there is no login for it", n.ID)
	}
	is, err := s.Numbers(ctx)
	if err != nil {
		return Sight{}, err
	}
	k, err := h.keeps(ctx, n, past)
	if err != nil {
		return Sight{}, err
	}
	want := numbersOf(n, past)
	begun := want != nil
	if !begun {
		want = &record.FoundNumbers{Of: n.ID, Lost: k.lacks}
		for _, t := range is {
			want.Next = append(want.Next, atLeast(n, t))
		}
	}
	found := []record.Found{{Numbers: want}}
	var not []string
	for _, t := range want.Next {
		if i := slices.IndexFunc(is, func(i model.NextID) bool { return i.Table == t.Table }); i < 0 || is[i].Next < t.Next {
			not = append(not, act.Raises(t)+";")
		}
	}
	rows, err := k.missing(want)
	if err != nil {
		return Sight{}, err
	}
	if not = append(not, rows...); len(not) > 0 {
		sight := Sight{Verdict: model.Fails, Says: "not yet: " + strings.Join(not, " ")}
		if !begun {
			sight.Found = found
		}
		return sight, nil
	}
	says := fmt.Sprintf("all %s of %s number on above what was given, and new volumes are named above MediaId %d",
		model.Plural(len(want.Next), "table"), n.ID, k.highest)
	if len(k.names) > 0 {
		says += fmt.Sprintf("; each of %s has a row, of which %d had none", model.Plural(len(k.names), "lost volume"), len(want.Lost))
	}
	if len(k.never) > 0 {
		says += "; Bacula names no volume " + strings.Join(k.never[:min(len(k.never), neverTold)], ", ")
	}
	return Sight{Verdict: model.Holds, Says: model.Clean(says), Found: found}, nil
}

const (
	rowsTold  = 20 // statements of rows that a look tells at once
	neverTold = 5
)

// keeping is what a catalog has of the volumes whose names it must not give again.
type keeping struct {
	names, never []string
	is           map[string]string   // VolStatus by name
	lacks        []string            // names that it has no row of
	newest       []model.JobVolume   // of what it has; not read where it lacks none
	jobs         map[string][]string // by volume: the Job resources of lost jobs that wrote to it
	highest      uint64              // MediaId
}

func (h *Amazon) keeps(ctx context.Context, n *plan.Numbers, past plan.Past) (k keeping, err error) {
	in := h.Catalogs[AtInstance(n.ID, n.Region)]
	if in == nil {
		return k, fmt.Errorf("the catalog on %s is not known: there is no login for it", n.ID)
	}
	k.names, k.never = n.Keep(past)
	if k.is, err = in.VolumeStatuses(ctx, k.names); err != nil {
		return k, err
	}
	if k.highest, err = in.HighestVolume(ctx); err != nil {
		return k, err
	}
	for _, v := range k.names {
		if _, has := k.is[v]; !has {
			k.lacks = append(k.lacks, v)
		}
	}
	if len(k.lacks) == 0 {
		return k, nil
	}
	k.jobs = map[string][]string{}
	for _, f := range past.Found {
		if f.Loss == nil {
			continue
		}
		for i := range f.Loss.Jobs {
			j := &f.Loss.Jobs[i]
			if name, is := model.JobName(j.Job); is {
				for _, v := range j.Volumes {
					k.jobs[v] = append(k.jobs[v], name)
				}
			}
		}
	}
	k.newest, err = in.NewestVolumes(ctx)
	return k, err
}

// missing are the statements that a person could say for what the catalog lacks, and what a row must be that it did not have.
func (k *keeping) missing(want *record.FoundNumbers) (not []string, err error) {
	rows, place, err := k.rows(want)
	if err != nil {
		return nil, err
	}
	for _, v := range rows {
		not = append(not, v.Insert()+";")
	}
	if len(rows) == 0 && place != nil {
		not = append(not, place.Insert()+";")
	}
	for _, v := range want.Lost {
		if status, has := k.is[v]; has && !slices.Contains(sealed, status) {
			not = append(not, "UPDATE Media SET VolStatus = 'Read-Only', Enabled = 0, Recycle = 0 WHERE VolumeName = "+model.SQLText(v)+";")
		}
	}
	if more := len(not) - rowsTold; more > 0 {
		not = append(not[:rowsTold], fmt.Sprintf("and %d more", more))
	}
	return not, nil
}

// rows are those that the catalog lacks; place is the one that lifts its highest MediaId where none of them does, nil where it is as high
// as the next one was to be.
func (k *keeping) rows(want *record.FoundNumbers) (rows []model.KeptVolume, place *model.KeptVolume, err error) {
	i := slices.IndexFunc(want.Next, func(t model.NextID) bool { return t.Table == "Media" })
	if i < 0 {
		return nil, nil, fmt.Errorf("nobody can tell what %s numbers its volumes by", want.Of)
	}
	for _, v := range k.lacks {
		rows = append(rows, model.KeptLike(v, k.jobs[v], k.newest))
	}
	if next := want.Next[i].Next; k.highest+1 < next {
		p := model.KeptPlace(next)
		place = &p
	}
	return rows, place, nil
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
func numbersOf(n *plan.Numbers, past plan.Past) (want *record.FoundNumbers) {
	for _, f := range past.Found {
		if f.Numbers != nil && f.Step == past.Step && f.Numbers.Of == n.ID {
			want = f.Numbers
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
	k, err := h.keeps(ctx, n, past)
	if err != nil {
		return fmt.Errorf("raising numbers: %w: %w", model.ErrNotDone, err)
	}
	rows, place, err := k.rows(want)
	if err != nil {
		return fmt.Errorf("raising numbers: %w: %w", model.ErrNotDone, err)
	}
	return by.Raise(ctx, want.Next, rows, place)
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

// used wants none of the volumes written to any more. The name of one that the catalog does not have is given to a new one.
func (h *Amazon) used(ctx context.Context, u *plan.ReadOnly, past plan.Past) (Sight, error) {
	names := u.All(past)
	if len(names) == 0 {
		return Sight{Verdict: model.Holds, Says: "no volume is known that a lost job was written to"}, nil
	}
	open, is, err := h.unsealed(ctx, u, names)
	if err != nil {
		return Sight{}, err
	}
	var says, rows []string
	for _, v := range open {
		says = append(says, v+" "+is[v])
	}
	for _, v := range names {
		if _, has := is[v]; !has && model.VolumeRefused(v) == "" {
			says, rows = append(says, v+" has no row"), append(rows, model.InsertLike(v)+";")
		}
	}
	if len(says) > 0 {
		says = append([]string{"Bacula may write to them: " + strings.Join(says, ", ")}, rows[:min(len(rows), rowsTold)]...)
		return Sight{Verdict: model.Fails, Says: model.Clean(strings.Join(says, "; "))}, nil
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
