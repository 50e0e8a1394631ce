package main

import (
	"context"
	"fmt"
	"path/filepath"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/config"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// scratchOf is what a drill brings up, as the configuration has it; nil: nothing.
func scratchOf(cfg *config.Config, storage string) *plan.Scratch {
	d := &cfg.Recover.Drill
	if d.Director.Name == "" {
		return nil
	}
	call := func(name string) plan.Call { return plan.Call{Name: name, Argv: d.Commands()[name]} }
	return &plan.Scratch{Director: d.Director.Name, At: d.Director.Address, Catalog: d.Catalog.Hosts[0], Database: d.Catalog.Database,
		Make: call(config.DrillMake), Made: call(config.DrillMade), Remove: call(config.DrillRemove), Removed: call(config.DrillRemoved),
		Start: d.Service.Start, Stop: d.Service.Stop, Storage: storage}
}

// drillHands adds the hands that reach what a drill brings up, and nothing else. Those of the clusters do not reach it.
func drillHands(s *site, used [2]runner.Lever, hands runner.Router) (closes func(), err error) {
	d := &s.cfg.Recover.Drill
	if d.Director.Name == "" {
		return func() {}, nil
	}
	login := s.cfg.Act.Clusters[model.Green].Catalog
	if login.User == "" {
		login = s.cfg.Watch.Clusters[model.Green].Catalog
	}
	at := config.Cluster{Catalog: d.Catalog, Zone: s.cfg.Clusters[model.Green].Zone}
	of, err := catalogConfig(&at, &login)
	if err != nil {
		return nil, fmt.Errorf("recover.drill.catalog: %w", err)
	}
	console := bacula.Console{Name: d.Director.Name, Argv: d.Console, Address: d.Director.Address, Timeout: s.cfg.Policy.Answer}
	lever := runner.Lever{Console: console, Catalog: bacula.NewCatalog(model.Green, of)}
	hand := runner.NewBacula([2]runner.Lever{model.Blue: {Catalog: used[model.Blue].Catalog}, model.Green: lever})
	hand.Names = s.names
	read := func(ctx context.Context) (bacula.DirectorSight, error) { // who asks wants to know how it is now
		r := &bacula.DirectorReader{Cluster: model.Green, Zone: at.Zone, Console: console}
		return r.Read(ctx)
	}
	tell := func(ctx context.Context, argv []string) (out, said string, exit int, err error) {
		return check.Tool{Argv: argv, Dir: filepath.Dir(s.cfg.Path), Timeout: check.QuickLimit}.Run(ctx, "")
	}
	scratch := scratchOf(s.cfg, "")
	services := &runner.Services{Of: map[plan.OnDirector]*runner.Served{{Cluster: model.Green, Director: d.Director.Name}: {
		Vectors: plan.ServiceVectors{State: d.Service.State,
			Do: map[plan.ServiceWord][]string{plan.Start: scratch.Start, plan.Stop: scratch.Stop}},
		Read: read, Listens: runner.Dials(d.Director.Address), Tell: tell}}}
	services.Drill = &runner.Drilled{
		Is:   plan.Apart{Director: scratch.Director, At: scratch.At, Catalog: scratch.Catalog, Database: scratch.Database},
		Read: read, Copy: lever.Catalog, Others: []*bacula.Catalog{used[model.Blue].Catalog, used[model.Green].Catalog},
		Conf: func(ctx context.Context) (string, error) {
			out, said, exit, err := tell(ctx, d.Conf)
			if err == nil && exit != 0 {
				err = fmt.Errorf("%s ended with status %d: %s", model.Clean(d.Conf[0]), exit, model.Clean(said))
			}
			return out, err
		},
	}
	hands[plan.OnScratch(plan.Bacula)], hands[plan.OnScratch(plan.Services)] = hand, services
	return func() { _ = lever.Catalog.Close() }, nil
}
