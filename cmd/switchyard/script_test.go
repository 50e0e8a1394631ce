package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/model"
)

// inTime are the scripts that look for trouble: a world whose time runs fast has some, its clocks are not this host's.
var inTime = []string{"look", "exit", "json"}

// TestVerbs runs the scripts of testdata/script, each on a stage of its own. Beside the commands of testscript they have
//
//	verb STATUS ARGS...	runs the program and wants its exit status (0|1: either); stdout and stderr look at what it printed
//	agrees ARGS...		runs the program and wants exit status 1 when an alert that it prints warns or fails, else 0: a world has bad days
//	configure LINE		adds a line to the world's configuration
//	fault NAME [TARGET]	breaks something in the world, and heal mends it
//	console LINE		says something to blue's Director, as a person would
//	jobs N			wants so many jobs of blue that plans started
func TestVerbs(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range scripts {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			speed := 300.0
			if slices.Contains(inTime, name) {
				speed = 1
			}
			s := newStage(t, speed, "")
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
					"agrees":    agrees,
					"configure": func(_ *testscript.TestScript, _ bool, args []string) { s.configure(strings.Join(args, " ") + "\n") },
					"fault": func(ts *testscript.TestScript, _ bool, args []string) {
						ts.Check(s.Fault(args[0], strings.Join(args[1:], " ")))
					},
					"heal": func(ts *testscript.TestScript, _ bool, args []string) {
						ts.Check(s.Heal(args[0], strings.Join(args[1:], " ")))
					},
					"console": func(_ *testscript.TestScript, _ bool, args []string) {
						say(t, s.World, model.Blue, strings.Join(args, " "))
					},
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
	if status := runVerb(ts, args[1:]); !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(status)) {
		ts.Fatalf("switchyard %s: status %d, want %s", strings.Join(args[1:], " "), status, args[0])
	}
}

var troubled = regexp.MustCompile(`(?m)^  (warn|FAIL) `)

func agrees(ts *testscript.TestScript, _ bool, args []string) {
	status, want := runVerb(ts, args), 0
	if troubled.MatchString(ts.ReadFile("stdout")) {
		want = 1
	}
	if status != want {
		ts.Fatalf("switchyard %s: status %d, want %d", strings.Join(args, " "), status, want)
	}
}

func runVerb(ts *testscript.TestScript, args []string) (status int) {
	self, err := os.Executable()
	ts.Check(err)
	if err := ts.Exec(self, args...); err != nil {
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		status = exit.ExitCode()
	}
	return status
}
