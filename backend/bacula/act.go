package bacula

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/backend/bacula/internal/lever"
	"switchyard/model"
)

// Act sends one command that changes something, in a session of its own and not before the Director has greeted: a command that
// waits in the pipe of a hung bconsole would be obeyed whenever its Director wakes up. Sent tells whether it may have arrived; when it is
// false, nothing was done. What was said is returned with an error, too. Only the packages below this one can make a line.
func (c Console) Act(ctx context.Context, line lever.Line) (said string, sent bool, err error) {
	if line.Text == "" || strings.ContainsAny(line.Text, "\r\n") || line.Text[0] == '@' || line.Text[0] == '.' {
		return "", false, fault(nil, "act on Director: not one command")
	}
	g := &gate{began: time.Now(), limit: c.limit()}
	if end, ok := ctx.Deadline(); ok { // the order's own limit: it must greet as soon as ever, and may then take as long
		c.greets, c.Timeout = g.limit, max(g.limit, time.Until(end))
	}
	said, err = c.session(ctx, line.Text+"\n", func(v *visit, text string) error {
		if err := v.endWithUs(); err != nil {
			return err
		}
		return g.pass(ctx, v.in, text)
	})
	if denied := wasDenied(said); denied != nil {
		return said, false, faultOf(c.who(), denied)
	}
	return said, g.sent, err
}

// gate lets a command through to a Director that has greeted, unless the time is over by then, also because the process or the machine
// slept.
type gate struct {
	began time.Time
	limit time.Duration
	sent  bool
}

func (g *gate) pass(ctx context.Context, to io.Writer, text string) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	// The monotonic clock stands still while a machine is suspended, the wall clock does not.
	if ctx.Err() != nil || time.Since(g.began) > g.limit || time.Now().Round(0).Sub(g.began.Round(0)) > g.limit {
		return fault(model.ErrTimeout, "it greeted when the time of %v was over: nothing was said", g.limit)
	}
	g.sent = true
	_, _ = io.WriteString(to, text) // what went wrong with it shows in what is answered
	return nil
}

// endWithUs ends bconsole when this process is killed: whoever resumes its work must not meet it. It is asked for when the Director has
// greeted, because a console must not be killed before; a shell waits for a word of ours that never comes then.
func (v *visit) endWithUs() error {
	sitter := exec.Command("/bin/sh", "-c", `read -r ended || kill -s KILL -- "-$1"`, "sh", strconv.Itoa(v.cmd.Process.Pid))
	sitter.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	word, err := sitter.StdinPipe()
	if err == nil {
		err = sitter.Start()
	}
	if err != nil {
		return fmt.Errorf("see to it that bconsole ends with this program: %w", err)
	}
	visits.Lock()
	defer visits.Unlock()
	v.release = func() {
		_, _ = io.WriteString(word, "ended\n")
		_ = word.Close()
		go func() { _ = sitter.Wait() }()
	}
	if !visits.all[v] {
		v.release()
	}
	return nil
}
