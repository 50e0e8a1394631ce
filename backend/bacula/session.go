package bacula

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"switchyard/model"
)

// TLS says how the catalog proves who it is.
type TLS struct {
	CA         []byte // PEM; empty: the system's roots
	ServerName string // empty: the host that is dialled. With a CA of its own, a certificate without alternative names may carry it as CN
}

// config makes the client side. MySQL's own certificates have only a CN, which Go does not accept as a name: with a private
// CA the chain is verified here, and the name against the alternative names, or against the CN where there are none.
func (t TLS) config(host string) (*tls.Config, error) {
	name := t.ServerName
	if name == "" {
		name = host
	}
	if len(t.CA) == 0 {
		return &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12}, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(t.CA) {
		return nil, fault(model.ErrUntrusted, "read catalog CA: no PEM certificate in it")
	}
	verify := func(cs tls.ConnectionState) error {
		leaf := cs.PeerCertificates[0]
		opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range cs.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		if len(leaf.DNSNames)+len(leaf.IPAddresses) > 0 {
			opts.DNSName = name
		} else if leaf.Subject.CommonName != name {
			return fault(model.ErrUntrusted, "certificate is for CN %q, not for %q", leaf.Subject.CommonName, name)
		}
		_, err := leaf.Verify(opts)
		return err
	}
	return &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: verify}, nil
}

// connector opens sessions to the writable host of a catalog. A session that the server does not itself call read-only is
// closed again. It satisfies driver.Connector.
type connector struct {
	c        CatalogConfig
	lives    func(time.Duration) // bounds how old a session may become
	mu       sync.Mutex
	last     host              // where the newest session is
	versions map[string]string // by host, of its newest session; none after one that it refused
}

// host is what one server says of itself.
type host struct {
	addr     string
	version  string
	readOnly bool
	others   []model.CatalogHost // when it is a standby: the other hosts, and why none of them is read
}

func (k *connector) Driver() driver.Driver { return mysql.MySQLDriver{} }

func (k *connector) newest() host {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// Connect tries the host of the newest session first and takes the first that takes writes. When none does, a read-only one still shows
// the truth of its moment: between the loss of a primary and a promotion it is all there is.
func (k *connector) Connect(ctx context.Context) (driver.Conn, error) {
	addrs := k.order()
	var spare driver.Conn
	var spareHost host
	var met []error
	var others []model.CatalogHost
	for _, addr := range addrs {
		conn, h, err := k.session(ctx, addr)
		switch {
		case err != nil:
			met = append(met, err)
			others = append(others, notRead(addr, err))
			continue
		case !h.readOnly || len(addrs) == 1:
			if spare != nil {
				_ = spare.Close()
			}
			return k.take(conn, h), nil
		case spare == nil:
			spare, spareHost = conn, h
		default:
			_ = conn.Close()
			others = append(others, model.CatalogHost{Host: addr})
		}
	}
	if spare != nil {
		spareHost.others = others
		return k.take(spare, spareHost), nil
	}
	return nil, worst(met)
}

// notRead says why a host is not read.
func notRead(addr string, err error) model.CatalogHost {
	return model.CatalogHost{Host: addr, Trouble: model.TroubleOf(err), Why: strings.TrimPrefix(model.Clean(err.Error()), "catalog "+addr+": ")}
}

func (k *connector) version(addr string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.versions[addr]
}

func (k *connector) learn(addr, version string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.versions[addr] = version
}

func (k *connector) take(conn driver.Conn, h host) driver.Conn {
	k.mu.Lock()
	changed := k.last.readOnly != h.readOnly
	k.last = h
	k.mu.Unlock()
	switch {
	case !changed || len(k.c.Hosts) == 1:
	case h.readOnly:
		k.lives(seekEvery)
	default:
		k.lives(proveEvery)
	}
	return conn
}

func (k *connector) order() []string {
	last := k.newest().addr
	addrs := make([]string, 0, len(k.c.Hosts))
	for _, a := range k.c.Hosts {
		if a == last {
			addrs = append([]string{a}, addrs...)
		} else {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// worst joins what the hosts met under one kind: that of a host that answered, when one did.
func worst(met []error) error {
	if len(met) == 0 {
		return fault(nil, "connect to catalog: no host is configured")
	}
	if len(met) == 1 {
		return met[0]
	}
	var kind error
	says := make([]string, len(met))
	for i, err := range met {
		says[i] = err.Error()
		var f *model.Fault
		if errors.As(err, &f) && (kind == nil || kind == model.ErrUnreachable) {
			kind = f.Kind
		}
	}
	return fault(kind, "%s", strings.Join(says, "; "))
}

func (k *connector) session(ctx context.Context, addr string) (_ driver.Conn, h host, err error) {
	defer func() { err = faultOf("catalog "+addr, err) }()
	cfg, err := k.c.driverConfig(ctx, addr)
	if err != nil {
		return nil, h, err
	}
	inner, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, h, err
	}
	// A hung server is connected by its kernel and never greets: dialling, TLS and login share one limit.
	greet, cancel := context.WithTimeout(ctx, k.c.connectTimeout())
	defer cancel()
	conn, err := inner.Connect(greet)
	if err != nil {
		return nil, h, err
	}
	setup, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	h, err = prepare(setup, conn, k.version(addr))
	if err == nil || errors.As(err, new(*mysql.MySQLError)) { // a server that is only slow is what it was
		k.learn(addr, h.version)
	}
	if err != nil {
		_ = conn.Close()
		return nil, h, err
	}
	h.addr = addr
	return conn, h, nil
}

func (c *CatalogConfig) driverConfig(ctx context.Context, addr string) (*mysql.Config, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName = "tcp", addr, c.User, c.Database
	name := addr
	if strings.HasPrefix(addr, "/") {
		cfg.Net, name = "unix", "localhost"
	} else if h, _, err := net.SplitHostPort(addr); err == nil {
		name = h
	} else {
		cfg.Addr = net.JoinHostPort(addr, "3306")
	}
	if c.Password != nil {
		word, err := c.Password(ctx)
		if err != nil {
			return nil, fmt.Errorf("password: %w", err)
		}
		cfg.Passwd = word
	}
	if c.TLS != nil {
		var err error
		if cfg.TLS, err = c.TLS.config(name); err != nil {
			return nil, err
		}
		cfg.AllowCleartextPasswords = c.Token
	}
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = c.connectTimeout(), readTimeout, readTimeout
	// One round trip per statement and no prepared statements left on the server; every argument is a number.
	cfg.InterpolateParams = true
	cfg.ParseTime = false
	cfg.Logger = &mysql.NopLogger{}
	cfg.ConnectionAttributes = "program_name:switchyard"
	return cfg, nil
}

// Limits, each longer than the one inside it, so that the one that knows most speaks first. The server ends a statement itself after 5 s.
const (
	answerLimit = 7 * time.Second // one statement
	setupLimit  = 8 * time.Second // the statements that open a session
	readTimeout = 9 * time.Second // the driver's, which does not tell slow from broken
)

// prepare makes the session read-only, limited in time, and proven so. A host whose version is known is asked one question less.
func prepare(ctx context.Context, conn driver.Conn, version string) (host, error) {
	if version == "" {
		who, err := firstRow(ctx, conn, stServer, 1)
		if err != nil {
			return host{}, err
		}
		version = who[0]
	}
	set, proof := stSetMySQL, stProofMySQL
	if strings.Contains(strings.ToLower(version), "mariadb") {
		set, proof = stSetMariaDB, stProofMariaDB
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, set.Text, nil); err != nil {
		return host{}, fmt.Errorf("%s: %w", set.Name, err)
	}
	said, err := firstRow(ctx, conn, proof, 4)
	if err != nil {
		return host{}, err
	}
	if !on(said[1]) {
		return host{}, fault(model.ErrNotReadOnly, "the server does not call the session read-only: it says %q", said[1])
	}
	return host{version: model.Clean(said[0]), readOnly: on(said[2]) || on(said[3])}, nil
}

// on reads a boolean variable; MariaDB 12 gives read_only more values than two, all of which refuse writes.
func on(s string) bool { return s != "0" && !strings.EqualFold(s, "OFF") && s != "" }

func firstRow(ctx context.Context, conn driver.Conn, st Statement, columns int) ([]string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, st.Text, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", st.Name, err)
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	if len(values) != columns {
		return nil, fault(model.ErrAnswer, "%s: %d columns instead of %d", st.Name, len(values), columns)
	}
	if err := rows.Next(values); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fault(model.ErrAnswer, "%s: no row", st.Name)
		}
		return nil, fmt.Errorf("%s: %w", st.Name, err)
	}
	out := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case []byte:
			out[i] = string(v)
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return out, nil
}
