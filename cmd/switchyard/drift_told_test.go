package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
)

// namedFile is the file of routed jobs that a world's configuration names first for green's active Director.
var namedFile = regexp.MustCompile(`(?m)^          file: "([^"]*/dir-new/[^"]*)"$`)

// TestAFileThatIsToldOfShows on the screen of a rehearsal, embedded or served: its files are reached by argument vectors alone, and a
// session follows what those who watch may run. M opens the plan that puts the file of the routes in its place.
func TestAFileThatIsToldOfShows(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"embedded", "served"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			var s *terminal
			var yaml string
			if of == "served" {
				w := ownWorld(t, rehearsal.Options{Scenario: "overlap", Chains: 4, Idle: true})
				if err := keepJournal(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				s, yaml = attach(t, w, 120, 40), w.ConfigPath()
				t.Cleanup(func() { noChildren(t, w) })
			} else {
				dir := t.TempDir()
				cmd := program(t, "rehearse", "--chains", "4", "--scenario", "overlap")
				cmd.Env = append(cmd.Env, "TMPDIR="+dir, "XDG_STATE_HOME="+dir+"/state", "XDG_CACHE_HOME="+dir+"/cache")
				s = sit(t, 120, 40, cmd)
				s.see("REHEARSAL", "chain0")
				all, _ := filepath.Glob(dir + "/switchyard-rehearsal-*/switchyard.yaml")
				if len(all) != 1 {
					t.Fatal(all)
				}
				yaml = all[0]
			}
			text, err := os.ReadFile(yaml)
			if err != nil {
				t.Fatal(err)
			}
			named := namedFile.FindSubmatch(text)
			if named == nil {
				t.Fatalf("no file of dir-new in\n%s", text)
			}
			path := string(named[1])
			s.see("1 BLUE", "live", "16 cells")
			s.press(":", "sources", "enter")
			s.see("green file of dir-new ", "over and over")
			s.until("what is loaded to be known", func(screen string) bool {
				for line := range strings.Lines(screen) {
					if strings.Contains(line, "green director dir-new ") {
						return strings.Contains(line, "has not changed since")
					}
				}
				return false
			})
			s.press("esc")
			was, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, append([]byte("# tried by hand\n"), was...), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			began := model.Now()
			s.see("dir-new's file is not loaded. M pushes the routes again")
			if took := model.Now().Sub(began); took > 5*time.Second {
				t.Errorf("it was on the screen after %v", took)
			} else {
				t.Logf("it was on the screen after %v", took)
			}
			s.press("M")
			s.see("push the routes to green where it differs", "has a file that it has not loaded: it was changed since it was loaded")
			s.press("esc")
			if err := os.WriteFile(path, was, 0o600); err != nil {
				t.Fatal(err)
			}
			s.gone("has a file that it has not loaded")
			s.press("q")
			s.ended()
		})
	}
}
