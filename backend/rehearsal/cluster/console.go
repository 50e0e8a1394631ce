package cluster

import (
	"crypto/rand"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"switchyard/backend/rehearsal/bconsole"
)

// Access is a Console resource: a name, a password and the commands it may give.
type Access struct {
	Name, Password string
	Commands       []string // CommandACL; the first word of a command must be among them
}

const authPause = 5 * time.Second // a refused console waits this long, as Bacula lets it

// talk is one console session.
type talk struct {
	d      *Director
	conn   net.Conn
	acl    Access
	api    int
	answer func(string) (string, bool) // what a prompt does with the next line; false: it asks again
	walked bool                        // it has asked for file records
	late   bool                        // what is printed now is an error of a session that programs read
}

func (d *Director) serve(conn net.Conn) {
	d.c.mu.Lock()
	d.conns[conn] = true
	d.c.mu.Unlock()
	defer func() {
		conn.Close()
		d.c.mu.Lock()
		delete(d.conns, conn)
		delete(d.consoles, conn)
		d.c.mu.Unlock()
	}()
	t := &talk{d: d, conn: conn}
	if !d.awake() || !t.login() {
		return
	}
	d.c.mu.Lock()
	d.consoles[conn] = d.c.now()
	d.c.mu.Unlock()
	for {
		line, signal, err := bconsole.Receive(conn)
		if err != nil || signal != 0 || !d.awake() {
			return
		}
		// A period where nothing asks is no command.
		if heard := d.c.o.Heard; heard != nil && (line != "." || t.answer != nil) {
			heard(d.name, t.acl.Name, line)
		}
		text, signal := t.hear(line)
		if t.late {
			t.late = false
			if bconsole.Signal(conn, bconsole.ErrorMsg) != nil {
				return
			}
		}
		if bconsole.Send(conn, text) != nil || bconsole.Signal(conn, signal) != nil {
			return
		}
	}
}

// awake waits as long as the Director hangs or is slow. False: it is closing.
func (d *Director) awake() bool {
	for {
		d.c.mu.Lock()
		f, changed, away := d.fault, d.changed, d.away
		d.c.mu.Unlock()
		switch {
		case f.Hang, away:
			select {
			case <-changed:
			case <-d.c.ctx.Done():
				return false
			}
		case f.Slow > 0:
			return d.c.pause(f.Slow)
		default:
			return !f.Down
		}
	}
}

// pause waits in the machine's time: it is a console that waits.
func (c *Cluster) pause(span time.Duration) bool {
	t := time.NewTimer(span)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (t *talk) login() bool {
	hello, signal, err := bconsole.Receive(t.conn)
	name, ok := strings.CutPrefix(hello, "Hello ")
	if err != nil || signal != 0 || !ok {
		return false
	}
	name = strings.TrimSuffix(name, " calling")
	c := t.d.c
	c.mu.Lock()
	span := max(t.d.handshake, t.d.fault.Greets)
	c.mu.Unlock()
	if !c.pause(span) {
		return false
	}
	challenge := rand.Text()
	err = bconsole.Send(t.conn, challenge)
	proof, signal, rerr := bconsole.Receive(t.conn)
	if err != nil || rerr != nil {
		t.vanish()
		return false
	}
	if signal != 0 {
		return false
	}
	c.mu.Lock()
	wrong := t.d.fault.Wrong
	c.mu.Unlock()
	i := slices.IndexFunc(c.o.Consoles, func(a Access) bool { return a.Name == name })
	if wrong || i < 0 || proof != bconsole.Answer(challenge, c.o.Consoles[i].Password) {
		c.mu.Lock()
		t.d.say(
			"Security Alert: authenticate.c:451 Unable to authenticate console %q at client:127.0.0.1:%d.",
			name,
			t.conn.RemoteAddr().(*net.TCPAddr).Port,
		)
		c.mu.Unlock()
		if c.pause(authPause) {
			_ = bconsole.Send(t.conn, "1999 You are not authorized.\n")
		}
		return false
	}
	t.acl = c.o.Consoles[i]
	version, date := t.d.release()
	return bconsole.Send(t.conn, fmt.Sprintf("1000 OK: %d %s Version: %s (%s)\n", c.gen().hello, t.d.name, version, date)) == nil
}

// vanish counts a console that ended in its handshake, unless it was this Director that ended.
func (t *talk) vanish() {
	c := t.d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() == nil && t.d.running() {
		t.d.vanished++
	}
}

// hear carries out one line and gives what is printed and the signal that ends it.
func (t *talk) hear(line string) (string, int) {
	if t.answer != nil {
		if strings.TrimSpace(line) == "." {
			t.answer = nil
			return "", bconsole.EOD
		}
		ask := t.answer
		t.answer = nil
		text, done := ask(line)
		if !done {
			t.answer = ask
		}
		if t.answer != nil {
			return text, bconsole.Prompt
		}
		return t.trail(text), bconsole.EOD
	}
	fields := strings.Fields(line)
	if len(fields) == 0 || fields[0] == "." { // nothing asks; a Console needs no right to that
		return "", bconsole.EOD
	}
	verb := fields[0]
	if verb == ".api" {
		t.setAPI(fields[1:])
		return "", bconsole.EOD
	}
	command, known := commands[strings.ToLower(verb)]
	if !known || !slices.Contains(t.acl.Commands, verb) {
		return t.trail(t.fail(verb + ": is an invalid command.\n")), bconsole.EOD
	}
	text := command(t, line)
	if t.answer != nil {
		return text, bconsole.Prompt
	}
	return t.trail(text), bconsole.EOD
}

// fail gives an error. In a session that programs read, a signal comes before it, so that bconsole prints it with the answer to the next
// command.
func (t *talk) fail(text string) string {
	t.late = t.api > 0
	return text
}

func (t *talk) setAPI(args []string) {
	t.api = 0
	for _, a := range args {
		switch {
		case a == "1":
			t.api = 1
		case a == "2":
			t.api = 2
		}
	}
}

// trail adds what a Director appends when its message queue is not empty and the console may read it.
func (t *talk) trail(text string) string {
	if t.api > 0 || !slices.Contains(t.acl.Commands, "messages") {
		return text
	}
	t.d.c.mu.Lock()
	defer t.d.c.mu.Unlock()
	if len(t.d.messages) > 0 {
		text += "You have messages.\n"
	}
	return text
}
