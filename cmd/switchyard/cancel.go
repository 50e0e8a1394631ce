package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

func cancelCommand() *cobra.Command {
	var flags applyFlags
	var on string
	cmd := &cobra.Command{
		Use:   "cancel JOB --on CLUSTER",
		Short: "cancels a job, by its JobId or name: prints the plan; acts only with --apply",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c model.Cluster
			if err := c.UnmarshalText([]byte(on)); err != nil {
				return fmt.Errorf("--on: %w", err)
			}
			return flags.plan(cmd, func(s *board.Snapshot) (plan.Ask, error) {
				k, err := plan.CancelOf(s, c, args[0])
				return plan.Ask{Cancel: k}, err
			})
		},
	}
	cmd.Flags().StringVar(&on, "on", "", "the `CLUSTER` that runs it: blue or green")
	offers(cmd, "on", "blue", "green")
	_ = cmd.MarkFlagRequired("on")
	flags.add(cmd)
	return cmd
}
