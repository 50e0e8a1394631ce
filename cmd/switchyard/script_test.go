package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestVerbs runs the scripts of testdata/script, each on a stage of its own. Beside the commands of testscript they have
//
//	verb STATUS ARGS...	runs the program and wants its exit status; stdout and stderr look at what it printed
//	configure LINE		adds a line to the world's configuration
//	jobs N			wants so many jobs of blue that plans started
func TestVerbs(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 300, "")
			testscript.Run(t, testscript.Params{
				Files:               []string{file},
				RequireExplicitExec: true,
				Setup: func(e *testscript.Env) error {
					e.Vars = append(e.Vars, s.env...)
					e.Vars = append(e.Vars, "OPERATOR="+operator(), "WORLD="+s.Dir(), "GORACE=atexit_sleep_ms=0")
					return nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"verb":      verb,
					"configure": func(_ *testscript.TestScript, _ bool, args []string) { s.configure(strings.Join(args, " ") + "\n") },
					"jobs": func(ts *testscript.TestScript, _ bool, args []string) {
						n, err := strconv.Atoi(args[0])
						ts.Check(err)
						s.jobs(n)
					},
				},
			})
		})
	}
}

// verb runs the test binary as the program.
func verb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: verb STATUS ARGS...")
	}
	self, err := os.Executable()
	ts.Check(err)
	status := 0
	if err := ts.Exec(self, args[1:]...); err != nil {
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		status = exit.ExitCode()
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(status)) { // a world's history may hold what needs somebody, by the hour
		ts.Fatalf("switchyard %s: status %d, want %s", strings.Join(args[1:], " "), status, args[0])
	}
}
