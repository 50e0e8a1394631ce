package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"switchyard/backend/feed"
	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// follower tells what becomes of an action.
type follower struct {
	out     io.Writer
	journal *journal.Journal
	next    int64 // the record to tell next
	plan    *plan.Plan
	feed    *feed.Feed
	quiet   bool
	said    string
}

// follow returns when the action has ended, waits for one more person, or the process that was started for it has ended.
func (w *follower) follow(ctx context.Context, s *detached) (*record.Action, error) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		ended := false
		select {
		case <-ctx.Done():
			return w.action(), errors.New("the action goes on without you; follow it with: switchyard actions")
		case <-s.done:
			ended = true
		case <-tick.C:
		}
		if err := w.tell(ctx); err != nil && ctx.Err() == nil {
			return w.action(), err
		}
		a := w.action()
		switch {
		case a != nil && a.State > record.ActionRunning:
			return a, nil
		case ended && a != nil && a.State == record.ActionWaits && a.Needs > len(a.Approvals) && len(a.Approvals) > 0:
			return a, nil
		case ended && a != nil:
			return a, fmt.Errorf("the process that acted has ended (%v); action %d is %s: go on with it: switchyard act %d", s.err, a.Seq, a, a.Seq)
		case ended && errors.Is(s.ended(), errFinding):
			return nil, refusal{errors.New(s.said())}
		case ended:
			return nil, fmt.Errorf("the process that acts ended before it did anything: %w", s.ended())
		}
		w.progress(a)
	}
}

func (w *follower) action() *record.Action { return w.journal.State().Action(w.plan.ID) }

func (w *follower) tell(ctx context.Context) error {
	for r, err := range w.journal.Tail(ctx, w.next) {
		if err != nil {
			return err
		}
		w.next = r.Seq + 1
		if r.Inside().Action() == w.plan.ID && !w.quiet {
			if err := printf(w.out, "%s %s\n", r.At.UTC().Format(clock), r.Line(w.journal.State())); err != nil {
				return err
			}
		}
	}
	return nil
}

// progress tells how far the job of a backup is, each time it says something new.
func (w *follower) progress(a *record.Action) {
	b := w.plan.Ask.Backup
	if w.plan.Ask.Restore != nil && a != nil && !w.quiet {
		w.restoring(a)
	}
	if b == nil || a == nil || a.Done == 0 || w.quiet {
		return
	}
	snap, err := w.feed.Next(context.Background(), 0)
	if err != nil {
		return
	}
	for i := range snap.Cells {
		if j := snap.Cells[i].On[b.Cluster].Open; snap.Cells[i].Cell == b.Cell && j != nil {
			says := fmt.Sprintf("JobId %d %s", j.ID, j.Status)
			if p := j.Progress; p.Bytes > 0 {
				says += ", " + model.Size(p.Bytes)
				if p.Percent >= 0 {
					says += fmt.Sprintf(", %d %%", p.Percent/10*10)
				}
			}
			if says != w.said {
				w.said = says
				_ = printf(w.out, "%s %s\n", snap.At.UTC().Format(clock), says)
			}
		}
	}
}
