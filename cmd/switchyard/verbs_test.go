package main

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

// writers are the packages that change something outside of this program; the journal's is one for whoever appends.
var writers = []string{"switchyard/backend/run", "switchyard/backend/bacula/push", "switchyard/backend/rds/act"}

// viewing are the files of verbs that only look, and what they are made of. The cockpit's one lever is to launch.
var viewing = []string{"status.go", "status_text.go", "watch.go", "rds.go", "doctor.go", "policy.go", "open.go", "journal.go", "actions.go"}

// TestViewersReachNoWriter follows what each file of the program uses of the others: a viewer neither imports a writer nor calls what does.
func TestViewersReachNoWriter(t *testing.T) {
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declares, uses, acts := map[string]string{}, map[string][]string{}, map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			for _, declared := range declared(d) {
				declares[declared] = name
			}
		}
		for _, id := range f.Unresolved {
			uses[name] = append(uses[name], id.Name)
		}
		for _, imp := range f.Imports {
			if p, err := strconv.Unquote(imp.Path.Value); err == nil && slices.Contains(writers, p) {
				acts[name] = true
			}
		}
	}
	if len(acts) == 0 {
		t.Fatal("no file imports a writer: this test looks at nothing")
	}
	for more := true; more; {
		more = false
		for name, used := range uses {
			if name != "main.go" && !acts[name] && slices.ContainsFunc(used, func(id string) bool { return acts[declares[id]] }) {
				acts[name], more = true, true
			}
		}
	}
	for _, name := range viewing {
		if acts[name] {
			t.Errorf("%s only looks, and reaches a writer", name)
		}
		if _, there := uses[name]; !there {
			t.Errorf("%s is not there", name)
		}
	}
	for _, name := range []string{"act.go", "apply.go", "backup.go", "cancel.go"} {
		if !acts[name] {
			t.Errorf("%s acts, and this test does not see it", name)
		}
	}
}

// declared are the names that other files may use.
func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}
