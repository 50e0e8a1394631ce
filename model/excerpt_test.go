package model

import "testing"

// TestTheCaretIsBelowTheCharacter whatever stands before it.
func TestTheCaretIsBelowTheCharacter(t *testing.T) {
	for _, c := range []struct {
		line   string
		column int
		want   string
	}{
		{"ab: x", 5, "\n    7 | ab: x\n      |     ^"},
		{"", 1, ""},
		{"größe: x", 8, "\n    7 | größe: x\n      |        ^"},
		{"漢字: x", 5, "\n    7 | 漢字: x\n      |       ^"},
		{"漢字: x", 2, "\n    7 | 漢字: x\n      |   ^"},
		{"한글｛x", 4, "\n    7 | 한글｛x\n      |       ^"},
		{"🙂 x", 3, "\n    7 | 🙂 x\n      |    ^"},
		{"e\u0301: x", 5, "\n    7 | e?: x\n      |     ^"},
		{"\ta\u202eb x", 6, "\n    7 |  a?b x\n      |      ^"},
		{"漢", 9, "\n    7 | 漢\n      |   ^"},
	} {
		if got := Excerpt(7, c.line, c.column); got != c.want {
			t.Errorf("%q at %d:%s\nwant:%s", c.line, c.column, got, c.want)
		}
	}
}
