package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// thing is a declaration of this program (by its name, a method's with its type: site.follow) or of another package (with that package's
// path: switchyard/backend/journal.Journal.Append).
type thing string

// source is what each declaration of this package mentions, whether it calls it or hands it on. A type mentions its methods: who holds a
// value may call them, by name or through an interface.
type source struct {
	mentions map[thing]map[thing]bool
	in       map[thing]string // the file it is declared in
	imports  map[string]*types.Package
}

// reading type-checks this package, with one more file when more is not empty.
func reading(t *testing.T, more string) *source {
	t.Helper()
	imported := imports()
	var files []*ast.File
	for _, name := range strings.Fields(goList("-f", `{{join .GoFiles " "}}`, ".")) {
		f, err := parser.ParseFile(imported.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if more != "" {
		f, err := parser.ParseFile(imported.fset, "more.go", more, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: imported}
	pkg, err := conf.Check("switchyard/cmd/switchyard", imported.fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	p := &source{mentions: map[thing]map[thing]bool{}, in: map[thing]string{}, imports: map[string]*types.Package{}}
	for _, imp := range pkg.Imports() {
		p.imports[imp.Path()] = imp
	}
	for _, f := range files {
		file := filepath.Base(imported.fset.Position(f.Pos()).Filename)
		for _, d := range f.Decls {
			p.declare(pkg, info, file, d)
		}
	}
	return p
}

// imported is what each package exports, as the compiler left it: read once, as that takes longer than to read this package.
type imported struct {
	fset *token.FileSet
	mu   sync.Mutex
	from types.Importer
}

func (i *imported) Import(path string) (*types.Package, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.from.Import(path)
}

var imports = sync.OnceValue(func() *imported {
	files := map[string]string{}
	for line := range strings.Lines(goList("-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".")) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	fset := token.NewFileSet()
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
	return &imported{fset: fset, from: importer.ForCompiler(fset, "gc", lookup)}
})

// goList is empty when it fails, and nothing can be read then.
func goList(args ...string) string {
	out, _ := exec.Command("go", append([]string{"list"}, args...)...).Output()
	return string(out)
}

// declare notes what a declaration mentions.
func (p *source) declare(pkg *types.Package, info *types.Info, file string, d ast.Decl) {
	note := func(name *ast.Ident, node ast.Node) {
		from := thing(file + ":" + name.Name) // init and _ may be there more than once
		if obj := info.Defs[name]; obj != nil && name.Name != "_" && name.Name != "init" {
			from = named(pkg, obj)
		}
		p.in[from] = file
		p.mention(from, pkg, info, node)
		if f, ok := info.Defs[name].(*types.Func); ok {
			if r := f.Signature().Recv(); r != nil {
				p.add(thing(receiver(r.Type())), from)
			}
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		note(d.Name, d)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				note(s.Name, s)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					note(n, s)
				}
			}
		}
	}
}

func (p *source) mention(from thing, pkg *types.Package, info *types.Info, node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch obj := info.Uses[id].(type) {
		case nil, *types.PkgName:
		case *types.Func:
			p.add(from, named(pkg, obj.Origin()))
		case *types.TypeName, *types.Var, *types.Const:
			if obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() {
				p.add(from, named(pkg, obj))
			}
		}
		return true
	})
}

func (p *source) add(from, to thing) {
	if p.mentions[from] == nil {
		p.mentions[from] = map[thing]bool{}
	}
	p.mentions[from][to] = true
}

// named is an object's name among the things.
func named(pkg *types.Package, obj types.Object) thing {
	name := obj.Name()
	if f, ok := obj.(*types.Func); ok {
		if r := f.Signature().Recv(); r != nil {
			name = receiver(r.Type()) + "." + name
		}
	}
	if obj.Pkg() == nil || obj.Pkg() == pkg {
		return thing(name)
	}
	return thing(obj.Pkg().Path() + "." + name)
}

// receiver is the name of a method's type.
func receiver(t types.Type) string {
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return "interface"
}

// reach is how a declaration comes to something that is looked for, from it to that; nil when it does not. Nothing is followed beyond stop.
func (p *source) reach(from thing, found func(thing) bool, stop ...thing) []thing {
	seen := map[thing]bool{from: true}
	for _, s := range stop {
		seen[s] = true
	}
	paths := [][]thing{{from}}
	for len(paths) > 0 {
		path := paths[0]
		paths = paths[1:]
		at := path[len(path)-1]
		if found(at) {
			return path
		}
		for to := range p.mentions[at] {
			if !seen[to] {
				seen[to] = true
				paths = append(paths, append(path[:len(path):len(path)], to))
			}
		}
	}
	return nil
}
