package ui

import (
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// programme is the one that a command names by its number, the one whose page is open, or the newest that is not over; nil after saying
// why.
func (a *App) programme(arg string) *record.Programme {
	arg = strings.TrimPrefix(arg, "#")
	if arg == "" {
		if a.pager != nil {
			if p, open := a.pager.shows.(*programmePage); open && p.find(a.snap) != nil {
				return p.find(a.snap)
			}
		}
		if g := going(a.snap); g != nil {
			return g
		}
		a.say("no programme is open; :programmes lists them")
		return nil
	}
	if a.snap.State != nil {
		for _, g := range a.snap.State.Programmes {
			if strconv.FormatInt(g.Seq, 10) == arg {
				return g
			}
		}
	}
	a.say("there is no programme " + arg + "; :programmes lists them")
	return nil
}

func programmeOffers(a *App) []string {
	var out []string
	if a.snap.State != nil {
		for _, g := range a.snap.State.Programmes {
			out = append(out, strconv.FormatInt(g.Seq, 10))
		}
	}
	return out
}

// commandProgramme opens one.
func (a *App) commandProgramme(arg string) tea.Cmd {
	if g := a.programme(arg); g != nil {
		return a.show(&programmePage{id: g.ID})
	}
	return nil
}

// commandBatch opens the plan of the batch that is next.
func (a *App) commandBatch(arg string) tea.Cmd {
	g := a.programme(arg)
	if g == nil {
		return nil
	}
	ask, more := plan.NextBatch(a.snap.State, g)
	if !more {
		a.say(fmt.Sprintf("programme %d has no batch that is next", g.Seq))
		return nil
	}
	return a.propose(ask)
}

// decidable says why nothing can be decided about a programme.
func decidable(s *board.Snapshot, g *record.Programme, goes bool) string {
	switch c := s.State.Course(g); {
	case c.Over:
		return fmt.Sprintf("programme %d is done", g.Seq)
	case goes && c.Halt == "":
		return fmt.Sprintf("programme %d goes on: nothing has stopped it", g.Seq)
	case !goes && g.Stopped != nil:
		return fmt.Sprintf("programme %d was stopped already, by %s", g.Seq, g.Stopped.By)
	}
	return ""
}

// commandDecide asks before a programme is stopped, or goes on.
func (a *App) commandDecide(arg string, goes bool) tea.Cmd {
	g := a.programme(arg)
	if g == nil {
		return nil
	}
	if why := decidable(a.snap, g, goes); why != "" {
		a.say(why)
		return nil
	}
	id, verb, word := g.ID, DeedHalt, "stop"
	says := "No further batch is proposed until somebody lets it go on. What runs is not touched: stop its action."
	if goes {
		verb, word, says = DeedGoOn, "go on with", "Its next batch may be proposed when it is due. What failed before does not count any more "+
			"for its stop rule."
	}
	phrase := fmt.Sprintf("%s programme %d", word, g.Seq)
	a.ask(&dialog{
		heading: []draw.Piece{draw.As(themes.Title, phrase+": "), draw.As(themes.Text, g.Says)}, right: "by " + g.By, phrase: phrase,
		asks: []field{{says: "Why (recorded)", must: true}},
		body: func(sc *scene, w int) [][]draw.Piece {
			s := &story{w: w}
			s.prose(themes.Title, "on "+record.EnvironmentName(sc.snap.Environment, sc.snap.Rehearsal))
			s.gap()
			if now := sc.snap.State.Programme(id); now != nil {
				stands, role := programmeStands(now, sc.snap.State.Course(now), sc.now)
				s.factIn(role, "it is", stands)
			}
			s.prose(themes.Text, says)
			return s.out
		},
		holds: func(s *board.Snapshot) string {
			if s.State == nil || s.State.Programme(id) == nil {
				return "the journal does not tell of it"
			}
			return decidable(s, s.State.Programme(id), goes)
		},
		approve: func(a *App, d *dialog) tea.Cmd {
			return a.pull(phrase, Deed{Verb: verb, Action: id, Reason: model.Clean(d.asks[0].line.text())})
		},
	})
	return nil
}

// decided is what the journal tells of a decision about a programme; empty while it does not.
func (h *handed) decided(s *record.State, by string) string {
	g := s.Programme(h.deed.Action)
	switch {
	case g == nil:
	case h.deed.Verb == DeedHalt && g.Stopped != nil && g.Stopped.By == by:
		return fmt.Sprintf("programme %d is stopped", g.Seq)
	case h.deed.Verb == DeedGoOn && g.Stopped == nil && g.Goes != nil && g.Goes.By == by && g.Goes.Says == h.deed.Reason:
		return fmt.Sprintf("programme %d goes on", g.Seq)
	}
	return ""
}
