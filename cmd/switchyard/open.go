package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push/routed"
	"switchyard/backend/bundle"
	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/backend/journal"
	"switchyard/backend/mysql"
	"switchyard/backend/rds"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

// site is a configuration with its inventory and the readers made of it.
type site struct {
	cfg      *config.Config
	inv      *model.Inventory
	names    *model.Names
	clusters [2]*feed.Cluster
	pair     *feed.RDS       // nil: not configured
	past     *journal.Reader // nil: not configured
	ended    *ended          // nil: this is no session
}

// load reads the configuration that the flags name.
func load(cmd *cobra.Command) (*config.Config, error) {
	flag, err := cmd.Flags().GetString("config")
	if err != nil {
		return nil, err
	}
	if from, err := bundleFlags(cmd); from != nil || err != nil {
		return kept(cmd, from, err)
	}
	path, err := config.Find(flag)
	if err != nil {
		return nil, err
	}
	collectEarly()
	cfg, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	live(cfg, path)
	return cfg, nil
}

// liveBy sets the time of this process. Only a test of many worlds has it do nothing.
var liveBy = model.LiveBy

// live lets this process live by the clock of the rehearsal that its configuration is of. A real environment has the machine's time,
// whatever lies beside its configuration.
func live(cfg *config.Config, path string) {
	if cfg.Rehearsal == "" {
		liveBy(nil)
		return
	}
	liveBy(worldclock.Follow(filepath.Dir(path)))
}

// open makes the readers with the watch credentials. Nothing is connected yet.
func open(cmd *cobra.Command) (*site, error) {
	cfg, err := load(cmd)
	if err != nil {
		return nil, err
	}
	return siteOf(cmd.Context(), cfg)
}

// siteOf makes the readers of a configuration.
func siteOf(ctx context.Context, cfg *config.Config) (*site, error) {
	inv, err := cfg.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	names, err := cfg.Names(inv)
	if err != nil {
		return nil, err
	}
	s := &site{cfg: cfg, inv: inv, names: names}
	for _, c := range model.Clusters {
		if s.clusters[c], err = s.cluster(c, &cfg.Watch.Clusters[c]); err != nil {
			return nil, err
		}
	}
	if cfg.RDS != nil {
		if s.pair, err = s.rds(ctx); err != nil {
			return nil, fmt.Errorf("rds: %w", err)
		}
	}
	if cfg.Journal.Dir != "" || cfg.Journal.S3.Bucket != "" {
		s.past = journal.NewReader(func(ctx context.Context) (*journal.Journal, error) { return readJournal(ctx, cfg) })
	}
	return s, nil
}

// awsOptions say how AWS is asked.
func awsOptions(cfg *config.Config) rds.Options {
	return rds.Options{Profile: cfg.AWS.Profile, Account: cfg.AWS.Account, Endpoint: cfg.AWS.Endpoint, Timeout: cfg.Policy.Answer}
}

// rds makes the readers of the RDS pair.
func (s *site) rds(ctx context.Context) (*feed.RDS, error) {
	cfg := s.cfg
	reader, err := rds.New(ctx, awsOptions(cfg))
	if err != nil {
		return nil, err
	}
	out := &feed.RDS{Reader: reader}
	for _, i := range []struct {
		at *config.Instance
		to *feed.Instance
	}{{&cfg.RDS.Primary, &out.Primary}, {&cfg.RDS.Replica, &out.Replica}} {
		if i.at.ID == "" {
			continue
		}
		i.to.Target = rds.Target{ID: i.at.ID, Region: i.at.AWSRegion, Address: i.at.Address}
		login := &cfg.Watch.RDS
		if login.User == "" {
			i.to.Target.Address = ""
			continue
		}
		if i.to.Server, err = s.server(i.at, login, reader); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// server asks the server of an instance with an account.
func (s *site) server(at *config.Instance, login *config.Login, tokens *rds.Reader) (*rds.Server, error) {
	cfg := s.cfg
	secure, err := serverTLS(cfg.RDS.TLS)
	if err != nil {
		return nil, err
	}
	o := rds.ServerOptions{
		Address: at.Address, User: login.User, Password: login.Password.Resolve, TLS: secure,
		Database: cfg.Clusters[model.Green].Catalog.Database, Director: cfg.RDS.Director, Next: cfg.Act.Fence.Next.User,
		Zone: cfg.Clusters[model.Green].Zone,
	}
	if login.IAM {
		o.Password, o.Token = tokens.Token(at.AWSRegion, at.Address, login.User), true
	}
	return rds.NewServer(o), nil
}

func (s *site) cluster(c model.Cluster, access *config.ClusterAccess) (*feed.Cluster, error) {
	at := &s.cfg.Clusters[c]
	catalog, err := catalogConfig(at, &access.Catalog)
	if err != nil {
		return nil, fmt.Errorf("clusters.%s.catalog: %w", c, err)
	}
	out := &feed.Cluster{Names: s.names, Catalog: bacula.NewCatalog(c, catalog)}
	if at.Room != nil {
		out.Room = func(ctx context.Context) (map[string]uint64, error) { return s.cfg.StorageRoom(ctx, c) }
	}
	for place, d := range []struct {
		at   config.Director
		argv []string
	}{{at.Active, access.Active}, {at.Passive, access.Passive}} {
		if d.at.Name == "" {
			continue
		}
		of := feed.Director{Name: d.at.Name, Reader: &bacula.DirectorReader{
			Cluster: c, Console: bacula.Console{Name: d.at.Name, Argv: d.argv, Address: d.at.Address, Timeout: s.cfg.Policy.Answer},
			JobsEvery: s.cfg.Policy.JobsEvery, Zone: at.Zone,
		}}
		of.File, of.FileSays, of.Told = fileSeen(s.cfg, c, place)
		out.Directors = append(out.Directors, of)
	}
	if s.cfg.Origin != nil && c == model.Green {
		for i, of := range beforeOf(s.cfg) {
			if d := s.cfg.Origin.Old[c][i]; d != at.Passive {
				out.Before = append(out.Before, feed.Before{Source: of, Address: d.Address})
			}
		}
	}
	return out, nil
}

// fileSeen looks at the file of a Director by what tells a watcher of it, or where it lies on this machine, or names who does: it may be
// reached by what only who acts may run, and where the launcher goes to another host, it lies there.
func fileSeen(cfg *config.Config, c model.Cluster, place int) (look func() (model.RoutedFile, error), says string, told *feed.Told) {
	push := &cfg.Clusters[c].Push
	if !push.Rendered() || !push.On[place].Set {
		return nil, "", nil
	}
	on := push.At(place)
	switch {
	case len(on.Sums) > 0:
		sums := sumsOf(cfg, &on)
		return sums.Look, "its file is followed in a session", &feed.Told{Follow: sums.Follow, Heard: sums.Heard}
	case unwatched(cfg, &on):
		return nil, "its file is looked at by switchyard observe alone, as often as that runs", nil
	}
	file := &routed.File{Path: on.File}
	return file.Look, "", nil
}

func sumsOf(cfg *config.Config, on *config.PushOn) *routed.Sums {
	return &routed.Sums{Argv: on.Sums, Dir: filepath.Dir(cfg.Path), Path: on.File}
}

// unwatched tells that nobody who watches sees the file of a Director.
func unwatched(cfg *config.Config, on *config.PushOn) bool {
	return len(on.Sums) == 0 && (!on.Local() || len(cfg.Launcher) > 0 && filepath.Base(cfg.Launcher[0]) == "ssh")
}

func catalogConfig(at *config.Cluster, login *config.Login) (bacula.CatalogConfig, error) {
	c := bacula.CatalogConfig{
		Hosts:    at.Catalog.Hosts,
		Database: at.Catalog.Database,
		User:     login.User,
		Password: login.Password.Resolve,
		Zone:     at.Zone,
	}
	var err error
	c.TLS, err = serverTLS(at.Catalog.TLS)
	return c, err
}

// serverTLS is nil when it is off.
func serverTLS(t config.TLS) (*mysql.TLS, error) {
	if t.Off {
		return nil, nil
	}
	pem, err := t.Certificates()
	if err != nil {
		return nil, err
	}
	return &mysql.TLS{CA: pem, ServerName: t.ServerName}, nil
}

// follow starts the feed; stop ends it and waits for its goroutines.
func (s *site) follow(ctx context.Context) (f *feed.Feed, stop func()) {
	f = s.feed()
	return f, s.start(ctx, f.Run)
}

// asked starts a feed that asks only what somebody wants to know: an action may go on for hours, and looks at its sources between two
// steps.
func (s *site) asked(ctx context.Context) (f *feed.Feed, stop func()) {
	f = s.feed().OnDemand()
	return f, s.start(ctx, f.RunOnDemand)
}

func (s *site) feed() *feed.Feed {
	zones := [2]*time.Location{s.cfg.Clusters[model.Blue].Zone, s.cfg.Clusters[model.Green].Zone}
	b := board.New(s.cfg.Environment, s.cfg.Rehearsal, s.inv, s.cfg.Policy, zones)
	if t := testTerms(s.cfg); t != nil {
		b.VerifyBy(func(of model.Format) string { return t.Verify(of).Hash() })
	}
	if s.cfg.Routes.Get == nil { // else the journal's routes are not those in force
		b.DesireBy(desired)
		b.StaggerBy(s.apart())
	}
	b.CouldBy(func(snap *board.Snapshot) [2]model.Takeover {
		w := plan.World{Now: snap.At, Snapshot: snap, State: snap.State, Names: s.names, Policy: s.cfg.Policy, Routing: routing(s.cfg)}
		return [2]model.Takeover{w.Could(plan.FailoverSwitchover), w.Could(plan.FailoverEmergency)}
	})
	f := feed.New(b, s.cfg.Policy, s.clusters, s.pair, s.past)
	if file := s.cfg.Bundle.File; file != "" && s.cfg.Origin == nil {
		f.WatchBundle(file, bundle.Made)
	}
	if dir := s.cfg.Cards.Dir; dir != "" {
		f.WatchCards(dir, s.inv)
	}
	return f
}

// apart is how far what is pushed to each cluster gives way to the other's starts.
func (s *site) apart() (by [2]time.Duration) {
	for _, c := range model.Clusters {
		if push := &s.cfg.Clusters[c].Push; push.Rendered() {
			by[c] = push.Apart
		}
	}
	return by
}

func (s *site) start(ctx context.Context, run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	return func() {
		cancel()
		<-done
		for _, c := range s.clusters {
			_ = c.Catalog.Close()
		}
		if s.past != nil {
			_ = s.past.Close()
		}
		if s.pair != nil {
			for _, i := range []feed.Instance{s.pair.Primary, s.pair.Replica} {
				if i.Server != nil {
					_ = i.Server.Close()
				}
			}
		}
	}
}
