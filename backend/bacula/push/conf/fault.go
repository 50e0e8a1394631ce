package conf

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"switchyard/model"
)

// ErrConf is the kind of every configuration that a Director would not take.
var ErrConf = errors.New("configuration of a Director")

// Error is what is wrong with a configuration: where, why, and what to do. A line that names a secret is not shown.
type Error struct {
	Path         string
	Line, Column int // from 1; the column in characters
	Says, Do     string
	excerpt      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; %s%s", model.Clean(e.Path), e.Line, e.Column, e.Says, e.Do, e.excerpt)
}

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return ErrConf }

var credential = model.Pattern(`(?i)pas+\s*w|pwd|secret|token|credential|private|key`)

func (s *source) fault(at int, says, do string) error {
	at = min(at, len(s.text))
	start := strings.LastIndexByte(s.text[:at], '\n') + 1
	line, _, _ := strings.Cut(s.text[start:], "\n")
	e := &Error{
		Path: s.path, Line: 1 + strings.Count(s.text[:at], "\n"), Column: 1 + utf8.RuneCountInString(s.text[start:at]), Says: says, Do: do,
	}
	if e.Path == "" {
		e.Path = "the configuration"
	}
	if !s.secret(at) {
		e.excerpt = model.Excerpt(e.Line, strings.ToValidUTF8(line, "?"), e.Column)
	}
	return e
}

// secret tells that a secret may stand on the line of a place: it or the one before names one, or it is a value in a file of its own.
func (s *source) secret(at int) bool {
	at = min(at, len(s.text))
	start := strings.LastIndexByte(s.text[:at], '\n') + 1
	line, _, _ := strings.Cut(s.text[start:], "\n")
	bare := s.parent != nil && !strings.ContainsAny(line, "={}")
	return bare || credential().MatchString(line) || credential().MatchString(lastLine(s.text[:start]))
}

// lastLine is the line before: a secret may stand on the one that follows its name.
func lastLine(text string) string {
	text = strings.TrimSuffix(text, "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// lineCounter tells the lines of tokens that come in order without counting each from the start.
type lineCounter map[*source]*struct{ at, line int }

func (c lineCounter) of(t token) int {
	from := c[t.src]
	if from == nil {
		from = &struct{ at, line int }{0, 1}
		c[t.src] = from
	}
	if t.at >= from.at {
		from.line += strings.Count(t.src.text[from.at:t.at], "\n")
		from.at = t.at
		return from.line
	}
	return 1 + strings.Count(t.src.text[:t.at], "\n")
}

func (t token) show() string {
	switch t.kind {
	case over:
		return "the end of the text"
	case end:
		return "the end of the line"
	case quoted:
		return "a text in quotes"
	}
	if t.src.secret(t.at) && (t.kind == word || t.kind == quoted) {
		return "a word that may be a secret"
	}
	return fmt.Sprintf("%q", model.Clean(short(t.text)))
}

func short(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}
