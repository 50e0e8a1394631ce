package main

import (
	"context"

	"github.com/spf13/cobra"

	"switchyard/model/plan"
	"switchyard/ui"
)

// recovering is what a cockpit shows of a recovery, and how it asks again what is left. The first asking is over before the screen opens.
func recovering(cmd *cobra.Command) (*ui.Recovery, error) {
	r := &recovery{}
	told, err := r.survivors(cmd)
	if err != nil {
		return nil, err
	}
	v, err := r.survey(cmd.Context(), told)
	if err != nil {
		return nil, err
	}
	return &ui.Recovery{Survivors: v.Survivors, AtOnce: v.AtOnce, Bundle: v.Bundle, Survey: func(ctx context.Context) (*plan.Survey, error) {
		if r.site, err = siteOf(ctx, r.site.cfg); err != nil { // its readers were closed when they had been asked
			return nil, err
		}
		told, err := r.surviving(ctx)
		if err != nil {
			return nil, err
		}
		return r.survey(ctx, told)
	}}, nil
}
