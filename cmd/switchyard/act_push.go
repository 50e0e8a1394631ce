package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/bacula/push/render"
	"switchyard/backend/config"
	"switchyard/backend/journal"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/routes"
)

// directors is the hand that pushes what the newest routes come to.
func directors(cfg *config.Config, r *runner.Runner) *runner.Directors {
	w := &wanting{cfg: cfg, journal: r.Journal}
	held := &wanting{cfg: cfg, journal: r.Journal, held: true}
	h := &runner.Directors{Of: map[plan.OnDirector]*runner.Pushed{}, Want: w.want, Hold: held.want, Now: r.Now}
	for _, c := range model.Clusters {
		h.Managers[c] = managerOf(cfg, c)
		for place, at := range []config.Director{cfg.Clusters[c].Active, cfg.Clusters[c].Passive} {
			if at.Name == "" {
				continue
			}
			called := at.Name
			if place > 0 { // it may have the active one's name
				called = model.PassiveOf(c, at.Name, cfg.Clusters[c].Active.Name).Name
			}
			d := pushedTo(cfg, r, c, place, at)
			d.Director, d.Greets = called, at.Name
			h.Of[plan.OnDirector{Cluster: c, Director: called}] = d
		}
	}
	return h
}

// pushedTo is how one Director is pushed to.
func pushedTo(cfg *config.Config, r *runner.Runner, c model.Cluster, place int, at config.Director) *runner.Pushed {
	p := cfg.Clusters[c].Push
	on := p.At(place)
	dir := filepath.Dir(cfg.Path)
	argv := cfg.Act.Clusters[c].Pusher(place)
	d := &runner.Pushed{Owned: p.None, CatalogFile: on.Catalog, Target: push.Target{
		Cluster: c, Director: at.Name, File: on.File, Files: push.Local{}, Zone: cfg.Clusters[c].Zone,
		Reach: push.Console{Console: bacula.Console{Name: at.Name, Argv: argv, Address: at.Address, Timeout: cfg.Policy.Answer}},
		Quiet: cfg.Policy.PushQuiet, Patience: cfg.Policy.PushWaits, Answer: cfg.Policy.Answer, Now: r.Now, Sleep: r.Sleep,
	}}
	which := fmt.Sprintf("clusters.%s.push.on.%s", c, [...]string{"active", "passive"}[place])
	switch {
	case p.None:
		d.Cannot = "its own control plane pushes to it"
		if p.Owner != nil {
			d.Refuses = refusesBy(check.Tool{Argv: p.Owner, Dir: dir, Timeout: check.QuickLimit})
		}
	case !p.Rendered():
		d.Cannot = fmt.Sprintf("clusters.%s has no push: write there with what its Directors' configuration is made", c)
	case !on.Set:
		d.Cannot = which + " does not say how its file is reached"
	case on.Conf == nil || on.BDirJSON == nil || on.Test == nil:
		d.Cannot = which + " lacks conf, bdirjson or test: nothing is pushed that they do not prove"
	case argv == nil:
		d.Cannot = fmt.Sprintf("act.%s.consoles has none for it", c)
	}
	if !on.Local() {
		d.Files = &push.Vectors{StatArgv: on.Stat, ReadArgv: on.Read, WriteArgv: on.Write, RenameArgv: on.Renames, Dir: dir,
			Timeout: check.QuickLimit}
	}
	p.File, p.Conf, p.BDirJSON, p.Test = on.File, on.Conf, on.BDirJSON, on.Test
	tools := pushTools(cfg, &p)
	d.Own = tools.Conf.Print
	if on.Test != nil {
		d.Test = tools.Test.Test
	}
	if cfg.RDS != nil && c == model.Green {
		d.Covers = covers(cfg)
	}
	d.Prove = func(ctx context.Context, w *push.Wanted) (against []string) {
		want := check.Want{Jobs: w.Jobs, Runs: w.Runs, Clash: w.Clash, CellOf: w.CellOf}
		want.Bacula, _ = check.ParseVersion(p.Bacula)
		for _, f := range check.Prove(ctx, tools, w.Text, w.Canary, want).Findings {
			against = append(against, f.String())
		}
		return against
	}
	return d
}

// refusesBy asks another control plane: it ends with 1 when it refuses the routes, and says why.
func refusesBy(t check.Tool) func(context.Context) (string, bool, error) {
	return func(ctx context.Context) (string, bool, error) {
		out, _, exit, err := t.Run(ctx, "")
		says := model.Clean(strings.Join(strings.Fields(out[:min(len(out), 1000)]), " "))
		switch {
		case err != nil:
			return "", false, err
		case exit == 0:
			return says, false, nil
		case exit == 1:
			return says, true, nil
		}
		return "", false, fmt.Errorf("asking %s: it ended with status %d: %s", model.Clean(t.Argv[0]), exit, says)
	}
}

// wanting renders what the newest routes come to.
type wanting struct {
	cfg     *config.Config
	journal *journal.Journal
	held    bool // every job is there, and none starts by itself

	kept [2]*push.Wanted // of the routes and the time below: looks come one after the other
	of   [2]string
	at   [2]time.Time
}

// keptFor is how long the inventory is believed to be as it was.
const keptFor = 5 * time.Second

// want is by the journal's newest routes record, read anew: who waited for a quiet moment must not push what somebody replaced meanwhile.
// Where a control plane owns the document it must have just that: what it has besides was proven by nobody here, and may be a gap.
func (w *wanting) want(ctx context.Context, c model.Cluster) (*push.Wanted, error) {
	if _, err := w.journal.Refresh(ctx); err != nil {
		return nil, err
	}
	st := w.journal.State()
	if st.RoutesSeq == 0 {
		return nil, fmt.Errorf("the journal has no routes yet: %w", model.ErrNone)
	}
	title := fmt.Sprintf("record %d", st.RoutesSeq)
	if w.kept[c] != nil && w.of[c] == title && time.Since(w.at[c]) < keptFor {
		return w.kept[c], nil
	}
	inv, err := w.cfg.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	doc, err := routes.ParseRecord(st.RoutesSeq, st.Routes, routes.Options{Inventory: inv, Extensions: w.cfg.Routes.Extensions})
	if err == nil {
		err = ownedToo(ctx, w.cfg, doc, st.RoutesSeq)
	}
	if err != nil {
		return nil, err
	}
	out, err := wantedOf(w.cfg, inv, c, doc.Route, w.held)
	if err != nil {
		return nil, err
	}
	out.Routes = "the routes of " + title
	w.kept[c], w.of[c], w.at[c] = out, title, time.Now()
	return out, nil
}

// ownedToo is nil when the control plane that owns the document, where one does, has a document, which is that of a record.
func ownedToo(ctx context.Context, cfg *config.Config, doc *routes.Document, seq int64) error {
	if cfg.Routes.Get == nil {
		return nil
	}
	title, text, err := cfg.FetchRoutes(ctx)
	if err != nil {
		return err
	}
	owned, err := routes.Parse(title, text, routes.Options{Extensions: true})
	if err != nil {
		return err
	}
	if !owned.Equal(doc) {
		return fmt.Errorf("%w: the control plane has other routes than record %d of the journal: switchyard routes check tells what differs, "+
			"switchyard routes adopt makes its own those that count", model.ErrRoutes, seq)
	}
	return nil
}

// wantedOf is what a cluster's Directors shall have when cells are taken as told. Where another control plane pushes nothing is rendered.
// Those that are held are there, and none starts by itself.
func wantedOf(
	cfg *config.Config, inv *model.Inventory, c model.Cluster, takes func(model.Cell) model.Route, held bool,
) (*push.Wanted, error) {
	names, err := cfg.Names(inv)
	if err != nil {
		return nil, err
	}
	p := &cfg.Clusters[c].Push
	w := &push.Wanted{CellOf: names.Cell, Of: make(map[string]model.Placement, len(inv.Cells))}
	for _, cell := range inv.Cells {
		w.Of[names.Name(cell.Cell)] = cell
	}
	switch {
	case p.None:
		w.Jobs = map[string]bool{}
		for _, cell := range inv.Cells {
			if takes(cell.Cell)[c] == model.Holds {
				w.Jobs[names.Name(cell.Cell)] = true
			}
		}
		return w, nil
	case !p.Rendered():
		return nil, errors.New("rendering: there is no push")
	}
	w.Output, err = rendered(cfg, inv, names, c, takes, held)
	return w, err
}

// rendered is the configuration of a cluster's Directors when cells are taken as told.
func rendered(
	cfg *config.Config, inv *model.Inventory, names *model.Names, c model.Cluster, takes func(model.Cell) model.Route, held bool,
) (out render.Output, err error) {
	p := &cfg.Clusters[c].Push
	in, err := (&rendering{}).input(inv, c, takes)
	if err != nil {
		return out, err
	}
	if in.Names = names; held {
		for _, p := range in.Takes {
			in.Off[p.Cell] = true
		}
	}
	if in.Settings, err = pushSettings(p); err != nil {
		return out, err
	}
	in.Apart, in.Zone, in.OtherZone = p.Apart, cfg.Clusters[c].Zone, cfg.Clusters[1-c].Zone
	return render.Render(in)
}
