package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func TestALookalikeIsTold(t *testing.T) {
	w := newBoard(t, midday)
	j := backup(9, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 100)
	j.HasCell, j.Cell, j.Name, j.Mimics = false, model.Cell{}, `backup-chain1\x20`, "backup-chain1"
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{j}, nil, midday)
	s := w.Snapshot(midday)
	i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.ID == "mimics:blue" })
	if i < 0 || s.Alerts[i].Severity != model.Warn || !strings.Contains(s.Alerts[i].Says, `backup-chain1\x20 for backup-chain1`) {
		t.Errorf("%+v", s.Alerts)
	}
	if slices.ContainsFunc(s.Alerts, func(a Alert) bool { return a.ID == "strays:blue" }) {
		t.Error("it is told twice")
	}
	if v := w.cell(cellA); v.On[model.Blue].LastGood != nil {
		t.Errorf("it counts as the cell's: %+v", v.On[model.Blue])
	}
}

// TestJobsSetApartAreNotTold keeps quiet of jobs that the inventory calls no cell's, but for one that only looks like a cell's.
func TestJobsSetApartAreNotTold(t *testing.T) {
	w := newBoard(t, midday)
	w.inv = w.inv.Apart([]string{"BackupCatalog", "backup-chain1 "})
	stray := func(id uint32, name, mimics string) model.Job {
		j := backup(id, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 100)
		j.HasCell, j.Cell, j.Name, j.Mimics = false, model.Cell{}, name, mimics
		return j
	}
	w.Catalog(
		model.Blue,
		model.Catalog{},
		[]model.Job{stray(7, "BackupCatalog", ""), stray(8, "Nightly", ""), stray(9, "backup-chain1 ", "backup-chain1")},
		nil,
		midday,
	)
	s := w.Snapshot(midday)
	var told []string
	for _, a := range s.Alerts {
		if strings.HasPrefix(a.ID, "strays:") || strings.HasPrefix(a.ID, "mimics:") {
			told = append(told, a.Says)
		}
	}
	slices.Sort(told)
	if len(told) != 2 || strings.Contains(told[0], "BackupCatalog") || !strings.Contains(told[0], "Nightly") ||
		!strings.Contains(told[1], "backup-chain1 ") {
		t.Errorf("%q", told)
	}
	if n := len(s.Clusters[model.Blue].Strays); n != 2 {
		t.Errorf("%d strays", n)
	}
}
