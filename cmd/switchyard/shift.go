package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/routes"
)

const shiftPage = `Shift moves cells by one notch: from blue to both, from both to green, and back the same way. The plan that it prints
publishes the routes, pushes them to the Directors of the cluster that gains or loses the cells, and sees them effective there; cells are
taken from a cluster only when both Directors of the other start them, it has proven its backups, and nothing of them runs or waits.

Which cells: --chain, --region and --kind, each as often as needed; --filter EXPR, words that must all fit, of which chain:, region:,
kind: and route: take a pattern with * and ? and tier: a number; or --all. Of what is meant only those are shifted that are one notch away;
the rest is told. --all --to both is the way back where green takes any alone: it asks for nothing of green and takes the place of a shift
that is stuck. --leave-out goes on without the cells that a guard refuses, and unless there is a --reason without those that it lets through
with one only.`

func shiftCommand() *cobra.Command {
	var flags applyFlags
	var q plan.Select
	var to, later string
	var leaveOut bool
	cmd := &cobra.Command{
		Use:   "shift --chain CHAIN|--region REGION|--kind KIND|--filter EXPR|--all --to ROUTE",
		Short: "cells from blue to both, from both to green, or back: prints the plan; acts only with --apply",
		Long:  shiftPage,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			route, err := plan.RouteCalled(to)
			if err != nil {
				return fmt.Errorf("--to: %w", err)
			}
			told := ""
			err = flags.planIn(cmd, func(w plan.World) (plan.Ask, error) {
				if later != "" {
					return plan.Ask{Later: &plan.Later{Region: later, To: route}}, nil
				}
				shift, says, err := flags.meant(w, q, route, leaveOut)
				if err == nil && says != told && !flags.json {
					told = says
					err = printf(cmd.ErrOrStderr(), "%s\n", says)
				}
				return plan.Ask{Shift: shift}, err
			})
			if r := (*routes.Refusal)(nil); errors.As(err, &r) {
				err = refusal{err}
			}
			return err
		},
	}
	selects(cmd, &q, &to)
	cmd.Flags().BoolVar(&leaveOut, "leave-out", false, leaveOutUsage)
	cmd.Flags().StringVar(&later, "later", "", "of no cell: let --to take the chains that are added to `REGION` later")
	for _, of := range []string{"chain", "region", "kind", "filter", "all", "from", "leave-out"} {
		cmd.MarkFlagsMutuallyExclusive("later", of)
	}
	flags.add(cmd)
	return cmd
}

const leaveOutUsage = "leave out the cells that are refused, and shift the others"

// selects adds the flags that say which cells are meant, and where they go.
func selects(cmd *cobra.Command, q *plan.Select, to *string) {
	cmd.Flags().StringSliceVar(&q.Chains, "chain", nil, "the `CHAIN`, or several")
	cmd.Flags().StringSliceVar(&q.Regions, "region", nil, "the `REGION` where the backups are taken")
	cmd.Flags().StringSliceVar(&q.Kinds, "kind", nil, "regular or immutable")
	offers(cmd, "kind", "regular", "immutable")
	cmd.Flags().StringVar(&q.Filter, "filter", "", "the cells that `EXPR` fits, such as 'tier:3 route:both orders'")
	cmd.Flags().BoolVar(&q.All, "all", false, "every cell")
	cmd.Flags().StringVar(&q.From, "from", "", "only those that have this `ROUTE` now")
	offers(cmd, "from", "blue", "both", "green", "none")
	cmd.Flags().StringVar(to, "to", "", "the `ROUTE` that they get: blue, both or green")
	offers(cmd, "to", "blue", "both", "green")
	_ = cmd.MarkFlagRequired("to")
}

// meant are the cells that are meant, and what of them is left out, in words.
func (f *applyFlags) meant(w plan.World, q plan.Select, to model.Route, leaveOut bool) (*plan.Shift, string, error) {
	cells, left, err := q.Cells(w, to)
	if err != nil {
		return nil, "", err
	}
	s, lines := &plan.Shift{Cells: cells, To: to}, notMeant(left, to)
	if leaveOut {
		var out []string
		if s, out, err = f.leftOut(w, s); err != nil {
			return nil, "", err
		}
		lines = append(lines, out...)
	}
	return s, strings.Join(lines, "\n"), nil
}

// notMeant tells of cells that are more than one notch away.
func notMeant(left []string, to model.Route) []string {
	if len(left) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("not meant, because they are not one notch from %s: %s", to, strings.Join(left, ", "))}
}

// leftOut is a shift without the cells that are refused, and those in words.
func (f *applyFlags) leftOut(w plan.World, s *plan.Shift) (*plan.Shift, []string, error) {
	refused, err := s.Refused(w)
	if err != nil && len(refused) == 0 {
		return nil, nil, err
	}
	if f.reason == "" && len(f.reasons) == 0 && err == nil {
		unproven, err := s.NeedReason(w)
		if err != nil {
			return nil, nil, err
		}
		refused = append(refused, unproven...)
	}
	var lines []string
	for _, c := range refused {
		lines = append(lines, fmt.Sprintf("left out %d: %s (%s); %s", len(c.Cells), c.Says, routes.Some(c.Cells), c.Do))
	}
	if s = s.Without(refused); len(s.Cells) == 0 {
		return nil, nil, refusal{fmt.Errorf("%w: every one of these cells is refused\n%s", model.ErrGuard, strings.Join(lines, "\n"))}
	}
	return s, lines, nil
}

// planIn is plan for what is asked of the whole world.
func (f *applyFlags) planIn(cmd *cobra.Command, asked func(plan.World) (plan.Ask, error)) error {
	f.ask = asked
	return f.plan(cmd, func(*board.Snapshot) (plan.Ask, error) { return plan.Ask{}, errors.New("nothing was asked for") })
}

// routing is what the configuration says of the routes to whoever plans.
func routing(cfg *config.Config) plan.Routing {
	r := plan.Routing{Extensions: cfg.Routes.Extensions, Numbers: cfg.Act.Numbers.User != "", Marks: marking(cfg)}
	for _, c := range model.Clusters {
		r.Unpushed[c] = cfg.Clusters[c].Push.None
		r.Leases[c] = cfg.Clusters[c].Push.Hold.Life
		r.Times[c] = plan.Times{Zone: cfg.Clusters[c].Zone, AtOnce: cfg.Clusters[c].AtOnce,
			Storages: cfg.Clusters[c].Storages, Storage: cfg.Clusters[c].Push.Storage}
		if push := &cfg.Clusters[c].Push; push.Rendered() {
			r.Times[c].Apart = push.Apart
		}
	}
	r.Services, r.Below, r.Repoints = servicesOf(cfg), cfg.Restores.Below, map[plan.OnDirector]bool{}
	r.Account, r.Recovers, r.First = nextAccount(cfg), cfg.Origin != nil && !cfg.Origin.Drill, homesOf(cfg)
	if cfg.Origin != nil {
		r.Bundle, r.Before = cfg.Origin.Made, beforeOf(cfg)
	}
	r.Leaving = leavingOf(cfg)
	for place, at := range toldApart(cfg, model.Green) {
		if on := cfg.Clusters[model.Green].Push.At(place); on.Catalog != "" && on.Test != nil && on.Conf != nil {
			r.Repoints[plan.OnDirector{Cluster: model.Green, Director: at.called}] = true
		}
	}
	return r
}

// beforeOf are the Directors that used green's catalog before a disaster. The first is watched as the passive one, the others are dialed.
func beforeOf(cfg *config.Config) (out []model.Source) {
	if cfg.Origin.Drill || cfg.Recover.Director.Name == "" {
		return nil
	}
	g := &cfg.Clusters[model.Green]
	for _, d := range cfg.Origin.Old[model.Green] {
		if d == g.Passive {
			out = append(out, model.PassiveOf(model.Green, d.Name, g.Active.Name))
			continue
		}
		out = append(out, model.DirectorOf(model.Green, d.Name+" (before)"))
	}
	return out
}

// published is the hand for the routes: the journal's, and the control plane's where one owns the document.
func published(s *site, r *runner.Runner) *runner.Published {
	h := &runner.Published{Journal: r.Journal, Actor: r.Actor, Inventory: s.inv, Extensions: s.cfg.Routes.Extensions}
	if s.cfg.Routes.Get == nil {
		return h
	}
	h.Owner = &runner.RoutesOwner{
		Get: func(ctx context.Context) (*routes.Document, error) {
			title, text, err := s.cfg.FetchRoutes(ctx)
			if err != nil {
				return nil, err
			}
			return routes.Parse(title, text, routes.Options{Extensions: true})
		},
		Put: func(ctx context.Context, was, is *routes.Document) error {
			before, err := json.Marshal(was)
			if err != nil {
				return fmt.Errorf("putting the routes: %w: %w", model.ErrNotDone, err)
			}
			after, err := json.Marshal(is)
			if err != nil {
				return fmt.Errorf("putting the routes: %w: %w", model.ErrNotDone, err)
			}
			return s.cfg.PutRoutes(ctx, before, after)
		},
	}
	return h
}
