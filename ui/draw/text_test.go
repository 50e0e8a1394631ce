package draw

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"switchyard/themes"
)

func testStyle(t testing.TB, ascii bool) *Style {
	t.Helper()
	th, err := themes.Load("dark", "")
	if err != nil {
		t.Fatal(err)
	}
	return NewStyle(1, th, ascii, false)
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// plain strips our colours and fails on every other control character.
func plain(t interface{ Fatalf(string, ...any) }, l string) string {
	l = colours.ReplaceAllString(l, "")
	if i := strings.IndexFunc(l, unicode.IsControl); i >= 0 {
		t.Fatalf("a control character in %q", l)
	}
	return l
}

// Every rune that may reach the grid is counted alike by every way of counting, alone and beside any other.
func TestSafeRunesStandAlone(t *testing.T) {
	var safe []rune
	for r := rune(0); r <= utf8.MaxRune; r++ {
		f, n := foldRune(r, false)
		if f != r {
			if n != 1 || f != '?' {
				t.Fatalf("%U became %q of width %d", r, f, n)
			}
			continue
		}
		if a, b := ansi.StringWidth(string(r)), ansi.StringWidthWc(string(r)); a != n || b != n {
			t.Errorf("%U %q is counted as %d and by others as %d and %d", r, r, n, a, b)
		}
		if len(safe) < 3000 || r%7 == 0 {
			safe = append(safe, r)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := string(rapid.SliceOfN(rapid.SampledFrom(safe), 0, 20).Draw(rt, "runes"))
		if a, b, c := Width(s), ansi.StringWidth(s), ansi.StringWidthWc(s); a != b || a != c {
			rt.Fatalf("%q is %d, %d, %d wide", s, a, b, c)
		}
	})
}

func TestGlyphsOfOurOwnSurvive(t *testing.T) {
	for _, r := range "●○▲▼✓✗→─│┌┐└┘▁▂▃▄▅▆▇█░" {
		if f, n := foldRune(r, false); f != r || n != 1 {
			t.Errorf("%c is not drawn", r)
		}
		if f, _ := foldRune(r, true); f > 0x7e || f == '?' {
			t.Errorf("%c has no ASCII twin", r)
		}
	}
}

func TestPenIsAlwaysExact(t *testing.T) {
	st := testStyle(t, false)
	rapid.Check(t, func(rt *rapid.T) {
		w := rapid.IntRange(0, 40).Draw(rt, "w")
		p := NewPen(st, w)
		p.Faded = rapid.Bool().Draw(rt, "faded")
		for range rapid.IntRange(0, 8).Draw(rt, "pieces") {
			r := themes.Role(rapid.IntRange(0, int(themes.RoleCount)-1).Draw(rt, "role"))
			s := rapid.StringOf(rapid.SampledFrom([]rune("ab 漢字é→\x1b\n\u0301\u05d0ñ"))).Draw(rt, "text")
			switch rapid.IntRange(0, 4).Draw(rt, "how") {
			case 0:
				p.Put(r, s)
			case 1:
				p.Column(r, s, rapid.IntRange(-1, 12).Draw(rt, "column"))
			case 2:
				p.ColumnRight(r, s, rapid.IntRange(-1, 12).Draw(rt, "column"))
			case 3:
				p.Pad(rapid.IntRange(-1, 5).Draw(rt, "pad"))
			case 4:
				p.Wear(r)
			}
		}
		line := plain(t, p.Done())
		if a := ansi.StringWidth(line); a != w {
			rt.Fatalf("%q is %d wide, want %d", line, a, w)
		}
	})
}

func TestCutsAreMarked(t *testing.T) {
	for _, c := range []struct {
		w          int
		text, want string
	}{{5, "abcdef", "abcd~"}, {5, "abcde", "abcde"}, {5, "ab漢字", "ab漢~"}, {4, "漢字", "漢字"}, {3, "漢字", "漢~"}, {1, "ab", "~"},
		{2, "漢字", " ~"}, {0, "a", ""}} {
		p := NewPen(testStyle(t, false), c.w)
		p.Put(themes.Text, c.text)
		if got := plain(t, p.Done()); got != c.want {
			t.Errorf("%q in %d is %q, want %q", c.text, c.w, got, c.want)
		}
	}
	p := NewPen(testStyle(t, false), 6)
	p.Put(themes.Text, "abcdef")
	p.Put(themes.Fail, "more")
	if got := plain(t, p.Done()); got != "abcde~" {
		t.Errorf("text after the end left %q", got)
	}
}

func TestWrapKeepsEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("abc déf 漢 "))).Draw(rt, "text")
		w := rapid.IntRange(1, 20).Draw(rt, "w")
		lines := Wrap(s, w)
		for _, l := range lines {
			if Width(l) > max(w, 2) {
				rt.Fatalf("%q is wider than %d", l, w)
			}
		}
		squash := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squash(strings.Join(lines, "")) != squash(s) {
			rt.Fatalf("%q became %q", s, lines)
		}
	})
}

func TestOverlayKeepsTheWidth(t *testing.T) {
	st := testStyle(t, false)
	base := NewPen(st, 40)
	base.Put(themes.Fail, "left 漢字漢字漢字 right ✓ and more text here")
	part := NewPen(st, 10)
	part.Put(themes.Title, "dialog")
	under, over := base.Done(), part.Done()
	for x := range 31 {
		if got := plain(t, overlay(under, over, x, 10, 40)); ansi.StringWidth(got) != 40 {
			t.Errorf("at %d: %q is %d wide", x, got, ansi.StringWidth(got))
		}
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	for got, want := range map[string]string{
		Count(0): "0", Count(999): "999", Count(1000): "1,000", Count(-1234567): "-1,234,567",
		Percent(1): "100%", Percent(0.99999): "99.9%", Percent(0.5): "50.0%",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSpark(t *testing.T) {
	for _, c := range []struct {
		values []float64
		w      int
		top    float64
		want   string
	}{{nil, 3, 0, "   "}, {[]float64{0, 0}, 2, 0, "▁▁"}, {[]float64{1, 2, 4, 8}, 4, 0, "▂▃▅█"}, {[]float64{1, NoValue, 8}, 5, 0, "  ▂ █"},
		{[]float64{1, 1, 8}, 2, 16, "▁▅"}, {[]float64{1}, 0, 0, ""}} {
		if got := Spark(c.values, c.w, c.top); got != c.want {
			t.Errorf("%v in %d to %v is %q, want %q", c.values, c.w, c.top, got, c.want)
		}
	}
}
