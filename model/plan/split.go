package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
)

// Split asks for a rung of leaving blue's schema.
type Split struct {
	Rung Rung `json:"rung"`
	Undo bool `json:"undo,omitempty"` // the rung is gone back

	Holding string `json:"holding,omitempty"` // of a rename: the schema that is made to hold the tables
}

// Rung is one of the ladder: each is a plan of its own, and wants the one before it.
type Rung string

// The rungs, from the top.
const (
	RungFreeze  Rung = "freeze"
	RungArchive Rung = "archive"
	RungVerify  Rung = "verify"
)

// SplitVerb is that of all rungs.
const SplitVerb = "split"

// Leaving is what a configuration says of leaving blue's schema.
type Leaving struct {
	Schema string
	Hosts  []string // of blue's catalog, which hold it
	Looked []string // all that who uses it is looked for on
	// Directors of blue, the active one first: once they are stopped nothing tells their names.
	Directors []string
	Places    []Place  // none: it is archived nowhere
	With      OnSchema // where an archive is restored

	Dump, Pack, Unpack, Load []string

	Gates func(*board.Snapshot, *model.Inventory) *gate.Report // nil: they cannot be judged
}

// How long what a split does may take: an old catalog may have a thousand million rows.
const (
	frozenIn   = 10 * time.Minute
	archivedIn = 24 * time.Hour
	comparedIn = 48 * time.Hour
)

// archiveSuffix tells the files of archives apart.
const archiveSuffix = ".sql"

func (s *Split) plan(w World, id string) (*Plan, error) {
	l := w.Routing.Leaving
	switch {
	case l == nil:
		return nil, fmt.Errorf("planning a split: %w: the configuration has no act.split", model.ErrNone)
	case w.State == nil:
		return nil, fmt.Errorf("planning a split: %w: the journal was not read", model.ErrNone)
	}
	p := &Plan{ID: id, Ask: Ask{Split: s}}
	p.Verb, p.Says, p.Confirm = s.words()
	on := OnSchema{Host: w.holds(l), Schema: l.Schema}
	var err error
	var ids []string
	switch {
	case s.Rung == RungFreeze && s.Undo:
		ids, err = []string{"split-frozen", "split-topmost"}, w.thaws(p, on)
	case s.Rung == RungLock || s.Rung == RungRename || s.Rung == RungDrop:
		ids, err = s.leaves(w, p)
	case s.Undo:
		err = fmt.Errorf("%s changes nothing of the schema: there is nothing to undo", s.Rung)
	case s.Rung == RungFreeze:
		ids, err = append([]string{"split-unused", "split-topmost"}, splitGates...), w.freezes(p, on)
	case s.Rung == RungArchive:
		ids, err = append([]string{"split-frozen", "split-places", "split-topmost"}, splitGates...), w.archives(p, on)
	case s.Rung == RungVerify:
		ids, err = append([]string{"split-frozen", "split-archived", "split-topmost"}, splitGates...), w.verifies(p, on)
	default:
		err = fmt.Errorf("there is no rung %q", model.Clean(string(s.Rung)))
	}
	if err != nil {
		return nil, fmt.Errorf("planning a split: %w", err)
	}
	for i := range p.Steps {
		p.Steps[i].Guards = append(p.Steps[i].Guards, ids...)
	}
	p.name()
	return w.Finish(p, ids...)
}

// holds is the host that has the schema: the one of blue's catalog that answers, as far as that is known.
func (w World) holds(l *Leaving) string {
	if at := w.view(model.Blue).Catalog.Host; slices.Contains(l.Hosts, at) {
		return at
	}
	if len(l.Hosts) == 0 {
		return ""
	}
	return l.Hosts[0]
}

// freezes stops both Directors for good before nobody may write any more.
func (w World) freezes(p *Plan, on OnSchema) error {
	for _, name := range w.Routing.Leaving.Directors {
		p.Steps = append(p.Steps, w.ServeBack(model.Blue, name, Stop), w.ServeBack(model.Blue, name, Mask))
	}
	p.Steps = append(p.Steps, Step{Order: Order{FreezeSchema: &on}, Limit: frozenIn,
		Back: &Step{Order: Order{ThawSchema: &Thaw{OnSchema: on}}, Limit: frozenIn}})
	p.Costs = []string{"blue's Directors are stopped and masked; nobody can write to " + on.String() + ", everybody who could reads it still"}
	p.Undo = []string{"switchyard split freeze --undo gives every right back and lets the Directors start again: nothing is lost by it"}
	return nil
}

// thaws goes the rung back.
func (w World) thaws(p *Plan, on OnSchema) error {
	_, rights := w.State.Taken(p.ID)
	names := w.Routing.Leaving.Directors
	p.Steps = append(p.Steps, Step{Order: Order{ThawSchema: &Thaw{OnSchema: on, Rights: rights}}, Limit: frozenIn})
	for _, name := range names {
		p.Steps = append(p.Steps, w.Serve(model.Blue, name, Unmask))
	}
	p.Steps = append(p.Steps, w.Serve(model.Blue, names[0], Start))
	p.Costs = []string{"blue's Director schedules again what the routes give it"}
	p.Undo = []string{"switchyard split freeze freezes it again; an archive from before does not count then"}
	return nil
}

func (w World) archives(p *Plan, on OnSchema) error {
	l := w.Routing.Leaving
	if len(l.Places) == 0 {
		return fmt.Errorf("%w: act.split has no archive: how it is made and where it lies", model.ErrNone)
	}
	p.Steps = []Step{
		{Limit: archivedIn, Order: Order{ArchiveSchema: &Archiving{OnSchema: on, Name: model.Clean(on.Schema + "-" + p.ID + archiveSuffix),
			Places: l.Places, Dump: l.Dump, Pack: l.Pack}}},
	}
	p.Costs = []string{"every table of " + on.String() + " is read once"}
	p.Undo = []string{"it changes nothing; the two files are removed by hand, should nobody want them"}
	return nil
}

func (w World) verifies(p *Plan, on OnSchema) error {
	l := w.Routing.Leaving
	var files []record.FoundFile
	if a := w.State.Rung(string(RungArchive), p.ID); a != nil {
		files = a.Files()
	}
	p.Steps = []Step{{Limit: comparedIn, Order: Order{CompareSchema: &Comparing{OnSchema: on, Files: files, With: l.With, Unpack: l.Unpack,
		Load: l.Load}}}}
	p.Costs = []string{"what " + l.With.String() + " holds under the same names is replaced", "every table of both is read once"}
	p.Undo = []string{"it changes nothing of " + on.String()}
	return nil
}

func (s *Split) words() (verb, says, confirm string) {
	rung, undo := model.Clean(string(s.Rung)), ""
	if s.Undo {
		undo = "undo "
	}
	what := map[Rung]string{RungFreeze: "take the right to change blue's schema away", RungArchive: "archive blue's schema in two places",
		RungVerify: "restore the archive of blue's schema elsewhere and compare it", RungLock: "lock the accounts of blue's schema",
		RungRename: "rename the tables of blue's schema into one that holds them", RungDrop: "drop blue's schema for good, table by " +
			"table"}[s.Rung]
	if s.Undo {
		what = map[Rung]string{RungFreeze: "give the right to change blue's schema back", RungLock: "unlock the accounts of blue's schema",
			RungRename: "rename the tables of blue's schema back"}[s.Rung]
	}
	if s.Rung == RungDrop {
		rung = "drop for good"
	}
	return SplitVerb, what, strings.TrimSpace(undo + rung + " blue")
}

// which rung it is, and whether it goes back.
func (s *Split) which() string {
	if s.Undo {
		return "undo " + string(s.Rung)
	}
	return string(s.Rung)
}
