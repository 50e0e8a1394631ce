package ui

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
)

// command is one line of the command table.
type command struct {
	name, args, says string
	offers           func(a *App) []string // what may stand after the name
	do               func(a *App, arg string) tea.Cmd
}

func plainCommand(name, says string, f func(a *App)) command {
	return command{name: name, says: says, do: func(a *App, _ string) tea.Cmd { f(a); return nil }}
}

// commandTable is made once per session.
func commandTable() []command {
	table := []command{
		{name: "job", args: "JOBID, or CLUSTER JOBID", says: "open a job", offers: jobOffers, do: (*App).commandJob},
		{name: "cell", args: "CHAIN [REGION [KIND]]", says: "open a cell, or filter the cells", offers: cellOffers,
			do: (*App).commandCell},
		{name: "points", args: "[CHAIN]", says: "to which moments a chain can be restored, from either cluster", offers: chainOffers,
			do: (*App).commandPoints},
		{name: "before", args: "TIME", says: "of the points that are open, those that ended by 01:30, 2026-11-28 01:30 (UTC), 3h or 2d ago",
			do: (*App).commandBefore},
		{name: "source", args: "NAME", says: "open one source", offers: sourceOffers,
			do: (*App).commandSource},
		plainCommand("sources", "every source: when it last answered, and why it does not", func(a *App) { a.show(&sourcesPage{}) }),
		plainCommand("actions", "what was done, what runs, what is unfinished", func(a *App) { a.show(&actionsPage{}) }),
		plainCommand("programmes", "batches that are done in order, when each is due", func(a *App) { a.show(&programmesPage{}) }),
		{name: "evidence", args: "[TEXT]", says: "what is proven, by what, and whether it still counts; those with a text",
			do: func(a *App, arg string) tea.Cmd { return a.show(&evidencePage{only: newFilter(arg)}) }},
		{name: "programme", args: "[NUMBER]", says: "open one programme: its batches, and what may be done", offers: programmeOffers,
			do: (*App).commandProgramme},
		{name: "action", args: "[NUMBER]", says: "open one action: its steps, and what was recorded",
			offers: actionOffers(func(*App, *record.Action) bool { return true }),
			do: func(a *App, arg string) tea.Cmd {
				if p := a.viewAction(arg); p != nil {
					return a.show(p)
				}
				return nil
			}},
		{name: "failures", args: "[24h|7d]", says: "every job that failed or was lost in the last 24 h, or 7 d",
			offers: func(*App) []string { return []string{"24h", "7d"} }, do: (*App).commandFailures},
		{
			name: "acknowledge",
			args: "[ACTION]",
			says: "let the selected alert be, with a reason and until when: asks first; or an unfinished action: it blocks nothing any more",
			offers: actionOffers(
				func(a *App, x *record.Action) bool { return a.lever != nil && a.ackable(x) == "" },
			),
			do: (*App).commandAcknowledge,
		},
		{name: "quiet", args: "[CAUSE]", says: "let this session be quiet about the alerts of a cause; without one: what is let be",
			offers: func(a *App) []string { return causes(a.snap) }, do: (*App).commandQuiet},
		{name: "loud", args: "CAUSE", says: "take back what this session is quiet about", offers: quietCauses, do: (*App).commandLoud},
		plainCommand("loop", "what needs itself to be restored, as a drawing", func(a *App) { a.show(&loopPage{}) }),
		{
			name:   "without",
			args:   "[THING]",
			says:   "look at the screen as if a thing were gone, such as aws-region eu-west-1; without one: as it is",
			offers: withoutOffers,
			do:     (*App).commandWithout,
		},
		plainCommand("strays", "jobs whose names map to no cell", func(a *App) { a.show(&straysPage{}) }),
		{name: "filter", args: "[TEXT]", says: "filter the rows of the pane", do: func(a *App, arg string) tea.Cmd {
			a.pane().lines().setFilter(newFilter(arg))
			a.refresh()
			return nil
		}},
		{name: "sort", args: "COLUMN", says: "order the rows of the pane", offers: func(a *App) []string {
			names, _, _ := a.pane().lines().sorting()
			return names
		}, do: (*App).commandSort},
		{name: "mark", args: "[WHICH]", says: "mark every cell that is shown, or of them the first so many, those of a tier, a region, a kind, " +
			"a chain or a route, or none", offers: markOffers, do: func(a *App, arg string) tea.Cmd { a.commandMark(arg); return nil }},
		plainCommand("unmark", "forget every mark", func(a *App) { a.cells.unmarkAll() }),
		plainCommand("zoom", "let the pane fill the screen, and back", (*App).toggleZoom),
		plainCommand("freeze", "freeze the panes, and let them go on", (*App).toggleFreeze),
		{name: "theme", args: "NAME", says: "another look", offers: func(a *App) []string { return themes.Names(a.opt.ThemeDir) },
			do: func(a *App, arg string) tea.Cmd { a.setTheme(arg); return nil }},
		plainCommand("ascii", "only ASCII on the screen, and back", func(a *App) { a.ascii = !a.ascii; a.restyle() }),
		plainCommand("help", "every key and command", (*App).openHelp),
		{name: "quit", says: "leave; nothing that runs is stopped", do: func(*App, string) tea.Cmd { return tea.Quit }},
	}
	for id := paneBlue; id <= paneGates; id++ {
		table = append(table, plainCommand(paneNames[id], "go to pane "+strconv.Itoa(int(id)), func(a *App) {
			if why := a.absent(id); why != "" {
				a.say(why)
				return
			}
			a.goTo(id)
		}))
	}
	return table
}

// saidMsg is what an added command came to: one line, or a page of them.
type saidMsg struct{ name, says string }

func (a *App) said(m saidMsg) tea.Cmd {
	line, _, several := strings.Cut(m.says, "\n")
	if several && a.dialog == nil {
		return a.show(newToldPage(m.name, m.says))
	}
	a.say(model.Clean(line))
	return nil
}

// commandLimit bounds an added command.
const commandLimit = 15 * time.Second

// added makes rows of the command table of the program's own commands.
func added(commands []Command) []command {
	out := make([]command, len(commands))
	for i, c := range commands {
		out[i] = command{name: c.Name, args: c.Args, says: c.Says, offers: func(*App) []string { return c.Offers },
			do: func(a *App, arg string) tea.Cmd {
				if c.Follow != nil {
					return a.follow(&following{of: c, arg: arg})
				}
				parent := a.ctx
				return func() tea.Msg {
					ctx, cancel := context.WithTimeout(parent, cmp.Or(c.Limit, commandLimit))
					defer cancel()
					says, err := c.Run(ctx, arg)
					if err != nil {
						says = err.Error()
					}
					return saidMsg{c.Name, says}
				}
			}}
	}
	return out
}

// command carries out a typed line.
func (a *App) command(line string) tea.Cmd {
	name, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
	if name == "" {
		return nil
	}
	if name == "q" {
		name = "quit"
	}
	for _, c := range a.commands {
		if c.name == name {
			arg = strings.TrimSpace(arg)
			if arg == "" && c.args != "" && c.args[0] != '[' {
				a.say(":" + name + " wants " + c.args)
				return nil
			}
			return c.do(a, arg)
		}
	}
	a.say("no command :" + name + "; tab after : lists them")
	return nil
}

// complete lists the whole lines that a typed line may become.
func (a *App) complete(text string) []string {
	name, arg, more := strings.Cut(text, " ")
	if !more {
		var names []string
		for _, c := range a.commands {
			names = append(names, c.name)
		}
		return withPrefix(names, name)
	}
	for _, c := range a.commands {
		if c.name == name && c.offers != nil {
			lines := withPrefix(c.offers(a), arg)
			for i := range lines {
				lines[i] = name + " " + lines[i]
			}
			return lines
		}
	}
	return nil
}

func jobOffers(a *App) []string {
	var out []string
	for _, v := range a.shown.Clusters {
		if v == nil {
			continue
		}
		for i := range v.Open {
			out = append(out, v.Cluster.String()+" "+strconv.FormatUint(uint64(v.Open[i].ID), 10))
		}
	}
	return out
}

func cellOffers(a *App) []string {
	out := make([]string, len(a.shown.Cells))
	for i := range a.shown.Cells {
		out[i] = a.shown.Cells[i].Cell.String()
	}
	return out
}

func sourceOffers(a *App) []string {
	var out []string
	for i := range a.shown.Seen {
		out = append(out, a.shown.Seen[i].Source.String())
	}
	return out
}

func (a *App) commandSource(arg string) tea.Cmd {
	for i := range a.shown.Seen {
		if of := a.shown.Seen[i].Source; of.String() == arg {
			return a.show(&sourcesPage{only: of})
		}
	}
	a.say("no source " + arg + " is asked; :sources lists them")
	return nil
}

func (a *App) commandJob(arg string) tea.Cmd {
	var found []model.JobKey
	for _, k := range model.Clusters {
		id := arg
		if rest, named := strings.CutPrefix(arg, k.String()+" "); named {
			id = strings.TrimSpace(rest)
		} else if strings.Contains(arg, " ") {
			continue
		}
		if j := findJobID(a.shown, k, id); j != nil {
			found = append(found, j.Key)
		}
	}
	switch len(found) {
	case 0:
		a.say("no job " + arg + " in what is shown: open ones, the newest " + strconv.Itoa(board.RecentJobs) +
			" ended ones, those that are not OK, and the last of each cell")
		return nil
	case 1:
		return a.show(&jobPage{key: found[0]})
	}
	a.say("both clusters have a job " + arg + ": say :job blue " + arg + " or :job green " + arg)
	return nil
}

// findJobID finds by JobId or by the unique job name.
func findJobID(snap *board.Snapshot, k model.Cluster, id string) *model.Job {
	v := snap.Clusters[k]
	if v == nil {
		return nil
	}
	n, _ := strconv.ParseUint(id, 10, 32)
	is := func(j *model.Job) bool { return j != nil && (n > 0 && uint64(j.ID) == n || j.Key.Job == id) }
	for _, part := range [][]model.Job{v.Open, v.Recent, v.Bad} {
		for i := range part {
			if is(&part[i]) {
				return &part[i]
			}
		}
	}
	for i := range snap.Cells {
		s := &snap.Cells[i].On[k]
		for _, j := range []*model.Job{s.Open, s.Last, s.LastGood} {
			if is(j) {
				return j
			}
		}
	}
	return nil
}

func (a *App) commandCell(arg string) tea.Cmd {
	var only *board.CellView
	n := 0
	for i := range a.shown.Cells {
		switch c := a.shown.Cells[i].Cell.String(); {
		case c == arg:
			return a.show(&cellPage{cell: a.shown.Cells[i].Cell})
		case strings.HasPrefix(c, arg):
			only, n = &a.shown.Cells[i], n+1
		}
	}
	switch n {
	case 0:
		a.say("no cell begins with " + arg)
	case 1:
		return a.show(&cellPage{cell: only.Cell})
	default:
		a.goTo(paneCells)
		a.cells.setFilter(newFilter(arg))
		a.refresh()
	}
	return nil
}

func (a *App) commandSort(arg string) tea.Cmd {
	rows := a.pane().lines()
	names, _, _ := rows.sorting()
	for i, n := range names {
		if n == arg {
			rows.sort(i, false)
			a.refresh()
			return nil
		}
	}
	a.say("sort by one of: " + strings.Join(names, " "))
	return nil
}
