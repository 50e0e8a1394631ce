package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/gate"
	"switchyard/model/record"
)

func gatesAttest() *cobra.Command {
	var word, until string
	var fails bool
	cmd := &cobra.Command{
		Use:   "attest GATE --word TEXT",
		Short: "vouch for a gate that nothing can be asked about",
		Long: "Attest records that a person vouches for a manual gate, or says with --fails that it is not so. It counts until somebody says " +
			"otherwise, until --until, or for as long as the gate's limit says.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := recording(cmd)
			if err != nil {
				return err
			}
			if err := knownGate(args[0], func(g *gate.Gate) bool { return g.Manual }, "is judged by looking: nobody can vouch for it"); err != nil {
				return err
			}
			if word, err = typed(cmd, word); err != nil {
				return fmt.Errorf("reading the word: %w", err)
			}
			if word = model.Clean(word); word == "" {
				return errors.New("say with --word what you vouch for")
			}
			var ends time.Time
			if until != "" {
				if ends, err = time.Parse(time.DateOnly, until); err != nil {
					return fmt.Errorf("--until %q: write a day such as 2026-12-31", model.Clean(until))
				}
			}
			verdict := model.Holds
			p := gate.Attest(args[0], word, verdict, model.Now().UTC().Truncate(time.Millisecond), ends)
			if fails {
				p.Verdict, p.Why = model.Fails, word
			}
			return obeys(cmd, cfg, request{Evidence: &p})
		},
	}
	cmd.Flags().StringVar(&word, "word", "", "what you vouch for, as `TEXT`; - reads it from standard input")
	cmd.Flags().BoolVar(&fails, "fails", false, "say that it is not so")
	cmd.Flags().StringVar(&until, "until", "", "the `DAY` until which it counts, such as 2026-12-31")
	return cmd
}

func gatesWaive() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "waive GATE --reason TEXT",
		Short: "go on without a gate, for a reason and under your name, for ever to be seen",
		Long: "Waive records that the migration goes on without a gate. It is never taken back, and is shown wherever the gate is, also " +
			"when it " +
			"holds by then. A gate that blocks is waived by nobody.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := recording(cmd)
			if err != nil {
				return err
			}
			if reason, err = typed(cmd, reason); err != nil {
				return fmt.Errorf("reading the reason: %w", err)
			}
			d := record.Decision{Gate: args[0], Why: model.Clean(reason)}
			if err := d.Check(); err != nil {
				return refusal{err}
			}
			return obeys(cmd, cfg, request{Waive: &d})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, as `TEXT`; - reads it from standard input")
	return cmd
}

// knownGate refuses a gate that does not exist, or is not of a kind.
func knownGate(id string, is func(*gate.Gate) bool, not string) error {
	r := gate.List()
	g := r.Find(id)
	switch {
	case g == nil:
		return noGate(r, id)
	case !is(g):
		return refusal{fmt.Errorf("gate %s %s", id, not)}
	}
	return nil
}

// waive records the waiver of a request.
func waive(ctx context.Context, by *runner.Runner, r *request) error {
	if r.Evidence != nil || !r.alone() {
		return errors.New("reading what to do: a gate is waived by itself")
	}
	if err := knownGate(r.Waive.Gate, func(g *gate.Gate) bool { return g.Bar != model.Block }, "blocks: nobody waives it"); err != nil {
		return err
	}
	if err := by.Waive(ctx, *r.Waive); err != nil {
		return err
	}
	by.Tell("recorded: gate " + r.Waive.Gate + " is waived")
	return nil
}
