package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// job is a run that has not ended.
type job struct {
	*run
	status byte             // what the Director says of it; the catalog knows C and R only
	in     *sqlsim.Instance // where its row is; nil: it has none yet
	conn   *sqlsim.Client   // its connection to the catalog
	turn   int              // raised whenever its planned events no longer hold
	stall  time.Time        // since when it makes no progress; zero: it does
	dead   bool             // the Director forgot it
}

func (j *job) hangUp() {
	if j.conn != nil {
		j.conn.Close()
		j.conn = nil
	}
}

// Limits of a Director's configuration.
const (
	perStorage = 4
	perClient  = 2
	tooLate    = 59 * time.Second // a job whose minute passed longer ago is not started
	retry      = 3 * time.Second  // between a blocked Director's tries to reach its catalog
)

// create gives a run its JobId and its first row. A Director that cannot reach its catalog forgets the run; one whose
// catalog hangs waits for it.
func (c *Cluster) create(r *run) *job {
	j := &job{run: r, status: 'C'}
	c.counter = (c.counter + 1) % 100
	r.nn = c.counter
	if c.active().unlinked {
		return nil
	}
	c.assign(r)
	double := slices.IndexFunc(c.jobs, func(o *job) bool { return o.name == r.name && r.kind == 'B' })
	if double >= 0 { // Allow Duplicate Jobs = no
		r.hand, r.fate = true, fate{
			level:  r.level,
			status: 'A',
			errors: 1,
			why:    fmt.Sprintf("JobId %d already running. Duplicate job not allowed.", c.jobs[double].id),
		}
	}
	err := c.write(j, func(tx *sqlsim.Tx) error {
		if !c.ids.has(r) {
			n := c.ids.clone()
			n.add(r)
			if err := c.putResources(tx, n); err != nil {
				return err
			}
			c.ids = n
		}
		if err := tx.Row("SELECT " + sqlsim.Next("Job", "JobId")).Scan(&r.id); err != nil {
			return err
		}
		return c.putJob(tx, c.ids, r, created)
	})
	switch {
	case errors.Is(err, sqlsim.ErrHung):
		c.at(c.now().Add(retry), func() {
			if c.active().running() {
				c.create(r)
			}
		})
		return nil
	case err != nil:
		j.hangUp()
		c.active().say("Fatal error: Could not open Catalog \"%s\", database \"bacula\".", c.gen().catalog)
		return nil
	}
	if j.in = c.active().uses; r.sched.After(c.now()) { // when=
		j.status = 't'
	}
	c.jobs = append(c.jobs, j)
	if double >= 0 {
		c.next(j, c.now(), c.finish)
	} else {
		c.next(j, r.start(), c.start)
	}
	return j
}

// assign gives a run to the active Director, with what its configuration says of a backup.
func (c *Cluster) assign(r *run) {
	r.by = c.active().name
	if j := c.active().jobs[r.cell]; j != nil && r.kind == 'B' && r.cell != nil {
		r.client, r.storage = cmp.Or(j.client, r.client), cmp.Or(j.storage, r.storage)
		r.pool, r.fileset = cmp.Or(j.pool, r.pool), cmp.Or(j.fileset, r.fileset)
	}
}

// adopt makes a run of the past that had not ended when the world began a live one.
func (c *Cluster) adopt(r run) {
	j := &job{run: &r, status: 'C', in: c.catalog}
	j.conn, _ = c.active().connect(c.catalog)
	c.jobs = append(c.jobs, j)
	if r.phase(c.began) == created {
		c.next(j, r.start(), c.start)
		return
	}
	j.status = 'R'
	c.planEnd(j)
}

// next plans what a job does next, unless something else happens to it first.
func (c *Cluster) next(j *job, at time.Time, do func(*job)) {
	j.turn++
	turn := j.turn
	c.at(at, func() {
		if !j.dead && j.turn == turn {
			do(j)
		}
	})
}

// errUnlinked is what every statement of a Director meets that sits on a dead connection.
var errUnlinked = errors.New("MySQL server has gone away")

// write runs one transaction over the job's connection, which it opens when there is none.
func (c *Cluster) write(j *job, f func(*sqlsim.Tx) error) error {
	if c.active().unlinked {
		return errUnlinked
	}
	if j.conn == nil || j.conn.Gone() {
		j.hangUp()
		in := cmp.Or(j.in, c.active().uses)
		if in == nil {
			return errNowhere
		}
		conn, err := c.active().connect(in)
		if err != nil {
			return err
		}
		j.conn = conn
	}
	return j.conn.Write(f)
}

// start lets a job run, or wait for what it needs.
func (c *Cluster) start(j *job) {
	now := c.now()
	if why := c.waits(j); why != 0 {
		j.status = why
		c.next(j, now.Add(5*time.Second), c.start)
		return
	}
	j.wait, j.status = now.Sub(j.sched), 'R'
	switch {
	case c.strangers[j.client]:
		j.fate = fate{level: j.level, wait: j.wait, took: 15 * time.Second, status: 'f', errors: 1,
			why: "authenticate.c:123 Unable to authenticate with File daemon at \"%c\". Director \"" + c.active().name + "\" is not known there."}
	case c.harm.gone[j.client]:
		j.fate = j.unreached()
	case c.failing[j.client]:
		j.fate = fate{level: j.level, wait: j.wait, took: 4 * time.Second, status: 'f', errors: 2, why: failures[1]}
	}
	if !c.record(j, running, c.opening) {
		c.next(j, now.Add(retry), c.start)
		return
	}
	c.store(j.run)
	if c.full[j.storage] || c.mute[j.storage] || c.silent[j.client] {
		c.freeze(j, now)
		return
	}
	c.planEnd(j)
}

// unbegun tells that nothing of it runs yet.
func (j *job) unbegun() bool { return strings.IndexByte("Ccst", j.status) >= 0 }

// waits gives the status of a job that may not run yet, 0 when it may.
func (c *Cluster) waits(j *job) byte {
	client, storage := 0, 0
	for _, o := range c.jobs {
		if o == j || o.unbegun() {
			continue
		}
		if o.client == j.client {
			client++
		}
		if o.storage == j.storage {
			storage++
		}
	}
	switch {
	case client >= perClient:
		return 'c'
	case storage >= perStorage:
		return 's'
	}
	return 0
}

// record writes a job's row in a phase with new lines of its log. False: the catalog did not take it.
func (c *Cluster) record(j *job, p phase, lines func(*run) []line) bool {
	return c.write(j, func(tx *sqlsim.Tx) error {
		err := c.putJob(tx, c.ids, j.run, p)
		switch {
		case err != nil:
		case p == ended:
			err = c.putVolume(tx, c.ids, j.run, ended)
		case p == running:
			err = c.label(tx, j.run)
		}
		if err != nil {
			return err
		}
		return c.putLog(tx, j.id, lines(j.run))
	}) == nil
}

// planEnd lets the job despool attributes for its last seconds and then end.
func (c *Cluster) planEnd(j *job) {
	if at, do := c.obstacle(j); do != nil {
		c.next(j, at, do)
		return
	}
	const despool = 4 * time.Second
	if j.took <= 3*despool || j.status == 'a' {
		c.next(j, j.end(), c.finish)
		return
	}
	c.next(j, j.end().Add(-despool), func(j *job) {
		j.status = 'a'
		c.next(j, j.end(), c.finish)
	})
}

// finish ends the job in the catalog and forgets it. As long as the catalog cannot be reached the job stays.
func (c *Cluster) finish(j *job) {
	now := c.now()
	j.took, j.bare = max(0, now.Sub(j.start())), c.unprotected[j.storage]
	c.gives(j, j.files)
	if c.active().unlinked {
		j.fate.status, j.errors = 'f', j.errors+1
	} else if !c.record(j, ended, c.closing) {
		c.next(j, now.Add(retry), c.finish)
		return
	}
	c.prune(j)
	c.drop(j)
	d := c.active()
	d.ring = append(d.ring, j.run)
	d.ring = d.ring[max(0, len(d.ring)-remembered):]
	d.runs++
	c.did.add(j.run)
	if again := c.again(j.run); again != nil {
		c.at(again.sched, func() {
			if c.active().running() {
				c.create(again)
			}
		})
	}
}

func (c *Cluster) drop(j *job) {
	_, files := j.progress(c.now())
	c.gives(j, files)
	j.dead = true
	j.hangUp()
	c.jobs = slices.DeleteFunc(c.jobs, func(o *job) bool { return o == j })
}

// remembered is how many ended jobs a Director's status lists.
const remembered = 10

// fail ends a running job soon, with what it has moved so far.
func (c *Cluster) fail(j *job, status byte, why string, after time.Duration) {
	now := c.now()
	bytes, files := j.progress(now)
	j.read = uint64(float64(j.read) * float64(bytes) / float64(max(1, j.bytes)))
	j.fate.status, j.errors, j.why, j.bytes, j.files = status, j.errors+1, why, bytes, files
	if j.unbegun() {
		j.wait = now.Sub(j.sched)
	}
	j.stall = time.Time{}
	c.next(j, now.Add(after), c.finish)
}

// orphan ends the jobs whose connection to the catalog was cut: the Director gives them up.
func (c *Cluster) orphan() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.jobs {
		if j.conn != nil && j.conn.Gone() && j.moves() && j.fate.status != 'f' {
			c.fail(j, 'f', "sql_update.c:81 Fatal error: Query failed: UPDATE Job: ERR=MySQL server has gone away", 2*time.Second)
		}
	}
}

// progress is how much of a running job is done.
func (j *job) progress(now time.Time) (bytes, files uint64) {
	if !j.moves() {
		return 0, 0
	}
	if !j.stall.IsZero() {
		now = j.stall
	}
	part := 1.0
	if j.took > 0 {
		part = min(1, max(0, float64(now.Sub(j.start()))/float64(j.took)))
	}
	return uint64(part * float64(j.bytes)), uint64(part * float64(j.files))
}

// moves tells whether the job has begun.
func (j *job) moves() bool { return !strings.ContainsRune("Ccs", rune(j.status)) }

// freeze stops a job where it is; thaw lets it go on.
func (c *Cluster) freeze(j *job, now time.Time) {
	if j.stall.IsZero() {
		j.stall = now
	}
	if c.full[j.storage] {
		j.status = 'm'
	}
	j.turn++
}

func (c *Cluster) thaw(j *job) {
	if j.stall.IsZero() || c.full[j.storage] || c.mute[j.storage] || c.silent[j.client] || c.missing(j) {
		return
	}
	j.took += c.now().Sub(j.stall)
	j.stall, j.status = time.Time{}, 'R'
	c.planEnd(j)
}

// newestGood is the newest run of a cell that the ring or the catalog of this world knows to restore from.
func (c *Cluster) newestGood(cell *Cell) uint32 {
	ring := c.active().ring
	for i := len(ring) - 1; i >= 0; i-- {
		if r := ring[i]; r.cell == cell && r.kind == 'B' && model.Status(r.status).Outcome().Good() {
			return r.id
		}
	}
	return c.lastGood[cell]
}
