package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// applyFlags are those of every acting verb: without --apply it prints its plan and ends.
type applyFlags struct {
	looking
	apply                   string // a plan's id, anyPlan, or nothing
	confirm, reason, ticket string
	reasons                 map[string]string // of guards by their ids, before reason
	glass                   string            // the directory of a break-glass journal

	sight   *model.RestoreSight // what was read for a restore; nil: nothing was
	instead func() string       // what could be asked for when this does not end well; nil: nothing

	ask func(plan.World) (plan.Ask, error) // nil: what the snapshot is asked for
}

// anyPlan is --apply without a plan's id.
const anyPlan = "now"

func (f *applyFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.apply, "apply", "", "act, after the typed confirmation; else the plan is printed and nothing is done. "+
		"With a `PLAN-ID` that was printed: exactly by that plan, or not at all")
	cmd.Flags().Lookup("apply").NoOptDefVal = anyPlan
	own := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := own(cmd, args)
		if n := len(args); err != nil && f.apply == anyPlan && n > 0 && own(cmd, args[:n-1]) == nil { // --apply PLAN-ID
			f.apply, err = args[n-1], nil
		}
		return err
	}
	cmd.Flags().StringVar(&f.confirm, "confirm", "", "the `PHRASE` that would be typed, where there is no terminal")
	cmd.Flags().Var(reasonsValue{f}, "reason", "why guards are overridden; GUARD=WHY is for one of them alone, "+
		"and can be there several times; - reads it from standard input")
	cmd.Flags().StringVar(&f.ticket, "ticket", "", "the ticket that the policy asks for")
	cmd.Flags().StringVar(&f.glass, "break-glass", "", glassUsage)
	f.addJSON(cmd, "print JSON")
	f.addWait(cmd)
}

// applied is what an acting verb prints with --json.
type applied struct {
	Plan   *plan.Plan     `json:"plan"`
	Action *record.Action `json:"action,omitempty"` // only with --apply
}

// plan makes the plan of what the snapshot is asked for, prints it, and with --apply lets it be carried out.
func (f *applyFlags) plan(cmd *cobra.Command, asked func(*board.Snapshot) (plan.Ask, error)) error {
	ctx := cmd.Context()
	s, err := open(cmd)
	if err != nil {
		return err
	}
	s.past = nil // it is read for itself
	feed, stop := s.follow(ctx)
	defer stop()
	w := plan.World{Names: s.names, Policy: s.cfg.Policy, Routing: routing(s.cfg), Restore: f.sight,
		Kept: endedOf(s.cfg).jobs()}
	var j *journal.Journal
	var jerr error
	if f.glass, err = absolute(f.glass); err != nil {
		return err
	}
	if f.glass != "" {
		if w.State, err = glassState(ctx, s.cfg, f.glass); err != nil {
			return verdictOf(err)
		}
	} else if j, jerr = openJournal(ctx, s.cfg); jerr == nil {
		w.State = j.State()
	}
	p, err := f.enough(ctx, feed, func(snap *board.Snapshot) (*plan.Plan, error) {
		w.Now, w.Snapshot = model.Now(), feed.Proven(ctx, snap, s.proofs(w.State))
		if f.ask == nil {
			f.ask = func(w plan.World) (plan.Ask, error) { return asked(w.Snapshot) }
		}
		ask, err := f.ask(w)
		if err != nil {
			return nil, err
		}
		return f.made(ask, w)
	})
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if !f.json {
		if err := printf(out, "%s\n\n", strings.Join(p.Lines(w.Now), "\n")); err != nil {
			return err
		}
	}
	if jerr != nil {
		if err := printf(cmd.ErrOrStderr(), "switchyard: %v\n", jerr); err != nil {
			return err
		}
	}
	var a *record.Action
	if f.apply != "" {
		if a, err = f.carry(cmd, s.cfg, feed, j, p); err != nil && a == nil {
			return err
		}
	}
	if f.json {
		err = errors.Join(err, f.print(cmd, "what was done", applied{p, a}, nil))
	}
	switch {
	case err != nil:
		return err
	case f.apply == "" && p.Blocked() != nil:
		g := p.Blocked()
		return errors.Join(f.tell(out, "it is blocked, nothing was done: %s: %s%s", g.Not(), g.Value, g.ThenDo()), errFinding)
	case f.apply == "":
		return f.printed(cmd, p)
	case a.State != record.ActionDone:
		err := f.tell(out, "action %d: %s", a.Seq, stateOf(a))
		if f.instead != nil && a.State > record.ActionDone {
			if says := f.instead(); says != "" {
				err = errors.Join(err, f.tell(out, "%s", says))
			}
		}
		return errors.Join(err, errFinding)
	}
	return f.restored(out, a)
}

// enough waits until the plan of what a snapshot is asked for can be made and what its guards need has answered or failed once, or until
// every source has.
func (f *applyFlags) enough(ctx context.Context, of *feed.Feed, makes func(*board.Snapshot) (*plan.Plan, error)) (*plan.Plan, error) {
	limited, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	began := time.Now()
	var p *plan.Plan
	made := errors.New("waiting for the sources: nothing was heard")
	for beat := uint64(0); ; {
		snap, err := of.Next(limited, beat)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("waiting for the sources: %w", ctx.Err())
		case err != nil:
			return p, made
		}
		beat = snap.Beat
		p, made = makes(snap)
		// A printed plan is held to what it says: it is not made before what is only late was heard.
		if len(unheard(snap)) == 0 || f.apply == anyPlan && made == nil && answered(snap, p.Hears(), time.Since(began)) {
			return p, made
		}
	}
}

// answered tells whether what a plan needs has answered or failed once, and what it may do without was given its time.
func answered(s *board.Snapshot, n plan.Needs, waited time.Duration) bool {
	for i := range s.Seen {
		v := &s.Seen[i]
		if !v.Tried.IsZero() {
			continue
		}
		if slices.ContainsFunc(n.Must, v.Is) || waited < patient && slices.ContainsFunc(n.May, v.Is) {
			return false
		}
	}
	return true
}

// made is the plan of what is asked for: a new one, or exactly the one that was printed.
func (f *applyFlags) made(ask plan.Ask, w plan.World) (*plan.Plan, error) {
	if f.apply != "" && f.apply != anyPlan {
		return asPrinted(f.apply, ask, w)
	}
	return ask.Plan(w, journal.NewID())
}

// printed keeps a plan that was printed, so that it can be applied as it was.
func (f *applyFlags) printed(cmd *cobra.Command, p *plan.Plan) error {
	if err := keepPrinted(p); err != nil {
		return errors.Join(f.tell(cmd.OutOrStdout(), "nothing was done; --apply acts"), printf(cmd.ErrOrStderr(), "switchyard: %v\n", err))
	}
	return f.tell(cmd.OutOrStdout(), "nothing was done; --apply acts, --apply=%s by exactly this plan while it holds", p.ID)
}

func (f *applyFlags) tell(w io.Writer, format string, args ...any) error {
	if f.json {
		return nil
	}
	return printf(w, format+"\n", args...)
}

// carry starts the process that acts, and follows the action to its end.
func (f *applyFlags) carry(
	cmd *cobra.Command,
	cfg *config.Config,
	feed *feed.Feed,
	j *journal.Journal,
	p *plan.Plan,
) (*record.Action, error) {
	if j == nil && f.glass == "" {
		return nil, errNoJournal
	}
	approval, err := f.approve(cmd, cfg, p, false)
	if err != nil {
		return nil, err
	}
	if f.glass != "" {
		return f.carryAside(cmd, cfg, p, approval)
	}
	s, err := launch(cfg, p, approval)
	if err != nil {
		return nil, err
	}
	w := &follower{out: cmd.OutOrStdout(), journal: j, next: j.State().Head.Seq + 1, plan: p, feed: feed, quiet: f.json}
	return w.follow(cmd.Context(), s)
}

// approve asks the person for what the plan wants: the typed phrase, reasons and a ticket.
func (f *applyFlags) approve(cmd *cobra.Command, cfg *config.Config, p *plan.Plan, show bool) (a plan.Approval, err error) {
	if err = apart(cfg, p.Approvals); err != nil {
		return a, err
	}
	a = plan.Approval{Confirm: f.confirm, Ticket: f.ticket, Reasons: map[string]string{}}
	if a.By, err = person(cfg); err != nil {
		return a, err
	}
	if err = f.hear(cmd); err != nil {
		return a, err
	}
	for _, g := range p.Guards {
		if plan.NeedsReason(g) {
			a.Reasons[g.ID] = cmp.Or(f.reasons[g.ID], f.reason)
		}
	}
	out := cmd.ErrOrStderr()
	if show {
		if err := printf(out, "%s\n\n", strings.Join(p.Lines(model.Now()), "\n")); err != nil {
			return a, err
		}
	}
	// What would be refused anyway is told before anybody types.
	untyped := a
	untyped.Confirm = p.Confirm
	if _, err := p.Approve(untyped, model.Now()); err != nil {
		return a, verdictOf(err)
	}
	if a.Confirm == "" {
		if !isTerminal(cmd.InOrStdin()) {
			return a, fmt.Errorf("there is no terminal to type on: give --confirm %q", p.Confirm)
		}
		if a.Confirm, err = typedPhrase(cmd.Context(), cmd.InOrStdin(), out, p.Confirm); err != nil {
			return a, err
		}
	}
	_, err = p.Approve(a, model.Now())
	return a, verdictOf(err)
}

// readTime is how long after it was asked for nobody has read what is to be approved.
const readTime = 400 * time.Millisecond

// typedPhrase asks a person at a terminal for the phrase. What was there before it was asked for, pasted with the command or typed ahead,
// was no answer.
func typedPhrase(ctx context.Context, in io.Reader, out io.Writer, wants string) (string, error) {
	lines := bufio.NewReader(in)
	for {
		if err := printf(out, "Type  %s  to approve: ", wants); err != nil {
			return "", err
		}
		asked := time.Now()
		line, err := readLine(ctx, lines)
		if err != nil {
			return "", fmt.Errorf("reading the confirmation: %w", err)
		}
		if time.Since(asked) >= readTime {
			return strings.TrimSpace(line), nil
		}
		if err := printf(out, "\nthat came before it was asked for: type it once more\n"); err != nil {
			return "", err
		}
	}
}

// readLine reads a line, or ends with ctx: an interrupt ends no read by itself.
func readLine(ctx context.Context, from *bufio.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	said := make(chan answer, 1)
	go func() {
		line, err := from.ReadString('\n')
		said <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.New("interrupted: nothing was done")
	case a := <-said:
		return a.line, a.err
	}
}

// launch hands an approved plan to switchyard act, through the launcher where there is one.
func launch(cfg *config.Config, p *plan.Plan, a plan.Approval) (*detached, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	return launchAct(cfg, request{Plan: raw, Approval: a})
}
