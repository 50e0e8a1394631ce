// Package config reads switchyard.yaml and the inventory, strictly, and resolves secrets when they are asked for.
package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type shape uint8

const (
	null shape = iota
	text       // a string, plain or quoted
	number
	boolean
	list
	mapping
)

var shapeWords = [...]string{"empty", "a text", "a number", "true or false", "a list", "a mapping"}

func (s shape) String() string { return shapeWords[s] }

// node is one value of a document.
type node struct {
	shape shape
	at    place
	text  string // of a scalar, as it was written
	kids  []node // of a list; of a mapping each key, then its value
}

func (n *node) len() int          { return len(n.kids) / 2 }
func (n *node) key(i int) *node   { return &n.kids[2*i] }
func (n *node) value(i int) *node { return &n.kids[2*i+1] }

// place is a line and a column in characters, both from 1; with line 0 the column is a byte offset.
type place struct{ line, column int }

// document is a text, what it says, and what is wrong with it.
type document struct {
	title  string // the file, as it is shown in errors
	source string
	root   node
	open   bool // it is an inventory: nobody writes credentials there
	faults []fault
	more   int // faults that were not kept

	vectors [][]string // every argument vector in it: whoever may write what it runs or names decides what is done
}

const (
	maxNesting = 100
	maxText    = 64 << 20
)

// parse reads YAML or, when asJSON says so, JSON. The document has faults when it cannot be read.
func parse(title string, source []byte, open, asJSON bool) *document {
	d := &document{title: title, source: strings.TrimPrefix(string(source), "\ufeff"), open: open}
	if strings.Contains(d.source, "\r") { // The YAML parser counts some of them as lines.
		d.source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(d.source)
	}
	switch {
	case len(d.source) > maxText:
		d.addAt(place{1, 1}, "", fmt.Sprintf("the text is longer than %d MiB", maxText>>20), "split it, or print less")
		return d
	case !d.readable():
		return d
	}
	if start := strings.TrimLeft(d.source, " \t\n"); asJSON || start != "" && start[0] == '{' {
		root, why, at := readJSON(d.source)
		if why == "" || asJSON {
			if d.root = root; why != "" {
				d.addAt(place{column: at}, "", why, "write JSON")
			}
			return d
		}
	}
	d.parseYAML()
	return d
}

// readable finds what neither YAML nor JSON may hold.
func (d *document) readable() bool {
	for i := 0; i < len(d.source); {
		r, n := utf8.DecodeRuneInString(d.source[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			d.addAt(place{column: i}, "", "the text is not UTF-8", "save it as UTF-8")
			return false
		case r < ' ' && r != '\n' && r != '\t' || r == 0x7f:
			d.addAt(place{column: i}, "", fmt.Sprintf("there is a control character %#02x", r), "delete it")
			return false
		}
		i += n
	}
	return true
}

// offset of the start of a line, in bytes.
func (d *document) offset(line int) int {
	at := 0
	for ; line > 1; line-- {
		next := strings.IndexByte(d.source[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return at
}
