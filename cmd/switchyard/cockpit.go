package main

import (
	"context"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/ui"
)

// cockpit makes the command itself open the cockpit.
func cockpit(cmd *cobra.Command) {
	var flags screenFlags
	flags.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, &flags, func(ctx context.Context, s *site, f *feed.Feed, opt ui.Options) (_ *ui.App, err error) {
			opt.Commands = append(opt.Commands, attachedWorld(s.cfg)...)
			l := lever(s)
			if s.cfg.Origin != nil && !s.cfg.Origin.Drill {
				if l.Recovery, err = recovering(cmd); err != nil {
					return nil, err
				}
			}
			return ui.Cockpit(ctx, f, f, l, opt)
		})
	}
}
