package main

import (
	"github.com/spf13/cobra"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

func routesPush() *cobra.Command {
	var flags applyFlags
	var r plan.Push
	cmd := &cobra.Command{
		Use:   "push CLUSTER",
		Short: "give a cluster's Directors what the routes come to: prints the plan; acts only with --apply",
		Long: "It mends drift, whoever caused it: a file that somebody edited, an old one that a configuration manager put back, a Director " +
			"that was restarted with it. The routes stay as they are. Each Director's file is rendered, proven, put in place and loaded, and " +
			"seen to be so; one that does not take it is given back what it had.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.Cluster.UnmarshalText([]byte(args[0])); err != nil {
				return err
			}
			return flags.plan(cmd, func(*board.Snapshot) (plan.Ask, error) { return plan.Ask{Push: &r}, nil })
		},
	}
	cmd.Flags().StringVar(&r.Director, "director", "", "the `NAME` of the one that is pushed to (default: all of the cluster's)")
	cmd.ValidArgs = []string{model.Blue.String(), model.Green.String()}
	flags.add(cmd)
	return cmd
}
