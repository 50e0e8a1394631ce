package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// helpers are the lab's own daemons: a proxy in front of each watched database, what answers for AWS, and a client that accepts and never
// answers.
func (l *lab) helpers() []process {
	nobody := owner{65534, 65534}
	ps := []process{l.awsProcess(), {
		name: "hung-fd", port: l.port("hung-fd"), who: nobody, zone: "UTC", grace: time.Second,
		args: []string{l.path("bin", "lab"), "hole", loopback(l.port("hung-fd"))},
	}}
	for _, s := range servers {
		name := "proxy-" + s.name
		if l.port(name) == 0 {
			continue
		}
		ps = append(ps, process{
			name: name, port: l.port(name), who: nobody, zone: "UTC", grace: time.Second,
			args: []string{l.path("bin", "lab"), "proxy", loopback(l.port(name)), loopback(l.port("db-" + s.name)), l.slowFile(s.name)},
		})
	}
	return ps
}

// slowFile holds how long a proxy keeps each statement back; without it, not at all.
func (l *lab) slowFile(server string) string { return l.path("run", "slow-"+server) }

// hole accepts, listens, and never answers.
func hole(ctx context.Context, address string) error {
	in, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { in.Close() })
	for {
		c, err := in.Accept()
		if err != nil {
			return ctx.Err()
		}
		go io.Copy(io.Discard, c)
	}
}

// proxy passes a database's connections on and keeps each statement back for as long as the file slow says. A server that is down looks
// down through it.
func proxy(ctx context.Context, address, server, slow string) error {
	for {
		in, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("listening for %s: %w", server, err)
		}
		release := context.AfterFunc(ctx, func() { in.Close() })
		for {
			client, err := in.Accept()
			if err != nil {
				return ctx.Err()
			}
			up, err := net.Dial("tcp", server)
			if err != nil {
				client.(*net.TCPConn).SetLinger(0)
				client.Close()
				break
			}
			go pass(client.(*net.TCPConn), up.(*net.TCPConn), slow)
		}
		// Refuse like the server does, until it is back.
		release()
		in.Close()
		for {
			if up, err := net.Dial("tcp", server); err == nil {
				up.Close()
				break
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
}

func pass(client, server *net.TCPConn, slow string) {
	defer client.Close()
	defer server.Close()
	answered := make(chan struct{}, 1)
	done := make(chan struct{}, 2)
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if n > 0 {
				select {
				case answered <- struct{}{}:
				default:
				}
				if _, err := client.Write(buf[:n]); err != nil {
					break
				}
			}
			if err != nil {
				break
			}
		}
		done <- struct{}{}
	}()
	go func() {
		passStatements(server, client, answered, func() { time.Sleep(delay(slow)) })
		done <- struct{}{}
	}()
	<-done
}

// passStatements copies what a client sends. What it says after the server spoke is a statement, but for what opens the connection. hold is
// called before each statement.
func passStatements(to io.Writer, from io.Reader, answered <-chan struct{}, hold func()) {
	buf := make([]byte, 64<<10)
	var c conversation
	for {
		n, err := from.Read(buf)
		if n > 0 {
			statement := c.heard(buf[:n])
			select {
			case <-answered:
				if statement {
					hold()
				}
			default:
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// conversation tells a client's login from its statements, inside TLS too: by the headers of its records, as how they are cut into packets
// depends on how busy the machine is.
type conversation struct {
	begun, tls bool
	rest       int    // bytes of the packet or record that is being passed
	header     []byte // of the next record, as far as it came
	data       int    // records of encrypted data
}

// loginRecords are those of a client of TLS 1.3 before its first statement: the certificate that MySQL asks for, which is none, Finished,
// and the login (measured with Go's driver and MySQL 9). A password that the server has not cached would be one more, and is held back.
const loginRecords = 3

// heard takes in what a client sends, and tells whether a statement is in it.
func (c *conversation) heard(b []byte) (statement bool) {
	if !c.begun {
		// 4 bytes of header, then the client's capabilities, of which CLIENT_SSL asks for TLS.
		const clientSSL = 0x0800
		c.begun = true
		c.tls = len(b) >= 6 && (int(b[4])|int(b[5])<<8)&clientSSL != 0
		if !c.tls {
			return false
		}
		c.rest = 4 + int(b[0]) + int(b[1])<<8
	} else if !c.tls {
		return true
	}
	for len(b) > 0 {
		if c.rest > 0 {
			n := min(c.rest, len(b))
			b, c.rest = b[n:], c.rest-n
			continue
		}
		n := min(5-len(c.header), len(b))
		c.header, b = append(c.header, b[:n]...), b[n:]
		if len(c.header) < 5 {
			break
		}
		const applicationData = 23
		if c.header[0] == applicationData {
			c.data++
			statement = statement || c.data > loginRecords
		}
		c.rest, c.header = int(c.header[3])<<8+int(c.header[4]), c.header[:0]
	}
	return statement
}

func delay(file string) time.Duration {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	d, err := time.ParseDuration(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return d
}
