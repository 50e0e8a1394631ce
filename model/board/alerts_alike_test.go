package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestOneCauseIsOneAlert(t *testing.T) {
	b := newBoard(t, midday).Board
	for i := range b.inv.Cells {
		b.inv.Cells[i].Storage = "sd-" + b.inv.Cells[i].Cell.Region
	}
	green := model.Green
	b.sides[green].director.Directors = []model.Director{{Name: "dir", Started: midday.Add(-5 * time.Minute)}}
	cell := func(chain, region string) *model.Cell { return &model.Cell{Chain: chain, Region: region} }
	job := func(name string) *model.JobKey { return &model.JobKey{Cluster: green, Job: name} }
	got := b.byCause([]Alert{
		{ID: "job:1", rank: rankStuck, Severity: model.Fail, Cluster: &green, Job: job("1"), Cell: cell("chain1", "region1")},
		{ID: "job:2", rank: rankStuck, Severity: model.Fail, Cluster: &green, Job: job("2"), Cell: cell("chain1", "region2")},
		{ID: "alone", rank: rankDoubt, Severity: model.Warn, Cell: cell("chain2", "region2")},
		{ID: "job:3", rank: rankStuck, Severity: model.Fail, Cluster: &green, Job: job("3"), Cell: cell("chain2", "region1")},
		{ID: "job:4", rank: rankLost, Severity: model.Fail, Cluster: &green, Job: job("4")},
		{ID: "job:5", rank: rankLost, Severity: model.Fail, Cluster: &green, Job: job("5"), Since: midday},
		{ID: "warned:1", rank: rankDoubt, cause: "warnings", Cell: cell("chain1", "region1")},
		{ID: "warned:2", rank: rankDoubt, cause: "warnings", Cell: cell("chain1", "region2")},
	})
	want := []struct {
		id, says string
		jobs     int
	}{
		{
			"stuck:green:sd-region1",
			"storage sd-region1 has no volume: 2 jobs on green wait for one: chain1 region1 regular, chain2 region1 regular",
			2,
		},
		{"job:2", "", 0},
		{"alone", "", 0},
		{"lost:green", "2 jobs lost on green, whose Director started at 20 Nov 11:55 UTC: 4, 5", 2},
		{"warnings", "2 cells whose newest backups ended with warnings: chain1 region1 regular, chain1 region2 regular", 0},
	}
	if len(got) != len(want) {
		t.Fatalf("%d alerts: %+v", len(got), got)
	}
	for i, x := range want {
		if a := got[i]; a.ID != x.id || a.Says != x.says || len(a.Jobs) != x.jobs {
			t.Errorf("%s with %d jobs: %q, want %s with %d: %q", a.ID, len(a.Jobs), a.Says, x.id, x.jobs, x.says)
		}
	}
	if a := got[0]; a.Severity != model.Fail || !strings.Contains(a.Do, "sd-region1") || !strings.Contains(a.Brief, "sd-region1") {
		t.Errorf("%+v", a)
	}
	if !got[3].Since.Equal(midday) {
		t.Errorf("lost since %v", got[3].Since)
	}
}

// Cells that only warned are one quiet line, whatever else is told.
func TestWarningsAreOneQuietLine(t *testing.T) {
	w := newBoard(t, midday)
	var jobs []model.Job
	for i, p := range w.inv.Cells {
		o := model.OK
		if i < 3 {
			o = model.Warned
		}
		jobs = append(jobs, backup(uint32(i+1), p.Cell, o, midday.Add(-9*time.Hour), time.Minute, 100))
	}
	w.Catalog(model.Blue, model.Catalog{}, jobs, nil, midday)
	w.Catalog(model.Green, model.Catalog{}, jobs, nil, midday)
	alerts := w.Snapshot(midday).Alerts
	warned := slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return !strings.Contains(a.Says, "warnings") })
	if len(warned) != 1 || warned[0].Severity != model.Info || !strings.HasPrefix(warned[0].Says, "3 cells ") {
		t.Errorf("%+v", alerts)
	}
}
