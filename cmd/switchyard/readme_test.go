package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readmePart is what stands in the README between two marks.
func readmePart(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begun := strings.Cut(string(text), "<!-- "+name+" -->\n")
	part, _, ended := strings.Cut(rest, "<!-- end of "+name+" -->")
	if !begun || !ended {
		t.Fatalf("the README has no part %q", name)
	}
	return part
}

var inCode = regexp.MustCompile("`([^`]+)`")

// coded are the pieces of code of a text.
func coded(text string) (out []string) {
	for _, m := range inCode.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestTheReadmesFirstTenMinutes presses what the README says on the program, and sees what it says is seen.
func TestTheReadmesFirstTenMinutes(t *testing.T) {
	t.Parallel()
	var s *terminal
	for row := range strings.Lines(readmePart(t, "first ten minutes")) {
		cells := strings.Split(row, "|")
		if len(cells) != 5 {
			t.Fatalf("a row of %d cells: %s", len(cells), row)
		}
		keys, sees := coded(cells[1]), coded(cells[2])
		if s == nil {
			if len(keys) == 1 && keys[0] == "make rehearse" {
				cmd := program(t, "rehearse")
				cmd.Env = append(cmd.Env, asProgram+"=1")
				s = sit(t, 120, 40, cmd)
				s.see(sees...)
			}
			continue
		}
		if strings.Contains(s.screen(), "to approve") {
			s.takesKeys("enter")
		}
		for _, k := range keys { // as a person does: the next key when the last was seen to do something
			before := s.screen()
			if k == "enter" && strings.Contains(before, "to approve") {
				s.see("> approve")
				s.enters()
				continue
			}
			s.press(k)
			if k == "q" {
				continue // the program ends, which is waited for below
			}
			s.until("something after "+k, func(screen string) bool { return screen != before })
		}
		if len(sees) > 0 {
			s.see(sees...)
		}
	}
	if s == nil {
		t.Fatal("the README does not begin with make rehearse")
	}
	if code := s.ended(); code != exitFine {
		t.Errorf("it ended with %d", code)
	}
}

// TestTheReadmesSecondTerminal runs its commands one after the other, in a directory of the test's own.
func TestTheReadmesSecondTerminal(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "world")
	var served *exec.Cmd
	for line := range strings.Lines(readmePart(t, "a second terminal")) {
		line = strings.ReplaceAll(strings.TrimSpace(line), "/tmp/switchyard-world", dir)
		args, isVerb := strings.CutPrefix(line, "./switchyard ")
		if !isVerb {
			t.Fatalf("%q runs nothing of ours", line)
		}
		args, behind := strings.CutSuffix(args, " &")
		cmd := program(t, strings.Fields(args)...)
		switch {
		case behind:
			served = cmd
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			(&crew{t: t}).until("the world is there", func() bool { _, err := os.Stat(filepath.Join(dir, controlName)); return err == nil })
		case strings.HasPrefix(args, "watch"):
			s := sit(t, 120, 40, cmd)
			s.see("WATCHING", "REHEARSAL overlap", "1,000 cells", "replication is broken")
			s.press("q")
			s.ended()
		default:
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == exitCannot || len(out) == 0 {
				t.Fatalf("%s: %v\n%s", args, err, out)
			}
			t.Logf("%s: status %d", args, cmd.ProcessState.ExitCode())
		}
	}
	if served == nil {
		t.Fatal("no world is served")
	}
	if err := served.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := served.Wait(); err != nil {
		t.Error(err)
	}
}
