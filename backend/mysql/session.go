// Package mysql opens sessions to MySQL and MariaDB servers that these themselves call read-only, and says what a server's error means. The
// statements are those of the reader whose sessions they are.
package mysql

import (
	"context"
	"database/sql"
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

// Statement is one SQL statement of a reader's closed list, without arguments.
type Statement struct {
	Name string
	Text string
}

// Limits, each longer than the one inside it, so that the one that knows most speaks first.
const (
	ServerLimit = 5 * time.Second // after which a server ends a statement itself, as the statements of an Opening tell it
	AnswerLimit = 7 * time.Second // one statement
	setupLimit  = 8 * time.Second // the statements that open a session
	wireLimit   = 9 * time.Second // the driver's, which does not tell slow from broken
)

// Login says where one server is and how one logs in.
type Login struct {
	Address  string // host:port, a host alone, or an absolute socket path
	User     string
	Database string                                // empty: none
	Password func(context.Context) (string, error) // asked for every new connection; nil: none
	Token    bool                                  // the password is an IAM token: sent as it is, inside TLS only
	TLS      *TLS                                  // nil: not encrypted
	Connect  time.Duration                         // limit for the server to accept and greet; 3 s when zero
	Params   map[string]string                     // session variables from its first moment on
}

func (l *Login) connectLimit() time.Duration {
	if l.Connect > 0 {
		return l.Connect
	}
	return 3 * time.Second
}

// Dial logs in. The session is not read-only: readers open theirs by a Host.
func (l *Login) Dial(ctx context.Context) (driver.Conn, error) {
	conn, _, err := l.dial(ctx)
	return conn, err
}

// Try logs in and leaves again. It tells protocol and cipher of the session; empty: it was not encrypted.
func (l *Login) Try(ctx context.Context) (cipher string, err error) {
	conn, cipher, err := l.dial(ctx)
	if err != nil {
		return "", err
	}
	return cipher, conn.Close()
}

func (l *Login) dial(ctx context.Context) (conn driver.Conn, cipher string, err error) {
	cfg, err := l.config(ctx, func(s string) { cipher = s })
	if err != nil {
		return nil, "", err
	}
	inner, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, "", err
	}
	// A hung server is connected by its kernel and never greets: dialling, TLS and login share one limit.
	greet, cancel := context.WithTimeout(ctx, l.connectLimit())
	defer cancel()
	conn, err = inner.Connect(greet)
	return conn, cipher, err
}

// config is the driver's; it has the protocol and cipher told when they are agreed.
func (l *Login) config(ctx context.Context, told func(cipher string)) (*mysql.Config, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName, cfg.Params = "tcp", l.Address, l.User, l.Database, l.Params
	name := l.Address
	if strings.HasPrefix(l.Address, "/") {
		cfg.Net, name = "unix", "localhost"
	} else if h, _, err := net.SplitHostPort(l.Address); err == nil {
		name = h
	} else {
		cfg.Addr = net.JoinHostPort(l.Address, "3306")
	}
	if l.Token && l.TLS == nil {
		return nil, fault(model.ErrUntrusted, "an IAM token is only sent inside TLS")
	}
	if l.Password != nil {
		word, err := l.Password(ctx)
		if err != nil {
			return nil, fmt.Errorf("password: %w", err)
		}
		cfg.Passwd = word
	}
	if l.TLS != nil {
		var err error
		if cfg.TLS, err = l.TLS.config(name, told); err != nil {
			return nil, err
		}
		cfg.AllowCleartextPasswords = l.Token
	}
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = l.connectLimit(), wireLimit, wireLimit
	// One round trip per statement and no prepared statements left on the server; every argument is a number.
	cfg.InterpolateParams = true
	cfg.ParseTime = false
	cfg.Logger = &mysql.NopLogger{}
	cfg.ConnectionAttributes = "program_name:switchyard"
	return cfg, nil
}

// Opening are the statements that make a session read-only and limited in time, and have the server say so.
type Opening struct {
	Server         Statement // one value: the version, which tells the engine
	MySQL, MariaDB Engine    // which know some variables by other names
	Columns        int       // of the proof
	ReadOnly       int       // the column of the proof that says whether the session is read-only
}

// Engine are the statements of one engine.
type Engine struct {
	Set   []Statement
	Proof Statement // one row
}

// Host is one server that read-only sessions are opened to. It remembers the engine that answered: the next session is asked one question
// less.
type Host struct {
	login   Login
	opening *Opening

	mu     sync.Mutex
	engine *Engine // of the newest session; nil after one that it refused
}

// Driver is the driver's, as database/sql asks for it.
func Driver() driver.Driver { return mysql.MySQLDriver{} }

// NewHost does not connect yet: Open does.
func NewHost(l Login, o *Opening) *Host { return &Host{login: l, opening: o} }

// Session is a session that its server calls read-only.
type Session struct {
	Conn   driver.Conn
	Cipher string   // protocol and cipher; empty: not encrypted
	Said   []string // the row of the proof
}

// Open logs in and prepares the session. A session that the server does not itself call read-only is closed again: model.ErrNotReadOnly.
func (h *Host) Open(ctx context.Context) (Session, error) {
	conn, cipher, err := h.login.dial(ctx)
	if err != nil {
		return Session{}, err
	}
	setup, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	said, err := h.prepare(setup, conn)
	if err != nil {
		_ = conn.Close()
		return Session{}, err
	}
	return Session{Conn: conn, Cipher: cipher, Said: said}, nil
}

func (h *Host) prepare(ctx context.Context, conn driver.Conn) ([]string, error) {
	engine, err := h.known(ctx, conn)
	if err != nil {
		return nil, err
	}
	said, err := h.opening.prove(ctx, conn, engine)
	switch {
	case err == nil:
		h.learn(engine)
	case Number(err) != 0: // a server that is only slow is what it was
		h.learn(nil)
	}
	return said, err
}

func (h *Host) known(ctx context.Context, conn driver.Conn) (*Engine, error) {
	h.mu.Lock()
	engine := h.engine
	h.mu.Unlock()
	if engine != nil {
		return engine, nil
	}
	who, err := row(ctx, conn, h.opening.Server, 1)
	if err != nil {
		return nil, err
	}
	if strings.Contains(strings.ToLower(who[0]), "mariadb") {
		return &h.opening.MariaDB, nil
	}
	return &h.opening.MySQL, nil
}

func (h *Host) learn(e *Engine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.engine = e
}

func (o *Opening) prove(ctx context.Context, conn driver.Conn, e *Engine) ([]string, error) {
	for _, set := range e.Set {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, set.Text, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", set.Name, err)
		}
	}
	said, err := row(ctx, conn, e.Proof, o.Columns)
	if err != nil {
		return nil, err
	}
	if word := said[o.ReadOnly]; !On(word) {
		return nil, fault(model.ErrNotReadOnly, "the server does not call the session read-only: it says %q", word)
	}
	return said, nil
}

// On reads a boolean variable; MariaDB 12 gives read_only more values than two, all of which refuse writes.
func On(s string) bool { return s != "0" && !strings.EqualFold(s, "OFF") && s != "" }

// row is the first row of an answer; NULL is empty.
func row(ctx context.Context, conn driver.Conn, st Statement, columns int) ([]string, error) {
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

// Ask runs a statement within its limit and hands every row to take. Every argument is a whole number.
func Ask(ctx context.Context, conn *sql.Conn, text string, args []any, take func(*sql.Rows) error) error {
	ctx, cancel := context.WithTimeout(ctx, AnswerLimit)
	defer cancel()
	rows, err := conn.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Texts hands each row on as texts; NULL is an empty one.
func Texts(columns int, take func([]string)) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		held, to := make([]sql.NullString, columns), make([]any, columns)
		for i := range held {
			to[i] = &held[i]
		}
		if err := r.Scan(to...); err != nil {
			return err
		}
		row := make([]string, columns)
		for i := range held {
			row[i] = held[i].String
		}
		take(row)
		return nil
	}
}
