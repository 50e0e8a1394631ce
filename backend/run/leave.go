package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/backend/mysql/schema"
	"switchyard/backend/mysql/schema/act"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// schemaDeed is how an order is looked at and done; do is nil of an order that only looks.
type schemaDeed struct {
	look func(*OldSchema, context.Context, plan.Order, plan.Past) (Sight, error)
	do   func(*OldSchema, context.Context, plan.Order, plan.Past) error
}

// leaving is what the hand does once the schema was archived and verified.
var leaving = map[string]schemaDeed{
	"lock_schema": {
		func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.locked(ctx, o.LockSchema, past)
		},
		func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.lock(ctx, o.LockSchema, past)
		},
	},
	"unlock_schema": {
		func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.unlocked(ctx, o.UnlockSchema, past)
		},
		func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.unlock(ctx, o.UnlockSchema, past)
		},
	},
	"rename_schema": {
		func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.renamed(ctx, o.RenameSchema, past)
		},
		func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.rename(ctx, o.RenameSchema, past)
		},
	},
	"rename_back": {
		func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.renamedBack(ctx, o.RenameBack)
		},
		func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.renameBack(ctx, o.RenameBack)
		},
	},
	"replicas_calm": {look: func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
		return h.calm(ctx, o.ReplicasCalm)
	}},
	"archive_intact": {look: func(h *OldSchema, _ context.Context, o plan.Order, _ plan.Past) (Sight, error) {
		return h.intact(o.ArchiveIntact)
	}},
	"drop_table": {
		func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.dropped(ctx, o.DropTable)
		},
		func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.drop(ctx, o.DropTable)
		},
	},
	"drop_empty": {
		func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.droppedEmpty(ctx, o.DropEmpty)
		},
		func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.dropEmpty(ctx, o.DropEmpty)
		},
	},
}

// held are rights as the journal has them.
func held(all []record.FoundSetting) (out []schema.Held) {
	for _, r := range all {
		out = append(out, schema.Held{Grantee: r.Of, Rights: strings.Split(r.Value, ", ")})
	}
	return out
}

// locked finds who may log in, and who has what, before anything of it is taken.
func (h *OldSchema) locked(ctx context.Context, o *plan.Locking, past plan.Past) (Sight, error) {
	at, err := h.on(&o.OnSchema)
	if err != nil {
		return Sight{}, err
	}
	st, err := at.Holders(ctx, o.Had)
	switch {
	case err != nil:
		return Sight{}, err
	case len(st.Open)+len(st.Take) > record.MostFound:
		return Sight{}, fmt.Errorf("%d accounts may use %s, and %d can be noted", len(st.Open)+len(st.Take), &o.OnSchema, record.MostFound)
	case len(st.Open)+len(st.Take)+len(st.Beyond) > 0:
		s := Sight{Verdict: model.Fails, Absent: true}
		lacks := st.Beyond
		for _, who := range st.Open {
			lacks = append(lacks, who+" may log in")
			s.Found = append(s.Found, record.Found{Setting: &record.FoundSetting{Of: model.Clean(who), Name: record.LockOf, Value: "open"}})
		}
		for _, t := range st.Take {
			lacks = append(lacks, t.Grantee+" has "+t.String())
			s.Found = append(
				s.Found,
				record.Found{Setting: &record.FoundSetting{Of: model.Clean(t.Grantee), Name: record.RightsOf, Value: t.String()}},
			)
		}
		s.Says = model.Few(lacks, 4)
		return s, nil
	case len(st.Left(at.Name, 0)) > 0 || !h.out[past.Action]:
		return Sight{Verdict: model.Fails, Absent: true, Says: "sessions from before it was locked may go on"}, nil
	}
	return Sight{Verdict: model.Holds, Says: keptOut(&o.OnSchema, st.Lock)}, nil
}

// keptOut says who is: where each account has rights elsewhere, too, none is locked.
func keptOut(on *plan.OnSchema, locked []string) string {
	if len(locked) == 0 {
		return fmt.Sprintf("nobody else has a right by a grant on %s any more", on)
	}
	return fmt.Sprintf("nobody logs in by an account of %s alone any more: %s", on, model.Few(locked, 4))
}

func (h *OldSchema) lock(ctx context.Context, o *plan.Locking, past plan.Past) error {
	at, err := h.on(&o.OnSchema)
	if err != nil {
		return fmt.Errorf("locking: %w: %w", model.ErrNotDone, err)
	}
	if err := at.Lock(ctx, o.Had, record.LocksIn(past.Found), held(record.RightsIn(past.Found))); err != nil {
		return fmt.Errorf("locking %s: %w", &o.OnSchema, err)
	}
	if h.out == nil {
		h.out = map[string]bool{}
	}
	h.out[past.Action] = true
	return nil
}

// lockOf is what an unlocking gives back: what it names, or what its action found.
func lockOf(u *plan.Unlocking, past plan.Past) (accounts []string, rights []schema.Held) {
	if len(u.Accounts)+len(u.Rights) > 0 {
		return u.Accounts, held(u.Rights)
	}
	return record.LocksIn(past.Found), held(record.RightsIn(past.Found))
}

func (h *OldSchema) unlocked(ctx context.Context, u *plan.Unlocking, past plan.Past) (Sight, error) {
	at, err := h.on(&u.OnSchema)
	if err != nil {
		return Sight{}, err
	}
	accounts, rights := lockOf(u, past)
	st, err := at.Holders(ctx, accounts)
	if err != nil {
		return Sight{}, err
	}
	var lacks, gone []string
	for _, who := range accounts {
		if !slices.Contains(st.Accounts, who) {
			gone = append(gone, who)
		}
		if slices.Contains(st.Lock, who) && !slices.Contains(st.Open, who) {
			lacks = append(lacks, who+" is locked")
		}
	}
	for _, r := range rights {
		if !slices.Contains(st.Accounts, r.Grantee) { // as an account, or as a role, which a server lists among them
			gone = append(gone, r.Grantee)
			continue
		}
		for _, right := range r.Rights {
			if !slices.Contains(st.Has[r.Grantee], right) {
				lacks = append(lacks, r.Grantee+" lacks "+right)
			}
		}
	}
	if len(lacks) > 0 {
		return Sight{Verdict: model.Fails, Absent: true, Says: model.Few(lacks, 4)}, nil
	}
	return Sight{Verdict: model.Holds, Says: "each account that was locked may log in" + butFor(gone)}, nil
}

// butFor names accounts and roles that nothing can be given back to, as somebody dropped them.
func butFor(gone []string) string {
	if len(gone) == 0 {
		return ""
	}
	return ", but for those that are gone: " + model.Clean(model.Few(gone, 4))
}

func (h *OldSchema) unlock(ctx context.Context, u *plan.Unlocking, past plan.Past) error {
	at, err := h.on(&u.OnSchema)
	if err != nil {
		return fmt.Errorf("unlocking: %w: %w", model.ErrNotDone, err)
	}
	accounts, rights := lockOf(u, past)
	return at.Unlock(ctx, accounts, rights)
}

// renamed refuses a schema that was there before this program made it, whatever is in it.
func (h *OldSchema) renamed(ctx context.Context, r *plan.Renaming, past plan.Past) (Sight, error) {
	at, err := h.on(&r.OnSchema)
	if err != nil {
		return Sight{}, err
	}
	p, err := at.Pair(ctx, r.Holding)
	if err != nil {
		return Sight{}, err
	}
	found := []record.Found{{Setting: &record.FoundSetting{Of: model.Clean(r.String()), Name: record.HeldOf, Value: r.Holding}}}
	why := p.Differs(r.Tables)
	switch {
	case p.HoldingThere && past.Intended.IsZero():
		return Sight{}, fmt.Errorf("%w: %s; look what it is, and rename it or ask with --holding NAME", act.ErrHolding, r.Holding)
	case why != "":
		return Sight{}, fmt.Errorf("%s and %s do not hold what was archived and compared: %s", r.Schema, r.Holding, why)
	case len(p.Held) == len(r.Tables) && len(r.Tables) > 0:
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s holds all %s", r.Holding, model.Plural(len(p.Held), "table")), Found: found}, nil
	}
	return Sight{Verdict: model.Fails, Absent: true, Found: found,
		Says: fmt.Sprintf("%s has %d of its %s", r.Schema, len(p.Tables), model.Plural(len(r.Tables), "table"))}, nil
}

func (h *OldSchema) rename(ctx context.Context, r *plan.Renaming, _ plan.Past) error {
	at, err := h.on(&r.OnSchema)
	if err == nil {
		err = still(ctx, at)
	}
	if err != nil {
		return fmt.Errorf("renaming: %w: %w", model.ErrNotDone, err)
	}
	return at.Rename(ctx, r.Holding, r.Tables)
}

func (h *OldSchema) renamedBack(ctx context.Context, r *plan.Renaming) (Sight, error) {
	at, err := h.on(&r.OnSchema)
	if err != nil {
		return Sight{}, err
	}
	p, err := at.Pair(ctx, r.Holding)
	if err != nil {
		return Sight{}, err
	}
	switch why := p.Differs(r.Tables); {
	case why != "":
		return Sight{}, fmt.Errorf("%s and %s do not hold what was renamed: %s", r.Schema, r.Holding, why)
	case p.HoldingThere:
		return Sight{
			Verdict: model.Fails,
			Absent:  true,
			Says:    fmt.Sprintf("%s is there, and holds %s", r.Holding, model.Plural(len(p.Held), "table")),
		}, nil
	}
	return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s has all %s again", r.Schema, model.Plural(len(p.Tables), "table"))}, nil
}

func (h *OldSchema) renameBack(ctx context.Context, r *plan.Renaming) error {
	at, err := h.on(&r.OnSchema)
	if err != nil {
		return fmt.Errorf("renaming back: %w: %w", model.ErrNotDone, err)
	}
	return at.RenameBack(ctx, r.Holding, r.Tables)
}

// calm asks each server how far it is behind. One that does not tell is not calm.
func (h *OldSchema) calm(ctx context.Context, c *plan.Calm) (Sight, error) {
	var lacks []string
	asked := 0
	for _, host := range append(slices.Clone(c.Replicas), c.Others...) {
		at, err := h.on(&plan.OnSchema{Host: host, Schema: c.Schema})
		if err != nil {
			return Sight{}, err
		}
		lag, replicates, err := at.Lag(ctx)
		by, known := lag.Behind()
		switch {
		case err != nil:
			lacks = append(lacks, err.Error())
		case !replicates && slices.Contains(c.Others, host):
		case !replicates:
			lacks = append(lacks, host+" replicates from nobody: take it out of act.split.replicas, if that is meant")
		case !known:
			lacks = append(lacks, host+": "+lag.Why())
		case by > c.Most:
			lacks = append(lacks, host+" is "+model.Span(by)+" behind")
		default:
			asked++
		}
	}
	if len(lacks) > 0 {
		return Sight{Verdict: model.Fails, Says: model.Few(lacks, 4)}, nil
	}
	return Sight{
		Verdict: model.Holds,
		Says:    fmt.Sprintf("%s, none more than %s behind", model.Plural(asked, "replica"), model.Span(c.Most)),
	}, nil
}

// stillCalm waits for replicas that fell behind since they were looked at: whoever goes on after a crash has not waited for them.
func (h *OldSchema) stillCalm(ctx context.Context, c *plan.Calm) error {
	for began := time.Now(); ; {
		s, err := h.calm(ctx, c)
		switch {
		case err != nil:
			return err
		case s.Verdict == model.Holds:
			return nil
		case time.Since(began) > dropWaits:
			return fmt.Errorf("for %s: %s", model.Span(dropWaits), s.Says)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", s.Says, ctx.Err())
		case <-time.After(dropLooks):
		}
	}
}

func (h *OldSchema) intact(o *plan.Intact) (Sight, error) {
	if h.Archiver == nil {
		return Sight{}, fmt.Errorf("nothing here archives %s", &o.OnSchema)
	}
	if err := h.Archiver.Intact(o.Files); err != nil {
		return Sight{Verdict: model.Fails, Says: model.Clean(err.Error())}, nil
	}
	return Sight{Verdict: model.Holds, Says: "both files are what was verified, SHA-256 " + o.Files[0].SHA256}, nil
}

func (h *OldSchema) dropped(ctx context.Context, d *plan.Dropping) (Sight, error) {
	p, err := h.pair(ctx, d)
	switch {
	case err != nil:
		return Sight{}, err
	case slices.Contains(p.Tables, d.Table):
		return Sight{}, fmt.Errorf("%s is in %s again, and only what is held in %s is dropped", d.Table, d.Schema, d.Holding)
	case slices.Contains(p.Held, d.Table):
		return Sight{Verdict: model.Fails, Absent: true, Says: d.Holding + " has it"}, nil
	}
	return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s has no table %s; %d are left", d.Holding, d.Table, len(p.Held))}, nil
}

func (h *OldSchema) pair(ctx context.Context, d *plan.Dropping) (p schema.Pair, err error) {
	at, err := h.on(&d.OnSchema)
	if err != nil {
		return p, err
	}
	return at.Pair(ctx, d.Holding)
}

// How long a drop waits for a replica that fell behind since it was looked at, and how often it looks.
const (
	dropWaits = 20 * time.Minute
	dropLooks = 2 * time.Second
)

func (h *OldSchema) drop(ctx context.Context, d *plan.Dropping) error {
	at, err := h.on(&d.OnSchema)
	if err == nil {
		err = h.stillCalm(ctx, &d.Calm)
	}
	if err == nil { // whoever may write to the schema again has brought it back, or is about to
		err = still(ctx, at)
	}
	if err != nil {
		return fmt.Errorf("dropping: %w: %w", model.ErrNotDone, err)
	}
	return at.Drop(ctx, d.Holding, d.Table)
}

func (h *OldSchema) droppedEmpty(ctx context.Context, d *plan.Dropping) (Sight, error) {
	p, err := h.pair(ctx, d)
	switch left := append(append(slices.Clone(p.Tables), p.Held...), p.Others...); {
	case err != nil:
		return Sight{}, err
	case len(left) > 0:
		return Sight{}, fmt.Errorf("they are not empty: %s", model.Few(left, 4))
	case p.There || p.HoldingThere:
		return Sight{Verdict: model.Fails, Absent: true, Says: "they are there, and empty"}, nil
	}
	return Sight{Verdict: model.Holds, Says: fmt.Sprintf("neither %s nor %s is there", d.Holding, d.Schema)}, nil
}

func (h *OldSchema) dropEmpty(ctx context.Context, d *plan.Dropping) error {
	at, err := h.on(&d.OnSchema)
	if err != nil {
		return fmt.Errorf("dropping: %w: %w", model.ErrNotDone, err)
	}
	return at.DropEmpty(ctx, d.Holding)
}
