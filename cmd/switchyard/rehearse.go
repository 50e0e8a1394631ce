package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/backend/rehearsal"
	"switchyard/model/record"
	"switchyard/model/routes"
	"switchyard/ui"
)

func rehearseCommand() *cobra.Command {
	var r rehearsed
	cmd := &cobra.Command{
		Use:   "rehearse",
		Short: "the embedded world, and a cockpit on it",
		Long: "Rehearse starts a world in this process: two Bacula clusters with two weeks of history, an RDS primary and its replica, " +
			"spoken to over the real protocols. It opens the cockpit on it; nothing outside of this machine is " +
			"touched.\n\nScenarios:\n" + scenarioList(),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd) },
	}
	r.flags.add(cmd)
	cmd.Flags().StringVar(&r.o.Scenario, "scenario", "overlap", "the `PLACE` in the migration")
	cmd.Flags().Uint64Var(&r.o.Seed, "seed", 1, "the same seed at the same moment makes the same world")
	cmd.Flags().IntVar(&r.o.Chains, "chains", 250, "how many chains the world has")
	cmd.Flags().Float64Var(&r.o.Speed, "speed", 0, "how many `SECONDS` of the world pass in one of ours (default: one)")
	cmd.Flags().BoolVar(&r.flags.watch, "watch", false, "open the session that only watches")
	cmd.Flags().StringVar(&r.serve, "serve", "", "start the world only, in `DIR`; others attach with --config DIR/switchyard.yaml")
	var places []string
	for _, s := range scenarios() {
		places = append(places, s.Name+"\t"+s.Says)
	}
	offers(cmd, "scenario", places...)
	cmd.AddCommand(faultCommand(), healCommand(), clockCommand())
	return cmd
}

// rehearsed is the world that somebody asks for, and what they look at it with.
type rehearsed struct {
	flags screenFlags
	o     rehearsal.Options
	serve string // the directory of a world that is only served; empty: a cockpit is opened on it
}

func (r *rehearsed) run(cmd *cobra.Command) error {
	collectEarly()
	if cmd.Flags().Changed("speed") && r.o.Speed == 0 {
		return errors.New("a speed of 0: time would stand still; leave --speed out for the machine's own")
	}
	if r.serve != "" {
		r.o.Dir = r.serve
	}
	w, err := rehearsal.Start(cmd.Context(), r.o)
	if errors.Is(err, rehearsal.ErrInUse) {
		return refusal{err}
	}
	if err != nil {
		return err
	}
	stop, err := listen(cmd.Context(), w)
	if err != nil {
		_ = w.Close()
		return err
	}
	defer func() {
		stop()
		_ = w.Close()
	}()
	if err := keepJournal(cmd.Context(), w); err != nil {
		return err
	}
	if w.Scenario().Gone != "" {
		if err := destroys(cmd, w, r.serve != ""); err != nil {
			return err
		}
	}
	if r.serve != "" {
		return serveWorld(cmd.Context(), cmd.OutOrStdout(), w)
	}
	if err := cmd.Flags().Set("config", w.ConfigPath()); err != nil {
		return err
	}
	r.flags.alone = true
	return show(cmd, &r.flags, func(ctx context.Context, s *site, f *feed.Feed, opt ui.Options) (*ui.App, error) {
		opt.Commands = append(opt.Commands, worldCommands(func(ctx context.Context, line string) (string, error) {
			return control(ctx, w, line)
		})...)
		if r.flags.watch {
			return ui.Watch(ctx, f, f, opt)
		}
		l := lever(s)
		if s.cfg.Origin != nil {
			var err error
			if l.Recovery, err = recovering(cmd); err != nil {
				return nil, err
			}
		}
		return ui.Cockpit(ctx, f, f, l, opt)
	})
}

// keepJournal begins the journal of a new world with the routes by which it is configured; one that is served again keeps its own.
func keepJournal(ctx context.Context, w *rehearsal.World) error {
	cfg, err := config.Load(w.ConfigPath())
	if err != nil {
		return err
	}
	text, err := w.Routes()
	if err != nil {
		return err
	}
	first, err := routes.Parse("the world's routes", text, routes.Options{})
	if err != nil {
		return err
	}
	if err := beginJournal(ctx, cfg, first); !errors.Is(err, record.ErrTaken) {
		return err
	}
	return nil
}

// scenarios are the places in the migration, and the night after the last.
func scenarios() []rehearsal.Scenario {
	return append(slices.Clone(rehearsal.Scenarios), rehearsal.OnPremGone)
}

func scenarioList() string {
	var b strings.Builder
	for _, s := range scenarios() {
		fmt.Fprintf(&b, "    %-12s %s\n", s.Name, s.Says)
	}
	return b.String()
}

// serveWorld runs the world until a person ends it.
func serveWorld(ctx context.Context, out io.Writer, w *rehearsal.World) error {
	if _, err := fmt.Fprintf(out, "The world runs in %s. Attach to it from anywhere on this machine:\n"+
		"  switchyard --config %s\n  switchyard rehearse fault --config %s\nWhat is restored lies in %s.\nInterrupt ends it.\n",
		w.Dir(), w.ConfigPath(), w.ConfigPath(), w.ClientDir("CLIENT")); err != nil {
		return fmt.Errorf("telling where the world is: %w", err)
	}
	<-ctx.Done()
	return nil
}
