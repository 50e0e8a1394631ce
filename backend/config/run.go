package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"switchyard/model"
)

// A command that says more than this on standard error keeps its end.
const maxComplaint = 1000

var errTooMuch = errors.New("it prints too much")

// output runs an argument vector in dir and gives what it prints, at most limit bytes. The error tells the end of what it
// says on standard error when aloud is true. When the time is over, it and its children are killed. It has no terminal: what it would ask
// somebody there would stand in the middle of a screen, and take the keys that are meant for it.
func output(ctx context.Context, argv []string, dir string, limit int, timeout time.Duration, aloud bool) ([]byte, error) {
	return answer(ctx, nil, argv, dir, limit, timeout, aloud)
}

// answer is output of a command that is told something.
func answer(
	ctx context.Context, told io.Reader, argv []string, dir string, limit int, timeout time.Duration, aloud bool,
) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	name := argv[0]
	if strings.Contains(name, "/") && !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	cmd := exec.CommandContext(ctx, name, argv[1:]...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // a grandchild may keep the pipes open
	out := &bounded{limit: limit, full: cancel}
	complaint := &tail{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = told, out, complaint
	err := cmd.Run()
	shown := model.Clean(argv[0])
	switch {
	case out.over:
		return nil, fmt.Errorf("running %s: %w: more than %d bytes", shown, errTooMuch, limit)
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("running %s: %w: killed after %s", shown, model.ErrTimeout, timeout)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("running %s: %w", shown, ctx.Err())
	case err != nil && !aloud:
		return nil, fmt.Errorf("running %s: %w; run it by hand to see what it says", shown, err)
	case err != nil && complaint.text() != "":
		return nil, fmt.Errorf("running %s: %w: %s", shown, err, complaint.text())
	case err != nil:
		return nil, fmt.Errorf("running %s: %w", shown, err)
	}
	return out.kept.Bytes(), nil
}

// bounded keeps what is written and calls full once it is too much.
type bounded struct {
	kept  bytes.Buffer
	limit int
	over  bool
	full  func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > b.limit {
		b.over = true
		b.full()
		return 0, errTooMuch
	}
	return b.kept.Write(p)
}

// tail keeps the end of what is written.
type tail struct{ last []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.last = append(t.last, p...)
	if extra := len(t.last) - maxComplaint; extra > 0 {
		t.last = append(t.last[:0], t.last[extra:]...)
	}
	return len(p), nil
}

func (t *tail) text() string { return model.Clean(strings.TrimSpace(string(t.last))) }
