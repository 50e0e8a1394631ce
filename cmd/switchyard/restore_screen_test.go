package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// farAndLeft is what the strip says of a restore that moves data.
var farAndLeft = regexp.MustCompile(`ACTION 2 .*[0-9] %, about .* left`)

// laterDone is what the events say when an action after the second has ended.
var laterDone = regexp.MustCompile(`action [3-9]\d*: (found )?done: step 3 of 3`)

// TestARestoreOnDRDayByKeys goes from a cell to the files of a restore, and sees how far it is on a narrow screen, too.
func TestARestoreOnDRDayByKeys(t *testing.T) {
	t.Parallel()
	s := newStageAt(t, "dr-day", worldclock.New(model.Now(), 40), "")
	of := s.onlyBlue()
	chain, client := of.Cell.Chain, "restore-test-"+of.Cell.Region+"-fd"
	phrase := "restore " + chain + " " + client
	narrow := s.sitAt(80, 24, "watch")
	d := s.sitAt(120, 40)
	d.press(":", "cell "+of.Cell.String(), "enter")
	d.see("CELL " + of.Cell.String())
	d.press("r")
	d.see("POINTS "+chain, "recommended")
	d.press("t")
	d.see(":before")
	d.press(of.At.Add(time.Minute).UTC().Format("2006-01-02 15:04"), "enter")
	d.see("POINTS "+chain+" by ", "recommended")
	d.seeRow("POINTS", ">", "job "+strconv.Itoa(int(of.ID)))
	d.press("enter")
	d.see("POINT ", " on BLUE", "nothing: only blue has it", "restore to client", "in all, tab steps through them")
	d.press(strings.TrimSuffix(client, "-fd"))
	d.see(" " + client + " ")
	d.press("tab", "enter")
	s.restores(d, phrase)
	d.until("how far it is, and how much longer it takes", farAndLeft.MatchString)
	narrow.until("the same in 80 columns", farAndLeft.MatchString)
	d.see("✓ ACTION 2", "done")
	d.press("v")
	d.seeIn("ACTION 2", "✓ done", "you have", "/srv/switchyard-restores/"+chain+"-")
	s.logged(s.restored(client, "srv/switchyard-restores"))

	said := s.does(0, "restore", "--chain", chain, "--region", of.Cell.Region, "--kind", of.Cell.Kind.String(), "--from", "blue",
		"--jobid", strconv.Itoa(int(of.ID)), "--client", client, "--where", "/srv/by-verb", "--apply", "--confirm", phrase)
	s.says(said, "found done: step 3 of 3", "files, ", " are on "+client+" in /srv/by-verb/"+chain+"-")
	s.logged(s.restored(client, "srv/by-verb"))
}

// logged wants the newest restore's own log to say where it restored to, and that it replaced nothing.
func (s *stage) logged(where string) {
	s.t.Helper()
	var log string
	if err := s.Blue().Read("SELECT CAST(LogText AS TEXT) FROM Log WHERE CAST(LogText AS TEXT) LIKE '%Files Restored:%' " +
		"ORDER BY LogId DESC LIMIT 1").Scan(&log); err != nil {
		s.t.Fatal(err)
	}
	for _, want := range []string{"Where:                  " + where, "Replace:                Never"} {
		if !strings.Contains(log, want) {
			s.t.Errorf("the log has no %q\n%s", want, log)
		}
	}
}

// onlyBlue is a good point of blue's in whose place green has nothing, and which is recommended of its moment.
func (s *stage) onlyBlue() *model.RestorePoint {
	s.t.Helper()
	for _, chain := range []string{"chain001", "chain002", "chain003", "chain004"} {
		var l model.RestoreList
		if err := json.Unmarshal([]byte(s.does(0, "points", chain, "--json")), &l); err != nil {
			s.t.Fatal(err)
		}
		for i := range l.Points {
			p := &l.Points[i]
			if p.Key.Cluster != model.Blue || p.Only != model.Answer(model.Holds) || !p.Good() || p.Until.Sub(l.At) < 12*time.Hour {
				continue
			}
			var by model.RestoreList
			said := s.does(0, "points", chain, "--json", "--before", p.At.Add(time.Minute).UTC().Format("2006-01-02 15:04"))
			if err := json.Unmarshal([]byte(said), &by); err != nil {
				s.t.Fatal(err)
			}
			if r := by.Recommended; r != nil && r.Key == p.Key {
				return p
			}
		}
	}
	s.t.Fatal("blue has no good point that green lacks")
	return nil
}

// TestAFailedRestoreOffersTheNextBestPoint: a block of the newest backup's volume is not what was written. By keys and by verb the restore
// has failed, whatever Bacula calls it, and what comes next is the next best point.
func TestAFailedRestoreOffersTheNextBestPoint(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newStageAt(t, "dr-day", worldclock.New(model.Now(), 100), "")
	first, next, stranger := s.twoPoints()
	cell := first.Cell
	client := "restore-test-" + cell.Region + "-fd"
	phrase := "restore " + cell.Chain + " " + client
	of := []string{"--chain=" + cell.Chain, "--region=" + cell.Region, "--kind=" + cell.Kind.String(), "--client=" + client}
	if err := s.Fault("volume-corrupt", first.Volumes[len(first.Volumes)-1].Name); err != nil {
		t.Fatal(err)
	}
	out := s.does(1, append([]string{"restore", "--apply", "--confirm=" + phrase, "--from=" + first.Key.Cluster.String(),
		fmt.Sprintf("--jobid=%d", first.ID)}, of...)...)
	s.says(out, "failed", fmt.Sprintf("the next best point is JobId %d on %s", next.ID, next.Key.Cluster))

	d := s.sitAt(120, 40)
	d.press(":", "action 2", "enter")
	d.see("ACTION 2", "failed")
	d.press("r")
	d.see("POINTS "+cell.Chain, "not again", first.Key.Job)
	d.seeRow("POINTS", ">", "job "+strconv.Itoa(int(next.ID)))
	d.press("enter")
	d.see("POINT ", "restore to client")
	d.press(client, "enter")
	s.restores(d, phrase)
	d.until("the other restore to end", laterDone.MatchString) // the strip tells of the one that failed
	s.says(s.does(0, "actions", "--json"), fmt.Sprintf("%q", next.Key.Job))

	// What cannot be asked for at all, and nothing is begun by it.
	n := s.records()
	for says, args := range map[string][]string{
		"is no good backup of " + cell.String():   {fmt.Sprintf("--jobid=%d", stranger.ID), "--from=" + stranger.Key.Cluster.String()},
		"holds control characters":                {"--where=/srv/\x1b[2Jx"},
		"it does not begin with /":                {"--where=srv"},
		"it would be restored over what is there": {"--where=/"},
		"goes up with .. in it":                   {"--file=/a/../../etc/passwd"},
		"which a Director would read as more":     {`--file=/a"b`},
	} {
		s.says(s.does(2, append(append([]string{"restore", "--apply", "--confirm=" + phrase}, of...), args...)...), says)
	}
	if got := s.records(); got != n {
		t.Errorf("%d records before, %d after what was refused", n, got)
	}
}

// twoPoints are a good point of a cell that lasts, the next best one of the same cell, and one of another chain.
func (s *stage) twoPoints() (first, next, stranger *model.RestorePoint) {
	s.t.Helper()
	for _, chain := range []string{"chain001", "chain002", "chain003", "chain004"} {
		var l model.RestoreList
		if err := json.Unmarshal([]byte(s.does(0, "points", chain, "--json")), &l); err != nil {
			s.t.Fatal(err)
		}
		for i := range l.Points {
			p := &l.Points[i]
			lasts := func(q *model.RestorePoint) bool { return q != nil && q.Good() && q.Until.Sub(l.At) > 24*time.Hour }
			switch n := l.Next(p.Key); {
			case first == nil && lasts(p) && lasts(n):
				first, next = p, n
			case p.Cell.Chain != "chain001":
				stranger = p
			}
		}
		if first != nil && stranger != nil && first.Cell.Chain != stranger.Cell.Chain {
			return first, next, stranger
		}
	}
	s.t.Fatal("no cell has two good points that last")
	return nil, nil, nil
}

// restores reads the plan of a restore to its end, and approves it.
func (s *stage) restores(d *terminal, phrase string) {
	d.Helper()
	d.see("Type  " + phrase + "  to approve")
	d.takesKeys("pgdown", "enter")
	d.approves(phrase)
}

// restored wants files in the one directory that was restored to on a client, and returns its name there.
func (s *stage) restored(client, under string) (where string) {
	s.t.Helper()
	home := filepath.Join(s.Dir(), "clients", client)
	below := filepath.Join(home, under)
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
	return "/" + under + "/" + all[0].Name()
}
