package cluster

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"switchyard/backend/rehearsal/port"
	"switchyard/backend/rehearsal/sqlsim"
)

// Director is one of the cluster's two. The one that is not active has the same resources and starts nothing. Its state is guarded by
// the cluster's mutex.
type Director struct {
	c         *Cluster
	name      string
	port      *port.Port
	listener  net.Listener
	conns     map[net.Conn]bool
	consoles  map[net.Conn]time.Time // those that are held, and since when: also one whose other end has gone
	changed   chan struct{}          // closed and replaced at every change of fault
	fault     DirectorFault
	unit      unit
	manager   net.Listener // of its host's services; nil: nobody reaches it
	pid       int
	started   time.Time
	reloaded  time.Time
	messages  []string
	text      string  // the file of routed jobs as it was loaded
	began     string  // as the world began with it
	whole     *config // nil: as it was written when the world began
	jobs      routed
	extra     map[string]*jobConf // backups of no cell
	crashed   bool                // it ended by itself, until it is started
	handshake time.Duration       // how long it takes to challenge a console
	vanished  int                 // consoles that ended between their hello and the greeting
	disabled  map[string]bool     // jobs that were switched off by hand
	clients   map[string]bool     // and clients
	schedules map[string]bool     // and schedules
	ring      []*run              // the newest ended runs, oldest first
	runs      int                 // jobs ended since it was started
	uses      *sqlsim.Instance    // the server of its Catalog resource; nil: there is none
	unlinked  bool                // it sits on a dead connection to its catalog, until it is started again
	away      bool                // nobody reaches its host
	older     atomic.Bool         // it was not upgraded
}

// DirectorFault is what is wrong with a Director. The zero value is a healthy one.
type DirectorFault struct {
	Down    bool          // the process is gone: its port refuses, what ran is lost
	Stopped bool          // the same, and a person did it
	Masked  bool          // the same, and nobody may start it
	Hang    bool          // it takes connections and never answers; nothing is started or ended
	Slow    time.Duration // before each answer
	Wrong   bool          // it knows no password any more
	Greets  time.Duration // before it challenges a console, by the machine's clock
	Tree    time.Duration // until a restore has its tree and answers, by the machine's clock; its job is queued before
}

func newDirector(c *Cluster, name string, pid int) (*Director, error) {
	p, err := port.Reserve()
	if err != nil {
		return nil, fmt.Errorf("director %s: %w", name, err)
	}
	d := &Director{
		c:         c,
		name:      name,
		port:      p,
		conns:     map[net.Conn]bool{},
		consoles:  map[net.Conn]time.Time{},
		changed:   make(chan struct{}),
		jobs:      routed{},
		disabled:  map[string]bool{},
		clients:   map[string]bool{},
		schedules: map[string]bool{},
		uses:      c.home,
		pid:       pid,
		started:   c.restarted,
		reloaded:  c.restarted,
	}
	for i := range c.cells {
		cell := &c.cells[i]
		if cell.taken(c.began) {
			d.jobs[cell] = asBegun
		}
		for _, routed := range []time.Time{cell.From, cell.To} { // each took a reload: no route is younger than what is loaded
			if at := routed.Truncate(time.Second); at.After(d.reloaded) && !at.After(c.began) {
				d.reloaded = at
			}
		}
	}
	if err := errors.Join(d.writeConf(), d.listen(), d.manage()); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return d, nil
}

// Addr is the Director's host and port; it never changes.
func (d *Director) Addr() string { return d.port.Addr() }

// Began is the file of routed jobs as the world began with it.
func (d *Director) Began() string { return d.began }

// SetOlder puts the release before its cluster's in the place of the Director, or takes it away again. One that runs is started anew.
func (d *Director) SetOlder(on bool) error {
	d.older.Store(on)
	if !d.Running() {
		return nil
	}
	return d.Restart()
}

// Name is the Director resource's name.
func (d *Director) Name() string { return d.name }

// Handshake is how long the Director takes, in the machine's time, to challenge a console that says hello; 0 at first.
func (d *Director) Handshake(span time.Duration) {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	d.handshake = span
}

// Vanished is how many consoles ended in their handshake, without a word, since the Director was started. A thread of Bacula 15.0.3 spins
// for each, and holds one of its 20 places.
func (d *Director) Vanished() int {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.vanished
}

// Directors are the two, in the order in which they are configured; Acting tells which of them schedules.
func (c *Cluster) Directors() [2]*Director { return c.directors }

func (d *Director) host() string { return d.name + ".bacula.example:48122" }

// stands tells whether nothing happens because the process is stopped.
func (d *Director) stands() bool { return d.fault.Hang || d.away }

func (d *Director) listen() error {
	l, err := d.port.Open()
	if err != nil {
		return fmt.Errorf("director %s: %w", d.name, err)
	}
	d.listener = l
	d.c.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			d.c.wg.Go(func() { d.serve(conn) })
		}
	})
	return nil
}

func (d *Director) close() error {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	if d.listener != nil {
		d.listener.Close()
		d.listener = nil
	}
	if d.manager != nil {
		d.manager.Close()
	}
	d.hangUp()
	return d.port.Close()
}

func (d *Director) hangUp() {
	for conn := range d.conns {
		conn.Close()
	}
}

// Set replaces the Director's fault; the zero value heals it, which starts one that was down.
func (d *Director) Set(f DirectorFault) error {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.set(f)
}

// set is Set for who holds the cluster's mutex.
func (d *Director) set(f DirectorFault) error {
	return d.change(func() { d.fault, d.crashed = f, false })
}

// boot is a Director's start: it forgets what was disabled by hand and ends what its catalog still has as open.
func (d *Director) boot() {
	c := d.c
	now := c.now().Truncate(time.Second)
	d.pid += 4099
	d.started, d.reloaded, d.messages, d.vanished = now, now, nil, 0
	d.disabled, d.clients, d.schedules = map[string]bool{}, map[string]bool{}, map[string]bool{}
	d.ring, d.runs, d.unlinked = nil, 0, false
	if err := d.start(now); err != nil { // its file is for a person to mend, who then starts it
		d.crash()
		return
	}
	if d.active() {
		c.heal()
	}
}

// heal sets C and R rows to f as a starting Director does: without a duration, because it does not know when they ended. What it has begun
// since, while its catalog was away, is not meant.
func (c *Cluster) heal() {
	others, own := "", make([]any, len(c.jobs))
	for i, j := range c.jobs {
		others += " AND JobId <> ?"
		own[i] = int64(j.id)
	}
	var conn *sqlsim.Client
	err := errNowhere
	if c.active().uses != nil {
		conn, err = c.active().connect(c.active().uses)
	}
	if err == nil {
		defer conn.Close()
		err = conn.Write(func(tx *sqlsim.Tx) error {
			return tx.Exec(
				"UPDATE Job SET JobStatus = 'f', StartTime = COALESCE(StartTime, SchedTime), EndTime = COALESCE(StartTime, SchedTime) WHERE "+
					"JobStatus IN ('C', 'R')"+others,
				own...,
			)
		})
	}
	if err != nil { // the start itself waits for the catalog
		c.at(c.now().Add(retry), c.heal)
	}
}

// die is what a killed Director leaves: its jobs are gone, their rows stay as they are.
func (c *Cluster) die() {
	for len(c.jobs) > 0 {
		c.drop(c.jobs[0])
	}
}

func (c *Cluster) wake() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// say queues a message for the daemon's consoles.
func (d *Director) say(format string, args ...any) {
	now := d.c.now().In(d.c.o.Zone)
	d.messages = append(d.messages, now.Format("02-Jan 15:04 ")+d.name+" JobId 0: "+fmt.Sprintf(format, args...))
	if len(d.messages) > 200 {
		d.messages = d.messages[1:]
	}
}
