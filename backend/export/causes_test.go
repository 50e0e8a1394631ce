package export

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const boardDir = "../../model/board"

// dynamic are the ids that begin with a value: where in the board they are made, and what the value may be.
var dynamic = map[string][]string{
	"v.Health.String": {"unknown", "warned", "diverged", "broken", "gap"},
	"first.cause":     nil, // what is assigned to a cause, which is looked at itself
	"id":              nil, // first arguments of add, which are looked at themselves
}

// boardCauses are the beginnings of the ids of all alerts that the board makes, by its source.
func boardCauses(t *testing.T) (out map[string]string) {
	t.Helper()
	out = map[string]string{}
	files, err := filepath.Glob(boardDir + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var all []*ast.File
	consts := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 && len(v.Names) == 1 {
				if text, ok := literal(v.Values[0]); ok {
					consts[v.Names[0].Name] = text
				}
			}
			return true
		})
	}
	for _, f := range all {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, id := range idsIn(n) {
				at := set.Position(id.Pos())
				text, name := begins(id, consts)
				if added, ok := strings.CutPrefix(text, "add:"); ok {
					switch filepath.Base(at.Filename) {
					case "alerts_rds.go":
						text = "rds:" + added
					case "alerts_rows.go":
						text = added
					default:
						continue // of one cause, which stands where add is
					}
				}
				if text == "" {
					words, known := dynamic[name]
					if !known {
						t.Errorf("%s: an alert's id begins with %q, which this test cannot follow", at, name)
					}
					for _, w := range words {
						out[w] = at.String()
					}
					continue
				}
				first, rest, _ := strings.Cut(text, ":")
				if first == "rds" {
					if second, _, _ := strings.Cut(rest, ":"); second != "" {
						out["rds:"+second] = at.String()
					}
					continue
				}
				out[first] = at.String()
			}
			return true
		})
	}
	return out
}

// idsIn are the expressions of ids in a node: of an Alert, and first arguments of the functions called add.
func idsIn(n ast.Node) (out []ast.Expr) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if name, ok := n.Type.(*ast.Ident); n.Type != nil && (!ok || name.Name != "Alert") {
			return nil
		}
		rank := false
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && isName(kv.Key, "ID") {
				out = append(out, kv.Value)
			} else if ok && isName(kv.Key, "Severity") {
				rank = true
			}
		}
		if n.Type == nil && !rank { // an element of a slice of something else
			return nil
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if s, ok := to.(*ast.SelectorExpr); ok && s.Sel.Name == "cause" && len(n.Rhs) == len(n.Lhs) {
				out = append(out, n.Rhs[i])
			}
		}
	case *ast.CallExpr:
		if isName(n.Fun, "add") && len(n.Args) > 2 {
			if text, ok := literal(n.Args[0]); ok {
				out = append(out, &ast.BasicLit{ValuePos: n.Pos(), Kind: token.STRING, Value: strconv.Quote("add:" + text)})
			}
		}
	}
	return out
}

func isName(e ast.Expr, name string) bool {
	i, ok := e.(*ast.Ident)
	return ok && i.Name == name
}

func literal(e ast.Expr) (string, bool) {
	b, ok := e.(*ast.BasicLit)
	if !ok || b.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(b.Value)
	return text, err == nil
}

// begins is what an expression of a text begins with, or the name of the value that it does.
func begins(e ast.Expr, consts map[string]string) (text, name string) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return begins(e.X, consts)
	case *ast.BasicLit:
		text, _ = literal(e)
		return text, ""
	case *ast.Ident:
		return consts[e.Name], e.Name
	case *ast.SelectorExpr:
		_, of := begins(e.X, consts)
		return "", of + "." + e.Sel.Name
	case *ast.CallExpr:
		if s, ok := e.Fun.(*ast.SelectorExpr); ok && isName(s.X, "fmt") {
			return begins(e.Args[0], consts)
		}
		return begins(e.Fun, consts)
	}
	return "", "?"
}

// TestTheRulesKnowEveryCauseOfAnAlert compares them with the source of the board, both ways.
func TestTheRulesKnowEveryCauseOfAnAlert(t *testing.T) {
	made := boardCauses(t)
	if len(made) < 30 {
		t.Fatalf("only %d causes were found: %v", len(made), made)
	}
	known := func(id string) bool { return slices.ContainsFunc(causes, func(c cause) bool { return c.id == id }) }
	for id, at := range made {
		if !known(id) {
			t.Errorf("%s: the cause %q has no rule", at, id)
		}
	}
	for _, c := range causes {
		if _, ok := made[c.id]; !ok && c.id != other {
			t.Errorf("the board makes no alert of the cause %q", c.id)
		}
	}
}
