package cluster

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
)

// run is one run of a job, from the moment the Director created it.
type run struct {
	id      uint32
	nn      int // the counter at the end of the unique Job name
	name    string
	kind    byte // 'B', 'R'
	cell    *Cell
	client  string
	storage string
	pool    string
	fileset string
	sched   time.Time
	fate
	by   string    // the Director's name; empty: the one of the past
	from uint32    // a restore: the JobId that it reads
	back *giveBack // what a restore that somebody asked for restores
	hand bool      // started by a person
	says string    // its Comment
	bare bool      // its volume is not protected, whatever it claims

	media  uint32 // the MediaId of its volume; 0: it is one of the past, whose volume has its JobId
	volume string // likewise, that volume's name
}

func (r *run) start() time.Time { return r.sched.Add(r.wait) }
func (r *run) end() time.Time   { return r.sched.Add(r.wait + r.took) }

// unique is Bacula's unique Job name.
func (r *run) unique(zone *time.Location) string {
	return r.name + r.sched.In(zone).Format(".2006-01-02_15.04.05_") + twoDigits(r.nn)
}

// starts is when the cell's schedule starts it here, with from < t <= to. The cluster is a little late by itself, so that two
// clusters do not take the same cell in the same minute.
func (c *Cluster) starts(cell *Cell, from, to time.Time) []model.Due {
	all := cell.Schedule.Due(from.Add(-c.o.Stagger), to.Add(-c.o.Stagger), c.o.Zone)
	for i := range all {
		all[i].At = all[i].At.Add(c.o.Stagger)
	}
	return all
}

// due is what of that fell into the past in which the cluster had the cell.
func (c *Cluster) due(cell *Cell, from, to time.Time) []model.Due {
	return slices.DeleteFunc(c.starts(cell, from, to), func(d model.Due) bool { return !cell.taken(d.At) })
}

func (c *Cluster) backup(cell *Cell, due model.Due) *run {
	r := c.asked(cell, due.At, c.level(cell, due))
	c.luck(&r.fate, cell.Job, due.At)
	return r
}

// asked is a backup that somebody starts by hand.
func (c *Cluster) asked(cell *Cell, at time.Time, level model.Level) *run {
	return &run{name: cell.Job, kind: 'B', cell: cell, client: cell.Client, storage: cell.Storage, pool: cell.Pool,
		fileset: fileset(cell), sched: at, fate: c.backupFate(cell, at, level)}
}

// errand is a run of a backup that is no cell's, such as a canary: it is small.
func (c *Cluster) errand(name string, j *jobConf, at time.Time) *run {
	return &run{name: name, kind: j.kind, client: j.client, storage: j.storage, pool: j.pool, fileset: j.fileset, sched: at,
		fate: fate{level: 'F', wait: time.Second, took: 5 * time.Second, status: 'T', files: 1, bytes: 4096, read: 4096}}
}

// past makes every run that was created between two moments, oldest first, with JobIds from first on.
func (c *Cluster) past(from, to time.Time, first uint32) []*run {
	var all []*run
	for i := range c.cells {
		cell := &c.cells[i]
		for _, due := range c.due(cell, from, to) {
			if c.random("missed "+cell.Job, due.At).Float64() < chanceMissed {
				continue
			}
			for r := c.backup(cell, due); r != nil; r = c.again(r) {
				if r.sched.After(to) {
					break
				}
				all = append(all, r)
			}
		}
	}
	all = append(all, c.restores(from, to)...)
	all = append(all, c.own(from, to)...)
	slices.SortFunc(all, func(a, b *run) int { return cmp.Or(a.sched.Compare(b.sched), cmp.Compare(a.name, b.name)) })
	for i, r := range all {
		r.id, r.nn = first+uint32(i), i%100
		c.lose(r)
		if r.kind == 'R' {
			r.from = c.lastGood[r.cell]
		} else if r.cell != nil && (r.status == 'T' || r.status == 'W') && !r.end().After(to) {
			c.lastGood[r.cell] = r.id
		}
	}
	return all
}

// again is the run that a person starts after a failed or canceled one, or nil. Who starts or cancels a job by hand is left to it.
func (c *Cluster) again(r *run) *run {
	if r.status != 'f' && r.status != 'A' || r.hand || r.kind != 'B' || r.cell == nil {
		return nil
	}
	dice := c.random("again "+r.name, r.sched)
	if dice.Float64() >= chanceRerun {
		return nil
	}
	at := r.end().Add(time.Duration(8+dice.IntN(60))*time.Minute + time.Duration(dice.IntN(60))*time.Second)
	if !r.cell.taken(at) {
		return nil
	}
	n := *r
	n.sched, n.hand, n.fate = at, true, c.backupFate(r.cell, at, r.level)
	c.luck(&n.fate, r.name, at)
	return &n
}

// lose applies the Director's restart to a run that it caught: the catalog then has it as failed with no duration.
func (c *Cluster) lose(r *run) {
	if !r.sched.Before(c.restarted) || !r.end().After(c.restarted) {
		return
	}
	r.status, r.errors, r.bytes, r.read, r.files, r.why = 'f', 0, 0, 0, 0, lostWhy
	r.took = 0
	if r.start().After(c.restarted) {
		r.wait = 0
	}
}

// restores are the restore tests: one every twenty minutes for a full estate, fewer for a small one, over the cells that
// have been here for a while.
func (c *Cluster) restores(from, to time.Time) []*run {
	var out []*run
	for at := from.Truncate(c.testEvery()).Add(c.testEvery() / 2); at.Before(to); at = at.Add(c.testEvery()) {
		if at.Before(from) {
			continue
		}
		if r := c.test(at); r != nil && !r.sched.After(to) {
			out = append(out, r)
		}
	}
	return out
}

func (c *Cluster) testEvery() time.Duration {
	return max(20*time.Minute, 14*24*time.Hour/time.Duration(max(1, 2*len(c.cells))))
}

// test is the restore test of a moment, or nil when nothing here can be tested.
func (c *Cluster) test(at time.Time) *run {
	dice := c.random("test", at)
	for range 8 {
		if len(c.cells) == 0 {
			return nil
		}
		cell := &c.cells[dice.IntN(len(c.cells))]
		if !cell.taken(at) || at.Sub(cell.From) < 30*time.Hour {
			continue
		}
		r := &run{
			name:    c.o.RestoreName(cell.Cell),
			kind:    'R',
			cell:    cell,
			client:  testClient(cell.Cell.Region),
			storage: cell.Storage,
			pool:    cell.Pool,
			fileset: fileset(cell),
			sched:   at.Add(time.Duration(dice.IntN(120)) * time.Second),
			fate:    c.restoreFate(cell, at),
		}
		if dice.Float64() < chanceNoRest {
			r.fail(dice, 'f', "restore.c:551 Network error with FD during Restore: ERR=Connection reset by peer")
		}
		return r
	}
	return nil
}

// own are the runs of the job that backs the catalog itself up, every night.
func (c *Cluster) own(from, to time.Time) []*run {
	var out []*run
	for day := from.In(c.o.Zone).Truncate(24 * time.Hour); day.Before(to); day = day.Add(24 * time.Hour) {
		if at := day.Add(11*time.Hour + 10*time.Minute); at.After(from) && !at.After(to) {
			out = append(out, c.ownRun(at))
		}
	}
	return out
}

// CatalogJob is the job with which a Director backs up its own catalog, as Bacula's stock configuration names it: no cell's.
const CatalogJob = "BackupCatalog"

func (c *Cluster) ownRun(at time.Time) *run {
	dice := c.random(CatalogJob, at)
	size := uint64(3<<30) + dice.Uint64N(200<<20)
	return &run{
		name:    CatalogJob,
		kind:    'B',
		client:  c.o.Director + "-fd",
		storage: "sd-local",
		pool:    "Catalog",
		fileset: "Catalog",
		sched:   at,
		fate: fate{
			level:  'F',
			status: 'T',
			wait:   2 * time.Second,
			took:   90*time.Second + time.Duration(dice.IntN(30))*time.Second,
			files:  1,
			bytes:  size / 4,
			read:   size,
		},
	}
}
