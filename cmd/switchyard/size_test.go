package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// TestSizeChoosesOnceGreenCarriesEverything asks in a world where blue has been idle for weeks.
func TestSizeChoosesOnceGreenCarriesEverything(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newStageAt(t, "split", worldclock.New(model.Now(), 1), unhurried) // weeks of a load are read
	s.does(exitFine, "gates", "attest", "full-load", "--word", "since summer")
	told := s.does(exitFinding, "size", "--data-gib", "14", "--class-since", "50d", "--catch-up", "2d")
	s.says(told, "DOWN db.r7g.xlarge", "db.r7g.large lacks buffer pool", "\n-   instance_class = \"db.r7g.2xlarge\"",
		"--db-instance-identifier bacula-replica --db-instance-class db.r7g.xlarge", "costs    not known")
	if strings.Index(told, "# bacula in") > strings.Index(told, "# bacula-replica in") {
		t.Errorf("the replica shrinks first, and could not take over:\n%s", told)
	}
	apply := []string{"size", "--data-gib", "14", "--class-since", "50d", "--catch-up", "2d", "--apply", "--confirm=resize to db.r7g.xlarge",
		"--reason=agreed"}
	s.says(s.does(exitFinding, apply...), "\n-   instance_class = \"db.r7g.2xlarge\"", "size_calls is off", "approving it: size-allowed")
	s.says(
		s.does(exitFinding, "size", "--data-gib", "4", "--class-since", "50d", "--catch-up", "2d", "--class", "db.r7g.large"),
		"one size at a time: db.r7g.xlarge first",
	)
	s.says(s.does(exitFine, "size", "--class-since", "50d", "--catch-up", "2d"), "STAY db.r7g.2xlarge")
	s.says(s.does(exitFinding, "size", "--catch-up", "2d"), "REFUSED", "say it with --class-since")
	s.says(
		s.does(exitFinding, "size", "--class-since", "3d", "--catch-up", "2d"),
		"REFUSED",
		"it has its class since",
		"14d are needed: ask again after",
	)

	without := "class,vcpu,mem_gib,ebs_baseline_mbps,ebs_baseline_iops,ebs_burst_mbps,net_baseline_gbps,source,date,usd_per_hour\n" +
		"db.r7g.xlarge,4,32,1250,6000,10000,1.876,a bill,2026-11-28,0.5\n"
	path := filepath.Join(filepath.Dir(s.ConfigPath()), "classes.csv")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "  director_account: bacula\n", "  director_account: bacula\n  classes: classes.csv\n", 1))
	if err := os.WriteFile(s.ConfigPath(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	write(without)
	s.says(s.does(exitFinding, "size", "--class-since", "50d", "--catch-up", "2d"), "REFUSED", "db.r7g.2xlarge is not in "+path+": add a row")
	write(without + "db.r7g.2xlarge,8,64,2500,12000,10000,3.75,a bill,2026-11-28,\n")
	s.says(s.does(exitCannot, "size"), "line 3: db.r7g.2xlarge has no usd_per_hour: write a number above 0")
	write(without + "db.r7g.2xlarge,8,64,2500,12000,10000,3.75,a bill,2026-11-28,1.1\n")
	s.says(
		s.does(exitFinding, "size", "--data-gib", "14", "--class-since", "50d", "--catch-up", "2d"),
		"costs    0.5 instead of 1.1 US dollars an hour",
	)
}

// TestSizeOfAPairThatSomebodyChanged asks in a world where the replica, the writer, and at last their roles are not what they were.
func TestSizeOfAPairThatSomebodyChanged(t *testing.T) {
	t.Parallel()
	s := newStageAt(t, "split", worldclock.New(model.Now(), 1), unhurried) // weeks of a load are read
	s.does(exitFine, "gates", "attest", "full-load", "--word", "since summer")
	size := []string{"size", "--class-since", "50d", "--catch-up", "2d"}
	s.Cloud().SetClass(rehearsal.ReplicaRegion, rehearsal.ReplicaID, "db.r7g.xlarge")
	s.says(
		s.does(exitFinding, size...),
		"STAY db.r7g.2xlarge",
		"its replica is smaller (db.r7g.xlarge)",
		"\n-   instance_class = \"db.r7g.xlarge\"",
		"--db-instance-identifier bacula-replica --db-instance-class db.r7g.2xlarge",
	)
	s.Cloud().SetClass(rehearsal.ReplicaRegion, rehearsal.ReplicaID, "db.x9z.xlarge")
	s.says(s.does(exitFinding, size...), "REFUSED", "db.x9z.xlarge of its replica is not in")
	s.Cloud().SetClass(rehearsal.ReplicaRegion, rehearsal.ReplicaID, "db.r7g.2xlarge")
	s.says(s.does(exitFine, size...), "STAY db.r7g.2xlarge")
	s.Cloud().SetClass(rehearsal.PrimaryRegion, rehearsal.PrimaryID, "db.r7g.2xlarge")
	s.says(s.does(exitFinding, size...), "REFUSED", "it has its class since")
	s.Cloud().SetSource(rehearsal.ReplicaRegion, rehearsal.ReplicaID, "")
	s.says(s.does(exitCannot, size...), "both bacula and bacula-replica are no replicas by AWS's word")
}

// TestSizeIsChangedByAPlan: the writer shrinks first, and its replica only once the writer was seen to have its class.
func TestSizeIsChangedByAPlan(t *testing.T) {
	t.Parallel()
	s := newStageAt(t, "split", worldclock.New(model.Now(), 200), "policy: {size_calls: yes}\n")
	s.does(exitFine, "gates", "attest", "full-load", "--word", "since summer")
	size := []string{"size", "--data-gib", "14", "--class-since", "50d", "--catch-up", "2d"}
	told := s.does(exitFine, apply(size, "--confirm=resize to db.r7g.xlarge", "--reason=agreed")...)
	s.says(
		told,
		"rds:ModifyDBInstance DBInstanceIdentifier=bacula DBInstanceClass=db.r7g.xlarge ApplyImmediately=true, once, in "+rehearsal.PrimaryRegion,
	)
	var done []string
	swapped := regexp.MustCompile(`done: step \d of 2, .*: (\S+) is a db\.r7g\.xlarge, and its server answers`)
	for _, f := range swapped.FindAllStringSubmatch(told, -1) {
		done = append(done, f[1])
	}
	if !slices.Equal(done, []string{rehearsal.PrimaryID, rehearsal.ReplicaID}) {
		t.Errorf("%q have it, in that order:\n%s", done, told)
	}
	s.says(s.does(exitFinding, size...), "REFUSED", "it has its class since")
}
