package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// readyToRestore is a cockpit on the points of a chain, and what is read for a restore of the recommended one.
func readyToRestore(t *testing.T) *driver {
	t.Helper()
	d := levered(t, model.DefaultPolicy(), 120, 50, able(250).Snapshot)
	d.app.lever.Below = "/srv/restore"
	d.log.list = pointsOf()
	good := d.log.list.Points[1]
	d.log.clients = []string{"clone-chain003", "restore-test-fd", "restore-web-fd"}
	d.log.sight = &model.RestoreSight{At: noon, Point: &good, Clients: d.log.clients, Storages: []model.StorageSight{{Name: "sd-17"}},
		FileSets: []model.FileSetSight{{Name: "fs"}}, Files: model.Counted{N: 40, At: noon}}
	d.press(":", "'cell chain003 region1 regular'", "enter", "r")
	d.obey()
	return d
}

func TestARestoreByKeys(t *testing.T) {
	d := readyToRestore(t)
	d.press("enter")
	d.see("POINT ", "restore to client")
	d.obey()
	d.press("'rest'", "tab", "tab", "enter")
	d.see("reading what a restore to restore-web-fd rests on")
	d.obey()
	d.see("restore chain003 restore-web-fd", "40 files")
	if got := d.log.sights; len(got) != 1 || got[0].Client != "restore-web-fd" || got[0].Key.Job != "backup-871" {
		t.Fatalf("%+v", got)
	}
	d.afterGrace()
	d.press("pgdown", "pgdown", "pgdown", "pgdown", "'restore chain003 restore-web-fd'", "enter")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Plan == nil {
		t.Fatalf("%+v\n%s", d.deeds, d.screen())
	}
	sends := d.deeds[0].Plan.Steps[0].Order.Sends()
	if !strings.HasPrefix(
		sends,
		`restore jobid=17990,871 client="clone-chain003" restoreclient="restore-web-fd" restorejob="restore-region1" `+
			`where="/srv/restore/chain003-7c1f1" replace=never`,
	) {
		t.Errorf("sends %s", sends)
	}
}

// TestFilesAreNamedBehindTheClient, in Bacula's own words; each is a job.
func TestFilesAreNamedBehindTheClient(t *testing.T) {
	d := readyToRestore(t)
	d.press("enter")
	d.see("restore to client", fileHint)
	d.obey()
	d.press("'restore-web-fd file=/d/a b.sql file=/d/../c'", "enter")
	d.see(`goes up with .. in it`)
	d.press("r", "'restore-web-fd file=/d/a b.sql  file=/d/c.sql'", "enter")
	d.obey()
	d.see("restore /d/a b.sql, /d/c.sql of chain003", "2 jobs, one after the other")
	d.afterGrace()
	d.press("pgdown", "pgdown", "pgdown", "pgdown", "'restore chain003 restore-web-fd'", "enter")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Plan == nil {
		t.Fatalf("%+v\n%s", d.deeds, d.screen())
	}
	var files []string
	for _, step := range d.deeds[0].Plan.Steps {
		if s := step.Order.StartRestore; s != nil {
			files = append(files, s.Files...)
		}
	}
	if strings.Join(files, "|") != "/d/a b.sql|/d/c.sql" {
		t.Errorf("it would restore %q", files)
	}
}

// TestTheSourceAsksForAReason, and a name that is none is not read for.
func TestTheSourceAsksForAReason(t *testing.T) {
	d := readyToRestore(t)
	d.press("r", `'x" yes'`, "enter")
	d.see("cannot hold")
	d.press("r", "'clone-chain003'", "enter")
	d.obey()
	d.see("Why override: clone-chain003 is not the client that was backed up")
	d.press("esc")
	d.see("nothing was done")
}

// TestWhatARestoreRestsOnCouldNotBeRead says why, and opens no plan.
func TestWhatARestoreRestsOnCouldNotBeRead(t *testing.T) {
	d := readyToRestore(t)
	d.log.sight = nil
	d.press("r", "'restore-web-fd'", "enter")
	d.obey()
	d.see("unreachable")
	if d.app.dialog != nil {
		t.Error("a plan is open")
	}
}

// TestTheNewestPointByAMoment is asked for with t, on the points alone.
func TestTheNewestPointByAMoment(t *testing.T) {
	d := readyToRestore(t)
	d.press("t")
	d.see(":before ")
	d.press("'01:30'", "enter")
	d.obey()
	if at := d.log.asks[len(d.log.asks)-1].Before; !at.Equal(time.Date(2026, 3, 14, 1, 30, 0, 0, time.UTC)) {
		t.Errorf("asked for what ended by %s", at)
	}
}

// restoreOfChain is an action that restores the recommended point.
func restoreOfChain(state record.ActionState) *record.Action {
	c, key := cellNo(8), model.JobKey{Cluster: model.Green, Job: "backup-871"}
	return &record.Action{ID: "7c1f", Seq: 9, Verb: "restore", Says: "restore chain003", By: "alice", At: noon.Add(-time.Minute), LastAt: noon,
		State: state, Steps: []string{"start", "follow", "verify"}, Done: 1, Intent: 12, Needs: 1,
		Touches: record.TouchesOf(plan.TouchRestore(c, key, "restore-web-fd")),
		Found: []record.Found{{Step: 1, Job: &record.FoundJob{Cluster: model.Green, Job: "restore-region1.2026-03-14_11.59.00_04", ID: 990}},
			{Step: 1, Restoring: &record.FoundRestoring{Cluster: model.Green, Point: key.Job, Client: "restore-web-fd", Where: "/srv/restore/x",
				Bytes: 10 * gb}}}}
}

func TestTheStripOfARestoreSaysHowFarItIs(t *testing.T) {
	w := able(250)
	w.State.Actions = []*record.Action{restoreOfChain(record.ActionRunning)}
	w.Clusters[model.Green].Open = append(w.Clusters[model.Green].Open, model.Job{
		Key: model.JobKey{Cluster: model.Green, Job: "restore-region1.2026-03-14_11.59.00_04"}, ID: 990, Name: "restore-region1",
		Type: model.TypeRestore, Status: 'R', Outcome: model.Running, Start: noon.Add(-time.Minute),
		Progress: model.Progress{At: noon, Bytes: 4 * gb, Rate: 20e6, Percent: 40, Left: 5 * time.Minute}})
	d := levered(t, model.DefaultPolicy(), 160, 50, w.Snapshot)
	d.see("ACTION 9", "40 %, about 5 min left")
	d.press("v")
	d.see("restores", "to /srv/restore/x on restore-web-fd", "running, 40 %")
	if strings.Contains(d.screen(), "? %") {
		t.Error(d.screen())
	}
}

// TestAfterAFailedRestoreTheNextBestPointIsSelected, and what a good one has left is told.
func TestAfterAFailedRestoreTheNextBestPointIsSelected(t *testing.T) {
	w := able(250)
	x := restoreOfChain(record.ActionFailed)
	x.Why = "19 files are missing of 40"
	w.State.Actions = []*record.Action{x}
	d := levered(t, model.DefaultPolicy(), 120, 50, w.Snapshot)
	d.log.list = pointsOf()
	d.press(":", "'action 9'", "enter")
	d.obey()
	d.see("19 files are missing", "the points of its chain, with the next best one selected")
	d.press("r")
	d.obey()
	d.see("not again", "backup-871")
	if got := selected(d); !strings.Contains(got, "job 18000") {
		t.Errorf("selected is %q", got)
	}

	done := restoreOfChain(record.ActionDone)
	done.Done, done.Intent = 3, 0
	done.Found = append(done.Found, record.Found{Step: 3, Restored: &record.FoundRestored{Client: "restore-web-fd", Where: "/srv/restore/x",
		Files: 40, Bytes: 10 * gb, Format: model.MyDumper, Parts: 2}})
	w = able(250)
	w.State.Actions = []*record.Action{done}
	d = levered(t, model.DefaultPolicy(), 120, 50, w.Snapshot)
	d.press(":", "'action 9'", "enter")
	d.obey()
	d.see("you have", "40 files", "/srv/restore/x", "next, there", "myloader --directory DUMP")
}

// TestAWatchSessionRestoresNothing: enter on a point tells of it, and r is none of its keys.
func TestAWatchSessionRestoresNothing(t *testing.T) {
	d := watch(t, 120, 40, trouble(250).Snapshot)
	d.log.list = pointsOf()
	d.press(":", "'points chain003'", "enter")
	d.obey()
	d.press("enter")
	d.see("POINT ")
	if d.app.prompt != nil {
		t.Error("it asks where a restore goes")
	}
	d.press("r")
	d.see("this is a watch session: it has no lever to restore")
}

// TestMarkedCellsAreTestedEachByItsPlan: T opens a plan for each of them, tells which has none and why, and how many are left when somebody
// goes no further.
func TestMarkedCellsAreTestedEachByItsPlan(t *testing.T) {
	d := readyToRestore(t)
	d.app.lever.Tests = &plan.TestSetup{Client: func(string) string { return "restore-test-fd" }, Below: "/srv/tests", Limit: time.Hour,
		Remove: plan.Call{Name: "remove", Argv: []string{"rm", "-rf", "{where}"}}, Verify: func(model.Format) *plan.Call { return nil }}
	d.press("esc", "esc", "3", "/", "'chain003'", "enter", ":", "'mark 3'", "enter")
	list := d.log.list
	d.log.list = &model.RestoreList{At: noon}
	d.press("T")
	d.see("reading what a test of", "; then 2 more")
	d.obey() // the first has no point
	d.log.list = list
	d.obey()
	d.see("test restores; then 1 more", "not tested: chain003 ", "no complete good point is known")
	d.afterGrace()
	d.press("pgdown", "pgdown", "pgdown", "pgdown", "'test restores'", "enter")
	both, _ := d.cmd().(tea.BatchMsg)
	for _, cmd := range both {
		d.send(cmd())
	}
	if len(d.deeds) != 1 || d.deeds[0].Plan.Ask.Test == nil {
		t.Fatalf("%+v\n%s", d.deeds, d.screen())
	}
	d.see("test the restore of")
	d.press("esc")
	d.see("nothing was done")
	if n := len(d.log.asks); n != 4 { // the page of points, and one for each
		t.Errorf("%d lists were read", n)
	}

	d.press("T")
	d.obey()
	d.press("esc")
	d.see("2 of the marked cells were not tested")
	for i := range mostTested + 1 {
		d.app.cells.marked[cellNo(20+i)] = true
	}
	d.press("T")
	d.see("20 at most are tested from here")
}
