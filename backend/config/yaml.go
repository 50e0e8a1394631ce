package config

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"switchyard/model"
)

// pieceSize is how much of a long list the parser is given at once, in bytes: its tree takes a hundred times the text, so that an
// inventory of 10,000 chains in one piece would need half a gigabyte.
const pieceSize = 16 << 10

// parseYAML reads a long inventory in pieces, and in one whatever is short or out of the ordinary: so what is wrong is told as the
// parser tells it of the whole.
func (d *document) parseYAML() {
	source := unpadded(d.source)
	if frame, pieces := cutChains(source, pieceSize); len(pieces) > 0 {
		if root, ok := d.joined(frame, pieces); ok {
			d.root = root
			return
		}
	}
	d.root = d.parsePiece(piece{text: source})
}

var (
	topKey     = model.Pattern(`^[a-z_]+:[ \n]`)
	blockText  = model.Pattern(`(?m)[|>][-+0-9]* *(#.*)?$`)
	lineSpaces = model.Pattern(`(?m) +$`)
)

// unpadded is the text without the spaces that end lines, after which the parser counts a column too many. They mean something only in
// texts of many lines.
func unpadded(source string) string {
	if !strings.Contains(source, " \n") && !strings.HasSuffix(source, " ") || blockText().MatchString(source) {
		return source
	}
	return lineSpaces().ReplaceAllString(source, "")
}

// piece is a part of a text that is YAML by itself.
type piece struct {
	text string
	line int // how many lines are before it
}

// cutChains takes an inventory apart between chains: the frame has the first of them, and empty lines instead of those in the pieces. It
// knows no more of YAML than that a line no further in than a list's dashes ends what is further in. A text in quotes or brackets that
// goes on there is whole in no piece, and the parser refuses it.
func cutChains(source string, size int) (frame string, pieces []piece) {
	const key = "\nchains:\n"
	start := strings.Index("\n"+source, key)
	if start < 0 || strings.ContainsAny(source, "|>") { // a text of many lines, perhaps, whose end the parser judges by what follows
		return "", nil
	}
	start += len(key) - 1
	list := source[start:]
	indent := len(list) - len(strings.TrimLeft(list, " "))
	dash := list[:indent] + "- "
	if !strings.HasPrefix(list, dash) {
		return "", nil
	}
	line := strings.Count(source[:start], "\n")
	cuts := []piece{{line: line}} // each begins where the text of the one before ends
	at, from := start, start
	for text := range strings.Lines(list) {
		entry := strings.HasPrefix(text, dash)
		if !entry && ends(text, indent) {
			if !topKey().MatchString(text) { // the parser may take it for more of the line above
				return "", nil
			}
			break
		}
		if entry && !topKey().MatchString(text[len(dash):]) && !strings.HasPrefix(text[len(dash):], "{") {
			return "", nil
		}
		if entry && at-from >= size {
			cuts[len(cuts)-1].text = source[from:at]
			cuts = append(cuts, piece{line: line})
			from = at
		}
		at, line = at+len(text), line+1
	}
	cuts[len(cuts)-1].text = source[from:at]
	pieces = cuts[1:]
	if len(pieces) == 0 {
		return "", nil
	}
	return source[:start] + cuts[0].text + strings.Repeat("\n", line-pieces[0].line) + source[at:], pieces
}

// ends tells whether a line ends a list whose dashes are so far in.
func ends(line string, indent int) bool {
	says := strings.TrimLeft(line, " ")
	return len(line)-len(says) <= indent && says != "\n" && !strings.HasPrefix(says, "#")
}

// joined reads the frame and the pieces, as many at a time as there are processors. It is not ok when anything is wrong with one.
func (d *document) joined(frame string, pieces []piece) (root node, ok bool) {
	all := append([]piece{{text: frame}}, pieces...)
	read := make([]node, len(all))
	var next atomic.Int64
	var wrong atomic.Bool
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)) && !wrong.Load(); i = next.Add(1) - 1 {
				of := document{title: d.title, source: d.source, open: d.open}
				read[i] = of.parsePiece(all[i])
				if len(of.faults) > 0 || i > 0 && read[i].shape != list {
					wrong.Store(true)
				}
			}
		})
	}
	wg.Wait()
	root = read[0]
	var chains *node
	for i := 0; root.shape == mapping && i < root.len(); i++ {
		if root.key(i).text == "chains" {
			if chains != nil { // which of them was cut?
				return root, false
			}
			chains = root.value(i)
		}
	}
	if wrong.Load() || chains == nil || chains.shape != list {
		return root, false
	}
	for _, l := range read[1:] {
		chains.kids = append(chains.kids, l.kids...)
	}
	return root, true
}

// parsePiece gives a text to the parser.
func (d *document) parsePiece(p piece) (root node) {
	// A fault of the parser must not take the cockpit down.
	defer func() {
		if r := recover(); r != nil {
			root = node{}
			d.addAt(place{1, 1}, "", "the YAML parser cannot read this", "write plain mappings, lists and texts")
		}
	}()
	tokens := lexer.Tokenize(p.text)
	if !d.plain(tokens) {
		return node{}
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.addSyntax(err)
		return node{}
	}
	seen := false
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if seen {
			d.addAt(placeOf(doc.Body), "", "a second document starts here", "keep one document in a file")
			return root
		}
		seen = true
		root = d.fromYAML(doc.Body, p.line)
	}
	return root
}

// addSyntax tells what the parser cannot read.
func (d *document) addSyntax(err error) {
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
			d.addAt(at, "", "anchors and aliases are not supported",
				"write the value out, or in quotes if it is a text; in the inventory, defaults are inherited")
			return false
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			d.addAt(at, "", "tags, directives and ? keys are not supported",
				"write plain mappings, lists and texts; a text that starts with ! % or ? in quotes")
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

func (d *document) fromYAML(n ast.Node, before int) node {
	out := node{at: placeOf(n)}
	out.at.line += before
	switch n := n.(type) {
	case *ast.MappingNode:
		out.shape = mapping
		out.kids = make([]node, 0, 2*len(n.Values))
		for _, v := range n.Values {
			out.kids = append(out.kids, d.fromYAML(v.Key, before), d.fromYAML(v.Value, before))
		}
	case *ast.MappingValueNode:
		out.shape = mapping
		out.kids = []node{d.fromYAML(n.Key, before), d.fromYAML(n.Value, before)}
	case *ast.SequenceNode:
		out.shape = list
		out.kids = make([]node, 0, len(n.Values))
		for _, v := range n.Values {
			out.kids = append(out.kids, d.fromYAML(v, before))
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
