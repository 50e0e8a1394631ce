package main

import (
	"context"
	"path/filepath"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/config"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// servicesOf are the vectors by which Directors are stopped, started, masked and unmasked.
func servicesOf(cfg *config.Config) map[plan.OnDirector]plan.ServiceVectors {
	out := map[plan.OnDirector]plan.ServiceVectors{}
	for _, c := range model.Clusters {
		for place, at := range toldApart(cfg, c) {
			s := cfg.Clusters[c].Services[place]
			if s.State == nil {
				continue
			}
			v := plan.ServiceVectors{State: s.State, Do: map[plan.ServiceWord][]string{}}
			for word, argv := range map[plan.ServiceWord][]string{plan.Stop: s.Stop, plan.Start: s.Start, plan.Mask: s.Mask, plan.Unmask: s.Unmask} {
				if len(argv) > 0 {
					v.Do[word] = argv
				}
			}
			out[plan.OnDirector{Cluster: c, Director: at.Name}] = v
		}
	}
	return out
}

// toldApart are a cluster's Directors, the active one first; none when both have one name: nothing of theirs could be told apart.
func toldApart(cfg *config.Config, c model.Cluster) []config.Director {
	of := &cfg.Clusters[c]
	switch of.Passive.Name {
	case "":
		return []config.Director{of.Active}
	case of.Active.Name:
		return nil
	}
	return []config.Director{of.Active, of.Passive}
}

// services is the hand that ends and starts Directors, and sees how they are.
func services(cfg *config.Config) *runner.Services {
	h := &runner.Services{Of: map[plan.OnDirector]*runner.Served{}}
	vectors := servicesOf(cfg)
	for _, c := range model.Clusters {
		act, watch := &cfg.Act.Clusters[c], &cfg.Watch.Clusters[c]
		consoles := [2][]string{act.Active, act.Passive}
		for place, at := range toldApart(cfg, c) {
			if consoles[place] == nil { // it is only asked whether it answers
				consoles[place] = [2][]string{watch.Active, watch.Passive}[place]
			}
			r := &bacula.DirectorReader{Cluster: c, Zone: cfg.Clusters[c].Zone,
				Console: bacula.Console{Name: at.Name, Argv: consoles[place], Address: at.Address, Timeout: cfg.Policy.Answer}}
			on := plan.OnDirector{Cluster: c, Director: at.Name}
			h.Of[on] = &runner.Served{Vectors: vectors[on], Read: r.Read, Listens: runner.Dials(at.Address),
				Tell: func(ctx context.Context, argv []string) (out, said string, exit int, err error) {
					return check.Tool{Argv: argv, Dir: filepath.Dir(cfg.Path), Timeout: check.QuickLimit}.Run(ctx, "")
				}}
		}
	}
	return h
}
