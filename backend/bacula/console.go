package bacula

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"switchyard/model"
)

// Console speaks to one Director through the cluster's own bconsole, one process per session.
type Console struct {
	// as configured: one that greets by another name is asked for nothing that changes anything, and not believed; empty: whoever answers
	Name    string
	Argv    []string      // the command, never a shell line; may start with ssh
	Address string        // the Director's host:port, dialled when it does not greet; empty: not dialled, as behind ssh
	Timeout time.Duration // of one session; 5 s when zero
	Env     []string      // added to the few variables that are passed on
	Mute    *atomic.Bool  // set while it takes connections and has not greeted, for who tells of a question that is out; may be nil

	greets   time.Duration // within which it must greet; all of Timeout when zero
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
	said, err := c.heard(ctx, commands...)
	if err != nil {
		return "", err
	}
	return said, nil
}

// heard is ask, with what was said until an error, too.
func (c Console) heard(ctx context.Context, commands ...Command) (string, error) {
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
	return c.session(ctx, strings.Join(lines, "\n")+"\n", (*visit).say)
}

func (c Console) limit() time.Duration { return cmp.Or(max(c.Timeout, 0), sessionLimit) }

// session starts bconsole and lets tell say that input when the Director has greeted, not before: whoever gives up until then leaves
// without a word. What was said after the greeting is returned with an error, too, as far as it came.
func (c Console) session(ctx context.Context, input string, tell func(*visit, string) error) (string, error) {
	who, limit := c.who(), c.limit()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if len(c.Argv) == 0 {
		return "", fault(nil, "%s: no bconsole command is configured", who)
	}
	if err := c.turn(ctx); err != nil {
		return "", stopped(ctx, who, "", limit)
	}
	v, err := c.visit()
	if err != nil {
		return "", fault(nil, "%s: start bconsole: %v", who, err)
	}
	meeting, met := context.WithTimeout(ctx, cmp.Or(c.greets, limit))
	defer met()
	if err := c.meet(meeting, v); err != nil {
		v.leave()
		if meeting.Err() != nil {
			return "", stopped(meeting, who, "", cmp.Or(c.greets, limit))
		}
		return "", faultOf(who, err)
	}
	if v.hasGreeted() {
		if c.stranger(v.out.hello) == nil {
			err = tell(v, input+farewell)
		}
		v.close()
		v.part(ctx)
	}
	said := v.out.said()
	_, after, found := greeting(said)
	if err := c.stranger(said); err != nil {
		return "", err
	}
	after = withoutFarewell(after)
	switch {
	case v.out.over:
		return after, fault(model.ErrAnswer, "%s: bconsole printed more than %d MB", who, maxOutput>>20)
	case err != nil && !errors.Is(err, context.Canceled):
		return after, faultOf(who, err)
	case err != nil, v.killed:
		return after, stopped(ctx, who, said, limit)
	case !found:
		return "", refusal(who, said, v.err)
	}
	return after, nil
}

// meet waits until the Director has greeted, or bconsole has ended without. A Director that does not greet is dialled.
func (c Console) meet(ctx context.Context, v *visit) error {
	late := time.NewTimer(cmp.Or(c.patience, min(greetsWithin, cmp.Or(c.greets, c.limit())/2)))
	defer late.Stop()
	met := make(chan error, 1)
	defer c.mute(false)
	for {
		select {
		case <-v.greeted:
			return nil
		case <-v.ended:
			return nil
		case <-v.out.full:
			v.kill() // no Director says so much before it greets
			<-v.ended
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			go func() { met <- c.dial(ctx) }()
		case err := <-met:
			if err != nil && ctx.Err() == nil {
				v.refused.Store(true)
				return err
			}
			c.mute(err == nil && c.Address != "")
		}
	}
}

func (c Console) mute(is bool) {
	if c.Mute != nil {
		c.Mute.Store(is)
	}
}

// who names the Director in errors.
func (c Console) who() string {
	return strings.TrimSpace("director " + model.Clean(cmp.Or(c.Address, c.Name)))
}

// dial tells a Director that is gone from one that is slow to greet. It is no first question: a Director takes each connection that says
// nothing for an attack, notes a security alert for it, and holds one of its 20 places for consoles for 5 s.
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

// farewellEcho is what a session ends with when the console took its leave.
var farewellEcho = model.Pattern(`(^|\n)\.\r?\n(?:You have messages\.\r?\n)?(?:quit\r?\n)?$`)

// withoutFarewell looks at the end alone: an answer may be megabytes, and is searched for it every few seconds.
func withoutFarewell(said string) string {
	const longest = 64
	end := max(0, len(said)-longest)
	if at := farewellEcho().FindStringSubmatchIndex(said[end:]); at != nil {
		return said[:end+at[3]]
	}
	return said
}

// stranger tells that a Director greeted by another name than the one it is configured by: consoles may be crossed. Of several greetings
// each counts, since what stands in front of a console may print what it likes.
func (c Console) stranger(said string) error {
	if c.Name == "" {
		return nil
	}
	const hello = "1000 OK"
	for from := 0; ; { // what was said may be megabytes: its lines are not looked at one by one
		at := strings.Index(said[from:], hello)
		if at < 0 {
			return nil
		}
		at += from
		from = at + len(hello)
		line := said[at:]
		if end := strings.IndexByte(line, '\n'); end >= 0 {
			line = line[:end+1]
		}
		if at > 0 && said[at-1] != '\n' || !greetingLine().MatchString(line) {
			continue
		}
		m := greetingName().FindStringSubmatch(line)
		switch {
		case m == nil:
			return fault(model.ErrIdentity, "%s: it greets without the name %s: %s", c.who(), model.Clean(c.Name), firstWords(line))
		case m[1] != c.Name:
			return fault(model.ErrIdentity, "%s: the Director that answers is %q, not %q: see the console vector and its configuration",
				c.who(), model.Clean(m[1]), c.Name)
		}
	}
}

// greetingName is the Director's own name in its greeting, "1000 OK: 103 dir-old Version: 9.6.7 (10 December 2020)".
var greetingName = model.Pattern(`^1000 OK:? (?:\d+ )?(.+) Version: `)

var greetingLine = model.Pattern(`(?m)^1000 OK:? [^\r\n]*\r?\n`)

// greeting splits a session at the Director's "1000 OK".
func greeting(said string) (line, after string, found bool) {
	at := greetingLine().FindStringIndex(said)
	if at == nil {
		return "", "", false
	}
	return said[at[0]:at[1]], said[at[1]:], true
}

// stopped says how far a session came that was given up.
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
