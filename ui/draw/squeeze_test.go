package draw

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSqueezeCutsTheLongestWords(t *testing.T) {
	for _, x := range []struct {
		says string
		w    int
		want string
	}{
		{"all fits", 8, "all fits"},
		{"denied for arn:aws:sts::123456789012:assumed-role/watcher here", 30, "denied for arn:aws:sts::~ here"},
		{"short words only and too many", 12, "short words~"},
		{"x", 0, ""},
		{"ぁA", 2, "~"}, // beside the mark there is no room for a letter that takes two columns
		{"ぁぁ", 3, "ぁ~"},
	} {
		if got := Squeeze(x.says, x.w); got != x.want {
			t.Errorf("%q in %d: %q, want %q", x.says, x.w, got, x.want)
		}
	}
}

func TestSqueezeKeepsItsWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := rapid.String().Draw(t, "s"), rapid.IntRange(1, 60).Draw(t, "w")
		got := Squeeze(s, w)
		if Width(got) > w {
			t.Errorf("%q takes %d of %d columns", got, Width(got), w)
		}
		if Width(s) <= w && got != s || Width(s) > w && !strings.ContainsRune(got, CutMark) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestCutKeepsItsWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := rapid.String().Draw(t, "s"), rapid.IntRange(-1, 20).Draw(t, "w")
		got := Cut(s, w)
		if Width(got) > max(w, 0) {
			t.Errorf("%q takes %d of %d columns", got, Width(got), w)
		}
		if w > 0 && Width(s) <= w && got != s || w > 0 && Width(s) > w && !strings.HasSuffix(got, string(CutMark)) {
			t.Errorf("%q became %q", s, got)
		}
	})
}
