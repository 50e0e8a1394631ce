package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// front starts the process that acts and prints what it prints. It may end at any moment: the other does not notice.
func (f *actFlags) front(cmd *cobra.Command, cfg *config.Config) error {
	input, err := f.input(cmd, cfg)
	if err != nil {
		return fmt.Errorf("reading what to do: %w", err)
	}
	argv, err := selfArgv(cfg)
	if err != nil {
		return err
	}
	if f.operator != "" {
		argv = append(argv, "--operator="+f.operator)
	}
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

// input is what the flags ask for, or what comes on standard input where they name no action.
func (f *actFlags) input(cmd *cobra.Command, cfg *config.Config) ([]byte, error) {
	var err error
	if f.glass, err = absolute(f.glass); err != nil {
		return nil, err
	}
	given, err := givenRoutes(cmd, cfg, f.glass, f.routes)
	if err != nil {
		return nil, err
	}
	if f.action == "" {
		b, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxRequest))
		if err != nil || f.glass == "" {
			return b, err
		}
		var ask request
		if err := plan.Strictly(b, &ask); err != nil {
			return nil, err
		}
		if ask.Glass = f.glass; f.reason != "" && f.reason != "-" { // else it is in what was read
			ask.Reason = f.reason
		}
		if given != nil {
			ask.Routes = given
		}
		return json.Marshal(ask)
	}
	ask := request{Do: f.verb(), Action: f.action, Reason: f.reason, Glass: f.glass}
	switch ask.Do {
	case doAttest:
		ask.Reason = f.attest
	case doReview:
		ask.Reason = f.review
	}
	if ask.Reason, err = typed(cmd, ask.Reason); err != nil {
		return nil, err
	}
	if ask.Do == doApprove {
		f.reason = ask.Reason
		if ask.Approval, err = f.approval(cmd, cfg); err != nil {
			return nil, err
		}
		if cfg.Operator == config.OperatorLauncher {
			ask.Approval.By = ""
		}
	}
	return json.Marshal(ask)
}

// typed is what a flag says, or standard input where it says -.
func typed(cmd *cobra.Command, says string) (string, error) {
	if says != "-" {
		return says, nil
	}
	b, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxRequest))
	if err == nil && model.Clean(strings.TrimSpace(string(b))) == "" {
		err = errors.New("there is no reason on standard input")
	}
	return strings.TrimSpace(string(b)), err
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
	if o := cfg.Origin; o != nil {
		argv := []string{self, "act", "--bundle=" + o.Bundle, "--identity=" + o.Identity}
		if o.Drill {
			argv = append(argv, "--drill")
		}
		if o.Director != "" {
			argv = append(argv, "--director="+o.Director)
		}
		return argv, nil
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("finding the configuration: %w", err)
	}
	return []string{self, "act", "--config=" + path}, nil
}

// approval asks one more person.
func (f *actFlags) approval(cmd *cobra.Command, cfg *config.Config) (none plan.Approval, err error) {
	j, err := f.journal(cmd.Context(), cfg)
	if err != nil {
		return none, err
	}
	a, err := findAction(j.State(), f.action)
	if err != nil {
		return none, err
	}
	b, err := j.Plan(cmd.Context(), a.ID)
	if err != nil {
		return none, err
	}
	p, err := plan.Of(b)
	if err != nil {
		return none, err
	}
	if p, err = f.anew(cmd, p, j.State()); err != nil {
		return none, err
	}
	apply := applyFlags{confirm: f.confirm, reason: f.reason, ticket: f.ticket}
	return apply.approve(cmd, cfg, p, true)
}

// journal is the one that the action is in.
func (f *actFlags) journal(ctx context.Context, cfg *config.Config) (*journal.Journal, error) {
	if f.glass != "" {
		return openGlass(ctx, cfg, f.glass)
	}
	return openJournal(ctx, cfg)
}

// anew is the plan in the words that this program has for it in the world as it is: those in the journal may be anybody's.
func (f *actFlags) anew(cmd *cobra.Command, p *plan.Plan, st *record.State) (*plan.Plan, error) {
	s, err := open(cmd)
	if err != nil {
		return nil, err
	}
	s.past = nil // it was read
	snap, feed, stop, err := f.at(cmd.Context(), s)
	if err != nil {
		return nil, err
	}
	defer stop()
	if p.Needs().Proofs {
		snap = feed.Proven(cmd.Context(), snap, s.proofs(st))
	}
	w := plan.World{Now: model.Now(), Snapshot: snap, State: st, Names: s.names, Policy: s.cfg.Policy, Routing: routing(s.cfg)}
	now, err := p.Renew(w)
	if err != nil {
		return nil, err
	}
	if why := p.Stale(now, w.Now); why != "" {
		return nil, refusal{&model.Fault{Kind: model.ErrStale, Says: model.ErrStale.Error() + ": " + why}}
	}
	return p.Told(now), nil
}
