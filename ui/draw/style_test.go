package draw

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"switchyard/themes"
)

// bytesOf writes by hand what a terminal needs for a paint: the fewest bytes, in one order.
func bytesOf(p themes.Paint) string {
	seq := ""
	for i, on := range []bool{1: p.Bold, 2: p.Dim, 4: p.Underline, 7: p.Reversed} {
		if on {
			seq += fmt.Sprintf(";%d", i)
		}
	}
	return "\x1b[" + seq + colorBytes("38", p.Fg) + colorBytes("48", p.Bg) + "m"
}

func colorBytes(lead string, c themes.Color) string {
	if !c.Set {
		return ""
	}
	levels := []uint8{0, 95, 135, 175, 215, 255}
	for i := range 216 {
		if c.R == levels[i/36] && c.G == levels[i/6%6] && c.B == levels[i%6] {
			return fmt.Sprintf(";%s;5;%d", lead, 16+i)
		}
	}
	for i := range 24 {
		if grey := uint8(8 + 10*i); c.R == grey && c.G == grey && c.B == grey {
			return fmt.Sprintf(";%s;5;%d", lead, 232+i)
		}
	}
	return fmt.Sprintf(";%s;2;%d;%d;%d", lead, c.R, c.G, c.B)
}

// The library makes the sequences once per theme; what goes over the link must not grow by it.
func TestBytesOfEveryRole(t *testing.T) {
	for _, name := range themes.Names("") {
		th, err := themes.Load(name, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, fill := range []bool{false, true} {
			st := NewStyle(1, th, false, fill)
			for r, p := range th.Roles {
				if (th.Fill || fill) && th.Ground.Set {
					if !p.Bg.Set {
						p.Bg = th.Ground
					}
					if !p.Fg.Set {
						p.Fg = th.Ink
					}
				}
				if want := bytesOf(p); st.on[r] != want {
					t.Errorf("%s, painting %v: %s begins with %q, want %q", name, fill, themes.Role(r), st.on[r], want)
				}
			}
		}
	}
}

func TestBytesOfAnyPaint(t *testing.T) {
	level := rapid.OneOf(rapid.SampledFrom([]uint8{0, 8, 18, 95, 135, 175, 215, 238, 255}), rapid.Uint8())
	paint := rapid.Custom(func(rt *rapid.T) themes.Paint {
		shade := rapid.Custom(func(rt *rapid.T) themes.Color {
			c := themes.Color{R: level.Draw(rt, "red"), G: level.Draw(rt, "green"), B: level.Draw(rt, "blue"), Set: true}
			if rapid.Bool().Draw(rt, "grey") {
				c.G, c.B = c.R, c.R
			}
			if rapid.Bool().Draw(rt, "none") {
				c = themes.Color{}
			}
			return c
		})
		flag := rapid.Bool()
		return themes.Paint{Fg: shade.Draw(rt, "ink"), Bg: shade.Draw(rt, "ground"), Bold: flag.Draw(rt, "bold"),
			Dim:       flag.Draw(rt, "dim"),
			Underline: flag.Draw(rt, "underline"), Reversed: flag.Draw(rt, "reversed")}
	})
	rapid.Check(t, func(rt *rapid.T) {
		p := paint.Draw(rt, "paint")
		if got, want := opening(look(p)), bytesOf(p); got != want {
			rt.Fatalf("%+v begins with %q, want %q", p, got, want)
		}
	})
}

// Plain text has the terminal's own colour, but for a theme that somebody chose on a terminal it is not made for.
func TestInkOnAPaintedGround(t *testing.T) {
	th, err := themes.Load("dark", "")
	if err != nil {
		t.Fatal(err)
	}
	for fill, want := range map[bool]string{false: off, true: "\x1b[;38;5;253;48;5;233m"} {
		if got := NewStyle(1, th, false, fill).on[themes.Text]; got != want {
			t.Errorf("painting %v: plain text begins with %q, want %q", fill, got, want)
		}
	}
}
