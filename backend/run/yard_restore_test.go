package run_test

import (
	"fmt"
	"time"

	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// restoreOf restores what sight tells of, to another client.
func restoreOf(c model.Cell) plan.Ask {
	return plan.Ask{Restore: &plan.Restore{Cell: c, Point: model.JobKey{Cluster: model.Green, Job: "backup-x.2026-11-23_06.00.00_03"},
		At: t0.Add(-6 * time.Hour), JobIDs: []uint32{30, 41}, Source: "db1-fd", Client: "new-fd", Below: "/srv/restore"}}
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
