package main

import (
	"github.com/spf13/cobra"

	"switchyard/model/board"
	"switchyard/model/plan"
)

const failoverPage = `Failover lets another server serve green's catalog. Which one is a verb of its own: what is lost, what is waited for
and what cannot be undone differ. Director lets a cluster's other Director schedule on the same catalog. Each prints its plan, with its
guards; it acts only with --apply.`

func failoverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "failover",
		Short: "let another server, or another Director, take over: prints the plan; acts only with --apply",
		Long:  failoverPage,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, to := range plan.Failovers {
		cmd.AddCommand(failoverTo(to))
	}
	cmd.AddCommand(failoverDirector(), failoverQuarantine(), failoverRebuild())
	return cmd
}

// failoverPages say more of each.
var failoverPages = map[plan.FailoverTo]string{
	plan.FailoverAZ: `AWS reboots the instance that takes writes by its standby in another zone of the same AWS region. Nothing is lost but
sessions: a Bacula 15 Director does not connect again by itself while it has jobs or consoles. AWS is asked once and never again: a call
whose answer was lost is looked for, in AWS's events and on the server. It is done when AWS tells the end, the server is up anew and takes
writes, and two reads agree that the instance is available.`,
	plan.FailoverSwitchover: `Nothing starts on green any more, what runs is waited for, both Directors are stopped and masked; then what the
primary has executed is noted, and the replica is promoted once it has all of it. Directors are pointed at it while they are stopped; the
active one is started with jobs that do not start by themselves, and its schedules go on when a canary's backup and restore were good.`,
	plan.FailoverEmergency: `The primary cannot be asked, so that it is fenced at the Directors: both are stopped and masked first. What is
lost is said before; what the outage makes unprovable asks for one reason. The rest is that of a switchover. How the promoted instance is
set is taken from what switchyard observe has recorded. One person can approve it where the policy's emergency_approvals say so; its review
is owed.`,
}

func failoverTo(to plan.FailoverTo) *cobra.Command {
	var flags applyFlags
	cmd := &cobra.Command{
		Use:   string(to),
		Short: to.Says() + ": prints the plan; acts only with --apply",
		Long:  failoverPages[to],
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.plan(cmd, func(s *board.Snapshot) (plan.Ask, error) {
				return plan.Ask{Failover: plan.FailoverOf(s, to)}, nil
			})
		},
	}
	flags.add(cmd)
	return cmd
}
