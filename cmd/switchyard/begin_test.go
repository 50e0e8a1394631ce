package main

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ran runs the program to its end.
func ran(t *testing.T, cmd *exec.Cmd) (code int, says string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestAJournalThatIsRememberedIsNotBegun empties, unmounts and removes the directory of a journal that this user has read.
func TestAJournalThatIsRememberedIsNotBegun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := os.ReadFile(calm.world(t).ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "journal")
	text := regexp.MustCompile(`(?m)^rehearsal: .*\n`).ReplaceAllString(string(b), "")
	text = regexp.MustCompile(`(?m)^(environment|journal): .*$`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "file: secrets/", "file: "+calm.world(t).Dir()+"/secrets/")
	text = strings.ReplaceAll(text, "file: inventory", "file: "+calm.world(t).Dir()+"/inventory")
	text = strings.ReplaceAll(text, " ca: ", " ca: "+calm.world(t).Dir()+"/")
	config := filepath.Join(dir, "switchyard.yaml")
	if err := os.WriteFile(config, []byte(text+"\nenvironment: here\njournal: {dir: "+at+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	home := "HOME=" + t.TempDir()
	journal := func(args ...string) (int, string) {
		t.Helper()
		cmd := program(t, append([]string{"journal", "--config", config}, args...)...)
		cmd.Env = append(cmd.Env, home)
		return ran(t, cmd)
	}
	if code, says := journal("--begin"); code != exitFine {
		t.Fatal(says)
	}
	if code, says := journal(); code != exitFine {
		t.Fatal(says)
	}
	kept := filepath.Join(dir, "kept")
	if err := os.Rename(at, kept); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gone", "empty"} {
		if name == "empty" { // a mount point without its mount
			if err := os.Mkdir(at, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		code, says := journal("--begin")
		if code != exitFinding || !strings.Contains(says, "this user remembers 1 of them") || !strings.Contains(says, "mounted") {
			t.Errorf("%s: it ended with %d: %s", name, code, says)
		}
		if left, err := os.ReadDir(at); name == "gone" && err == nil || len(left) > 0 {
			t.Errorf("%s: %v is there", name, left)
		}
		if code, says := journal(); code == exitFine || strings.Contains(says, "--begin") && name == "empty" {
			t.Errorf("%s: reading it ended with %d: %s", name, code, says)
		}
	}
	if err := errors.Join(os.Remove(at), os.Rename(kept, at)); err != nil {
		t.Fatal(err)
	}
	if code, says := journal("--verify"); code != exitFine {
		t.Errorf("brought back: %d: %s", code, says)
	}
}

// files are the contents of a directory's own files.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if b, err := os.ReadFile(path); err == nil {
			out[path] = string(b)
		}
	}
	return out
}

// TestADirectoryInUseIsNotServed starts a world where another one lives, where one has died, and where something else is.
func TestADirectoryInUseIsNotServed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "w")
	serve := func(seed string) *exec.Cmd {
		return program(t, "rehearse", "--chains", "2", "--serve", dir, "--seed", seed)
	}
	told := filepath.Join(t.TempDir(), "told")
	started := func(cmd *exec.Cmd) *exec.Cmd {
		t.Helper()
		f, err := os.Create(told)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if cmd.Stdout, cmd.Stderr = f, f; cmd.Start() != nil {
			t.Fatal("it does not start")
		}
		for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
			if b, _ := os.ReadFile(told); bytes.Contains(b, []byte("The world runs")) {
				return cmd
			}
			if time.Now().After(end) {
				b, _ := os.ReadFile(told)
				t.Fatalf("it does not serve: %s", b)
			}
		}
	}
	first := started(serve("1"))
	control := filepath.Join(dir, controlName)
	before := files(t, dir)
	if code, says := ran(t, serve("2")); code != exitFinding || !strings.Contains(says, "a rehearsal runs in "+dir) {
		t.Errorf("it ended with %d: %s", code, says)
	}
	if !maps.Equal(before, files(t, dir)) {
		t.Error("the living world's files were changed")
	}
	if _, err := askWorld(t.Context(), control, "list"); err != nil {
		t.Error(err)
	}
	_ = first.Process.Kill()
	_ = first.Wait()
	again := started(serve("2")) // what a dead world left is in nobody's way
	_ = again.Process.Signal(syscall.SIGTERM)
	if err := again.Wait(); err != nil {
		t.Error(err)
	}

	dir = t.TempDir()
	for name, text := range map[string]string{"switchyard.yaml": "environment: prod\n", "inventory.yaml": "chains: []\n", "data": "precious"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before = files(t, dir)
	if code, says := ran(t, serve("3")); code != exitFinding || !strings.Contains(says, "no rehearsal's") {
		t.Errorf("among other files it ended with %d: %s", code, says)
	}
	if !maps.Equal(before, files(t, dir)) {
		t.Error("files of somebody else were changed")
	}

	// Somebody's own configuration that began as a rehearsal's, in its directory or in another.
	for _, place := range []bool{false, true} {
		dir = t.TempDir()
		own := "# Written by switchyard rehearse; it holds as long as that runs.\nenvironment: prod\n"
		if !place {
			own = strings.Replace(own, "prod", "rehearsal", 1)
		} else if err := os.WriteFile(filepath.Join(dir, ".rehearsal"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "switchyard.yaml"), []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
		before = files(t, dir)
		if code, says := ran(
			t,
			serve("3"),
		); code != exitFinding || !strings.Contains(says, "no rehearsal's") ||
			!maps.Equal(before, files(t, dir)) {
			t.Errorf("a configuration that began as a rehearsal's: it ended with %d: %s", code, says)
		}
	}
}
