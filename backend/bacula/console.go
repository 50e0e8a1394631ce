package bacula

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"switchyard/model"
)

// Console speaks to one Director through the cluster's own bconsole, one process per session.
type Console struct {
	Name    string        // the Director's, for errors where there is no address
	Argv    []string      // the command, never a shell line; may start with ssh
	Address string        // the Director's host:port, dialled when it does not greet; empty: not dialled, as behind ssh
	Timeout time.Duration // of one session; 5 s when zero
	Env     []string      // added to the few variables that are passed on

	patience time.Duration // before it is dialled; 1 s, but at most half of Timeout, when zero
}

const (
	greetsWithin = time.Second // bconsole itself takes 15 s to give up on a refused connection
	dialTimeout  = time.Second
	maxOutput    = 16 << 20
	sessionLimit = 5 * time.Second
)

// passed are the variables that bconsole and ssh may need; LC_ALL=C keeps the words of errors as they are known.
var passed = []string{"PATH", "HOME", "USER", "LOGNAME", "TZ", "SSH_AUTH_SOCK"}

// ask sends commands in one session and returns what was said after the greeting.
func (c Console) ask(ctx context.Context, commands ...Command) (string, error) {
	lines := make([]string, len(commands))
	for i, cmd := range commands {
		if cmd.text == "" || strings.ContainsAny(cmd.text, "\r\n") {
			return "", fault(nil, "ask Director: not a command of the list")
		}
		lines[i] = cmd.text
	}
	return c.speak(ctx, lines...)
}

// speak runs one session. Exit status says nothing (it is 0 whatever happened): a session counts when the Director greeted, and
// the caller recognises each answer.
func (c Console) speak(ctx context.Context, lines ...string) (string, error) {
	said, err := c.session(ctx, strings.Join(lines, "\n")+"\n", nil)
	if err != nil {
		return "", err
	}
	return said, nil
}

func (c Console) limit() time.Duration { return cmp.Or(max(c.Timeout, 0), sessionLimit) }

// session starts bconsole with that input, which waits for the greeting when there is a gate. What was said after the greeting is
// returned with an error, too, as far as it came.
func (c Console) session(ctx context.Context, input string, g *gate) (string, error) {
	who, limit := c.who(), c.limit()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if len(c.Argv) == 0 {
		return "", fault(nil, "%s: no bconsole command is configured", who)
	}
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Env = append(environment(), c.Env...)
	// A group of its own: ssh and bconsole die together, and the terminal's signals do not reach them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	met := make(chan error, 2)
	late := time.AfterFunc(cmp.Or(c.patience, min(greetsWithin, limit/2)), func() {
		if err := c.dial(ctx); err != nil && ctx.Err() == nil {
			met <- err
			cancel()
		}
	})
	defer late.Stop()
	out := &bounded{stop: cancel, greeted: func() { late.Stop() }}
	cmd.Stdout, cmd.Stderr = out, out
	if g == nil {
		cmd.Stdin = strings.NewReader(input)
	} else {
		stdin, err := cmd.StdinPipe()
		if err != nil {
			return "", faultOf(who, err)
		}
		mute := time.AfterFunc(g.limit, func() { met <- fault(errNoGreeting, "no answer in %v: it does not greet", g.limit); cancel() })
		defer mute.Stop()
		out.greeted = func() { late.Stop(); mute.Stop(); g.pass(ctx, stdin, input) }
		dieWithParent(cmd.SysProcAttr)
		runtime.LockOSThread() // it dies with this thread.
		defer runtime.UnlockOSThread()
	}
	err := cmd.Run()
	said := out.buf.String()
	_, after, found := greeting(said)
	select {
	case err := <-met:
		return "", faultOf(who, err)
	default:
	}
	switch {
	case out.full:
		return after, fault(model.ErrAnswer, "%s: bconsole printed more than %d MB", who, maxOutput>>20)
	case cmd.Process == nil:
		return "", fault(nil, "%s: start bconsole: %v", who, err)
	case context.Cause(ctx) != nil:
		return after, stopped(ctx, who, said, limit)
	case !found:
		return "", refusal(who, said, err)
	}
	return after, nil
}

// who names the Director in errors.
func (c Console) who() string {
	return strings.TrimSpace("director " + model.Clean(cmp.Or(c.Address, c.Name)))
}

// dial tells a Director that is gone from one that is slow to greet. It is no first question: a Director takes each connection that says nothing for an
// attack, notes a security alert for it, and holds one of its 20 places for consoles for 5 s.
func (c Console) dial(ctx context.Context) error {
	if c.Address == "" {
		return nil
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func environment() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range passed {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

var greetingLine = regexp.MustCompile(`(?m)^1000 OK:? [^\r\n]*\r?\n`)

// greeting splits a session at the Director's "1000 OK".
func greeting(said string) (line, after string, found bool) {
	at := greetingLine.FindStringIndex(said)
	if at == nil {
		return "", "", false
	}
	return said[at[0]:at[1]], said[at[1]:], true
}

// stopped says how far a session came that had to be killed.
func stopped(ctx context.Context, who, said string, limit time.Duration) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%s: %w", who, context.Canceled)
	}
	if _, _, greeted := greeting(said); greeted {
		return fault(model.ErrTimeout, "%s: no answer in %v: it greeted, then did not answer", who, limit)
	}
	return fault(errNoGreeting, "%s: no answer in %v: it does not greet", who, limit)
}

// errNoGreeting is the timeout of the Director itself, whoever else was to be asked.
var errNoGreeting = fmt.Errorf("no greeting: %w", model.ErrTimeout)

// refusal says what was printed instead of a greeting.
func refusal(who, said string, err error) error {
	switch {
	case strings.Contains(said, "Director authorization problem"):
		return fault(model.ErrRefused, "%s: Director authorization problem: Console name, password or TLS do not agree", who)
	case strings.Contains(said, "TLS") && strings.Contains(said, "fail"):
		return fault(model.ErrUntrusted, "%s: %s", who, firstWords(said))
	}
	words := firstWords(said)
	switch {
	case words == "" && strings.Contains(said, "Connecting to Director"):
		return fault(model.ErrUnreachable, "%s: bconsole could not connect to it", who)
	case words == "":
		words = fmt.Sprintf("nothing (%v)", err)
	}
	return fault(model.ErrAnswer, "%s: bconsole did not connect, it printed: %s", who, words)
}

// firstWords is the start of what was printed, as one line.
func firstWords(said string) string {
	var out []string
	for line := range strings.SplitSeq(said, "\n") {
		if line = model.Clean(line); line != "" && !strings.HasPrefix(line, "Connecting to Director") {
			out = append(out, line)
		}
	}
	words := strings.Join(out, " / ")
	if r := []rune(words); len(r) > 300 {
		words = string(r[:300]) + "..."
	}
	return words
}

// bounded keeps the first maxOutput bytes and then ends the session.
type bounded struct {
	buf     bytes.Buffer // not embedded: its ReadFrom would take everything
	stop    context.CancelFunc
	full    bool
	greeted func() // called once, when the greeting is there
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > maxOutput {
		b.full = true
		b.stop()
		return len(p), nil
	}
	n, err := b.buf.Write(p)
	if b.greeted != nil && bytes.Contains(b.buf.Bytes(), []byte("1000 OK")) && greetingLine.Match(b.buf.Bytes()) {
		b.greeted()
		b.greeted = nil
	}
	return n, err
}
