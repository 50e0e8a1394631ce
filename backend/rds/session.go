package rds

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/go-sql-driver/mysql"

	"switchyard/model"
)

// Token makes the passwords of an account that logs in by IAM: a fresh token for every connection, good for 15 minutes. Address
// is host:port as AWS names it, since it is part of what is signed.
func (r *Reader) Token(region, address, user string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		token, err := auth.BuildAuthToken(ctx, address, region, user, r.cfg.Credentials)
		if err != nil {
			return "", fault(model.ErrRefused, "make an IAM token for %s: %v", user, err)
		}
		return token, nil
	}
}

// ServerOptions say how one MySQL server is reached, and what is known of its users.
type ServerOptions struct {
	Address  string // host:port
	User     string
	Password func(context.Context) (string, error) // asked for every new connection
	Token    bool                                  // the password is an IAM token: sent as it is, so only inside TLS
	TLS      *tls.Config                           // nil: not encrypted. An empty ServerName becomes the address's host
	Database string                                // Bacula's schema; empty: its rows are not looked at
	Director string                                // the account of Bacula's Director; empty: not known
	Zone     *time.Location                        // of the Director's wall clock; nil: this host's
	Connect  time.Duration                         // limit for the server to accept; 3 s when zero
}

// connector opens sessions that the server itself calls read-only. It satisfies driver.Connector.
type connector struct {
	o   ServerOptions
	mu  sync.Mutex
	tls string // protocol and cipher of the newest session; empty: not encrypted
}

func (k *connector) Driver() driver.Driver { return mysql.MySQLDriver{} }

func (k *connector) Connect(ctx context.Context) (driver.Conn, error) {
	cfg, err := k.config(ctx)
	if err != nil {
		return nil, err
	}
	inner, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fault(nil, "connect to %s: %v", k.o.Address, err)
	}
	conn, err := inner.Connect(ctx)
	if err != nil {
		return nil, sqlFault("connect to "+k.o.Address, err)
	}
	if err := prepare(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, sqlFault("connect to "+k.o.Address, err)
	}
	return conn, nil
}

func (k *connector) config(ctx context.Context) (*mysql.Config, error) {
	o := k.o
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName = "tcp", o.Address, o.User, o.Database
	if o.Token && o.TLS == nil {
		return nil, fault(model.ErrUntrusted, "connect to %s: an IAM token is only sent inside TLS", o.Address)
	}
	if o.Password != nil {
		word, err := o.Password(ctx)
		if err != nil {
			return nil, err
		}
		cfg.Passwd = word
	}
	k.note("")
	if o.TLS != nil {
		cfg.TLS = o.TLS.Clone()
		if host, _, err := net.SplitHostPort(o.Address); err == nil && cfg.TLS.ServerName == "" {
			cfg.TLS.ServerName = host
		}
		verify := cfg.TLS.VerifyConnection
		cfg.TLS.VerifyConnection = func(s tls.ConnectionState) error {
			k.note(tls.VersionName(s.Version) + " " + tls.CipherSuiteName(s.CipherSuite))
			if verify != nil {
				return verify(s)
			}
			return nil
		}
		cfg.AllowCleartextPasswords = o.Token
	}
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = o.Connect, 8*time.Second, 8*time.Second // longer than the limit that the server is told
	cfg.InterpolateParams = true
	cfg.Logger = &mysql.NopLogger{}
	cfg.ConnectionAttributes = "program_name:switchyard"
	return cfg, nil
}

func (k *connector) note(cipher string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tls = cipher
}

// prepare makes the session read-only and limited in time, and has the server say so.
func prepare(ctx context.Context, conn driver.Conn) error {
	version, err := word(ctx, conn, stVersion)
	if err != nil {
		return err
	}
	limit, proof := stLimitMySQL, stProofMySQL
	if strings.Contains(strings.ToLower(version), "mariadb") {
		limit, proof = stLimitMariaDB, stProofMariaDB
	}
	for _, st := range []Statement{stReadOnly, limit} {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, st.Text, nil); err != nil {
			return fmt.Errorf("%s: %w", st.Name, err)
		}
	}
	said, err := word(ctx, conn, proof)
	if err != nil {
		return err
	}
	if !isOn(said) {
		return fault(model.ErrNotReadOnly, "the server does not call the session read-only: it says %q", said)
	}
	return nil
}

// word is the one value that a statement answers.
func word(ctx context.Context, conn driver.Conn, st Statement) (string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, st.Text, nil)
	if err != nil {
		return "", fmt.Errorf("%s: %w", st.Name, err)
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); err != nil {
		return "", fmt.Errorf("%s: %w", st.Name, err)
	}
	if b, ok := values[0].([]byte); ok {
		return string(b), nil
	}
	return fmt.Sprint(values[0]), nil
}

func isOn(s string) bool { return s != "" && s != "0" && !strings.EqualFold(s, "OFF") }

// sqlKinds are the server's own error numbers, of MySQL and MariaDB.
var sqlKinds = []struct {
	kind    error
	numbers []uint16
}{
	{model.ErrRefused, []uint16{1044, 1045, 1251, 1524, 1698, 1820, 1862, 3118, 4151, 1129, 1130}},
	{model.ErrNotAllowed, []uint16{1142, 1143, 1227, 1370}},
	{model.ErrUnreachable, []uint16{1053, 1927, 3169}},
	{model.ErrBusy, []uint16{1040, 1203, 1226}},
	{model.ErrTimeout, []uint16{1205, 1317, 1969, 3024}},
	{model.ErrUntrusted, []uint16{3159}},
}

// sqlFault says what a MySQL client met, with its kind.
func sqlFault(doing string, err error) error {
	var f *model.Fault
	if errors.As(err, &f) {
		return fault(f.Kind, "%s: %s", doing, strings.TrimPrefix(f.Says, doing+": "))
	}
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		for _, k := range sqlKinds {
			if slices.Contains(k.numbers, server.Number) {
				return fault(k.kind, "%s: %s (error %d)", doing, server.Message, server.Number)
			}
		}
		return fault(model.ErrAnswer, "%s: %s (error %d)", doing, server.Message, server.Number)
	}
	if says, kind := netKind(err); kind != nil {
		return fault(kind, "%s: %s", doing, says)
	}
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		return fault(model.ErrUntrusted, "%s: the server does not offer TLS", doing)
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, io.EOF):
		return fault(model.ErrUnreachable, "%s: the connection broke", doing)
	case errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrNativePassword), errors.Is(err, mysql.ErrOldPassword), errors.Is(err, mysql.ErrUnknownPlugin):
		return fault(model.ErrRefused, "%s: %v", doing, err)
	}
	return fault(model.ErrAnswer, "%s: %v", doing, err)
}
