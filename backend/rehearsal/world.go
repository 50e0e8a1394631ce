// Package rehearsal is a whole world to rehearse the migration in: two Bacula clusters, an RDS primary and its replica, spoken to over the
// real protocols.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/daemon"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// Options say which world to make. The zero value is the overlap of 250 chains in a temporary directory.
type Options struct {
	Scenario   string       // a name of Scenarios
	Seed       uint64       // the same seed at the same moment gives the same world
	Chains     int          // 250 when zero
	Dir        string       // where its files go; made if it is not there; empty: a temporary directory that Close removes
	Clock      *clock.Clock // nil: the machine's, or as a world that is gone left it in Dir
	Speed      float64      // how fast the world's time runs; 0: as the machine's, or as Clock does
	Idle       bool         // no job runs that nobody starts
	Executable string       // what DIR/bin/bconsole leads to; empty: this program
	// Heard is told every statement that an account sends to a server, and every line that a Console sends to a Director, before it is
	// answered; may be nil.
	Heard func(at, who, text string)
}

// World is a running rehearsal. Its methods may be called from any goroutine.
type World struct {
	full map[string]bool // Storages that are

	o        Options
	scenario Scenario
	estate   *estate
	clock    *clock.Clock
	owned    bool     // Dir is ours to remove
	place    *os.File // holds a Dir that was given; nil: it is not ours
	clusters [2]*cluster.Cluster
	blue     *sqlsim.Instance // the on-premises catalog
	scratch  *sqlsim.Instance // where an archive of its schema is restored; nil: nowhere
	primary  *sqlsim.Instance
	replica  *sqlsim.Instance
	ca       *sqlsim.Authority
	aws      *awsServer
	storages map[string]*daemon.Daemon // the Storage Daemons of both clusters, by name
	accounts accounts

	moving    sync.Mutex // held while the clock is moved
	mu        sync.Mutex
	faults    map[faultKey]func() error   // how to heal what is injected
	hit       map[faultKey]int            // which Director, by its place, a fault has hit
	broken    sum                         // what the faults come to, as it is now
	instances map[string]*sqlsim.Instance // RDS's, by identifier
	servers   sync.Map                    // *sqlsim.Instance, by address; asked by who holds a cluster
	squeezed  sync.Map                    // percent of free storage, by instance, where a fault says so
}

// Start makes a world and returns when it answers. It runs until Close, or until ctx ends and Close is called.
func Start(ctx context.Context, o Options) (*World, error) {
	s, err := findScenario(o.Scenario)
	if err != nil {
		return nil, err
	}
	if o.Chains == 0 {
		o.Chains = 250
	}
	if o.Chains < 1 || o.Chains > mostChains {
		return nil, fmt.Errorf("a world of %d chains: want 1 to %d", o.Chains, mostChains)
	}
	w := &World{o: o, scenario: s, clock: o.Clock,
		faults: map[faultKey]func() error{}, hit: map[faultKey]int{}, instances: map[string]*sqlsim.Instance{}}
	if !(o.Speed >= 0 && o.Speed <= clock.Fastest) { // NaN is neither
		return nil, fmt.Errorf("a speed of %v: want more than 0, %d at most", o.Speed, clock.Fastest)
	}
	if err := w.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the rehearsal: %w", err), w.Close())
	}
	return w, nil
}

func (w *World) start() (err error) {
	if w.estate, err = newEstate(w.o.Seed, w.o.Chains); err != nil {
		return err
	}
	if err := w.directory(); err != nil {
		return err
	}
	if err := w.wind(); err != nil {
		return err
	}
	w.accounts = newAccounts(w.o.Seed)
	if err := w.databases(); err != nil {
		return err
	}
	if err := w.daemons(); err != nil {
		return err
	}
	if err := w.installations(); err != nil {
		return err
	}
	if err := w.amazon(); err != nil {
		return err
	}
	return w.write()
}

// directory makes the private directory that everything of this world lives in.
func (w *World) directory() (err error) {
	if w.o.Dir == "" {
		w.owned = true
		w.o.Dir, err = os.MkdirTemp("", "switchyard-rehearsal-")
		return err
	}
	if w.o.Dir, err = filepath.Abs(w.o.Dir); err != nil {
		return err
	}
	w.place, err = occupy(w.o.Dir)
	return err
}

func (w *World) dataDir() string { return filepath.Join(w.o.Dir, "data") }

// databases makes the on-premises catalog, the RDS primary and its replica.
func (w *World) databases() (err error) {
	now := time.Now() // clients judge certificates by the machine's clock
	if w.ca, err = sqlsim.NewAuthority("Rehearsal RDS CA", now); err != nil {
		return err
	}
	if err := os.MkdirAll(w.dataDir(), 0o700); err != nil {
		return err
	}
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = w.onPremises() })
	wg.Go(func() { errs[1] = w.pair(now) })
	wg.Wait()
	return errors.Join(errs[:]...)
}

// onPremises makes blue's catalog.
func (w *World) onPremises() (err error) {
	w.blue, err = sqlsim.New(
		sqlsim.Config{
			Name:     "dbadb",
			Version:  "8.0.36",
			Comment:  "MySQL Community Server - GPL",
			ServerID: 11,
			Database: "bacula",
			UUID:     "3e11fa47-71ca-11e1-9e33-c80aa9429562",
			Schema:   cluster.Schema16,
			Dir:      w.dataDir(),
			Clock:    w.clock,
			Users:    append(w.accounts.mysql(), w.accounts.split()),
			Heard:    w.heard("dbadb"),
			Traffic:  sqlsim.Traffic{Questions: 92, Connects: 0.4, Threads: 24, Most: 200},
			Schemas:  []string{"dba_inventory", "dba_topology"},
			Derived:  cluster.Derived(func() *cluster.Cluster { return w.clusters[model.Blue] }),
		},
	)
	if err != nil {
		return err
	}
	w.blue.Assume(920_000_000)
	if err := w.scratchServer(); err != nil {
		return err
	}
	w.blue.Uncounted(splitUser, watchUser, actUser)
	return nil
}

// pair makes the RDS primary and its replica.
func (w *World) pair(now time.Time) (err error) {
	for i, id := range []string{PrimaryID, ReplicaID} {
		cfg := w.rdsConfig(id, fmt.Sprintf("8a94f357-aab4-11df-86ab-c80aa94295%02d", 63+i), 21+i)
		cfg.ReadOnly = id == ReplicaID
		if cfg.TLS, err = w.ca.Server(now.AddDate(1, 0, 0), id+".rds.example"); err != nil {
			return err
		}
		if w.instances[id], err = sqlsim.New(cfg); err != nil {
			return err
		}
	}
	w.primary, w.replica = w.instances[PrimaryID], w.instances[ReplicaID]
	w.replica.Replicate(w.primary, replicaLag)
	w.primary.Assume(1_400_000 + w.o.Seed%100_000)
	return nil
}

// heard tells what a server hears to whoever wants to know.
func (w *World) heard(at string) func(who, text string) {
	if w.o.Heard == nil {
		return nil
	}
	return func(who, text string) { w.o.Heard(at, who, text) }
}

// installations makes the two Bacula clusters and fills their catalogs.
func (w *World) installations() error {
	for _, in := range []*sqlsim.Instance{w.blue, w.primary, w.replica} {
		w.servers.Store(in.Addr(), in)
	}
	now, core := w.clock.Now(), new(sync.Mutex)
	var errs [2]error
	var wg sync.WaitGroup
	for _, c := range model.Clusters {
		o := cluster.Options{
			Core:        core,
			Cluster:     c,
			Seed:        w.o.Seed,
			Clock:       w.clock,
			Server:      w.server,
			StorageAt:   w.storageAt,
			Zone:        time.UTC,
			Dir:         w.o.Dir,
			Idle:        w.o.Idle,
			Consoles:    w.accounts.consoles(),
			Heard:       w.o.Heard,
			RestoreName: func(m model.Cell) string { return fmt.Sprintf("restore-%s-%s", m.Region, m.Kind) },
		}
		o.Cells, o.Others = w.cells(c, now)
		switch c {
		case model.Blue:
			o.Catalog, o.Director, o.Passive = w.blue, "dir-old", "dir-old2"
			o.FirstJob, o.Restarted = 1_204_311, 5*day+3*time.Hour
		case model.Green:
			o.Catalog, o.Replicas, o.Director, o.Passive = w.primary, []*sqlsim.Instance{w.replica}, "dir-new", "dir-new2"
			o.FirstJob, o.Restarted, o.Stagger = 1, 11*day+7*time.Hour, 4*time.Minute
		}
		wg.Go(func() { w.clusters[c], errs[c] = cluster.New(o) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	cluster.Join(w.clusters[model.Blue], w.clusters[model.Green])
	for _, c := range model.Clusters {
		wg.Go(func() { errs[c] = w.clusters[c].Begin(now.Add(-w.scenario.past[c])) })
	}
	wg.Wait()
	return errors.Join(errs[:]...)
}

// daemons starts the Storage Daemons, which let in the Directors of both clusters.
func (w *World) daemons() (err error) {
	w.storages = map[string]*daemon.Daemon{}
	for _, p := range w.estate.cells {
		if w.storages[p.Storage] != nil {
			continue
		}
		if w.storages[p.Storage], err = daemon.New(p.Storage, "dir-old", "dir-old2", "dir-new", "dir-new2"); err != nil {
			return err
		}
	}
	return nil
}

// server is the one that listens at an address; nil: none of the world does.
func (w *World) server(at string) *sqlsim.Instance {
	in, _ := w.servers.Load(at)
	is, _ := in.(*sqlsim.Instance)
	return is
}

// cells are what a cluster has or had, and the others.
func (w *World) cells(c model.Cluster, now time.Time) (had, others []cluster.Cell) {
	for _, p := range w.estate.cells {
		ch := w.estate.chains[p.chain]
		t := w.scenario.takes(ch.wave, p.Cell.Kind, now)[c]
		cell := cluster.Cell{Placement: p.Placement, Job: fmt.Sprintf("backup-%s-%s-%s", p.Cell.Chain, p.Cell.Region, p.Cell.Kind),
			Full: ch.full, Rate: p.rate, From: t.from, To: t.to}
		if t.from.IsZero() {
			others = append(others, cell)
		} else {
			had = append(had, cell)
		}
	}
	return had, others
}

// Close ends the world and waits for everything in it. A temporary directory goes with it.
func (w *World) Close() error {
	var errs []error
	for _, c := range w.clusters {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	if w.aws != nil {
		errs = append(errs, w.aws.close())
	}
	for _, d := range w.storages {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	for _, in := range w.instances { // nobody else is left to use them
		if in != nil {
			errs = append(errs, in.Close())
		}
	}
	if w.blue != nil {
		errs = append(errs, w.blue.Close())
	}
	if w.scratch != nil {
		errs = append(errs, w.scratch.Close())
	}
	if w.owned {
		errs = append(errs, os.RemoveAll(w.o.Dir))
	} else if w.place != nil {
		errs = append(errs, os.RemoveAll(w.dataDir()), w.place.Close())
	}
	return errors.Join(errs...)
}

// Dir is the directory the world lives in.
func (w *World) Dir() string { return w.o.Dir }

// Scenario is the place in the migration that the world began at.
func (w *World) Scenario() Scenario { return w.scenario }

// Clock is the world's time.
func (w *World) Clock() *clock.Clock { return w.clock }

// Cluster is one of the two Bacula installations.
func (w *World) Cluster(c model.Cluster) *cluster.Cluster { return w.clusters[c] }

// Blue is the on-premises catalog's server.
func (w *World) Blue() *sqlsim.Instance { return w.blue }

// Primary is the RDS primary: green's catalog.
func (w *World) Primary() *sqlsim.Instance { return w.primary }

// storageAt is where a Storage Daemon listens; empty: nowhere.
func (w *World) storageAt(name string) string {
	if d := w.storages[name]; d != nil {
		return d.Addr()
	}
	return ""
}

// Replica is the cross-region replica.
func (w *World) Replica() *sqlsim.Instance { return w.replica }
