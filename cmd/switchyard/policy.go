package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchyard/model"
)

func policyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "every threshold, its value and where it was set",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			type row struct {
				Name  string `json:"name"`
				Value string `json:"value"`
				Set   string `json:"set"` // "default", or file:line
				Says  string `json:"says"`
			}
			var rows []row
			for _, t := range model.Thresholds {
				set := cfg.PolicySet[t.Name]
				if set == "" {
					set = "default"
				}
				rows = append(rows, row{t.Name, t.Value(cfg.Policy), set, t.Says})
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(rows)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Value, r.Set, r.Says)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
