package ui

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// programmePage is one programme: how far it is, each batch, and what may be done about it.
type programmePage struct {
	general
	ways
	id    string
	alert *board.Alert
}

func (p *programmePage) find(s *board.Snapshot) *record.Programme {
	if s.State == nil {
		return nil
	}
	return s.State.Programme(p.id)
}

func (p *programmePage) which() any { return p.id }

func (p *programmePage) title(sc *scene) []draw.Piece {
	if g := p.find(sc.snap); g != nil {
		return []draw.Piece{
			draw.As(themes.Title, "PROGRAMME "+strconv.FormatInt(g.Seq, 10)),
			draw.As(themes.Muted, " by "),
			draw.As(themes.Text, g.By),
		}
	}
	return []draw.Piece{draw.As(themes.Title, "PROGRAMME")}
}

func (p *programmePage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	g := p.find(sc.snap)
	if g == nil {
		s.prose(themes.Warn, "The journal does not tell of this programme.")
		return s.out
	}
	c := sc.snap.State.Course(g)
	alertHead(s, sc, p.alert)
	says, role := programmeStands(g, c, sc.now)
	s.prose(themes.Title, g.Says)
	s.factIn(role, "it is", says)
	s.fact("on", record.EnvironmentName(sc.snap.Environment, sc.snap.Rehearsal))
	s.fact("begun", moment(sc, g.At)+" by "+g.By)
	s.fact("soak", model.Span(g.Soak)+" from the end of a batch until the next is due")
	s.fact("stops", fmt.Sprintf("at %d failed: attempts that began and were not done; %d so far", g.Failures, c.Failed))
	if ends := plan.Ends(g, c, sc.now); !ends.IsZero() {
		s.fact("ends", moment(sc, ends)+" at the earliest")
	}
	if g.Goes != nil {
		s.fact("goes on", fmt.Sprintf("by %s, %s: %s", g.Goes.By, moment(sc, g.Goes.At), g.Goes.Says))
	}
	s.head("batches")
	s.bar("done", c.Done, len(g.Batches), fmt.Sprintf("  %d of %d", c.Done, len(g.Batches)))
	for i, says := range g.Batches {
		mark, r := "○", themes.Muted
		switch {
		case i < c.Done:
			mark, r = "✓", themes.Good
		case i == c.Done:
			mark, r = "●", role
		}
		s.add(draw.As(r, mark+" "), draw.As(themes.Text, draw.Count(i+1)+"  "+says))
		for _, a := range sc.snap.State.Actions {
			if a.Programme == g.ID && a.Batch == i+1 {
				s.leadsToAction(a.ID)
				did := ""
				if a.Says != says { // some of it was left out
					did = ": " + a.Says
				}
				s.proseBelow(themes.Muted, fmt.Sprintf("action %d by %s: %s%s", a.Seq, a.By, stateWord(a, sc.snap.Orphaned(a, sc.now)), did))
			}
		}
	}
	n := strconv.FormatInt(g.Seq, 10)
	if !c.Over {
		s.head("what can be done")
		if c.Halt != "" {
			s.row(":programme-go "+n, "let it go on, with a reason")
		} else {
			s.row(":batch "+n, "open the plan of the batch that is next; it is blocked until it is due")
		}
		if g.Stopped == nil {
			s.row(":programme-stop "+n, "propose no further batch until somebody lets it go on")
		}
	}
	p.links = s.links
	return s.out
}

// programmeStands says how far a programme is.
func programmeStands(g *record.Programme, c record.Course, now time.Time) (says string, role themes.Role) {
	n := fmt.Sprintf("batch %d of %d ", c.Next(), len(g.Batches))
	switch {
	case c.Over:
		return fmt.Sprintf("done, all %d batches", len(g.Batches)), themes.Good
	case c.Halt != "":
		return n + "stands: " + c.Halt, themes.Fail
	case c.Open:
		return n + fmt.Sprintf("is action %d: %s", c.Action.Seq, c.Action), themes.Title
	case c.Action != nil && c.Action.Blocks(now):
		return n + fmt.Sprintf("is proposed: action %d %s", c.Action.Seq, c.Action), themes.Warn
	case c.Ready(now):
		return n + "is due", themes.Warn
	}
	due := c.Due.UTC().Format("2 Jan 15:04") + " UTC, in " + elapsed(plan.Soaks(c, now))
	return n + "is due " + due + ": the one before it soaks", themes.Text
}

// programmesPage lists them, the newest first.
type programmesPage struct {
	general
	ways
}

func (*programmesPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "PROGRAMMES")}
}

func (p *programmesPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	switch {
	case sc.snap.State == nil:
		s.prose(themes.Warn, "The journal was not read yet; :sources tells why.")
		return s.out
	case len(sc.snap.State.Programmes) == 0:
		s.prose(themes.Muted, "No programme was begun; switchyard programme begin FILE begins one.")
		return s.out
	}
	for _, g := range slices.Backward(sc.snap.State.Programmes) {
		id := g.ID
		says, role := programmeStands(g, sc.snap.State.Course(g), sc.now)
		s.leads(len(s.out), "programme "+id, func() page { return &programmePage{id: id} })
		s.add(draw.As(themes.Text, fmt.Sprintf("%4d  %s  %-10s ", g.Seq, g.At.UTC().Format("2 Jan 15:04"), g.By)), draw.As(themes.Text, g.Says))
		s.add(draw.As(themes.Muted, "      "), draw.As(role, says))
	}
	p.links = s.links
	return s.out
}

// going is the newest programme that is not over; nil when there is none.
func going(s *board.Snapshot) *record.Programme {
	if s.State == nil {
		return nil
	}
	for _, g := range slices.Backward(s.State.Programmes) {
		if !s.State.Course(g).Over {
			return g
		}
	}
	return nil
}

// programmeLine is the strip's line while no action needs it.
func programmeLine(sc *scene, g *record.Programme, w int) string {
	p := draw.NewPen(sc.st, w)
	says, role := programmeStands(g, sc.snap.State.Course(g), sc.now)
	tail := "  :programme "
	p.Put(role, " ● PROGRAMME "+strconv.FormatInt(g.Seq, 10)+" ")
	room := p.Left() - draw.Width(tail)
	p.Column(role, says, min(draw.Width(says), max(room, 0)))
	if room = p.Left() - draw.Width(tail); room > 2 {
		p.Pad(2)
		p.Column(themes.Text, g.Says, room-2)
	}
	p.Put(themes.Muted, tail)
	return p.Done()
}

// batchOf says which batch an action is; empty when it is none.
func batchOf(s *board.Snapshot, x *record.Action) string {
	if x.Batch == 0 || s.State == nil {
		return ""
	}
	g := s.State.Programme(x.Programme)
	if g == nil {
		return ""
	}
	return fmt.Sprintf("batch %d of %d of programme %d", x.Batch, len(g.Batches), g.Seq)
}
