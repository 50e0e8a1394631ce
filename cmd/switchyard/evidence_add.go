package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

func evidenceAddCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add FILE",
		Short: "record what a person attests, or what another framework proved, from a file of JSON, or - for standard input",
		Long: "Add reads what was proven: {\"of\": {\"cluster\": \"green\", \"cell\": {\"chain\": \"chain001\", \"region\": \"region1\", " +
			"\"kind\": \"regular\"}, \"jobs\": [{\"jobid\": 4711}]}, " +
			"\"claim\": {\"restored\": {\"files\": 12, \"bytes\": 3000000}}, \"framework\": \"restore-check\", \"verdict\": \"holds\", " +
			"\"until\": \"2026-12-31T00:00:00Z\"}.\n\n" +
			"With framework it is that framework's verdict; without, the word of the person who runs this. The claim is restored, or said with a " +
			"sentence: {\"said\": {\"says\": \"nobody reads the old catalog\"}}.\nThe verdict is holds, fails, or \"not carried out\" for a test " +
			"that came to none; the last two want a reason in why. of may name storage, volumes, fileset, format,\ncommand_sha256 and instances " +
			"besides: when one of these changes, it counts no more. at is when it was seen; absent: now. Without until it counts until then.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := recording(cmd)
			if err != nil {
				return err
			}
			p, err := readProof(cmd, cfg, args[0])
			if err != nil {
				return fmt.Errorf("reading the evidence: %w", err)
			}
			return obeys(cmd, cfg, request{Evidence: p})
		},
	}
	return cmd
}

// given is what somebody proves, as it is written.
type given struct {
	Of        record.Subject `json:"of"`
	Claim     record.Proven  `json:"claim"`
	Framework string         `json:"framework"`
	Verdict   string         `json:"verdict"`
	Why       string         `json:"why"`
	At        time.Time      `json:"at"`
	Until     time.Time      `json:"until"`
}

func readProof(cmd *cobra.Command, cfg *config.Config, name string) (*record.Proof, error) {
	from := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	raw, err := io.ReadAll(io.LimitReader(from, maxRequest))
	if err != nil {
		return nil, err
	}
	var g given
	if err := plan.Strictly(raw, &g); err != nil {
		return nil, err
	}
	p, err := g.proof()
	if err != nil {
		return nil, err
	}
	if err := p.Check(model.Now()); err != nil {
		return nil, err
	}
	if p.Of.Cell == nil {
		return p, nil
	}
	inv, err := cfg.Inventory(cmd.Context())
	if err != nil {
		return nil, err
	}
	for i := range inv.Cells {
		if inv.Cells[i].Cell == *p.Of.Cell {
			return p, nil
		}
	}
	return nil, fmt.Errorf("the inventory has no cell %s", model.Clean(p.Of.Cell.String()))
}

func (g *given) proof() (*record.Proof, error) {
	p := &record.Proof{Of: g.Of, Claim: g.Claim, By: record.Means{Kind: record.ByWord}, Why: model.Clean(g.Why)}
	p.At, p.Until = g.At.UTC(), g.Until.UTC()
	if g.Framework != "" {
		p.By = record.Means{Kind: record.ByFramework, Framework: g.Framework}
	}
	if p.At.IsZero() {
		p.At = model.Now().UTC().Truncate(time.Millisecond)
	}
	switch g.Verdict {
	case model.Holds.String():
		p.Verdict = model.Holds
	case model.Fails.String():
		p.Verdict = model.Fails
	case record.NotCarriedOut:
	default:
		return nil, fmt.Errorf("the verdict is %.40q: write %s, %s or %q", model.Clean(g.Verdict), model.Holds, model.Fails, record.NotCarriedOut)
	}
	return p, nil
}

// isFrameworks tells whether it brings what a framework proved, for which the account answers that runs it.
func (r *request) isFrameworks() bool {
	return r.Evidence != nil && r.Evidence.By.Kind == record.ByFramework
}

// alone tells whether it decides about no action and no alert beside what it records.
func (r *request) alone() bool {
	return r.Action == "" && r.Do == "" && r.Plan == nil && r.Alert == nil
}

// prove records the evidence of a request: the word of a person, or of a framework. What a look or a test proves is recorded by who looked
// or tested.
func prove(ctx context.Context, by *runner.Runner, r *request) error {
	if !r.alone() {
		return errors.New("reading what to do: evidence is recorded by itself")
	}
	if k := r.Evidence.By.Kind; k != record.ByWord && k != record.ByFramework {
		return refusal{fmt.Errorf("recording evidence: nobody can give the word of a %s", model.Clean(string(k)))}
	}
	if err := by.Prove(ctx, *r.Evidence); err != nil {
		return err
	}
	by.Tell("recorded: " + r.Evidence.String())
	return nil
}
