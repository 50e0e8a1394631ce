package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/feed"
	"switchyard/model/board"
	"switchyard/model/record"
)

// wholeLook is how long a look may take. Each source gives up by itself, after the policy's answer, but a long history on a slow catalog is
// read in many answers.
const wholeLook = 5 * time.Minute

// looking is what the verbs that print have in common: --json, how long they wait, and their exit status.
type looking struct {
	json   bool
	lines  bool   // JSON is one object a line
	indent string // of JSON; empty: two spaces
	wait   time.Duration
}

func (l *looking) addJSON(cmd *cobra.Command, says string) {
	cmd.Flags().BoolVar(&l.json, "json", false, says)
}

func (l *looking) addWait(cmd *cobra.Command) {
	cmd.Flags().
		DurationVar(&l.wait, "wait", wholeLook, "when to give up on sources that neither answer nor fail; what is known by then is printed, "+
			"with exit status 2")
}

// proofsOfEach is of how many proofs of restores of each cluster, region, kind and Storage Daemon a look asks whether they still count.
const proofsOfEach = 3

// proofs are those of restores of which a look asks whether they still count.
func (s *site) proofs(st *record.State) []*record.Proved {
	return st.NewestRestores(proofsOfEach, homesOf(s.cfg)...)
}

// at looks once at every source of a site. The feed goes on until stop.
func (l *looking) at(ctx context.Context, s *site) (snap *board.Snapshot, f *feed.Feed, stop func(), err error) {
	f, stop = s.follow(ctx)
	if snap, err = firstLook(ctx, f, l.wait); err != nil {
		stop()
		return nil, nil, nil, err
	}
	if snap.State != nil {
		snap = f.Proven(ctx, snap, s.proofs(snap.State))
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
			enc.SetIndent("", cmp.Or(l.indent, "  "))
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
			return snap, nil // unheard tells the late ones
		}
		snap = next
		if len(unheard(snap)) == 0 {
			return snap, nil
		}
	}
}

// unheard are the sources that have neither answered nor failed yet: what depends on them is not known.
func unheard(s *board.Snapshot) []string {
	var out []string
	for i := range s.Seen {
		if s.Seen[i].Tried.IsZero() {
			out = append(out, s.Seen[i].Source.String())
		}
	}
	return out
}

// whole is nil for a look at every source; one that was cut short is no verdict, whatever it found.
func (l *looking) whole(s *board.Snapshot) error {
	if late := unheard(s); len(late) > 0 {
		return fmt.Errorf("the look was cut short after %v: %s did not answer yet; give it longer with --wait", l.wait, strings.Join(late, ", "))
	}
	return nil
}
