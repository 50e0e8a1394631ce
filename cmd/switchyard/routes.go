package main

import "github.com/spf13/cobra"

func routesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "which cluster takes which cell, and what its Directors are given for it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(routesRender())
	return cmd
}
