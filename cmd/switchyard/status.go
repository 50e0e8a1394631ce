package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
)

func statusCommand() *cobra.Command {
	var asJSON, following bool
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "one look at both clusters, as text or JSON; --follow tells every change in a line",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			f, stop := s.follow(cmd.Context())
			defer stop()
			if following {
				return tellChanges(cmd.Context(), f, cmd.OutOrStdout(), asJSON)
			}
			snap, err := firstLook(cmd.Context(), f, wait)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				if err := enc.Encode(snap); err != nil {
					return fmt.Errorf("writing the status: %w", err)
				}
			} else if err := writeStatus(cmd.OutOrStdout(), snap); err != nil {
				return fmt.Errorf("writing the status: %w", err)
			}
			return verdict(snap)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON; with --follow one object a line")
	cmd.Flags().BoolVar(&following, "follow", false, "stay, and print a line for every change")
	cmd.Flags().DurationVar(&wait, "wait", 10*time.Second, "how long to wait for sources that do not answer")
	return cmd
}

// firstLook waits until every source has answered or failed once.
func firstLook(ctx context.Context, f *feed.Feed, wait time.Duration) (*board.Snapshot, error) {
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var snap *board.Snapshot
	for {
		var beat uint64
		if snap != nil {
			beat = snap.Beat
		}
		next, err := f.Next(limited, beat)
		if err != nil {
			if snap == nil || ctx.Err() != nil {
				return nil, fmt.Errorf("waiting for the sources: %w", err)
			}
			return snap, nil // the late ones are told as such
		}
		snap = next
		if allTried(snap) {
			return snap, nil
		}
	}
}

func allTried(s *board.Snapshot) bool {
	for _, o := range s.Seen {
		if o.Tried.IsZero() {
			return false
		}
	}
	return len(s.Seen) > 0
}

// verdict makes the exit status: nothing reachable, something to do, or fine.
func verdict(s *board.Snapshot) error {
	answered := false
	for _, o := range s.Seen {
		answered = answered || o.Gates && !o.At.IsZero()
	}
	if !answered {
		return errors.New("no source answered")
	}
	for _, a := range s.Alerts {
		if a.Severity == model.Fail {
			return errFinding
		}
	}
	return nil
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
			if e.Past && e.Action == "" { // the first lines tell how things are
				continue
			}
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
