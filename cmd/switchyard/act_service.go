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
			out[plan.OnDirector{Cluster: c, Director: at.called}] = v
		}
	}
	return out
}

// calledDirector is a Director and what it is called, where another one may have its name.
type calledDirector struct {
	config.Director
	called string
}

// toldApart are a cluster's Directors, the active one first; none when both have one name: nothing of theirs could be told apart. Who
// comes up after a disaster has the name of the one before, as Storage Daemons know no other: it has its own address, account and service,
// and the one before is called otherwise.
func toldApart(cfg *config.Config, c model.Cluster) []calledDirector {
	of := &cfg.Clusters[c]
	recovers := cfg.Origin != nil && !cfg.Origin.Drill
	switch of.Passive.Name {
	case "":
		return []calledDirector{{of.Active, of.Active.Name}}
	case of.Active.Name:
		if !recovers {
			return nil
		}
	}
	return []calledDirector{{of.Active, of.Active.Name}, {of.Passive, model.PassiveOf(c, of.Passive.Name, of.Active.Name).Name}}
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
			on := plan.OnDirector{Cluster: c, Director: at.called}
			h.Of[on] = &runner.Served{Vectors: vectors[on], Read: r.Read, Listens: runner.Dials(at.Address),
				Tell: func(ctx context.Context, argv []string) (out, said string, exit int, err error) {
					return check.Tool{Argv: argv, Dir: filepath.Dir(cfg.Path), Timeout: check.QuickLimit}.Run(ctx, "")
				}}
		}
	}
	return h
}
