package feed

import (
	"slices"
	"testing"

	"switchyard/backend/bacula"
	"switchyard/model"
)

// A name that is a cell's only after cleaning is no cell's: its backups count for nothing, and it is told.
func TestOnlyTheNameItselfIsACells(t *testing.T) {
	tpl, err := model.ParseNameTemplate("backup-{chain}-{region}-{kind}")
	if err != nil {
		t.Fatal(err)
	}
	again, err := model.ParseRestoreTemplate("restore-{chain}")
	if err != nil {
		t.Fatal(err)
	}
	names, err := model.BindNames(testInventory(t), tpl, again)
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{Names: names}
	const job, restore = "backup-chain1-region1-regular", "restore-chain1"
	for raw, want := range map[string]struct {
		cell   bool
		mimics string
	}{
		job: {cell: true}, job + "  ": {mimics: job}, job + "\u200b": {mimics: job}, "backup-\x1b[0mchain1-region1-regular": {mimics: job},
		job + "\x00": {mimics: job},
		"other":      {}, "other ": {}, restore: {}, restore + " ": {mimics: restore}, job + "\xff": {},
	} {
		jobs := c.jobs(model.Blue, []bacula.Row{{ID: 1, Name: model.Literal(raw), Type: model.TypeBackup}})
		if j := jobs[0]; j.HasCell != want.cell || j.Mimics != want.mimics {
			t.Errorf("%q: a cell's %v, like %q", raw, j.HasCell, j.Mimics)
		}
	}
	s := &directors{Feed: testFeed(t), of: c, onRun: func() {}, again: func() {}}
	s.active(&bacula.DirectorSight{}, []string{job, model.Literal(job + " "), model.CanaryName("a pushed configuration")})
	if len(s.has) != 1 || !slices.Equal(s.truth.Strays, []string{job + `\x20`}) || s.truth.Mimics[job+`\x20`] != job {
		t.Errorf("%v, strays %q like %q", s.has, s.truth.Strays, s.truth.Mimics)
	}
}
