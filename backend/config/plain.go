package config

import (
	"encoding/json"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// plainReader reads the YAML that people write by hand, and JSON, in a small part of the time that the YAML parser takes:
// that one would spend the whole budget of a start on 250 chains. What it does not know for certain it leaves to the parser
// (multi-line texts, escapes, quoted keys in blocks, tabs), and a test holds both to the same answers.
type plainReader struct {
	src    string
	at     int // at the first character of a line's content between the calls of block, mapping and sequence
	indent int // of the line at; -1 at the end
	json   bool
	depth  int
	spare  []node
	lost   bool // it gave up
	why    string
}

// readPlain gives the tree, or false.
func readPlain(src string) (node, bool) {
	p := &plainReader{src: src}
	p.line()
	if p.lost || p.indent != 0 {
		return node{}, false
	}
	root := p.block()
	return root, !p.lost && p.indent < 0
}

// readJSON gives the tree, or why there is none and at which byte.
func readJSON(src string) (root node, why string, at int) {
	p := &plainReader{src: src, json: true}
	p.space()
	root = p.flow()
	if p.space(); !p.lost && p.at < len(p.src) {
		p.lose("something follows the end")
	}
	if p.lost && p.why == "" {
		p.why = "this is not JSON"
	}
	return root, p.why, p.at
}

func (p *plainReader) lose(why string) {
	if !p.lost {
		p.lost, p.why = true, why
	}
}

// here is the character at hand; 0 at the end.
func (p *plainReader) here() byte { return p.peek(0) }

func (p *plainReader) peek(n int) byte {
	if p.at+n < len(p.src) {
		return p.src[p.at+n]
	}
	return 0
}

// line goes to the next line that says something; it must be called at the start of one.
func (p *plainReader) line() {
	for start := p.at; ; start = p.at {
		for p.here() == ' ' {
			p.at++
		}
		switch c := p.here(); {
		case c == 0:
			p.indent = -1
			return
		case c == '\n':
			p.at++
		case c == '#':
			p.comment()
		default:
			p.indent = p.at - start
			if rest := p.src[p.at:]; c == '\t' || p.indent == 0 && (strings.HasPrefix(rest, "---") || strings.HasPrefix(rest, "...")) {
				p.lose("")
			}
			return
		}
	}
}

// comment skips the rest of the line and its end.
func (p *plainReader) comment() {
	if end := strings.IndexByte(p.src[p.at:], '\n'); end >= 0 {
		p.at += end + 1
	} else {
		p.at = len(p.src)
	}
}

// ends tells whether the line says no more, and then goes to the next that does.
func (p *plainReader) ends() bool {
	start := p.at
	for p.here() == ' ' {
		p.at++
	}
	switch c := p.here(); {
	case c == 0:
	case c == '\n':
		p.at++
	case c == '#' && p.at > start:
		p.comment()
	default:
		return false
	}
	p.line()
	return true
}

func (p *plainReader) enter() bool {
	if p.depth++; p.depth > maxNesting {
		p.lose("it is nested too deeply")
	}
	return !p.lost
}

// entry tells whether a list's dash is at hand.
func (p *plainReader) entry() bool {
	return p.here() == '-' && (p.peek(1) == ' ' || p.peek(1) == '\n' || p.peek(1) == 0)
}

// block reads what starts at hand: a list or a mapping of lines.
func (p *plainReader) block() node {
	if p.entry() {
		return p.sequence()
	}
	return p.mapping(p.indent)
}

func (p *plainReader) sequence() node {
	indent := p.indent
	n := node{shape: list, at: place{column: p.at}}
	mark := len(p.spare)
	for p.enter() && p.indent == indent && p.entry() {
		start := p.at
		p.at++
		if p.ends() {
			if p.indent <= indent {
				p.lose("")
				break
			}
			p.spare = append(p.spare, p.block())
		} else if p.entry() {
			p.lose("")
		} else if p.key() != "" {
			p.indent += p.at - start
			p.spare = append(p.spare, p.mapping(p.indent))
		} else {
			p.spare = append(p.spare, p.value(indent))
		}
		p.depth--
	}
	if p.depth--; p.indent > indent {
		p.lose("")
	}
	return p.close(n, mark)
}

func (p *plainReader) mapping(indent int) node {
	n := node{shape: mapping, at: place{column: p.at}}
	mark := len(p.spare)
	for p.enter() && p.indent == indent && !p.entry() {
		key := p.key()
		if key == "" {
			p.lose("")
			break
		}
		p.spare = append(p.spare, node{shape: text, text: key, at: place{column: p.at}})
		p.at += len(key) + 1
		after := p.at
		switch {
		case !p.ends():
			p.spare = append(p.spare, p.value(indent))
		case p.indent > indent || p.indent == indent && p.entry():
			p.spare = append(p.spare, p.block())
		default:
			p.spare = append(p.spare, node{at: place{column: after}})
		}
		p.depth--
	}
	if p.depth--; p.indent > indent {
		p.lose("")
	}
	return p.close(n, mark)
}

// close takes the children since the mark from the spare ones.
func (p *plainReader) close(n node, mark int) node {
	if mark < len(p.spare) {
		n.kids = append(make([]node, 0, len(p.spare)-mark), p.spare[mark:]...)
		p.spare = p.spare[:mark]
	}
	return n
}

// value reads what stands on the rest of the line, and goes to the next line.
func (p *plainReader) value(indent int) node {
	n := p.flow()
	if !p.lost && (!p.ends() || p.indent > indent) {
		p.lose("")
	}
	return n
}

// key is the plain key at hand, before a colon; empty when there is none. It does not move.
func (p *plainReader) key() string {
	end := p.at
	for end < len(p.src) && isKey(p.src[end]) {
		end++
	}
	key := p.src[p.at:end]
	if end == p.at || end == len(p.src) || p.src[end] != ':' || end+1 < len(p.src) && p.src[end+1] != ' ' && p.src[end+1] != '\n' || scalarShape(key) != text {
		return ""
	}
	return key
}

func isKey(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

// space skips what may stand between the parts of a flow: JSON may go over many lines.
func (p *plainReader) space() {
	for c := p.here(); c == ' ' || p.json && (c == '\n' || c == '\t'); c = p.here() {
		p.at++
	}
}

// flow reads a scalar, or a list or mapping in brackets.
func (p *plainReader) flow() node {
	p.space()
	n := node{at: place{column: p.at}}
	if !p.enter() {
		return n
	}
	defer func() { p.depth-- }()
	switch c := p.here(); {
	case c == '{':
		n.shape = mapping
		return p.bracket(n, '}')
	case c == '[':
		n.shape = list
		return p.bracket(n, ']')
	case c == '"' || c == '\'' && !p.json:
		n.shape, n.text = text, p.quoted(c)
	default:
		p.scalar(&n)
	}
	return n
}

func (p *plainReader) bracket(n node, end byte) node {
	mark := len(p.spare)
	p.at++
	for p.space(); p.here() != end || len(p.spare) > mark; p.space() {
		if n.shape == mapping {
			k := p.flowKey()
			p.spare = append(p.spare, k)
		}
		v := p.flow()
		p.spare = append(p.spare, v)
		p.space()
		if p.lost || p.here() == end {
			break
		}
		if p.here() != ',' {
			p.lose("a comma or " + string(rune(end)) + " is missing")
			break
		}
		p.at++
	}
	if !p.lost {
		p.at++
	}
	return p.close(n, mark)
}

func (p *plainReader) flowKey() node {
	n := node{shape: text, at: place{column: p.at}}
	if p.here() != '"' {
		if n.text = p.key(); n.text == "" || p.json {
			p.lose("a key in quotes is missing")
			return n
		}
		p.at += len(n.text) + 1
		return n
	}
	n.text = p.quoted('"')
	if p.space(); p.here() != ':' {
		p.lose("a colon is missing")
	} else if p.at++; !p.json && p.here() != ' ' {
		p.lose("")
	}
	return n
}

func (p *plainReader) quoted(quote byte) string {
	start := p.at
	p.at++
	for escaped := false; ; p.at++ {
		switch c := p.here(); {
		case c == 0 || c == '\n':
			p.at = start
			p.lose("the quote is not closed in its line")
			return ""
		case c == '\t' && p.json:
			p.lose("a tab cannot stand in a text")
			return ""
		case c == '\\' && quote == '"':
			if !p.json {
				p.lose("")
				return ""
			}
			escaped = true
			if p.at++; p.here() == 0 || p.here() == '\n' {
				p.at--
			}
		case c == quote:
			p.at++
			if quote == '\'' && p.here() == quote {
				p.lose("")
			}
			if !escaped {
				return p.src[start+1 : p.at-1]
			}
			var s string
			if json.Unmarshal([]byte(p.src[start:p.at]), &s) != nil {
				p.at = start
				p.lose("there is no such escape")
			}
			return s
		}
	}
}

// scalar reads a plain one, as far as its characters mean nothing else anywhere.
func (p *plainReader) scalar(n *node) {
	start, end := p.at, p.at
	for i := start; i < len(p.src); i++ {
		c := p.src[i]
		if c == ' ' && !p.json {
			continue // it is within when something follows
		}
		if !isPlain(c) {
			break
		}
		if c == ':' && !p.json && (i+1 == len(p.src) || !isPlain(p.src[i+1])) {
			p.lose("")
			return
		}
		end = i + 1
	}
	n.text = p.src[start:end]
	if n.text == "" || n.text[0] == ':' || n.text[0] == '=' || n.text == "-" || strings.HasPrefix(n.text, "- ") {
		p.lose("a value is missing")
		return
	}
	switch {
	case !p.json:
		n.shape = scalarShape(n.text)
	case !json.Valid([]byte(n.text)):
		p.lose("this is not a value of JSON")
		return
	case n.text == "true" || n.text == "false":
		n.shape = boolean
	case n.text != "null":
		n.shape = number
	}
	if n.shape == null {
		n.text = ""
	}
	p.at = end
}

func isPlain(c byte) bool {
	return isKey(c) || c == '-' || c == '/' || c == ':' || c == '+' || c == '='
}

// scalarShape is what YAML makes of a plain scalar.
func scalarShape(s string) shape {
	if c := s[0]; c >= 'a' && c <= 'z' && c != 'n' && c != 't' && c != 'f' {
		return text
	}
	switch token.New(s, s, nil).Type {
	case token.StringType:
		return text
	case token.NullType:
		return null
	case token.BoolType:
		return boolean
	}
	return number
}
