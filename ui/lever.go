package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
	"switchyard/ui/draw"
)

// Lever is the one way in which a cockpit acts: it starts the process that acts. A watch session has none.
type Lever struct {
	Names   *model.Names
	Policy  model.Policy
	Routing plan.Routing
	Kept    func() plan.Kept // the ended jobs that sessions of this user saw; nil: none are kept
	By      string           // the person, as that process will know them
	Alike   string           // why that process cannot tell two people apart; empty when it can
	NewID   func() string    // of a plan
	Below   string           // the directory of a client in which a restore gets its own
	Tests   *plan.TestSetup  // how restores are tested; nil: they are not
	// Plan reads the plan of an action from the journal.
	Plan func(ctx context.Context, action string) (*plan.Plan, error)
	// Pull starts the process and waits until it has ended, or until ctx does, which ends the waiting only. The error says why nothing
	// was done, or how it ended.
	Pull func(ctx context.Context, d Deed) error
	// Refused are the cells of a shift that guards hold up which nobody overrides, by cause; nil: its plan alone tells.
	Refused func(plan.World, *plan.Shift) ([]routes.Cause, error)
	// Held are those that some guards hold up, by cause, whatever lets them through; nil: its plan alone tells.
	Held func(plan.World, *plan.Shift, []string) ([]routes.Cause, error)
	// Makes makes the plans; nil: each ask makes its own.
	Makes func(plan.World, plan.Ask, string) (*plan.Plan, error)
	// Glass is where a plan can be recorded while the journal is down; nil: nowhere.
	Glass *Glass
	// Recovery is what is brought back after a disaster; nil: there was none.
	Recovery *Recovery
}

// Deed is what a person has decided.
type Deed struct {
	Verb     DeedVerb
	Plan     *plan.Plan    // of DeedTake
	Action   string        // the plan's id, of every other
	Approval plan.Approval // of DeedTake and DeedApprove
	Reason   string        // of DeedStop, DeedResume, DeedAcknowledge and DeedSeen; the word of DeedAttest and DeedReview
	Alert    record.Told   // of DeedSeen
	Glass    string        // of DeedTake: the directory of the break-glass journal that it is recorded in, for Reason; empty: in the journal
}

// DeedVerb is what a Deed does.
type DeedVerb uint8

// DeedTake carries a new plan out, and is the zero value.
const (
	DeedTake        DeedVerb = iota
	DeedApprove              // one more person approves an action
	DeedStop                 // an action stops before its next step
	DeedResume               // somebody goes on with an action
	DeedAcknowledge          // an unfinished action is let be
	DeedAttest               // a person's word for what a step waits for
	DeedReview               // a person has looked at an emergency afterwards
	DeedHalt                 // a programme stops, which Action names
	DeedGoOn                 // a programme goes on
	DeedSeen                 // an alert is let be until a moment
)

// pulledMsg says that the process of a deed has ended.
type pulledMsg struct {
	of  *handed
	err error
}

// plannedMsg is the plan of an action that was asked for.
type plannedMsg struct {
	action string
	plan   *plan.Plan
	sight  *model.RestoreSight // of a restore
	err    error
}

// pull starts what was approved. No key waits for it.
func (a *App) pull(says string, d Deed) tea.Cmd {
	told := "; the journal tells here what becomes of it"
	if d.Glass != "" {
		told = "; the break-glass journal in " + d.Glass + " tells what becomes of it"
	}
	a.say("handed over: " + says + told)
	h := &handed{says: says, deed: d}
	if a.snap.State != nil {
		if x := a.snap.State.Action(h.action()); x != nil {
			h.runner = x.Runner
		}
	}
	a.handed = append(a.handed, h)
	ctx, lever := a.ctx, a.lever
	return func() tea.Msg { return pulledMsg{h, lever.Pull(ctx, d)} }
}

// pulled shows why nothing came of a deed; what did is told by the journal.
func (a *App) pulled(m pulledMsg) tea.Cmd {
	i := slices.Index(a.handed, m.of)
	if m.err == nil && i >= 0 && m.of.deed.Glass != "" { // the journal does not tell of it
		a.handed = slices.Delete(a.handed, i, i+1)
		a.say("done; merge it later: switchyard journal --merge " + m.of.deed.Glass)
		return nil
	}
	if m.err == nil || a.ctx.Err() != nil || i < 0 {
		return nil
	}
	a.handed = slices.Delete(a.handed, i, i+1)
	a.note = ""
	return a.show(&refusedPage{says: m.of.says, why: model.Clean(m.err.Error()), at: a.opt.Now()})
}

// world is what a plan is made from now: the newest data, frozen or not.
func (a *App) world(s *board.Snapshot) plan.World {
	return plan.World{Now: a.opt.Now(), Snapshot: s, State: s.State, Names: a.lever.Names, Policy: a.lever.Policy,
		Routing: a.lever.Routing, Makes: a.lever.Makes, Restore: a.sight, Kept: a.kept()}
}

// kept are the ended jobs that sessions of this user saw.
func (a *App) kept() (of plan.Kept) {
	if a.lever.Kept != nil {
		of = a.lever.Kept()
	}
	return of
}

// subject is what the keys are about: the page that is open, or the selected row.
func (a *App) subject() subject {
	var p page
	switch {
	case a.pager != nil:
		p = a.pager.shows
	case !a.pane().lines().lost():
		p = a.pane().open(a.scene())
	}
	if p == nil {
		return subject{}
	}
	return p.about(a.snap)
}

// noCell says why there is nothing to back up.
func noCell(a *App) string {
	if a.subject().cell == nil && len(a.marked()) == 0 {
		return "select a cell, or a job of one, to back it up"
	}
	return ""
}

// noBackup says why b opens no plan: where cells are marked it would have to be one of all of them.
func noBackup(a *App) string {
	if len(a.gateCells("b")) > 0 {
		return ""
	}
	if n := len(a.marked()); n > 1 {
		return draw.Count(n) + " cells are marked, b plans one: :unmark, b on each (many: not built yet)"
	}
	return noCell(a)
}

// marked are the cells that a key is about beside the selected one.
func (a *App) marked() map[model.Cell]bool {
	if a.pager != nil || a.focus != paneCells {
		return nil
	}
	return a.cells.marked
}

// backUp opens the plan of a backup of the selected cell, where only one cluster can take it; else it asks for the cluster.
func (a *App) backUp() tea.Cmd {
	if of := a.gateCells("b"); len(of) > 0 {
		return a.proposeBackup(of[0], model.Green, "")
	}
	at := a.subject()
	for c := range a.marked() { // the only one
		at = subject{cell: &c}
	}
	if v := a.snap.Cell(*at.cell); at.on == nil && v != nil {
		if only, ok := v.Route().Only(); ok {
			at.on = &only
		}
	}
	if at.on == nil {
		a.askCommand()
		a.prompt.set(a, "backup ")
		return nil
	}
	return a.proposeBackup(*at.cell, *at.on, "")
}

func (a *App) proposeBackup(cell model.Cell, on model.Cluster, level string) tea.Cmd {
	return a.propose(plan.Ask{Backup: &plan.Backup{Cell: cell, Cluster: on, Level: level}})
}

// commandBackup backs the selected cell up on the cluster that is named.
func (a *App) commandBackup(arg string) tea.Cmd {
	where, level, _ := strings.Cut(arg, " ")
	cell := a.subject().cell
	if cell == nil {
		a.say(noCell(a))
		return nil
	}
	for _, k := range model.Clusters {
		if where == k.String() {
			return a.proposeBackup(*cell, k, strings.TrimSpace(level))
		}
	}
	a.say(":backup wants blue or green, not " + where)
	return nil
}

func backupOffers(*App) []string {
	var out []string
	for _, k := range model.Clusters {
		out = append(out, k.String())
		for _, l := range plan.Levels {
			out = append(out, k.String()+" "+l)
		}
	}
	return out
}

// openJob is the open job that the keys are about, or the only one of their cell; nil when there is none.
func (a *App) openJob() *model.Job {
	at := a.subject()
	if at.job != nil {
		if j := a.snap.Job(*at.job); j != nil && j.Outcome.Open() {
			return j
		}
		return nil
	}
	if at.cell == nil {
		return nil
	}
	v := a.snap.Cell(*at.cell)
	if v == nil {
		return nil
	}
	var only *model.Job
	for _, s := range v.On {
		if s.Open != nil && only != nil {
			return nil
		}
		if s.Open != nil {
			only = s.Open
		}
	}
	return only
}

func noOpenJob(a *App) string {
	if a.openJob() == nil {
		return "select a job that runs or waits to cancel it"
	}
	return ""
}

func (a *App) cancelJob() tea.Cmd {
	j := a.openJob()
	return a.propose(plan.Ask{Cancel: &plan.Cancel{Job: j.Key, ID: j.ID}})
}

// action is the one that a command names by its number, or the one of the strip when it names none; nil after saying why.
func (a *App) action(arg string) *record.Action {
	arg = strings.TrimPrefix(arg, "#")
	if p, ok := a.subjectAction(); arg == "" && ok {
		return p
	}
	if arg == "" {
		if s := a.strip(); s != nil {
			return s
		}
		a.say("no action is open; :actions lists what was done")
		return nil
	}
	if a.snap.State != nil {
		for _, x := range a.snap.State.Actions {
			if strconv.FormatInt(x.Seq, 10) == arg {
				return x
			}
		}
	}
	a.say("there is no action " + arg + "; :actions lists them")
	return nil
}

// subjectAction is the action whose page is open.
func (a *App) subjectAction() (*record.Action, bool) {
	if a.pager == nil || a.snap.State == nil {
		return nil, false
	}
	x := a.snap.State.Action(a.pager.shows.about(a.snap).action)
	return x, x != nil
}

func actionOffers(of func(*App, *record.Action) bool) func(*App) []string {
	return func(a *App) []string {
		var out []string
		if a.snap.State != nil {
			for _, x := range a.snap.State.Actions {
				if of(a, x) {
					out = append(out, strconv.FormatInt(x.Seq, 10))
				}
			}
		}
		return out
	}
}

// leverCommands are rows of the command table that only a cockpit has.
func leverCommands() []command {
	return []command{
		testCommand(),
		{name: "backup", args: "CLUSTER [LEVEL]", says: "run a backup of the selected cell now: opens a plan", offers: backupOffers,
			do: (*App).commandBackup},
		{name: "shift", args: "ROUTE [from ROUTE]", says: "shift the marked cells, or the selected one, to both, green or blue: opens a plan",
			offers: shiftOffers, do: (*App).commandShift},
		{name: "push", args: "CLUSTER", says: "push the routes again to the Directors of a cluster that differ from them: opens a plan",
			offers: func(*App) []string { return []string{"blue", "green"} }, do: (*App).commandPush},
		{name: "failover", args: "[WHICH]", says: "another server for green's catalog: which is possible, or the plan of one",
			offers: failoverOffers, do: (*App).commandFailover},
		{name: "fail-director", args: "CLUSTER [away]", says: "let a cluster's other Director schedule on the same catalog: opens a plan",
			offers: func(*App) []string { return []string{"blue", "green", "blue away", "green away"} }, do: (*App).commandFailDirector},
		{name: "restart", args: "CLUSTER [now]", says: "end and start a cluster's Director, when it runs nothing: opens a plan",
			offers: func(*App) []string { return []string{"blue", "green", "blue now", "green now"} }, do: (*App).commandRestart},
		{name: "rerun", args: "CLUSTER", says: "run the backups again that died of a failover or with their Director: opens a plan",
			offers: func(*App) []string { return []string{"blue", "green"} }, do: (*App).commandRerun},
		{name: "everything", args: "to both", says: "bring every cell that green alone takes back to both, or blue alone forward: opens a plan",
			offers: func(*App) []string { return []string{"to both"} }, do: (*App).commandEverything},
		{name: "approve", args: "[ACTION]", says: "approve an action as one more person: opens its plan",
			offers: actionOffers(func(_ *App, x *record.Action) bool {
				return x.State == record.ActionWaits
			}), do: (*App).commandApprove},
		{name: "stop", args: "[ACTION]", says: "stop an action before its next step: asks first",
			offers: actionOffers(func(_ *App, x *record.Action) bool {
				return stoppable(x) == ""
			}), do: func(a *App, arg string) tea.Cmd { return a.proposeFor(arg, (*App).proposeStop) }},
		{name: "resume", args: "[ACTION]", says: "go on with an action whose runner is gone, or that ended half way: asks first",
			offers: actionOffers(resumable),
			do:     func(a *App, arg string) tea.Cmd { return a.proposeFor(arg, (*App).proposeResume) }},
		{name: "attest", args: "[ACTION]", says: "say that what an action's step waits for is so, or that you did it: asks first",
			offers: actionOffers(func(_ *App, x *record.Action) bool {
				return attestable(x) == ""
			}), do: func(a *App, arg string) tea.Cmd { return a.proposeFor(arg, (*App).proposeAttest) }},
		{name: "batch", args: "[PROGRAMME]", says: "do the batch of a programme that is due: opens its plan", offers: programmeOffers,
			do: (*App).commandBatch},
		{name: "programme-stop", args: "[PROGRAMME]", says: "propose no further batch of a programme: asks first", offers: programmeOffers,
			do: func(a *App, arg string) tea.Cmd { return a.commandDecide(arg, false) }},
		{name: "programme-go", args: "[PROGRAMME]", says: "let a programme go on that stands: asks first", offers: programmeOffers,
			do: func(a *App, arg string) tea.Cmd { return a.commandDecide(arg, true) }},
		{name: "review", args: "[ACTION]", says: "say what you have seen of an emergency afterwards: asks first",
			offers: actionOffers(func(a *App, x *record.Action) bool {
				return a.reviewable(x) == ""
			}), do: func(a *App, arg string) tea.Cmd { return a.proposeFor(arg, (*App).proposeReview) }},
	}
}

func (a *App) proposeFor(arg string, propose func(*App, *record.Action)) tea.Cmd {
	if x := a.action(arg); x != nil {
		propose(a, x)
	}
	return nil
}
