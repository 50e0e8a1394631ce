package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula/push/conf"
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
	v.Anew = r.anew
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
		v.Scratch = scratchOf(cfg, told.proves())
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
		for i := range r.site.cfg.Origin.Old[c] {
			out = append(out, plan.OldDirector{OnDirector: plan.OnDirector{Cluster: c, Director: oldName(r.site.cfg, c, i)}})
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

// oldName is what a Director from before is called: never as the one that comes up, which may have its name.
func oldName(cfg *config.Config, c model.Cluster, i int) string {
	d, up := cfg.Origin.Old[c][i], cfg.Recover.Director.Name
	switch {
	case c == model.Green && d.Name == up && d == cfg.Clusters[c].Passive:
		return model.PassiveOf(c, d.Name, up).Name
	case c == model.Green && d.Name == up:
		return d.Name + " (before)"
	case i > 0:
		return model.PassiveOf(c, d.Name, cfg.Origin.Old[c][0].Name).Name
	}
	return d.Name
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
func (r *recoverFlags) unpack(ctx context.Context, w io.Writer) error {
	var c model.Cluster
	if err := c.UnmarshalText([]byte(r.extract)); err != nil {
		return fmt.Errorf("recovering: --extract: %w", err)
	}
	if isTerminal(w) {
		return errors.New("recovering: --extract prints passwords: pipe it to the host where the Director comes up, such as into ssh HOST tar -x")
	}
	files, err := r.extracted(ctx, c)
	if err != nil {
		return fmt.Errorf("recovering: %w", err)
	}
	out := tar.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name])), ModTime: r.At, Format: tar.FormatPAX}
		if err := out.WriteHeader(&h); err != nil {
			return fmt.Errorf("printing the configuration: %w", err)
		}
		if _, err := out.Write(files[name]); err != nil {
			return fmt.Errorf("printing the configuration: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("printing the configuration: %w", err)
	}
	return nil
}

// extracted are the files of a cluster's Directors, by their names in the archive: CLUSTER/DIRECTOR/files/PATH is PATH on its host. The
// file with the password of the account that takes the place of green's is among them.
func (r *recoverFlags) extracted(ctx context.Context, c model.Cluster) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range r.Names("directors/" + c.String()) {
		files[strings.TrimPrefix(name, "directors/")] = r.Contents[name]
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("the bundle has no configuration of %s's Directors: %w", c, model.ErrNone)
	}
	next := r.site.cfg.Act.Fence.Next
	if c != model.Green || next.PasswordFile == "" {
		return files, nil
	}
	password, err := next.Password.Resolve(ctx)
	if err != nil {
		return nil, fmt.Errorf("the password of the account that takes the Director's place: %w", err)
	}
	quoted, err := conf.Quote(password)
	if err != nil { // which shows it
		return nil, errors.New("the password of the account that takes the Director's place cannot stand between quotes")
	}
	for _, name := range slices.Collect(maps.Keys(files)) {
		if folder, own := strings.CutSuffix(name, "/"+bundleOwn); own && strings.Count(folder, "/") == 1 {
			files[folder+"/"+bundleFiles+next.PasswordFile] = []byte(quoted + "\n")
		}
	}
	return files, nil
}
