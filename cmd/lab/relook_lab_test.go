//go:build lab

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// relookedWithin is how long a row that has ended may be changed before it is told: what a cell rests on is asked for by key in turn.
const relookedWithin = 75 * time.Second

const relooked = "backup-chain01-region1-regular"

// makeRelook makes a schema of its own that holds what is read, and five nights of one cell.
func makeRelook(t testing.TB, server string) {
	t.Helper()
	statements := []string{"DROP DATABASE IF EXISTS relook", "CREATE DATABASE relook CHARACTER SET latin1"}
	for _, table := range []string{"Job", "Client", "Log", "Version", "Media", "JobMedia"} {
		statements = append(statements, fmt.Sprintf("CREATE TABLE relook.%[1]s LIKE bacula.%[1]s", table))
	}
	statements = append(
		statements,
		"INSERT INTO relook.Version SELECT * FROM bacula.Version",
		"INSERT INTO relook.Client (ClientId, Name, Uname) VALUES (1, 'db1-fd', '')",
		"GRANT SELECT ON relook.* TO 'switchyard_watch'@'127.0.0.1'",
	)
	for night := range 5 {
		statements = append(statements, fmt.Sprintf(relookRow, night+1, relooked, "T", 24*(4-night)+2))
	}
	for other := range 30 { // so that none of the nights is read because it is among the newest rows
		statements = append(statements, fmt.Sprintf(relookRow, 10+other, "other", "T", 1))
	}
	t.Cleanup(func() {
		adminExec(t, server, "DROP DATABASE IF EXISTS relook; REVOKE SELECT ON relook.* FROM 'switchyard_watch'@'127.0.0.1'")
	})
	adminExec(t, server, strings.Join(statements, "; "))
}

// relookRow writes a job by its JobId, name, status and age in hours.
const relookRow = `INSERT INTO relook.Job (JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime,
	JobTDate, JobErrors, JobFiles, JobBytes)
	SELECT %[1]d, '%[2]s.%[1]d', '%[2]s', 'B', 'F', 1, '%[3]s', NOW() - INTERVAL %[4]d HOUR, NOW() - INTERVAL %[4]d HOUR,
		NOW() - INTERVAL %[4]d HOUR, NOW() - INTERVAL %[4]d HOUR,
	UNIX_TIMESTAMP() - 3600 * %[4]d, 0, 7, 1000`

func relookWorld(t *testing.T) *observer {
	t.Helper()
	path := variant(t, "relook", func(d *configData) {
		primaries(d)
		for i := range d.Clusters {
			d.alone(i, "relook")
		}
	})
	for _, c := range clusters {
		makeRelook(t, c)
	}
	return observe(t, path)
}

// lastGood is the JobId of the newest good backup of the cell that is changed; 0 when there is none.
func lastGood(s *board.Snapshot, cluster string) uint32 {
	for i := range s.Cells {
		if c := s.Cells[i].Cell; c.Chain == "chain01" && c.Region == "region1" && c.Kind == 0 {
			if j := s.Cells[i].On[side(cluster)].LastGood; j != nil {
				return j.ID
			}
		}
	}
	return 0
}

func bothGood(id uint32) func(*board.Snapshot) bool {
	return func(s *board.Snapshot) bool {
		return !slices.ContainsFunc(clusters, func(c string) bool { return lastGood(s, c) != id })
	}
}

// A backup that is deleted, migrated or changed after it was read is not what its cell rests on any more, without a restart.
func TestEndedRowsAreLookedAtAgain(t *testing.T) {
	o := relookWorld(t)
	o.until(t, 20*time.Second, "the newest night is good", bothGood(5))
	for _, x := range []struct {
		change, says string
		good         uint32
	}{
		{"DELETE FROM relook.Job WHERE JobId = 5", "5 chain01 region1 regular is no longer in the catalog of ", 4},
		{"UPDATE relook.Job SET Type = 'M' WHERE JobId = 4", "4 chain01 region1 regular was changed: it was backup ok (OK) and is migrated ok " +
			"(OK)", 3},
		{"UPDATE relook.Job SET JobStatus = 'f' WHERE JobId = 3", "3 chain01 region1 regular was changed: it was backup ok (OK) and is backup " +
			"failed (fatal error)", 2},
		{"DELETE FROM relook.Job WHERE Name = '" + relooked + "'", "no longer in the catalog of ", 0},
	} {
		for _, c := range clusters {
			adminExec(t, c, x.change)
		}
		changed := time.Now()
		s, at := o.until(t, relookedWithin, x.change, bothGood(x.good))
		t.Logf("%s: seen after %.1f s", x.change, at.Sub(changed).Seconds())
		for _, c := range clusters {
			if !slices.ContainsFunc(s.Events, func(e board.Event) bool { return e.Who == c && strings.Contains(e.Says, x.says) }) {
				t.Errorf("%s: no event of %s says %q", x.change, c, x.says)
			}
		}
	}
}

// 20,000 rows that no Director will ever end, with a letter that Bacula has or with another, cost a statement a tick, and are told once.
func TestNoCatalogBreaksTheBudgets(t *testing.T) {
	for letter, says := range map[string]string{"x": "20000 jobs of %s with a status that is not in Bacula's table: ?x " +
		"(20000)", "R": "the catalog of %s calls 20000 jobs open"} {
		t.Run(letter, func(t *testing.T) {
			o := relookWorld(t)
			o.until(t, 20*time.Second, "the newest night is good", bothGood(5))
			for _, c := range clusters {
				adminExec(t, c, fmt.Sprintf(relookRow, 100, relooked, letter, 3))
				for n := 1; n < 20_000; n *= 2 { // each doubles what is there
					adminExec(
						t,
						c,
						fmt.Sprintf(
							`INSERT INTO relook.Job (JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime, JobTDate,
								JobErrors, JobFiles, JobBytes)
						SELECT JobId + %[1]d, CONCAT(Job, '.%[1]d'), Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime,
							JobTDate, JobErrors, JobFiles, JobBytes
						FROM relook.Job WHERE JobId BETWEEN 100 AND 99 + %[2]d`,
							n,
							min(n, 20_000-n),
						),
					)
				}
			}
			s, _ := o.until(t, 60*time.Second, "it is told", func(s *board.Snapshot) bool {
				return !slices.ContainsFunc(clusters, func(c string) bool {
					return !slices.ContainsFunc(s.Alerts, func(a board.Alert) bool { return strings.Contains(a.Says, fmt.Sprintf(says, c)) })
				})
			})
			if n := len(s.Clusters[0].Open); n > 2048 {
				t.Errorf("%d open jobs are listed", n)
			}
			from := time.Now()
			for _, c := range clusters {
				adminExec(t, c, "SET GLOBAL log_output='TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log=ON")
				t.Cleanup(func() {
					adminExec(t, c, "SET GLOBAL general_log=OFF; SET GLOBAL log_output='FILE'; TRUNCATE mysql.general_log")
				})
			}
			o.until(t, 30*time.Second, "every source to answer ten times", func(*board.Snapshot) bool {
				return len(o.since(from)["blue catalog"]) >= 10 && len(o.since(from)["green catalog"]) >= 10
			})
			for _, c := range clusters {
				n := 0
				for _, text := range statementsOf(t, c) {
					if strings.Contains(text, " FROM Job WHERE JobId") {
						n++
					}
				}
				if most := 2 * len(o.since(from)[c+" catalog"]); n > most {
					t.Errorf("%s was sent %d statements for its jobs, in %d looks", c, n, most/2)
				}
			}
		})
	}
}

// A Director of 15 goes on with a dead connection after its catalog's server was gone, as long as a job holds it: it is told, with what to
// do.
func TestADirectorThatLostItsCatalog(t *testing.T) {
	quiet(t)
	o := observe(t, variant(t, "primaries", primaries))
	o.settled(t)
	id, _ := startJob(t, "green", "backup-chain06-region1-immutable") // two minutes
	runs := func(s *board.Snapshot) bool {
		return slices.ContainsFunc(s.Clusters[side("green")].Open, func(j model.Job) bool { return int(j.ID) == id && j.Outcome.Open() })
	}
	o.until(t, 20*time.Second, "it runs", runs)
	breaks(t, "catalog-stopped", "green")()
	s, _ := o.until(t, 4*time.Minute, "the end that only its Director tells", func(s *board.Snapshot) bool {
		return slices.ContainsFunc(s.Alerts, func(a board.Alert) bool { return a.ID == "unlinked:green" })
	})
	if !slices.ContainsFunc(s.Clusters[side("green")].Recent, func(j model.Job) bool { return int(j.ID) == id }) {
		t.Errorf("job %d is not among those that ended", id)
	}
	if said := types(t, "green", "run job=backup-chain10-region1-regular yes"); !strings.Contains(said, "Job 0 failed.") {
		t.Logf("its dead connection went with the last that held it, and it starts jobs again: %s", said)
	}
	breaks(t, "director-killed", "green")()
	o.until(t, 30*time.Second, "its Director was started again", func(s *board.Snapshot) bool {
		return !slices.ContainsFunc(s.Alerts, func(a board.Alert) bool { return a.ID == "unlinked:green" })
	})
}
