package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Locking keeps accounts of a schema out.
type Locking struct {
	OnSchema
	Had []string `json:"had,omitempty"` // who could change it until it was frozen, as grantees: nothing else tells that of them any more
}

// Unlocking lets accounts log in again that a lock keeps out, and gives back what it took of others.
type Unlocking struct {
	OnSchema
	Accounts []string              `json:"accounts,omitempty"` // as grantees; none: those that its action found
	Rights   []record.FoundSetting `json:"rights,omitempty"`
}

// Renaming moves the tables of a schema into one of their own that holds them, or back.
type Renaming struct {
	OnSchema
	Holding string   `json:"holding"`
	Tables  []string `json:"tables,omitempty"` // all of them, and no other; none: nobody has told
}

// Dropping drops one table out of the schema that holds it, or both schemas once they are empty.
type Dropping struct {
	OnSchema
	Holding string `json:"holding"`
	Table   string `json:"table,omitempty"`
	Calm    Calm   `json:"calm,omitzero"` // how the replicas must be, of a table
}

// Calm wants no replica of a schema's server to be far behind.
type Calm struct {
	OnSchema
	Replicas []string      `json:"replicas,omitempty"` // which must replicate
	Others   []string      `json:"others,omitempty"`   // which may be replicas, too
	Most     time.Duration `json:"most_ns"`
}

// Intact wants the files of an archive to be what they were when it was verified.
type Intact struct {
	OnSchema
	Files []record.FoundFile `json:"files,omitempty"`
}

// HoldingOf is the name of the schema that holds another one's tables before they are dropped: of the day on which they are renamed.
func HoldingOf(schema string, at time.Time) string {
	return schema + "__dropped_" + at.UTC().Format("20060102")
}

func (u *Unlocking) sends() string {
	if len(u.Accounts)+len(u.Rights) == 0 {
		return model.Clean(u.Host + ": ALTER USER ... ACCOUNT UNLOCK, for each that was locked")
	}
	var all []string
	for _, a := range u.Accounts {
		all = append(all, "ALTER USER "+a+" ACCOUNT UNLOCK")
	}
	for _, r := range u.Rights {
		all = append(all, fmt.Sprintf("GRANT %s ON %s.* TO %s", r.Value, u.Schema, r.Of))
	}
	return model.Clean(u.Host + ": " + strings.Join(all, "; "))
}

func (r *Renaming) sends(back bool) string {
	from, to := r.Schema, r.Holding
	if back {
		from, to = to, from
	}
	says := fmt.Sprintf("%s: RENAME TABLE %s.* TO %s.*, %s in one statement", r.Host, from, to, model.Plural(len(r.Tables), "table"))
	if back {
		return model.Clean(says + "; DROP DATABASE " + from + ", once it is empty")
	}
	return model.Clean(r.Host + ": CREATE DATABASE " + to + "; " + strings.TrimPrefix(says, r.Host+": "))
}

func (d *Dropping) sends() string {
	if d.Table == "" {
		return model.Clean(fmt.Sprintf("%s: DROP DATABASE %s; DROP DATABASE %s; each only while it is empty", d.Host, d.Holding, d.Schema))
	}
	return model.Clean(fmt.Sprintf("%s: DROP TABLE %s.%s", d.Host, d.Holding, d.Table))
}

func leaveWords(o *Order) (name, done string) {
	switch {
	case o.LockSchema != nil:
		s := &o.LockSchema.OnSchema
		return "lock the accounts of " + s.String(),
			"each account that has rights on it alone is locked, the others have none on it any more, and no session of theirs is left"
	case o.UnlockSchema != nil:
		return "unlock the accounts of " + o.UnlockSchema.String(), "each account that was locked may log in, and has what was taken from it"
	case o.RenameSchema != nil:
		r := o.RenameSchema
		return model.Clean(fmt.Sprintf("rename the tables of %s into %s", &r.OnSchema, r.Holding)),
			model.Clean(fmt.Sprintf("%s has all %s, and %s has none", r.Holding, model.Plural(len(r.Tables), "table"), r.Schema))
	case o.RenameBack != nil:
		r := o.RenameBack
		return model.Clean(fmt.Sprintf("rename the tables of %s back into %s", r.Holding, &r.OnSchema)),
			model.Clean(fmt.Sprintf("%s has all %s, and %s is gone", r.Schema, model.Plural(len(r.Tables), "table"), r.Holding))
	case o.ReplicasCalm != nil:
		return model.Clean("wait until the replicas of " + o.ReplicasCalm.Host + " keep up"),
			"no replica of it is more than " + model.Span(o.ReplicasCalm.Most) + " behind, and each tells"
	case o.ArchiveIntact != nil:
		return "see the archive whole in both places", "both files have the SHA-256 of what was verified"
	case o.DropTable != nil:
		d := o.DropTable
		return model.Clean("drop the table " + d.Table), model.Clean(d.Holding + " has no table " + d.Table)
	case o.DropEmpty != nil:
		d := o.DropEmpty
		return model.Clean("drop the empty schemas " + d.Holding + " and " + d.Schema), model.Clean("neither is on " + d.Host)
	}
	return "", ""
}

// leaveOrders are the rows of the orders that follow once the old schema was archived and verified.
var leaveOrders = []Row{
	{
		Name: "lock_schema", Does: "lock the accounts of a schema", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.LockSchema != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.LockSchema.touches() },
		sends: func(o *Order) string {
			return model.Clean(o.LockSchema.Host + ": ALTER USER ... ACCOUNT LOCK for each account of " + o.LockSchema.Schema +
				" alone; REVOKE what others have on it; KILL their sessions")
		},
	},
	{
		Name: "unlock_schema", Does: "unlock the accounts of a schema", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.UnlockSchema != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.UnlockSchema.touches() },
		sends:   func(o *Order) string { return o.UnlockSchema.sends() },
	},
	{
		Name: "rename_schema", Does: "rename the tables of a schema into one that holds them", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.RenameSchema != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.RenameSchema.touches() },
		sends:   func(o *Order) string { return o.RenameSchema.sends(false) },
	},
	{
		Name: "rename_back", Does: "rename the tables of a schema back", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.RenameBack != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.RenameBack.touches() },
		sends:   func(o *Order) string { return o.RenameBack.sends(true) },
	},
	{
		Name: "replicas_calm", Does: "wait until the replicas keep up", Reaches: OldSchema, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.ReplicasCalm != nil },
		keeps: keepsNothing,
	},
	{
		Name: "archive_intact", Does: "see an archive whole", Reaches: OldSchema, Looks: true,
		is:    func(o *Order) bool { return o.ArchiveIntact != nil },
		keeps: keepsNothing,
	},
	{
		Name: "drop_table", Does: "drop a table", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.DropTable != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.DropTable.touches() },
		sends:   func(o *Order) string { return o.DropTable.sends() },
	},
	{
		Name: "drop_empty", Does: "drop schemas that are empty", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.DropEmpty != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.DropEmpty.touches() },
		sends:   func(o *Order) string { return o.DropEmpty.sends() },
	},
}

func init() { orders = append(orders, leaveOrders...) }

// least first: a table that is small shows first what goes wrong.
func least(t *record.FoundTables) (names []string) {
	all := slices.Clone(t.Tables)
	slices.SortStableFunc(all, func(a, b record.FoundTable) int {
		switch {
		case a.Rows < b.Rows:
			return -1
		case a.Rows > b.Rows:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, f := range all {
		names = append(names, f.Name)
	}
	return names
}
