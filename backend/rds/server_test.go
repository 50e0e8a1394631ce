package rds

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"

	ours "switchyard/backend/mysql"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

const schema = `CREATE TABLE Job (JobId INT UNSIGNED NOT NULL AUTO_INCREMENT, JobTDate BIGINT UNSIGNED DEFAULT 0, PRIMARY KEY (JobId));
CREATE TABLE Log (LogId INT UNSIGNED NOT NULL AUTO_INCREMENT, JobId INT UNSIGNED NOT NULL, Time DATETIME NULL, LogText BLOB NOT NULL,
	PRIMARY KEY (LogId));`

// mysqls is a primary and its replica, each with TLS, as RDS has them.
type mysqls struct {
	primary, replica *sqlsim.Instance
	ca               []byte // PEM
}

func startServers(t *testing.T, change ...func(*sqlsim.Config)) *mysqls {
	t.Helper()
	ca, err := sqlsim.NewAuthority("Amazon RDS root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	m := &mysqls{ca: ca.PEM}
	c := clock.New(time.Now(), 1)
	start := func(name, uuid string, readOnly bool) *sqlsim.Instance {
		cert, err := ca.Server(time.Now().Add(time.Hour), name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := sqlsim.Config{
			Name:     name,
			Version:  "8.4.11",
			UUID:     uuid,
			ServerID: 1,
			Database: "bacula",
			Schema:   schema,
			TLS:      cert,
			Require:  true,
			ReadOnly: readOnly,
			Dir:      t.TempDir(),
			Clock:    c,
			Users: []sqlsim.User{
				{Name: "watch", Password: "w", Monitor: true},
				{Name: "poor", Password: "p"},
				{Name: "bacula", Password: "b", Write: true},
			},
		}
		for _, f := range change {
			f(&cfg)
		}
		in, err := sqlsim.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = in.Close() })
		return in
	}
	m.primary = start("bacula", "fb54a210-e63a-11f1-8cc3-02fc00000001", false)
	m.replica = start("bacula-dr", "fb54a210-e63a-11f1-8cc3-02fc00000002", true)
	m.replica.Replicate(m.primary, 0)
	return m
}

func (m *mysqls) look(t *testing.T, in *sqlsim.Instance, change ...func(*ServerOptions)) *Server {
	o := ServerOptions{
		Address: in.Addr(), User: "watch", Password: func(context.Context) (string, error) { return "w", nil },
		TLS: &ours.TLS{CA: m.ca}, Database: "bacula", Director: "bacula", Zone: time.UTC,
	}
	for _, f := range change {
		f(&o)
	}
	s := NewServer(o)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// write commits one job and one log row as Bacula's Director would.
func (m *mysqls) write(t *testing.T, at time.Time) *sqlsim.Client {
	t.Helper()
	c, err := m.primary.Connect("bacula", "dir-new:41000")
	if err == nil {
		err = c.Write(func(tx *sqlsim.Tx) error {
			if err := tx.Exec("INSERT INTO Job (JobTDate) VALUES (?)", at.Unix()); err != nil {
				return err
			}
			return tx.Exec("INSERT INTO Log (JobId, Time, LogText) VALUES (1, ?, 'x')", at.UTC().Add(2*time.Second).Format(time.DateTime))
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// until looks until a condition holds.
func until(t *testing.T, s *Server, what string, ok func(model.Server) bool) model.Server {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got, err := s.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ok(got) {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: never; the last look saw %+v", what, got)
		}
	}
}

func TestLookAtAPair(t *testing.T) {
	m := startServers(t)
	began := time.Now()
	m.write(t, began.Add(-time.Minute))
	p, err := m.look(t, m.primary).Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := until(
		t,
		m.look(t, m.replica),
		"the replica has what the primary wrote",
		func(r model.Server) bool { return p.GTIDs.Minus(r.GTIDs).Empty() && !r.Newest.IsZero() },
	)
	if p.Version != "8.4.11" || p.ReadOnly || p.GTIDMode != "ON" || p.GTIDs.Count() != 1 || p.Replication != nil || p.MaxConnections != 500 {
		t.Errorf("the primary: %+v", p)
	}
	if want := began.Add(-58 * time.Second).Truncate(time.Second); !p.Newest.Equal(want) || !r.Newest.Equal(want) {
		t.Errorf("newest rows of %v and %v, want %v", p.Newest, r.Newest, want)
	}
	if p.Director != 1 || p.Connections != 2 || len(p.Accounts) != 2 {
		t.Errorf("connections %d, of the Director %d, by account %v", p.Connections, p.Director, p.Accounts)
	}
	if !strings.HasPrefix(p.TLS, "TLS 1.3 TLS_") {
		t.Errorf("the session is said to be encrypted with %q", p.TLS)
	}
	rep := r.Replication
	if !r.ReadOnly || !rep.Runs() || rep.Lag != model.KnownLag(0) || rep.Source == "" || rep.Retrieved.Count() != 1 || len(r.Behind) != 1 {
		t.Errorf("the replica: %+v, replication %+v", r, rep)
	}
	if len(p.Variables) < 15 || len(p.Variables) != len(r.Variables) {
		t.Errorf("%d and %d variables to compare", len(p.Variables), len(r.Variables))
	}
}

func TestReplicationTroubleIsBroken(t *testing.T) {
	m := startServers(t)
	s := m.look(t, m.replica)
	for name, c := range map[string]struct {
		fault sqlsim.ReplicaFault
		lag   string
	}{
		"io":     {sqlsim.ReplicaFault{StopIO: true}, "broken: IO thread stopped"},
		"sql":    {sqlsim.ReplicaFault{StopSQL: true}, "broken: SQL thread stopped"},
		"broken": {sqlsim.ReplicaFault{Broken: "Duplicate entry '7' for key 'Job.PRIMARY'"}, "broken: SQL thread stopped: 1062 "},
		"well":   {sqlsim.ReplicaFault{}, "0 s"},
	} {
		m.replica.SetReplication(c.fault)
		got, err := s.Look(t.Context())
		if err != nil || !strings.HasPrefix(got.Replication.Lag.String(), c.lag) {
			t.Errorf("%s: lag %v, %v", name, got.Replication.Lag, err)
		}
	}
	m.replica.SetReplication(sqlsim.ReplicaFault{}) // the last of the cases, whichever that was
	m.primary.Stop()
	until(t, s, "the source is gone", func(r model.Server) bool {
		return strings.HasPrefix(r.Replication.Lag.String(), "broken: IO thread is connecting")
	})
	m.replica.Promote()
	got := until(t, s, "promoted", func(r model.Server) bool { return r.Replication == nil })
	if got.ReadOnly {
		t.Error("promoted, and still read-only")
	}
}

func TestWithoutPrivileges(t *testing.T) {
	m := startServers(t)
	c := m.write(t, time.Now())
	defer c.Close()
	poor := func(o *ServerOptions) {
		o.User, o.Password = "poor", func(context.Context) (string, error) { return "p", nil }
	}
	p, err := m.look(t, m.primary, poor).Look(t.Context())
	if err != nil || p.Director != -1 || len(p.Accounts) != 0 || p.Connections != 2 {
		t.Errorf("connections %d, of the Director %d, by account %v, %v", p.Connections, p.Director, p.Accounts, err)
	}
	r, err := m.look(t, m.replica, poor).Look(t.Context())
	if err != nil || r.Replication == nil || r.Replication.Lag.State() != model.LagUnknown ||
		!strings.Contains(r.Replication.Lag.Why(), "REPLICATION CLIENT") {
		t.Errorf("replication %+v, %v", r.Replication, err)
	}
}

func TestQueriesPerSecondAndRestarts(t *testing.T) {
	m := startServers(t)
	s := m.look(t, m.primary)
	first, err := s.Look(t.Context())
	if err != nil || first.QPS != -1 || len(first.Queries) != 0 {
		t.Errorf("the first look knows %v q/s, %v", first.QPS, err)
	}
	out := model.Server{Uptime: 100 * time.Second}
	s = NewServer(ServerOptions{})
	at := time.Now()
	look := func(after time.Duration, queries uint64) model.Server {
		at, out.Uptime = at.Add(after), out.Uptime+after
		s.remember(&out, queries, at)
		return out
	}
	look(0, 1000)
	if got := look(5*time.Second, 1500); got.QPS != 100 || !got.Restarted.IsZero() {
		t.Errorf("500 queries in 5 s are %v a second, restarted %v", got.QPS, got.Restarted)
	}
	out.Uptime = -2 * time.Second
	if got := look(5*time.Second, 30); got.QPS != -1 || !got.Restarted.Equal(at.Add(-3*time.Second)) {
		t.Errorf("after a restart %v q/s, restarted %v", got.QPS, got.Restarted)
	}
	if got := look(5*time.Second, 80); got.QPS != 10 || got.Restarted.IsZero() {
		t.Errorf("then %v q/s, restarted %v", got.QPS, got.Restarted)
	}
	if got := look(5*time.Second, 70); got.QPS != -1 {
		t.Errorf("a counter that went back gives %v q/s", got.QPS)
	}
	for range 1000 {
		look(5*time.Second, 1e6)
	}
	if n := len(out.Queries); n != recentKept {
		t.Errorf("%d points are kept", n)
	}
}

func TestNewestRowIgnoresJobsOfTheFuture(t *testing.T) {
	m := startServers(t)
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	m.write(t, past)
	m.write(t, time.Now().Add(24*time.Hour)) // run when="tomorrow"
	got, err := m.look(t, m.primary).Look(t.Context())
	if err != nil || got.Newest.After(time.Now()) || got.Newest.IsZero() {
		t.Errorf("newest row %v, %v", got.Newest, err)
	}
}

func TestServerTroubleIsTold(t *testing.T) {
	m := startServers(t)
	look := func(change ...func(*ServerOptions)) error {
		_, err := m.look(t, m.primary, change...).Look(t.Context())
		return err
	}
	for name, c := range map[string]struct {
		kind   error
		change func(*ServerOptions)
	}{
		"password": {model.ErrRefused, func(o *ServerOptions) {
			o.Password = func(context.Context) (string, error) {
				return "wrong",
					nil
			}
		}},
		"certificate":   {model.ErrUntrusted, func(o *ServerOptions) { o.TLS = &ours.TLS{} }},
		"name":          {model.ErrUntrusted, func(o *ServerOptions) { o.TLS = &ours.TLS{CA: m.ca, ServerName: "another"} }},
		"token, no TLS": {model.ErrUntrusted, func(o *ServerOptions) { o.TLS, o.Token = nil, true }},
		"no password": {model.ErrRefused, func(o *ServerOptions) {
			o.Password = func(context.Context) (string, error) { return "", fault(model.ErrRefused, "no file") }
		}},
		"nobody there": {model.ErrUnreachable, func(o *ServerOptions) { o.Address = "127.0.0.1:1" }},
	} {
		if err := look(c.change); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: a password is told: %v", name, err)
		}
	}
	s := m.look(t, m.primary, func(o *ServerOptions) { o.Connect = 200 * time.Millisecond })
	m.primary.Set(sqlsim.Fault{Hang: true})
	began := time.Now()
	if _, err := s.Look(t.Context()); !errors.Is(err, model.ErrTimeout) || time.Since(began) >= ours.ServerLimit {
		t.Errorf("it never greets: %v after %v", err, time.Since(began))
	}
	m.primary.Set(sqlsim.Fault{})
	if _, err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.primary.Set(sqlsim.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.Look(ctx); !errors.Is(err, model.ErrTimeout) {
		t.Errorf("hung: %v", err)
	}
	m.primary.Set(sqlsim.Fault{})
	if _, err := s.Look(t.Context()); err != nil {
		t.Errorf("healed: %v", err)
	}
}

// clearDoor takes one password, and only as it is.
type clearDoor struct {
	*server.InMemoryAuthenticationHandler
	word atomic.Pointer[string]
}

func (d *clearDoor) Validate(plugin string) bool { return plugin == mysql.AUTH_CLEAR_PASSWORD }

func (d *clearDoor) Authenticate(_ *server.Conn, _ string, sent []byte) error {
	if strings.TrimRight(string(sent), "\x00") != *d.word.Load() {
		return server.ErrAccessDenied
	}
	return nil
}

// knowsNothing answers no SQL.
type knowsNothing struct{ server.EmptyHandler }

func (knowsNothing) HandleQuery(string) (*mysql.Result, error) {
	return nil, mysql.NewDefaultError(mysql.ER_UNKNOWN_ERROR)
}

// TestTokens lets a server in that takes passwords only as they are: what arrives must be a token that was just made.
func TestTokens(t *testing.T) {
	w := start(t)
	ca, err := sqlsim.NewAuthority("Amazon RDS root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Server(time.Now().Add(time.Hour), "bacula")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	door := &clearDoor{InMemoryAuthenticationHandler: server.NewInMemoryAuthenticationHandler(mysql.AUTH_CLEAR_PASSWORD)}
	var all sync.WaitGroup
	defer all.Wait()
	defer l.Close()
	let := make(chan bool, 10)
	all.Go(func() {
		srv := server.NewServerWithAuth("8.4.11", mysql.DEFAULT_COLLATION_ID, mysql.AUTH_CLEAR_PASSWORD, nil, cert, door)
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			conn, err := srv.NewCustomizedConn(c, door, knowsNothing{})
			let <- err == nil
			if err == nil {
				_ = conn.HandleCommand() // the server knows no SQL: the first statement ends it
			}
			c.Close()
		}
	})
	make := w.Token(far, l.Addr().String(), "switchyard_ro")
	var tokens []string
	s := NewServer(
		ServerOptions{
			Address: l.Addr().String(),
			User:    "switchyard_ro",
			Token:   true,
			TLS:     &ours.TLS{CA: ca.PEM},
			Password: func(ctx context.Context) (string, error) {
				token, err := make(ctx)
				tokens = append(tokens, token)
				door.word.Store(&token)
				return token, errors.Join(err, door.AddUser("switchyard_ro", token))
			},
		},
	)
	defer s.Close()
	for range 2 {
		if _, err := s.Look(t.Context()); err == nil || errors.Is(err, model.ErrRefused) {
			t.Errorf("the look ended with %v", err)
		} else if strings.Contains(err.Error(), "X-Amz") {
			t.Errorf("a token is told: %v", err)
		}
		if !<-let {
			t.Error("the server did not let the token in")
		}
	}
	if len(tokens) != 2 {
		t.Errorf("%d tokens for two connections", len(tokens))
	}
	u, err := url.Parse("https://" + tokens[0])
	if err != nil || u.Host != l.Addr().String() || u.Query().Get("DBUser") != "switchyard_ro" || u.Query().Get("X-Amz-Expires") != "900" ||
		!strings.Contains(u.Query().Get("X-Amz-Credential"), "/eu-central-1/rds-db/") {
		t.Errorf("the token is not one for this account: %v", err)
	}
}

func TestSessionsAreLimitedAsTheRoomSays(t *testing.T) {
	for text, want := range map[string]string{
		stLimitMySQL.Text:   fmt.Sprintf("max_execution_time = %d", ours.ServerLimit.Milliseconds()),
		stLimitMariaDB.Text: fmt.Sprintf("max_statement_time = %.0f", ours.ServerLimit.Seconds()),
	} {
		if !strings.HasSuffix(text, want) {
			t.Errorf("%q does not end with %q", text, want)
		}
	}
}

func TestStatementsOnlyRead(t *testing.T) {
	seen := map[string]bool{}
	for _, st := range Statements {
		if seen[st.Name] || seen[st.Text] {
			t.Errorf("%s is there twice", st.Name)
		}
		seen[st.Name], seen[st.Text] = true, true
		reads := regexp.MustCompile(`^(SELECT|SHOW (GLOBAL|REPLICA|BINARY|MASTER)|SET SESSION )`).MatchString(st.Text)
		if writes := regexp.MustCompile(`(?i)\b(insert|update|delete|replace|into|create|alter|drop|lock|call|load)\b|;|@@global\.\w+ *=`).
			FindString(st.Text); !reads ||
			writes != "" {
			t.Errorf("%s does not only read: %s", st.Name, st.Text)
		}
	}
}
