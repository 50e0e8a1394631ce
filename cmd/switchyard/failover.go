package main

import "github.com/spf13/cobra"

func failoverCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "failover", Short: "let another one take over: prints the plan; acts only with --apply", Args: cobra.NoArgs}
	cmd.AddCommand(failoverDirector())
	return cmd
}
