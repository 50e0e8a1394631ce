package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchyard/model"
)

func policyCommand() *cobra.Command {
	var look looking
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
			return look.print(cmd, "the policy", rows, func(out io.Writer) error {
				w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
				for _, r := range rows {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Value, r.Set, r.Says)
				}
				return w.Flush()
			})
		},
	}
	look.addJSON(cmd, "print JSON")
	return cmd
}
