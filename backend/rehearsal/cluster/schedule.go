package cluster

import (
	"maps"
	"slices"
	"time"

	"switchyard/model"
)

// plan makes the events of everything that repeats.
func (c *Cluster) plan() {
	if c.o.Idle {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schedule(c.began)
	c.planTest(c.began)
	c.planOwn(c.began)
}

// schedule plans anew what the active Director starts by itself after a moment. The caller holds mu.
func (c *Cluster) schedule(after time.Time) {
	if c.o.Idle {
		return
	}
	c.planning++
	c.everyCell(func(cell *Cell) { c.planCell(cell, after) })
	for _, name := range slices.Sorted(maps.Keys(c.active().extra)) {
		c.planExtra(name, after)
	}
}

// whenPlanned plans an event that falls away when everything is planned anew.
func (c *Cluster) whenPlanned(at time.Time, do func()) {
	planning := c.planning
	c.at(at, func() {
		if c.planning == planning {
			do()
		}
	})
}

// due is when the active Director starts a cell's job, with from < t <= to.
func (c *Cluster) dueNow(cell *Cell, from, to time.Time) []model.Due {
	if j := c.active().jobs[cell]; j != nil && j.another {
		return j.runs.Due(from, to, c.o.Zone)
	}
	return c.starts(cell, from, to)
}

// next is the first of that after a moment.
func (c *Cluster) nextDue(cell *Cell, after time.Time) time.Time {
	if j := c.active().jobs[cell]; j != nil && j.another {
		return j.runs.Next(after, c.o.Zone)
	}
	next := cell.Schedule.Next(after.Add(-c.o.Stagger), c.o.Zone)
	if next.IsZero() {
		return next
	}
	return next.Add(c.o.Stagger)
}

func (c *Cluster) planCell(cell *Cell, after time.Time) {
	next := c.nextDue(cell, after)
	if next.IsZero() {
		return
	}
	c.whenPlanned(next, func() {
		defer c.planCell(cell, next)
		if !c.begins(cell.Job, c.active().jobs[cell], next) {
			return
		}
		if due := c.dueNow(cell, next.Add(-time.Minute), next); len(due) > 0 {
			c.create(c.backup(cell, due[len(due)-1]))
		}
	})
}

func (c *Cluster) planExtra(name string, after time.Time) {
	j := c.active().extra[name]
	next := j.runs.Next(after, c.o.Zone)
	if next.IsZero() {
		return
	}
	c.whenPlanned(next, func() {
		defer c.planExtra(name, next)
		if c.begins(name, j, next) {
			c.create(c.errand(name, j, next))
		}
	})
}

// begins tells whether the active Director starts a job that is due. One whose client is not there ends a Director of 9.6.
func (c *Cluster) begins(name string, j *jobConf, due time.Time) bool {
	d := c.active()
	if j == nil || !j.enabled || d.disabled[name] || d.clients[d.clientOf(name, j)] || d.unscheduled(name) || !c.ready(due) {
		return false
	}
	return d.survives(name, j)
}

// Starts tells whether a Director has loaded a job of the cell that its schedule starts, if it runs and schedules.
func (d *Director) Starts(of model.Cell) bool {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	for cell, j := range d.jobs {
		if cell.Cell == of {
			return j.enabled && !d.disabled[cell.Job] && !d.clients[d.clientOf(cell.Job, j)] && !d.unscheduled(cell.Job) &&
				len(d.conf().runs(cell.Job)) > 0
		}
	}
	return false
}

// clientOf is the client of a job, as it is configured, or that of its cell. The caller holds the cluster's mutex.
func (d *Director) clientOf(name string, j *jobConf) string {
	if cell := d.find(name); j.client == "" && cell != nil {
		return cell.Client
	}
	return j.client
}

// unscheduled tells whether somebody has switched the job's schedule off. The caller holds the cluster's mutex.
func (d *Director) unscheduled(name string) bool {
	if len(d.schedules) == 0 {
		return false
	}
	job := d.conf().all["job"][name]
	return job != nil && d.schedules[job.get("schedule")]
}

// survives tells whether a job may be created with what it names. The caller holds the cluster's mutex.
func (d *Director) survives(name string, j *jobConf) bool {
	switch j.dangles {
	case "":
		return true
	case "client":
		d.crash()
	default:
		d.say("Fatal error: Job %q names a %s resource that is not there.", name, j.dangles)
	}
	return false
}

// ready tells whether the active Director starts what was due at a moment.
func (c *Cluster) ready(due time.Time) bool {
	return c.active().running() && c.now().Sub(due) <= tooLate
}

func (c *Cluster) planTest(after time.Time) {
	every := c.testEvery()
	at := after.Truncate(every).Add(every / 2)
	for !at.After(after) {
		at = at.Add(every)
	}
	c.at(at, func() {
		defer c.planTest(at)
		if r := c.test(at); r != nil && c.ready(at) {
			r.from = c.newestGood(r.cell)
			c.at(r.sched, func() {
				if c.ready(r.sched) {
					c.create(r)
				}
			})
		}
	})
}

func (c *Cluster) planOwn(after time.Time) {
	for _, r := range c.own(after, after.Add(36*time.Hour)) {
		c.at(r.sched, func() {
			defer c.planOwn(r.sched)
			if c.ready(r.sched) && c.hasOwn() {
				c.create(r)
			}
		})
		return
	}
}

// hasOwn tells whether the active Director backs its catalog up by itself.
func (c *Cluster) hasOwn() bool {
	d := c.active()
	return !d.disabled[CatalogJob] &&
		(d.whole == nil || d.whole.all["job"][CatalogJob] != nil && !d.whole.all["job"][CatalogJob].no("enabled"))
}
