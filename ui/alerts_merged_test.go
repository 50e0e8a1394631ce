package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// evening is a board like those of a feed: every cell of three chains has a good backup of the last night on both clusters, and green's
// catalog what else is given, of which its Director knows what runs or waits.
func evening(t *testing.T, started time.Duration, green ...model.Job) *board.Board {
	t.Helper()
	daily, err := model.ParseSchedule("daily at 02:10")
	if err != nil {
		t.Fatal(err)
	}
	var ps []model.Placement
	var good [2][]model.Job
	has := map[model.Cell]bool{}
	for i := range 12 {
		c := cellNo(i)
		ps = append(ps, model.Placement{Cell: c, Tier: 2, Schedule: daily, Promise: 26 * time.Hour, Storage: "sd-" + c.Region})
		has[c] = true
		for _, k := range model.Clusters {
			j := job(k, uint32(100+i), c, model.OK)
			j.Level, j.Sched, j.Start, j.End = 'F', before(9*time.Hour), before(9*time.Hour), before(9*time.Hour-time.Minute)
			good[k] = append(good[k], j)
		}
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	b := board.New("bacula-catalog", "overlap", inv, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC})
	for _, k := range model.Clusters {
		d := model.Director{Name: "dir-" + k.String(), Active: true, Version: "15.0.3", At: noon, Started: before(24 * time.Hour),
			Reloaded: before(24 * time.Hour)}
		truth := board.DirectorTruth{At: noon, Live: true, JobsAt: noon}
		if k == model.Green {
			d.Started = before(started)
			for _, j := range green {
				if j.Outcome.Open() {
					truth.Running = append(truth.Running, j)
				}
			}
			good[k] = append(good[k], green...)
		}
		truth.Directors = []model.Director{d}
		b.Source(board.Sighting{Source: model.CatalogOf(k), Every: time.Second, Tried: noon, At: noon, Gates: true})
		b.Source(board.Sighting{Source: model.DirectorOf(k, d.Name), Every: 3 * time.Second, Tried: noon, At: noon, Gates: true})
		b.Source(board.Sighting{Source: model.StoragesOf(k), Every: 3 * time.Second, Tried: noon, At: noon})
		b.Walked(k)
		b.Director(k, truth, has)
		b.Catalog(k, model.Catalog{Host: "db-" + k.String(), Server: "8.4", Version: 1026, At: noon}, good[k], nil, noon)
	}
	return b
}

// ended is a full backup of green that ended some time ago.
func ended(id uint32, cell int, o model.Outcome, ago time.Duration, note string) model.Job {
	j := job(model.Green, id, cellNo(cell), o)
	j.Level, j.Sched, j.Start, j.End, j.Note = 'F', before(ago+20*time.Minute), before(ago+20*time.Minute), before(ago), note
	j.Storage = ""
	switch o {
	case model.Lost: // as a start of its Director leaves it
		j.Start, j.End, j.Bytes, j.Files = j.Sched, j.Sched, 0, 0
	case model.Warned:
		j.Errors, j.Bytes = 1, job(model.Green, uint32(100+cell), j.Cell, o).Bytes
	case model.Stuck, model.Running, model.Waiting:
		j.End = time.Time{}
	case model.OK, model.Failed, model.Canceled:
	}
	return j
}

// TestEachMergedAlert says its cause and what to do on the alert line at every size, and leads to what it is about: to each job or cell of
// it, and from there on.
func TestEachMergedAlert(t *testing.T) {
	failedOver := func(b *board.Board) {
		b.RDS(func(r *model.RDS) {
			for _, i := range []**model.Instance{&r.Primary, &r.Replica} {
				*i = &model.Instance{ID: "bacula", AWS: model.Reading[model.Description]{At: noon,
					Value: model.Description{ResourceID: "db-A", Status: "available"}}}
			}
			r.Replica.ID, r.Replica.AWS.Value.ResourceID, r.Replica.AWS.Value.Source = "bacula-replica", "db-B", "bacula"
			r.Replica.AWS.Value.Replicating, r.Replica.AWS.Value.Replication = true, "replicating"
			for n, says := range []string{"Multi-AZ instance failover started.", "Multi-AZ instance failover completed"} {
				r.Events = append(r.Events, model.RDSEvent{At: before(12*time.Minute - time.Duration(n)*time.Minute), Instance: "bacula",
					Categories: []string{"failover"}, Says: says})
			}
		})
	}
	const full = "Fatal error: Storage daemon could not create a new Volume"
	died := []model.Job{ended(961, 0, model.Failed, 11*time.Minute, "Fatal error: Query failed: server has gone away"),
		ended(962, 4, model.Failed, 11*time.Minute, "Fatal error: Query failed: server has gone away")}
	for _, x := range []struct {
		name    string
		started time.Duration
		jobs    []model.Job
		change  func(*board.Board)
		says    string   // on the alert line, of its cause; the narrowest telling
		do      string   // and of what to do
		names   []string // on the page that ! opens
		enter   string   // what enter opens from there
	}{
		{name: "lost with their Director", started: 5 * time.Minute, says: "3 jobs lost", do: "run them again (R)", jobs: []model.Job{
			ended(961, 0, model.Lost, time.Hour, ""), ended(962, 5, model.Lost, time.Hour, ""), ended(963, 10, model.Lost, time.Hour, "")},
			names: []string{"961", "962", "963", "chain001 region1 regular", "chain002 region1 immutable", "chain003 region2 regular"},
			enter: "JOB 96"},
		{name: "lost, and one is run again", started: 5 * time.Minute, says: "2 jobs lost", do: "run the other 1 of 2 again",
			jobs: []model.Job{ended(961, 0, model.Lost, time.Hour, ""), ended(962, 5, model.Lost, time.Hour, ""),
				ended(970, 5, model.Running, 0, "")},
			names: []string{"961", "962", "again, green 970"}, enter: "JOB 96"},
		{name: "failed of one reason", started: day, says: "2 jobs FAILED on green: Storage daemon could not", do: "read their logs",
			jobs:  []model.Job{ended(961, 0, model.Failed, time.Hour, full), ended(962, 5, model.Failed, time.Hour, full)},
			names: []string{"961", "962", "chain001 region1 regular", "chain002 region1 immutable"}, enter: "JOB 96"},
		{name: "a failed job and its cell", started: day, says: " FAILED: Client unreachable", do: "read its log",
			jobs:  []model.Job{ended(961, 0, model.Failed, time.Hour, "Fatal error: Client unreachable")},
			names: []string{"961", "chain001 region1 regular", "Client unreachable"}, enter: "CELL chain001 region1 regular"},
		{name: "a failover and what died of it", started: day, says: "bacula failed over ", do: "run again the jobs that died", jobs: died,
			change: failedOver, names: []string{"961", "962", "2 jobs died", "breaks its promise at"}, enter: "JOB 96"},
		{name: "a failover, and all runs again", started: day, says: "bacula failed over ", do: "wait for their open backups",
			jobs:   append([]model.Job{ended(971, 0, model.Running, 0, ""), ended(972, 4, model.Running, 0, "")}, died...),
			change: failedOver, names: []string{"961", "962", "again, green 971", "again, green 972"}, enter: "JOB 96"},
		{name: "a full Storage Daemon", started: day, says: "sd-region1 has no volume", do: "mount or label a volume",
			jobs:  []model.Job{ended(961, 0, model.Stuck, time.Hour, ""), ended(962, 5, model.Stuck, time.Hour, "")},
			names: []string{"961", "962", "chain001 region1 regular", "chain002 region1 immutable"}, enter: "JOB 96"},
		{name: "cells that only warned", started: day, says: "2 cells", do: "read their logs",
			jobs: []model.Job{ended(961, 0, model.Warned, time.Hour, "Could not stat /clone"),
				ended(962, 5, model.Warned, time.Hour, "Socket is a socket")},
			names: []string{"chain001 region1 regular", "Could not stat /clone", "chain002 region1 immutable", "Socket is a socket"},
			enter: "CELL chain00"},
		{name: "a silent Director and its storages", started: day, says: "green director: connection refused", do: "see whether bacula-dir",
			change: func(b *board.Board) {
				for _, of := range []model.Source{model.DirectorOf(model.Green, "dir-green"), model.StoragesOf(model.Green)} {
					b.Source(board.Sighting{Source: of, Every: 3 * time.Second, Tried: noon, At: before(time.Minute), Since: before(time.Minute),
						Why: "director dir-green:9101: connection refused", Trouble: model.TroubleGone, Gates: of.Kind == model.SourceDirector})
				}
			}, names: []string{"green director dir-green", "connection refused"}},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s %dx%d", x.name, size[0], size[1]), func(t *testing.T) {
				b := evening(t, x.started, x.jobs...)
				if x.change != nil {
					x.change(b)
				}
				s := b.Snapshot(noon)
				if len(s.Alerts) != 1 {
					t.Fatalf("one cause is %d alerts: %+v", len(s.Alerts), s.Alerts)
				}
				d := watch(t, size[0], size[1], s)
				line := strings.Split(d.screen(), "\n")[size[1]-2]
				_, cause, _ := strings.Cut(x.says, ": ")
				if !strings.Contains(line, x.says) && (cause == "" || !strings.Contains(line, cause)) || !strings.Contains(line, x.do) {
					t.Errorf("the alert line says\n%s", line)
				}
				d.press("!")
				page := d.paged(40)
				for _, want := range append(x.names, s.Alerts[0].Acts()[1]) {
					if !strings.Contains(page, want) {
						t.Errorf("%q is not on its page:\n%s", want, page)
					}
				}
				d.press("esc")
				if x.enter == "" {
					return
				}
				d.press("!", "enter")
				if !strings.Contains(d.screen(), x.enter) {
					t.Errorf("enter does not open %q:\n%s", x.enter, d.screen())
				}
				d.press("esc")
				if first := strings.Join(strings.Fields(d.paged(40)), " "); !strings.Contains(first, x.names[0]) {
					t.Errorf("esc does not go back there:\n%s", first)
				}
			})
		}
	}
}

// paged is a page read to its end, as one text without frames and line breaks.
func (d *driver) paged(most int) string {
	var out []string
	for range most {
		for line := range strings.SplitSeq(d.screen(), "\n") {
			out = append(out, strings.Trim(line, "│ "))
		}
		was := d.screen()
		if d.press("j"); d.screen() == was {
			break
		}
	}
	return strings.Join(strings.Fields(strings.Join(out, " ")), " ")
}
