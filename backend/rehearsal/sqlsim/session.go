package sqlsim

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"
)

// session is one connection: over the wire, or a Client's within the process.
type session struct {
	in   *Instance
	conn net.Conn // nil for a Client
	id   uint32
	host string
	gone chan struct{}
	once sync.Once

	// Guarded by in.mu, because the process list reads them.
	user  string // empty until logged in
	db    string
	stmt  string
	since time.Time

	secure bool // over the wire, inside TLS
	aside  bool // what it does is not counted

	// Used by the session's own goroutine only.
	vars     map[string]any
	readOnly bool
}

func (in *Instance) serve(c net.Conn) {
	s := in.session(c, c.RemoteAddr().String())
	defer s.end()
	defer func() {
		if p := recover(); p != nil { // the protocol's parser indexes into what the peer sent
			in.load.aborted.Add(1)
		}
	}()
	if s.gate(0) != nil {
		return
	}
	in.mu.Lock()
	srv := in.srv
	in.mu.Unlock()
	conn, err := srv.NewCustomizedConn(c, s, s)
	if err != nil {
		in.load.aborted.Add(1)
		return
	}
	in.load.connections.Add(1)
	for !conn.Closed() {
		if conn.HandleCommand() != nil {
			return
		}
	}
}

func (in *Instance) session(c net.Conn, host string) *session {
	s := &session{in: in, conn: c, host: host, gone: make(chan struct{}), vars: map[string]any{}}
	in.mu.Lock()
	in.nextID++
	s.id, s.since = in.nextID, in.cfg.Clock.Now()
	in.sessions[s.id] = s
	dying := in.ctx.Err() != nil
	in.mu.Unlock()
	if dying {
		s.kill()
	}
	return s
}

// kill makes the session end; it does not wait for it.
func (s *session) kill() {
	s.once.Do(func() {
		close(s.gone)
		if s.conn != nil {
			s.conn.Close()
		}
	})
}

func (s *session) end() {
	s.kill()
	s.in.mu.Lock()
	delete(s.in.sessions, s.id)
	s.in.mu.Unlock()
}

// GetCredential answers who may log in, and with what.
func (s *session) GetCredential(name string) (server.Credential, bool, error) {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	u, ok := s.in.users[name]
	if !ok || s.in.revoked[name] {
		host, _, _ := net.SplitHostPort(s.host)
		return server.Credential{}, false, mysql.NewDefaultError(mysql.ER_ACCESS_DENIED_ERROR, name, host, "YES")
	}
	if u.Locked {
		s.in.load.locked.Add(1)
		return server.Credential{}, false, mysql.NewError(3118, "Access denied for user '"+name+"'@'%'. Account is locked.")
	}
	return server.Credential{Passwords: []string{u.Password}, AuthPluginName: s.in.pluginOf(u)}, true, nil
}

// OnAuthSuccess admits the connection, unless it should have used TLS.
func (s *session) OnAuthSuccess(c *server.Conn) error {
	if _, secure := c.Conn.Conn.(*tls.Conn); s.in.cfg.Require && !secure && !s.in.letsPlain() {
		return mysql.NewError(3159, "Connections using insecure transport are prohibited while --require_secure_transport=ON.")
	}
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	s.user, s.secure = c.GetUser(), isTLS(c.Conn.Conn)
	s.aside = s.in.use.aside[s.user]
	return nil
}

// OnAuthFailure has nothing to add to the error that the peer gets.
func (s *session) OnAuthFailure(*server.Conn, error) {}

// UseDB chooses the database; there is one, besides MySQL's own.
func (s *session) UseDB(name string) error {
	if name != s.in.cfg.Database && !systemSchemas[strings.ToLower(name)] { // who has no right to it is not told whether it is there
		return mysql.NewDefaultError(mysql.ER_DBACCESS_DENIED_ERROR, s.user, "%", name)
	}
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	if name == s.in.cfg.Database && s.in.use.elsewhere.gone {
		return mysql.NewDefaultError(mysql.ER_BAD_DB_ERROR, name)
	}
	s.db = name
	return nil
}

func (s *session) database() any {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	if s.db == "" {
		return nil
	}
	return s.db
}

func (s *session) now() time.Time { return s.in.cfg.Clock.Now() }

// HandleQuery answers a statement in the text protocol.
func (s *session) HandleQuery(q string) (*mysql.Result, error) {
	return s.run(parse(strings.Clone(q)), nil, false) // the packet's buffer is reused
}

// HandleStmtPrepare reads a statement with parameters.
func (s *session) HandleStmtPrepare(q string) (params, columns int, context any, err error) {
	st := parse(strings.Clone(q))
	return st.params, 0, st, nil
}

// HandleStmtExecute answers a prepared statement in the binary protocol.
func (s *session) HandleStmtExecute(context any, _ string, args []any) (*mysql.Result, error) {
	plain := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case mysql.TypedBytes:
			plain[i] = string(a.Bytes)
		case []byte:
			plain[i] = string(a)
		default:
			plain[i] = a
		}
	}
	return s.run(context.(*statement), plain, true)
}

// HandleStmtClose forgets nothing, as nothing is kept.
func (s *session) HandleStmtClose(any) error { return nil }

// HandleFieldList refuses a command that MySQL itself has deprecated.
func (s *session) HandleFieldList(string, string) ([]*mysql.Field, error) {
	return nil, mysql.NewDefaultError(mysql.ER_UNKNOWN_COM_ERROR)
}

// HandleOtherCommand answers COM_RESET_CONNECTION and refuses the rest.
func (s *session) HandleOtherCommand(cmd byte, _ []byte) error {
	if cmd == mysql.COM_RESET_CONNECTION {
		s.vars, s.readOnly = map[string]any{}, false
		return nil
	}
	return mysql.NewDefaultError(mysql.ER_UNKNOWN_COM_ERROR)
}

var errLimit = errors.New("the statement's time limit")

// gate holds a statement as long as the server is hung or slow. It returns ErrGone when the connection went away
// meanwhile, and errLimit when the statement's own limit (0: none) was shorter than the server is slow.
func (s *session) gate(limit time.Duration) error {
	for {
		s.in.mu.Lock()
		hang, changed := s.in.fault.Hang, s.in.changed
		slow := s.in.fault.Latency + s.in.cfg.Latency
		s.in.mu.Unlock()
		switch {
		case hang:
			select {
			case <-changed:
			case <-s.gone:
				return ErrGone
			}
		case slow > 0:
			wait := slow
			if limit > 0 {
				wait = min(slow, limit)
			}
			t := time.NewTimer(wait) // the machine's time: it is a client that waits
			defer t.Stop()
			select {
			case <-t.C:
			case <-s.gone:
				return ErrGone
			}
			if limit > 0 && limit < slow {
				return errLimit
			}
			return nil
		default:
			return nil
		}
	}
}
