package main

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/record"
)

// TestARestoreThatBreaksOnTheWay, because its client is gone or a volume is, says so first on its page, in 80 columns, and r then has the
// next best point selected.
func TestARestoreThatBreaksOnTheWay(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newStageAt(t, "dr-day", worldclock.New(model.Now(), 40), "")
	first, next, _ := s.twoPoints()
	cell := first.Cell
	client := "restore-test-" + cell.Region + "-fd"
	narrow, d := s.sitAt(80, 24), s.sitAt(120, 40)
	// goes starts a restore, breaks it once it is so far, and sees how it ended.
	goes := func(fault, target, says, far string, then func(*record.Action)) {
		t.Helper()
		breaks := func() {
			if err := s.Fault(fault, target); err != nil {
				t.Fatal(err)
			}
		}
		if fault == "volume-missing" { // it is met when it is read
			breaks()
		}
		before := int64(0)
		if a := s.action(); a != nil {
			before = a.Seq
		}
		cmd := s.command(
			"restore",
			"--apply",
			"--confirm=restore "+cell.Chain+" "+client,
			"--reason=tried by hand",
			"--from="+first.Key.Cluster.String(),
			fmt.Sprintf("--jobid=%d", first.ID),
			"--chain="+cell.Chain,
			"--region="+cell.Region,
			"--kind="+cell.Kind.String(),
			"--client="+client,
		)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		s.until("the action is there", func() bool { a := s.action(); return a != nil && a.Seq > before })
		a := s.action()
		is := regexp.MustCompile(fmt.Sprintf("ACTION %d .*%s", a.Seq, far))
		d.until("the restore is so far", is.MatchString)
		if fault != "volume-missing" {
			breaks()
		}
		then(s.action())
		if err := cmd.Wait(); err == nil {
			t.Error("it ended as if it were well")
		}
		title := fmt.Sprintf("ACTION %d by", a.Seq)
		for _, at := range []*terminal{narrow, d} {
			at.press(":", fmt.Sprintf("action %d", a.Seq), "enter")
			at.seeIn(title, "failed", "why         "+says)
			at.press("r")
			at.seeIn("POINTS "+cell.Chain, "not again")
			at.seeRow("POINTS", ">", next.At.UTC().Format("2 Jan 15:04"))
		}
		d.seeRow("POINTS", ">", "job "+strconv.Itoa(int(next.ID)))
		if err := s.Heal(fault, ""); err != nil {
			t.Fatal(err)
		}
		if fault != "volume-missing" { // who canceled its job let it be
			s.does(0, "act", fmt.Sprint(a.Seq), "--acknowledge", "--reason=seen")
		}
		narrow.press("esc", "esc")
		d.press("esc", "esc")
	}
	goes("client-gone", client, "the client was gone while it ran", `[2-9][0-9] %, about`, func(*record.Action) {})
	// Bacula waits for a volume for as long as nobody brings it: a person sees what it waits for, and cancels it.
	goes("volume-missing", first.Volumes[len(first.Volumes)-1].Name, "a volume is missing", `waits for a mount`, func(a *record.Action) {
		_, job := a.Restoring()
		d.press(":", fmt.Sprintf("action %d", a.Seq), "enter")
		d.seeIn(fmt.Sprintf("ACTION %d by", a.Seq), "waits for a mount")
		narrow.until("what it waits for in 80 columns", regexp.MustCompile("ACTION .*waits for a mount").MatchString)
		s.does(
			0,
			"cancel",
			fmt.Sprint(job.ID),
			"--on",
			job.Cluster.String(),
			"--apply",
			fmt.Sprintf("--confirm=cancel %d %s", job.ID, job.Cluster),
			"--reason=no volume",
		)
	})
}
