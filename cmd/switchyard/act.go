package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/journal"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// request is what act reads on its standard input: an approved plan, what is to be done about an action, or an alert that somebody lets be.
// Nothing of it is ever an argument: those are read by everybody on the machine, and by logs.
type request struct {
	Do        string           `json:"do,omitempty"`     // one of deeds; empty: carry out, or go on
	Action    string           `json:"action,omitempty"` // its number or its plan's id; of what is done about a programme, the programme's id
	Reason    string           `json:"reason,omitempty"` // the word of an attestation, too
	Plan      json.RawMessage  `json:"plan,omitempty"`
	Approval  plan.Approval    `json:"approval,omitzero"`
	Alert     *record.Told     `json:"alert,omitempty"`
	Programme *plan.Programme  `json:"programme,omitempty"` // of doBegin
	Evidence  *record.Proof    `json:"evidence,omitempty"`  // that a person or another framework gives
	Waive     *record.Decision `json:"waive,omitempty"`
	Glass     string           `json:"break_glass,omitempty"` // the directory of a break-glass journal, which Reason is the reason for
	Routes    json.RawMessage  `json:"routes,omitempty"`      // that it is begun with where this user remembers none
}

const (
	doApprove     = "approve"
	doStop        = "stop"
	doAcknowledge = "acknowledge"
	doAttest      = "attest"
	doBack        = "back"
	doReview      = "review"
	doBegin       = "begin a programme"
	doHalt        = "stop a programme"
	doGoOn        = "go on with a programme"
)

// deeds are what can be done about an action beside going on with it, and about a programme.
var deeds = []string{doApprove, doStop, doAcknowledge, doAttest, doBack, doReview, doBegin, doHalt, doGoOn}

const maxRequest = 8 << 20

// sessionMark tells act that it is the process in a session of its own.
const sessionMark = "SWITCHYARD_ACT_SESSION"

type actFlags struct {
	approve, stop, acknowledge, back bool
	confirm, reason, ticket, action  string
	attest, review                   string
	glass, routes, operator          string
	looking
}

// verb is what the flags ask for about an action; empty: to go on with it.
func (f *actFlags) verb() string {
	switch {
	case f.approve:
		return doApprove
	case f.stop:
		return doStop
	case f.acknowledge:
		return doAcknowledge
	case f.attest != "":
		return doAttest
	case f.review != "":
		return doReview
	case f.back:
		return doBack
	}
	return ""
}

func actCommand() *cobra.Command {
	var flags actFlags
	cmd := &cobra.Command{
		Use:   "act [ACTION]",
		Short: "carries out the approved plan on its standard input, or goes on with ACTION",
		Long: "Act carries out the approved plan on its standard input: what the cockpit and the acting verbs start for you, through the " +
			"launcher of the configuration. With ACTION, the number or id of an action, it goes on with it after a crash. A reason or a word " +
			"that is - is read from standard input. It works in a session of its own, without the variables of the operator's session, and " +
			"writes to a file: a terminal that closes changes nothing.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				flags.action = args[0]
			}
			if flags.action == "" && flags.verb() != "" {
				return errors.New("name an action; switchyard actions lists them")
			}
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			if os.Getenv(sessionMark) == "" {
				return flags.front(cmd, cfg)
			}
			signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
			return flags.act(cmd, cfg)
		},
	}
	cmd.Flags().BoolVar(&flags.approve, "approve", false, "approve ACTION, which waits for one more person")
	cmd.Flags().BoolVar(&flags.stop, "stop", false, "ask whoever carries ACTION out to stop before its next step")
	cmd.Flags().
		BoolVar(&flags.acknowledge, "acknowledge", false, "let the unfinished ACTION be: it blocks nothing any more and never runs again; "+
			"with --reason")
	cmd.Flags().StringVar(&flags.confirm, "confirm", "", "with --approve: the `PHRASE` that would be typed")
	cmd.Flags().
		StringVar(&flags.reason, "reason", "", "why: for guards to override, a stop, an acknowledgement, or taking over a claim that has expired")
	cmd.Flags().StringVar(&flags.ticket, "ticket", "", "with --approve: the ticket that the policy asks for")
	cmd.Flags().StringVar(&flags.operator, "operator", "", "the `PERSON`, where the configuration says operator: launcher, which fixes it")
	cmd.Flags().
		StringVar(&flags.attest, "attest", "", "say `TEXT` for what ACTION's current step waits for: that it is so, or that you did it")
	cmd.Flags().StringVar(&flags.review, "review", "", "say `TEXT`, what you have seen of the emergency ACTION afterwards: its review is owed")
	cmd.Flags().
		BoolVar(&flags.back, "back", false, "go back with ACTION, which ended half way, where its steps have a way back; with --reason")
	cmd.MarkFlagsMutuallyExclusive("approve", "stop", "acknowledge", "attest", "review", "back")
	cmd.Flags().StringVar(&flags.glass, "break-glass", "", glassUsage)
	cmd.Flags().StringVar(&flags.routes, "routes", "", routesUsage)
	flags.addWait(cmd)
	return cmd
}

// act is the process in a session of its own.
func (f *actFlags) act(cmd *cobra.Command, cfg *config.Config) error {
	ctx := cmd.Context()
	if cfg.Rehearsal != "" {
		var end func()
		ctx, end = whileThere(ctx, cfg.Path)
		defer end()
	}
	ask, by, err := f.told(cmd, cfg)
	if err != nil {
		return err
	}
	var j *journal.Journal
	if ask.Glass != "" {
		j, err = breakGlass(ctx, cfg, by, &ask)
		err = verdictOf(err)
	} else {
		j, err = openJournal(ctx, cfg)
	}
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	r := &runner.Runner{Journal: j, Policy: cfg.Policy, Actor: by, Process: process(by), Now: model.Now, Sleep: sleep,
		Tell: func(says string) { _ = printf(out, "%s %s\n", model.Now().UTC().Format(clock), says) }}
	if ask.Glass != "" {
		r.Tell(
			model.Clean(
				fmt.Sprintf("recorded in the break-glass journal in %s; when the journal is back: switchyard journal --merge %s", ask.Glass, ask.Glass),
			),
		)
	}
	if is, err := recordsAlone(ctx, r, &ask); is {
		return err
	}
	id := ""
	if ask.Action != "" {
		a, err := findAction(j.State(), ask.Action)
		if err != nil {
			return err
		}
		id = a.ID
	}
	if is, err := decides(ctx, r, id, &ask); is {
		return err
	}
	stop, err := armed(cmd, cfg, r)
	if err != nil {
		return err
	}
	defer stop()
	a, err := carry(ctx, cfg, r, id, ask)
	if err != nil {
		return verdictOf(err)
	}
	r.Tell(fmt.Sprintf("action %d is %s", a.Seq, stateOf(a)))
	if a.State != record.ActionDone {
		return errFinding
	}
	return nil
}

// told is what comes on standard input, and who says it, as the process that acts knows them.
func (f *actFlags) told(cmd *cobra.Command, cfg *config.Config) (ask request, by string, err error) {
	raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxRequest))
	if err == nil {
		err = plan.Strictly(raw, &ask)
	}
	if err != nil {
		return ask, "", fmt.Errorf("reading what to do: %w", err)
	}
	if ask.Do != "" && (ask.Action == "" || !slices.Contains(deeds, ask.Do)) {
		return ask, "", fmt.Errorf("reading what to do: nothing can be done that is called %q, or it names no action", model.Clean(ask.Do))
	}
	if err := acts(cfg); err != nil {
		return ask, "", err
	}
	if by, err = actor(cfg, f.operator); err != nil && ask.isFrameworks() {
		by, err = operator(), nil // no person vouches for it
	}
	if ask.Approval.By == "" && cfg.Operator == config.OperatorLauncher { // who sent it does not know how the launcher calls them
		ask.Approval.By = by
	}
	return ask, by, err
}

// recordsAlone carries out what is no action's: it is recorded, and nothing else is done.
func recordsAlone(ctx context.Context, r *runner.Runner, ask *request) (is bool, err error) {
	if ask.Alert != nil {
		if ask.Action != "" || ask.Do != "" || ask.Plan != nil {
			return true, errors.New("reading what to do: an alert is acknowledged by itself")
		}
		return true, verdictOf(r.AcknowledgeAlert(ctx, *ask.Alert, ask.Reason))
	}
	if ask.Evidence != nil {
		return true, verdictOf(prove(ctx, r, ask))
	}
	if ask.Waive != nil {
		return true, verdictOf(waive(ctx, r, ask))
	}
	says, is, err := aboutProgramme(ctx, r, ask)
	if is && err == nil {
		r.Tell(says)
	}
	return is, verdictOf(err)
}

// decides carries out what somebody decides of an action without carrying it on.
func decides(ctx context.Context, r *runner.Runner, id string, ask *request) (is bool, err error) {
	switch ask.Do {
	case doStop:
		err = r.Stop(ctx, id, ask.Reason)
	case doAcknowledge:
		err = r.Acknowledge(ctx, id, ask.Reason)
	case doAttest:
		err = r.Attest(ctx, id, ask.Reason)
	case doReview:
		err = r.Review(ctx, id, ask.Reason)
	default:
		return false, nil
	}
	return true, verdictOf(err)
}

func carry(ctx context.Context, cfg *config.Config, r *runner.Runner, id string, ask request) (*record.Action, error) {
	switch {
	case ask.Do == doApprove:
		if err := apart(cfg, r.Journal.State().Action(id).Needs); err != nil {
			return nil, err
		}
		if err := r.Approve(ctx, id, ask.Approval); err != nil {
			return nil, err
		}
		if a := r.Journal.State().Action(id); a.State != record.ActionApproved {
			return a, nil
		}
	case ask.Do == doBack:
		if err := r.GoBack(ctx, id, ask.Reason); err != nil {
			return nil, err
		}
	case id == "":
		p, err := plan.Decode(ask.Plan)
		if err != nil {
			return nil, err
		}
		if err := apart(cfg, p.Approvals); err != nil {
			return nil, err
		}
		return r.Take(ctx, p, ask.Approval)
	}
	return r.Carry(ctx, id, ask.Reason)
}

// verdictOf tells what refuses apart from what cannot be done.
func verdictOf(err error) error {
	for _, kind := range []error{model.ErrGuard, model.ErrStale, record.ErrIllegal, record.ErrHeld} {
		if errors.Is(err, kind) {
			return refusal{err}
		}
	}
	return err
}

// whileThere ends with a rehearsal's configuration: its world is gone with it, and nothing is left to act on.
func whileThere(ctx context.Context, path string) (context.Context, func()) {
	ctx, end := context.WithCancel(ctx)
	go func() {
		for sleep(ctx, time.Second) == nil {
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				end()
			}
		}
	}()
	return ctx, end
}

// sleep waits for a span of the world's time; one whose clock is set is looked at again.
func sleep(ctx context.Context, d time.Duration) error {
	t, moved := time.NewTimer(model.Pause(d)), model.TimeMoved()
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-moved:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
