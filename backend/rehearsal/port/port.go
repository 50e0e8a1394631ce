// Package port keeps a loopback port for a server that comes and goes, so that a dial is refused while it is away and nobody else gets it.
package port

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Port is a TCP port of 127.0.0.1 that is ours until Close.
type Port struct {
	fd   int // bound and never listening: the kernel refuses who dials it and gives the port to nobody else
	addr string
}

// Reserve takes a free port. Dialling it is refused until Open.
func Reserve() (*Port, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("reserving a port: %w", err)
	}
	syscall.CloseOnExec(fd)
	p := &Port{fd: fd}
	if err := p.bind(); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("reserving a port: %w", err)
	}
	return p, nil
}

func (p *Port) bind() error {
	if err := shared(uintptr(p.fd)); err != nil {
		return err
	}
	if err := syscall.Bind(p.fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	name, err := syscall.Getsockname(p.fd)
	if err != nil {
		return err
	}
	in4, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		return fmt.Errorf("the kernel named the socket %v", name)
	}
	p.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(in4.Port))
	return nil
}

// Addr is "127.0.0.1:port".
func (p *Port) Addr() string { return p.addr }

// Open listens on the port. Closing the listener makes the port refuse again.
func (p *Port) Open() (net.Listener, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) { err = shared(fd) }); e != nil {
			return e
		}
		return err
	}}
	l, err := lc.Listen(context.Background(), "tcp4", p.addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", p.addr, err)
	}
	return l, nil
}

// Close gives the port back.
func (p *Port) Close() error { return syscall.Close(p.fd) }

func shared(fd uintptr) error {
	return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1)
}
