package ui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
)

var update = flag.Bool("update", false, "write the goldens")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(strings.TrimSuffix(string(want), "\n"), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s differs; look at it, then -update:\n%s", name, d)
	}
}

var sizes = [][2]int{{80, 24}, {120, 40}, {200, 60}}

// scenes are what the goldens show, each made by a person's keys on a hand-made snapshot.
var scenes = []struct {
	name string
	snap func() *board.Snapshot
	keys []string
	then func(d *driver)
}{
	{name: "connecting", snap: empty},
	{name: "calm", snap: func() *board.Snapshot { return calm(250).Snapshot }},
	{name: "trouble", snap: func() *board.Snapshot { return trouble(250).Snapshot }},
	{name: "old", snap: func() *board.Snapshot {
		return trouble(250).old(model.Blue, 74*time.Second, "dial tcp 10.0.0.1:3306: connection refused").Snapshot
	}},
	{name: "dead", snap: func() *board.Snapshot {
		w := calm(250).old(model.Blue, 12*time.Minute, "no answer in time")
		return w.old(model.Green, 3*time.Hour, "credentials refused").Snapshot
	}},
	{name: "hostile", snap: func() *board.Snapshot { return hostile().Snapshot }},
	{name: "job", snap: func() *board.Snapshot { return trouble(250).Snapshot }, keys: []string{"enter"}, then: func(d *driver) {
		d.log.lines = []string{"12:01:58 dir-old: Start Backup JobId 18244, Job=backup-chain003",
			"12:03:58 dir-old: Fatal error: Unable to connect to client clone-chain003", "12:03:58 dir-old: Backup FAILED"}
		d.obey()
	}},
	{name: "cell", snap: func() *board.Snapshot { return trouble(250).Snapshot }, keys: []string{"3", "enter"}},
	{name: "cause", snap: func() *board.Snapshot {
		return trouble(250).old(model.Blue, 74*time.Second, "dial tcp 10.0.0.1:3306: connection refused").Snapshot
	}, keys: []string{"!"}},
	{name: "sources", snap: func() *board.Snapshot {
		return trouble(250).old(model.Green, 74*time.Second, "no answer in time").Snapshot
	}, keys: []string{":", "'sources'", "enter"}},
	{name: "help", snap: func() *board.Snapshot { return trouble(250).Snapshot }, keys: []string{"?", "?"}},
	{name: "keys", snap: func() *board.Snapshot { return trouble(250).Snapshot }, keys: []string{"3", "?"}},
	{name: "filter", snap: func() *board.Snapshot { return trouble(250).Snapshot }, keys: []string{"3", "/", "'chain00[1-3].*imm'"}},
	{name: "command", snap: func() *board.Snapshot { return trouble(250).Snapshot }, keys: []string{":", "'s'"}},
	{name: "zoom", snap: func() *board.Snapshot { return trouble(250).Snapshot }, keys: []string{"3", "z", "j", "space", "space"}},
	{name: "strip", snap: func() *board.Snapshot { return able(250).acting(41, record.ActionRunning, nil).Snapshot }},
	{
		name: "attached",
		snap: func() *board.Snapshot { return able(250).acting(41, record.ActionRunning, nil).Snapshot },
		then: func(d *driver) {
			d.send(attachedMsg{{User: "alice", Cockpit: true}, {User: "bob"}})
		},
	},
	{name: "action", snap: func() *board.Snapshot {
		w := able(250).acting(41, record.ActionRunning, nil)
		w.Orphans = []string{"4a041"}
		return w.Snapshot
	}, keys: []string{"v"}, then: func(d *driver) {
		d.log.story = []string{"12:03:53 bob  action 41: planned: run a backup of chain002 region1 regular on blue now",
			"12:03:53 bob  action 41: approved",
			"12:03:54 bob  action 41: taken up by bob@bastion, process 4711",
			"12:03:54 bob  action 41: begins step 1 of 3, start backup-chain002-region1-regular on blue"}
		d.obey()
	}},
	{name: "actions", snap: func() *board.Snapshot {
		return able(250).acting(41, record.ActionDone, func(a *record.Action) { a.Done = 3 }).acting(48, record.ActionUnknown,
			func(a *record.Action) {
				a.Done, a.Intent, a.Why = 1, 51, "no answer in time"
			}).acting(55, record.ActionWaits, func(a *record.Action) { a.Needs = 2 }).Snapshot
	}, keys: []string{":", "'actions'", "enter"}},
	{name: "frozen", snap: func() *board.Snapshot { return calm(250).Snapshot }, keys: []string{"p"}, then: func(d *driver) {
		d.clock = d.clock.Add(80 * time.Second)
		w := trouble(250)
		w.Beat, w.Rev = 9, 9
		d.take(w.Snapshot)
	}},
}

func TestScenes(t *testing.T) {
	for _, sc := range scenes {
		for _, size := range sizes {
			name := fmt.Sprintf("%s-%dx%d", sc.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				d := watch(t, size[0], size[1], sc.snap())
				d.press(sc.keys...)
				if sc.then != nil {
					sc.then(d)
				}
				golden(t, name, d.screen())
			})
		}
	}
}

// TestPlans are the dialogs that levers open.
func TestPlans(t *testing.T) {
	for name, keys := range map[string][]string{
		"plan-backup":  {":", "'cell chain011 region1 regular'", "enter", "b"},
		"plan-cancel":  {"1", "g", "c"},
		"plan-stop":    {"A"},
		"plan-blocked": {":", "'cell chain011 region1 immutable'", "enter", ":", "'backup green'", "enter"},
	} {
		for _, size := range sizes {
			d := levered(t, model.DefaultPolicy(), size[0], size[1], able(250).acting(41, record.ActionRunning, nil).Snapshot)
			d.press(keys...)
			golden(t, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), d.screen())
		}
	}
}

// TestAPreemptOnTheScreen is an emergency that takes the place of an action that runs, and that one afterwards.
func TestAPreemptOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		w := able(250).acting(41, record.ActionRunning, nil)
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.app.lever.Policy.Approvals = 2
		cell := model.Cell{Chain: "chain011", Region: "region1", Kind: model.Regular}
		p, err := plan.Ask{Backup: &plan.Backup{Cell: cell, Cluster: model.Blue}}.Plan(d.app.world(d.app.snap), "9f3a77")
		if err != nil {
			t.Fatal(err)
		}
		p.Emergency, p.Ordinary, p.Approvals, p.Supersedes = true, 2, 1, []plan.Other{{Action: "4a041", Seq: 41}}
		p.Guard("no-freeze").Bar = model.Caution
		dialog := d.app.planDialog(p, nil)
		dialog.holds = nil // it was made for this, not by its ask
		d.app.ask(dialog)
		golden(t, fmt.Sprintf("plan-preempt-%dx%d", size[0], size[1]), d.screen())
		d.press("esc")
		d.take(able(250).next().acting(41, record.ActionSuperseded, func(a *record.Action) {
			a.Superseded, a.Why, a.LastAt = 47, "action 47 (recover) of bob took its place", noon
		}).Snapshot)
		d.press(":", "'action 41'", "enter")
		golden(t, fmt.Sprintf("action-superseded-%dx%d", size[0], size[1]), d.screen())
	}
}

func TestThemesOnTheScreen(t *testing.T) {
	for _, name := range themes.Names("") {
		d := session(t, Watch, Options{Theme: name}, 80, 24, trouble(20).Snapshot)
		golden(t, "theme-"+name, strings.ReplaceAll(d.app.View().Content, "\x1b", "^"))
	}
	d := session(t, Watch, Options{Theme: "mono", ASCII: true}, 120, 40, trouble(20).Snapshot)
	s := d.screen()
	golden(t, "ascii", s)
	for _, r := range s {
		if r > 0x7e {
			t.Fatalf("%q is not ASCII", r)
		}
	}
}

func TestSmallSizes(t *testing.T) {
	for _, size := range [][2]int{{59, 16}, {60, 15}, {20, 5}, {10, 3}, {3, 2}, {1, 1}, {60, 16}, {72, 20}, {84, 50}, {159, 31},
		{160, 24}} {
		d := watch(t, size[0], size[1], trouble(20).Snapshot)
		golden(t, fmt.Sprintf("size-%dx%d", size[0], size[1]), d.screen())
	}
}
