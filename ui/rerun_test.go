package ui

import (
	"slices"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
)

// TestRerunOfAnAlert opens, on an alert that tells of jobs, the plan that runs them again, and says what is left out; elsewhere it says
// where.
func TestRerunOfAnAlert(t *testing.T) {
	for _, size := range sizes {
		w := trouble(250)
		blue := w.Clusters[model.Blue]
		dead := blue.Recent[slices.IndexFunc(blue.Recent, func(j model.Job) bool { return j.ID == 18244 })]
		gone := model.JobKey{Cluster: model.Blue, Job: "backup-gone.2026-11-27_01.00.00_01"}
		w.Snapshot.Alerts = []board.Alert{{ID: "rds:failover:1", Severity: model.Fail, Says: "bacula failed over at 11:59:12 UTC; 2 jobs died",
			Jobs: []model.JobKey{dead.Key, gone}}}
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.press("1", "R")
		d.see("select an alert that tells of jobs")
		d.press("6", "R")
		d.see("rerun 1 blue", "run 1 backup again on blue", "1 left out: backup-gone")
		if len(d.deeds) != 0 {
			t.Errorf("a key acted: %+v", d.deeds)
		}
		d.press("esc")
		d.press(":")
		d.app.prompt.set(d.app, "rerun green")
		d.press("enter")
		d.see("there is none to be run")
	}
}
