package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
	"switchyard/ui"
)

// lever is the cockpit's one way to act: it starts the process that acts, and waits for what it says.
func lever(s *site) ui.Lever {
	by, err := person(s.cfg)
	if err != nil {
		by = operator() // what acts refuses, and says why
	}
	return ui.Lever{
		Glass: glassOf(s.cfg), Below: s.cfg.Restores.Below, Tests: testTerms(s.cfg),
		Names: s.names, Policy: s.cfg.Policy, Routing: routing(s.cfg), Kept: s.keptEnded, By: by,
		Refused: func(w plan.World, of *plan.Shift) ([]routes.Cause, error) { return of.Refused(w) },
		Held:    func(w plan.World, of *plan.Shift, ids []string) ([]routes.Cause, error) { return of.HeldBy(w, ids...) },
		Alike:   alike(s.cfg), NewID: journal.NewID,
		Plan: func(ctx context.Context, action string) (*plan.Plan, error) {
			if s.past == nil {
				return nil, errNoJournal
			}
			b, _, err := s.past.Story(ctx, action)
			if err != nil {
				return nil, err
			}
			return plan.Of(b)
		},
		Pull: func(ctx context.Context, d ui.Deed) error { return pull(ctx, s.cfg, d) },
	}
}

// glassOf is the break-glass journal that the configuration names; nil when it names none. A rehearsal has one, for who rehearses that.
func glassOf(cfg *config.Config) *ui.Glass {
	dir := cfg.Journal.BreakGlass
	if dir == "" && cfg.Rehearsal != "" && cfg.Journal.Dir != "" {
		dir = filepath.Join(filepath.Dir(cfg.Journal.Dir), "glass")
	}
	if dir == "" {
		return nil
	}
	return &ui.Glass{Dir: dir, State: func(ctx context.Context) (*record.State, error) { return glassState(ctx, cfg, dir, nil) }}
}

// errNoJournal refuses to act where nothing would be recorded.
var errNoJournal = errors.New("without the journal nothing is done")

// pull starts the process that does what a person decided, and waits for it as long as ctx lives. What the journal tells about is no
// error here, however it ended: everybody sees it there.
func pull(ctx context.Context, cfg *config.Config, d ui.Deed) error {
	var before int64
	var err error
	if d.Glass == "" { // else the journal is what does not answer
		if before, err = lastRecord(ctx, cfg, d); err != nil {
			return err
		}
	}
	s, err := start(cfg, d)
	if err != nil {
		return err
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.err == nil {
		return nil
	}
	if d.Glass != "" {
		return errors.New(s.said())
	}
	if after, err := lastRecord(ctx, cfg, d); err == nil && after > before {
		return nil
	}
	return errors.New(s.said())
}

// lastRecord grows with the newest record about what is decided on; 0 when there is none.
func lastRecord(ctx context.Context, cfg *config.Config, d ui.Deed) (int64, error) {
	r := journal.NewReader(func(ctx context.Context) (*journal.Journal, error) { return readJournal(ctx, cfg) })
	defer func() { _ = r.Close() }() // with its store
	st, _, _, err := r.Look(ctx)
	if err != nil {
		return 0, err
	}
	id := d.Action
	if d.Plan != nil {
		id = d.Plan.ID
	}
	if a := st.Action(id); a != nil {
		return a.Last, nil
	}
	if i := slices.IndexFunc(st.Acks, func(k record.Ack) bool { return k.ID == d.Alert.ID }); i >= 0 {
		return st.Acks[i].At.UnixNano(), nil
	}
	return 0, nil
}

// start hands a decision to switchyard act.
func start(cfg *config.Config, d ui.Deed) (*detached, error) {
	if d.Verb == ui.DeedTake && d.Glass != "" {
		return launchGlass(cfg, d.Plan, d.Approval, d.Glass, d.Reason, nil)
	}
	if d.Verb == ui.DeedTake {
		return launch(cfg, d.Plan, d.Approval)
	}
	verb := map[ui.DeedVerb]string{ui.DeedApprove: doApprove, ui.DeedStop: doStop, ui.DeedAcknowledge: doAcknowledge, ui.DeedAttest: doAttest,
		ui.DeedReview: doReview, ui.DeedHalt: doHalt, ui.DeedGoOn: doGoOn}[d.Verb]
	if d.Verb == ui.DeedSeen {
		return launchAct(cfg, request{Alert: &d.Alert, Reason: d.Reason})
	}
	return launchAct(cfg, request{Do: verb, Action: d.Action, Reason: d.Reason, Approval: d.Approval})
}

// launchAct starts switchyard act in a session of its own, through the launcher where there is one. What it is asked for goes by standard
// input.
func launchAct(cfg *config.Config, ask request) (*detached, error) {
	argv, err := selfArgv(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Operator == config.OperatorLauncher {
		ask.Approval.By = "" // the launcher says who it is
		by, err := person(cfg)
		if err != nil {
			return nil, err
		}
		argv = append(argv, "--operator="+by)
	}
	input, err := json.Marshal(ask)
	if err != nil {
		return nil, fmt.Errorf("encoding what was decided: %w", err)
	}
	if len(cfg.Launcher) > 0 { // it may need the operator's session, as ssh does; act drops it
		return detach(append(append([]string{}, cfg.Launcher...), argv...), os.Environ(), input)
	}
	return detach(argv, append(withoutSession(os.Environ()), sessionMark+"=1"), input)
}
