package sqlsim

import "strings"

type tokenKind uint8

const (
	word   tokenKind = iota // a bare identifier, keyword or number
	quoted                  // an identifier in backticks; text is the name
	text                    // a string literal; text is its value
	sysvar                  // @@name; text is the name in lower case without its scope
	mark                    // ? or one character of punctuation
)

type token struct {
	kind  tokenKind
	text  string
	space bool   // white space came before it
	raw   string // as it was written
}

func (t token) is(s string) bool {
	return (t.kind == word || t.kind == mark) && strings.EqualFold(t.text, s)
}

// split reads MySQL's lexical rules as far as the statements of this product need them: both kinds of quotes with
// backslash escapes, backticks, system variables, and the three kinds of comments. It returns the text of optimizer
// hints apart, in lower case.
func split(q string) (toks []token, hints string) {
	for i := 0; i < len(q); {
		c := q[i]
		start := i
		space := start > 0 && isSpace(q[start-1]) || endsComment(q, start)
		switch {
		case isSpace(c):
			i++
			continue
		case c == '#' || strings.HasPrefix(q[i:], "-- "):
			if n := strings.IndexByte(q[i:], '\n'); n >= 0 {
				i += n
			} else {
				i = len(q)
			}
			continue
		case strings.HasPrefix(q[i:], "/*"):
			n := strings.Index(q[i+2:], "*/")
			if n < 0 {
				n = len(q) - i - 2
			}
			body := q[i+2 : i+2+n]
			if h, ok := strings.CutPrefix(body, "+"); ok {
				hints += strings.ToLower(h)
			}
			i = min(i+n+4, len(q))
			continue
		case c == '\'' || c == '"':
			v, n := literal(q[i:])
			i += n
			toks = append(toks, token{text, v, space, q[start:i]})
		case c == '`':
			n := strings.IndexByte(q[i+1:], '`')
			if n < 0 {
				n = len(q) - i - 2
			}
			i += n + 2
			i = min(i, len(q))
			toks = append(toks, token{quoted, strings.Trim(q[start:i], "`"), space, q[start:i]})
		case strings.HasPrefix(q[i:], "@@"):
			i += 2
			for i < len(q) && (isName(q[i]) || q[i] == '.') {
				i++
			}
			name := strings.ToLower(q[start+2 : i])
			for _, scope := range []string{"global.", "session.", "local."} {
				name = strings.TrimPrefix(name, scope)
			}
			toks = append(toks, token{sysvar, name, space, q[start:i]})
		case isName(c):
			for i < len(q) && (isName(q[i]) || q[i] == '.' && numeric(q[start:i])) {
				i++
			}
			toks = append(toks, token{word, q[start:i], space, q[start:i]})
		default:
			i++
			toks = append(toks, token{mark, q[start:i], space, q[start:i]})
		}
	}
	for len(toks) > 0 && toks[len(toks)-1].is(";") {
		toks = toks[:len(toks)-1]
	}
	return toks, hints
}

// literal reads the string that s starts with and tells its value and its length in s.
func literal(s string) (string, int) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case '0':
				b.WriteByte(0)
			case '%', '_':
				b.WriteByte('\\')
				b.WriteByte(s[i])
			default:
				b.WriteByte(s[i])
			}
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			b.WriteByte(quote)
			i++
		case s[i] == quote:
			return b.String(), i + 1
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), len(s)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isName(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func numeric(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func endsComment(q string, i int) bool { return i >= 2 && q[i-2:i] == "*/" }
