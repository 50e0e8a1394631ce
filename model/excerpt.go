package model

import (
	"fmt"
	"strings"
	"unicode"
)

// Excerpt is a line of a text, made harmless, with its number and a caret below a column in characters, each on a line of its own that
// begins with a line break: below letters that take two cells, too. It is empty for an empty line.
func Excerpt(number int, line string, column int) string {
	line, column = narrow(line, column)
	if line == "" {
		return ""
	}
	pad := column - 1
	for i, r := range []rune(line) {
		if i < column-1 && isWide(r) {
			pad++
		}
	}
	return fmt.Sprintf("\n%5d | %s\n      | %s^", number, line, strings.Repeat(" ", pad))
}

// twoCells are the blocks whose letters take two cells of a terminal (East Asian Width W and F of Unicode 16, and its pictures).
var twoCells = [][2]rune{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xa960, 0xa97c}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
	{0xfe30, 0xfe6b}, {0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}}

func isWide(r rune) bool {
	for _, b := range twoCells {
		if r >= b[0] && r <= b[1] {
			return true
		}
	}
	return false
}

// narrow makes a line harmless and, around the column, short; every character stays one character, and none joins another.
func narrow(line string, column int) (string, int) {
	const wide, before = 110, 60
	runes := []rune(line)
	for i, r := range runes {
		if s := string(r); r != ' ' && (Clean(s) != s || unicode.Is(unicode.M, r)) {
			runes[i] = ' '
			if r != '\t' {
				runes[i] = '?'
			}
		}
	}
	column = min(column, len(runes)+1)
	if len(runes) > wide && column > before {
		cut := column - before
		runes = append([]rune("..."), runes[cut:]...)
		column += 3 - cut
	}
	if len(runes) > wide {
		runes = append(runes[:wide:wide], []rune("...")...)
	}
	return strings.TrimRight(string(runes), " "), column
}
