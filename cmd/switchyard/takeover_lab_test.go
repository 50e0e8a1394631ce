//go:build lab

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"switchyard/backend/config"
	"switchyard/model/record"
)

// alerted are the alerts that status tells, by their ids.
func (l *labCrew) alerted() map[string]labAlert {
	l.t.Helper()
	said, _ := l.command("status", "--json").Output()
	var told struct{ Alerts []labAlert }
	if err := json.Unmarshal(said, &told); err != nil {
		l.t.Fatalf("%v of %s", err, said)
	}
	out := map[string]labAlert{}
	for _, a := range told.Alerts {
		out[a.ID] = a
	}
	return out
}

type labAlert struct {
	ID, Says, Do string
	Jobs         []struct{ Job string }
}

// onReplica wants green's Director to write to the promoted server, and there the canary's backup and its restore, byte for byte.
func (l *labCrew) onReplica(dir string, a *record.Action) {
	l.t.Helper()
	if uses := l.lab("console", "green", "show catalogs"); !strings.Contains(uses, l.replicaPort()) {
		l.t.Errorf("green's Director uses\n%s", uses)
	}
	if n := labCount(l.t, "replica", "SELECT COUNT(*) FROM Job WHERE JobStatus='T' AND Comment LIKE 'switchyard "+a.ID+"%'"); n != 2 {
		l.t.Errorf("%d jobs of the plan are good in the promoted catalog, want a backup and a restore", n)
	}
	restored(l.t, dir, movedChains[0])
}

// replicaPort is that of the replica's address, as a Director says it.
func (l *labCrew) replicaPort() string {
	l.t.Helper()
	text, err := os.ReadFile(l.config)
	if err != nil {
		l.t.Fatal(err)
	}
	at := regexp.MustCompile(`replica: {.*address: "127.0.0.1:([0-9]+)"}`).FindSubmatch(text)
	if at == nil {
		l.t.Fatalf("where is the replica?\n%s", text)
	}
	return string(at[1])
}

// TestTheLabSwitchesOver while a backup runs: it is waited for, no job is lost, and Bacula 15 goes on with the promoted MySQL.
func TestTheLabSwitchesOver(t *testing.T) {
	dir := t.TempDir()
	l := movedLab(t, dir)
	began := time.Now()
	running := l.starts("green", bigJob+" level=Full")
	told := l.applies("promote bacula-replica", "failover", "switchover")
	l.says(told, "is a primary of its own", "is encrypted")
	if !regexp.MustCompile(`it waits for \d+ jobs?: .*\b` + running + ` `).MatchString(told) { // those that filled the lab may run yet
		t.Errorf("it does not wait for job %s", running)
	}
	t.Logf("switched over in %.0f s", time.Since(began).Seconds())
	l.adds("Switchover")
	was, is := labJobs(t, "green"), labJobs(t, "replica")
	for name, j := range was {
		if is[name] != j {
			t.Errorf("%+v is %+v in the promoted catalog", j, is[name])
		}
	}
	if ended := labAsk(t, "replica", "SELECT JobStatus FROM Job WHERE JobId="+running); len(is) != len(was)+2 || ended != "T" {
		t.Errorf("%d jobs were there, %d are, and the one that ran is %s", len(was), len(is), ended)
	}
	l.onReplica(dir, l.action())
	if labAsk(t, "green", "SELECT @@global.read_only") != "1" {
		t.Error("the old primary takes writes")
	}
}

// adds tells, as a benchmark does, what this program added to the newest action: to what AWS and the daemons took.
func (l *labCrew) adds(to string) {
	l.t.Helper()
	cfg, err := config.Load(l.config)
	if err != nil {
		l.t.Fatal(err)
	}
	j, err := openJournal(l.t.Context(), cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	defer j.Close()
	fmt.Printf("BenchmarkLab%s 1 %.3f s-added\n", to, between(l.t, j, 1).Seconds())
}

// loses backs both chains up for longer than 20 s while the replica hears nothing of it, has that observed, and then kills the primary.
func (l *labCrew) loses() {
	l.t.Helper()
	labDo(l.t, "replica", "STOP REPLICA IO_THREAD", "SELECT 1")
	began := time.Now()
	l.backs(movedChains[1])
	l.backs(movedChains[0])
	l.until("20 s of writes that nobody replicates", func() bool { return time.Since(began) > 20*time.Second })
	l.backs(movedChains[0])
	l.does(0, "observe")
	l.breaks("region-gone", "green")
}

// volumeOf is the volume of a chain's newest good backup on green.
func (l *labCrew) volumeOf(chain string) string {
	l.t.Helper()
	return labAsk(l.t, "green", "SELECT m.VolumeName FROM Media m JOIN JobMedia v ON v.MediaId=m.MediaId JOIN Job j ON j.JobId=v.JobId "+
		"WHERE j.Name='"+jobOf(chain)+"' AND j.JobStatus='T' ORDER BY j.JobId DESC LIMIT 1")
}

// appendsTo lets the next backup go to the volume that holds a chain's newest one, which the replica knows, too.
func (l *labCrew) appendsTo(chain string) (volume string) {
	l.t.Helper()
	volume = l.volumeOf(chain)
	labDo(l.t, "green", "USE bacula", "UPDATE Media SET MaxVolJobs=VolJobs+1, VolStatus='Append' WHERE VolumeName='"+volume+"'", "SELECT 1")
	l.until("the replica knows that it can be appended to", func() bool {
		return labAsk(l.t, "replica", "SELECT VolStatus FROM Media WHERE VolumeName='"+volume+"'") == "Append"
	})
	return volume
}

// sealed wants the plan to have marked volumes Read-Only by itself, and before it let any job start.
func (l *labCrew) sealed(a *record.Action) {
	l.t.Helper()
	at := func(what ...string) int {
		return slices.IndexFunc(a.Steps, func(name string) bool {
			return !slices.ContainsFunc(what, func(w string) bool { return !strings.Contains(name, w) })
		})
	}
	marks, starts := at("mark ", " Read-Only"), at("start backup-")
	if marks < 0 || starts < 0 || marks > starts {
		l.t.Errorf("volumes are marked by step %d, and the first job is started by %d: %q", marks+1, starts+1, a.Steps)
	}
}

// keeps wants Bacula to leave a volume alone that nothing but its mark protects, although it is out of its retention; another one as old,
// which has no mark, is written over by the same backup.
func (l *labCrew) keeps(marked, other string) {
	l.t.Helper()
	was := labVolumes(l.t)
	recycled := func(volume string) int {
		return labCount(l.t, "replica", "SELECT RecycleCount FROM Media WHERE VolumeName='"+volume+"'")
	}
	wasMarked, wasOther := recycled(marked), recycled(other)
	labDo(l.t, "replica", "USE bacula", "UPDATE Media SET LastWritten='2001-01-01', FirstWritten='2001-01-01', VolRetention=1, Recycle=1 "+
		"WHERE VolumeName IN ('"+marked+"', '"+other+"')", "SELECT 1")
	l.backs(movedChains[0])
	if n := recycled(other) - wasOther; n != 1 {
		l.t.Errorf("%s is out of its retention, and was recycled %d times: what keeps %s is not known", other, n, marked)
	}
	is := labAsk(l.t, "replica", "SELECT VolStatus FROM Media WHERE VolumeName='"+marked+"'")
	if n := recycled(marked) - wasMarked; is != "Read-Only" || n != 0 {
		l.t.Errorf("%s is %s, and was recycled %d times", marked, is, n)
	}
	l.untouched(was, marked)
}

// untouched wants a volume as it was.
func (l *labCrew) untouched(was map[string]volume, name string) {
	l.t.Helper()
	for path, is := range labVolumes(l.t) {
		if filepath.Base(path) == name && was[path] != is {
			l.t.Errorf("what %s holds is not what it held: it was written %s, and %s", name, was[path].at, is.at)
		}
	}
}

// namesAnew wants the volume of an action's backup to be a new file, each volume of a lost job to be the file that it was, and a row of it
// in the promoted catalog that no job can use: with the MediaType and the pool that are its own in the catalog that was given up.
func (l *labCrew) namesAnew(was map[string]volume, a *record.Action, lost []string) {
	l.t.Helper()
	wrote := labAsk(l.t, "replica", "SELECT m.VolumeName FROM Media m JOIN JobMedia v ON v.MediaId=m.MediaId JOIN Job j ON j.JobId=v.JobId "+
		"WHERE j.Type='B' AND j.Comment LIKE 'switchyard "+a.ID+"%' LIMIT 1")
	for path := range was {
		if filepath.Base(path) == wrote {
			l.t.Errorf("the canary was written to %s, which was there: lost jobs wrote to %q", wrote, lost)
		}
	}
	if len(lost) == 0 || wrote == "" {
		l.t.Errorf("lost jobs wrote to %q, and the canary to %q", lost, wrote)
	}
	const row = "SELECT CONCAT(VolStatus, ' ', MediaType, ' ', PoolId) FROM Media WHERE VolumeName='"
	for _, v := range lost {
		l.untouched(was, v)
		_, own, _ := strings.Cut(labAsk(l.t, "green", row+v+"'"), " ")
		if is := labAsk(l.t, "replica", row+v+"'"); is != "Read-Only "+own {
			l.t.Errorf("%s is %q in the promoted catalog, and was %q", v, is, own)
		}
	}
}

// TestTheLabsPrimaryIsGone with 20 s of writes that the replica never had: what is lost is told before, and is what the catalogs differ by
// afterwards; no volume of it is written to again, and no new one has its name; no JobId and no MediaId is given a second time, and the old
// primary, when it is back, is heard of and takes no write.
func TestTheLabsPrimaryIsGone(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	dir := t.TempDir()
	l := movedLab(t, dir)
	l.until("no job of the lab's own runs, and the replica has all of it", func() bool {
		return labCount(t, "green", "SELECT COUNT(*) FROM Job WHERE JobStatus IN ('C', 'R')") == 0 &&
			len(labJobs(t, "green")) == len(labJobs(t, "replica"))
	})
	labDo(t, "green", "USE bacula", "UPDATE Media SET Recycle=0", "SELECT 1") // what is lost goes to new volumes, whatever ran here before
	other := l.volumeOf(movedChains[1])
	both := l.appendsTo(movedChains[0])
	l.loses()
	volumes := labVolumes(t)
	began := time.Now()
	verb := []string{"failover", "emergency"}
	before := l.does(0, verb...)
	l.says(l.applies("promote bacula-replica", verb...), "Bacula writes to none of", "new volumes are named above MediaId ",
		"each of 3 lost volumes has a row, of which 2 had none")
	a := l.action()
	t.Logf("promoted in %.0f s", time.Since(began).Seconds())
	l.adds("Emergency")
	l.onReplica(dir, a)
	l.sealed(a)
	if is := labAsk(t, "replica", "SELECT VolStatus FROM Media WHERE VolumeName='"+both+"'"); is != "Read-Only" {
		t.Errorf("%s holds a job that is lost, and is %s", both, is)
	}
	is := labJobs(t, "replica")
	l.keeps(both, other) // before two servers take writes: then nothing is started on green
	labRun(t, "fault", "region-gone", "green", "heal")

	was := labJobs(t, "green")
	var lost, told, on []string
	highest := 0
	for name, j := range was {
		highest = max(highest, j.id)
		if is[name] != j {
			lost = append(lost, name)
			l.says(before, fmt.Sprintf("it loses %d %s", j.id, name))
		}
	}
	if loss := a.Loss(); loss != nil {
		for _, j := range loss.Jobs {
			told, on = append(told, j.Job), append(on, j.Volumes...)
		}
	}
	l.namesAnew(volumes, a, on)
	slices.Sort(lost)
	if slices.Sort(told); len(lost) != 3 || !slices.Equal(lost, told) {
		t.Errorf("lost are %q, and told %q", lost, told)
	}
	for name, j := range is {
		if _, both := was[name]; !both && j.id <= highest {
			t.Errorf("JobId %d is given to %s, and JobIds up to %d were given", j.id, name, highest)
		}
	}
	media := labCount(t, "green", "SELECT MAX(MediaId) FROM Media")
	if n := labCount(t, "replica", "SELECT MAX(MediaId) FROM Media"); n <= media {
		t.Errorf("new volumes are named above %d, and %d was given", n, media)
	}
	l.until("both take writes, and that is told", func() bool { return strings.Contains(l.alerted()["rds:two-writers"].Do, "f quarantines") })
	l.applies("quarantine bacula", "failover", "quarantine")
	if labAsk(t, "green", "SELECT @@global.read_only") != "1" {
		t.Error("the old primary takes writes")
	}
}

// TestTheLabsStandbyTakesOver: RDS fails over by itself while two backups run. Bacula 15 keeps its dead connection, which is told and
// mended by the restart that is offered; the backups that died of it are named, and one plan runs both again.
func TestTheLabsStandbyTakesOver(t *testing.T) {
	dir := t.TempDir()
	another := "big-" + movedChains[0]
	l := movedLab(t, dir, another)
	jobs := []string{bigJob, "backup-" + another + "-region1-regular"}
	var ids []string
	for _, job := range jobs {
		ids = append(ids, l.starts("green", job+" level=Full"))
	}
	l.until("both run", func() bool {
		return labCount(t, "green", "SELECT COUNT(*) FROM Job WHERE JobStatus='R' AND JobId IN ("+strings.Join(ids, ",")+")") == 2
	})
	standsIn(t)
	began := time.Now()
	d := l.watches()
	d.see("green-dir has lost its catalog")
	t.Logf("told after %.0f s", time.Since(began).Seconds())
	l.applies("restart green-dir", "restart", "green", "--now")
	l.until("the Director is not held to have lost it", func() bool { _, is := l.alerted()["unlinked:green"]; return !is })
	l.until("the failover names what died of it", func() bool {
		for id, a := range l.alerted() {
			if strings.HasPrefix(id, "rds:failover:") && len(a.Jobs) >= 2 {
				return strings.Contains(a.Says, ids[0]+" ") && strings.Contains(a.Says, ids[1]+" ")
			}
		}
		return false
	})
	l.applies("rerun 2 green", "rerun", "green")
	for _, job := range jobs {
		const good = "SELECT COUNT(*) FROM Job WHERE JobStatus='T' AND Name='%s' AND JobId > %s"
		if n := labCount(t, "green", fmt.Sprintf(good, job, ids[1])); n != 1 {
			t.Errorf("%d good backups of %s since", n, job)
		}
	}
}

// watches opens a session that watches.
func (l *labCrew) watches() *terminal { return sit(l.t, 200, 60, l.command("watch")) }

// standsIn has RDS fail over to its standby, as it does by itself: nobody's plan knows of it.
func standsIn(t *testing.T) {
	t.Helper()
	at := regexp.MustCompile(`endpoint: "(http[^"]+)"`)
	text, err := os.ReadFile(filepath.Join(labDir, "switchyard.yaml"))
	found := at.FindSubmatch(text)
	if err != nil || found == nil {
		t.Fatalf("where is AWS? %v", err)
	}
	api := rds.New(rds.Options{Region: "eu-west-1", BaseEndpoint: aws.String(string(found[1])), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AMAZON", "itself", "")})
	in := &rds.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("bacula"), ForceFailover: aws.Bool(true)}
	if _, err := api.RebootDBInstance(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}
