package run_test

import (
	"encoding/json"
	"fmt"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// restoreOf restores what sight tells of, or some files of it, to another client.
func restoreOf(c model.Cell, files ...string) plan.Ask {
	return plan.Ask{Restore: &plan.Restore{Cell: c, Point: model.JobKey{Cluster: model.Green, Job: "backup-x.2026-11-23_06.00.00_03"},
		At: t0.Add(-6 * time.Hour), JobIDs: []uint32{30, 41}, Source: "db1-fd", Client: "new-fd", Below: "/srv/restore", Files: files}}
}

// sight is what the sources say of the only point that the yard has.
func (y *yard) sight(now time.Time) *model.RestoreSight {
	yes, r := model.Answer(model.Holds), restoreOf(cell1).Restore
	return &model.RestoreSight{At: now, Ask: r.Sight(), Clients: []string{"db1-fd", "new-fd"}, Storages: []model.StorageSight{{Name: "sd-1"}},
		FileSets: []model.FileSetSight{{Name: "fs"}}, Files: model.Counted{N: 21, At: now},
		Point: &model.RestorePoint{Key: r.Point, ID: 41, Cell: r.Cell, At: r.At, Client: r.Source, Bytes: 3e9, Complete: yes, Restorable: yes,
			Set: []model.Part{{ID: 30, Job: "backup-f"}, {ID: 41, Job: r.Point.Job}}, Volumes: []model.Volume{{Name: "v1", Status: "Full"}}}}
}

// restoring looks at the two steps that only a restore has.
func (y *yard) restoring(o plan.Order) (run.Sight, error) {
	if s := o.StartRestore; s != nil {
		shows, sent := y.started(s.Tag)
		if !shows {
			return run.Sight{Verdict: model.Fails, Says: "no JobId", Absent: !sent}, nil
		}
		return run.Sight{Verdict: model.Holds, Says: "JobId 7", Found: []record.Found{
			{Job: &record.FoundJob{Cluster: s.Cluster, Job: s.Job, ID: 7}},
			{Restoring: &record.FoundRestoring{Cluster: s.Cluster, Point: s.Point, Client: s.Client, Where: s.Where, Bytes: s.Bytes}},
		}}, nil
	}
	v := o.VerifyRestore
	if y.left > 0 {
		return run.Sight{Verdict: model.Fails, Says: fmt.Sprintf("%d files of %d", y.left, v.Expect)}, nil
	}
	return run.Sight{Verdict: model.Holds, Says: "all files", Found: []record.Found{{Restored: &record.FoundRestored{Client: v.Client,
		Where: v.Where, Files: v.Expect, Bytes: v.Bytes, Format: v.Format, Parts: v.Parts}}}}, nil
}

// testOf tests the restore of what sight tells of.
func testOf(c model.Cell) plan.Ask {
	r := *restoreOf(c).Restore
	return plan.Ask{Test: &plan.Test{Restore: r, Verify: &plan.Call{Name: "verify", Argv: []string{"verify", "{where}"}},
		Remove: plan.Call{Name: "remove", Argv: []string{"rm", "{where}"}}, Limit: time.Hour}}
}

// testing looks at the steps that only a test has: its job has ended when it was followed, and what commands did shows at once.
func (y *yard) testing(o plan.Order, past plan.Past) (run.Sight, error) {
	switch {
	case o.EndRestore != nil:
		return run.Sight{Verdict: model.Holds, Says: "it has ended"}, nil
	case o.RemoveRestored != nil:
		if len(y.lines("removed")) == 0 {
			return run.Sight{Verdict: model.Fails, Absent: true, Says: "it is there"}, nil
		}
		return run.Sight{Verdict: model.Holds, Says: "it is removed"}, nil
	}
	for _, f := range past.Found {
		if f.Restored == nil {
			continue
		}
		if len(y.lines("verified")) == 0 {
			return run.Sight{Verdict: model.Fails, Absent: true, Says: "nobody verified it"}, nil
		}
		return run.Sight{Verdict: model.Holds, Found: []record.Found{{Tested: &record.FoundTested{Verdict: model.Holds}}}}, nil
	}
	return run.Sight{Verdict: model.Holds, Says: "there is nothing to verify"}, nil
}

// testScene is a restore test. What the journal has as evidence at the end is among its effects, so that no stop changes a verdict, and a
// directory that is left is missed.
func testScene(name string, change func(*yard)) kill.Scene {
	return proving(scene(name, testOf(cell1), change))
}

// killedTests are restore tests in a world that processes share.
var (
	killedTest = killedTestOf("a restore test", func(*yard) {})
	failedTest = killedTestOf("a restore test that fails", func(y *yard) { y.fate = "ended: Volume data error" })
)

func killedTestOf(name string, change func(*yard)) kill.Scene {
	return proving(kill.Scene{Name: name, Open: func(dir string) (kill.Stage, error) {
		y, err := newYard(dir, 1)
		if err != nil {
			return kill.Stage{}, err
		}
		y.every = 20 * time.Millisecond
		change(y)
		return y.stage(testOf(cell1)), nil
	}})
}

// proving adds to a scene of a test what it records.
func proving(of kill.Scene) kill.Scene {
	open := of.Open
	of.Open = func(dir string) (kill.Stage, error) {
		s, err := open(dir)
		if err != nil {
			return s, err
		}
		y := s.Hands[plan.Bacula].(*yard)
		var newest *journal.Journal
		s.Own = func(j *journal.Journal) run.Router {
			newest = j
			return run.Router{plan.Evidence: &run.Proving{Runner: &run.Runner{Journal: j, Actor: "anna", Now: y.now}}}
		}
		effects := s.Effects
		s.Effects = func() (map[string]int, error) {
			n, err := effects()
			if err != nil || newest == nil {
				return n, err
			}
			if len(y.lines("removed")) > 0 {
				n["removed"] = 1
			}
			for _, p := range newest.State().Evidence {
				told, _ := json.Marshal([]any{p.Verdict, p.Why, p.Claim, p.Of})
				n["proven "+string(told)]++
			}
			return n, nil
		}
		return s, nil
	}
	return of
}
