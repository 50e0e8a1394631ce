package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// begunWith prints a programme, and with apply records it.
func begunWith(cmd *cobra.Command, cfg *config.Config, p *plan.Programme, apply bool) error {
	if _, err := p.Record(&record.State{Environment: cfg.Environment, Rehearsal: cfg.Rehearsal}, "new"); err != nil {
		return err
	}
	if err := printf(cmd.OutOrStdout(), "%s\n\n", strings.Join(p.Lines(), "\n")); err != nil {
		return err
	}
	if !apply {
		return printf(cmd.OutOrStdout(), "nothing was done; --apply records it\n")
	}
	return obeys(cmd, cfg, request{Do: doBegin, Programme: p, Action: journal.NewID()})
}

// programmeShift begins the waves of a shift.
func programmeShift() *cobra.Command {
	var apply bool
	var wait looking
	var q plan.Select
	var to string
	waves := plan.Waves{}
	p := plan.Programme{}
	cmd := &cobra.Command{
		Use:   "shift --chain CHAIN|--region REGION|--kind KIND|--filter EXPR|--all --to ROUTE --batch CELLS --soak TIME",
		Short: "a new programme that shifts cells in waves; acts only with --apply",
		Long: "Which cells, and where they go, is said as for switchyard shift. They are parted by tier, those that are restored last first, " +
			"and then into batches; the cells of a chain are never parted. Each batch is the plan of a shift of its own, proposed when the " +
			"one before has soaked, with all its guards, and approved by a person; what is refused then can be left out. With --apply the " +
			"programme is recorded: no cell is shifted by that.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if waves.To, err = plan.RouteCalled(to); err != nil {
				return fmt.Errorf("--to: %w", err)
			}
			cfg, w, err := routesWorld(cmd)
			if err != nil {
				return err
			}
			var left []string
			if waves.Cells, left, err = q.Cells(w, waves.To); err != nil {
				return err
			}
			for _, line := range notMeant(left, waves.To) {
				if err := printf(cmd.ErrOrStderr(), "%s\n", line); err != nil {
					return err
				}
			}
			if p.Batches, err = waves.Batches(w); errors.As(err, new(*routes.Refusal)) {
				return refusal{err}
			} else if err != nil {
				return err
			}
			if p.Says == "" {
				p.Says = fmt.Sprintf("shift %d cells to %s, %d at once", len(waves.Cells), waves.To, waves.Most)
			}
			return begunWith(cmd, cfg, &p, apply)
		},
	}
	selects(cmd, &q, &to)
	cmd.Flags().IntVar(&waves.Most, "batch", 0, "how many `CELLS` a batch has at most; a chain with more is a batch by itself")
	cmd.Flags().StringVar(&p.Soak, "soak", "", "the `TIME` from the end of a batch until the next is due, such as 24h or 3d")
	cmd.Flags().IntVar(&p.Failures, "failures", 1, "it stops after so many attempts that began and were not done")
	cmd.Flags().StringVar(&p.Says, "says", "", "what it is for, in a line of `TEXT`")
	cmd.Flags().BoolVar(&apply, "apply", false, "record it; else it is printed and nothing is done")
	_ = cmd.MarkFlagRequired("batch")
	_ = cmd.MarkFlagRequired("soak")
	wait.addWait(cmd)
	return cmd
}

// routesWorld is what the journal, the inventory and the configuration know: enough to say which cells are meant.
func routesWorld(cmd *cobra.Command) (*config.Config, plan.World, error) {
	cfg, err := load(cmd)
	if err != nil {
		return nil, plan.World{}, err
	}
	inv, err := cfg.Inventory(cmd.Context())
	if err != nil {
		return nil, plan.World{}, err
	}
	names, err := cfg.Names(inv)
	if err != nil {
		return nil, plan.World{}, err
	}
	j, err := readJournal(cmd.Context(), cfg)
	if err != nil {
		return nil, plan.World{}, err
	}
	defer j.Close()
	return cfg, plan.World{Now: model.Now(), Snapshot: &board.Snapshot{}, State: j.State(), Names: names, Policy: cfg.Policy,
		Routing: routing(cfg)}, nil
}

func programmeBatch() *cobra.Command {
	var flags applyFlags
	var leaveOut bool
	cmd := &cobra.Command{
		Use:   "batch NUMBER",
		Short: "the plan of a programme's due batch; acts only with --apply",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, st, p, err := programmeOf(cmd, args[0])
			if err != nil {
				return err
			}
			ask, more := plan.NextBatch(st, p)
			switch {
			case !more:
				return refusal{fmt.Errorf("programme %d has no batch that is next: it is done, or this program cannot read it", p.Seq)}
			case leaveOut && ask.Shift == nil:
				return fmt.Errorf("--leave-out: the batch is no shift: %w", model.ErrNone)
			}
			told := ""
			return flags.planIn(cmd, func(w plan.World) (plan.Ask, error) {
				if !leaveOut {
					return ask, nil
				}
				s, lines, err := flags.leftOut(w, ask.Shift)
				if says := strings.Join(lines, "\n"); err == nil && says != told && !flags.json {
					told = says
					err = printf(cmd.ErrOrStderr(), "%s\n", says)
				}
				return plan.Ask{Shift: s, Batch: ask.Batch}, err
			})
		},
	}
	cmd.Flags().BoolVar(&leaveOut, "leave-out", false, leaveOutUsage)
	flags.add(cmd)
	return cmd
}
