package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// farAndLeft is what the strip says of a restore that moves data.
var farAndLeft = regexp.MustCompile(`ACTION 2 .*[0-9] %, about .* left`)

// TestARestoreOnDRDayByKeys goes from a cell to the files of a restore, and sees how far it is on a narrow screen, too.
func TestARestoreOnDRDayByKeys(t *testing.T) {
	t.Parallel()
	const client, phrase = "restore-test-region1-fd", "restore chain001 restore-test-region1-fd"
	s := newStageAt(t, "dr-day", worldclock.New(model.Now(), 40), "")
	narrow := s.sitAt(80, 24, "watch")
	d := s.sitAt(120, 40)
	d.press(":", "cell chain001 region1 regular", "enter")
	d.see("CELL chain001 region1 regular")
	d.press("r")
	d.see("POINTS chain001", "recommended")
	d.press("enter")
	d.see("POINT ", "restore to client", "in all, tab steps through them")
	d.press("restore-test-region1")
	d.see(" " + client + " ")
	d.press("tab", "enter")
	s.restores(d, phrase)
	d.until("how far it is, and how much longer it takes", farAndLeft.MatchString)
	narrow.until("the same in 80 columns", farAndLeft.MatchString)
	d.see("✓ ACTION 2", "done")
	d.press("v")
	d.seeIn("ACTION 2", "✓ done", "you have", "/srv/switchyard-restores/chain001-")
	where := s.restored(client)

	var log string
	if err := s.Primary().Read("SELECT CAST(LogText AS TEXT) FROM Log WHERE CAST(LogText AS TEXT) LIKE '%Files Restored:%' " +
		"ORDER BY LogId DESC LIMIT 1").Scan(&log); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Where:                  " + where, "Replace:                Never"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q\n%s", want, log)
		}
	}
}

// restores reads the plan of a restore to its end, and approves it.
func (s *stage) restores(d *terminal, phrase string) {
	d.Helper()
	d.see("Type  " + phrase + "  to approve")
	d.takesKeys("pgdown", "enter")
	d.approves(phrase)
}

// restored wants files in the one directory that was restored to on a client, and returns its name there.
func (s *stage) restored(client string) (where string) {
	s.t.Helper()
	home := filepath.Join(s.Dir(), "clients", client)
	below := filepath.Join(home, "srv/switchyard-restores")
	all, err := os.ReadDir(below)
	if err != nil || len(all) != 1 {
		s.t.Fatalf("%d directories, %v", len(all), err)
	}
	files := 0
	err = filepath.WalkDir(below, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			files++
		}
		return err
	})
	if err != nil || files == 0 {
		s.t.Fatalf("%d files are there, %v", files, err)
	}
	return "/srv/switchyard-restores/" + all[0].Name()
}
