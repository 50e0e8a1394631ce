package main

import (
	"context"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/ui"
)

func watchCommand() *cobra.Command {
	flags := screenFlags{watch: true}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "the cockpit with nothing that can act",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return show(cmd, &flags, func(ctx context.Context, _ *site, f *feed.Feed, opt ui.Options) (*ui.App, error) {
				return ui.Watch(ctx, f, f, opt)
			})
		},
	}
	flags.add(cmd)
	return cmd
}
