package draw

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"switchyard/themes"
)

// Style is a theme made ready for writing: what to send before a piece of text of each role.
type Style struct {
	ID    int  // changes with every new style, for caches
	ASCII bool // only ASCII is written
	on    [themes.RoleCount]string
}

// NewStyle prepares a theme. Each piece starts from a reset, so that pieces never inherit from one another.
func NewStyle(id int, t themes.Theme, ascii, fill bool) *Style {
	s := &Style{ID: id, ASCII: ascii}
	for r, p := range t.Roles {
		if (t.Fill || fill) && t.Ground.Set {
			if !p.Bg.Set {
				p.Bg = t.Ground
			}
			if !p.Fg.Set {
				p.Fg = t.Ink
			}
		}
		s.on[r] = opening(look(p))
	}
	return s
}

// off ends a line.
const off = "\x1b[m"

// look is a paint as Lip Gloss has it.
func look(p themes.Paint) lipgloss.Style {
	s := lipgloss.NewStyle().Bold(p.Bold).Faint(p.Dim).Underline(p.Underline).Reverse(p.Reversed)
	if p.Fg.Set {
		s = s.Foreground(shortest(p.Fg))
	}
	if p.Bg.Set {
		s = s.Background(shortest(p.Bg))
	}
	return s
}

// opening is what a style sends before its text. Lip Gloss can only write it around a text, and writes an underline twice.
func opening(s lipgloss.Style) string {
	var seq ansi.Style
	if s.GetBold() {
		seq = seq.Bold()
	}
	if s.GetFaint() {
		seq = seq.Faint()
	}
	if s.GetUnderline() {
		seq = seq.Underline(true)
	}
	if s.GetReverse() {
		seq = seq.Reverse(true)
	}
	for _, c := range []struct {
		is  color.Color
		set func(ansi.Style, ansi.Color) ansi.Style
	}{{s.GetForeground(), ansi.Style.ForegroundColor}, {s.GetBackground(), ansi.Style.BackgroundColor}} {
		if _, none := c.is.(lipgloss.NoColor); !none {
			seq = c.set(seq, c.is)
		}
	}
	if len(seq) == 0 {
		return off
	}
	return "\x1b[;" + strings.Join(seq, ";") + "m" // an empty parameter resets, and is shorter than a zero
}

// shortest prefers the 256-colour form, which is shorter and survives every hop, where the colour is in the cube.
func shortest(c themes.Color) color.Color {
	if i, ok := cubeIndex(c); ok {
		return ansi.IndexedColor(i)
	}
	return color.RGBA{R: c.R, G: c.G, B: c.B, A: 0xff}
}

// cubeIndex finds a colour in xterm's 6x6x6 cube or its grey ramp.
func cubeIndex(c themes.Color) (int, bool) {
	step := func(v uint8) int {
		for i, l := range []uint8{0, 95, 135, 175, 215, 255} {
			if v == l {
				return i
			}
		}
		return -1
	}
	if r, g, b := step(c.R), step(c.G), step(c.B); r >= 0 && g >= 0 && b >= 0 {
		return 16 + 36*r + 6*g + b, true
	}
	if c.R == c.G && c.G == c.B && c.R >= 8 && (c.R-8)%10 == 0 && (c.R-8)/10 < 24 {
		return 232 + int(c.R-8)/10, true
	}
	return 0, false
}
