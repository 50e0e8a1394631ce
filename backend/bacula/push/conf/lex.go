package conf

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	word kind = iota // an identifier, a number or a string without quotes
	quoted
	open
	closed
	equals
	comma
	end // of a line, or a semicolon
	over
)

// token is one of Bacula's lexer (lib/lex.c). In a word of letters blanks do not count, as there: "Maximum Concurrent Jobs" is one.
type token struct {
	kind kind
	text string
	src  *source
	at   int  // byte offset in its source
	file bool // it is behind @, and names a file that was not read
}

// source is one text and how far it was read.
type source struct {
	path   string
	text   string
	pos    int
	parent *source
}

type lexer struct {
	o        *Options
	src      *source
	total    int // bytes of all sources
	left     int // tokens that may still come
	back     []token
	included int
	apart    bool // blanks part words of letters, too: of a Run line
}

const lookAtIt = "no configuration is so large: look at what made it"

// within tells whether a source is in a file, itself or by what includes it.
func (s *source) within(path string) bool {
	for ; s != nil; s = s.parent {
		if s.path == path {
			return true
		}
	}
	return false
}

func (l *lexer) unread(t token) { l.back = append(l.back, t) }

// next gives a token. What stands behind @ is given instead of it; where it cannot be, it is an error.
func (l *lexer) next() (token, error) {
	if n := len(l.back); n > 0 {
		t := l.back[n-1]
		l.back = l.back[:n-1]
		return t, nil
	}
	if l.left--; l.left < 0 {
		return token{}, l.src.fault(l.src.pos, fmt.Sprintf("it has more than %d words", maxTokens), lookAtIt)
	}
	for {
		s := l.src
		if s.pos >= len(s.text) {
			if s.parent == nil {
				return token{kind: over, src: s, at: len(s.text)}, nil
			}
			l.src = s.parent
			continue
		}
		at := s.pos
		switch c := s.text[at]; c {
		case ' ', '\t', '\r', '\f', '\v':
			s.pos++
		case '\n', ';':
			s.pos++
			return token{kind: end, text: string(c), src: s, at: at}, nil
		case '{', '}', '=', ',':
			s.pos++
			return token{kind: map[byte]kind{'{': open, '}': closed, '=': equals, ',': comma}[c], text: string(c), src: s, at: at}, nil
		case '#':
			if n := strings.IndexByte(s.text[at:], '\n'); n >= 0 {
				s.pos += n
			} else {
				s.pos = len(s.text)
			}
		case '\\':
			rest := strings.TrimLeft(s.text[at+1:], " \t\r")
			if !strings.HasPrefix(rest, "\n") {
				return token{}, s.fault(at, "a backslash has no meaning here", "delete it, or put the text in quotes")
			}
			s.pos = len(s.text) - len(rest) + 1
		case '"':
			return l.quote()
		case '@':
			t, is, err := l.include()
			if err != nil || is {
				return t, err
			}
		default:
			return l.word(), nil
		}
	}
}

// quote reads a text in quotes; a backslash takes the next character as it is, and a line break counts for nothing.
func (l *lexer) quote() (token, error) {
	s := l.src
	at := s.pos
	var b strings.Builder
	for i := at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return token{kind: quoted, text: b.String(), src: s, at: at}, nil
		case c == '\n':
		case c == '\\' && i+1 < len(s.text) && s.text[i+1] != '\n':
			i++
			b.WriteByte(s.text[i])
		case c == '\\':
		default:
			b.WriteByte(c)
		}
		if b.Len() > maxText {
			return token{}, s.fault(at, fmt.Sprintf("the text in quotes is longer than %d bytes", maxText), "close its quote")
		}
	}
	return token{}, s.fault(at, "the quote is not closed: a Director ends on it", `write the closing "`)
}

// word reads what is not in quotes. Letters with blanks between them are one word without the blanks; once something else than a letter
// is in it, a blank ends it.
func (l *lexer) word() token {
	s := l.src
	at := s.pos
	var b strings.Builder
	letters := !l.apart
	for ; s.pos < len(s.text); s.pos++ {
		c := s.text[s.pos]
		blank := c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
		switch {
		case strings.IndexByte("\n;={},#", c) >= 0, letters && c == '"' && b.Len() > 0, blank && !letters:
			return token{kind: word, text: b.String(), src: s, at: at}
		case blank:
		default:
			letters = letters && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
			b.WriteByte(c)
		}
	}
	return token{kind: word, text: b.String(), src: s, at: at}
}

// include reads @FILE. It gives a token only where files are not read: the file's name, for a value that is kept in a file of its own.
func (l *lexer) include() (t token, is bool, err error) {
	s := l.src
	at := s.pos
	s.pos++
	t = token{kind: word, src: s, at: at, file: true}
	if strings.HasPrefix(s.text[s.pos:], `"`) {
		q, err := l.quote()
		if err != nil {
			return t, false, err
		}
		t.text = q.text
	} else {
		from := s.pos
		for s.pos < len(s.text) && strings.IndexByte(" \t\r\f\v\n{};,\"#", s.text[s.pos]) < 0 {
			s.pos++
		}
		t.text = s.text[from:s.pos]
	}
	switch {
	case t.text == "":
		return t, false, s.fault(at, "no file is named behind @", "write @/PATH, or put the text in quotes")
	case t.text[0] == '|':
		return t, false, s.fault(at, "it includes what a command prints",
			"include a file: what a command prints when it fails is read as a whole configuration")
	case t.text[0] != '/':
		return t, false, s.fault(at, "the included file has no whole path: which it is depends on where the Director was started",
			"write @/PATH")
	case l.o.Open == nil:
		return t, true, nil
	case s.within(t.text):
		return t, false, s.fault(at, "it includes itself", "take the include out")
	case l.included >= maxIncludes:
		return t, false, s.fault(at, fmt.Sprintf("more than %d files are included", maxIncludes), lookAtIt)
	}
	l.included++
	text, err := l.o.Open(t.text)
	if err != nil {
		return t, false, s.fault(at, "the included file cannot be read: "+err.Error(), "look whether it is there, and may be included")
	}
	in, err := l.begin(t.text, text, s)
	if err != nil {
		return t, false, err
	}
	l.src = in
	return t, false, nil
}

// begin takes a text for a source.
func (l *lexer) begin(path, text string, parent *source) (*source, error) {
	s := &source{path: path, text: text, parent: parent}
	if l.total += len(text); l.total > maxBytes {
		return nil, (&source{path: path}).fault(0, fmt.Sprintf("it is longer than %d MiB", maxBytes>>20), lookAtIt)
	}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return nil, s.fault(i, "the text is not UTF-8", "save it as UTF-8")
		}
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' && r != '\f' && r != '\v' || r == 0x7f {
			return nil, s.fault(i, fmt.Sprintf("there is a control character %#02x", r), "delete it")
		}
	}
	if strings.HasPrefix(text, "\uFEFF") {
		s.pos = len("\uFEFF")
	}
	return s, nil
}
