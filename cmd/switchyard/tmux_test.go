package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheSecondEye reads the screen as tmux does, another emulator than the one of all the other tests.
func TestTheSecondEye(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skipf("NOT TESTED: the screen as tmux reads it; %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := calm.world(t)
	socket := filepath.Join(t.TempDir(), "tmux")
	tmux := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("tmux", append([]string{"-f", "/dev/null", "-S", socket}, args...)...)
		cmd.Env = []string{"TERM=xterm-256color", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	line := fmt.Sprintf("env %s=1 LANG=C.UTF-8 '%s' watch --config '%s'", asProgram, self, w.ConfigPath())
	tmux("new-session", "-d", "-x", "120", "-y", "40", line)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", socket, "kill-server").Run() }) // it may have ended with its last window
	// A screen that tmux was asked for in the middle of a frame is none yet.
	until := func(cols, rows int, texts ...string) {
		t.Helper()
		var screen string
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			screen = tmux("capture-pane", "-p")
			lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
			if containsAll(screen, texts) && len(lines) == rows && brokenFrame(screen) == "" {
				return
			}
		}
		t.Fatalf("%q is not on tmux's screen of %dx%d: %s\n%s", texts, cols, rows, brokenFrame(screen), screen)
	}
	gone := func(text string) {
		t.Helper()
		for end := time.Now().Add(patience); strings.Contains(tmux("capture-pane", "-p"), text); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%q does not go", text)
			}
		}
	}
	until(120, 40, "REHEARSAL", "WATCHING", "1 BLUE", "2 GREEN", "3 ROUTES", "4 RDS", "enter open")
	tmux("send-keys", "?")
	until(120, 40, "HELP", "half a screen down")
	tmux("send-keys", "Escape")
	gone("HELP") // an escape and a key at once would be another key
	until(120, 40, "1 BLUE", "3 ROUTES")
	tmux("send-keys", "3", "/")
	tmux("send-keys", "-l", "chain007")
	until(120, 40, "chain007", "/chain007")
	tmux("send-keys", "Enter")
	for _, size := range [][2]int{{80, 24}, {200, 60}, {120, 40}} {
		tmux("resize-window", "-x", fmt.Sprint(size[0]), "-y", fmt.Sprint(size[1]))
		until(size[0], size[1], "1 BLUE", "2 GREEN", "3 ROUTES", "enter open")
	}
	tmux("send-keys", "s")
	until(120, 40, "this is a watch session: it has no lever to shift")
}
