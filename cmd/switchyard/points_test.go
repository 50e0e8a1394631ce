package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// pointsTold reads what points prints as JSON, as a script would.
func pointsTold(t *testing.T, text string) (l model.RestoreList) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
	return l
}

// TestTheRecommendedPointOfAWorldMovesBack where a volume that it needs is put in error, and what is not read is said.
func TestTheRecommendedPointOfAWorldMovesBack(t *testing.T) {
	t.Parallel()
	// A Wednesday: on the day of the full backups there is an hour in which a cell's older ones have expired.
	wednesday := worldclock.New(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), 1)
	s := &stage{World: ownWorld(t, rehearsal.Options{Chains: 4, Idle: true, Clock: wednesday}), crew: crew{t: t}}
	s.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=" + s.ConfigPath(), "XDG_STATE_HOME=" + t.TempDir(), "XDG_CACHE_HOME=" + t.TempDir()}
	ask := []string{"points", "chain001", "--region=region1", "--kind=regular", "--json"}
	l := pointsTold(t, s.does(exitFine, ask...))
	if l.Recommended == nil || len(l.Points) < 3 || l.Recommended.Key != l.Points[0].Key {
		t.Fatalf("recommended %+v of %d", l.Recommended, len(l.Points))
	}
	first := l.Points[0]
	in := map[model.Cluster]*sqlsim.Instance{model.Blue: s.Blue(), model.Green: s.Primary()}[first.Key.Cluster]
	c, err := in.Connect("bacula", "dir.example")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	volume := first.Volumes[len(first.Volumes)-1].Name
	if err := c.Write(func(tx *sqlsim.Tx) error {
		return tx.Exec("UPDATE Media SET VolStatus = 'Error' WHERE VolumeName = ?", volume)
	}); err != nil {
		t.Fatal(err)
	}
	l = pointsTold(t, s.does(exitFine, ask...))
	if l.Points[0].Complete != model.Answer(model.Fails) || l.Recommended == nil || l.Recommended.Key == first.Key ||
		!strings.Contains(l.Recommended.Says, "newer, but not good: volume "+volume+" is in status Error") {
		t.Errorf("%+v, recommended %+v", l.Points[0], l.Recommended)
	}
	s.says(s.does(exitFine, "points", "chain001"), "? in   ?  NOT       -") // of one whose full backup is not there any more nothing is a zero
	var id uint32
	var job string
	if err := s.Primary().Read("SELECT JobId, CAST(Name AS TEXT) FROM Job WHERE Type = 'B' AND JobStatus = 'T' AND Name LIKE 'backup-chain%' "+
		"ORDER BY JobId DESC LIMIT 1").Scan(&id, &job); err != nil {
		t.Fatal(err)
	}
	of := strings.Split(job, "-") // backup-chain003-region1-regular
	if err := s.Fault("catalog-down", "blue"); err != nil {
		t.Fatal(err)
	}
	const unread = "blue's catalog was not read"
	s.says(s.does(exitCannot, "points", "chain001"), "chain001: ", " points as far as it was read, ", "not read: blue's catalog: ",
		"this is not all: "+unread)
	s.says(s.does(exitCannot, "points", "--obligations"), "only one cluster can restore as far as it was read", "this is not all: "+unread)
	s.says(s.does(exitCannot, "restore", "--chain="+of[1], "--region="+of[2], "--kind="+of[3], "--client=x-fd", fmt.Sprintf("--jobid=%d", id)),
		fmt.Sprintf("green has a JobId %d of %s, and blue may have one too, whose catalog was not read", id, strings.Join(of[1:], " ")))
}
