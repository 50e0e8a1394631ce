package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
)

func statusCommand() *cobra.Command {
	look := looking{indent: briefIndent}
	var following, full bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "one look at both clusters, as text or JSON; --follow tells every change in a line",
		Long: "Status looks once at every source, and prints what needs somebody first.\n\n" +
			"Exit status: 0 nobody has anything to do; 1 there is an alert that warns or fails: a backup that failed, was lost or was missed, a " +
			"promise that\n" +
			"breaks, a source that is silent, also when somebody has acknowledged it; 2 no source answered, or the look was cut short by --wait, " +
			"which is no verdict.\n\n" +
			"What --json prints is described by switchyard help json.",
		Args: cobra.NoArgs,
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
			snap, f, stop, err := look.at(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			value := statusJSON(snap, full)
			if look.json {
				value = withSpace(value, s.space(cmd.Context(), f, snap))
			}
			if err := look.print(cmd, "the status", value, func(w io.Writer) error { return writeStatus(w, snap) }); err != nil {
				return err
			}
			if err := look.whole(snap); err != nil {
				return err
			}
			return verdict(snap)
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json; with --follow one object a line")
	cmd.Flags().BoolVar(&following, "follow", false, "stay, and print a line for every change, with its date and time in UTC")
	cmd.Flags().
		BoolVar(&full, "full", false, "with --json: every job, series and parameter that is known, several MB; without it what fits in one")
	look.addWait(cmd)
	return cmd
}

// verdict makes the exit status: nothing reachable, something to do, or fine.
func verdict(s *board.Snapshot) error {
	if err := reached(s); err != nil {
		return err
	}
	return found(slices.ContainsFunc(s.Alerts, func(a board.Alert) bool { return a.Severity > model.Info }))
}

// reached is an error of a look that no source answered.
func reached(s *board.Snapshot) error {
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
	return nil
}

// tellChanges prints every event once, until ctx ends. The lines that come with the first look say how things are; in JSON they are events
// with seq 0.
func tellChanges(ctx context.Context, f *feed.Feed, w io.Writer, asJSON bool) error {
	l := teller{w: w, json: asJSON}
	var beat uint64
	first := true
	for {
		s, err := f.Next(ctx, beat)
		if err != nil {
			return nil // the person ended it
		}
		beat = s.Beat
		news := l.news(s)
		if first && len(unheard(s)) == 0 {
			first = false
			news = append(news, standing(s)...)
		}
		for i := range news {
			if err := l.tell(&news[i]); err != nil {
				return fmt.Errorf("writing changes: %w", err)
			}
		}
	}
}

// teller writes a line for every change.
type teller struct {
	w    io.Writer
	json bool
	seq  uint64    // of the newest that was told
	last time.Time // the moment that stands in the last line
}

// news are the events that were not told yet, oldest first.
func (l *teller) news(s *board.Snapshot) []board.Event {
	var out []board.Event
	for _, e := range s.Events {
		if e.Seq <= l.seq {
			continue
		}
		if lost := e.Seq - l.seq - 1; lost > 0 && l.seq > 0 {
			out = append(
				out,
				board.Event{At: s.At, Who: "self", Severity: model.Warn, Says: fmt.Sprintf("%d changes came too fast to be told", lost)},
			)
		}
		l.seq = e.Seq
		if e.Past && e.Action == "" { // the first lines tell how things are
			continue
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b board.Event) int { return a.At.Compare(b.At) })
	return out
}

func (l *teller) tell(e *board.Event) error {
	if l.json {
		return json.NewEncoder(l.w).Encode(e)
	}
	if e.At.After(l.last) {
		l.last = e.At
	}
	_, err := fmt.Fprintln(l.w, eventLine(e, l.last))
	return err
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
