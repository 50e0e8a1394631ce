package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
)

// restored fails the test when the terminal is not as it was before the program: the screen of before, a cursor, and lines that are edited.
func (s *terminal) restored() {
	s.Helper()
	s.mu.Lock()
	var tape strings.Builder
	for _, r := range s.tape {
		tape.Write(r.bytes)
	}
	s.mu.Unlock()
	for _, want := range []string{"\x1b[?1049l", "\x1b[?25h"} {
		on, off := strings.LastIndex(
			tape.String(),
			strings.NewReplacer("49l", "49h", "25h", "25l").Replace(want),
		), strings.LastIndex(
			tape.String(),
			want,
		)
		if off < on {
			s.Errorf("the last words do not hold %q", want)
		}
	}
	if s.after == nil || s.after.Termios != s.before.Termios {
		s.Errorf("the terminal's modes are %+v and were %+v", s.after, s.before)
	}
}

// children are the processes whose arguments or program lie in a directory: a world's consoles.
func children(t testing.TB, dir string) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		b, err := os.ReadFile(l)
		if err == nil && strings.HasPrefix(string(b), filepath.Join(dir, "bin")) { // it may have ended meanwhile
			out = append(out, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return out
}

// tellers are the processes that tell of a world's files.
func tellers(t testing.TB, dir string) (out []string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if b, err := os.ReadFile(l); err == nil && strings.Contains(string(b), "\x00"+filepath.Join(dir, "bin", "sums")+"\x00") {
			out = append(out, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return out
}

func TestLeaving(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{})
	if err := w.Fault("director-hung", "green"); err != nil { // its console is waiting whenever somebody leaves
		t.Fatal(err)
	}
	signal := func(sig syscall.Signal) func(*terminal) {
		return func(s *terminal) {
			if err := s.cmd.Process.Signal(sig); err != nil {
				s.Fatal(err)
			}
		}
	}
	for name, leave := range map[string]func(*terminal){
		"q":       func(s *terminal) { s.press("q") },
		":quit":   func(s *terminal) { s.press(":", "quit", "enter") },
		"ctrl+c":  func(s *terminal) { s.press("ctrl+c"); s.see("again"); s.press("ctrl+c") },
		"a page":  func(s *terminal) { s.press("?"); s.see("HELP"); s.press("q"); s.gone("HELP"); s.press("q") },
		"SIGTERM": signal(syscall.SIGTERM),
		"SIGINT":  signal(syscall.SIGINT),
		"SIGHUP":  signal(syscall.SIGHUP),
	} {
		s := attach(t, w, 80, 24, "watch")
		s.see("REHEARSAL", "chain0")
		leave(s)
		if code := s.ended(); code != exitFine {
			t.Errorf("%s: it ended with %d:\n%s", name, code, s.screen())
		}
		s.restored()
	}
	noChildren(t, w)
}

func noChildren(t *testing.T, w *rehearsal.World) {
	t.Helper()
	var left []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if left = append(children(t, w.Dir()), tellers(t, w.Dir())...); len(left) == 0 {
			return
		}
	}
	t.Errorf("processes are left: %q", left)
}

// TestTheLineDrops closes the terminal under the program, as ssh does.
func TestTheLineDrops(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := program(t, "rehearse", "--chains", "2")
	cmd.Env = append(cmd.Env, "TMPDIR="+dir)
	s := sit(t, 80, 24, cmd)
	s.see("REHEARSAL", "chain0")
	if err := s.tty.Close(); err != nil {
		t.Fatal(err)
	}
	s.ended()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("the world left %v behind, %v", left, err)
	}
}

func TestSuspending(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell to go back to")
	}
	w := calm.world(t)
	link := filepath.Join(t.TempDir(), "switchyard")
	p := program(t)
	if err := os.Symlink(p.Path, link); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), sh, "-i")
	shell.Env = append(p.Env, "PS1=ready> ")
	s := sit(t, 100, 30, shell)
	s.see("ready>")
	s.press(link+" watch --config "+w.ConfigPath(), "enter")
	s.live()
	s.press("ctrl+z")
	s.see("ready>")
	s.press("echo in the $((40+2))nd shell", "enter")
	s.see("in the 42nd shell")
	s.press("fg", "enter")
	s.live()
	s.press("?")
	s.see("HELP")
	s.press("q", "q")
	s.see("ready>")
	s.press("exit", "enter")
	s.ended()
}
