package ui

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/gate"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// loopPage draws what needs itself to be restored.
type loopPage struct{ general }

func (*loopPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "LOOP"), draw.As(themes.Muted, "  what needs itself to be restored")}
}

func (*loopPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	if sc.gates == nil {
		s.prose(themes.Muted, "Nobody has looked for loops yet.")
		return s.out
	}
	l := &sc.gates.Loops
	switch {
	case l.Verdict == model.Holds:
		s.prose(themes.Good, "✓ No loop: whatever is lost, there is an order in which all of it can be brought back.")
		return s.out
	case len(l.Loops) == 0:
		s.prose(themes.Warn, "? Not known: "+l.Why+".")
		return s.out
	case l.Verdict == model.Unknown:
		s.prose(themes.Warn, "? Perhaps, as "+l.Why+":")
	default:
		s.prose(themes.Fail, "✗ "+plural(len(l.Loops), "loop")+": nothing of one can be brought back first.")
	}
	for i, one := range l.Loops {
		if i == drawnLoops {
			s.gap()
			s.prose(themes.Muted, fmt.Sprintf("and %d more: switchyard loop lists them", len(l.Loops)-i))
			break
		}
		s.gap()
		s.ring(one)
	}
	s.gap()
	s.prose(themes.Text, "Each needs the next one to be brought back, and the last one the first: nothing of a loop can be first. "+
		"It is broken where one of them has another way, such as a backup on the other cluster, or lies elsewhere.")
	return s.out
}

// drawnLoops bounds how many are drawn.
const drawnLoops = 5

// ring draws a circle: boxes below each other, and a line from the last one back to the first.
func (s *story) ring(l gate.Loop) {
	wide := 0
	names := make([]string, len(l))
	for i, n := range l {
		names[i] = strings.TrimRight(fit(n.String(), max(4, s.w-12)), " ")
		wide = max(wide, draw.Width(names[i]))
	}
	wide += 2
	half := wide / 2
	line := func(back, rest string) {
		s.add(draw.As(themes.Fail, "  "+back), draw.As(themes.Text, rest))
	}
	for i, name := range names {
		back := map[bool]string{true: "┌→", false: "│ "}[i == 0]
		top := "┌" + strings.Repeat("─", wide) + "┐"
		pad := wide - 1 - draw.Width(name)
		line(map[bool]string{true: "  ", false: "│ "}[i == 0], top)
		line(back, "│ "+name+strings.Repeat(" ", pad)+"│")
		line("│ ", "└"+strings.Repeat("─", half)+"┬"+strings.Repeat("─", wide-half-1)+"┘")
		if i < len(names)-1 {
			line("│ ", strings.Repeat(" ", half+1)+"▼ needs")
			continue
		}
		s.add(draw.As(themes.Fail, "  └─"+strings.Repeat("─", half+1)+"┘"), draw.As(themes.Text, " needs the first"))
	}
}

// loopLine is what is known of loops, in a line.
func loopLine(l *gate.Loops) (themes.Role, string) {
	switch {
	case l.Verdict == model.Holds:
		return themes.Good, "✓ no loop"
	case len(l.Loops) == 0:
		return themes.Warn, "? loop: not known: " + l.Why
	}
	role, says := themes.Fail, "✗ loop: "
	if l.Verdict == model.Unknown {
		role, says = themes.Warn, "? perhaps a loop: "
	}
	says += strings.ReplaceAll(l.Loops[0].String(), "->", "→")
	if n := len(l.Loops) - 1; n > 0 {
		says += fmt.Sprintf(", and %d more", n)
	}
	return role, says
}
