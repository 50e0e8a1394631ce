package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// proposal is a plan as it was made, and its guards as they were judged last.
type proposal struct {
	plan   *plan.Plan
	judged []model.Check // its guards as they are now
	glass  *broken       // where it is recorded instead of the journal; nil: in the journal
	rev    uint64        // of the snapshot and the journal that they were judged by
	read   int64
}

// lines is the plan as the dialog shows it: what stands in the way first among the guards.
func (v *proposal) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	v.head(s)
	v.steps(s)
	s.part("What it costs", v.plan.Costs)
	s.part("Undo", v.plan.Undo)
	v.people(s)
	v.guards(s, sc, "Guards", func(model.Check) bool { return true })
	return s.out
}

// decisive is the same where there is no room for all of it: first what it costs, what cannot be undone and which guards do not hold.
func (v *proposal) decisive(sc *scene, w int) ([][]draw.Piece, int) {
	s := &story{w: w}
	v.head(s)
	v.people(s)
	v.guards(s, sc, "Guards that do not hold", func(g model.Check) bool { return g.Verdict != model.Holds })
	for i, st := range v.plan.Steps {
		if st.NoReturn {
			s.prose(themes.Warn, fmt.Sprintf("! no return from step %d, %s", i+1, st.Name))
		}
	}
	s.part("What it costs", v.plan.Costs)
	s.part("Undo", v.plan.Undo)
	n := len(s.out)
	v.steps(s)
	v.guards(s, sc, "Guards that hold", func(g model.Check) bool { return g.Verdict == model.Holds })
	return s.out, n
}

func (v *proposal) head(s *story) {
	role := themes.Title
	if v.plan.Rehearsal != "" {
		role = themes.Rehearsal
	}
	s.prose(themes.Title, v.plan.Says)
	s.prose(role, "on "+record.EnvironmentName(v.plan.Environment, v.plan.Rehearsal))
	if g := v.glass; g != nil {
		s.gap()
		s.prose(themes.Fail, "✗ BREAK GLASS: the journal cannot be used: "+g.why)
		s.prose(
			themes.Warn,
			"It is recorded in "+g.dir+", on the host that acts, and merged when the journal is back: switchyard journal --merge "+g.dir,
		)
	}
}

func (v *proposal) steps(s *story) {
	s.head("What happens")
	for i, st := range v.plan.Steps {
		s.numbered(i+1, st.Name)
		if st.NoReturn {
			s.add(draw.As(themes.Warn, "     ! there is no return from here"))
		}
		s.proseBelow(themes.Muted, "until "+st.Done+"; unknown after "+model.Span(st.Limit))
		for _, l := range st.Shows() {
			s.proseBelow(themes.Text, l)
		}
	}
}

func (v *proposal) people(s *story) {
	if n := v.plan.Approvals; n > 1 {
		s.gap()
		s.prose(themes.Warn, fmt.Sprintf("%d different people must approve it; you are one", n))
	}
	for i, l := range v.plan.Calls() {
		if i == 0 {
			s.gap()
		}
		s.prose(themes.Warn, "! "+l)
	}
}

// guards tells those that are of a kind, under a heading when there are any.
func (v *proposal) guards(s *story, sc *scene, title string, of func(model.Check) bool) {
	guards := slices.DeleteFunc(slices.Clone(v.judged), func(g model.Check) bool { return !of(g) })
	if len(guards) == 0 {
		return
	}
	slices.SortStableFunc(guards, func(a, b model.Check) int { return cmp.Compare(guardRank(a), guardRank(b)) })
	s.head(title)
	wall := v.wall()
	for _, g := range guards {
		if g.ID == wall { // what takes it away stands below, where the dialog says that it is blocked
			g.Do = ""
		}
		s.guard(g, sc.now)
	}
}

// wall is the guard that nobody can override and that comes first; empty when there is none.
func (v *proposal) wall() string {
	if g := v.plan.Blocked(); g != nil {
		return g.ID
	}
	return ""
}

// sum counts the guards: on a small screen they are below the fold.
func (v *proposal) sum() []draw.Piece {
	var n [4]int
	for _, g := range v.judged {
		n[guardRank(g)]++
	}
	out := []draw.Piece{draw.As(themes.Muted, "Guards  "), draw.As(themes.Text, draw.Count(n[3])+" hold")}
	if n[2] > 0 {
		out = append(out, draw.As(themes.Warn, ", ! "+draw.Count(n[2])+" warn"))
	}
	if n[1] > 0 {
		out = append(out, draw.As(themes.Fail, ", ✗ "+draw.Count(n[1])+" to override"))
	}
	return out
}

// numbered writes a step and what it is.
func (s *story) numbered(n int, text string) {
	for i, line := range draw.Wrap(text, max(8, s.w-5)) {
		head := fmt.Sprintf("  %d  ", n)
		if i > 0 {
			head = strings.Repeat(" ", draw.Width(head))
		}
		s.add(draw.As(themes.Muted, head), draw.As(themes.Text, line))
	}
}

// proseBelow writes text below a numbered line.
func (s *story) proseBelow(r themes.Role, text string) {
	for _, line := range draw.Wrap(text, max(8, s.w-5)) {
		s.add(draw.As(r, "     "+line))
	}
}

// part writes a heading with its lines, if there are any.
func (s *story) part(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	s.head(title)
	for _, l := range lines {
		for i, line := range draw.Wrap(l, max(8, s.w-2)) {
			head := "- "
			if i > 0 {
				head = "  "
			}
			s.add(draw.As(themes.Muted, head), draw.As(themes.Text, line))
		}
	}
}

// guardRank puts what stands in the way first.
func guardRank(g model.Check) int {
	switch {
	case g.Verdict == model.Holds:
		return 3
	case g.Bar == model.Block:
		return 0
	case g.Bar == model.Override:
		return 1
	}
	return 2
}

// guard writes a check with its value, limit and the age of its evidence, and what would let the plan through.
func (s *story) guard(g model.Check, now time.Time) {
	glyph, role := "✓", themes.Good
	switch {
	case g.Verdict == model.Unknown && g.Bar == model.Caution:
		glyph, role = "?", themes.Warn
	case g.Verdict == model.Unknown:
		glyph, role = "?", themes.Fail
	case g.Verdict == model.Fails && g.Bar == model.Caution:
		glyph, role = "!", themes.Warn
	case g.Verdict == model.Fails:
		glyph, role = "✗", themes.Fail
	}
	tail := g.Value
	if g.Limit != "" {
		tail += ", asked " + g.Limit
	}
	if g.Verdict != model.Holds {
		tail += " (" + plan.GuardWord(g) + ")"
	}
	if at := ago(now, g.At); !g.At.IsZero() && at >= time.Second {
		tail += ", " + model.Age(at) + " old"
	}
	for i, line := range draw.Wrap(g.Says+": "+tail, max(8, s.w-4)) {
		if i > 0 {
			glyph = " "
		}
		s.add(draw.As(role, "  "+glyph+" "), draw.As(role, line))
	}
	if g.Do != "" {
		s.proseBelow(themes.Text, "→ "+g.Do)
	}
}
