package ui

import (
	"fmt"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// Down goes from an alert to its cell, to the job and its log, and back up the same way, each place as it was left.
func TestDownAndBackUp(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], trouble(250).Snapshot)
		d.log.lines = []string{"12:01:58 dir-old: Start Backup JobId 18244",
			"12:02:58 dir-old: Error: bsock.c:123 gethostbyname failed", "12:03:58 dir-old: Fatal error: Unable to connect to client"}
		d.press("6", "j", "k", "enter")
		d.see("CELL chain003 region1 immutable", "newest jobs on BLUE", "18244", "enter opens, esc back")
		d.press("j", "j", "j")
		cell := d.screen()
		row := d.row("│>")
		if !strings.Contains(row, "17009") && !strings.Contains(row, "18244") {
			t.Fatalf("%v: the fourth line that opens is %q", size, row)
		}
		d.press("k", "k", "k", "enter")
		d.see("JOB 18244 on BLUE")
		d.obey()
		d.see("Fatal error: Unable to connect to client", "client clone-chain003 unreachable")
		d.press("enter")
		d.see("CELL chain003 region1 immutable")
		d.press("esc")
		d.see("JOB 18244 on BLUE")
		d.press("esc", "j", "j", "j")
		if d.screen() != cell {
			t.Fatalf("%v: the cell's page was not left as it was:\n%s\nwas\n%s", size, d.screen(), cell)
		}
		d.press("esc")
		if d.app.pager != nil || d.app.focus != paneAlerts {
			t.Fatal("the way back does not end in the pane it began in")
		}
	}
}

// A failure whose reason nobody asked for yet tells the first error of its log.
func TestAJobTellsTheFirstErrorOfItsLog(t *testing.T) {
	for _, size := range sizes {
		w := trouble(250)
		w.Clusters[model.Blue].Recent[0].Note = ""
		d := watch(t, size[0], size[1], w.Snapshot)
		d.log.lines = []string{"12:02:58 dir-old: Warning: slow", "12:02:59 dir-old: Error: first", "12:03:58 dir-old: Fatal error: the cause",
			"12:03:59 dir-old: Fatal error: what follows"}
		d.press("enter")
		d.gone("first error")
		d.obey()
		if got := d.row("first error"); !strings.Contains(got, "Fatal error: the cause") {
			t.Fatalf("%q", got)
		}
	}
}

// Numbers on pages open what they number, and a line that opens is known by what it is about.
func TestLinesOfPagesOpen(t *testing.T) {
	for _, size := range sizes {
		w := able(250).acting(41, record.ActionDone, func(a *record.Action) { a.Done = 3 }).acting(48, record.ActionRunning, nil)
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press(":", "'actions'", "enter", "j", "enter")
		d.see("ACTION 41 by bob")
		d.press("esc")
		if got := d.row("│>"); !strings.Contains(got, "  41 ") {
			t.Fatalf("back on another line: %q", got)
		}
		d.take(w.next().acting(55, record.ActionWaits, nil).Snapshot)
		if got := d.row("│>"); !strings.Contains(got, "  41 ") {
			t.Fatalf("a new line moved the selection: %q", got)
		}
		gone := able(250).acting(48, record.ActionRunning, nil).next().next()
		d.take(gone.Snapshot)
		d.press("enter")
		d.see("nothing on this page opens")
		d.press("j", "enter")
		d.see("ACTION 48 by bob")
		d.press("esc", "esc", ":", "'sources'", "enter", "j", "enter")
		d.see("SOURCE blue director dir-blue")
		d.press("esc", "q")
		d.press("?", "enter")
		d.see("nothing on this page opens")
	}
}

// The page of an action tells how far the job is that it follows, and opens it.
func TestAnActionLeadsToItsJob(t *testing.T) {
	for _, size := range sizes {
		w := able(250)
		c := model.Cell{Chain: "chain002", Region: "region1", Kind: model.Regular}
		j := job(model.Blue, 18299, c, model.Running)
		w.Snapshot.Cell(c).On[model.Blue].Open = &j
		w.Clusters[model.Blue].Open = append(w.Clusters[model.Blue].Open, j)
		w = w.acting(41, record.ActionRunning, nil)
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press("v")
		d.see("job 18299 on blue: ● running, 93 %", "93 %, about 2 min left")
		d.press("j", "enter")
		d.see("JOB 18299 on BLUE")
		d.press("esc", "k", "enter")
		d.see("CELL chain002 region1 regular")
		d.press("esc")
		d.see(fmt.Sprint("ACTION ", 41))
	}
}

func TestAJobWithoutACellOpens(t *testing.T) {
	for _, size := range sizes {
		w := calm(20)
		v := w.Clusters[model.Blue]
		j := job(model.Blue, 18301, model.Cell{}, model.Failed)
		j.Name, j.HasCell, j.End = "BackupCatalog", false, before(1)
		v.Recent = append(v.Recent, j)
		v.Strays = []board.Stray{{Name: "Admin"}, {Name: "BackupCatalog", Type: model.TypeBackup, Jobs: 1, Last: j.End, Status: model.Failed}}
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press(":", "'strays'", "enter", "enter")
		d.see("JOB 18301 on BLUE")
	}
}

// What an action has started is its job, whatever else runs of the same cell.
func TestAnActionLeadsToTheJobThatItStarted(t *testing.T) {
	for _, size := range sizes {
		w := able(20)
		c := model.Cell{Chain: "chain002", Region: "region1", Kind: model.Regular}
		other, own := job(model.Blue, 18299, c, model.Running), job(model.Blue, 18300, c, model.Running)
		w.Snapshot.Cell(c).On[model.Blue].Open = &other
		w.Clusters[model.Blue].Open = append(w.Clusters[model.Blue].Open, other, own)
		found := []record.Found{{Step: 1, Job: &record.FoundJob{Cluster: model.Blue, Job: own.Key.Job, ID: own.ID}}}
		d := watch(t, size[0], size[1], w.acting(41, record.ActionRunning, func(a *record.Action) { a.Found = found }).Snapshot)
		d.press("v")
		d.see("job 18300 on blue")
		d.press("j", "enter")
		d.see("JOB 18300 on BLUE")
	}
}

// What is asked for again while it is open is not opened over itself.
func TestAPageIsNotOpenedOverItself(t *testing.T) {
	for _, size := range sizes {
		w := able(20).acting(41, record.ActionRunning, nil)
		d := watch(t, size[0], size[1], w.Snapshot)
		commands := []string{"cell chain003 region1 regular", "job 18210", "action 41", "evidence chain001"}
		for _, c := range d.app.commands {
			if c.args == "" || c.args[0] == '[' {
				commands = append(commands, c.name)
			}
		}
		opened := 0
		for _, command := range commands {
			for n := range 3 {
				if d.press(":", "'"+command+"'", "enter"); n == 0 && d.app.pager != nil {
					opened++
				}
			}
			d.press("esc")
			if d.app.pager != nil {
				t.Errorf("%s, three times: one step does not lead back", command)
				d.app.pager = nil
			}
			d.app.gone, d.app.prompt = nil, nil
		}
		if opened < 14 {
			t.Errorf("%v: only %d of %d commands opened a page", size, opened, len(commands))
		}
	}
}
