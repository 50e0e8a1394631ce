package model

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text of a catalog, a Director or a person harmless for a screen, a log line, JSON and the journal: escape
// sequences, control characters, bidi and zero-width marks become nothing or a space, invalid UTF-8 becomes U+FFFD, and
// the NUL that ends Bacula's LogText goes. The result is one line.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0x1b || r == 0x9b:
			i += escapeLen(s[i:])
			continue
		case r == '\n' || r == '\r' || r == '\t' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029:
			space = b.Len() > 0
		case harmful(r):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
		i += n
	}
	return strings.TrimRight(b.String(), " ")
}

func isClean(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return s == "" || s[len(s)-1] != ' '
}

// harmful runes move the cursor, reorder the line, or take no cell where one is counted.
func harmful(r rune) bool {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2060 && r <= 0x206f, r == 0xfeff, r == 0x00ad, r == 0x061c, r == 0x180e:
		return true
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff, r >= 0xfff9 && r <= 0xfffb:
		return true
	case unicode.Is(unicode.Co, r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r):
		return true
	}
	return false
}

// escapeLen is the length of the escape sequence that s starts with (ECMA-48: CSI, OSC and the other string forms, or two characters).
func escapeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	lead := byte('[')
	if s[0] == 0x1b {
		if len(s) == 1 {
			return 1
		}
		lead, n = s[1], 2
	}
	switch lead {
	case '[':
		for n < len(s) {
			c := s[n]
			n++
			if c >= 0x40 && c <= 0x7e {
				break
			}
			if c < 0x20 || c > 0x7e {
				return n - 1
			}
		}
		return n
	case ']', 'P', 'X', '^', '_':
		for n < len(s) {
			if s[n] == 0x07 {
				return n + 1
			}
			if s[n] == 0x1b {
				if n+1 < len(s) && s[n+1] == '\\' {
					return n + 2
				}
				return n
			}
			if s[n] == '\n' { // an unterminated string must not eat the lines after it
				return n
			}
			n++
		}
		return n
	}
	if lead < 0x20 || lead > 0x7e {
		return 1
	}
	return n
}
