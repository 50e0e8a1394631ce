package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchyard/model"
)

// fault is one thing wrong with a document.
type fault struct {
	at   place
	path string // clusters.blue.catalog.hosts[1]; empty for the whole
	says string
	do   string
	hide bool // the line may hold a secret
}

// Error is everything wrong with one file or command's output, in the order of its lines, each with its place, its line and
// what to do. No line that may hold a secret is shown.
type Error struct {
	doc    *document
	faults []fault
}

const (
	maxShown = 10  // faults that are told at once
	maxKept  = 100 // faults whose place is looked for
)

func (e *Error) Error() string {
	var b strings.Builder
	for i, f := range e.faults {
		if i == maxShown {
			fmt.Fprintf(&b, "\nand %d more", len(e.faults)-maxShown+e.doc.more)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		e.doc.render(&b, f)
	}
	return b.String()
}

// Unwrap gives the kind: model.ErrInventory for inventories.
func (e *Error) Unwrap() error {
	if e.doc.open {
		return model.ErrInventory
	}
	return nil
}

// err is nil while nothing is wrong.
func (d *document) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	for i := range d.faults {
		d.faults[i].at = d.lineColumn(d.faults[i].at)
	}
	slices.SortStableFunc(d.faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	return &Error{doc: d, faults: d.faults}
}

// fail is a single fault found after the document was read.
func (d *document) fail(n *node, says, do string) error {
	path, _ := d.locate(n)
	return &Error{doc: d, faults: []fault{{at: d.lineColumn(n.at), path: path, says: says, do: do}}}
}

func (d *document) put(f fault) {
	if len(d.faults) < maxKept {
		d.faults = append(d.faults, f)
	} else {
		d.more++
	}
}

// place is the path of a node and the place of its key; beyond what is kept, nobody asks.
func (d *document) place(n *node) (path string, key place) {
	if len(d.faults) >= maxKept {
		return "", n.at
	}
	return d.locate(n)
}

func (d *document) addAt(at place, path, says, do string) {
	d.put(fault{at: at, path: path, says: says, do: do})
}

func (d *document) add(n *node, says, do string) {
	path, _ := d.place(n)
	d.addAt(n.at, path, says, do)
}

// addHidden is add for a value that may be a secret, or hold one.
func (d *document) addHidden(n *node, says, do string) {
	path, _ := d.place(n)
	d.put(fault{at: n.at, path: path, says: says, do: do, hide: true})
}

// addMissing points at the key whose mapping lacks something.
func (d *document) addMissing(n *node, key, do string) {
	path, at := d.place(n)
	d.addAt(at, join(path, key), "it is missing", do)
}

// addMistake tells a mistake within the text of a node.
func (d *document) addMistake(n *node, err error) {
	var m *model.Mistake
	if !errors.As(err, &m) {
		d.add(n, err.Error(), "correct it")
		return
	}
	path, _ := d.place(n)
	at := d.lineColumn(n.at)
	d.addAt(place{at.line, at.column + d.within(at, m)}, path, m.Says, m.Do)
}

// within is how far a mistake is from the start of its scalar; 0 when the source does not show the text as it is.
func (d *document) within(at place, m *model.Mistake) int {
	line := []rune(d.line(at.line))
	rest := string(line[min(at.column-1, len(line)):])
	for _, quote := range []string{"", `"`, "'"} {
		if strings.HasPrefix(rest, quote+m.Text) {
			return len(quote) + m.Column - 1
		}
	}
	return 0
}

// locate finds the path of a node and the place of its key.
func (d *document) locate(want *node) (path string, at place) {
	var walk func(n *node, path string, at place) (string, place, bool)
	walk = func(n *node, path string, at place) (string, place, bool) {
		if n == want {
			return path, at, true
		}
		for i := range n.kids {
			kid, kidAt := "", n.kids[i].at
			if n.shape == mapping { // a key is found at the path of its value
				kid, kidAt = join(path, n.key(i/2).text), n.key(i/2).at
			} else {
				kid = path + "[" + strconv.Itoa(i) + "]"
			}
			if p, a, ok := walk(&n.kids[i], kid, kidAt); ok {
				return p, a, true
			}
		}
		return "", place{}, false
	}
	if path, at, ok := walk(&d.root, "", place{1, 1}); ok {
		return model.Clean(path), at
	}
	return "", want.at
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (d *document) lineColumn(at place) place {
	if at.line > 0 {
		return at
	}
	before := d.source[:min(at.column, len(d.source))]
	return place{1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])}
}

// line is the text of a line, from 1.
func (d *document) line(n int) string {
	line, _, _ := strings.Cut(d.source[d.offset(n):], "\n")
	return line
}

func (d *document) render(b *strings.Builder, f fault) {
	fmt.Fprintf(b, "%s:%d:%d: ", model.Clean(d.title), f.at.line, f.at.column)
	if f.path != "" {
		fmt.Fprintf(b, "%s: ", f.path)
	}
	fmt.Fprintf(b, "%s; %s", f.says, f.do)
	b.WriteString(model.Excerpt(f.at.line, d.shown(f), f.at.column))
}

var (
	leadingKey = model.Pattern(`^\s*(- +)?[A-Za-z_]+:`)
	credential = model.Pattern(`(?i)pas+w|pwd|secret|token|credential|private`)
	section    = model.Pattern(`^(["']?)(watch|act)(["']?)\s*:`)
)

// shown is the line of a fault as far as no secret can be in it: people write passwords where references belong, and the
// parser may stop on any of them. Where credentials are written only the leading key is shown, below or beside a key that
// names a credential nothing is.
func (d *document) shown(f fault) string {
	line := d.line(f.at.line)
	if d.open {
		return line
	}
	if f.hide {
		return ""
	}
	secret := credential().MatchString(line)
	within := section().MatchString(line)
	indent := indentation(line)
	for n := f.at.line - 1; n > 0 && !within; n-- {
		above := d.line(n)
		if strings.TrimSpace(above) == "" {
			continue
		}
		i := indentation(above)
		if n == f.at.line-1 || i < indent {
			secret = secret || credential().MatchString(above)
		}
		if indent = min(indent, i); i == 0 {
			if section().MatchString(above) {
				within = true
			} else if leadingKey().MatchString(above) {
				break
			}
		}
	}
	switch {
	case secret:
		return ""
	case within:
		if key := leadingKey().FindString(line); key != "" {
			return key + " ..."
		}
		return ""
	}
	return line
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
