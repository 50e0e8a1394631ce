package sqlsim

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Tx is a transaction on an instance; what it changes reaches the replicas.
type Tx struct {
	tx    *sql.Tx
	done  []change
	stmts map[string]*sql.Stmt // of a bulk load, which repeats itself
	in    *Instance            // nil: of a bulk load
}

type change struct {
	sql  string
	args []any
	kept bool // it repeats itself
}

// Exec runs one statement in SQLite's words, with ? for the arguments. Text must be bound as string: bytes never equal text.
// Statements are few, and come again with other arguments: SQLite prepares each once.
func (t *Tx) Exec(query string, args ...any) error {
	if t.stmts != nil {
		_, err := t.repeat(query, args)
		return err
	}
	st, err := t.in.prepared(query)
	if err != nil {
		return err
	}
	if _, err = t.tx.Stmt(st).Exec(args...); err == nil {
		t.done = append(t.done, change{query, args, true})
	}
	return err
}

// exec runs a statement of a client's own.
func (t *Tx) exec(query string, args []any) (sql.Result, error) {
	r, err := t.tx.Exec(query, args...)
	if err == nil {
		t.done = append(t.done, change{query, args, false})
	}
	return r, err
}

// prepared is a statement that repeats itself. The caller holds write.
func (in *Instance) prepared(query string) (*sql.Stmt, error) {
	if st := in.stmts[query]; st != nil {
		return st, nil
	}
	st, err := in.db.Prepare(query)
	if err == nil {
		in.stmts[query] = st
	}
	return st, err
}

func (t *Tx) repeat(query string, args []any) (sql.Result, error) {
	st := t.stmts[query]
	if st == nil {
		var err error
		if st, err = t.tx.Prepare(query); err != nil {
			return nil, err
		}
		t.stmts[query] = st
	}
	return st.Exec(args...)
}

// Row reads one row.
func (t *Tx) Row(query string, args ...any) *sql.Row { return t.tx.QueryRow(query, args...) }

// Read reads one row whatever is wrong with the server: for those who run the world, not for those who live in it.
func (in *Instance) Read(query string, args ...any) *sql.Row { return in.db.QueryRow(query, args...) }

// transaction is one entry of the binary log.
type transaction struct {
	n       uint64 // its number within the source's UUID
	end     position
	at      time.Time
	changes []change
}

// position is a place in a binary log.
type position struct {
	file int
	pos  uint64
}

func (p position) name() string { return fmt.Sprintf("mysql-bin-changelog.%06d", p.file) }

// binlog is what an instance wrote itself and its replicas have not all fetched yet.
type binlog struct {
	mu       sync.Mutex
	executed gtids
	uuid     string
	end      position
	feeds    map[*replication]bool
}

func (b *binlog) init(uuid string) {
	b.executed, b.uuid, b.end, b.feeds = gtids{}, uuid, position{1, 157}, map[*replication]bool{}
}

// advance counts one transaction of our own.
func (b *binlog) advance(size int) uint64 {
	spans := b.executed[b.uuid]
	if len(spans) == 0 {
		spans = []span{{1, 0}}
	}
	spans[0].to++
	b.executed[b.uuid] = spans
	b.end.pos += uint64(size)
	if b.end.pos > 128<<20 {
		b.end = position{b.end.file + 1, 157}
	}
	return spans[0].to
}

// transact runs f as one transaction and hands it to the replicas.
func (in *Instance) transact(f func(*Tx) error) error {
	in.write.Lock()
	defer in.write.Unlock()
	tx, err := in.db.BeginTx(in.ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", in.cfg.Name, err)
	}
	t := &Tx{tx: tx, in: in}
	if err := f(t); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", in.cfg.Name, err)
	}
	if len(t.done) == 0 {
		return nil
	}
	in.load.commits.Add(1)
	size := 200
	for _, c := range t.done {
		size += len(c.sql)
		for _, a := range c.args {
			if s, ok := a.(string); ok {
				size += len(s)
			}
		}
	}
	in.log.mu.Lock()
	defer in.log.mu.Unlock()
	tr := transaction{n: in.log.advance(size), at: in.cfg.Clock.Now(), changes: t.done}
	tr.end = in.log.end
	for r := range in.log.feeds {
		r.offer(tr)
	}
	return nil
}

// Heartbeat is a transaction of the server's own, such as RDS writes to mysql.rds_heartbeat2 when nobody else writes anything.
func (in *Instance) Heartbeat() {
	in.write.Lock()
	defer in.write.Unlock()
	in.log.mu.Lock()
	defer in.log.mu.Unlock()
	tr := transaction{n: in.log.advance(200), at: in.cfg.Clock.Now()}
	tr.end = in.log.end
	for r := range in.log.feeds {
		r.offer(tr)
	}
}

// Bulk runs f as one transaction that no replica is told of and that has no GTID: for data that was there before the world began.
func (in *Instance) Bulk(f func(*Tx) error) error {
	in.write.Lock()
	defer in.write.Unlock()
	tx, err := in.db.BeginTx(in.ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", in.cfg.Name, err)
	}
	if err := f(&Tx{tx: tx, stmts: map[string]*sql.Stmt{}}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Assume sets how many transactions of its own the instance has executed before the world began; its replicas have them too.
func (in *Instance) Assume(n uint64) {
	in.log.mu.Lock()
	defer in.log.mu.Unlock()
	in.log.executed[in.log.uuid] = []span{{1, n}}
	in.log.end = position{int(n/100000) + 1, 157}
	for r := range in.log.feeds {
		r.mu.Lock()
		r.fetched, r.read, r.exec = n, in.log.end, in.log.end
		r.mu.Unlock()
		r.to.log.mu.Lock()
		r.to.log.executed[in.log.uuid] = []span{{1, n}}
		r.to.log.mu.Unlock()
	}
}
