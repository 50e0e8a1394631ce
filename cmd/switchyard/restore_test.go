package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestARestoreIsApprovedByKeys goes from a cell to files on another client.
func TestARestoreIsApprovedByKeys(t *testing.T) {
	t.Parallel()
	s := newStage(t, 120, "")
	d := s.sitAt(120, 60)
	d.press(":", "cell chain001 region1 regular", "enter")
	d.see("CELL chain001 region1 regular")
	d.press("r")
	d.see("POINTS chain001", "recommended")
	d.press("enter")
	d.see("POINT ", "restore to client")
	d.press("restore-test-region1-fd", "enter")
	d.see("restore chain001 region1 regular as of", "REHEARSAL", "Type  restore chain001 restore-test-region1-fd  to approve")
	d.takesKeys("enter")
	d.approves("restore chain001 restore-test-region1-fd")
	d.see("ACTION 2", "2/3 follow it", " %")
	d.see("✓ ACTION 2", "done")
	d.press(":", "action 2", "enter")
	d.see("you have", "on restore-test-region1-fd in /srv/switchyard-restores/chain001-", "next, there")
	n := 0
	_ = filepath.WalkDir(s.ClientDir("restore-test-region1-fd"), func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			n++
		}
		return nil
	})
	if n == 0 {
		t.Error("no file is there")
	}
}
