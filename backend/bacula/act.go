package bacula

import (
	"context"
	"io"
	"strings"
	"time"

	"switchyard/backend/bacula/internal/lever"
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
		c.Timeout = max(g.limit, time.Until(end))
	}
	said, err = c.session(ctx, line.Text+"\n", g)
	if denied := wasDenied(said); denied != nil {
		return said, false, faultOf(c.who(), denied)
	}
	return said, g.sent, err
}

// gate lets a command through to a Director that has greeted, unless the time is over by then, also because the process or the machine slept.
type gate struct {
	began time.Time
	limit time.Duration
	sent  bool
}

func (g *gate) pass(ctx context.Context, to io.WriteCloser, text string) {
	defer to.Close()
	// The monotonic clock stands still while a machine is suspended, the wall clock does not.
	if ctx.Err() != nil || time.Since(g.began) > g.limit || time.Now().Round(0).Sub(g.began.Round(0)) > g.limit {
		return
	}
	g.sent = true
	_, _ = io.WriteString(to, text) // what went wrong with it shows in what is answered
}
