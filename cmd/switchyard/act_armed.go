package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/backend/feed"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// patient is how long a plan that is made waits for what only cautions, contrary how long what acts waits for what would only contradict.
const (
	patient  = 2 * time.Second
	contrary = 600 * time.Millisecond
)

// armed gives the runner its readings and its hands.
func armed(cmd *cobra.Command, cfg *config.Config, r *runner.Runner) (disarm func(), err error) {
	s, err := open(cmd)
	if err != nil {
		return nil, err
	}
	var levers [2]runner.Lever
	for _, c := range model.Clusters {
		of, err := s.acting(c)
		if err != nil {
			return nil, err
		}
		levers[c] = runner.Lever{
			Catalog: of.Catalog,
			Console: bacula.Console{
				Name:    cfg.Clusters[c].Active.Name,
				Argv:    cfg.Act.Clusters[c].Active,
				Address: cfg.Clusters[c].Active.Address,
				Timeout: cfg.Policy.Answer,
			},
		}
	}
	hand := runner.NewBacula(levers)
	hand.Names = s.names
	r.Hands = runner.Router{plan.Bacula: hand, plan.Here: &runner.Local{Commands: testCommands(cfg), Now: r.Now},
		plan.Evidence: &runner.Proving{Runner: r},
		plan.Routes:   published(s, r), plan.Directors: directors(cfg, r), plan.Services: services(cfg)}
	if err := leaves(cfg, r.Hands); err != nil {
		return nil, err
	}
	drilled, err := drillHands(s, levers, r.Hands)
	if err != nil {
		return nil, err
	}
	pair, closes, err := pairHand(cmd.Context(), s, r)
	if err != nil {
		return nil, err
	}
	if pair != nil {
		r.Hands[plan.Amazon] = pair
	}
	s.past = nil // the runner reads its own
	for _, c := range model.Clusters {
		if s.clusters[c], err = s.acting(c); err != nil {
			return nil, err
		}
	}
	f, stop := s.asked(cmd.Context())
	made := &wanting{cfg: cfg, journal: r.Journal}
	r.Fresh = func(ctx context.Context, n plan.Needs) (plan.World, error) {
		snap, err := f.Fresh(ctx, n.Must, n.May, feed.Wait{Must: 2 * cfg.Policy.Answer, May: contrary, Stopped: n.Stopped})
		w := plan.World{Snapshot: snap, Names: s.names, Policy: cfg.Policy, Routing: routing(cfg)}
		if n.Restore != nil && err == nil {
			w.Restore, err = f.RestoreSight(ctx, *n.Restore)
		}
		if n.Proofs && err == nil {
			w.Snapshot = f.Proven(ctx, snap, s.proofs(r.Journal.State()))
		}
		if n.Pushes != nil && err == nil && r.Journal.State().RoutesSeq > 0 {
			if _, not := made.want(ctx, *n.Pushes); not != nil {
				w.Unmade = not.Error()
			}
		}
		return w, err
	}
	return func() {
		stop()
		closes()
		drilled()
		for _, l := range levers {
			_ = l.Catalog.Close()
		}
	}, nil
}

// acting makes the readers of a cluster with the act credentials; where there are none for reading, with those of the watch side.
func (s *site) acting(c model.Cluster) (*feed.Cluster, error) {
	access, act := s.cfg.Watch.Clusters[c], s.cfg.Act.Clusters[c]
	if act.Active != nil {
		access.Active = act.Active
	}
	if act.Passive != nil {
		access.Passive = act.Passive
	}
	if act.Catalog.User != "" {
		access.Catalog = act.Catalog
	}
	return s.cluster(c, &access)
}
