package render

import (
	"fmt"
	"maps"
	"slices"
	"text/template/parse"
)

// A template is written in the language of text/template and read by its parser. It is evaluated here, as text/template looks for methods
// by name: a program that has it must carry every method of everything it links, which took 20 MB of this one. Nothing that a template
// sees has methods, so nothing is lost by that.

// language is a template that holds only what is evaluated here.
type language struct {
	main  *parse.Tree
	trees map[string]*parse.Tree // by the name under which it defines them
}

// strange are the functions of text/template that have no use in a Director's configuration.
var strange = []string{"call", "html", "js", "urlquery"}

// read parses a template, and refuses what would not be evaluated. Errors are text/template's, with line and column.
func read(text string) (*language, error) {
	known := make(map[string]any, len(functions)+len(strange))
	for name := range functions {
		known[name] = true
	}
	for _, name := range strange {
		known[name] = true
	}
	trees, err := parse.Parse("", text, "", "", known)
	if err != nil {
		return nil, err
	}
	l := &language{main: trees[""], trees: trees}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		if err := l.check(trees[name], trees[name].Root); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// check refuses what evaluate does not know, wherever it stands below a node.
func (l *language) check(t *parse.Tree, n parse.Node) error {
	refused := func(at parse.Node, format string, args ...any) error {
		place, context := t.ErrorContext(at)
		return fmt.Errorf("template: %s: <%s>: %s", place, context, fmt.Sprintf(format, args...))
	}
	var below []parse.Node
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil { // there may be no else
			below = n.Nodes
		}
	case *parse.ActionNode:
		below = []parse.Node{n.Pipe}
	case *parse.IfNode:
		below = []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.WithNode:
		below = []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.RangeNode:
		below = []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.TemplateNode:
		if l.trees[n.Name] == nil {
			return refused(n, "template %q not defined: define it in this file", n.Name)
		}
		below = []parse.Node{n.Pipe}
	case *parse.PipeNode:
		if n == nil { // of a template that is told nothing
			return nil
		}
		for i, c := range n.Cmds {
			if says := misused(c, i > 0); says != "" {
				return refused(c, "%s", says)
			}
			below = append(below, c)
		}
	case *parse.CommandNode:
		below = n.Args
	case *parse.ChainNode:
		below = []parse.Node{n.Node}
	case *parse.IdentifierNode:
		if slices.Contains(strange, n.Ident) {
			return refused(n, "%s is nothing for a Director: write values with quote", n.Ident)
		}
	case *parse.NilNode:
		return refused(n, "nothing that a template sees is nil: compare with something else")
	case *parse.NumberNode:
		if n.IsComplex || n.IsUint && !n.IsInt {
			return refused(n, "%s is no number here: write one that fits 64 bits", n.Text)
		}
	case *parse.TextNode, *parse.CommentNode, *parse.BreakNode, *parse.ContinueNode, *parse.DotNode, *parse.FieldNode, *parse.VariableNode,
		*parse.BoolNode, *parse.StringNode:
	default:
		return refused(n, "this is not known here: take it out")
	}
	for _, b := range below {
		if err := l.check(t, b); err != nil {
			return err
		}
	}
	return nil
}

// misused says what is wrong with the arguments of a command, of which the one before it in its pipeline is the last.
func misused(c *parse.CommandNode, piped bool) string {
	given := len(c.Args) - 1
	if piped {
		given++
	}
	id, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		if given > 0 {
			return fmt.Sprintf("can't give argument to non-function %s: what a template sees are values", c.Args[0])
		}
		return ""
	}
	f, known := functions[id.Ident]
	switch {
	case !known:
		return ""
	case f.more && given < f.needs:
		return fmt.Sprintf("%s has %d arguments, and needs %d or more", id.Ident, given, f.needs)
	case !f.more && given != f.needs:
		return fmt.Sprintf("%s has %d arguments, and needs %d", id.Ident, given, f.needs)
	}
	return ""
}
