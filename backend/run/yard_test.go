package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

var t0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// yard is a world that several processes share, in a directory: what was done is lines of files that are only appended to, or kept
// in memory where there is one process. A job ends after it was looked at three times.
type yard struct {
	dir   string
	said  map[string][]string // by file; nil: they are in the directory
	cells []model.Cell
	names *model.Names
	clock *kill.Clock // nil: the machine's

	late   time.Duration           // how long what was done does not show
	fate   string                  // how jobs end: ok, or a reason why not
	doErr  error                   // what Do returns after it did it
	left   int                     // files that a restore leaves; 0: all
	deaf   bool                    // Do does nothing and says so
	silent func(plan.Order) bool   // Look cannot tell
	hurt   func(w *board.Snapshot) // changes what the sources say

	makes  func(plan.World, plan.Ask, string) (*plan.Plan, error) // toy plans; nil: each ask makes its own
	people func(context.Context, *journal.Journal) error          // what others do meanwhile
	every  time.Duration                                          // how often a runner looks; zero: as the policy says
}

func newYard(dir string, cells int) (*yard, error) {
	y := &yard{dir: dir, fate: "ok"}
	var ps []model.Placement
	for i := range cells {
		c := model.Cell{Chain: fmt.Sprintf("chain%03d", i+1), Region: "region1"}
		y.cells = append(y.cells, c)
		ps = append(ps, model.Placement{Cell: c, Promise: 26 * time.Hour})
	}
	y.names = must(
		model.BindNames(must(model.NewInventory(ps)), must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")),
			must(model.ParseRestoreTemplate("restore-{region}"))),
	)
	return y, os.MkdirAll(dir, 0o700)
}

func (y *yard) now() time.Time {
	if y.clock != nil {
		return y.clock.Now()
	}
	return time.Now()
}

func (y *yard) add(file, line string) error {
	if y.said != nil {
		y.said[file] = append(y.said[file], line)
		return nil
	}
	f, err := os.OpenFile(filepath.Join(y.dir, file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

func (y *yard) lines(file string) []string {
	if y.said != nil {
		return y.said[file]
	}
	b, _ := os.ReadFile(filepath.Join(y.dir, file))
	return strings.Fields(string(b))
}

func tagFile(tag string) string { return strings.ReplaceAll(tag, " ", "-") }

// started tells whether a job shows, and whether it was sent at all.
func (y *yard) started(tag string) (shows, sent bool) {
	for _, l := range y.lines("started") {
		if name, at, _ := strings.Cut(l, "@"); name == tagFile(tag) {
			began, err := time.Parse(time.RFC3339Nano, at)
			return err == nil && y.now().Sub(began) >= y.late, true
		}
	}
	return false, false
}

func (y *yard) Look(_ context.Context, o plan.Order, past plan.Past) (run.Sight, error) {
	if y.silent != nil && y.silent(o) {
		return run.Sight{}, model.ErrUnreachable
	}
	yes := map[bool]model.Verdict{true: model.Holds, false: model.Fails}
	switch {
	case o.StartJob != nil:
		shows, sent := y.started(o.StartJob.Tag)
		if !shows {
			return run.Sight{Verdict: model.Fails, Says: "no JobId", Absent: !sent}, nil
		}
		return run.Sight{
			Verdict: model.Holds,
			Says:    "JobId 7",
			Found:   []record.Found{{Job: &record.FoundJob{Cluster: o.StartJob.Cluster, Job: o.StartJob.Job, ID: 7}}},
		}, nil
	case o.FollowJob != nil:
		if !slices.ContainsFunc(past.Found, func(f record.Found) bool { return f.Job != nil && f.Step < past.Step && f.Job.ID == 7 }) {
			return run.Sight{}, fmt.Errorf("nobody says which JobId it is: %+v", past.Found)
		}
		file := "looks-" + tagFile(o.FollowJob.Tag)
		if len(y.lines(file)) < 3 {
			return run.Sight{Says: "running"}, y.add(file, "look")
		}
		if y.fate != "ok" {
			return run.Sight{Verdict: model.Fails, Says: "JobId 7 " + y.fate}, nil
		}
		return run.Sight{Verdict: model.Holds, Says: "ended OK"}, nil
	case o.VerifyJob != nil:
		return run.Sight{Verdict: model.Holds, Says: "3 files"}, nil
	case o.StartRestore != nil, o.VerifyRestore != nil:
		return y.restoring(o)
	case o.EndRestore != nil, o.CheckRestored != nil, o.RemoveRestored != nil:
		return y.testing(o, past)
	case o.CancelJob != nil:
		return run.Sight{Verdict: yes[len(y.lines("canceled")) > 0], Says: "canceled"}, nil
	}
	if o.Command != nil {
		return y.commanded(o.Command.Run.Name, past)
	}
	return (&run.Local{Now: y.now}).Look(context.Background(), o, past)
}

func (y *yard) Do(_ context.Context, o plan.Order, _ plan.Past) error {
	if y.deaf {
		return fmt.Errorf("starting it: %w: the Director says no", model.ErrNotDone)
	}
	var err error
	switch {
	case o.StartJob != nil:
		err = y.add("started", tagFile(o.StartJob.Tag)+"@"+y.now().Format(time.RFC3339Nano))
	case o.StartRestore != nil:
		err = y.add("started", tagFile(o.StartRestore.Tag)+"@"+y.now().Format(time.RFC3339Nano))
	case o.CancelJob != nil:
		err = y.add("canceled", o.CancelJob.Job)
	case o.Command != nil:
		err = y.add("commanded", o.Command.Run.Name+"@"+y.now().Format(time.RFC3339Nano))
	case o.CheckRestored != nil:
		err = y.add("verified", "once")
	case o.RemoveRestored != nil:
		err = y.add("removed", "all")
	case o.ByHand != nil:
	default:
		err = fmt.Errorf("asked to do what only looks: %+v", o)
	}
	return errors.Join(err, y.doErr)
}

// Fresh is what the sources say: both clusters are calm, and blue runs one restore.
func (y *yard) Fresh(context.Context, plan.Needs) (plan.World, error) {
	now := y.now()
	s := &board.Snapshot{At: now, Environment: "prod"}
	for _, c := range model.Clusters {
		d := model.Director{
			Name:     "dir-" + c.String(),
			Active:   true,
			Started:  t0.Add(-time.Hour),
			Reloaded: y.last("reload-" + c.String()),
			At:       now,
		}
		s.Clusters[c] = &board.ClusterView{Cluster: c, Directors: []model.Director{d}, Linked: model.Holds,
			LinkSays: "nothing says otherwise", Catalog: model.Catalog{Host: "db:3306", At: now}}
		s.Seen = append(s.Seen, board.Sighting{Source: model.CatalogOf(c), At: now, Every: time.Second},
			board.Sighting{Source: model.DirectorOf(c, d.Name), At: now, Every: time.Second})
	}
	s.Clusters[model.Blue].Open = []model.Job{
		{
			Key:     model.JobKey{Job: "restore.2026-11-23_11.50.00_09"},
			ID:      44,
			Name:    "restore",
			Type:    model.TypeRestore,
			Status:  'R',
			Outcome: model.Running,
			Start:   t0,
		},
	}
	for _, c := range y.cells {
		v := board.CellView{Cell: c, Promise: 26 * time.Hour}
		for _, cl := range model.Clusters {
			v.On[cl] = board.Standing{Has: model.Holds, Due: now.Add(18 * time.Hour), Breaks: now.Add(20 * time.Hour)}
		}
		s.Cells = append(s.Cells, v)
	}
	if y.hurt != nil {
		y.hurt(s)
	}
	return plan.World{Snapshot: s, Names: y.names, Policy: y.policy(), Makes: y.makes, Restore: y.sight(now)}, nil
}

func (y *yard) policy() model.Policy {
	p := model.DefaultPolicy()
	p.ClaimLife = 2 * time.Minute // a plan must outlive two of them
	if y.every > 0 {
		p.ActEvery = y.every
	}
	if y.clock == nil { // a world of processes does not wait long
		p.ActEvery, p.Settle = time.Millisecond, 30*time.Millisecond
	}
	return p
}

// Effects are what was done, and how often.
func (y *yard) Effects() (map[string]int, error) {
	n := map[string]int{}
	for _, file := range []string{"started", "canceled", "commanded"} {
		for _, l := range y.lines(file) {
			what, _, _ := strings.Cut(l, "@")
			n[file+" "+what]++
		}
	}
	return n, nil
}

func backupOf(c model.Cell) plan.Ask {
	return plan.Ask{Backup: &plan.Backup{Cell: c, Cluster: model.Green}}
}

var cancelRestore = plan.Ask{Cancel: &plan.Cancel{Job: model.JobKey{Job: "restore.2026-11-23_11.50.00_09"}, ID: 44}}

// processes is the scene of many processes, in real time.
var processes = kill.Scene{Name: "processes", Open: func(dir string) (kill.Stage, error) {
	y, err := newYard(dir, 10)
	if err != nil {
		return kill.Stage{}, err
	}
	return y.stage(backupOf(y.cells[0])), nil
}}

// scene is a world with virtual time, changed before it is used.
func scene(name string, ask plan.Ask, change func(*yard)) kill.Scene {
	return kill.Scene{Name: name, Open: func(dir string) (kill.Stage, error) {
		y, err := newYard(dir, 1)
		if err != nil {
			return kill.Stage{}, err
		}
		y.clock, y.said = kill.NewClock(t0), map[string][]string{}
		if change != nil {
			change(y)
		}
		return y.stage(ask), nil
	}}
}

func (y *yard) hands() run.Router { return run.Router{plan.Bacula: y, plan.Here: y} }

func (y *yard) stage(ask plan.Ask) kill.Stage {
	return kill.Stage{Environment: "prod", Ask: ask, Policy: y.policy(), Hands: y.hands(), Fresh: y.Fresh, Clock: y.clock, Effects: y.Effects,
		People: y.people}
}
