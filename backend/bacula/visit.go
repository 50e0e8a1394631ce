package bacula

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// visit is one bconsole from its start to its end. A thread of Bacula 15.0.3 whose console vanishes before it has greeted spins until the
// Director is restarted, so nothing here kills a console in its handshake: one that is given up by then gets the end of its input, and
// leaves when it is greeted, also when this program has ended. Only what hangs after that is killed.
type visit struct {
	key     string // of the Director, by the command that reaches it
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bounded
	began   time.Time
	greeted chan struct{} // closed when the Director has greeted
	ended   chan struct{} // closed when the process has ended; what follows is valid then
	err     error
	killed  bool
	left    atomic.Bool // it was given up before it was greeted
	refused atomic.Bool // nobody listens: it is in no handshake, but between its tries
	release func()      // of who ends it with this process; may be nil
}

var farewell = strings.Join(Farewell, "\n") + "\n"

// grace is how long a console that has been greeted may take to leave.
const grace = 500 * time.Millisecond

// Consoles in a handshake that takes longer than anybody waits are not killed, so their number is bounded.
const (
	mostSilent  = 4
	silentApart = 10 * time.Second // between the starts of two of them
)

// visits are the consoles of this program that have not ended.
var visits = struct {
	sync.Mutex
	all     map[*visit]bool
	changed chan struct{} // closed and replaced when one has ended
}{all: map[*visit]bool{}, changed: make(chan struct{})}

// visit starts bconsole.
func (c Console) visit() (*visit, error) {
	v := &visit{
		key:     c.key(),
		cmd:     exec.Command(c.Argv[0], c.Argv[1:]...),
		began:   time.Now(),
		greeted: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	v.out = &bounded{buf: spareBuffer(), full: make(chan struct{}), greeted: func() { close(v.greeted) }}
	v.cmd.Env = append(environment(), c.Env...)
	// A session of its own: ssh and bconsole die together, the terminal's signals do not reach them, and ssh has no terminal to ask a person
	// on.
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	v.cmd.WaitDelay = time.Second
	v.cmd.Stdout, v.cmd.Stderr = v.out, v.out
	var err error
	if v.in, err = v.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	visits.Lock()
	defer visits.Unlock()
	if err := v.cmd.Start(); err != nil {
		return nil, err
	}
	visits.all[v] = true
	go v.await()
	return v, nil
}

func (c Console) key() string { return strings.Join(c.Argv, "\x00") }

// await notes the end.
func (v *visit) await() {
	err := v.cmd.Wait()
	visits.Lock()
	defer visits.Unlock()
	v.err = err
	if v.release != nil {
		v.release()
	}
	delete(visits.all, v)
	close(visits.changed)
	visits.changed = make(chan struct{})
	close(v.ended)
}

// turn waits while consoles to the same Director that were given up are still in their handshake: another one would only join them.
func (c Console) turn(ctx context.Context) error {
	for {
		pause, changed := c.pause(time.Now())
		if err := ctx.Err(); err != nil || pause == 0 {
			return err
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-t.C:
		}
		t.Stop()
	}
}

func (c Console) pause(now time.Time) (time.Duration, <-chan struct{}) {
	visits.Lock()
	defer visits.Unlock()
	silent, youngest, key := 0, time.Time{}, c.key()
	for v := range visits.all {
		if v.key == key && v.left.Load() && !v.refused.Load() && !v.hasGreeted() {
			silent++
			if v.began.After(youngest) {
				youngest = v.began
			}
		}
	}
	switch {
	case silent == 0:
		return 0, nil
	case silent >= mostSilent:
		return time.Hour, visits.changed
	}
	return max(0, silentApart-now.Sub(youngest)), visits.changed
}

func (v *visit) hasGreeted() bool {
	select {
	case <-v.greeted:
		return true
	default:
		return false
	}
}

// say sends all that is to be said.
func (v *visit) say(text string) error {
	_, _ = io.WriteString(v.in, text) // what went wrong with it shows in what is answered
	return nil
}

// close is the end of its input, which lets a console leave when it has been greeted.
func (v *visit) close() { _ = v.in.Close() }

// part waits for the end of a console that has been greeted, and kills one that does not leave soon after ctx has ended.
func (v *visit) part(ctx context.Context) {
	select {
	case <-v.ended:
		return
	case <-v.out.full:
	case <-ctx.Done():
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-v.ended:
			return
		case <-v.out.full:
		case <-t.C:
		}
	}
	v.kill()
	<-v.ended
}

// leave gives up a console that has not been greeted.
func (v *visit) leave() {
	v.left.Store(true)
	v.close()
	go func() {
		select {
		case <-v.ended:
		case <-v.out.full: // no Director says so much before it greets
			v.kill()
		case <-v.greeted:
			over, cancel := context.WithCancel(context.Background())
			cancel()
			v.part(over)
		}
	}()
}

func (v *visit) kill() {
	visits.Lock()
	defer visits.Unlock()
	if visits.all[v] { // until then it has not been waited for, and its number is nobody else's
		v.killed = true
		_ = syscall.Kill(-v.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// Leave is what a program does last: it lets its consoles end as they should. It waits for each that is still in its handshake until that
// has taken limit, then leaves it behind; it ends by itself when its Director greets or turns it away.
func Leave(limit time.Duration) {
	visits.Lock()
	var all []*visit
	for v := range visits.all {
		all = append(all, v)
	}
	visits.Unlock()
	for _, v := range all {
		v.close()
		t := time.NewTimer(time.Until(v.began.Add(limit)))
		select {
		case <-v.ended:
		case <-t.C:
		}
		t.Stop()
	}
}

// bounded keeps the first maxOutput bytes.
type bounded struct {
	buf     *bytes.Buffer // not embedded: its ReadFrom would take everything
	over    bool
	full    chan struct{} // closed when there was more
	greeted func()        // called once, when the greeting is there
	hello   string        // all that was printed by then
}

// spare are the buffers of visits that have ended: each would grow anew to the length of the answer before it.
var spare = struct {
	sync.Mutex
	all []*bytes.Buffer
}{}

// Bounds of what is kept of them.
const (
	spares      = 4
	spareLength = 1 << 20
)

func spareBuffer() *bytes.Buffer {
	spare.Lock()
	defer spare.Unlock()
	n := len(spare.all) - 1
	if n < 0 {
		return new(bytes.Buffer)
	}
	b := spare.all[n]
	spare.all = spare.all[:n]
	return b
}

// said is all that was kept, of a visit that has ended; nothing is kept any more.
func (b *bounded) said() string {
	buf, said := b.buf, b.buf.String()
	b.buf = nil
	spare.Lock()
	defer spare.Unlock()
	if len(spare.all) < spares && buf.Cap() <= spareLength {
		buf.Reset()
		spare.all = append(spare.all, buf)
	}
	return said
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > maxOutput {
		if !b.over {
			b.over = true
			close(b.full)
		}
		return len(p), nil
	}
	n, err := b.buf.Write(p)
	if b.greeted != nil && bytes.Contains(b.buf.Bytes(), []byte("1000 OK")) && greetingLine().Match(b.buf.Bytes()) {
		b.hello = b.buf.String()
		b.greeted()
		b.greeted = nil
	}
	return n, err
}
