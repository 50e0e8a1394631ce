// Package daemon is a Storage Daemon of the world as far as a Director greets it: it listens, and proves a password.
package daemon

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // Bacula's own challenge is made of it
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"switchyard/backend/rehearsal/port"
)

// Password is that of every Storage resource of the world.
const Password = "unused"

// Fault is what is wrong with a daemon.
type Fault struct {
	Down bool // its port refuses
	Hang bool // it takes connections and never answers
}

// Daemon is one. Its methods may be called from any goroutine.
type Daemon struct {
	name      string
	directors []string // whom it lets in
	port      *port.Port

	mu    sync.Mutex
	fault Fault
	lis   net.Listener // nil: down
	conns map[net.Conn]bool
	over  bool
	all   sync.WaitGroup
}

// New starts a daemon that lets in these Directors.
func New(name string, directors ...string) (*Daemon, error) {
	p, err := port.Reserve()
	if err != nil {
		return nil, err
	}
	d := &Daemon{name: name, directors: directors, port: p, conns: map[net.Conn]bool{}}
	if err := d.open(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return d, nil
}

// Addr is "127.0.0.1:port".
func (d *Daemon) Addr() string { return d.port.Addr() }

// Set makes it as broken as told.
func (d *Daemon) Set(f Fault) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.fault
	d.fault = f
	switch {
	case d.over:
	case f.Down && !was.Down:
		d.hangUp()
	case !f.Down && was.Down:
		err = d.open()
	}
	return err
}

// Close ends it.
func (d *Daemon) Close() error {
	d.mu.Lock()
	d.over = true
	d.hangUp()
	d.mu.Unlock()
	d.all.Wait()
	return d.port.Close()
}

// hangUp ends all conversations and listens no more. The caller holds mu, as it does for open.
func (d *Daemon) hangUp() {
	if d.lis != nil {
		_ = d.lis.Close()
		d.lis = nil
	}
	for c := range d.conns {
		_ = c.Close()
	}
}

func (d *Daemon) open() error {
	lis, err := d.port.Open()
	if err != nil {
		return err
	}
	d.lis = lis
	d.all.Go(func() { d.accept(lis) })
	return nil
}

func (d *Daemon) accept(lis net.Listener) {
	for {
		c, err := lis.Accept()
		if err != nil {
			return
		}
		d.mu.Lock()
		if d.over || d.fault.Down {
			d.mu.Unlock()
			_ = c.Close()
			continue
		}
		d.conns[c] = true
		d.all.Go(func() { d.converse(c) })
		d.mu.Unlock()
	}
}

func (d *Daemon) converse(c net.Conn) {
	defer func() {
		d.mu.Lock()
		delete(d.conns, c)
		d.mu.Unlock()
		_ = c.Close()
	}()
	d.mu.Lock()
	mute := d.fault.Hang
	d.mu.Unlock()
	if mute {
		_, _ = io.Copy(io.Discard, c)
		return
	}
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	var director string
	hello, err := receive(c)
	if _, is := fmt.Sscanf(hello, "Hello SD: Bacula Director %s calling", &director); err != nil || is != nil {
		return
	}
	known := false
	for _, name := range d.directors {
		known = known || strings.EqualFold(name, strings.ReplaceAll(director, "\x01", " "))
	}
	if !known {
		_ = send(
			c,
			fmt.Sprintf("Jmsg JobId=0 type=15 level=0 %s JobId 0: Security Alert: Connection from unknown Director %s rejected.\n", d.name,
				director),
		)
		return
	}
	d.authenticate(c)
}

// authenticate challenges the Director, answers its challenge, and waits for what a Director says after that: goodbye.
func (d *Daemon) authenticate(c net.Conn) {
	sum := md5.Sum([]byte(Password)) //nolint:gosec // as above
	key := hex.EncodeToString(sum[:])
	challenge := fmt.Sprintf("<%d.%d@%s>", time.Now().UnixNano()%1e9, time.Now().Unix(), d.name)
	if send(c, "auth cram-md5c "+challenge+" ssl=0\n") != nil {
		return
	}
	got, err := receive(c)
	if err != nil || strings.TrimRight(got, "\x00") != digest(key, challenge) {
		_ = send(c, "1999 Authorization failed.\n")
		return
	}
	if send(c, "1000 OK auth\n") != nil {
		return
	}
	var theirs string
	line, err := receive(c)
	if _, is := fmt.Sscanf(line, "auth cram-md5c %s ssl=0", &theirs); err != nil || is != nil || send(c, digest(key, theirs)+"\x00") != nil {
		return
	}
	if ok, err := receive(c); err != nil || ok != "1000 OK auth\n" || send(c, "3000 OK Hello 305\n") != nil {
		return
	}
	_, _ = receive(c)
}

func send(c net.Conn, text string) error {
	_, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...))
	return err
}

var errSignal = errors.New("a signal")

func receive(c net.Conn) (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return "", err
	}
	n := int32(binary.BigEndian.Uint32(head[:]))
	if n < 0 || n > 4096 {
		return "", errSignal
	}
	text := make([]byte, n)
	_, err := io.ReadFull(c, text)
	return string(text), err
}

// digest is an HMAC in Bacula's base 64: standard, but for the padding.
func digest(key, challenge string) string {
	mac := hmac.New(md5.New, []byte(key))
	mac.Write([]byte(challenge))
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}
