// Package cluster is a Bacula installation of a rehearsal: two Directors with their consoles, the jobs they run and what they write to a
// catalog.
package cluster

import (
	"container/heap"
	"context"
	_ "embed"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// The schemas of the two generations, in MySQL's words.
var (
	//go:embed schema16.sql
	Schema16 string
	//go:embed schema1026.sql
	Schema1026 string
)

// Options say what kind of cluster it is. Blue is of the 9.6 generation, green of 15.
type Options struct {
	Cluster     model.Cluster
	Seed        uint64
	Clock       *clock.Clock
	Zone        *time.Location                   // of the Directors' local clocks
	Catalog     *sqlsim.Instance                 // that the Directors begin with: their files may name another one later
	Server      func(at string) *sqlsim.Instance // the server of the world that listens there, or nil; may be nil
	StorageAt   func(name string) string         // where a Storage Daemon listens; empty, or nil: nowhere
	Replicas    []*sqlsim.Instance               // of the catalog: they get the past too
	Cells       []Cell                           // what it has or had when the world begins
	Others      []Cell                           // what a Director's file may give it besides
	Dir         string                           // where each Director keeps its file
	Stagger     time.Duration                    // how long after the inventory's time this cluster starts a job
	Director    string                           // of the Director that schedules at first
	Passive     string                           // of the other one
	RestoreName func(model.Cell) string
	FirstJob    uint32        // JobId of the oldest run of the past
	Restarted   time.Duration // how long ago the active Director was started
	Consoles    []Access
	Heard       func(director, console, line string) // told every line of a console before it is answered; may be nil
	Idle        bool                                 // no job runs that nobody starts
	// whoever loads the past in the background holds it, so that all clusters together use one core for it
	Core *sync.Mutex
}

// generation is what differs between 9.6 and 15 in what a Director prints.
type generation struct {
	version, date, short, uname, catalog string
	before                               [2]string // version and date of the release before it
	hello                                int
}

var generations = [2]generation{
	{
		version: "9.6.7",
		date:    "10 December 2020",
		short:   "10Dec20",
		uname:   "x86_64-redhat-linux-gnu redhat (Core)",
		catalog: "MainCatalog",
		before:  [2]string{"9.6.6", "20 September 2020"},
		hello:   103,
	},
	{
		version: "15.0.3",
		date:    "25 March 2025",
		short:   "25Mar25",
		uname:   "x86_64-redhat-linux-gnu redhat (Plow)",
		catalog: "MyCatalog",
		before:  [2]string{"15.0.2", "21 March 2024"},
		hello:   10002,
	},
}

func (c *Cluster) gen() *generation { return &generations[c.o.Cluster] }

// release is the version and the date of what the Director is.
func (d *Director) release() (version, date string) {
	g := d.c.gen()
	if d.older.Load() {
		return g.before[0], g.before[1]
	}
	return g.version, g.date
}

// Cluster is one Bacula installation. All methods may be called from any goroutine.
type Cluster struct {
	elsewhere, database string // what the Directors say of their catalog; empty: the truth
	o                   Options
	home                *sqlsim.Instance                // the catalog that the Directors began with
	catalog             *sqlsim.Instance                // where new jobs are written, guarded by mu
	reads               atomic.Pointer[sqlsim.Instance] // the same, for who does not hold it
	hears               map[*sqlsim.Instance]bool       // servers whose dropped connections are heard of
	cells               []Cell
	others              []Cell    // guarded by mu; From is zero until a Director has it
	began               time.Time // when the world began
	restarted           time.Time // the Director's restart of the past
	ctx                 context.Context
	cancel              context.CancelFunc
	wg                  sync.WaitGroup
	poke                chan struct{}
	peer                *Cluster // the other installation, whose jobs run on the same clients
	listed              sync.Once
	list                map[string][]string

	mu          sync.Mutex
	ids         *ids
	events      events
	order       uint64    // breaks ties of events, oldest first
	moment      time.Time // of the event that is carried out; zero: none is
	stood       bool      // the Director did nothing since step was last here
	floor       time.Time // before it nothing happens: the Director stood until then
	jobs        []*job    // live ones, as created
	counter     int
	lastGood    map[*Cell]uint32 // newest run of the past to restore from
	did         busy
	directors   [2]*Director
	acting      int                 // which of them schedules
	filled      bool                // the past is in the catalog, whole
	done        pruned              // what was pruned of the catalog, by client or pool
	planning    int                 // raised whenever what is scheduled is planned anew
	unprotected map[string]bool     // storages whose immutability is none
	full        map[string]bool     // storages that are out of space
	mute        map[string]bool     // storages that do not answer
	touched     int                 // how often a question to a client made the Director write
	silent      map[string]bool     // clients that do not answer
	failing     map[string]bool     // clients whose script fails every job
	stuck       bool                // a reload changes nothing
	refusing    bool                // a reload is refused, whatever is in the files
	slowLoads   bool                // a reload takes long
	maiming     bool                // a reload reads less than there is
	harm        harm                // what stands in the way of restores
	stored      map[string][]uint32 // by volume on the Storage Daemons: the JobIds that were written to it since the world began
	bootstraps  int                 // of restores that were asked for
	reverting   bool                // a configuration manager undoes what a reload changed
	strangers   map[string]bool     // clients that do not know this cluster's Director
}

// New makes the cluster and opens its Directors' ports. Nothing happens and the catalog is empty until Begin.
func New(o Options) (*Cluster, error) {
	c := &Cluster{
		o:           o,
		home:        o.Catalog,
		catalog:     o.Catalog,
		hears:       map[*sqlsim.Instance]bool{o.Catalog: true},
		cells:       o.Cells,
		others:      o.Others,
		poke:        make(chan struct{}, 1),
		unprotected: map[string]bool{},
		full:        map[string]bool{},
		mute:        map[string]bool{},
		silent:      map[string]bool{},
		failing:     map[string]bool{},
		strangers:   map[string]bool{},
		lastGood:    map[*Cell]uint32{},
		ids:         newIDs(),
		done:        pruned{map[string]int64{}, map[string]int64{}, map[string]int64{}},
	}
	c.reads.Store(o.Catalog)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.began = o.Clock.Now()
	c.restarted = c.began.Add(-o.Restarted).Truncate(time.Second)
	for i, name := range []string{o.Director, o.Passive} {
		d, err := newDirector(c, name, 2000+int(o.Seed%30000)+17*i)
		if err != nil {
			c.Close()
			return nil, err
		}
		c.directors[i] = d
	}
	return c, nil
}

// Join tells two clusters of each other: they share the clients.
func Join(a, b *Cluster) { a.peer, b.peer = b, a }

// Close ends the cluster and waits for all of its goroutines.
func (c *Cluster) Close() error {
	c.cancel()
	var errs []error
	for _, d := range c.directors {
		if d != nil {
			errs = append(errs, d.close())
		}
	}
	c.wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.jobs {
		j.hangUp()
	}
	return errors.Join(errs...)
}

// loop carries out what is due until the cluster is closed.
func (c *Cluster) loop() {
	for c.ctx.Err() == nil {
		c.mu.Lock()
		next := c.step(c.o.Clock.Now())
		c.mu.Unlock()
		due, stop := c.o.Clock.Until(next)
		select {
		case <-due:
		case <-c.poke:
		case <-c.ctx.Done():
		}
		stop()
	}
}

// step runs every event that is due and returns when the next one is.
func (c *Cluster) step(now time.Time) time.Time {
	if c.active().stands() {
		c.stood = true
		return now.Add(time.Hour) // until somebody heals it and pokes
	}
	if c.stood {
		c.stood, c.floor = false, now
	}
	for len(c.events) > 0 && !c.events[0].at.After(now) {
		e := heap.Pop(&c.events).(event)
		c.moment = e.at
		if c.moment.Before(c.floor) {
			c.moment = c.floor
		}
		e.do()
	}
	c.moment = time.Time{}
	if len(c.events) == 0 {
		return now.Add(time.Hour)
	}
	return c.events[0].at
}

// Play carries out at once what is due until a moment, each thing at its time.
func (c *Cluster) Play(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step(until)
}

// now is the time of what happens: the moment of an event, however late the cluster comes to it, else the clock's. The caller holds mu.
func (c *Cluster) now() time.Time {
	if !c.moment.IsZero() {
		return c.moment
	}
	return c.o.Clock.Now()
}

// at plans an event. The caller holds mu.
func (c *Cluster) at(t time.Time, do func()) {
	c.order++
	heap.Push(&c.events, event{t, c.order, do})
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

type event struct {
	at    time.Time
	order uint64
	do    func()
}

type events []event

func (h events) Len() int { return len(h) }
func (h events) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}
func (h events) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *events) Push(x any)   { *h = append(*h, x.(event)) }
func (h *events) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = event{}
	*h = old[:len(old)-1]
	return e
}
