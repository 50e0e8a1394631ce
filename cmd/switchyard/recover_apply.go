package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bundle"
	"switchyard/backend/config"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// recover plans the next part, and carries it out.
func (r *recoverFlags) recover(cmd *cobra.Command, told *recoveryTold) error {
	v, err := r.survey(cmd.Context(), told)
	if err != nil {
		return err
	}
	if !v.Drill { // it is recorded in the journal that everybody has
		if err := r.begins(cmd.Context()); err != nil {
			return err
		}
	}
	r.ask = func(w plan.World) (plan.Ask, error) {
		next, err := plan.RecoverOf(w, v)
		return plan.Ask{Recover: next}, err
	}
	return r.plan(cmd, func(*board.Snapshot) (plan.Ask, error) { return plan.Ask{}, errors.New("nothing was asked for") })
}

// survey is what the parts of the recovery are planned from.
func (r *recovery) survey(ctx context.Context, told *recoveryTold) (*plan.Survey, error) {
	cfg := r.site.cfg
	v := &plan.Survey{Bundle: r.At, AtOnce: r.atOnce, Below: cfg.Restores.Below,
		Format: func(c model.Cell) model.Format {
			at, _ := r.site.inv.Find(c)
			return at.Format
		},
		Verify: func(model.Format) *plan.Call { return nil }}
	tests := testTerms(cfg)
	if tests != nil {
		v.Verify = tests.Verify
	}
	for i := range told.Chains {
		v.Survivors = append(v.Survivors, told.Chains[i].Survivor)
	}
	if cfg.Origin.Drill {
		if tests == nil {
			return nil, errors.New("drilling a recovery: restore_tests in the configuration names no scratch clients")
		}
		v.Drill, v.Remove, v.Below = true, &tests.Remove, tests.Below
		v.Client = func(c model.Cell) string { return tests.Client(c.Region) }
		return v, nil
	}
	if cfg.Recover.Director.Name == "" {
		return nil, errors.New("recovering: nothing says which Director comes up: the configuration in the bundle has no recover: section; " +
			"write one into a file and name it with --director FILE")
	}
	var err error
	v.Client, err = r.clientOf()
	v.Up = plan.BringUp{Director: cfg.Recover.Director.Name, Old: r.old(ctx), Storage: told.proves()}
	return v, err
}

// clientOf is to which client a chain is restored.
func (r *recovery) clientOf() (func(model.Cell) string, error) {
	all, of := r.site.cfg.Recover.Client, map[string]string{}
	for _, text := range r.clients {
		if chain, client, one := strings.Cut(text, "="); one {
			of[chain] = client
		} else {
			all = text
		}
	}
	if all == "" {
		return nil, errors.New("recovering: say with --client CLIENT where the chains are restored to, or write recover.client")
	}
	return func(c model.Cell) string {
		if client, there := of[c.Chain]; there {
			return client
		}
		return all
	}, nil
}

// proves is a Storage Daemon that lets green's Director in, of the chain that is restored first; empty: there is none.
func (t *recoveryTold) proves() string {
	for i := range t.Chains {
		c := &t.Chains[i]
		if c.Back == model.Answer(model.Holds) && c.Point.Key.Cluster == model.Green {
			if on := c.Point.Storages(); len(on) > 0 {
				return on[0]
			}
		}
	}
	return ""
}

// oldAnswer is how long a Director from before may take to be seen listening.
const oldAnswer = 3 * time.Second

// old asks at each Director from before whether anything listens there: dead and cut off from here are not told apart by silence.
func (r *recovery) old(ctx context.Context) (out []plan.OldDirector) {
	for _, c := range model.Clusters {
		for i, d := range r.site.cfg.Origin.Old[c] {
			name := d.Name
			if i > 0 {
				name = model.PassiveOf(c, d.Name, r.site.cfg.Origin.Old[c][0].Name).Name
			}
			out = append(out, plan.OldDirector{OnDirector: plan.OnDirector{Cluster: c, Director: name}})
		}
	}
	var wg sync.WaitGroup
	n := 0
	for _, c := range model.Clusters {
		for _, d := range r.site.cfg.Origin.Old[c] {
			at := &out[n]
			n++
			wg.Go(func() {
				dialer := net.Dialer{Timeout: oldAnswer}
				conn, err := dialer.DialContext(ctx, "tcp", d.Address)
				if err == nil {
					at.Answers = model.Answer(model.Holds)
					_ = conn.Close()
				}
			})
		}
	}
	wg.Wait()
	return out
}

// recovered tells what a part of a recovery came to, and that there may be more.
func (f *applyFlags) recovered(out io.Writer, a *record.Action) error {
	var err error
	for _, x := range a.Found {
		if r := x.Restored; r != nil {
			err = errors.Join(err, f.tell(out, "%d files, %s, are on %s in %s", r.Files, model.Size(r.Bytes), r.Client, r.Where))
		}
	}
	for _, s := range a.Spared {
		err = errors.Join(err, f.tell(out, "step %d went wrong: %s", s.Step, s.Says))
	}
	return errors.Join(err, f.tell(out, "the same command again brings back what is next"))
}

// begins makes the journal of this recovery where it is to be a directory and is not there yet.
func (r *recoverFlags) begins(ctx context.Context) error {
	return beginRecovery(ctx, r.site.cfg, r.Bundle)
}

func beginRecovery(ctx context.Context, cfg *config.Config, b *bundle.Bundle) error {
	if cfg.Journal.Dir == "" {
		return nil
	}
	if _, err := os.Stat(cfg.Journal.Dir); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var first *routes.Document
	if raw, there := b.Contents[bundleRoutes]; there {
		var err error
		if first, err = routes.Parse("the routes of the bundle", raw, routes.Options{Extensions: true}); err != nil {
			return fmt.Errorf("recovering: %w", err)
		}
	}
	if err := beginJournal(ctx, cfg, first); err != nil {
		return fmt.Errorf("recovering: beginning its journal: %w", err)
	}
	return nil
}

func (r *recoverFlags) beginJournal(cmd *cobra.Command) error {
	if err := r.begins(cmd.Context()); err != nil {
		return err
	}
	at := r.site.cfg.Journal.Dir
	if at == "" {
		at = "where it was, in its bucket"
	}
	return printf(cmd.OutOrStdout(), "the journal of this recovery is %s\n", at)
}

// unpack prints what the Directors of a cluster have, for the host where one comes up: nothing of it touches a disk here.
func (r *recoverFlags) unpack(w io.Writer) error {
	var c model.Cluster
	if err := c.UnmarshalText([]byte(r.extract)); err != nil {
		return fmt.Errorf("recovering: --extract: %w", err)
	}
	if isTerminal(w) {
		return errors.New("recovering: --extract prints passwords: pipe it to the host where the Director comes up, such as into ssh HOST tar -x")
	}
	names := r.Names("directors/" + c.String())
	if len(names) == 0 {
		return fmt.Errorf("recovering: the bundle has no configuration of %s's Directors: %w", c, model.ErrNone)
	}
	out := tar.NewWriter(w)
	for _, name := range names {
		h := tar.Header{Name: strings.TrimPrefix(name, "directors/"), Mode: 0o600, Size: int64(len(r.Contents[name])), ModTime: r.At,
			Format: tar.FormatPAX}
		if err := out.WriteHeader(&h); err != nil {
			return fmt.Errorf("printing the configuration: %w", err)
		}
		if _, err := out.Write(r.Contents[name]); err != nil {
			return fmt.Errorf("printing the configuration: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("printing the configuration: %w", err)
	}
	return nil
}
