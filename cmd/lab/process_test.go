package main

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	for _, c := range []struct{ state, threads, want string }{{"S", "9", "S"}, {"Z", "9", "R"}, {"Z", "1", "Z"}} {
		line := "4469 (maria) db) (x) " + c.state + " 1 4469 4469 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 " + c.threads + " 0 123456 9 9"
		state, start, ok := parseStat(line)
		if state != c.want || start != "123456" || !ok {
			t.Errorf("read %q %q %v, want the state %s", state, start, ok, c.want)
		}
	}
	for _, cut := range []string{"", "4469 (cut", "4469 (cut) S 1"} {
		if _, _, ok := parseStat(cut); ok {
			t.Errorf("%q was taken for a process", cut)
		}
	}
}

// sleeper is a lab with one process that nobody waits for, so that it becomes a zombie when it ends.
func sleeper(t *testing.T) (*lab, *exec.Cmd, identity) {
	t.Helper()
	l := &lab{dir: t.TempDir()}
	if err := os.Mkdir(l.path("run"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	id, ok := look(cmd.Process.Pid)
	if !ok {
		t.Fatal("a living process was not seen")
	}
	return l, cmd, id
}

func TestStopEndsItsOwn(t *testing.T) {
	l, _, id := sleeper(t)
	if _, err := write(l.pidFile("it"), id.String(), 0o644, me); err != nil {
		t.Fatal(err)
	}
	if err := l.signal("it", syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := l.stop(t.Context(), process{name: "it", grace: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if _, alive := look(id.pid); alive {
		t.Error("it still lives")
	}
	if err := l.signal("it", syscall.SIGCONT); err == nil {
		t.Error("a signal to what has ended was no error")
	}
}

func TestStopSparesAnother(t *testing.T) {
	l, _, id := sleeper(t)
	older := id
	older.start += "0"
	if _, err := write(l.pidFile("it"), older.String(), 0o644, me); err != nil {
		t.Fatal(err)
	}
	if err := l.stop(t.Context(), process{name: "it", grace: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if _, alive := look(id.pid); !alive {
		t.Error("a process that took over the id of an ended one was killed")
	}
}
