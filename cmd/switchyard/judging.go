package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model/board"
)

// outcome is what a verb makes of one look: what it prints, as JSON or by write, and how it ends.
type outcome struct {
	what string
	told interface{ write(out io.Writer) error }
	ends error // where the look was whole and something answered
}

// judge looks once at every source and tells what of makes of it.
func (l *looking) judge(cmd *cobra.Command, of func(s *site, snap *board.Snapshot) (outcome, error)) error {
	return l.judgeBeside(cmd, func(s *site, _ *feed.Feed, snap *board.Snapshot) (outcome, error) { return of(s, snap) })
}

// judgeBeside lets of ask the feed for more besides.
func (l *looking) judgeBeside(cmd *cobra.Command, of func(s *site, f *feed.Feed, snap *board.Snapshot) (outcome, error)) error {
	s, err := open(cmd)
	if err != nil {
		return err
	}
	snap, f, stop, err := l.at(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer stop()
	j, err := of(s, f, snap)
	if err != nil {
		return err
	}
	if err := l.print(cmd, j.what, j.told, j.told.write); err != nil {
		return err
	}
	if err := errors.Join(l.whole(snap), reached(snap)); err != nil {
		return err
	}
	return j.ends
}
