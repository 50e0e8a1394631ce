package main

import (
	"context"
	"fmt"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push"
	"switchyard/backend/config"
	"switchyard/backend/mysql"
	"switchyard/backend/rds"
	"switchyard/backend/rds/act"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// pairHand is the hand for the RDS pair; nil where none is configured. Closes ends its connections.
func pairHand(ctx context.Context, s *site, r *runner.Runner) (h *runner.Amazon, closes func(), err error) {
	closes = func() {}
	cfg := s.cfg
	if cfg.RDS == nil {
		return nil, closes, nil
	}
	h = &runner.Amazon{Servers: map[string]*rds.Server{}, Accounts: map[string]*act.Accounts{}, Catalogs: map[string]runner.Rows{},
		Numberers: map[string]*act.Numberer{}, Seals: seals(cfg), Now: r.Now, Sleep: r.Sleep}
	closes = func() {
		for _, s := range h.Servers {
			_ = s.Close()
		}
		for _, c := range h.Catalogs {
			if c, is := c.(*bacula.Catalog); is {
				_ = c.Close()
			}
		}
	}
	o := actOptions(awsOptions(cfg), cfg.AWS.ActProfile)
	if h.Reader, err = rds.New(ctx, o); err == nil {
		h.Acts, err = act.New(ctx, o, h.Reader)
	}
	if err != nil {
		return nil, closes, fmt.Errorf("aws: %w", err)
	}
	login := &cfg.Act.RDS
	if login.User == "" {
		login = &cfg.Watch.RDS
	}
	h.Open = func(id, region, address string) (*rds.Server, error) {
		return s.server(&config.Instance{ID: id, AWSRegion: region, Address: address}, login, h.Reader)
	}
	for _, at := range []*config.Instance{&cfg.RDS.Primary, &cfg.RDS.Replica} {
		if at.ID == "" || login.User == "" {
			continue
		}
		server, err := s.server(at, login, h.Reader)
		if err != nil {
			return nil, closes, err
		}
		name := runner.AtInstance(at.ID, at.AWSRegion)
		h.Servers[name] = server
		if h.Accounts[name], err = accountsOf(cfg, at); err != nil {
			return nil, closes, err
		}
		if err := numbering(cfg, h, name, at); err != nil {
			return nil, closes, err
		}
	}
	return h, closes, nil
}

// accountsOf makes and locks accounts on an instance, with the login of act.fence, which is read for nothing else; nil where the
// configuration has none.
func accountsOf(cfg *config.Config, at *config.Instance) (*act.Accounts, error) {
	f := &cfg.Act.Fence
	if f.Next.User == "" {
		return nil, nil
	}
	a, err := fencing(cfg, at)
	if err != nil {
		return nil, err
	}
	return &act.Accounts{Accounts: a, Next: f.Next.Password.Resolve}, nil
}

// nextAccount is what plans are told of act.fence: names, and no secret.
func nextAccount(cfg *config.Config) *plan.NextAccount {
	f := &cfg.Act.Fence
	if f.Next.User == "" || cfg.RDS == nil {
		return nil
	}
	return &plan.NextAccount{Now: cfg.RDS.Director, Next: f.Next.User, From: f.Next.From, PasswordFile: f.Next.PasswordFile,
		ByHand: f.Login.User == ""}
}

// marking are the Directors that a console marks volumes on.
func marking(cfg *config.Config) map[plan.OnDirector]bool {
	if cfg.Act.Clusters[model.Green].Volumes == nil {
		return nil
	}
	return map[plan.OnDirector]bool{{Cluster: model.Green, Director: cfg.Clusters[model.Green].Active.Name}: true}
}

// seals marks volumes in the console that act.green names for it, which nothing else uses.
func seals(cfg *config.Config) func(ctx context.Context, director, line, volume string) error {
	at, argv := cfg.Clusters[model.Green].Active, cfg.Act.Clusters[model.Green].Volumes
	if argv == nil {
		return nil
	}
	console := bacula.Console{Name: at.Name, Argv: argv, Address: at.Address, Timeout: cfg.Policy.Answer}
	return func(ctx context.Context, director, line, volume string) error {
		if director != at.Name {
			return fmt.Errorf(
				"marking volumes: %w: the console is of %s, and not of %s",
				model.ErrNotDone,
				model.Clean(at.Name),
				model.Clean(director),
			)
		}
		return push.Seal(ctx, console, line, volume)
	}
}

// covers tries whether certificates cover the one of a server: a session inside TLS is begun by them. Whether the account is let in then
// is another matter.
func covers(cfg *config.Config) func(context.Context, string, []byte) error {
	return func(ctx context.Context, address string, pem []byte) error {
		l := mysql.Login{Address: address, User: cfg.Watch.RDS.User, TLS: &mysql.TLS{CA: pem, ServerName: cfg.RDS.TLS.ServerName}}
		conn, err := l.Dial(ctx)
		switch {
		case err == nil:
			return conn.Close()
		case mysql.Number(err) != 0: // it was asked who is there, and that is behind TLS
			return nil
		}
		return mysql.FaultOf("connect to "+address, err)
	}
}

// numbering lets the hand read the catalog on an instance, and raise its numbers where a login does that.
func numbering(cfg *config.Config, h *runner.Amazon, name string, at *config.Instance) error {
	secure, err := serverTLS(cfg.RDS.TLS)
	if err != nil {
		return err
	}
	green := cfg.Clusters[model.Green]
	login := &cfg.Act.Clusters[model.Green].Catalog
	if login.User == "" {
		login = &cfg.Watch.Clusters[model.Green].Catalog
	}
	if login.User != "" {
		h.Catalogs[name] = bacula.NewCatalog(model.Green, bacula.CatalogConfig{Hosts: []string{at.Address}, Database: green.Catalog.Database,
			User: login.User, Password: login.Password.Resolve, Zone: green.Zone, TLS: secure})
	}
	if cfg.Act.Numbers.User == "" {
		return nil
	}
	h.Numberers[name] = &act.Numberer{Login: numberer(cfg, h.Reader, at, secure)}
	return nil
}

// numberer is the login of act.numbers on an instance.
func numberer(cfg *config.Config, reader *rds.Reader, at *config.Instance, secure *mysql.TLS) mysql.Login {
	by := &cfg.Act.Numbers
	l := mysql.Login{Address: at.Address, User: by.User, Database: cfg.Clusters[model.Green].Catalog.Database, Password: by.Password.Resolve,
		TLS: secure}
	if by.IAM {
		l.Password, l.Token = reader.Token(at.AWSRegion, at.Address, by.User), true
	}
	return l
}
