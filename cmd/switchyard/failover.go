package main

import (
	"github.com/spf13/cobra"

	"switchyard/model/board"
	"switchyard/model/plan"
)

const failoverPage = `Failover lets another server serve green's catalog. Which one is a verb of its own: what is lost, what is waited for and what
cannot be undone differ. Each prints its plan, with its guards; it acts only with --apply.`

func failoverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "failover",
		Short: "green's catalog to another server: prints the plan; acts only with --apply",
		Long:  failoverPage,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, to := range plan.Failovers {
		cmd.AddCommand(failoverTo(to))
	}
	return cmd
}

// failoverPages say more of each.
var failoverPages = map[plan.FailoverTo]string{
	plan.FailoverAZ: `AWS reboots the instance that takes writes by its standby in another zone of the same AWS region. Nothing is lost but sessions: a
Bacula 15 Director does not connect again by itself while it has jobs or consoles. AWS is asked once and never again: a call whose answer was
lost is looked for, in AWS's events and on the server. It is done when AWS tells the end, the server is up anew and takes writes, and two reads
agree that the instance is available.`,
}

func failoverTo(to plan.FailoverTo) *cobra.Command {
	var flags applyFlags
	cmd := &cobra.Command{
		Use:   string(to),
		Short: to.Says() + ": prints the plan; acts only with --apply",
		Long:  failoverPages[to],
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.plan(cmd, func(*board.Snapshot) (plan.Ask, error) {
				return plan.Ask{Failover: &plan.Failover{To: to}}, nil
			})
		},
	}
	flags.add(cmd)
	return cmd
}
