package model

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Literal writes a name so that it is harmless and still itself: what Clean would take away or change is written as an
// escape (\x1b, \u200b, and \x20 for blanks at the end), and so is a backslash. Two names that differ in any byte stay
// different, and one that only looks like another is never equal to it. Names that Bacula takes are not changed. Clean is
// for showing; names are compared by this.
func Literal(raw string) string {
	if isClean(raw) && !strings.ContainsRune(raw, '\\') {
		return raw
	}
	blanks := len(strings.TrimRight(raw, " "))
	var b strings.Builder
	b.Grow(len(raw) + 8)
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRuneInString(raw[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, raw[i])
		case r == '\\':
			b.WriteString(`\\`)
		case r < 0x20 || r == 0x7f || r == ' ' && i >= blanks:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r != ' ' && harmful(r) || breaksLine(r):
			if r > 0xffff {
				fmt.Fprintf(&b, `\U%08x`, r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		default:
			b.WriteString(raw[i : i+n])
		}
		i += n
	}
	return b.String()
}

func breaksLine(r rune) bool { return r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0x9b }

// LooksLike is what a name that Literal wrote shows to a person: what Clean makes of it.
func LooksLike(literal string) string {
	if !strings.ContainsRune(literal, '\\') {
		return literal
	}
	var b strings.Builder
	for rest := literal; rest != ""; {
		if rest[0] != '\\' {
			r, n := utf8.DecodeRuneInString(rest)
			if r == utf8.RuneError && n == 1 {
				return Clean(literal)
			}
			b.WriteString(rest[:n])
			rest = rest[n:]
			continue
		}
		r, multibyte, tail, err := strconv.UnquoteChar(rest, 0)
		if err != nil {
			return Clean(literal) // it is not one of ours
		}
		if multibyte {
			b.WriteRune(r)
		} else {
			b.WriteByte(byte(r))
		}
		rest = tail
	}
	return Clean(b.String())
}
