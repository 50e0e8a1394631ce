package model

import (
	"fmt"
	"strings"
)

// Excerpt is a line of a text, made harmless, with its number and a caret below a column in characters, each on a line of its own that
// begins with a line break. It is empty for an empty line.
func Excerpt(number int, line string, column int) string {
	line, column = narrow(line, column)
	if line == "" {
		return ""
	}
	return fmt.Sprintf("\n%5d | %s\n      | %s^", number, line, strings.Repeat(" ", column-1))
}

// narrow makes a line harmless and, around the column, short; every character stays one character wide.
func narrow(line string, column int) (string, int) {
	const wide, before = 110, 60
	runes := []rune(line)
	for i, r := range runes {
		if s := string(r); r != ' ' && Clean(s) != s {
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
