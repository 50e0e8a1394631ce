// Package conf reads Bacula's configuration language as a Director does, to prove a file before a Director loads it.
package conf

import (
	"fmt"
	"strings"

	"switchyard/model"
)

// The bounds of what is read.
const (
	maxBytes    = 64 << 20 // of a configuration with all that it includes
	maxText     = 64 << 10 // of a text in quotes
	maxTokens   = 8 << 20
	maxIncludes = 10_000
	maxNesting  = 16
)

// Options say how a text is read.
type Options struct {
	Path string // as it is shown in errors
	// Open gives the text of an included file. Nil: no file is read, only a value may be in one (Password = @/FILE), and it stays unknown.
	Open func(path string) (string, error)
	// Leave lets includes that stand for whole resources be left out, and told in File.Left.
	Leave bool
}

// File is a configuration that could be read.
type File struct {
	Text      string
	Resources []*Resource
	Left      []string // files that it includes and that were not read
}

// Resource is one of Director, Client, Job and so on, in the spelling of Kinds.
type Resource struct {
	Kind string
	Name string
	Block
	Line   int // of its first word, from 1, in the file Path
	Path   string
	Offset int // of its first word in the text that it is in
}

// Block is what stands between braces.
type Block struct{ Directives []Directive }

// Directive is KEY = VALUE, KEY { ... } or both.
type Directive struct {
	Key    string // in lower case and without blanks, as Bacula compares them
	Values []Value
	Inner  *Block // what stands in braces behind it; nil: nothing
	Line   int
}

// Value is one word of a directive's value, or one text in quotes.
type Value struct {
	Text   string
	Quoted bool
	File   bool // it is in the file Text, which was not read
	Sign   bool // it is an equals sign or a comma
}

// Kinds are the resources of a Director.
var Kinds = []string{"Director", "Client", "Job", "JobDefs", "Storage", "Autochanger", "Catalog", "Schedule", "FileSet", "Pool", "Messages",
	"Counter", "Console", "Statistics", "Collector"}

// Parse reads a configuration. The error is an *Error: the first thing that a Director would stumble over, with its line and column.
func Parse(text string, o Options) (*File, error) {
	l := &lexer{o: &o, left: maxTokens}
	var err error
	if l.src, err = l.begin(o.Path, text, nil); err != nil {
		return nil, err
	}
	f := &File{Text: text}
	lines := lineCounter{}
	for {
		t, err := l.next()
		switch {
		case err != nil:
			return nil, err
		case t.kind == over:
			return f, nil
		case t.kind == end:
			continue
		case t.file && o.Leave:
			f.Left = append(f.Left, t.text)
			continue
		case t.file:
			return nil, notFollowed(t)
		}
		r, err := l.resource(t, &lines)
		if err != nil {
			return nil, err
		}
		f.Resources = append(f.Resources, r)
	}
}

func notFollowed(t token) error {
	return t.src.fault(t.at, "it includes "+model.Clean(t.text)+", which is not read here", "write what is in it instead")
}

func (l *lexer) resource(t token, lines *lineCounter) (*Resource, error) {
	r := &Resource{Line: lines.of(t), Path: t.src.path, Offset: t.at}
	if t.kind == word {
		for _, k := range Kinds {
			if strings.EqualFold(k, t.text) {
				r.Kind = k
			}
		}
	}
	if r.Kind == "" {
		do := "write one of " + strings.Join(Kinds, ", ")
		if best := model.Meant(t.text, Kinds); best != "" && t.kind == word {
			do = "did you mean " + best + "?"
		}
		return nil, t.src.fault(t.at, "expected the name of a resource, got "+t.show(), do)
	}
	brace, err := l.skipEnds()
	if err != nil {
		return nil, err
	}
	if brace.kind != open {
		return nil, brace.src.fault(brace.at, fmt.Sprintf("expected { behind %s, got %s", r.Kind, brace.show()), "open the resource with {")
	}
	if r.Block, err = l.block(brace, lines, 1); err != nil {
		return nil, err
	}
	name, ok := r.Get("name")
	if !ok || len(name.Values) == 0 || name.Values[0].Sign || name.Values[0].File || name.Values[0].Text == "" {
		return nil, t.src.fault(t.at, "the "+r.Kind+" has no name", `write Name = "..." in it`)
	}
	r.Name = name.Values[0].Text
	return r, nil
}

// block reads to the closing brace.
func (l *lexer) block(brace token, lines *lineCounter, depth int) (b Block, err error) {
	if depth > maxNesting {
		return b, brace.src.fault(brace.at, "braces are nested too deep", "close them")
	}
	for {
		t, err := l.next()
		switch {
		case err != nil:
			return b, err
		case t.kind == end:
			continue
		case t.kind == closed:
			return b, nil
		case t.kind == over:
			return b, brace.src.fault(brace.at, "this { is never closed", "write }")
		case t.file:
			return b, notFollowed(t)
		case t.kind != word:
			return b, t.src.fault(t.at, "expected a directive, got "+t.show(), "write KEY = VALUE")
		}
		d, err := l.directive(t, lines, depth)
		if err != nil {
			return b, err
		}
		b.Directives = append(b.Directives, d)
	}
}

func (l *lexer) directive(key token, lines *lineCounter, depth int) (d Directive, err error) {
	d = Directive{Key: strings.ToLower(key.text), Line: lines.of(key)}
	t, err := l.skipEnds()
	switch {
	case err != nil:
		return d, err
	case t.kind == open:
		inner, err := l.block(t, lines, depth+1)
		d.Inner = &inner
		return d, err
	case t.kind != equals:
		return d, t.src.fault(t.at, fmt.Sprintf("expected = behind %s, got %s", key.show(), t.show()), "write KEY = VALUE")
	}
	l.apart = d.Key == "run"
	defer func() { l.apart = false }()
	for {
		t, err := l.next()
		switch {
		case err != nil:
			return d, err
		case t.kind == open && d.Inner == nil:
			inner, err := l.block(t, lines, depth+1)
			if err != nil {
				return d, err
			}
			d.Inner = &inner
			continue
		case t.kind == open:
			return d, t.src.fault(t.at, "there is a second { behind "+key.show(), "end the line before it")
		case t.kind == closed:
			l.unread(t)
		case t.kind == over:
			l.unread(t)
		case t.kind != end:
			d.Values = append(d.Values, Value{Text: t.text, Quoted: t.kind == quoted, File: t.file, Sign: t.kind == equals || t.kind == comma})
			continue
		}
		if len(d.Values) == 0 && d.Inner == nil {
			return d, key.src.fault(key.at, key.show()+" has no value", "write it on the same line")
		}
		return d, nil
	}
}

// skipEnds gives the next token that is not the end of a line.
func (l *lexer) skipEnds() (token, error) {
	for {
		if t, err := l.next(); err != nil || t.kind != end {
			return t, err
		}
	}
}

// Get is the last directive of a key, which is the one that counts; false when there is none.
func (b *Block) Get(key string) (*Directive, bool) {
	for i := len(b.Directives) - 1; i >= 0; i-- {
		if b.Directives[i].Key == key {
			return &b.Directives[i], true
		}
	}
	return nil, false
}

// Names are the first word of a directive and those behind commas: what a list of names holds.
func (d *Directive) Names() (names []string) {
	want := true
	for _, v := range d.Values {
		if want && !v.Sign {
			names = append(names, v.Text)
		}
		want = v.Sign && v.Text == ","
	}
	return names
}

// YesNo reads yes, no, true or false in any case; ok is false when it is none of them.
func (d *Directive) YesNo() (yes, ok bool) {
	if len(d.Values) == 0 {
		return false, false
	}
	switch strings.ToLower(d.Values[0].Text) {
	case "yes", "true":
		return true, true
	case "no", "false":
		return false, true
	}
	return false, false
}
