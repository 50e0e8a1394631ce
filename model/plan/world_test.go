package plan

import (
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

var t0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var cell1 = model.Cell{Chain: "chain001", Region: "region1", Kind: model.Regular}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// calm is a world in which every guard holds: both clusters have the job of one cell, and nothing runs but one job of blue's.
func calm() World {
	inv := must(model.NewInventory([]model.Placement{{Cell: cell1, Promise: 26 * time.Hour}}))
	names := must(model.BindNames(inv, must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")), model.NameTemplate{}))
	s := &board.Snapshot{At: t0, Environment: "prod"}
	cell := board.CellView{Cell: cell1, Promise: 26 * time.Hour}
	for _, c := range model.Clusters {
		dir := "dir-" + c.String()
		last := model.Job{
			Key:     model.JobKey{Cluster: c, Job: "backup-chain001-region1-regular.2026-11-23_06.00.00_03"},
			ID:      40 + uint32(c),
			Name:    "backup-chain001-region1-regular",
			Cell:    cell1,
			HasCell: true,
			Type:    model.TypeBackup,
			Level:   'I',
			Status:  'T',
			Outcome: model.OK,
			Start:   t0.Add(-6 * time.Hour),
			End:     t0.Add(-6*time.Hour + 3*time.Minute),
			Bytes:   2.3e9,
		}
		v := &board.ClusterView{
			Linked: model.Holds, LinkSays: "nothing says otherwise",
			Cluster:   c,
			Directors: []model.Director{{Name: dir, Active: true, Started: t0.Add(-time.Hour), At: t0}},
			Catalog:   model.Catalog{Host: "db:3306", At: t0, Target: model.Holds, TargetSays: dir + " uses db:3306"},
			Recent:    []model.Job{last},
		}
		s.Clusters[c] = v
		s.Seen = append(s.Seen, board.Sighting{Source: model.CatalogOf(c), At: t0, Every: time.Second, Gates: true},
			board.Sighting{Source: model.DirectorOf(c, dir), At: t0, Every: 2 * time.Second, Gates: true})
		cell.On[c] = board.Standing{Has: model.Holds, Last: &last, LastGood: &last, Due: t0.Add(18 * time.Hour), Breaks: t0.Add(20 * time.Hour)}
	}
	s.Clusters[model.Blue].Open = []model.Job{
		{Key: model.JobKey{Job: "restore-region1.2026-11-23_11.50.00_09"}, ID: 44, Name: "restore-region1", Type: model.TypeRestore, Status: 'R',
			Outcome: model.Running, Start: t0.Add(-10 * time.Minute), Bytes: 5e8},
	}
	s.Cells = []board.CellView{cell}
	return World{Now: t0, Snapshot: s, State: &record.State{Environment: "prod", RoutesSeq: 1, Routes: greenTakesAll},
		Names: names, Policy: model.DefaultPolicy()}
}

func (w World) director(c model.Cluster) *model.Director { return &w.Snapshot.Clusters[c].Directors[0] }

func (w World) wrong(name, why string) {
	s := w.seen(name)
	s.Wrong, s.Why, s.Tried = true, why, t0
}

func (w World) seen(name string) *board.Sighting {
	for i := range w.Snapshot.Seen {
		if w.Snapshot.Seen[i].Source.String() == name {
			return &w.Snapshot.Seen[i]
		}
	}
	panic(name)
}

var (
	askBackup = Ask{Backup: &Backup{Cell: cell1, Cluster: model.Green}}
	askCancel = Ask{Cancel: &Cancel{Job: model.JobKey{Job: "restore-region1.2026-11-23_11.50.00_09"}, ID: 44}}
)

func yes(p *Plan) Approval { return Approval{By: "ann", Confirm: p.Confirm} }

// tookOver gives green a passive Director that runs jobs, beside the active one or in its place.
func (w *World) tookOver(both bool) {
	v := w.Snapshot.Clusters[model.Green]
	v.Directors = append(slices.Clip(v.Directors), model.Director{Name: "dir-green2", Works: true, Started: t0.Add(-time.Hour), At: t0})
	v.Acting, v.Both, v.ActingSays = 1, both, "dir-green2 runs jobs and is configured as passive"
	w.Snapshot.Seen = append(
		w.Snapshot.Seen,
		board.Sighting{Source: model.DirectorOf(model.Green, "dir-green2"), At: t0, Every: 2 * time.Second},
	)
}

func acting(s *record.State, touches string) *record.State {
	next := record.State{}
	if s != nil {
		next = *s
	}
	next.Actions = append(
		next.Actions,
		&record.Action{
			ID:      "other",
			Seq:     7,
			Verb:    "backup",
			By:      "bob",
			Touches: record.TouchesOf(touches),
			State:   record.ActionRunning,
			Steps:   []string{"x"},
		},
	)
	return &next
}
