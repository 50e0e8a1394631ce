package ui

import (
	"bytes"
	"regexp"
	"strings"
)

// filter decides which rows are shown: text, or a regular expression when it holds a metacharacter; "!" in front inverts. Case never matters.
type filter struct {
	text string // as typed
	not  bool
	sub  []byte
	re   *regexp.Regexp
	buf  []byte
}

func newFilter(text string) filter {
	f := filter{text: text}
	want, not := strings.CutPrefix(text, "!")
	f.not = not && want != ""
	if f.not || !not {
		f.sub = []byte(want)
		lower(f.sub)
		switch {
		case strings.Contains(want, `\`):
			f.re, _ = regexp.Compile("(?i)" + want) // half-typed expressions are searched as they stand
		case strings.ContainsAny(want, `*+?[](){}|^$.`):
			f.re, _ = regexp.Compile(string(f.sub)) // much faster, and lower case may be taken where nothing is escaped
		}
	}
	return f
}

func (f *filter) on() bool { return len(f.sub) > 0 }

// match looks at the fields as one line, a blank between them.
func (f *filter) match(fields ...string) bool {
	if !f.on() {
		return true
	}
	f.buf = f.buf[:0]
	for i, s := range fields {
		if i > 0 {
			f.buf = append(f.buf, ' ')
		}
		f.buf = append(f.buf, s...)
	}
	lower(f.buf)
	if f.re != nil {
		return f.re.Match(f.buf) != f.not
	}
	return bytes.Contains(f.buf, f.sub) != f.not
}

// lower folds ASCII letters in place; names of chains, clients and jobs hold no others.
func lower(b []byte) {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}
