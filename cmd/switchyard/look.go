package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model/board"
)

// looking is what the verbs that print have in common: --json, how long they wait, and their exit status.
type looking struct {
	json  bool
	lines bool // JSON is one object a line
	wait  time.Duration
}

func (l *looking) addJSON(cmd *cobra.Command, says string) {
	cmd.Flags().BoolVar(&l.json, "json", false, says)
}

func (l *looking) addWait(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&l.wait, "wait", 10*time.Second, "how long to wait for sources that do not answer")
}

// at looks once at every source of a site. The feed goes on until stop.
func (l *looking) at(ctx context.Context, s *site) (snap *board.Snapshot, f *feed.Feed, stop func(), err error) {
	f, stop = s.follow(ctx)
	if snap, err = firstLook(ctx, f, l.wait); err != nil {
		stop()
		return nil, nil, nil, err
	}
	return snap, f, stop, nil
}

// print writes a value: as JSON, or as text makes it readable.
func (l *looking) print(cmd *cobra.Command, what string, value any, text func(io.Writer) error) error {
	var b bytes.Buffer
	err := error(nil)
	if l.json {
		enc := json.NewEncoder(&b)
		if !l.lines {
			enc.SetIndent("", "  ")
		}
		err = enc.Encode(value)
	} else {
		err = text(&b)
	}
	if err == nil {
		_, err = b.WriteTo(cmd.OutOrStdout())
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	return nil
}

// found is the end of a verb that did what it was asked: errFinding when there is something for somebody to do.
func found(is bool) error {
	if is {
		return errFinding
	}
	return nil
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
