package sqlsim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

func TestLogin(t *testing.T) {
	ca, err := NewAuthority("test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(t)
	cfg.Require = true
	if cfg.TLS, err = ca.Server(time.Now().AddDate(1, 0, 0), "green.example"); err != nil {
		t.Fatal(err)
	}
	in := instance(t, cfg)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM)
	if err := mysql.RegisterTLSConfig("world", &tls.Config{RootCAs: pool, ServerName: "green.example"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from caching_sha2_password's cache
		if got := row(t, dial(t, in, "watch", "w", "tls=world"), "SELECT 1"); got != "1" {
			t.Fatal(got)
		}
	}
	if err := dial(t, in, "watch", "wrong", "tls=world").Ping(); code(t, err) != 1045 {
		t.Error(err)
	}
	if err := dial(t, in, "nobody", "w", "tls=world").Ping(); code(t, err) != 1045 {
		t.Error(err)
	}
	if err := dial(t, in, "watch", "w", "").Ping(); err == nil {
		t.Error("a server that requires TLS let a plain session in")
	}
	in.Revoke("watch", true)
	if err := dial(t, in, "watch", "w", "tls=world").Ping(); code(t, err) != 1045 {
		t.Error(err)
	}
	in.Revoke("watch", false)
	if err := dial(t, in, "watch", "w", "tls=world").Ping(); err != nil {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	in := instance(t, config(t))
	db := dial(t, in, "watch", "w", "")
	db.SetMaxOpenConns(1)
	short := func(q string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := db.ExecContext(ctx, q)
		return err
	}
	if err := short("SELECT 1"); err != nil {
		t.Fatal(err)
	}
	in.Set(Fault{Hang: true})
	if err := short("SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hung: %v", err)
	}
	if _, err := in.Connect("bacula", "dir"); !errors.Is(err, ErrHung) {
		t.Errorf("hung: %v", err)
	}
	in.Set(Fault{Refuse: true})
	if err := short("SELECT 1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("down: %v", err)
	}
	in.Set(Fault{Latency: time.Hour})
	if err := short("SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v", err)
	}
	in.Set(Fault{Latency: 30 * time.Millisecond})
	if _, err := db.Exec("SELECT /*+ MAX_EXECUTION_TIME(10) */ 1"); code(t, err) != 3024 {
		t.Errorf("slow with a limit: %v", err)
	}
	in.Set(Fault{})
	if err := db.Ping(); err != nil {
		t.Error(err)
	}
	c, err := in.Connect("bacula", "dir")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n := in.Load().ByUser["bacula"]; n != 1 {
		t.Errorf("%d sessions of the Director", n)
	}
	in.Drop()
	if err := c.Write(func(*Tx) error { return nil }); !errors.Is(err, ErrGone) {
		t.Errorf("dropped: %v", err)
	}
}

func TestGarbageOnTheWire(t *testing.T) {
	in := instance(t, config(t))
	for _, junk := range []string{"", "GET / HTTP/1.1\r\n\r\n", "\x05\x00\x00\x01\xff\xff\xff\xff\xff",
		"\x20\x00\x00\x01\x05\xa6\xff\xff\x00\x00\x00\x01\x2d"} {
		c, err := net.Dial("tcp", in.Addr())
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte(junk))
		c.Close()
	}
	if got := row(t, dial(t, in, "watch", "w", ""), "SELECT 1"); got != "1" {
		t.Error(got)
	}
}
