//go:build lab

package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/model"
)

// pointsName is a job that never ran, of a client and a FileSet of its own, so that Directors of both versions choose among its rows alone.
const pointsName = "points-contract"

// chosenMoments are how many good backups each Director is asked about: 200 on both.
const chosenMoments = 100

// makePoints writes a history of full, differential and incremental backups, some failed and some that overlap, into a Director's catalog.
func makePoints(t *testing.T, cluster string, zone *time.Location) {
	t.Helper()
	const drop = "DELETE FROM bacula.Job WHERE Name='" + pointsName + "'; DELETE FROM bacula.Client WHERE Name='" + pointsName +
		"'; DELETE FROM bacula.FileSet WHERE FileSet='" + pointsName + "'"
	t.Cleanup(func() { adminExec(t, cluster, drop) })
	statements := []string{drop,
		"INSERT INTO bacula.Client (Name, Uname, AutoPrune) VALUES ('" + pointsName + "', '', 0)",
		"INSERT INTO bacula.FileSet (FileSet, MD5, CreateTime) VALUES ('" + pointsName + "', 'x', NOW())"}
	dice := rand.New(rand.NewPCG(7, uint64(side(cluster))))
	start, ends := time.Date(2024, 11, 4, 3, 0, 0, 0, time.UTC), map[int64]bool{}
	for n, good := 0, 0; good < chosenMoments; n++ {
		start = start.Add(time.Duration(1+dice.IntN(40)) * time.Minute)
		end := start.Add(time.Duration(dice.IntN(3000)) * time.Second)
		for ends[end.Unix()] { // which of two that end at once is newer, no Director says
			end = end.Add(time.Second)
		}
		ends[end.Unix()] = true
		level, status := "FDDIIIIIIII"[dice.IntN(11)], "TTTTWfAE"[dice.IntN(8)]
		if n == 0 {
			level, status = 'F', 'T'
		}
		if status == 'T' || status == 'W' {
			good++
		}
		at := func(t time.Time) string { return t.In(zone).Format(time.DateTime) }
		statements = append(
			statements,
			fmt.Sprintf("INSERT INTO bacula.Job (Job, Name, Type, Level, ClientId, FileSetId, JobStatus, SchedTime, StartTime, "+
				"EndTime, RealEndTime, JobTDate, JobFiles, JobBytes) SELECT '%[1]s.%[2]s_%02[3]d', '%[1]s', 'B', '%[4]c', c.ClientId, f.FileSetId, "+
				"'%[5]c', "+
				"'%[6]s', '%[6]s', '%[7]s', '%[7]s', %[8]d, 10, 1000 FROM bacula.Client c, bacula.FileSet f WHERE c.Name='%[1]s' AND f.FileSet='%[1]s'",
				pointsName, start.In(zone).Format("2006-01-02_15.04.05"), n%100, level, status, at(start), at(end), end.Unix()),
		)
	}
	adminExec(t, cluster, strings.Join(statements, "; "))
}

var jobIDList = regexp.MustCompile(`^\d+(,\d+)*$`)

// askedSets are what the Director itself would restore for each of some jobs: its answer to .bvfs_get_jobids.
func askedSets(t *testing.T, cluster string, points []model.RestorePoint) map[uint32]string {
	t.Helper()
	lines := make([]string, len(points))
	for i := range points {
		lines[i] = fmt.Sprintf(".bvfs_get_jobids jobid=%d", points[i].ID)
	}
	out, of := map[uint32]string{}, uint32(0)
	for line := range strings.Lines(types(t, cluster, lines...)) {
		line = strings.TrimSpace(line)
		switch id, command := strings.CutPrefix(line, ".bvfs_get_jobids jobid="); {
		case command:
			if _, err := fmt.Sscan(id, &of); err != nil {
				t.Fatal(err)
			}
		case of != 0 && jobIDList.MatchString(line):
			out[of], of = line, 0
		}
	}
	return out
}

// TestTheLabsSetsAreThoseOfTheDirectors compares the complete sets of 200 moments with what both Directors would restore.
func TestTheLabsSetsAreThoseOfTheDirectors(t *testing.T) {
	cfg, err := config.Load(labConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range clusters {
		makePoints(t, cluster, cfg.Clusters[side(cluster)].Zone)
		cat, err := catalogOf(cfg, side(cluster))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cat.Close() })
		rows, whole, err := cat.Backups(t.Context(), pointsName, bacula.Page{})
		if err != nil || !whole {
			t.Fatalf("%s: %v, whole %v", cluster, err, whole)
		}
		h := model.History{Cluster: side(cluster), Whole: true, Now: time.Now()}
		for i := range rows {
			h.Saved = append(h.Saved, model.Saved{Job: rows[i].ToJob(side(cluster)), Told: true})
		}
		points := h.Points()
		if len(points) != chosenMoments {
			t.Fatalf("%s: %d points of %d rows", cluster, len(points), len(rows))
		}
		sets := askedSets(t, cluster, points)
		for i := range points {
			var ids []string
			for _, part := range points[i].Set {
				ids = append(ids, fmt.Sprint(part.ID))
			}
			if got, want := strings.Join(ids, ","), sets[points[i].ID]; got != want {
				t.Errorf("%s: the set of job %d is %s, the Director says %q", cluster, points[i].ID, got, want)
			}
		}
	}
}
