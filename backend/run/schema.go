package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/backend/mysql/schema"
	"switchyard/backend/mysql/schema/act"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// OldSchema is the hand that leaves blue's schema. It is for one runner: not safe for concurrent use.
type OldSchema struct {
	On       map[string]*act.Schema // by host
	Archiver *Archiver              // nil: nothing is archived here
	With     *schema.Schema         // where archives are restored; nil: nowhere

	alone    map[string]bool                // by action, whether this process has seen every session from before a freeze end
	out      map[string]bool                // likewise of a lock
	compared map[string][]record.FoundTable // by action, what this process has restored and seen to be the same
}

// schemas are what the hand does, by the orders' names in their table.
var schemas = map[string]schemaDeed{
	"freeze_schema": {
		look: func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.frozen(ctx, o.FreezeSchema, past)
		},
		do: func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.freeze(ctx, o.FreezeSchema, past)
		},
	},
	"thaw_schema": {
		look: func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.thawed(ctx, o.ThawSchema, past)
		},
		do: func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.thaw(ctx, o.ThawSchema, past)
		},
	},
	"archive_schema": {
		look: func(h *OldSchema, _ context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.archived(o.ArchiveSchema)
		},
		do: func(h *OldSchema, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.archive(ctx, o.ArchiveSchema)
		},
	},
	"compare_schema": {
		look: func(h *OldSchema, _ context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.seenSame(o.CompareSchema, past)
		},
		do: func(h *OldSchema, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.compare(ctx, o.CompareSchema, past)
		},
	},
}

func init() { maps.Copy(schemas, leaving) }

// Look looks at the schema, its archive, or what this process has compared.
func (h *OldSchema) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	row, err := o.Row()
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	d, known := schemas[row.Name]
	if !known {
		return Sight{}, fmt.Errorf("looking at a step: to %s is nothing of a schema", row.Does)
	}
	return d.look(h, ctx, o, past)
}

// Do changes it, or what is kept of it.
func (h *OldSchema) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	row, err := o.Row()
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	d := schemas[row.Name]
	if d.do == nil {
		return fmt.Errorf("doing a step: %w: to %s is nothing of a schema", model.ErrNotDone, row.Does)
	}
	return d.do(h, ctx, o, past)
}

func (h *OldSchema) on(s *plan.OnSchema) (*act.Schema, error) {
	at := h.On[s.Host]
	if at == nil || at.Name != s.Schema {
		return nil, fmt.Errorf("the configuration has no %s that is left", s)
	}
	return at, nil
}

// frozen finds what accounts have before anything of it is taken.
func (h *OldSchema) frozen(ctx context.Context, o *plan.OnSchema, past plan.Past) (Sight, error) {
	at, err := h.on(o)
	if err != nil {
		return Sight{}, err
	}
	st, err := at.Writers(ctx)
	switch {
	case err != nil:
		return Sight{}, err
	case len(st.Held) > record.MostFound:
		return Sight{}, fmt.Errorf("%d accounts may change %s, and %d can be noted: take the rights of some by hand first", len(st.Held), o,
			record.MostFound)
	case len(st.Held)+len(st.Beyond) == 0 && h.alone[past.Action]:
		return Sight{Verdict: model.Holds, Says: "no account has a right by which " + o.String() + " could be changed"}, nil
	case len(st.Held)+len(st.Beyond) == 0:
		return Sight{Verdict: model.Fails, Absent: true, Says: "sessions from before it was frozen may go on"}, nil
	}
	s := Sight{Verdict: model.Fails, Absent: true}
	lacks := st.Beyond
	for _, w := range st.Held {
		lacks = append(lacks, w.Grantee+" may "+w.String())
		s.Found = append(
			s.Found,
			record.Found{Setting: &record.FoundSetting{Of: model.Clean(w.Grantee), Name: record.RightsOf, Value: w.String()}},
		)
	}
	s.Says = model.Few(lacks, 4)
	return s, nil
}

// freeze takes what is noted alone.
func (h *OldSchema) freeze(ctx context.Context, o *plan.OnSchema, past plan.Past) error {
	at, err := h.on(o)
	if err != nil {
		return fmt.Errorf("freezing: %w: %w", model.ErrNotDone, err)
	}
	if err := at.Freeze(ctx, taken(&plan.Thaw{}, past)); err != nil {
		return fmt.Errorf("freezing %s: %w", o, err)
	}
	if h.alone == nil {
		h.alone = map[string]bool{}
	}
	h.alone[past.Action] = true
	return nil
}

// still wants nobody to have a right to change what was frozen: it may have been given since.
func still(ctx context.Context, at *act.Schema) error {
	st, err := at.Writers(ctx)
	if err != nil {
		return err
	}
	who := st.Beyond
	for _, w := range st.Held {
		who = append(who, model.Clean(w.Grantee+" may "+w.String()))
	}
	if len(who) > 0 {
		return fmt.Errorf("it is not frozen any more, undo the freeze and freeze it again: %s", model.Few(who, 4))
	}
	return nil
}

// taken are the rights that a thaw gives back.
func taken(t *plan.Thaw, past plan.Past) []schema.Held {
	all := t.Rights
	if len(all) == 0 {
		all = record.RightsIn(past.Found)
	}
	return held(all)
}

func (h *OldSchema) thawed(ctx context.Context, t *plan.Thaw, past plan.Past) (Sight, error) {
	at, err := h.on(&t.OnSchema)
	if err != nil {
		return Sight{}, err
	}
	st, err := at.Writers(ctx)
	if err != nil {
		return Sight{}, err
	}
	has := map[string]string{}
	for _, w := range st.Held {
		has[model.Clean(w.Grantee)] = ", " + w.String() + ","
	}
	var lacks []string
	var gone []string
	for _, w := range taken(t, past) {
		if !slices.Contains(st.Accounts, w.Grantee) {
			gone = append(gone, w.Grantee)
			continue
		}
		for _, r := range w.Rights {
			if !strings.Contains(has[w.Grantee], ", "+r+",") {
				lacks = append(lacks, w.Grantee+" lacks "+r)
			}
		}
	}
	if len(lacks) > 0 {
		return Sight{Verdict: model.Fails, Absent: true, Says: model.Few(lacks, 4)}, nil
	}
	return Sight{Verdict: model.Holds, Says: "each account has what was taken from it" + butFor(gone)}, nil
}

func (h *OldSchema) thaw(ctx context.Context, t *plan.Thaw, past plan.Past) error {
	at, err := h.on(&t.OnSchema)
	if err != nil {
		return fmt.Errorf("giving rights back: %w: %w", model.ErrNotDone, err)
	}
	return at.Thaw(ctx, taken(t, past))
}

// archived looks at both files, whole: they are there under their names only once every command had ended well.
func (h *OldSchema) archived(a *plan.Archiving) (Sight, error) {
	if h.Archiver == nil {
		return Sight{}, fmt.Errorf("nothing here archives %s", &a.OnSchema)
	}
	files, lacks, err := h.Archiver.Files(a)
	switch {
	case err != nil:
		return Sight{}, err
	case lacks != "":
		return Sight{Verdict: model.Fails, Absent: true, Says: lacks}, nil
	}
	s := Sight{
		Verdict: model.Holds,
		Says:    fmt.Sprintf("%s is in %s and %s, SHA-256 %s", a.Name, a.Places[0].Dir, a.Places[1].Dir, files[0].SHA256),
	}
	for i := range files {
		s.Found = append(s.Found, record.Found{File: &files[i]})
	}
	return s, nil
}

func (h *OldSchema) archive(ctx context.Context, a *plan.Archiving) error {
	at, err := h.on(&a.OnSchema)
	if err == nil && h.Archiver == nil {
		err = fmt.Errorf("nothing here archives %s", &a.OnSchema)
	}
	if err != nil {
		return fmt.Errorf("archiving: %w: %w", model.ErrNotDone, err)
	}
	l, err := at.Look(ctx)
	if err == nil {
		err = still(ctx, at)
	}
	if err != nil {
		return fmt.Errorf("archiving: %w: %w", model.ErrNotDone, err)
	}
	for _, p := range a.Places {
		if strings.EqualFold(p.On, l.Server) {
			return fmt.Errorf("archiving: %w: %s is on %s, the server whose schema is to be dropped: write another place", model.ErrNotDone,
				model.Clean(p.Dir), model.Clean(p.On))
		}
	}
	if err := h.Archiver.Make(ctx, a, func() error { return still(ctx, at) }); err != nil {
		// What it had begun is removed, and nothing of it goes on.
		return fmt.Errorf("archiving %s: %w: %w", &a.OnSchema, model.ErrNotDone, err)
	}
	return nil
}

func (h *OldSchema) seenSame(c *plan.Comparing, past plan.Past) (Sight, error) {
	tables, is := h.compared[past.Action]
	if !is {
		return Sight{Verdict: model.Fails, Absent: true, Says: "it was not compared to its end"}, nil
	}
	found := record.Found{Tables: &record.FoundTables{Of: c.Schema, Host: c.Host, SHA256: c.Files[0].SHA256, Tables: tables}}
	return Sight{Verdict: model.Holds, Says: found.String(), Found: []record.Found{found}}, nil
}

// compare proves the archive that lies in both places: it is loaded elsewhere, and then each table is read on both servers.
func (h *OldSchema) compare(ctx context.Context, c *plan.Comparing, past plan.Past) error {
	at, err := h.on(&c.OnSchema)
	switch {
	case err != nil:
	case h.Archiver == nil || h.With == nil || h.With.Login.Address != c.With.Host || h.With.Name != c.With.Schema:
		err = fmt.Errorf("the configuration has no %s to restore it to", &c.With)
	case c.With.Host == c.Host:
		err = fmt.Errorf("%s is the server that it is of", c.Host)
	default:
		err = h.Archiver.Intact(c.Files)
	}
	if err == nil {
		err = still(ctx, at)
	}
	if err == nil {
		err = at.Another(ctx, h.With)
	}
	if err == nil {
		err = h.Archiver.Restore(ctx, c)
	}
	var is, back []schema.Content
	if err == nil {
		is, err = at.Contents(ctx)
	}
	if err == nil {
		back, err = h.With.Contents(ctx)
	}
	if err == nil {
		err = differ(is, back)
	}
	if err != nil { // whatever was loaded elsewhere is loaded anew: nothing of what is archived was changed
		return fmt.Errorf("comparing the archive of %s: %w: %w", &c.OnSchema, model.ErrNotDone, err)
	}
	tables := []record.FoundTable{}
	for _, t := range is {
		tables = append(tables, record.FoundTable{Name: model.Clean(t.Table), Rows: t.Rows, Sum: t.Sum})
	}
	if h.compared == nil {
		h.compared = map[string][]record.FoundTable{}
	}
	h.compared[past.Action] = tables
	return nil
}

// differ says which tables are not the same.
func differ(is, back []schema.Content) error {
	there := map[string]schema.Content{}
	for _, t := range back {
		there[t.Table] = t
	}
	var lacks []string
	for _, t := range is {
		b, known := there[t.Table]
		delete(there, t.Table)
		switch {
		case !known:
			lacks = append(lacks, t.Table+" is not in the archive")
		case b.Rows != t.Rows:
			lacks = append(lacks, fmt.Sprintf("%s has %d rows, and restored %d", t.Table, t.Rows, b.Rows))
		case b.Sum != t.Sum:
			lacks = append(lacks, t.Table+" has other rows restored")
		}
	}
	for name := range there {
		lacks = append(lacks, name+" is there restored alone: empty that server's database first")
	}
	switch {
	case len(is) == 0:
		return fmt.Errorf("there is no table to be compared")
	case len(lacks) > 0:
		return fmt.Errorf("it is not the same: %s", model.Few(lacks, 4))
	}
	return nil
}

// archiveLimit is how long a command has to end once its pipe has.
const archiveLimit = 10 * time.Second
