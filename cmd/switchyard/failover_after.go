package main

import (
	"github.com/spf13/cobra"

	"switchyard/model/board"
	"switchyard/model/plan"
)

func failoverQuarantine() *cobra.Command {
	var flags applyFlags
	cmd := &cobra.Command{
		Use:   "quarantine",
		Short: plan.FailoverQuarantine.Says() + ": prints the plan; acts only with --apply",
		Long: "Both servers of the pair take writes: the AWS region of the one that was given up is back. Of the two it is the one that " +
			"green's\n" +
			"Director does not use. The Director's account is locked there where act.fence says who may, and the server takes no writes any " +
			"more:\n" +
			"by read_only in its parameter group, or stopped where that is AWS's own.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.plan(cmd, func(s *board.Snapshot) (plan.Ask, error) { return plan.FailoverAsk(s, plan.FailoverQuarantine) })
		},
	}
	flags.add(cmd)
	return cmd
}

func failoverRebuild() *cobra.Command {
	var flags applyFlags
	var id string
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: plan.FailoverRebuild.Says() + ": prints the plan; acts only with --apply",
		Long: "A replica of the instance that takes writes is created in the AWS region of the other one, made as that one was: by AWS's " +
			"word, or\n" +
			"by what switchyard observe has recorded. AWS is asked once and never again. It is done when AWS calls it available, its replication\n" +
			"normal, and its own server keeps up in two looks. Then rds in the configuration names the new pair; until it does, what judges the\n" +
			"pair stays as it was.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.plan(cmd, func(s *board.Snapshot) (plan.Ask, error) {
				r, err := plan.RebuildOf(s, id)
				return plan.Ask{Rebuild: r}, err
			})
		},
	}
	cmd.Flags().StringVar(
		&id,
		"id",
		"",
		"the `NAME` of the replica (default: that of the instance that stood there, with -2 where AWS still has it)",
	)
	flags.add(cmd)
	return cmd
}
