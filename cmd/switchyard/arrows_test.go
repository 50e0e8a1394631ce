package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floors are the rooms of the model, each of which may know those below it.
var floors = []string{"model", "model/record", "model/board", "model/routes", "model/gate", "model/plan"}

// rooms are the packages of the house and the rooms that each may import; a package belongs to the longest room that is a prefix of it.
var rooms = map[string][]string{
	"model":                nil,
	"model/record":         floors[:1],
	"model/board":          floors[:2],
	"model/routes":         floors[:3],
	"model/gate":           floors[:4],
	"model/plan":           floors[:5],
	"themes":               nil,
	"ui/draw":              {"themes"},
	"ui":                   append([]string{"themes", "ui/draw"}, floors...),
	"backend/attached":     {"model"},
	"backend/bundle":       {"model", "model/record"},
	"backend/config":       {"model"},
	"backend/journal":      {"model", "model/record"},
	"backend/mysql":        {"model"},
	"backend/mysql/schema": {"model", "backend/mysql"},
	"backend/bacula":       {"model", "backend/mysql"},
	"backend/bacula/push":  {"model", "model/plan", "backend/bacula"}, // it says what orders say
	"backend/rds":          {"model", "backend/mysql"},
	"backend/rds/act":      {"model", "backend/mysql", "backend/rds"},
	"backend/rds/trial":    {"model", "backend/rds"},
	"backend/feed":         append([]string{"backend/bacula", "backend/rds", "backend/journal"}, floors[:3]...),
	"backend/run": append(
		[]string{"backend/bacula", "backend/bacula/push", "backend/rds", "backend/rds/act", "backend/journal",
			"backend/mysql/schema"},
		floors...),
	"backend/export":    floors[:5],
	"backend/rehearsal": {"model"},
	"cmd":               nil, // knows everybody
}

func TestArrows(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "switchyard/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, "switchyard/")
		seen[from] = true
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, "switchyard/")
			if ours && !allowed(t, from, to) {
				t.Errorf("%s imports %s: that arrow is not in the house", from, to)
			}
		}
	}
	if !seen["model"] || !seen["cmd/switchyard"] {
		t.Fatalf("go list told of %v only", seen)
	}
}

func allowed(t *testing.T, from, to string) bool {
	f := roomOf(from)
	if f == "" {
		t.Errorf("%s has no room in the house", from)
	}
	return f == "cmd" || f == roomOf(to) || slices.Contains(rooms[f], roomOf(to))
}

func roomOf(path string) string {
	longest := ""
	for room := range rooms {
		if (path == room || strings.HasPrefix(path, room+"/")) && len(room) > len(longest) && (room != "model" || path == room) {
			longest = room
		}
	}
	return longest
}

// TestNothingLooksForMethodsByName holds that no package of the program but cobra, which is linked without the part that would, has
// text/template: the linker then keeps every method of every type, which is 18 MB of program and 10 MB of memory.
func TestNothingLooksForMethodsByName(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}}:{{range .Imports}} {{.}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		seen++
		from, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		for _, imp := range strings.Fields(imports) {
			if (imp == "text/template" || imp == "html/template") && from != "github.com/spf13/cobra" {
				t.Errorf("%s imports %s: its parser, text/template/parse, may be used", from, imp)
			}
		}
	}
	if seen < 100 {
		t.Fatalf("go list told of %d packages only", seen)
	}
	files, err := filepath.Glob("*.go") // cobra uses its part when it is given a template for its help, usage or version
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, setter := range []string{"Usage", "Help", "Version", "ErrPrefix"} {
			if strings.Contains(string(text), ".Set"+setter+"Template(") {
				t.Errorf("%s gives cobra a template of its own: give it a function, or say what it should in a text", name)
			}
		}
	}
}
