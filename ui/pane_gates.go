package ui

import (
	"cmp"
	"fmt"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// gatesPane is where the migration is: the phases, and the gates that block next.
type gatesPane struct {
	rows[string]
	gates []*gate.Gate // beside keys
}

// blockers is how many gates the pane tells of, as its page has all; in fewer than tallGates lines the phases have no line each.
const (
	blockers  = 3
	tallGates = 24
)

func newGatesPane() *gatesPane {
	g := &gatesPane{}
	g.names = []string{"phase"}
	return g
}

func (g *gatesPane) name() string { return "gates" }
func (g *gatesPane) lines() rower { return g }

func (g *gatesPane) title(sc *scene) []draw.Piece {
	ps := []draw.Piece{draw.As(themes.Key, "7"), draw.As(themes.Title, " GATES")}
	if r := sc.gates; r != nil {
		stops := 0
		for i := range r.Gates {
			if x := &r.Gates[i]; x.Stops() && r.Phases[x.Phase].Stands == gate.Open {
				stops++
			}
		}
		ps = append(ps, draw.As(themes.Muted, "  "+draw.Count(stops)+" block the phases that have begun"))
	}
	return g.titled(ps)
}

func (g *gatesPane) fresh(sc *scene) freshness {
	return freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates })
}

func (g *gatesPane) state(sc *scene) any { return [3]any{sc.gates, g.rev, g.fresh(sc).state} }

func (g *gatesPane) refresh(sc *scene) {
	if !g.stale(sc.gates) {
		return
	}
	g.gates, g.of = g.gates[:0], 0
	if sc.gates != nil {
		next := sc.gates.Next(blockers)
		g.of = len(next)
		for _, x := range next {
			if !g.filter.on() || g.filter.match(x.ID, x.Says, x.Value, x.Do) {
				g.gates = append(g.gates, x)
			}
		}
	}
	keys := make([]string, len(g.gates))
	for i, x := range g.gates {
		keys[i] = x.ID
	}
	g.set(keys)
}

func (g *gatesPane) open(sc *scene) page {
	if sc.gates == nil {
		return nil
	}
	return &gatesPage{}
}

func (g *gatesPane) text(*scene) string {
	if _, ok := g.current(); !ok || g.at >= len(g.gates) {
		return ""
	}
	x := g.gates[g.at]
	return fmt.Sprintf("%s %s: %s; %s. %s", x.Word(), x.ID, x.Says, x.Value, x.Do)
}

func (g *gatesPane) draw(sc *scene, w, h int, focused bool) []string {
	p := draw.NewPen(sc.st, w)
	var lines []string
	line := func(ps ...draw.Piece) {
		p.Start(w)
		p.Pieces(ps)
		lines = append(lines, p.Done())
	}
	r := sc.gates
	if r == nil {
		line(draw.As(themes.Muted, "  not judged yet"))
		return lines[:min(len(lines), h)]
	}
	if h >= tallGates {
		for _, ps := range phaseRows(r) {
			line(append([]draw.Piece{draw.As(themes.Text, " ")}, ps...)...)
		}
	} else {
		for _, t := range atMost(2, draw.Wrap(r.Line(), max(8, w-2))) {
			line(draw.As(themes.Text, " "+fit(t, w-2)))
		}
	}
	two := 2
	if h < tallGates { // all three are seen, each cut short
		two = 1
	}
	below := func(role themes.Role, text string, most int) {
		if most == 1 {
			line(draw.As(role, "     "+fit(text, w-6)))
			return
		}
		for i, t := range draw.Wrap(text, max(8, w-7)) {
			if i < most {
				line(draw.As(role, "     "+t))
			}
		}
	}
	role, says := loopLine(&r.Loops)
	if tail := "  :loop draws it"; draw.Width(says+tail)+2 <= w {
		line(draw.As(role, " "+says), draw.As(themes.Muted, tail))
	} else {
		line(draw.As(role, " "+fit(says, max(1, w-2))))
	}
	if h >= tallGates {
		line()
	}
	if len(g.keys) == 0 {
		line(draw.As(themes.Muted, "  "+emptyRows(g.filter.text, "✓ no gate blocks a phase that has begun; enter lists all")))
	} else {
		line(draw.As(themes.Muted, "  what blocks next; enter lists all"))
	}
	from, to := g.window(blockers)
	for i := from; i < to; i++ {
		x := g.gates[i]
		glyph, role := gateGlyph(x)
		p.Start(w)
		g.begin(p, i, focused)
		p.Put(role, glyph+" "+fmt.Sprint(int(x.Phase))+" ")
		p.Put(themes.Title, x.ID)
		p.Put(themes.Text, "  "+x.Says)
		lines = append(lines, p.Done())
		below(themes.Muted, gateValue(sc, x), two)
		below(themes.Text, cmp.Or(gateWhen(x), "nobody can tell when it passes"), 1)
		if x.Do != "" {
			below(themes.Text, x.Do, two)
		}
	}
	if h >= tallGates {
		line()
	}
	below(themes.Muted, "going back: "+r.Undo, two)
	below(themes.Muted, "no return: "+r.NoReturn, two)
	return lines[:min(len(lines), h)]
}

// phaseRows tell each phase in a line.
func phaseRows(r *gate.Report) (rows [][]draw.Piece) {
	for _, s := range r.Phases {
		role, sign := themes.Muted, standsSign(s.Stands)
		switch s.Stands {
		case gate.Passed:
			role = themes.Good
		case gate.Open:
			role = themes.Text
		case gate.Ahead:
		}
		says := fmt.Sprintf("%2d of %2d gates hold", s.Passes, s.Of)
		if s.Waived > 0 {
			says += fmt.Sprintf(", %d waived", s.Waived)
		}
		rows = append(rows, []draw.Piece{draw.As(role, fmt.Sprintf("%s %d %-24s %-7s ", sign, s.Phase, s.Name, s.Stands)),
			draw.As(themes.Muted, says)})
	}
	return rows
}

// gateGlyph is the sign of a gate and its role.
func gateGlyph(g *gate.Gate) (string, themes.Role) {
	switch {
	case g.Absent != "":
		return "-", themes.Muted
	case g.Verdict == model.Holds:
		return "✓", themes.Good
	case g.Waived != nil && g.Passes():
		return "!", themes.Warn
	case g.Verdict == model.Unknown:
		return "?", themes.Warn
	case g.Bar == model.Caution:
		return "!", themes.Warn
	}
	return "✗", themes.Fail
}

// gateValue is what was found, its limit, its age and who told.
func gateValue(sc *scene, g *gate.Gate) string {
	if g.Absent != "" {
		return g.Word() + ": " + g.Absent
	}
	says := g.Value
	if g.Limit != "" {
		says += ", limit " + g.Limit
	}
	if !g.At.IsZero() {
		says += ", seen " + coarse(sc.minute, g.At)
	}
	switch {
	case g.Manual:
		says += " (manual)"
	case g.Source != "" && g.Verdict != model.Unknown:
		says += ", by " + g.Source
	}
	return says
}

// gateWhen is when it passes.
func gateWhen(g *gate.Gate) string {
	switch {
	case g.When.IsZero() && g.Wait == "":
		return ""
	case g.When.IsZero():
		return "passes " + g.Wait
	case g.Wait == "":
		return "passes " + g.When.UTC().Format("2 Jan 15:04")
	}
	return "passes " + g.When.UTC().Format("2 Jan 15:04") + " UTC, " + g.Wait
}

// gatesPage lists every gate of every phase.
type gatesPage struct {
	general
	ways
}

func (*gatesPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "GATES"), draw.As(themes.Muted, "  of every phase")}
}

func (g *gatesPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	defer func() { g.links = s.links }()
	r := sc.gates
	if r == nil {
		s.prose(themes.Muted, "They were not judged yet.")
		return s.out
	}
	for i, row := range phaseRows(r) {
		if i > 0 {
			s.gap()
		}
		s.add(row...)
		for n := range r.Gates {
			g := &r.Gates[n]
			if int(g.Phase) != i {
				continue
			}
			glyph, role := gateGlyph(g)
			s.add(draw.As(role, "  "+glyph+" "), draw.As(themes.Title, g.ID), draw.As(themes.Text, "  "+g.Says))
			s.proseBelow(themes.Muted, gateValue(sc, g))
			if v := g.Waived; v != nil {
				s.proseBelow(themes.Warn, fmt.Sprintf("waived by %s on %s: %s", v.By, v.At.UTC().Format("2 Jan 2006"), v.Why))
			}
			if g.Passes() || r.Phases[i].Stands == gate.Ahead {
				continue
			}
			if when := gateWhen(g); when != "" {
				s.proseBelow(themes.Text, when)
			}
			if g.Do != "" {
				s.proseBelow(themes.Text, g.Do)
			}
		}
	}
	s.gap()
	s.fact("going back", r.Undo)
	_, says := loopLine(&r.Loops)
	s.leads(len(s.out), "loop", func() page { return &loopPage{} })
	s.fact("loop", says)
	s.fact("no return", r.NoReturn)
	return s.out
}
