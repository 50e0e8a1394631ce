package ui

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"switchyard/themes"
)

func testStyle(t testing.TB, ascii bool) *style {
	t.Helper()
	th, err := themes.Load("dark", "")
	if err != nil {
		t.Fatal(err)
	}
	return newStyle(1, th, ascii, false)
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
		if a, b, c := width(s), ansi.StringWidth(s), ansi.StringWidthWc(s); a != b || a != c {
			rt.Fatalf("%q is %d, %d, %d wide", s, a, b, c)
		}
	})
}

func TestGlyphsOfOurOwnSurvive(t *testing.T) {
	for _, r := range "●○▲▼✓✗→─│┌┐└┘▁▂▃▄▅▆▇█" {
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
		p := newPen(st, w)
		p.faded = rapid.Bool().Draw(rt, "faded")
		for range rapid.IntRange(0, 8).Draw(rt, "pieces") {
			r := themes.Role(rapid.IntRange(0, int(themes.RoleCount)-1).Draw(rt, "role"))
			s := rapid.StringOf(rapid.SampledFrom([]rune("ab 漢字é→\x1b\n\u0301\u05d0ñ"))).Draw(rt, "text")
			switch rapid.IntRange(0, 4).Draw(rt, "how") {
			case 0:
				p.put(r, s)
			case 1:
				p.col(r, s, rapid.IntRange(-1, 12).Draw(rt, "column"))
			case 2:
				p.colRight(r, s, rapid.IntRange(-1, 12).Draw(rt, "column"))
			case 3:
				p.pad(rapid.IntRange(-1, 5).Draw(rt, "pad"))
			case 4:
				p.wear(r)
			}
		}
		line := sgrOnly(t, p.done())
		if a := ansi.StringWidth(line); a != w {
			rt.Fatalf("%q is %d wide, want %d", line, a, w)
		}
	})
}

func TestCutsAreMarked(t *testing.T) {
	for _, c := range []struct {
		w          int
		text, want string
	}{{5, "abcdef", "abcd~"}, {5, "abcde", "abcde"}, {5, "ab漢字", "ab漢~"}, {4, "漢字", "漢字"}, {3, "漢字", "漢~"}, {1, "ab", "~"}, {2, "漢字", " ~"}, {0, "a", ""}} {
		p := newPen(testStyle(t, false), c.w)
		p.put(themes.Text, c.text)
		if got := sgrOnly(t, p.done()); got != c.want {
			t.Errorf("%q in %d is %q, want %q", c.text, c.w, got, c.want)
		}
	}
	p := newPen(testStyle(t, false), 6)
	p.put(themes.Text, "abcdef")
	p.put(themes.Fail, "more")
	if got := sgrOnly(t, p.done()); got != "abcde~" {
		t.Errorf("text after the end left %q", got)
	}
}

func TestWrapKeepsEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("abc déf 漢 "))).Draw(rt, "text")
		w := rapid.IntRange(1, 20).Draw(rt, "w")
		lines := wrap(s, w)
		for _, l := range lines {
			if width(l) > max(w, 2) {
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
	base := newPen(st, 40)
	base.put(themes.Fail, "left 漢字漢字漢字 right ✓ and more text here")
	part := newPen(st, 10)
	part.put(themes.Title, "dialog")
	under, over := base.done(), part.done()
	for x := range 31 {
		if got := sgrOnly(t, overlay(under, over, x, 10, 40)); ansi.StringWidth(got) != 40 {
			t.Errorf("at %d: %q is %d wide", x, got, ansi.StringWidth(got))
		}
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	for got, want := range map[string]string{
		count(0): "0", count(999): "999", count(1000): "1,000", count(-1234567): "-1,234,567",
		percent(1): "100%", percent(0.99999): "99.9%", percent(0.5): "50.0%",
		exactSpan(26 * time.Hour): "26 h", exactSpan(90 * time.Second): "1 min 30 s", exactSpan(50*time.Hour + time.Minute): "2 d 2 h", exactSpan(0): "0 s",
		short("31 h"): "31h", short("119 min"): "119m", short("-"): "-",
		coarse(noon, before(20*time.Second)): "<2 min", coarse(noon, time.Time{}): "-", age(noon, noon.Add(time.Hour)): "0 s",
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
	}{{nil, 3, 0, "   "}, {[]float64{0, 0}, 2, 0, "▁▁"}, {[]float64{1, 2, 4, 8}, 4, 0, "▂▃▅█"}, {[]float64{1, gap, 8}, 5, 0, "  ▂ █"}, {[]float64{1, 1, 8}, 2, 16, "▁▅"}, {[]float64{1}, 0, 0, ""}} {
		if got := spark(c.values, c.w, c.top); got != c.want {
			t.Errorf("%v in %d to %v is %q, want %q", c.values, c.w, c.top, got, c.want)
		}
	}
}
