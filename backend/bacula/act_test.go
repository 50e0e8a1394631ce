package bacula

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/internal/lever"
	"switchyard/model"
)

func TestActSaysOneCommandAfterTheGreeting(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(
		filepath.Join(dir, "run job=x yes"),
		[]byte("Using Catalog \"MainCatalog\"\nJob queued. JobId=7\n"),
		0o600,
	); err != nil {
		t.Fatal(err)
	}
	c := fake(t, "each", dir)
	said, sent, err := c.Act(t.Context(), lever.Line{Text: "run job=x yes"})
	if err != nil || !sent ||
		said != "Enter a period to cancel a command.\nrun job=x yes\nUsing Catalog \"MainCatalog\"\nJob queued. JobId=7\n" {
		t.Errorf("%q, %v, %v", said, sent, err)
	}
	for _, bad := range []string{"", "run\nyes", "run\ryes", "@exec x", ".sql"} {
		if _, sent, err := c.Act(t.Context(), lever.Line{Text: bad}); err == nil || sent {
			t.Errorf("%q was said", bad)
		}
	}
	if asked := must(os.ReadFile(filepath.Join(dir, "asked"))); asked != "-- session\nrun job=x yes\n.\nquit\n" {
		t.Errorf("the Director was told %q", asked)
	}
}

func TestActSaysNothingToADirectorThatDoesNotGreet(t *testing.T) {
	file := filepath.Join(t.TempDir(), "said")
	if err := os.WriteFile(file, []byte("Connecting to Director d:9101\nDirector authorization problem.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, sent, err := fake(t, "answers", file).Act(t.Context(), lever.Line{Text: "run job=x yes"})
	wants(t, err, model.ErrRefused)
	if sent {
		t.Error("it was sent")
	}
	for part, want := range map[string]bool{"hangs": false, "greets": true} {
		c := fake(t, part, filepath.Join(t.TempDir(), "pid"))
		c.Timeout = 3 * time.Second
		_, sent, err := c.Act(t.Context(), lever.Line{Text: "run job=x yes"})
		wants(t, err, model.ErrTimeout)
		if sent != want {
			t.Errorf("%s: sent %v", part, sent)
		}
	}
}

// TestASleeperSaysNothing is a process that was stopped between the greeting and its command.
func TestASleeperSaysNothing(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		ago  time.Duration
		says string
	}{{t.Context(), 0, "run\n"}, {t.Context(), 3 * time.Second, ""}, {over, 0, ""}} {
		g, to := &gate{began: time.Now().Add(-c.ago), limit: 2 * time.Second}, &strings.Builder{}
		err := g.pass(c.ctx, to, "run\n")
		if to.String() != c.says || g.sent != (c.says != "") || g.sent != (err == nil) {
			t.Errorf("%v ago: %q, %+v, %v", c.ago, to, g, err)
		}
	}
}

func TestBconsoleDiesWithItsRunner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	c := fake(t, "acts", file)
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	var pid int
	for limit := time.Now().Add(20 * time.Second); pid == 0; {
		b, _ := os.ReadFile(file)
		pid, _ = strconv.Atoi(string(b))
		if time.Now().After(limit) {
			t.Fatal("it never spoke")
		}
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for limit := time.Now().Add(20 * time.Second); !dead(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("bconsole %d outlives its runner", pid)
		}
	}
}
