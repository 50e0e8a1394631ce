package cluster

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
)

// filling are the ends of what a server is still being given.
type filling struct{ jobs, volumes func() }

const (
	walked = 1250 // rows that a reader takes in the first step down the catalog
	atOnce = 200  // of the newest runs a replica of the catalog has from the first moment on
	logged = 40   // of the newest runs have their logs from the first moment on
	chunk  = 250  // runs that one transaction of the background loads

	headStart = 120 * time.Millisecond // of the first readers over the background
)

// stock is a server and the runs of the past that it does not have yet, oldest first.
type stock struct {
	in   *sqlsim.Instance
	runs []*run
}

// Begin fills the catalog with what happened since a moment and lets the cluster run. It returns when the newest day is
// there; what is older follows behind.
func (c *Cluster) Begin(since time.Time) error {
	all := c.past(since, c.began, c.o.FirstJob)
	if c.o.Idle {
		all = slices.DeleteFunc(all, func(r *run) bool { return r.open(c.began) })
	}
	c.mu.Lock()
	c.ids.add(all...)
	n := c.ids
	if len(all) > 0 {
		c.counter = all[len(all)-1].nn
	}
	c.did.from = since.Truncate(time.Minute)
	day, open := c.remember(all)
	for _, r := range all[open:] {
		if r.open(c.began) {
			c.adopt(*r)
		}
	}
	c.mu.Unlock()
	stocks := []stock{{c.o.Catalog, all[:min(day, open, max(0, len(all)-walked))]}}
	for _, in := range c.o.Replicas {
		stocks = append(stocks, stock{in, all[:min(open, max(0, len(all)-atOnce))]})
	}
	done := make([]filling, len(stocks))
	errs := make([]error, len(stocks))
	var wg sync.WaitGroup
	for i, s := range stocks {
		jobs, volumes := s.in.Filling("Job"), s.in.Withhold("JobMedia")
		done[i] = filling{jobs, volumes}
		wg.Go(func() {
			errs[i] = s.in.Bulk(func(tx *sqlsim.Tx) error { return c.fill(tx, n, all[len(s.runs):]) })
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("filling %s's catalog: %w", c.o.Cluster, err)
	}
	c.plan()
	c.o.Catalog.OnDrop(c.orphan)
	c.wg.Go(func() { c.backfill(n, all, stocks, done) })
	c.wg.Go(c.loop)
	return nil
}

// remember fills the Director's own memory from the past. It tells where the newest day starts, and the oldest run that has not ended.
func (c *Cluster) remember(all []*run) (day, open int) {
	day, open = len(all), len(all)
	var ring []*run
	for i, r := range all {
		if r.sched.After(c.began.Add(-26 * time.Hour)) {
			day = min(day, i)
		}
		if r.open(c.began) {
			open = min(open, i)
			continue
		}
		if r.end().After(c.restarted) {
			ring = append(ring, r)
		}
	}
	d := c.active()
	d.runs = len(ring)
	slices.SortStableFunc(ring, func(a, b *run) int { return a.end().Compare(b.end()) })
	d.ring = slices.Clone(ring[max(0, len(ring)-remembered):])
	return day, open
}

// open tells whether the run has not ended at a moment.
func (r *run) open(now time.Time) bool { return r.why != lostWhy && r.end().After(now) }

// phase is how far a run is at a moment.
func (r *run) phase(now time.Time) phase {
	switch {
	case r.why == lostWhy, !r.end().After(now):
		return ended
	case !r.start().After(now):
		return running
	}
	return created
}

// fill writes what a server has from the first moment on.
func (c *Cluster) fill(tx *sqlsim.Tx, n *ids, runs []*run) error {
	if err := tx.Exec("INSERT INTO Version (VersionId) VALUES (?)", versionOf(c.o.Cluster)); err != nil {
		return err
	}
	if err := c.putResources(tx, n); err != nil {
		return err
	}
	for _, r := range runs {
		if err := c.putJob(tx, n, r, r.phase(c.began)); err != nil {
			return err
		}
	}
	for _, r := range runs[max(0, len(runs)-logged):] {
		if err := c.putMore(tx, n, r); err != nil {
			return err
		}
	}
	return nil
}

// backfill writes the volumes of what each server has, the older rows with theirs, newest first, and then the logs: no row is without its
// volume, as a backup that none holds is none.
func (c *Cluster) backfill(n *ids, all []*run, stocks []stock, done []filling) {
	if len(stocks[0].runs) > 0 && !c.pause(headStart) { // a large past leaves the first readers the machine
		return
	}
	c.recall(all)
	volume := func(tx *sqlsim.Tx, r *run) error { return c.putPastVolume(tx, n, r) }
	for i, s := range stocks {
		c.load(stock{s.in, all[len(s.runs):max(len(s.runs), len(all)-logged)]}, volume)
		done[i].volumes()
	}
	for i, s := range stocks {
		c.load(s, func(tx *sqlsim.Tx, r *run) error { return errors.Join(c.putJob(tx, n, r, ended), volume(tx, r)) })
		done[i].jobs()
	}
	var bad, good []*run
	for _, r := range all[:max(0, len(all)-logged)] {
		if r.why != "" {
			bad = append(bad, r)
		} else {
			good = append(good, r)
		}
	}
	for _, runs := range [][]*run{bad, good} { // what people ask for comes first
		for _, s := range stocks {
			c.load(stock{s.in, runs}, c.putLogOf)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.filled = true
}

// recall counts what was done in every minute of the past.
func (c *Cluster) recall(all []*run) {
	did := busy{from: c.did.from}
	for _, r := range all {
		if !r.open(c.began) {
			did.add(r)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, m := range c.did.minutes {
		if at := did.at(did.from.Add(time.Duration(i) * time.Minute)); at != nil {
			at.Running, at.Ended, at.Files, at.Bytes = at.Running+m.Running, at.Ended+m.Ended, at.Files+m.Files, at.Bytes+m.Bytes
		}
	}
	c.did = did
}

func (c *Cluster) load(s stock, put func(*sqlsim.Tx, *run) error) {
	for end := len(s.runs); end > 0 && c.ctx.Err() == nil; end -= chunk {
		c.o.Core.Lock()
		err := s.in.Bulk(func(tx *sqlsim.Tx) error {
			for _, r := range s.runs[max(0, end-chunk):end] {
				if err := put(tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		c.o.Core.Unlock()
		if err != nil && c.ctx.Err() == nil {
			panic(fmt.Sprintf("filling %s's catalog: %v", c.o.Cluster, err)) // the data file is ours alone
		}
	}
}

// putMore writes what belongs to a run of the past besides its row: its log and its volume.
func (c *Cluster) putMore(tx *sqlsim.Tx, n *ids, r *run) error {
	if err := c.putPastVolume(tx, n, r); err != nil {
		return err
	}
	return c.putLogOf(tx, r)
}

// putPastVolume writes the volume of a run of the past that has begun.
func (c *Cluster) putPastVolume(tx *sqlsim.Tx, n *ids, r *run) error {
	p := r.phase(c.began)
	if p == created {
		return nil
	}
	return c.putVolume(tx, n, r, p)
}

func (c *Cluster) putLogOf(tx *sqlsim.Tx, r *run) error {
	p := r.phase(c.began)
	if p == created {
		return nil
	}
	lines := c.opening(r)
	if p == ended {
		if c.began.Sub(r.end()) > 48*time.Hour && r.why == "" {
			lines = lines[:1] // what nobody reads again is kept short
		}
		lines = append(lines, c.closing(r)...)
	}
	return c.putPastLog(tx, r.id, lines)
}
