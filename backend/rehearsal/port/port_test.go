package port

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestComesAndGoes(t *testing.T) {
	p, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for range 3 {
		refused(t, p.Addr())
		l, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.DialTimeout("tcp", p.Addr(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		l.Close()
	}
	refused(t, p.Addr())
}

func refused(t *testing.T, addr string) {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		c.Close()
		t.Fatal("a closed port took a connection")
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatal(err)
	}
}
