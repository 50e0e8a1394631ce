// Package sqlsim is a MySQL server of a rehearsal: the real wire protocol in front of SQLite, with its own variables, accounts, replication
// and faults.
package sqlsim

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-mysql-org/go-mysql/server"

	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/port"
)

// What an in-process client meets when the server is not well; over the wire the same looks like a dead TCP peer.
var (
	ErrDown     = errors.New("the server refuses connections")
	ErrHung     = errors.New("the server does not answer")
	ErrGone     = errors.New("the server closed the connection")
	ErrReadOnly = errors.New("the server is read only")
)

// Config says what kind of server an Instance is.
type Config struct {
	Name     string // for messages
	Version  string // what SELECT VERSION() says
	Comment  string // version_comment
	MariaDB  bool   // speaks MariaDB's words where they differ
	UUID     string // server_uuid
	ServerID int
	Database string
	Schema   string // CREATE TABLE statements in MySQL's syntax
	Users    []User
	TLS      *tls.Config // nil: the server offers no TLS
	Require  bool        // require_secure_transport
	ReadOnly bool
	Dir      string // where its data file lives; made private by the caller
	Clock    *clock.Clock
	Vars     map[string]any               // more system variables: string, int64 or bool
	Latency  time.Duration                // what each statement takes on the way, such as a link to another region
	Heard    func(user, statement string) // told every statement before it is answered; may be nil
	Traffic  Traffic                      // of clients that are nobody's
	Schemas  []string                     // there are besides Database
	Derived  map[string]Derive            // tables of Schema whose rows are made when a statement asks, by lower-case name
}

// User is an account. Its plugin is mysql_native_password without TLS and caching_sha2_password with it.
type User struct {
	Name, Password string
	Write          bool // may change the database; else SELECT only
	Alter          bool // may raise what tables number by, and insert rows
	Monitor        bool // REPLICATION CLIENT and PROCESS
	Admin          bool // may SET GLOBAL and write although read_only

	Accounts bool   // may make, change and lock accounts, and end sessions
	Sees     bool   // SELECT, SHOW VIEW, EVENT and TRIGGER on everything: it is shown what all others have and do
	Host     string // from where it may come; empty: %
	Plugin   string // by what it proves itself; empty: by what the server has
	Locked   bool
	Checked  bool // its password is looked at within the process, too
}

// Instance is one MySQL server. All methods may be called from any goroutine.
type Instance struct {
	cfg    Config
	port   *port.Port
	db     *sql.DB
	tables map[string]*table // by lower-case name
	order  []string          // table names as created
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	load   load

	mu       sync.Mutex
	srv      *server.Server
	listener net.Listener
	sessions map[uint32]*session
	nextID   uint32
	users    map[string]User
	revoked  map[string]bool
	vars     map[string]any
	readOnly bool
	plain    bool   // clients within the process do not encrypt, and nobody has to
	plainly  string // an account that has such a session all the while
	stopped  bool
	fault    Fault
	changed  chan struct{} // closed and replaced whenever stopped, fault or replication change
	onDrop   []func()
	started  time.Time
	filling  map[string]<-chan struct{} // by table, closed when its past is there
	withheld map[string]<-chan struct{} // by table, closed when it has what its neighbours have

	write sync.Mutex           // one transaction at a time; taken before mu
	stmts map[string]*sql.Stmt // that the world's own transactions repeat; guarded by write
	log   binlog
	repl  *replication // nil: nobody's replica
	use   usage
	traffic
}

// Fault is what is wrong with a server. The zero Fault is a healthy one.
type Fault struct {
	Refuse  bool          // dials are refused and nothing answers
	Hang    bool          // connections are taken and nothing ever answers
	Latency time.Duration // each statement takes this much longer
}

type load struct {
	questions, selects, commits, rowsSent, bytesSent, connections, aborted, locked atomic.Uint64
}

// Load is what the server has done since it was made, and its connections now.
type Load struct {
	Questions, Selects, Commits, RowsSent, BytesSent, Connections, Aborted, Locked uint64
	Connected                                                                      int            // now
	ByUser                                                                         map[string]int // connections now, by account
}

// New makes a server with an empty database and starts to serve it.
func New(cfg Config) (*Instance, error) {
	parsed, err := parseTables(cfg.Schema)
	if err != nil {
		return nil, err
	}
	in := &Instance{
		cfg:      cfg,
		tables:   map[string]*table{},
		sessions: map[uint32]*session{},
		nextID:   8,
		users:    map[string]User{},
		revoked:  map[string]bool{},
		readOnly: cfg.ReadOnly,
		changed:  make(chan struct{}),
		filling:  map[string]<-chan struct{}{},
		withheld: map[string]<-chan struct{}{},
		stmts:    map[string]*sql.Stmt{},
	}
	in.vars = in.defaults()
	in.ctx, in.cancel = context.WithCancel(context.Background())
	in.started = cfg.Clock.Now()
	in.log.init(cfg.UUID)
	in.use.elsewhere.made = cfg.Schemas
	for _, u := range cfg.Users {
		in.users[u.Name] = u
	}
	for _, t := range parsed {
		in.tables[lower(t.name)] = t
		in.order = append(in.order, t.name)
	}
	if err := in.create(parsed); err != nil {
		return nil, fmt.Errorf("making %s: %w", cfg.Name, err)
	}
	if in.port, err = port.Reserve(); err != nil {
		in.db.Close()
		return nil, fmt.Errorf("making %s: %w", cfg.Name, err)
	}
	in.vars["port"] = int64(portOf(in.port.Addr()))
	if err := in.open(); err != nil {
		in.Close()
		return nil, fmt.Errorf("making %s: %w", cfg.Name, err)
	}
	return in, nil
}

// create makes the data file. It lives on disk so that two weeks of history cost no memory, without any care for a crash.
func (in *Instance) create(tables []*table) error {
	file := filepath.Join(in.cfg.Dir, in.cfg.Name+".db")
	for _, tail := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(file + tail); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=temp_store(MEMORY)"+
		"&_pragma=cache_size(-1000)&_pragma=case_sensitive_like(1)&_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(3)
	db.SetMaxIdleConns(3)
	in.db = db
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(numbersTable); err != nil {
		return err
	}
	for _, t := range tables {
		for _, stmt := range t.ddl() {
			if _, err := tx.Exec(stmt); err != nil {
				return fmt.Errorf("%s: %w", stmt, err)
			}
		}
	}
	return tx.Commit()
}

// Addr is the host and port of the server; it never changes.
func (in *Instance) Addr() string { return in.port.Addr() }

// UUID is the server's server_uuid.
func (in *Instance) UUID() string { return in.cfg.UUID }

// Name is the server's name as configured.
func (in *Instance) Name() string { return in.cfg.Name }

// Close ends the server and waits for all of its goroutines.
func (in *Instance) Close() error {
	in.cancel()
	in.mu.Lock()
	in.stopped = true
	in.apply()
	in.mu.Unlock()
	in.wg.Wait()
	return errors.Join(in.db.Close(), in.port.Close())
}

// Set replaces the server's fault; the zero Fault heals it. Refusing drops every connection.
func (in *Instance) Set(f Fault) {
	in.mu.Lock()
	in.fault = f
	in.apply()
	in.mu.Unlock()
	if f.Refuse {
		in.Drop()
	}
}

// Stop ends the server as a shutdown does. Start brings it back.
func (in *Instance) Stop() {
	in.mu.Lock()
	in.stopped = true
	in.apply()
	in.mu.Unlock()
	in.Drop()
}

// Start ends a Stop.
func (in *Instance) Start() {
	in.mu.Lock()
	if in.stopped && in.ctx.Err() == nil {
		in.stopped, in.started = false, in.cfg.Clock.Now()
		in.apply()
	}
	in.mu.Unlock()
}

// Reboot stops the server at once and starts it again after the given span of the world's time.
func (in *Instance) Reboot(down time.Duration) {
	in.Stop()
	in.wg.Go(func() {
		if in.cfg.Clock.Sleep(in.ctx, down) == nil {
			in.Start()
		}
	})
}

// Up tells whether a new connection would be answered.
func (in *Instance) Up() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.up()
}

func (in *Instance) up() bool { return !in.stopped && !in.fault.Refuse && !in.fault.Hang }

// SetReadOnly switches read_only for everybody but admins; 1290 is what writers meet.
func (in *Instance) SetReadOnly(on bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.readOnly = on
}

// ReadOnly tells whether read_only is on.
func (in *Instance) ReadOnly() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.readOnly
}

// Revoke takes an account's privileges away, or gives them back: it cannot log in, and its sessions may read nothing.
func (in *Instance) Revoke(user string, on bool) {
	in.mu.Lock()
	in.revoked[user] = on
	in.apply()
	var mine []*session
	for _, s := range in.sessions {
		if s.user == user {
			mine = append(mine, s)
		}
	}
	in.mu.Unlock()
	for _, s := range mine {
		s.kill()
	}
}

// SetVar changes a system variable: a string, an int64 or a bool.
func (in *Instance) SetVar(name string, v any) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.vars[name] = v
}

// OnDrop calls f whenever all connections were dropped, after they were.
func (in *Instance) OnDrop(f func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.onDrop = append(in.onDrop, f)
}

// Drop closes every connection; the server itself stays as it is.
func (in *Instance) Drop() {
	in.mu.Lock()
	all := make([]*session, 0, len(in.sessions))
	for _, s := range in.sessions {
		all = append(all, s)
	}
	tell := in.onDrop
	in.mu.Unlock()
	for _, s := range all {
		s.kill()
	}
	for _, f := range tell {
		f()
	}
}

// Load tells what the server has done so far.
func (in *Instance) Load() Load {
	l := Load{Questions: in.load.questions.Load(), Selects: in.load.selects.Load(), Commits: in.load.commits.Load(),
		RowsSent: in.load.rowsSent.Load(), BytesSent: in.load.bytesSent.Load(), Connections: in.load.connections.Load(),
		Aborted: in.load.aborted.Load(), Locked: in.load.locked.Load(), ByUser: map[string]int{}}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range in.sessions {
		if s.user != "" {
			l.ByUser[s.user]++
			l.Connected++
		}
	}
	return l
}
