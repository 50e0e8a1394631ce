package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxNames bounds what one action touches: a span is short and may stand for very much.
const maxNames = 1 << 20

// reader reads the lines of Touches.
type reader struct {
	text  string
	names int
	same  map[string]*branch
}

// all makes a branch of lines.
func (r *reader) all(lines []string) (*branch, error) {
	b := &branch{}
	for _, l := range lines {
		r.text = l
		err := r.line(b)
		if err == nil && r.text != "" {
			err = fmt.Errorf("%q is too much", clipped(r.text))
		}
		if err != nil {
			return nil, fmt.Errorf("reading the touch %q: %w", clipped(l), err)
		}
	}
	return b, b.sort()
}

// line reads names, and what is below them, into a branch.
func (r *reader) line(into *branch) error {
	names, err := r.list()
	if err != nil {
		return err
	}
	var sub *branch
	if rest, more := strings.CutPrefix(r.text, "/"); more {
		r.text = rest
		if sub, err = r.below(); err != nil {
			return err
		}
	}
	for _, n := range names {
		into.names = append(into.names, n)
		into.below = append(into.below, sub)
	}
	return nil
}

// below reads one line, or several in parentheses.
func (r *reader) below() (*branch, error) {
	b := &branch{}
	if !strings.HasPrefix(r.text, "(") {
		if err := r.line(b); err != nil {
			return nil, err
		}
	}
	for strings.HasPrefix(r.text, "(") {
		r.text = r.text[1:]
		if err := r.line(b); err != nil {
			return nil, err
		}
		rest, closed := strings.CutPrefix(r.text, ")")
		if !closed {
			return nil, errors.New("a parenthesis is not closed")
		}
		r.text = rest
	}
	if err := b.sort(); err != nil {
		return nil, err
	}
	return b.once(r.same), nil
}

// list reads names and spans.
func (r *reader) list() ([]string, error) {
	var out []string
	for {
		end := strings.IndexAny(r.text, "/,~()")
		if end < 0 {
			end = len(r.text)
		}
		first := r.text[:end]
		r.text = r.text[end:]
		if len(out) > 0 {
			first = whole(out[len(out)-1], first)
		}
		if first == "" {
			return nil, errors.New("a name is missing")
		}
		last := first
		if rest, span := strings.CutPrefix(r.text, "~"); span {
			end := strings.IndexAny(rest, "/,~()")
			if end < 0 {
				end = len(rest)
			}
			last, r.text = whole(first, rest[:end]), rest[end:]
		}
		for n := first; ; n = next(n) {
			if r.names++; r.names > maxNames || n == "" {
				return nil, fmt.Errorf("%q to %q is no span", clipped(first), clipped(last))
			}
			if out = append(out, n); n == last {
				break
			}
		}
		rest, more := strings.CutPrefix(r.text, ",")
		if !more {
			return out, nil
		}
		r.text = rest
	}
}

// whole is a name after another whose start it may share.
func whole(before, name string) string {
	if end, short := strings.CutPrefix(name, "^"); short && len(end) <= len(before) {
		return before[:len(before)-len(end)] + end
	}
	return name
}

// sort puts the names in order; a name that is there twice is an error.
func (b *branch) sort() error {
	if !slices.IsSorted(b.names) {
		at := make([]int, len(b.names))
		for i := range at {
			at[i] = i
		}
		slices.SortFunc(at, func(i, j int) int { return strings.Compare(b.names[i], b.names[j]) })
		s := branch{names: make([]string, len(at)), below: make([]*branch, len(at))}
		for to, from := range at {
			s.names[to], s.below[to] = b.names[from], b.below[from]
		}
		*b = s
	}
	for i := 1; i < len(b.names); i++ {
		if b.names[i] == b.names[i-1] {
			return fmt.Errorf("%q is there twice", clipped(b.names[i]))
		}
	}
	return nil
}

func clipped(s string) string { return s[:min(len(s), 60)] }
