package plan

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/record"
)

// OldSchema is blue's schema, on the server that holds it.
const OldSchema System = "blue's schema"

// OnSchema is a schema on a server.
type OnSchema struct {
	Host   string `json:"host"` // as configured
	Schema string `json:"schema"`
}

// Thaw gives rights back that a freeze took: those that are named, or those that its action found.
type Thaw struct {
	OnSchema
	Rights []record.FoundSetting `json:"rights,omitempty"`
}

// Archiving keeps a schema in two places.
type Archiving struct {
	OnSchema
	Name   string   `json:"name"` // of the file in each of them
	Places []Place  `json:"places"`
	Dump   []string `json:"dump"` // argument vectors as they were when the plan was made: others are refused
	Pack   []string `json:"pack,omitempty"`
}

// Place is a directory of the machine that acts, and what holds it.
type Place struct {
	Dir   string `json:"dir"`
	On    string `json:"on"`
	Plain bool   `json:"plain,omitempty"` // nothing is mounted on it
}

// Comparing restores an archive on another server, and compares it table by table.
type Comparing struct {
	OnSchema
	Files  []record.FoundFile `json:"files,omitempty"`
	With   OnSchema           `json:"with"`
	Unpack []string           `json:"unpack,omitempty"`
	Load   []string           `json:"load,omitempty"`
}

func (s *OnSchema) String() string { return model.Clean(s.Schema + " on " + s.Host) }

// TouchSchema names the old schema as something that actions touch.
func TouchSchema(schema string) string { return record.Touch(model.Blue.String(), "schema", schema) }

func (s *OnSchema) touches() record.Touches { return record.TouchesOf(TouchSchema(s.Schema)) }

func (s *OnSchema) freezes() string {
	return model.Clean(fmt.Sprintf("%s: REVOKE what changes %s from each account that has it; KILL their sessions", s.Host, s.Schema))
}

func (t *Thaw) sends() string {
	if len(t.Rights) == 0 {
		return model.Clean(fmt.Sprintf("%s: GRANT what was taken", t.Host))
	}
	var all []string
	for _, r := range t.Rights {
		all = append(all, fmt.Sprintf("GRANT %s ON %s.* TO %s", r.Value, t.Schema, r.Of))
	}
	return model.Clean(t.Host + ": " + strings.Join(all, "; "))
}

func (a *Archiving) sends() string {
	pipe := strings.Join(a.Dump, " ")
	if len(a.Pack) > 0 {
		pipe += " | " + strings.Join(a.Pack, " ")
	}
	return model.Clean("run " + pipe)
}

func (c *Comparing) sends() string {
	pipe := strings.Join(c.Load, " ")
	if len(c.Unpack) > 0 {
		pipe = strings.Join(c.Unpack, " ") + " | " + pipe
	}
	return model.Clean("run " + pipe + ", then read every table of both")
}

func splitWords(o *Order) (name, done string) {
	switch {
	case o.FreezeSchema != nil:
		return "take the right to change " + o.FreezeSchema.String(), "no account has a right by which it could be changed"
	case o.ThawSchema != nil:
		return "give back the right to change " + o.ThawSchema.String(), "each account has what was taken from it"
	case o.ArchiveSchema != nil:
		a := o.ArchiveSchema
		var in []string
		for _, p := range a.Places {
			in = append(in, p.Dir+" on "+p.On)
		}
		return model.Clean(fmt.Sprintf("archive %s as %s", &a.OnSchema, a.Name)),
			model.Clean("every command of the pipe ended with 0, and the same file is in " + strings.Join(in, " and "))
	case o.CompareSchema != nil:
		c := o.CompareSchema
		return model.Clean(fmt.Sprintf("restore the archive to %s and compare it with %s", &c.With, &c.OnSchema)),
			"each table has the same rows on both, and neither has one more"
	}
	return leaveWords(o)
}

// splitOrders are the rows of the orders that leave the old schema.
var splitOrders = []Row{
	{
		Name: "freeze_schema", Does: "take the right to change a schema", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.FreezeSchema != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.FreezeSchema.touches() },
		sends:   func(o *Order) string { return o.FreezeSchema.freezes() },
	},
	{
		Name: "thaw_schema", Does: "give back the right to change a schema", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.ThawSchema != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.ThawSchema.touches() },
		sends:   func(o *Order) string { return o.ThawSchema.sends() },
	},
	{
		Name: "archive_schema", Does: "archive a schema in two places", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.ArchiveSchema != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.ArchiveSchema.touches() },
		sends:   func(o *Order) string { return o.ArchiveSchema.sends() },
	},
	{
		Name: "compare_schema", Does: "restore an archive and compare it", Reaches: OldSchema,
		is:      func(o *Order) bool { return o.CompareSchema != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.CompareSchema.touches() },
		sends:   func(o *Order) string { return o.CompareSchema.sends() },
	},
}

func init() { orders = append(orders, splitOrders...) }
