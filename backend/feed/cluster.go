package feed

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// Cluster is where one cluster is read.
type Cluster struct {
	Names     *model.Names
	Catalog   *bacula.Catalog
	Directors []Director // the active one first
	// Room tells how many bytes are free for each Storage; nil: nobody does.
	Room   func(context.Context) (map[string]uint64, error)
	Before []Before // of a recovery: more Directors that were there before a disaster than the passive one
}

// Director is one Director of a cluster, by its configured name.
type Director struct {
	Name   string
	Reader *bacula.DirectorReader
	// File looks at its file of routed jobs, and is not called twice at once; nil: FileSays who does.
	File     func() (model.RoutedFile, error)
	FileSays string
	Told     *Told // File gives what that heard last; nil: the file lies on this machine
}

// Told is a file that somebody else looks at, who tells of it over and over as long as it is followed.
type Told struct {
	Follow func(ctx context.Context, news func(another bool))
	Heard  func(context.Context) (string, error) // the first time, it waits for something to be heard
}

// bind maps a job's name to the cell it backs up, or to what the name of a restore job tells, and its times to UTC.
func (c *Cluster) bind(j *model.Job) {
	for _, t := range []*time.Time{&j.Sched, &j.Start, &j.End} {
		*t = t.UTC()
	}
	if cell, ok := c.Names.Cell(j.Name); ok && j.Type == model.TypeBackup {
		j.Cell, j.HasCell = cell, true
	} else if told, ok := c.Names.Told(j.Name); ok {
		j.Cell = model.Cell{Chain: told.Chain, Region: told.Region, Kind: told.Kind}
	} else {
		j.Mimics = c.mimics(j.Name)
	}
}

// mimics is the job of the inventory that a name only looks like: the two are equal once they are cleaned.
func (c *Cluster) mimics(name string) string {
	like := model.LooksLike(name)
	if like == name {
		return ""
	}
	_, backs := c.Names.Cell(like)
	if _, restores := c.Names.Told(like); !backs && !restores {
		return ""
	}
	return like
}

func (c *Cluster) jobs(of model.Cluster, rows []bacula.Row) []model.Job {
	out := make([]model.Job, len(rows))
	for i := range rows {
		out[i] = rows[i].ToJob(of)
		c.bind(&out[i])
	}
	return out
}

// all are the pollers of every source, which is registered first, so that the screen's order is ours and not that of the answers.
func (f *Feed) all() (all []*poller) {
	for c, cluster := range f.of {
		all = append(all, f.pollers(model.Cluster(c), cluster)...)
	}
	if f.rds != nil {
		all = append(all, f.rdsPollers(f.rds)...)
	}
	if f.past != nil {
		all = append(all, f.journalPoller(f.past))
	}
	if f.bundle != nil {
		all = append(all, f.bundlePoller(f.bundle))
	}
	if f.cards != nil {
		all = append(all, f.cardsPoller(f.cards))
	}
	for _, p := range all {
		f.tell(func(b *board.Board) { b.Source(p.seen) })
	}
	return all
}

// Run asks every source until ctx ends. It returns when all of its goroutines have.
func (f *Feed) Run(ctx context.Context) {
	all := f.all()
	f.tell(func(b *board.Board) { b.Watched() })
	var wg, catalogs sync.WaitGroup
	for _, p := range all {
		if p.seen.Source == model.CatalogOf(model.Blue) || p.seen.Source == model.CatalogOf(model.Green) {
			catalogs.Add(1)
			p.begun = catalogs.Done
		}
	}
	heard := make(chan struct{})
	wg.Go(func() {
		catalogs.Wait()
		close(heard)
	})
	wg.Go(func() { f.publish(ctx, heard) })
	f.head(ctx)
	for _, p := range all {
		wg.Go(func() {
			f.turn(ctx, p, heard)
			f.run(ctx, p)
		})
		if p.follow != nil {
			wg.Go(func() {
				f.turn(ctx, p, heard)
				p.follow(ctx)
			})
		}
	}
	wg.Wait()
}

// leading is how long catalogs and active Directors are asked before anything else at most: a console is a process, and two processors that
// start one for everybody at once have nothing of the clusters to show for as long.
const leading = 600 * time.Millisecond

// turn waits until a source is to be asked for the first time. What the panes of the clusters show, and the journal, are at once.
func (f *Feed) turn(ctx context.Context, p *poller, heard <-chan struct{}) {
	if !f.paced || p.seen.Gates || p.seen.Source == model.Journal {
		return
	}
	t := time.NewTimer(leading)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-heard:
	case <-t.C:
	}
}

// headStart is the longest that the sources wait for the first frame.
const headStart = 50 * time.Millisecond

// head leaves the processor to the first frame: what all sources cost at first would make it late by more than they are late for it.
func (f *Feed) head(ctx context.Context) {
	t := time.NewTimer(headStart)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-f.shown:
	case <-t.C:
	}
}

// JobLog reads the log of a job that the newest snapshot knows, one clean line each, its time in UTC first. The kinds of its
// errors are those of the catalog, and model.ErrNone for a job that is not known.
func (f *Feed) JobLog(ctx context.Context, key model.JobKey) ([]string, error) {
	id, ok := uint32(0), false
	f.tell(func(b *board.Board) { id, ok = b.JobID(key) })
	if !ok {
		return nil, &model.Fault{
			Kind: model.ErrNone,
			Says: "reading the log of " + key.Job + ": the " + key.Cluster.String() + " catalog has no such job in its window",
		}
	}
	lines, err := f.of[key.Cluster].Catalog.Log(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.At.UTC().Format("15:04:05") + " " + l.Text
	}
	return out, nil
}

// Source is what the n-th Director of a cluster is as a source; the first is the active one.
func (c *Cluster) Source(of model.Cluster, n int) model.Source {
	if n == 0 {
		return model.DirectorOf(of, c.Directors[0].Name)
	}
	return model.PassiveOf(of, c.Directors[n].Name, c.Directors[0].Name)
}

// pollers are the sources of one cluster, in screen order.
func (f *Feed) pollers(c model.Cluster, of *Cluster) []*poller {
	kickDirector, kickPassive, kickStorages := kicker(), kicker(), kicker()
	catalog := &catalogSource{Feed: f, of: of, cluster: c, onOpen: kickDirector.kick}
	dirs := &directors{Feed: f, of: of, cluster: c, onRun: kickStorages.kick, again: kickDirector.kick, hasten: kickPassive.kick}
	dirs.truth.Directors = make([]model.Director, len(of.Directors))
	for n := range of.Directors {
		dirs.files = append(dirs.files, f.routedFile(of.Source(c, n), &of.Directors[n]))
	}
	out := []*poller{{
		seen: board.Sighting{Source: model.CatalogOf(c), Every: f.policy.CatalogEvery, Gates: true},
		took: func() time.Duration { return catalog.took },
		long: catalog.walking.Load,
		read: catalog.read, // it bounds each of its steps itself: a walk may take longer than one answer
	}}
	for n, d := range of.Directors {
		mute := new(atomic.Bool)
		d.Reader.Console.Mute = mute
		dirs.truth.Directors[n] = model.Director{Name: d.Name, Address: d.Reader.Console.Address, Active: n == 0}
		every := f.policy.DirectorEvery
		if n > 0 {
			every = f.policy.PassiveEvery
		}
		p := &poller{
			seen:  board.Sighting{Source: of.Source(c, n), Every: every, Gates: n == 0},
			limit: f.policy.Answer,
			mute:  mute.Load,
			read:  func(ctx context.Context) (string, error) { return dirs.read(ctx, n) },
		}
		if n == 0 {
			p.kick = kickDirector
		} else {
			p.kick = kickPassive
		}
		out = append(out, p)
		if d.Told != nil && f.paced {
			out = append(out, f.followed(of.Source(c, n), d.Told, p.kick))
		}
	}
	for _, b := range of.Before {
		out = append(out, &poller{seen: board.Sighting{Source: b.Source, Every: f.policy.PassiveEvery}, limit: beforeLimit, read: b.read})
	}
	asks := &storages{Feed: f, cluster: c, again: kickStorages.kick}
	for _, d := range of.Directors {
		console := d.Reader.Console
		console.Timeout, console.Mute = storageLimit, nil
		asks.readers = append(asks.readers, &bacula.StorageReader{Console: console})
	}
	return append(out, &poller{
		seen:  board.Sighting{Source: model.StoragesOf(c), Every: f.policy.StorageEvery},
		limit: roundLimit,
		kick:  kickStorages,
		read:  asks.read,
		long:  func() bool { return true },       // a round is many answers, each with its own limit
		took:  func() time.Duration { return 0 }, // a silent one takes its time, and others are asked after it
	})
}

// Limits of one Storage Daemon's answer and of a round over all with running jobs.
const (
	storageLimit = 3 * time.Second
	roundLimit   = time.Minute
)

// kicks wakes a poller before its interval is over.
type kicks chan struct{}

func kicker() kicks { return make(kicks, 1) }

func (k kicks) kick() {
	select {
	case k <- struct{}{}:
	default:
	}
}
