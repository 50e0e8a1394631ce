package bacula

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/mysql"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

func TestTheWritableHostIsFound(t *testing.T) {
	one := serve(t, "one", func(c *sqlsim.Config) { c.ReadOnly = true })
	two := serve(t, "two2", nil)
	fill(t, one, 1, 5)
	fill(t, two, 1, 7)
	c := catalog(t, CatalogConfig{Connect: time.Second}, one, two)
	if n := len(tick(t, c, 5)); n != 7 {
		t.Errorf("%d rows: not of the writable host", n)
	}
	if addr, standby, _ := c.Host(); addr != two.Addr() || standby {
		t.Errorf("host %s, standby %v", addr, standby)
	}
	two.Set(sqlsim.Fault{Refuse: true})
	if n := len(tick(t, c, 5)); n != 5 {
		t.Errorf("%d rows: not of the standby that is left", n)
	}
	if addr, standby, _ := c.Host(); addr != one.Addr() || !standby {
		t.Errorf("host %s, standby %v", addr, standby)
	}
	one.Set(sqlsim.Fault{Refuse: true})
	_, err := c.Tick(context.Background(), 5, nil)
	wants(t, err, model.ErrUnreachable, one.Addr(), two.Addr(), "connection refused")
	one.Set(sqlsim.Fault{})
	one.SetReadOnly(false)
	if n := len(tick(t, c, 5)); n != 5 {
		t.Errorf("%d rows after the promotion", n)
	}
	if addr, standby, _ := c.Host(); addr != one.Addr() || standby {
		t.Errorf("host %s, standby %v", addr, standby)
	}
}

func TestKindsOfWhatACatalogMeets(t *testing.T) {
	in := serve(t, "one", nil)
	ctx := context.Background()
	_, err := catalog(t, CatalogConfig{Password: word("wrong")}, in).Tick(ctx, 1, nil)
	wants(t, err, model.ErrRefused, "catalog "+in.Addr())
	_, err = catalog(
		t,
		CatalogConfig{Password: func(context.Context) (string, error) { return "", errors.New("file is gone") }},
		in,
	).Tick(ctx, 1, nil)
	wants(t, err, nil, "password: file is gone")

	c := catalog(t, CatalogConfig{Connect: 200 * time.Millisecond}, in)
	if _, err := c.Probe(ctx); !errors.Is(err, model.ErrAnswer) {
		t.Errorf("a catalog without a version: %v", err)
	}
	tick(t, c, 1)
	in.Revoke("watch", true)
	_, err = c.Tick(ctx, 1, nil)
	wants(t, err, model.ErrRefused, in.Addr())
	in.Revoke("watch", false)
	tick(t, c, 1)
	in.Set(sqlsim.Fault{Hang: true}) // a stopped process keeps its connections
	hung, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = c.Tick(hung, 1, nil)
	wants(t, err, model.ErrTimeout, in.Addr())
	in.Set(sqlsim.Fault{})
	tick(t, c, 1)
	in.Set(sqlsim.Fault{Latency: 10 * time.Second})
	slow, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = c.Tick(slow, 1, nil)
	wants(t, err, model.ErrTimeout, in.Addr())
	in.Set(sqlsim.Fault{})
	in.Stop()
	_, err = c.Tick(ctx, 1, nil)
	wants(t, err, model.ErrUnreachable, in.Addr())
	in.Start()
	tick(t, c, 1)
	none := NewCatalog(model.Blue, CatalogConfig{})
	defer none.Close()
	_, err = none.Tick(ctx, 1, nil)
	wants(t, err, nil, "no host is configured")
}

func TestSessionsAreReadOnly(t *testing.T) {
	in := serve(t, "one", func(c *sqlsim.Config) { c.Users[0].Write = true })
	fill(t, in, 1, 1)
	c := catalog(t, CatalogConfig{}, in)
	if _, err := c.db.ExecContext(
		context.Background(),
		"UPDATE Job SET JobStatus = 'f'",
	); err == nil ||
		!strings.Contains(err.Error(), "1792") {
		t.Errorf("a session of an account that may write took a write: %v", err)
	}
	if got := tick(t, c, 1)[0].Status; got != 'T' {
		t.Errorf("status is %c", got)
	}
}

func TestCertificates(t *testing.T) {
	ca, err := sqlsim.NewAuthority("ours", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, err := sqlsim.NewAuthority("another", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	in := serve(t, "one", func(c *sqlsim.Config) {
		if c.TLS, err = ca.Server(time.Now().Add(time.Hour), "db.example.org"); err != nil {
			t.Fatal(err)
		}
		c.Require = true
	})
	fill(t, in, 1, 1)
	for _, c := range []struct {
		says string
		tls  *mysql.TLS
		kind error
	}{
		{"our CA and its name", &mysql.TLS{CA: ca.PEM, ServerName: "db.example.org"}, nil},
		{"our CA and its address", &mysql.TLS{CA: ca.PEM}, nil},
		{"another name", &mysql.TLS{CA: ca.PEM, ServerName: "db2.example.org"}, model.ErrUntrusted},
		{"another CA", &mysql.TLS{CA: other.PEM, ServerName: "db.example.org"}, model.ErrUntrusted},
		{"the system's roots", &mysql.TLS{ServerName: "db.example.org"}, model.ErrUntrusted},
		{"no CA at all", &mysql.TLS{CA: []byte("nothing")}, model.ErrUntrusted},
		{"no TLS where it is required", nil, model.ErrUntrusted},
	} {
		_, err := catalog(t, CatalogConfig{TLS: c.tls}, in).Tick(context.Background(), 1, nil)
		if c.kind == nil && err != nil || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", c.says, err)
		}
	}
	plain := serve(t, "two2", nil)
	_, err = catalog(t, CatalogConfig{TLS: &mysql.TLS{CA: ca.PEM}}, plain).Tick(context.Background(), 1, nil)
	wants(t, err, model.ErrUntrusted, "does not support TLS")
}

// TestTwoServersThatTakeWrites are none: whoever was read before, nothing is read of either while both do.
func TestTwoServersThatTakeWrites(t *testing.T) {
	one := serve(t, "one", nil)
	two := serve(t, "two2", func(c *sqlsim.Config) { c.ReadOnly = true })
	fill(t, one, 1, 5)
	fill(t, two, 1, 7)
	c := catalog(t, CatalogConfig{Connect: time.Second}, one, two)
	if n := len(tick(t, c, 5)); n != 5 {
		t.Fatalf("%d rows", n)
	}
	_, _, was := c.Host()
	two.SetReadOnly(false)
	one.Drop() // its next session is a new one
	_, err := c.Tick(t.Context(), 5, nil)
	wants(t, err, model.ErrIdentity, one.Addr(), two.Addr(), "two servers take writes", "make the other read-only")
	if _, err = c.Probe(t.Context()); !errors.Is(err, model.ErrIdentity) {
		t.Errorf("a probe: %v", err)
	}
	one.SetReadOnly(true)
	if n := len(tick(t, c, 5)); n != 7 {
		t.Errorf("%d rows: not of the one that takes writes", n)
	}
	if addr, standby, is := c.Host(); addr != two.Addr() || standby || is == was || is == "" {
		t.Errorf("%s, %v, %q was %q", addr, standby, is, was)
	}
}

// TestOneServerByTwoNames is one that takes writes, not two. One that was copied with its UUID is another.
func TestOneServerByTwoNames(t *testing.T) {
	one := serve(t, "one", nil)
	fill(t, one, 1, 5)
	c := catalog(t, CatalogConfig{Connect: time.Second, Hosts: []string{strings.Replace(one.Addr(), "127.0.0.1", "localhost", 1)}}, one)
	if n := len(tick(t, c, 5)); n != 5 {
		t.Errorf("%d rows", n)
	}
	copied := serve(t, "six", nil) // a name of as many letters has the same UUID
	if copied.UUID() != one.UUID() {
		t.Fatal("the copy has another UUID")
	}
	c = catalog(t, CatalogConfig{Connect: time.Second}, one, copied)
	_, err := c.Tick(t.Context(), 5, nil)
	wants(t, err, model.ErrIdentity, "two servers take writes")
}

// TestASecondWriterThatIsLate is waited for at the next session.
func TestASecondWriterThatIsLate(t *testing.T) {
	one, two := serve(t, "one", nil), serve(t, "two2", nil)
	fill(t, one, 1, 5)
	two.Set(sqlsim.Fault{Latency: secondWithin / 3}) // of each of its statements
	c := catalog(t, CatalogConfig{Connect: 5 * time.Second}, one, two)
	c.hosts.last = host{addr: one.Addr(), server: c.serverOf(t, one)}
	if n := len(tick(t, c, 5)); n != 5 {
		t.Fatalf("%d rows", n)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c.hosts.mu.Lock()
		late := c.hosts.rival
		c.hosts.mu.Unlock()
		if late == two.Addr() {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the late one is not remembered")
		}
	}
	one.Drop()
	_, err := c.Tick(t.Context(), 5, nil)
	wants(t, err, model.ErrIdentity, "two servers take writes")
}

// serverOf is who a server says that it is.
func (c *Catalog) serverOf(t *testing.T, in *sqlsim.Instance) string {
	conn, h, err := c.hosts.session(t.Context(), in.Addr())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	return h.server
}
