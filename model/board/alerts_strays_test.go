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
