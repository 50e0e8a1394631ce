package main

import (
	"github.com/spf13/cobra"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

func failoverDirector() *cobra.Command {
	var flags applyFlags
	var to string
	var away bool
	cmd := &cobra.Command{
		Use:   "director CLUSTER",
		Short: "let the passive Director schedule on the same catalog: prints the plan; acts only with --apply",
		Long: "The Director that schedules is stopped and masked, the other one unmasked and started while that is seen, so that never two " +
			"schedule; what it then has and starts is compared with the routes. A service that the configuration has no vectors for is " +
			"told by people, and looked at. With --away the host of the old one cannot be reached: a person fences it, and says so. The " +
			"same verb goes the other way, and mends a cluster of which two Directors may schedule: --to names the one that goes on.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c model.Cluster
			if err := c.UnmarshalText([]byte(args[0])); err != nil {
				return err
			}
			return flags.plan(cmd, func(s *board.Snapshot) (plan.Ask, error) {
				f, err := plan.FailDirectorOf(s, c, to, away)
				return plan.Ask{FailDirector: f}, err
			})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the `NAME` of the Director that shall schedule (default: the one that does not)")
	cmd.Flags().BoolVar(&away, "away", false, "the old one's host cannot be reached: a person fences it, and says so")
	cmd.ValidArgs = []string{model.Blue.String(), model.Green.String()}
	flags.add(cmd)
	return cmd
}

func restartCommand() *cobra.Command {
	var flags applyFlags
	var now bool
	cmd := &cobra.Command{
		Use:   "restart CLUSTER",
		Short: "end and start the Director that schedules, when it runs nothing: prints the plan; acts only with --apply",
		Long: "It mends a Director that has lost its catalog: Bacula 15 keeps a dead connection as long as any job or console holds it, and " +
			"starts nothing meanwhile. What runs is waited for; with --now it is given up.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c model.Cluster
			if err := c.UnmarshalText([]byte(args[0])); err != nil {
				return err
			}
			return flags.plan(cmd, func(s *board.Snapshot) (plan.Ask, error) {
				r, err := plan.RestartDirectorOf(s, c, now)
				return plan.Ask{RestartDirector: r}, err
			})
		},
	}
	cmd.Flags().BoolVar(&now, "now", false, "do not wait for what it runs")
	cmd.ValidArgs = []string{model.Blue.String(), model.Green.String()}
	flags.add(cmd)
	return cmd
}
