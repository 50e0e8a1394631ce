package draw

import (
	"strconv"
	"strings"

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
		s.on[r] = sgr(p)
	}
	return s
}

// off ends a line.
const off = "\x1b[m"

func sgr(p themes.Paint) string {
	var b strings.Builder
	b.WriteString("\x1b[")
	for _, a := range []struct {
		on   bool
		code string
	}{{p.Bold, ";1"}, {p.Dim, ";2"}, {p.Underline, ";4"}, {p.Reversed, ";7"}} {
		if a.on {
			b.WriteString(a.code)
		}
	}
	if p.Fg.Set {
		b.WriteString(";38;" + colorCode(p.Fg))
	}
	if p.Bg.Set {
		b.WriteString(";48;" + colorCode(p.Bg))
	}
	b.WriteByte('m')
	return b.String()
}

// colorCode prefers the 256-colour form, which is shorter and survives every hop, where the colour is in the cube.
func colorCode(c themes.Color) string {
	if i, ok := cubeIndex(c); ok {
		return "5;" + strconv.Itoa(i)
	}
	return "2;" + strconv.Itoa(int(c.R)) + ";" + strconv.Itoa(int(c.G)) + ";" + strconv.Itoa(int(c.B))
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
