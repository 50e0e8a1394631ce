package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	"switchyard/model"
)

// controlLimit is how long a world may take to do what it is told: moving its clock by months means to play them.
const controlLimit = 5 * time.Minute

func clockCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clock [+SPAN]",
		Short: "move the time of a running rehearsal forward; without a span: what time it is there",
		Long: "Clock moves the time of the rehearsal whose configuration --config names, such as by +8d or +36h. Everything that falls into " +
			"the span happens: jobs run by their schedules, the replica follows, and whoever is attached lives eight days later. Time does not " +
			"run back. A real environment cannot be told another time.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			flag, err := cmd.Flags().GetString("config")
			if err != nil {
				return err
			}
			path, err := config.Find(flag)
			if err != nil {
				return err
			}
			cfg, err := config.Load(path)
			if err != nil {
				return err
			}
			if cfg.Rehearsal == "" {
				return refusal{fmt.Errorf("%s is no rehearsal: a real environment cannot be told another time", cfg.Environment)}
			}
			says, err := askWorld(
				cmd.Context(),
				filepath.Join(filepath.Dir(path), controlName),
				strings.Join(append([]string{"clock"}, args...), " "),
			)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), says)
			return err
		},
	}
}

// setClock moves a world's time, or tells it.
func setClock(ctx context.Context, w *rehearsal.World, span string) (string, error) {
	if span != "" {
		d, err := forward(span)
		if err != nil {
			return "", err
		}
		if err := w.Move(ctx, d); err != nil {
			return "", err
		}
	}
	says := "it is " + w.Clock().Now().UTC().Format("Mon 2006-01-02 15:04:05") + " UTC in the rehearsal"
	if speed := w.Clock().Speed(); speed != 1 {
		says += fmt.Sprintf(", at %v times our speed", speed)
	}
	return says, nil
}

// forward reads a span forward, such as +8d, +36h or +8d12h.
func forward(span string) (time.Duration, error) {
	text, ok := strings.CutPrefix(span, "+")
	if !ok {
		return 0, fmt.Errorf("clock %q: want a span forward, such as +8d or +36h", model.Clean(span))
	}
	d, err := model.ParseSpan(text)
	if err != nil {
		return 0, fmt.Errorf("clock: %w", err)
	}
	return d, nil
}
