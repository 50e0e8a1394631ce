// Package config reads switchyard.yaml and the inventory, strictly, and resolves secrets when they are asked for.
package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"switchyard/model"
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
	if root, ok := readPlain(d.source); ok {
		d.root = root
	} else {
		d.parseYAML()
	}
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

func (d *document) parseYAML() {
	// A fault of the parser must not take the cockpit down.
	defer func() {
		if r := recover(); r != nil {
			d.root = node{}
			d.addAt(place{1, 1}, "", "the YAML parser cannot read this", "write plain mappings, lists and texts")
		}
	}()
	tokens := lexer.Tokenize(d.source)
	if !d.plain(tokens) {
		return
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, says := place{1, 1}, "the YAML cannot be read"
		var syntax interface {
			GetMessage() string
			GetToken() *token.Token
		}
		if errors.As(err, &syntax) {
			says = model.Clean(strings.ReplaceAll(syntax.GetMessage(), "character '\t'", "a tab"))
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				at = place{t.Position.Line, t.Position.Column}
			}
		}
		d.addAt(at, "", says, "check indentation, colons, quotes and brackets here and on the line before")
		return
	}
	seen := false
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if seen {
			d.addAt(placeOf(doc.Body), "", "a second document starts here", "keep one document in a file")
			return
		}
		seen = true
		d.root = d.fromYAML(doc.Body)
	}
}

// plain refuses what has no use here, and what would send the recursive parser deep down.
func (d *document) plain(tokens token.Tokens) bool {
	depth, entries, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		at := place{t.Position.Line, t.Position.Column}
		if at.line != line {
			entries, line = 0, at.line
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			d.addAt(at, "", "anchors and aliases are not supported", "write the value out, or in quotes if it is a text; in the inventory, defaults are inherited")
			return false
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			d.addAt(at, "", "tags, directives and ? keys are not supported", "write plain mappings, lists and texts; a text that starts with ! % or ? in quotes")
			return false
		case token.SequenceEntryType:
			entries++
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
		if depth > maxNesting || entries > maxNesting {
			d.addAt(at, "", "it is nested too deeply", "write it flatter")
			return false
		}
	}
	return true
}

func placeOf(n ast.Node) place {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return placeOf(m.Values[0].Key)
	}
	if v, ok := n.(*ast.MappingValueNode); ok {
		return placeOf(v.Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return place{t.Position.Line, t.Position.Column}
	}
	return place{1, 1}
}

func (d *document) fromYAML(n ast.Node) node {
	out := node{at: placeOf(n)}
	switch n := n.(type) {
	case *ast.MappingNode:
		out.shape = mapping
		out.kids = make([]node, 0, 2*len(n.Values))
		for _, v := range n.Values {
			out.kids = append(out.kids, d.fromYAML(v.Key), d.fromYAML(v.Value))
		}
	case *ast.MappingValueNode:
		out.shape = mapping
		out.kids = []node{d.fromYAML(n.Key), d.fromYAML(n.Value)}
	case *ast.SequenceNode:
		out.shape = list
		out.kids = make([]node, 0, len(n.Values))
		for _, v := range n.Values {
			out.kids = append(out.kids, d.fromYAML(v))
		}
	case *ast.StringNode:
		out.shape, out.text = text, n.Value
	case *ast.LiteralNode:
		out.shape, out.text = text, n.Value.Value
	case *ast.IntegerNode:
		out.shape, out.text = number, n.Token.Value
	case *ast.FloatNode:
		out.shape, out.text = number, n.Token.Value
	case *ast.InfinityNode, *ast.NanNode:
		out.shape, out.text = number, n.GetToken().Value
	case *ast.BoolNode:
		out.shape, out.text = boolean, n.Token.Value
	case *ast.NullNode:
		out.shape = null
	case nil:
		out.shape = null
	default:
		d.addAt(out.at, "", fmt.Sprintf("%v is not supported", n.Type()), "write plain mappings, lists and texts")
	}
	return out
}
