package model

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"backup-chain1-regular":            "backup-chain1-regular",
		"Termination: Backup OK\n\x00":     "Termination: Backup OK",
		"a\x1b[31mred\x1b[0m b":            "ared b",
		"title\x1b]0;owned\x07 end":        "title end",
		"clip\x1b]52;c;ZXZpbA==\x1b\\ end": "clip end",
		"open\x1b]0;never closed\nnext":    "open next",
		"two\r\nlines":                     "two lines",
		"bidi \u202egnp.exe":               "bidi gnp.exe",
		"zero\u200bwidth":                  "zerowidth",
		"日本語の名前":                           "日本語の名前",
		"bad \xff utf8":                    "bad \ufffd utf8",
		"\x9b31mcsi":                       "\ufffd31mcsi",
		"c1 \u009b31mcsi":                  "c1 csi",
		"tail esc\x1b":                     "tail esc",
		"\n\n lead":                        " lead",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := string(
			rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"),
		) + rapid.String().
			Draw(t, "text") +
			rapid.SampledFrom([]string{"", "\x1b[", "\x1b]8;;", "\x1bP", "\u009d", "\u2066"}).
				Draw(t, "tail")
		out := Clean(in)
		if !utf8.ValidString(out) {
			t.Fatalf("%q is not UTF-8", out)
		}
		if strings.IndexFunc(out, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) >= 0 {
			t.Fatalf("%q still holds a control character", out)
		}
		if again := Clean(out); again != out {
			t.Fatalf("not idempotent: %q, then %q", out, again)
		}
	})
}
