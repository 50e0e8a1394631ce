package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
	"switchyard/model/record"
)

// endedJobs are the jobs that ended, in the catalog on an instance, by JobId and name, whatever is wrong with it.
func (s *stage) endedJobs(id string) (names []string, last uint64) {
	s.t.Helper()
	in, err := s.Instance(id)
	if err != nil {
		s.t.Fatal(err)
	}
	var all string
	const ask = "SELECT COALESCE(group_concat(JobId || ' ' || Job), ''), MAX(JobId) FROM Job WHERE JobStatus IN ('T', 'f', 'E', 'A')"
	if err := in.Read(ask).Scan(&all, &last); err != nil {
		s.t.Fatal(err)
	}
	return strings.Split(all, ","), last
}

// losesTheTail backs cells up on green while the replica fetches nothing, and has that observed.
func (s *stage) losesTheTail(cells int) {
	s.t.Helper()
	if err := s.Fault("replication-unfetched", ""); err != nil {
		s.t.Fatal(err)
	}
	for i := range cells {
		chain := fmt.Sprintf("chain%03d", i+1)
		verb := []string{"backup", "--chain", chain, "--region", "region1", "--kind", "regular", "--on", "green"}
		s.does(0, apply(verb, "--confirm=backup "+chain+" green", "--reason=a rehearsal")...)
	}
	s.does(0, "observe")
}

// TestEmergency promotes the replica while the primary's AWS region is gone: how it was set is known from what was observed before. It
// names beforehand what it loses at most, tells afterwards what the promoted catalog lacks, with volumes, and gives no number a second
// time. What it tells is the difference of the two catalogs.
func TestEmergency(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newFastStageAt(t, "dr-day", 30, takeoverPolicy)
	verb := []string{"failover", "emergency"}
	s.says(s.does(1, verb...), "there would be two writers", "blocked",
		"override?  it is known which JobIds and MediaIds were given last: ", "of volumes nothing was recorded", "goes on ten times as far")
	s.losesTheTail(3)
	if err := s.Fault("region-gone", rehearsal.PrimaryRegion); err != nil {
		t.Fatal(err)
	}
	before, given := s.endedJobs(rehearsal.PrimaryID)
	kept, _ := s.endedJobs(rehearsal.ReplicaID)
	gone := slices.DeleteFunc(before, func(j string) bool { return slices.Contains(kept, j) })
	if len(gone) != 3 {
		t.Fatalf("%q are not on the replica", gone)
	}
	said := s.does(0, verb...)
	for _, j := range gone {
		s.says(said, "it loses "+j+", ended")
	}
	s.says(said, "it loses", "by the journal's evidence", "it is an emergency", "what else can be proven of the pair is",
		"it is known which JobIds and MediaIds were given last", fmt.Sprintf("Job up to %d", given), "ALTER TABLE Job AUTO_INCREMENT = ",
		"on green-", "are to be marked Read-Only", "mark 3 volumes Read-Only", "so that no new one has their name", "INSERT INTO Media")
	volumes := s.volumesOf(gone)
	s.sharesVolume(volumes[0])
	s.takesOver(verb)
	s.sealed(volumes)
	s.namesNone(volumes)
	a := s.action()
	t.Logf("schedules are on %s after the approval, in the world's time", a.LastAt.Sub(a.At))
	loss := a.Loss()
	if loss == nil {
		t.Fatal("nobody looked for what is lost")
	}
	var told []string
	for _, j := range loss.Jobs {
		told = append(told, fmt.Sprintf("%d %s", j.ID, j.Job))
		if len(j.Volumes) == 0 {
			t.Errorf("nobody knows on which volumes %s is", j.Job)
		}
	}
	if slices.Sort(told); !slices.Equal(told, slices.Sorted(slices.Values(gone))) {
		t.Errorf("told %q, lost %q", told, gone)
	}
	s.anew(a, given)
	s.says(
		s.does(0, "actions", fmt.Sprint(a.Seq)),
		"3 ended jobs of the ",
		"of 3 lost volumes has a row, of which 2 had none",
		"bscan -s -m ",
		loss.Jobs[0].Volumes[0],
		loss.Jobs[0].Job,
	)
}

// volumesOf are the volumes of jobs, as the primary's catalog has them.
func (s *stage) volumesOf(jobs []string) (volumes []string) {
	s.t.Helper()
	const on = "SELECT VolumeName FROM Media WHERE MediaId = (SELECT MAX(MediaId) FROM JobMedia WHERE JobId = "
	for _, j := range jobs {
		id, _, _ := strings.Cut(j, " ")
		var name string
		if err := s.instance(rehearsal.PrimaryID).Read(on + id + ")").Scan(&name); err != nil {
			s.t.Fatal(err)
		}
		volumes = append(volumes, name)
	}
	return volumes
}

// sharesVolume lets the replica's catalog have the volume of a job that it lacks, as one that was begun long before, and one of others.
func (s *stage) sharesVolume(volume string) {
	s.t.Helper()
	err := s.instance(rehearsal.ReplicaID).Bulk(func(tx *sqlsim.Tx) error {
		for i, name := range []string{"green-of-others", volume} { // a restore has no volume, and its number is free
			err := tx.Exec("INSERT INTO Media (MediaId, VolumeName, MediaType, PoolId, VolStatus) SELECT JobId, ?, 'File', 1, 'Append' FROM Job "+
				"WHERE Type = 'R' ORDER BY JobId DESC LIMIT 1 OFFSET ?", name, i)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// namesNone holds that nothing was appended to a volume of a job that is lost, although the Storage Daemons have them all: each has a row
// that no job can use, the canary was written to a volume of its own, and the next is named above all that were.
func (s *stage) namesNone(lost []string) {
	s.t.Helper()
	green := s.Cluster(model.Green)
	if again := green.Appended(); len(again) > 0 {
		s.t.Errorf("%q were appended to; lost jobs wrote to %q", again, lost)
	}
	if all := green.Stored(); len(all) <= len(lost) {
		s.t.Errorf("there are %q, and lost jobs wrote to %q", all, lost)
	}
	for i, v := range lost {
		var kind string
		var pool, off int
		const ask = "SELECT CAST(MediaType AS TEXT), PoolId, Enabled = 0 AND Recycle = 0 FROM Media WHERE VolumeName = ?"
		err := s.instance(rehearsal.ReplicaID).Read(ask, v).Scan(&kind, &pool, &off)
		if err != nil || i > 0 && (!strings.HasPrefix(kind, "File-") || pool == 0 || off == 0) {
			s.t.Errorf("%s has the MediaType %q and is in pool %d, usable %v (%v)", v, kind, pool, off == 0, err)
		}
	}
	var given, highest int
	if err := s.instance(rehearsal.PrimaryID).Read("SELECT MAX(MediaId) FROM Media").Scan(&given); err != nil {
		s.t.Fatal(err)
	}
	if err := s.instance(rehearsal.ReplicaID).Read("SELECT MAX(MediaId) FROM Media").Scan(&highest); err != nil || highest <= given {
		s.t.Errorf("new volumes are named above %d, and MediaId %d was given (%v)", highest, given, err)
	}
}

// sealed wants volumes to be Read-Only in the promoted catalog, and no other.
func (s *stage) sealed(volumes []string) {
	s.t.Helper()
	var all string
	err := s.instance(rehearsal.ReplicaID).
		Read("SELECT COALESCE(group_concat(VolumeName), '') FROM Media WHERE VolStatus = 'Read-Only'").
		Scan(&all)
	got := strings.Split(all, ",")
	slices.Sort(got)
	if slices.Sort(volumes); err != nil || !slices.Equal(got, volumes) {
		s.t.Errorf("Read-Only are %q, want %q (%v)", got, volumes, err)
	}
}

// anew holds that what an action started has a number that nothing had before, and that every table goes on above it.
func (s *stage) anew(a *record.Action, given uint64) {
	s.t.Helper()
	in, err := s.Instance(rehearsal.ReplicaID)
	if err != nil {
		s.t.Fatal(err)
	}
	var first, jobs uint64
	if err := in.Read("SELECT MIN(JobId), COUNT(*) FROM Job WHERE Comment LIKE 'switchyard "+a.ID+"%'").Scan(&first, &jobs); err != nil ||
		first <= given || jobs != 2 {
		s.t.Errorf("%d jobs from %d on, after %d (%v)", jobs, first, given, err)
	}
	for table, least := range map[string]uint64{"Job": given, "Media": given, "JobMedia": given, "Log": given, "Client": 1000, "Pool": 1000,
		"FileSet": 1000} {
		if n, err := in.Number(table); err != nil || n <= least {
			s.t.Errorf("%s numbers on from %d (%v)", table, n, err)
		}
	}
}
