package draw

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/themes"
)

func TestBar(t *testing.T) {
	for _, c := range []struct {
		w, done, of int
		want        string
	}{{10, 0, 3, "░░░░░░░░░░"}, {10, 1, 3, "███░░░░░░░"}, {10, 3, 3, "██████████"}, {10, 1, 1000, "█░░░░░░░░░"},
		{10, 999, 1000, "█████████░"},
		{10, 130, 100, "██████████"}, {10, -1, 100, "░░░░░░░░░░"}, {1, 1, 3, "░"}, {4, 1, 0, ""}, {0, 1, 2, ""}, {-3, 1, 2, ""}} {
		if got := Bar(c.w, c.done, c.of); got != c.want {
			t.Errorf("%d of %d in %d is %q, want %q", c.done, c.of, c.w, got, c.want)
		}
	}
}

// A bar is as wide as it was told, never goes back, and tells the ends apart from all between them; in ASCII too.
func TestAnyBar(t *testing.T) {
	st := testStyle(t, true)
	rapid.Check(t, func(rt *rapid.T) {
		w, of := rapid.IntRange(2, 60).Draw(rt, "w"), rapid.IntRange(1, 5000).Draw(rt, "of")
		done := rapid.IntRange(0, of).Draw(rt, "done")
		bar := Bar(w, done, of)
		full := strings.Count(bar, "█")
		if Width(bar) != w || full+strings.Count(bar, "░") != w || full == w != (done == of) || full == 0 != (done == 0) {
			rt.Fatalf("%d of %d in %d is %q", done, of, w, bar)
		}
		if done > 0 && strings.Count(Bar(w, done-1, of), "█") > full {
			rt.Fatalf("%d of %d shows less than %d", done, of, done-1)
		}
		p := NewPen(st, w)
		p.Put(themes.Graph, bar)
		if got, want := plain(rt, p.Done()), strings.Repeat("#", full)+strings.Repeat(".", w-full); got != want {
			rt.Fatalf("in ASCII it is %q, want %q", got, want)
		}
	})
}

func TestBarHasNoColourOfItsOwn(t *testing.T) {
	if bar := Bar(8, 1, 2); strings.ContainsRune(bar, '\x1b') {
		t.Errorf("it brings its own: %q", bar)
	}
}
