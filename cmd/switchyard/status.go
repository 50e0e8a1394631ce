package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
)

func statusCommand() *cobra.Command {
	var look looking
	var following bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "one look at both clusters, as text or JSON; --follow tells every change in a line",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			if following {
				f, stop := s.follow(cmd.Context())
				defer stop()
				return tellChanges(cmd.Context(), f, cmd.OutOrStdout(), look.json)
			}
			snap, _, stop, err := look.at(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			if err := look.print(cmd, "the status", snap, func(w io.Writer) error { return writeStatus(w, snap) }); err != nil {
				return err
			}
			return verdict(snap)
		},
	}
	look.addJSON(cmd, "print JSON; with --follow one object a line")
	cmd.Flags().BoolVar(&following, "follow", false, "stay, and print a line for every change")
	look.addWait(cmd)
	return cmd
}

// verdict makes the exit status: nothing reachable, something to do, or fine.
func verdict(s *board.Snapshot) error {
	answered, refused := false, false
	for _, o := range s.Seen {
		answered = answered || o.Gates && !o.At.IsZero()
		refused = refused || o.Gates && o.Trouble.Answers()
	}
	switch {
	case !answered && refused:
		return errors.New("no source could be read: some answer, and do not let this program in")
	case !answered:
		return errors.New("no source answered")
	}
	return found(slices.ContainsFunc(s.Alerts, func(a board.Alert) bool { return a.Severity == model.Fail }))
}

// tellChanges prints every event once, until ctx ends. The first lines say how things are; in JSON they are events with seq 0.
func tellChanges(ctx context.Context, f *feed.Feed, w io.Writer, asJSON bool) error {
	var beat, seq uint64
	first := true
	enc := json.NewEncoder(w)
	tell := func(e *board.Event) (err error) {
		if asJSON {
			err = enc.Encode(e)
		} else {
			_, err = fmt.Fprintln(w, eventLine(e))
		}
		if err != nil {
			return fmt.Errorf("writing changes: %w", err)
		}
		return nil
	}
	for {
		s, err := f.Next(ctx, beat)
		if err != nil {
			return nil // the person ended it
		}
		beat = s.Beat
		if first && allTried(s) {
			first = false
			for _, e := range standing(s) {
				if err := tell(&e); err != nil {
					return err
				}
			}
		}
		for _, e := range s.Events {
			if e.Seq <= seq {
				continue
			}
			if lost := e.Seq - seq - 1; lost > 0 && seq > 0 {
				if err := tell(&board.Event{At: s.At, Who: "self", Severity: model.Warn, Says: fmt.Sprintf("%d changes came too fast to be told", lost)}); err != nil {
					return err
				}
			}
			seq = e.Seq
			if err := tell(&e); err != nil {
				return err
			}
		}
	}
}

// standing says how things are, as if all of it had just happened.
func standing(s *board.Snapshot) []board.Event {
	out := []board.Event{{At: s.At, Who: "self", Says: title(s) + ": " + summary(s)}}
	for i := range s.Alerts {
		a := &s.Alerts[i]
		e := board.Event{At: s.At, Who: "alert", Severity: a.Severity, Says: a.Says, Job: a.Job, Cell: a.Cell}
		if a.Do != "" {
			e.Says += "; " + a.Do
		}
		out = append(out, e)
	}
	return out
}
