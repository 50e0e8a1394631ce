package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// The rungs that follow once the schema was archived and verified.
const (
	RungLock   Rung = "lock"
	RungRename Rung = "rename"
	RungDrop   Rung = "drop"
)

// How long what these do may take. A table is dropped in a moment or in an hour, by its file; replicas may have to catch up before it.
const (
	renamedIn = 10 * time.Minute
	droppedIn = 2 * time.Hour
	calmIn    = 24 * time.Hour
	intactIn  = 12 * time.Hour
)

// holdingName is what a schema that holds tables may be called.
var holdingName = model.Pattern(`^[A-Za-z0-9_$]{1,64}$`)

// leaves makes the plan of a rung that follows the archive.
func (s *Split) leaves(w World, p *Plan) (ids []string, err error) {
	l := w.Routing.Leaving
	on := OnSchema{Host: w.holds(l), Schema: l.Schema}
	verified := w.State.Rung(string(RungVerify), p.ID)
	var tables *record.FoundTables
	if verified != nil {
		tables = verified.Tables()
	}
	if tables != nil && slices.Contains(l.Hosts, tables.Host) { // nothing else says where it is, once its tables have another name
		on.Host = tables.Host
	}
	after := append([]string{"split-frozen", "split-verified"}, splitGates...)
	switch {
	case s.Rung == RungLock && s.Undo:
		return []string{"split-locked", "split-topmost"}, w.unlocks(p, on)
	case s.Rung == RungRename && s.Undo:
		return []string{"split-renamed", "split-topmost"}, w.renamesBack(p, on, tables)
	case s.Undo:
		return nil, fmt.Errorf("%s is never undone: what was dropped comes out of the archive", s.Rung)
	case s.Rung == RungLock:
		return append([]string{"split-silent", "split-topmost"}, after...), w.locks(p, on)
	case s.Rung == RungRename:
		return append([]string{"split-locked", "split-silent", "split-topmost"}, after...), s.renames(w, p, on, tables)
	}
	return append([]string{"split-locked", "split-renamed", "split-silent"}, after...), w.drops(p, on, verified, tables)
}

func (w World) locks(p *Plan, on OnSchema) error {
	lock := &Locking{OnSchema: on}
	_, rights := w.State.Taken(p.ID)
	for _, r := range rights {
		lock.Had = append(lock.Had, r.Of)
	}
	p.Steps = []Step{
		{Order: Order{LockSchema: lock}, Limit: frozenIn, Back: &Step{Order: Order{UnlockSchema: &Unlocking{OnSchema: on}}, Limit: frozenIn}},
	}
	p.Costs = []string{
		"whoever logs in by an account of " + on.String() + " alone is refused, and who has rights elsewhere, too, loses those on it: " +
			"who still needs it is heard then, and by switchyard split observe",
	}
	p.Undo = []string{"switchyard split lock --undo unlocks them and gives every right back: nothing is lost by it"}
	return nil
}

func (w World) unlocks(p *Plan, on OnSchema) error {
	_, accounts, rights := w.State.Locked(p.ID)
	p.Steps = []Step{{Order: Order{UnlockSchema: &Unlocking{OnSchema: on, Accounts: accounts, Rights: rights}}, Limit: frozenIn}}
	p.Costs = []string{"whoever could read " + on.String() + " can read it again"}
	p.Undo = []string{"switchyard split lock locks them again"}
	return nil
}

func (s *Split) renames(w World, p *Plan, on OnSchema, tables *record.FoundTables) error {
	if s.Holding == "" { // the plan keeps the day that it was made on
		s.Holding = HoldingOf(on.Schema, w.Now)
	}
	r := &Renaming{OnSchema: on, Holding: s.Holding}
	switch {
	case !holdingName().MatchString(s.Holding) || strings.EqualFold(s.Holding, on.Schema):
		return fmt.Errorf("no schema is made of the name %.70q: write --holding NAME, of letters, digits, _ and $", model.Clean(s.Holding))
	case tables != nil:
		r.Tables = least(tables)
	}
	p.Steps = []Step{{Order: Order{RenameSchema: r}, Limit: renamedIn, Back: &Step{Order: Order{RenameBack: r}, Limit: renamedIn}}}
	p.Costs = []string{
		"nothing finds a table of " + on.String() + " any more, whatever its rights: views and rights do not follow into " + s.Holding,
	}
	p.Undo = []string{"switchyard split rename --undo renames them back at once: nothing is lost by it"}
	return nil
}

func (w World) renamesBack(p *Plan, on OnSchema, tables *record.FoundTables) error {
	r := &Renaming{OnSchema: on}
	if _, r.Holding = w.State.Holding(p.ID); tables != nil {
		r.Tables = least(tables)
	}
	p.Steps = []Step{{Order: Order{RenameBack: r}, Limit: renamedIn}}
	p.Costs = []string{on.String() + " is as it was before it was renamed; its accounts stay locked, and it stays frozen"}
	p.Undo = []string{"switchyard split rename renames them again; its week begins anew then"}
	return nil
}

// drops sees the archive whole, and then drops what was verified, table by table; nothing else.
func (w World) drops(p *Plan, on OnSchema, verified *record.Action, tables *record.FoundTables) error {
	l := w.Routing.Leaving
	_, holding := w.State.Holding(p.ID)
	intact := &Intact{OnSchema: on}
	var names []string
	if verified != nil && tables != nil {
		names = least(tables)
	}
	if a := w.State.Rung(string(RungArchive), p.ID); a != nil {
		intact.Files = a.Files()
	}
	p.Steps = []Step{{Order: Order{ArchiveIntact: intact}, Limit: intactIn}}
	for i, name := range names {
		calm := w.calm(on)
		p.Steps = append(p.Steps, Step{Order: Order{ReplicasCalm: calm}, Limit: calmIn}, Step{Order: Order{DropTable: &Dropping{OnSchema: on,
			Holding: holding, Table: name, Calm: *calm}}, Limit: droppedIn, NoReturn: i == 0})
	}
	p.Steps = append(p.Steps, Step{Order: Order{DropEmpty: &Dropping{OnSchema: on, Holding: holding}}, Limit: renamedIn})
	p.Costs = []string{
		fmt.Sprintf("%s of %s are gone for good, with everything that only they tell", model.Plural(len(names), "table"), l.Schema),
		"its accounts stay, locked: DROP USER by hand, once nobody asks for them",
	}
	p.Undo = []string{"nothing undoes it from the first table on: what was dropped comes out of the archive alone"}
	return nil
}

func (w World) calm(on OnSchema) *Calm {
	l := w.Routing.Leaving
	c := &Calm{OnSchema: on, Most: w.Policy.DropLag}
	for _, host := range l.Looked {
		switch {
		case host == on.Host:
		case slices.Contains(l.Hosts, host):
			c.Others = append(c.Others, host)
		default:
			c.Replicas = append(c.Replicas, host)
		}
	}
	return c
}
