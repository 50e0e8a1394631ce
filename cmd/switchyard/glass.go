package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// glassUsage is the flag of whoever may act while the journal is down.
const glassUsage = "while the journal cannot be written: record in the break-glass journal in `DIR`, which is begun there; with " +
	"--reason, and merged later with journal --merge"

// routesUsage is the flag of whoever knows the routes where the journal cannot be asked.
const routesUsage = "with --break-glass, where this user remembers no routes of the journal: those in force, in `FILE`"

// givenRoutes reads the routes that a break-glass journal is begun with; nil when there is no file. A gap is told and no
// more: those in force have it, too, and nobody mends it in an emergency.
func givenRoutes(cmd *cobra.Command, cfg *config.Config, glass, path string) (json.RawMessage, error) {
	if path != "" && glass == "" {
		return nil, errors.New("--routes is for --break-glass: else the journal has them")
	}
	doc, gaps, err := routesIn(cmd, cfg, path)
	if doc == nil || err != nil {
		return nil, err
	}
	if gaps != "" {
		if err := printf(cmd.ErrOrStderr(), "switchyard: %s\n", gaps); err != nil {
			return nil, err
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing the routes: %w", err)
	}
	return raw, nil
}

// knowsThem refuses routes that were given where a break-glass journal has others, or was begun without.
func knowsThem(st *record.State, given json.RawMessage) error {
	if given == nil {
		return nil
	}
	doc, err := routes.ParseRecord(1, given, routes.Options{Extensions: true})
	if err != nil {
		return err
	}
	switch known, err := plan.RoutesOf(st); {
	case st.RoutesSeq == 0:
		return &model.Fault{Kind: model.ErrGuard, Says: "the break-glass journal was begun without routes: name another directory, to begin " +
			"one with --routes"}
	case err != nil:
		return err
	case known.Equal(doc):
		return nil
	case st.Glass != nil && st.Glass.Seq > 0:
		return &model.Fault{Kind: model.ErrGuard, Says: fmt.Sprintf("the journal had other routes by its record %d, which this user has read: "+
			"leave out --routes, and shift to those afterwards", st.Glass.Seq)}
	}
	return &model.Fault{Kind: model.ErrGuard, Says: "the break-glass journal has other routes than --routes: leave it out"}
}

// absolute is a directory as another process finds it, too.
func absolute(dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the break-glass journal: %w", err)
	}
	return path, nil
}

// sharedOptions are those of the journal of the configuration, also where its directory is gone.
func sharedOptions(ctx context.Context, cfg *config.Config) (journal.Options, error) {
	store, err := openStore(ctx, cfg)
	if err == nil {
		defer closeStore(store)
		return journalOptions(cfg, store), nil
	}
	if cfg.Journal.Dir == "" {
		return journal.Options{}, err
	}
	path, err := filepath.Abs(cfg.Journal.Dir)
	if err != nil {
		return journal.Options{}, fmt.Errorf("finding the journal: %w", err)
	}
	return journalOptions(cfg, journal.DirName(path)), nil
}

func closeStore(s journal.Store) {
	if c, ok := s.(interface{ Close() error }); ok {
		_ = c.Close()
	}
}

// openGlass opens a break-glass journal that is there; it is ErrNone when there is none.
func openGlass(ctx context.Context, cfg *config.Config, dir string) (*journal.Journal, error) {
	j, _, err := glassIn(ctx, cfg, dir)
	return j, err
}

// glassIn also gives the store, for who opens it again and again.
func glassIn(ctx context.Context, cfg *config.Config, dir string) (*journal.Journal, *journal.Dir, error) {
	store, err := journal.OpenDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", model.ErrNone, err)
	}
	if err != nil {
		return nil, nil, err
	}
	j, err := journal.Open(ctx, store, journal.Options{Environment: cfg.Environment, Rehearsal: cfg.Rehearsal, Glass: true, Whole: true})
	if err != nil {
		_ = store.Close()
	}
	return j, store, err
}

// glassState is what is known where the glass is broken: by the journal that is there, or by one that this user would begin.
// Given are routes for one that is begun; nil: none.
func glassState(ctx context.Context, cfg *config.Config, dir string, given json.RawMessage) (*record.State, error) {
	j, store, err := glassIn(ctx, cfg, dir)
	if err == nil {
		defer store.Close()
		return j.State(), cmp.Or(notClosed(j, dir), knowsThem(j.State(), given))
	}
	if !errors.Is(err, model.ErrNone) {
		return nil, err
	}
	o, err := sharedOptions(ctx, cfg)
	if err != nil {
		return nil, err
	}
	st, err := journal.Foresee(o, given)
	if err != nil {
		return nil, err
	}
	return st, knowsThem(st, given)
}

// notClosed refuses a break-glass journal that is over.
func notClosed(j *journal.Journal, dir string) error {
	if !j.State().Closed {
		return nil
	}
	return &model.Fault{
		Kind: model.ErrGuard,
		Says: fmt.Sprintf("the break-glass journal in %s was merged, and is closed: name another directory", dir),
	}
}

// breakGlass opens the break-glass journal of a request, or begins it. What is new is recorded there only while the shared journal cannot
// be used; what was begun there goes on there.
func breakGlass(ctx context.Context, cfg *config.Config, by string, ask *request) (*journal.Journal, error) {
	dir := ask.Glass
	if !filepath.IsAbs(dir) || dir != filepath.Clean(dir) {
		return nil, fmt.Errorf("the break-glass journal %q: want the whole path of a directory", model.Clean(dir))
	}
	if shared, err := absolute(cfg.Journal.Dir); err == nil && shared != "" && (dir == shared || strings.HasPrefix(dir, shared+"/")) {
		return nil, fmt.Errorf("the break-glass journal %s is where the journal is: name a directory that fails with nothing else", dir)
	}
	j, err := openGlass(ctx, cfg, dir)
	if err != nil && !errors.Is(err, model.ErrNone) {
		return nil, err
	}
	if err == nil {
		if err := notClosed(j, dir); err != nil || ask.Action != "" {
			return j, err
		}
	}
	if why := usable(ctx, cfg); why == nil {
		return nil, &model.Fault{Kind: model.ErrGuard, Says: "the journal can be written: the glass is broken only while it cannot"}
	}
	if err == nil {
		return j, knowsThem(j.State(), ask.Routes)
	}
	reason := model.Clean(ask.Reason)
	if reason == "" {
		return nil, &model.Fault{Kind: model.ErrGuard, Says: "breaking the glass needs a reason"}
	}
	o, err := sharedOptions(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if st, err := journal.Foresee(o, ask.Routes); err != nil || knowsThem(st, ask.Routes) != nil {
		return nil, cmp.Or(err, knowsThem(st, ask.Routes))
	}
	store, err := journal.MakeDir(dir)
	if err != nil {
		return nil, err
	}
	j, err = journal.BreakGlass(ctx, store, o, by, reason, ask.Routes)
	if err != nil {
		_ = store.Close()
	}
	return j, err
}

// carryAside lets a plan be carried out on a break-glass journal, and prints what its process says.
func (f *applyFlags) carryAside(cmd *cobra.Command, cfg *config.Config, p *plan.Plan, a plan.Approval) (*record.Action, error) {
	s, err := launchGlass(cfg, p, a, f.glass, f.reason, f.given)
	if err != nil {
		return nil, err
	}
	out := cmd.OutOrStdout()
	if f.json {
		out = cmd.ErrOrStderr()
	}
	if err := s.copyTo(out, cmd.Context().Done()); err != nil {
		return nil, err
	}
	select {
	case <-s.done:
	case <-cmd.Context().Done():
		return nil, fmt.Errorf("the action goes on without you; follow it with: switchyard actions --break-glass %s", f.glass)
	}
	j, err := openGlass(cmd.Context(), cfg, f.glass)
	if err == nil {
		if a := j.State().Action(p.ID); a != nil {
			return a, nil
		}
	}
	if ended := s.ended(); ended != nil {
		return nil, ended
	}
	return nil, err
}

// launchGlass hands an approved plan to switchyard act, to be recorded in a break-glass journal.
func launchGlass(cfg *config.Config, p *plan.Plan, a plan.Approval, dir, reason string, given json.RawMessage) (*detached, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	return launchAct(cfg, request{Plan: raw, Approval: a, Glass: dir, Reason: reason, Routes: given})
}

// usable says why the journal of the configuration takes no record; nil when it does.
func usable(ctx context.Context, cfg *config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 2*cfg.Policy.Answer)
	defer cancel()
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeStore(store)
	// To read a long journal may take its time; one that does not even begin to answer is not waited for by whoever breaks the glass.
	first, enough := context.WithTimeout(ctx, cfg.Policy.Answer/2)
	defer enough()
	if _, err := store.Read(first, 1); err != nil && first.Err() != nil {
		return fmt.Errorf("reading the journal: no answer within %s: %w", cfg.Policy.Answer/2, err)
	}
	j, err := verified(ctx, cfg, store, true)
	if err != nil {
		return err
	}
	defer j.Close()
	return journal.Probe(ctx, store)
}

// merge brings the records of a break-glass journal home.
func mergeGlass(cmd *cobra.Command, cfg *config.Config, dir string) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	if err := acts(cfg); err != nil {
		return err
	}
	by, err := person(cfg)
	if err != nil {
		return err
	}
	glass, err := openGlass(ctx, cfg, dir)
	if err != nil {
		return err
	}
	shared, err := openJournal(ctx, cfg)
	if err != nil {
		return err
	}
	n, err := journal.Merge(ctx, shared, glass, by)
	if err != nil {
		return errors.Join(printf(out, "%d records of %s were merged before it stopped; merge it again\n", n, dir), verdictOf(err))
	}
	says := fmt.Sprintf("%d records of %s are in the journal now, and it is closed\n", n, dir)
	if n == 0 {
		says = fmt.Sprintf("nothing to merge: all records of %s are in the journal\n", dir)
	}
	if err := printf(out, "%s", says); err != nil {
		return err
	}
	conflicts := 0
	for _, o := range shared.State().Origins {
		if o.Journal == glass.State().Journal {
			for _, c := range o.Conflicts {
				conflicts++
				err = errors.Join(err, printf(out, "it does not fit what was done here meanwhile: %s\n", model.Clean(c)))
			}
		}
	}
	if conflicts > 0 {
		err = errors.Join(err, errFinding)
	}
	return err
}

// readAt is the journal that a viewing verb reads: that of the configuration, or a break-glass one.
func readAt(ctx context.Context, cfg *config.Config, glass string) (*journal.Journal, error) {
	if glass == "" {
		return readJournal(ctx, cfg)
	}
	return openGlass(ctx, cfg, glass)
}
