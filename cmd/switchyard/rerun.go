package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/model"
	"switchyard/model/plan"
)

func rerunCommand() *cobra.Command {
	var flags applyFlags
	var alert string
	cmd := &cobra.Command{
		Use:   "rerun CLUSTER",
		Short: "the backups that died of a failover or with their Director, again, all at once: prints the plan; acts only with --apply",
		Long: "What died is what the alerts tell of; --alert ID takes the jobs of one. The promise that breaks first is run first. Left out, " +
			"and told, is what was backed up since or runs again, and what its schedule starts within due_soon (30 min). One that cannot be " +
			"started or ends badly again is told, and the others go on.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var c model.Cluster
			if err := c.UnmarshalText([]byte(args[0])); err != nil {
				return err
			}
			told := ""
			return flags.planIn(cmd, func(w plan.World) (plan.Ask, error) {
				jobs := plan.DiedJobs(w.Snapshot, c)
				if alert != "" {
					jobs = nil
					for i := range w.Snapshot.Alerts {
						if w.Snapshot.Alerts[i].ID == alert {
							jobs = plan.OfAlert(&w.Snapshot.Alerts[i], c)
						}
					}
				}
				r, left, err := plan.RerunOf(w, c, jobs)
				if says := strings.Join(left, "\n"); says != told && says != "" && !flags.json {
					told = says
					err = errors.Join(err, printf(cmd.ErrOrStderr(), "left out: %s\n", strings.Join(left, "\nleft out: ")))
				}
				return plan.Ask{Rerun: r}, err
			})
		},
	}
	cmd.Flags().StringVar(&alert, "alert", "", "the jobs of the alert with this `ID`, as status --json has it")
	cmd.ValidArgs = []string{model.Blue.String(), model.Green.String()}
	flags.add(cmd)
	return cmd
}
