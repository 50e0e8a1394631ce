package sqlsim

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// replication is the stream from a source to a replica.
type replication struct {
	from, to *Instance
	wake     chan struct{}
	cancel   context.CancelFunc
	ended    chan struct{}

	mu      sync.Mutex
	state   ReplicaFault
	queue   []transaction // fetched and not applied
	waiting []transaction // not fetched, because the IO thread stands
	fetched uint64
	read    position // of the source's log: fetched up to here
	exec    position // and applied up to here
	lag     time.Duration
}

// ReplicaFault is what is wrong with a replica's replication. The zero value is a healthy one.
type ReplicaFault struct {
	StopIO  bool
	StopSQL bool
	Broken  string // why the SQL thread ended by itself; it has 1062
	Stall   bool   // both threads run and nothing is applied: the lag grows
	Worker  string // why a worker of the applier ended: only performance_schema tells it
	Unread  bool   // the lag is told in words that are no number
	Gone    bool   // as after RESET REPLICA ALL: it replicates from nobody any more
	Other   string // server_uuid that the source is said to have
	Second  Stream // a second channel
}

// Stream is a channel beside the one that carries the data. Without a name there is none.
type Stream struct {
	Name    string
	Stopped bool          // its SQL thread
	Behind  time.Duration // while it runs
}

// stands tells whether nothing is applied.
func (f ReplicaFault) stands() bool {
	return f.StopSQL || f.Broken != "" || f.Worker != "" || f.Stall || f.Gone
}

// Replicate makes the instance a replica of another one: what is written there arrives here after the lag.
func (in *Instance) Replicate(from *Instance, lag time.Duration) {
	ctx, cancel := context.WithCancel(in.ctx)
	r := &replication{from: from, to: in, wake: make(chan struct{}, 1), cancel: cancel, ended: make(chan struct{}), lag: lag}
	in.mu.Lock()
	in.repl = r
	in.mu.Unlock()
	from.log.mu.Lock()
	r.read, r.exec = from.log.end, from.log.end
	from.log.feeds[r] = true
	from.log.mu.Unlock()
	in.wg.Go(func() {
		defer close(r.ended)
		r.run(ctx)
	})
}

func (r *replication) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *replication) offer(t transaction) {
	r.mu.Lock()
	r.waiting = append(r.waiting, t)
	r.mu.Unlock()
	r.poke()
}

// run fetches and applies until the context ends.
func (r *replication) run(ctx context.Context) {
	for ctx.Err() == nil {
		changed := [2]<-chan struct{}{r.from.watch(), r.to.watch()}
		t, due := r.next()
		if t == nil {
			select {
			case <-r.wake:
			case <-changed[0]:
			case <-changed[1]:
			case <-ctx.Done():
			}
			continue
		}
		if r.to.cfg.Clock.Wait(ctx, due) != nil {
			return
		}
		r.mu.Lock()
		if r.state.stands() || len(r.queue) == 0 {
			r.mu.Unlock()
			continue
		}
		r.queue = r.queue[1:]
		r.mu.Unlock()
		r.apply(*t)
	}
}

// next fetches what there is and tells the transaction to apply and when, or nil.
func (r *replication) next() (*transaction, time.Time) {
	r.fetch()
	up := r.to.Up()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !up || len(r.queue) == 0 || r.state.stands() {
		return nil, time.Time{}
	}
	t := r.queue[0]
	return &t, t.at.Add(r.lag)
}

// fetch is the IO thread: it takes what the source has written, if it can reach it.
func (r *replication) fetch() {
	up := r.from.Up() && r.to.Up()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !up || r.state.StopIO || r.state.Gone || len(r.waiting) == 0 {
		return
	}
	r.queue = append(r.queue, r.waiting...)
	last := r.waiting[len(r.waiting)-1]
	r.fetched, r.read = last.n, last.end
	r.waiting = nil
}

func (r *replication) apply(t transaction) {
	r.to.write.Lock()
	defer r.to.write.Unlock()
	err := func() error {
		tx, err := r.to.db.BeginTx(r.to.ctx, nil)
		if err != nil {
			return err
		}
		for _, c := range t.changes {
			if err := r.to.again(tx, c); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		return tx.Commit()
	}()
	if err != nil {
		if r.to.ctx.Err() == nil {
			r.mu.Lock()
			r.state.Broken = err.Error()
			r.queue = append([]transaction{t}, r.queue...)
			r.mu.Unlock()
		}
		return
	}
	r.to.load.commits.Add(1)
	r.mu.Lock()
	r.exec = t.end
	r.mu.Unlock()
	r.to.log.mu.Lock()
	defer r.to.log.mu.Unlock()
	spans := r.to.log.executed[r.from.cfg.UUID]
	if len(spans) == 0 {
		spans = []span{{1, 0}}
	}
	spans[0].to = t.n
	r.to.log.executed[r.from.cfg.UUID] = spans
}

// again carries out what a source did. The caller holds write.
func (in *Instance) again(tx *sql.Tx, c change) error {
	if !c.kept {
		_, err := tx.Exec(c.sql, c.args...)
		return err
	}
	st, err := in.prepared(c.sql)
	if err == nil {
		_, err = tx.Stmt(st).Exec(c.args...)
	}
	return err
}

// SetReplication replaces the fault of the instance's replication. It does nothing to an instance that replicates from nobody.
func (in *Instance) SetReplication(f ReplicaFault) {
	if r := in.replica(); r != nil {
		r.mu.Lock()
		r.state = f
		r.mu.Unlock()
		r.poke()
	}
}

func (in *Instance) replica() *replication {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.repl
}

// Promote ends the instance's replication for good and makes it writable. What it had fetched is applied, the rest is lost to it.
func (in *Instance) Promote() {
	r := in.replica()
	if r == nil {
		in.SetReadOnly(false)
		return
	}
	r.cancel()
	<-r.ended
	r.from.log.mu.Lock()
	delete(r.from.log.feeds, r)
	r.from.log.mu.Unlock()
	r.mu.Lock()
	rest, broken := r.queue, r.state.Broken != ""
	r.queue, r.waiting = nil, nil
	r.mu.Unlock()
	if !broken {
		for _, t := range rest {
			r.apply(t)
		}
	}
	in.mu.Lock()
	in.repl, in.readOnly = nil, false
	in.mu.Unlock()
}

// Replication is what an instance says of its own replication and of its binary log.
type Replication struct {
	Source    *Instance     // nil: it replicates from nobody
	UUID      string        // of the source
	Unread    bool          // the lag is told in words
	Worker    string        // why a worker of the applier ended
	Second    Stream        // another channel
	IO, SQL   bool          // the threads run
	Lag       time.Duration // Seconds_Behind_Source; meaningless unless Known
	Known     bool
	IOError   string
	SQLError  string
	Retrieved string // GTID sets
	Executed  string
	File      string // of its own binary log
	Pos       uint64
	read      position
	exec      position
}

// Replication tells the state now.
func (in *Instance) Replication() Replication {
	in.log.mu.Lock()
	out := Replication{Executed: in.log.executed.String(), File: in.log.end.name(), Pos: in.log.end.pos}
	in.log.mu.Unlock()
	r := in.replica()
	if r == nil {
		return out
	}
	r.fetch()
	up := r.from.Up()
	now := in.cfg.Clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.Gone {
		return out
	}
	out.Source, out.read, out.exec = r.from, r.read, r.exec
	out.UUID, out.Unread, out.Worker, out.Second = cmp.Or(r.state.Other, r.from.cfg.UUID), r.state.Unread, r.state.Worker, r.state.Second
	out.IO = !r.state.StopIO && up
	out.SQL = !r.state.StopSQL && r.state.Broken == "" && r.state.Worker == ""
	out.SQLError = r.state.Broken
	if r.state.Worker != "" {
		out.SQLError = "Coordinator stopped because there were error(s) in the worker(s). The most recent failure being: Worker 1 failed " +
			"executing a transaction. " +
			"See error log and/or performance_schema.replication_applier_status_by_worker table for more details about this failure or others, " +
			"if any."
	}
	if !up && !r.state.StopIO {
		out.IOError = fmt.Sprintf("error reconnecting to source 'rdsrepladmin@%s' - retry-time: 60 retries: 1", r.from.Addr())
	}
	if r.fetched > 0 {
		out.Retrieved = gtids{r.from.cfg.UUID: {{1, r.fetched}}}.String()
	}
	if out.Known = out.IO && out.SQL; out.Known && len(r.queue) > 0 {
		if behind := now.Sub(r.queue[0].at); behind >= time.Second {
			out.Lag = behind.Truncate(time.Second)
		}
	}
	return out
}

// Errant lets the instance have executed n transactions of its own, as if somebody had written to it; 0 takes them away again.
func (in *Instance) Errant(n uint64) {
	in.log.mu.Lock()
	defer in.log.mu.Unlock()
	delete(in.log.executed, in.cfg.UUID)
	if n > 0 {
		in.log.executed[in.cfg.UUID] = []span{{1, n}}
	}
}

// SetMonitor gives an account REPLICATION CLIENT and PROCESS, or takes them away.
func (in *Instance) SetMonitor(user string, may bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	u := in.users[user]
	u.Monitor = may
	in.users[user] = u
}

// May tells whether an account has REPLICATION CLIENT and PROCESS.
func (in *Instance) May(user string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.users[user].Monitor
}

// Executed is how many transactions of one server the instance has executed.
func (in *Instance) Executed(uuid string) (n uint64) {
	in.log.mu.Lock()
	defer in.log.mu.Unlock()
	for _, s := range in.log.executed[uuid] {
		n += s.to - s.from + 1
	}
	return n
}

// CatchUp waits until the instance has applied all that was due when it was asked, or until nothing there applies anything.
func (in *Instance) CatchUp(ctx context.Context) error {
	r := in.replica()
	if r == nil {
		return nil
	}
	due := in.cfg.Clock.Now().Add(-r.lag)
	for {
		r.fetch()
		up := r.to.Up()
		r.mu.Lock()
		idle := !up || r.state.stands() || len(r.queue) == 0 || r.queue[0].at.After(due)
		r.mu.Unlock()
		if idle {
			return nil
		}
		t := time.NewTimer(time.Millisecond)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}
