package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/routes"
)

func routesAdopt() *cobra.Command {
	var flags applyFlags
	cmd := &cobra.Command{
		Use:   "adopt",
		Short: "let the document of the control plane that owns it be the one that counts: prints the plan; acts only with --apply",
		Long: "Where routes.get says that a control plane owns the document, it is the master: what somebody changed there is adopted " +
			"here, and nothing is put there. The plan says what changes, makes the document the journal's newest record, and lets the " +
			"Directors have " +
			"it, those first that gain cells. One with a gap is refused; cells that lose a cluster without proof ask for a reason.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			if cfg.Routes.Get == nil {
				return fmt.Errorf("adopting routes: %w: no control plane owns them here: the configuration has no routes.get", model.ErrNone)
			}
			inv, err := cfg.Inventory(cmd.Context())
			if err != nil {
				return err
			}
			title, text, err := cfg.FetchRoutes(cmd.Context())
			if err != nil {
				return err
			}
			doc, err := routes.Parse(title, text, routes.Options{Inventory: inv, Extensions: cfg.Routes.Extensions})
			if err != nil {
				return err
			}
			raw, err := json.Marshal(doc)
			if err != nil {
				return fmt.Errorf("adopting routes: %w", err)
			}
			return flags.planIn(cmd, func(plan.World) (plan.Ask, error) { return plan.Ask{Adopt: &plan.Adopt{Document: raw}}, nil })
		},
	}
	flags.add(cmd)
	return cmd
}
