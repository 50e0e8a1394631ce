package ui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// night is the common night: RDS failed over by itself, two backups died of it, and the Director has lost its catalog.
func night() world {
	w := trouble(250)
	w.RDS = paired().RDS
	green := w.Clusters[model.Green]
	dead := []model.Job{job(model.Green, 961, cellNo(25), model.Failed), job(model.Green, 962, cellNo(21), model.Failed)}
	for i := range dead {
		dead[i].End, dead[i].Note = before(9*time.Minute), "Query failed: UPDATE Job: MySQL server has gone away"
	}
	green.Recent = append(dead, green.Recent...)
	green.Linked, green.LinkSays = model.Fails, "it runs 1 job and has no connection to bacula"
	at := before(10 * time.Minute)
	for _, e := range []struct {
		after time.Duration
		says  string
		kind  model.EventKind
	}{{0, "Multi-AZ instance failover started.", model.EventFailoverBegan}, {40 * time.Second, "DB instance restarted", model.EventTold},
		{70 * time.Second, "Multi-AZ instance failover completed.", model.EventFailoverDone},
		{80 * time.Second, "Recovery of standby DB instance has started.", model.EventTold}} {
		w.RDS.Events = append(w.RDS.Events, model.RDSEvent{At: at.Add(e.after), Instance: w.RDS.Primary.ID, Says: e.says, Kind: e.kind})
	}
	w.RDS.Primary.Server.Value.Uptime = w.RDS.Primary.Server.At.Sub(at.Add(45 * time.Second))
	w.Alerts = append(
		[]board.Alert{{ID: "rds:failover:" + at.Format(time.RFC3339), Severity: model.Fail, Since: at, Until: at.Add(20 * time.Minute),
			Says: "bacula failed over; 2 jobs died: 961, 962", Brief: "bacula failed over at " + at.Format("15:04:05") + " UTC; 2 jobs died",
			Do:   "run again the jobs that died (R); ask who asked for the failover",
			Jobs: []model.JobKey{dead[0].Key, dead[1].Key}}},
		w.Alerts...)
	return w
}

// TestTheCommonNight is one page, by enter from its alert: what happened, whether AWS takes another one, what the Director is worth with
// the plan that mends it, what died by which promise breaks first, and R for all of it at once.
func TestTheCommonNight(t *testing.T) {
	for _, size := range sizes {
		d := levered(t, model.DefaultPolicy(), size[0], size[1], night().Snapshot)
		d.press("6", "enter")
		golden(t, fmt.Sprintf("night-%dx%d", size[0], size[1]), d.screen())
		d.press("G")
		d.see("all at once", "962", "has lost its catalog", ":restart green")
		d.press("R")
		d.see("rerun 2 green", "run 2 backups again on green")
		if len(d.deeds) != 0 {
			t.Errorf("a key acted: %+v", d.deeds)
		}
	}
}

// TestTheNightTellsOfAPromiseThatBroke as of one that did: the alert says so too.
func TestTheNightTellsOfAPromiseThatBroke(t *testing.T) {
	w := night()
	w.Cells = slices.Clone(w.Cells)
	for i := range w.Cells {
		for k := range w.Cells[i].On {
			w.Cells[i].On[k].Breaks = before(time.Hour)
		}
	}
	d := levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
	d.press("6", "enter", "G")
	d.see("broke its promise at ", " ago")
	d.gone("breaks its promise at")
}
