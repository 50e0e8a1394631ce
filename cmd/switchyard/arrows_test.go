package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// rooms are the packages of the house and what each may import of ours, by longest prefix.
var rooms = []struct {
	room string
	may  []string
}{
	{"model/plan", []string{"model"}},
	{"model", nil},
	{"themes", nil},
	{"ui", []string{"model", "themes"}},
	{"backend/config", []string{"model"}},
	{"backend/journal", []string{"model"}},
	{"backend/mysql", []string{"model"}},
	{"backend/bacula/push", []string{"model", "backend/bacula"}},
	{"backend/bacula", []string{"model", "backend/mysql"}},
	{"backend/rds/act", []string{"model", "backend/rds"}},
	{"backend/rds/trial", []string{"model", "backend/rds"}},
	{"backend/rds", []string{"model", "backend/mysql"}},
	{"backend/feed", []string{"model", "backend/bacula", "backend/rds", "backend/journal"}},
	{"backend/run", []string{"model", "backend/bacula", "backend/rds", "backend/journal"}},
	{"backend/rehearsal", []string{"model", "backend/rehearsal"}},
	{"cmd", []string{"model", "themes", "ui", "backend", "cmd"}},
}

// forbidden are imports that a prefix above would allow.
var forbidden = map[string][]string{
	"backend/feed":   {"backend/bacula/push", "backend/rds/act", "backend/rds/trial"},
	"backend/bacula": {"backend/bacula/push"},
	"backend/rds":    {"backend/rds/act", "backend/rds/trial"},
	"backend/run":    {"backend/rds/trial"},
}

func TestArrows(t *testing.T) {
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
	for _, r := range rooms {
		if !within(from, r.room) {
			continue
		}
		for _, f := range forbidden[r.room] {
			if within(to, f) {
				return false
			}
		}
		for _, m := range r.may {
			if within(to, m) {
				return true
			}
		}
		return within(to, r.room) && r.room != "model"
	}
	t.Errorf("%s has no room in the house", from)
	return false
}

func within(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }
