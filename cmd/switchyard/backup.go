package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/model/board"
	"switchyard/model/plan"
)

func backupCommand() *cobra.Command {
	var flags applyFlags
	var b plan.Backup
	var kind, on string
	cmd := &cobra.Command{
		Use:   "backup --chain CHAIN --region REGION --kind KIND --on CLUSTER",
		Short: "a backup of a cell now: prints the plan; acts only with --apply",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := b.Cell.Kind.UnmarshalText([]byte(kind)); err != nil {
				return fmt.Errorf("--kind: %w", err)
			}
			if err := b.Cluster.UnmarshalText([]byte(on)); err != nil {
				return fmt.Errorf("--on: %w", err)
			}
			return flags.plan(cmd, func(*board.Snapshot) (plan.Ask, error) { return plan.Ask{Backup: &b}, nil })
		},
	}
	cmd.Flags().StringVar(&b.Cell.Chain, "chain", "", "the `CHAIN`")
	cmd.Flags().StringVar(&b.Cell.Region, "region", "", "the `REGION` where the backup is taken")
	cmd.Flags().StringVar(&kind, "kind", "", "regular or immutable")
	offers(cmd, "kind", "regular", "immutable")
	cmd.Flags().StringVar(&on, "on", "", "the `CLUSTER` that takes it: blue or green")
	offers(cmd, "on", "blue", "green")
	cmd.Flags().StringVar(&b.Level, "level", "", "Full, Incremental or Differential (default: what the Job resource says)")
	for _, name := range []string{"chain", "region", "kind", "on"} {
		_ = cmd.MarkFlagRequired(name)
	}
	flags.add(cmd)
	return cmd
}
