package render

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/template/parse"
)

const (
	maxDepth = 1000      // of templates within templates
	maxTurns = 5_000_000 // of all ranges; a Director with 40,000 jobs takes 200,000
)

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

// variable is what a template calls $name; "$" itself is what the template was given.
type variable struct {
	name  string
	value reflect.Value
}

// evaluation is one run through a template.
type evaluation struct {
	of    *language
	tree  *parse.Tree
	node  parse.Node // what is evaluated, for errors
	out   io.Writer
	vars  []variable
	depth int
	turns *int
}

// evaluate writes what a template makes of data, which are structs, slices of them, texts, whole numbers and truths. What it writes and
// what its errors say is what text/template would.
func (l *language) evaluate(out io.Writer, data any) error {
	v := reflect.ValueOf(data)
	e := evaluation{of: l, tree: l.main, out: out, vars: []variable{{"$", v}}, turns: new(int)}
	return e.walk(v, l.main.Root)
}

func (e *evaluation) errorf(format string, args ...any) error {
	place, context := e.tree.ErrorContext(e.node)
	return fmt.Errorf("template: %s: executing %q at <%s>: %s", place, e.tree.Name, context, fmt.Sprintf(format, args...))
}

func (e *evaluation) walk(dot reflect.Value, n parse.Node) error {
	e.node = n
	switch n := n.(type) {
	case *parse.ListNode:
		for _, below := range n.Nodes {
			if err := e.walk(dot, below); err != nil {
				return err
			}
		}
	case *parse.TextNode:
		_, err := e.out.Write(n.Text)
		return err
	case *parse.ActionNode:
		v, err := e.pipeline(dot, n.Pipe)
		if err != nil || len(n.Pipe.Decl) > 0 {
			return err
		}
		return e.print(v)
	case *parse.IfNode:
		return e.branch(dot, n.Pipe, n.List, n.ElseList, false)
	case *parse.WithNode:
		return e.branch(dot, n.Pipe, n.List, n.ElseList, true)
	case *parse.RangeNode:
		return e.rangeOver(dot, n)
	case *parse.TemplateNode:
		return e.template(dot, n)
	case *parse.BreakNode:
		return errBreak
	case *parse.ContinueNode:
		return errContinue
	}
	return nil
}

func (e *evaluation) print(v reflect.Value) error {
	v = reflect.Indirect(v)
	var err error
	switch {
	case !v.IsValid():
		_, err = io.WriteString(e.out, "<no value>")
	case v.Kind() == reflect.String:
		_, err = io.WriteString(e.out, v.String())
	default:
		_, err = fmt.Fprint(e.out, v.Interface())
	}
	return err
}

// branch is an if, or a with, which makes what it asks for the dot.
func (e *evaluation) branch(dot reflect.Value, pipe *parse.PipeNode, then, otherwise *parse.ListNode, with bool) error {
	defer e.forget(len(e.vars))
	v, err := e.pipeline(dot, pipe)
	switch {
	case err != nil:
		return err
	case truth(v) && with:
		return e.walk(v, then)
	case truth(v):
		return e.walk(dot, then)
	case otherwise != nil:
		return e.walk(dot, otherwise)
	}
	return nil
}

func (e *evaluation) forget(mark int) { e.vars = e.vars[:mark] }

func (e *evaluation) rangeOver(dot reflect.Value, n *parse.RangeNode) error {
	defer e.forget(len(e.vars))
	v, err := e.pipeline(dot, n.Pipe)
	if err != nil {
		return err
	}
	v = reflect.Indirect(v)
	mark, some := len(e.vars), false
	turn := func(index, element reflect.Value) error {
		some = true
		if *e.turns++; *e.turns > maxTurns {
			e.node = n
			return e.errorf("it goes on without end: more than %d turns", maxTurns)
		}
		e.bind(n.Pipe, index, element)
		err := e.walk(element, n.List)
		e.forget(mark)
		if errors.Is(err, errContinue) {
			return nil
		}
		return err
	}
	switch {
	case !v.IsValid():
	case v.CanInt() || v.CanUint():
		if len(n.Pipe.Decl) > 1 {
			return e.errorf("can't use %v to iterate over more than one variable", v)
		}
		for i := range v.Seq() {
			if err = turn(reflect.Value{}, i); err != nil {
				break
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			if err = turn(reflect.ValueOf(i), v.Index(i)); err != nil {
				break
			}
		}
	default:
		return e.errorf("range can't iterate over %v", v)
	}
	if errors.Is(err, errBreak) {
		return nil
	}
	if err == nil && !some && n.ElseList != nil {
		return e.walk(dot, n.ElseList)
	}
	return err
}

// bind gives a range's variables their values: one is the element, of two the first is the index.
func (e *evaluation) bind(pipe *parse.PipeNode, index, element reflect.Value) {
	values := []reflect.Value{index, element}
	for i, d := range pipe.Decl {
		v := values[i+2-len(pipe.Decl)]
		if pipe.IsAssign {
			e.assign(d.Ident[0], v)
		} else {
			e.vars[len(e.vars)-len(pipe.Decl)+i].value = v
		}
	}
}

// variable is the innermost of a name; the parser has made sure that there is one.
func (e *evaluation) variable(name string) *variable {
	for i := len(e.vars) - 1; i > 0; i-- {
		if e.vars[i].name == name {
			return &e.vars[i]
		}
	}
	return &e.vars[0]
}

func (e *evaluation) assign(name string, v reflect.Value) { e.variable(name).value = v }

func (e *evaluation) template(dot reflect.Value, n *parse.TemplateNode) error {
	if e.depth == maxDepth {
		return e.errorf("exceeded maximum template depth (%v)", maxDepth)
	}
	v, err := e.pipeline(dot, n.Pipe)
	if err != nil {
		return err
	}
	inner := *e
	inner.tree, inner.depth = e.of.trees[n.Name], e.depth+1
	inner.vars = []variable{{"$", v}}
	return inner.walk(v, inner.tree.Root)
}

// nothing is the value before a pipeline's first command.
var nothing = reflect.ValueOf(struct{ nothing struct{} }{})

func given(v reflect.Value) bool { return !v.IsValid() || v.Type() != nothing.Type() }

func (e *evaluation) pipeline(dot reflect.Value, pipe *parse.PipeNode) (v reflect.Value, err error) {
	if pipe == nil {
		return v, nil
	}
	e.node = pipe
	v = nothing
	for _, c := range pipe.Cmds {
		if v, err = e.command(dot, c, v); err != nil {
			return v, err
		}
	}
	for _, d := range pipe.Decl {
		if pipe.IsAssign {
			e.assign(d.Ident[0], v)
		} else {
			e.vars = append(e.vars, variable{d.Ident[0], v})
		}
	}
	return v, nil
}

func (e *evaluation) command(dot reflect.Value, c *parse.CommandNode, last reflect.Value) (reflect.Value, error) {
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
		return e.call(dot, id, c, c.Args[1:], last)
	}
	return e.operand(dot, c.Args[0])
}

// operand is the value of what stands alone.
func (e *evaluation) operand(dot reflect.Value, n parse.Node) (reflect.Value, error) {
	e.node = n
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return e.fields(dot, n.Ident)
	case *parse.VariableNode:
		return e.fields(e.variable(n.Ident[0]).value, n.Ident[1:])
	case *parse.ChainNode:
		v, err := e.operand(dot, n.Node)
		if err != nil {
			return v, err
		}
		return e.fields(v, n.Field)
	case *parse.PipeNode:
		return e.pipeline(dot, n)
	case *parse.IdentifierNode:
		return e.call(dot, n, n, nil, nothing)
	case *parse.BoolNode:
		return reflect.ValueOf(n.True), nil
	case *parse.StringNode:
		return reflect.ValueOf(n.Text), nil
	case *parse.NumberNode:
		return number(n), nil
	}
	return reflect.Value{}, e.errorf("can't evaluate command %q", n)
}

// number is whole unless it is written otherwise.
func number(n *parse.NumberNode) reflect.Value {
	hex := strings.HasPrefix(strings.ToLower(strings.TrimLeft(n.Text, "+-")), "0x") && !strings.ContainsAny(n.Text, "pP")
	if n.IsFloat && !hex && n.Text[0] != '\'' && strings.ContainsAny(n.Text, ".eEpP") || !n.IsInt {
		return reflect.ValueOf(n.Float64)
	}
	return reflect.ValueOf(int(n.Int64))
}

func (e *evaluation) fields(v reflect.Value, names []string) (reflect.Value, error) {
	for _, name := range names {
		if !v.IsValid() {
			return v, e.errorf("nil data; no entry for key %q", name)
		}
		of := v.Type()
		if v = reflect.Indirect(v); v.Kind() != reflect.Struct {
			return v, e.errorf("can't evaluate field %s in type %s", name, of)
		}
		f, ok := v.Type().FieldByName(name)
		switch {
		case !ok:
			return v, e.errorf("can't evaluate field %s in type %s", name, of)
		case !f.IsExported():
			return v, e.errorf("%s is an unexported field of struct type %s", name, of)
		}
		v = v.FieldByIndex(f.Index)
	}
	return v, nil
}

// call asks a function, with the value of the command before it as the last argument.
func (e *evaluation) call(dot reflect.Value, id *parse.IdentifierNode, at parse.Node, args []parse.Node, last reflect.Value) (
	reflect.Value, error,
) {
	e.node = id
	f := functions[id.Ident]
	values := make([]reflect.Value, 0, len(args)+1)
	for i, a := range args {
		v, err := e.argument(dot, a, i < f.texts)
		if err != nil {
			return v, err
		}
		if f.enough != nil && f.enough(v) {
			return v, nil
		}
		values = append(values, v)
	}
	if given(last) {
		if err := e.fits(last, len(values) < f.texts); err != nil {
			return last, err
		}
		values = append(values, last)
	}
	v, err := f.of(values)
	if err != nil {
		e.node = at
		return v, e.errorf("error calling %s: %v", id.Ident, err)
	}
	return v, nil
}

func (e *evaluation) argument(dot reflect.Value, n parse.Node, text bool) (reflect.Value, error) {
	e.node = n
	switch n.(type) {
	case *parse.BoolNode, *parse.NumberNode:
		if text {
			return reflect.Value{}, e.errorf("expected string; found %s", n)
		}
	}
	v, err := e.operand(dot, n)
	if err != nil {
		return v, err
	}
	return v, e.fits(v, text)
}

func (e *evaluation) fits(v reflect.Value, text bool) error {
	switch {
	case !v.IsValid():
		return e.errorf("invalid value: this template is called with nothing")
	case text && v.Kind() != reflect.String:
		return e.errorf("wrong type for value; expected string; got %s", v.Type())
	}
	return nil
}
