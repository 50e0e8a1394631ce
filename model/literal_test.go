package model

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLiteralKeepsNamesApart(t *testing.T) {
	const name = "backup-chain1-region1-regular"
	for _, raw := range []string{name + " ", name + "  ", " " + name, name + "\u200b", "back\x1b[0mup-chain1-region1-regular", name + "\x00",
		name + "\n", name + "\xff",
		name + "\u202e", "b\u00adackup-chain1-region1-regular", name + "\u2028", name + "\x7f", name + "\u0301", name + "\U000e0041"} {
		got := Literal(raw)
		if got == name || Clean(got) != got {
			t.Errorf("%q is written %q", raw, got)
		}
		if want := Clean(raw); LooksLike(got) != want {
			t.Errorf("%q looks like %q, want %q", raw, LooksLike(got), want)
		}
	}
	for _, plain := range []string{"", name, "größe", "バックアップé", "a b"} {
		if Literal(plain) != plain || LooksLike(plain) != plain {
			t.Errorf("%q is written %q and looks like %q", plain, Literal(plain), LooksLike(plain))
		}
	}
	if a, b := Literal("a "), Literal(`a\x20`); a == b {
		t.Errorf("both are %q", a)
	}
}

func TestLiteralIsInjectiveAndHarmless(t *testing.T) {
	odd := rapid.SampledFrom(
		[]string{"a", " ", "\\", "x20", "\x1b", "\u200b", "\xff", "\x9b", "\u009b", "\n", "é", "\u0301", "[0m", "\u2028", "\x00"},
	)
	text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(odd, 0, 6).Draw(t, "parts"), "") })
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		la, lb := Literal(a), Literal(b)
		if (a == b) != (la == lb) {
			t.Fatalf("%q and %q are written %q and %q", a, b, la, lb)
		}
		if Clean(la) != la {
			t.Fatalf("%q is written %q, which is not clean", a, la)
		}
		if got, want := LooksLike(la), Clean(a); got != want {
			t.Fatalf("%q looks like %q, want %q", a, got, want)
		}
	})
}
