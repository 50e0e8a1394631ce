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
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/backend/feed"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// request is what act reads on its standard input: an approved plan, or without a plan one more approval of an action.
type request struct {
	Plan     json.RawMessage `json:"plan,omitempty"`
	Approval plan.Approval   `json:"approval"`
}

const maxRequest = 8 << 20

// sessionMark tells act that it is the process in a session of its own.
const sessionMark = "SWITCHYARD_ACT_SESSION"

type actFlags struct {
	approve, stop, acknowledge, back        bool
	confirm, reason, ticket, action, attest string
}

// verb is what the flags ask for about an action; empty: to go on with it.
func (f *actFlags) verb() string {
	switch {
	case f.approve:
		return "approve"
	case f.stop:
		return "stop"
	case f.acknowledge:
		return "acknowledge"
	case f.attest != "":
		return "attest"
	case f.back:
		return "back"
	}
	return ""
}

func actCommand() *cobra.Command {
	var flags actFlags
	cmd := &cobra.Command{
		Use:   "act [ACTION]",
		Short: "carries out the approved plan on its standard input, or goes on with ACTION",
		Long: "Act carries out the approved plan on its standard input: what the cockpit and the acting verbs start for you, through the launcher of the " +
			"configuration. With ACTION, the number or id of an action, it goes on with it after a crash. It works in a session of its own, without the variables " +
			"of the operator's session, and writes to a file: a terminal that closes changes nothing.",
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
	cmd.Flags().BoolVar(&flags.acknowledge, "acknowledge", false, "let the unfinished ACTION be: it blocks nothing any more and never runs again; with --reason")
	cmd.Flags().StringVar(&flags.confirm, "confirm", "", "with --approve: the `PHRASE` that would be typed")
	cmd.Flags().StringVar(&flags.reason, "reason", "", "why: for guards to override, a stop, an acknowledgement, or taking over a claim that has expired")
	cmd.Flags().StringVar(&flags.ticket, "ticket", "", "with --approve: the ticket that the policy asks for")
	cmd.Flags().StringVar(&flags.attest, "attest", "", "say `TEXT` for what ACTION's current step waits for: that it is so, or that you did it")
	cmd.Flags().BoolVar(&flags.back, "back", false, "go back with ACTION, which ended half way, where its steps have a way back; with --reason")
	cmd.MarkFlagsMutuallyExclusive("approve", "stop", "acknowledge", "attest", "back")
	return cmd
}

// front starts the process that acts and prints what it prints. It may end at any moment: the other does not notice.
func (f *actFlags) front(cmd *cobra.Command, cfg *config.Config) error {
	input := []byte("{}")
	var err error
	switch {
	case f.approve:
		input, err = f.approval(cmd, cfg)
	case f.action == "":
		input, err = io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxRequest))
	}
	if err != nil {
		return fmt.Errorf("reading what to do: %w", err)
	}
	argv, err := selfArgv(cfg)
	if err != nil {
		return err
	}
	verb, text := f.verb(), f.reason
	if verb == "attest" {
		text = f.attest
	}
	argv = append(argv, actArgs(verb, f.action, text)...)
	s, err := detach(argv, append(withoutSession(os.Environ()), sessionMark+"=1"), input)
	if err != nil {
		return err
	}
	if err := printf(cmd.ErrOrStderr(), "process %d acts and writes to %s\n", s.pid, s.file); err != nil {
		return err
	}
	if err := s.copyTo(cmd.OutOrStdout(), cmd.Context().Done()); err != nil {
		return err
	}
	select {
	case <-s.done:
	case <-cmd.Context().Done():
		return fmt.Errorf("process %d goes on without this one; follow it with: switchyard actions", s.pid)
	}
	return s.ended()
}

// ended is how a session's exit status reads for the one that started it.
func (s *detached) ended() error {
	if s.err == nil {
		return nil
	}
	var exit interface{ ExitCode() int }
	if errors.As(s.err, &exit) && exit.ExitCode() == exitFinding {
		return errFinding
	}
	return fmt.Errorf("%s (%w; all of it is in %s)", s.said(), s.err, s.file)
}

// selfArgv is this program's own act with the same configuration.
func selfArgv(cfg *config.Config) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("finding the configuration: %w", err)
	}
	return []string{self, "act", "--config=" + path}, nil
}

// approval asks one more person.
func (f *actFlags) approval(cmd *cobra.Command, cfg *config.Config) ([]byte, error) {
	if f.confirm == "" && !isTerminal(cmd.InOrStdin()) {
		return io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxRequest))
	}
	j, err := openJournal(cmd.Context(), cfg)
	if err != nil {
		return nil, err
	}
	a, err := findAction(j.State(), f.action)
	if err != nil {
		return nil, err
	}
	b, err := j.Plan(cmd.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	p, err := plan.Of(b)
	if err != nil {
		return nil, err
	}
	apply := applyFlags{confirm: f.confirm, reason: f.reason, ticket: f.ticket}
	approval, err := apply.approve(cmd, p, true)
	if err != nil {
		return nil, err
	}
	return json.Marshal(request{Approval: approval})
}

// act is the process in a session of its own.
func (f *actFlags) act(cmd *cobra.Command, cfg *config.Config) error {
	ctx := cmd.Context()
	if cfg.Rehearsal != "" {
		var end func()
		ctx, end = whileThere(ctx, cfg.Path)
		defer end()
	}
	raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxRequest))
	if err != nil {
		return fmt.Errorf("reading what to do: %w", err)
	}
	var ask request
	if err := plan.Strictly(raw, &ask); err != nil {
		return fmt.Errorf("reading what to do: %w", err)
	}
	j, err := openJournal(ctx, cfg)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	r := &runner.Runner{Journal: j, Policy: cfg.Policy, Actor: operator(), Process: process(), Now: time.Now, Sleep: sleep,
		Tell: func(says string) { _ = printf(out, "%s %s\n", time.Now().UTC().Format(clock), says) }}
	id := ""
	if f.action != "" {
		a, err := findAction(j.State(), f.action)
		if err != nil {
			return err
		}
		id = a.ID
	}
	switch {
	case f.stop:
		return verdictOf(r.Stop(ctx, id, f.reason))
	case f.acknowledge:
		return verdictOf(r.Acknowledge(ctx, id, f.reason))
	case f.attest != "":
		return verdictOf(r.Attest(ctx, id, f.attest))
	}
	stop, err := armed(cmd, cfg, r)
	if err != nil {
		return err
	}
	defer stop()
	a, err := f.carry(ctx, r, id, ask)
	if err != nil {
		return verdictOf(err)
	}
	r.Tell(fmt.Sprintf("action %d is %s", a.Seq, stateOf(a)))
	if a.State != record.ActionDone {
		return errFinding
	}
	return nil
}

func (f *actFlags) carry(ctx context.Context, r *runner.Runner, id string, ask request) (*record.Action, error) {
	switch {
	case f.approve:
		if err := r.Approve(ctx, id, ask.Approval); err != nil {
			return nil, err
		}
		if a := r.Journal.State().Action(id); a.State != record.ActionApproved {
			return a, nil
		}
	case f.back:
		if err := r.GoBack(ctx, id, f.reason); err != nil {
			return nil, err
		}
	case id == "":
		p, err := plan.Decode(ask.Plan)
		if err != nil {
			return nil, err
		}
		return r.Take(ctx, p, ask.Approval)
	}
	return r.Carry(ctx, id, f.reason)
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

func process() string {
	host, _ := os.Hostname()
	return model.Clean(fmt.Sprintf("%s@%s, process %d", operator(), host, os.Getpid()))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patient is how long what acts waits for a source whose silence stops nothing.
const patient = 600 * time.Millisecond

// armed gives the runner its readings and its hands.
func armed(cmd *cobra.Command, cfg *config.Config, r *runner.Runner) (disarm func(), err error) {
	s, err := open(cmd)
	if err != nil {
		return nil, err
	}
	var levers [2]runner.Lever
	for _, c := range model.Clusters {
		of, err := s.acting(c)
		if err != nil {
			return nil, err
		}
		levers[c] = runner.Lever{Catalog: of.Catalog,
			Console: bacula.Console{Name: cfg.Clusters[c].Active.Name, Argv: cfg.Act.Clusters[c].Active, Address: cfg.Clusters[c].Active.Address, Timeout: cfg.Policy.Answer}}
	}
	r.Hands = runner.Router{plan.Bacula: runner.NewBacula(levers), plan.Here: &runner.Local{Commands: cfg.Commands, Now: r.Now}}
	s.past = nil // the runner reads its own
	for _, c := range model.Clusters {
		if s.clusters[c], err = s.acting(c); err != nil {
			return nil, err
		}
	}
	f, stop := s.asked(cmd.Context())
	r.Fresh = func(ctx context.Context, n plan.Needs) (plan.World, error) {
		snap, err := f.Fresh(ctx, n.Must, n.May, feed.Wait{Must: 2 * cfg.Policy.Answer, May: patient})
		return plan.World{Snapshot: snap, Names: s.names, Policy: cfg.Policy}, err
	}
	return func() {
		stop()
		for _, l := range levers {
			_ = l.Catalog.Close()
		}
	}, nil
}

// acting makes the readers of a cluster with the act credentials; where there are none for reading, with those of the watch side.
func (s *site) acting(c model.Cluster) (*feed.Cluster, error) {
	access, act := s.cfg.Watch.Clusters[c], s.cfg.Act.Clusters[c]
	if act.Active != nil {
		access.Active = act.Active
	}
	if act.Passive != nil {
		access.Passive = act.Passive
	}
	if act.Catalog.User != "" {
		access.Catalog = act.Catalog
	}
	return s.cluster(c, &access)
}
