//go:build lab

package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seenJob and seenStatus are what the tests read of status --json: stable names, as a script would use them.
type seenJob struct {
	JobID   int
	Name    string
	Outcome string
	Note    string
	Bytes   uint64
}

type seenStanding struct {
	Routed   string
	Last     *seenJob
	LastGood *seenJob `json:"last_good"`
}

type seenStatus struct {
	Environment string
	Clusters    []struct {
		Cluster   string
		Directors []struct {
			Name, Version string
			Active        bool
			PID           int
		}
		Catalog struct {
			Host, Server string
			Version      int
			Jobs         int
			ReadOnly     bool `json:"read_only"`
			Missing      []string
		}
		Open, Recent []seenJob
		Strays       []struct{ Name string }
	}
	Cells []struct {
		Cell        struct{ Chain, Region, Kind string }
		Health      string
		Blue, Green seenStanding
	}
	Alerts  []struct{ ID, Severity, Says string }
	Sources []struct {
		Source, Why, Detail string
		At                  time.Time
	}
}

// status asks the program for one look.
func status(t testing.TB, path string) (seenStatus, int) {
	t.Helper()
	out, exit := runs(t, "status", "--json", "--full", "--config", path)
	var s seenStatus
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("status --json is no JSON: %v: %.300s", err, out)
	}
	if len(s.Clusters) != 2 {
		t.Fatalf("status --json tells of %d clusters", len(s.Clusters))
	}
	return s, exit
}

var want = []struct {
	cluster, bacula, server string
	catalog                 int
}{{"blue", "9.6.7 ", "MariaDB", 16}, {"green", "15.0.3 ", "9.", 1026}}

func TestStatusDescribesBothClusters(t *testing.T) {
	s, exit := status(t, labConfig())
	if exit != 1 { // some of the lab's cells are broken on purpose
		t.Errorf("exit status %d, want 1", exit)
	}
	if len(s.Cells) != 48 || s.Environment != "lab" {
		t.Errorf("%d cells of environment %q, want 48 of lab", len(s.Cells), s.Environment)
	}
	for i, w := range want {
		c := s.Clusters[i]
		if c.Cluster != w.cluster || len(c.Directors) != 1 || !strings.HasPrefix(c.Directors[0].Version, w.bacula) || !c.Directors[0].Active ||
			c.Directors[0].PID == 0 {
			t.Errorf("cluster %d: %s, %+v, want %s with Bacula %s", i, c.Cluster, c.Directors, w.cluster, w.bacula)
		}
		if c.Catalog.Version != w.catalog || !strings.Contains(c.Catalog.Server, w.server) || c.Catalog.ReadOnly || len(c.Catalog.Missing) > 0 {
			t.Errorf("%s: %+v, want catalog %d of a writable %s", w.cluster, c.Catalog, w.catalog, w.server)
		}
		var strays []string
		for _, st := range c.Strays {
			strays = append(strays, st.Name)
		}
		adhoc := map[string]string{"blue": "adhoc-chain02-schema-copy", "green": "adhoc-chain10-schema-copy"}[w.cluster]
		if d := cmp.Diff([]string{"BackupCatalog", adhoc, "admin-housekeeping"}, strays); d != "" {
			t.Errorf("%s: strays (-want +got):\n%s", w.cluster, d)
		}
	}
	answer := map[string]bool{}
	for _, src := range s.Sources {
		answer[src.Source] = true
		if src.Why != "" || src.At.IsZero() {
			t.Errorf("%s does not answer: %s", src.Source, src.Why)
		}
	}
	for _, c := range clusters {
		for _, name := range []string{c + " catalog", c + " director " + c + "-dir", c + " storages"} {
			if !answer[name] {
				t.Errorf("there is no source %q", name)
			}
		}
	}

	text, exit := runs(t, "status", "--config", labConfig())
	if exit != 1 {
		t.Errorf("exit status %d, want 1", exit)
	}
	for _, re := range []string{
		`(?m)^48 cells: .*sources (\d+)/(\d+) answer`, `(?m)^BLUE +active blue-dir, Bacula 9\.6\.7 .*; catalog 16 on .*MariaDB`,
		`(?m)^GREEN +active green-dir, Bacula 15\.0\.3 .*; catalog 1026 on `, `BackupCatalog`, `(?m)^  24 h: `, `(?m)^SOURCES$`,
	} {
		if !regexp.MustCompile(re).MatchString(text) {
			t.Errorf("status does not say %s:\n%s", re, text)
		}
	}
}

// newestGood is a plain question to the catalog, over all of its rows: the newest good backup of each name.
const newestGood = `SELECT Name, SUBSTRING_INDEX(GROUP_CONCAT(JobId ORDER BY RealEndTime DESC, JobId DESC), ',', 1) FROM Job
	WHERE Type='B' AND JobStatus IN ('T', 'W') AND JobTDate > UNIX_TIMESTAMP() - 14 * 86400 GROUP BY Name ORDER BY Name`

// What status says of every cell is what the catalogs say, asked in another way.
func TestStatusAgreesWithTheCatalogs(t *testing.T) {
	var diff string
	for range 3 { // a job may end between two looks
		before := [2][][]string{sqlRows(t, "blue", newestGood), sqlRows(t, "green", newestGood)}
		s, _ := status(t, labConfig())
		diff = ""
		for i, cluster := range clusters {
			said := map[string]string{}
			for _, c := range s.Cells {
				if good := []seenStanding{c.Blue, c.Green}[i].LastGood; good != nil {
					said[good.Name] = strconv.Itoa(good.JobID)
				}
			}
			has := map[string]string{}
			for _, row := range before[i] {
				if strings.HasPrefix(row[0], "backup-") {
					has[row[0]] = row[1]
				}
			}
			diff += cmp.Diff(has, said)
			n, err := strconv.Atoi(
				sqlRows(t, cluster, "SELECT COUNT(*) FROM Job WHERE Type IN ('B', 'R') AND JobTDate > UNIX_TIMESTAMP() - 15 * 86400")[0][0],
			)
			if err != nil || n != s.Clusters[i].Catalog.Jobs {
				diff += fmt.Sprintf("%s: status holds %d jobs, the catalog has %d (%v)\n", cluster, s.Clusters[i].Catalog.Jobs, n, err)
			}
		}
		if diff == "" {
			return
		}
	}
	t.Errorf("newest good backups (-catalog +status):\n%s", diff)
}

// A catalog that was upgraded from version 16 differs from a created one in columns and indexes; it reads the same.
func TestStatusReadsAnUpgradedCatalog(t *testing.T) {
	if err := here.makeUpgraded(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := variant(t, "upgraded", func(d *configData) {
		primaries(d)
		d.alone(1, "upgraded")
		d.Clusters[1].Zone = zones["blue"] // blue's rows, in blue's wall clock
	})
	s, _ := status(t, path)
	green := s.Clusters[1]
	if green.Catalog.Version != 1026 || len(green.Catalog.Missing) > 0 {
		t.Errorf("%+v, want version 1026 with every column", green.Catalog)
	}
	has := sqlRows(t, "green", strings.ReplaceAll(newestGood, "FROM Job", "FROM upgraded.Job"))
	if len(has) < 20 {
		t.Fatalf("the upgraded catalog has good backups of %d names only", len(has))
	}
	good := map[string]int{}
	for _, c := range s.Cells {
		if j := c.Green.LastGood; j != nil {
			good[j.Name] = j.JobID
		}
	}
	for _, row := range has {
		if id, _ := strconv.Atoi(row[1]); strings.HasPrefix(row[0], "backup-") && good[row[0]] != id {
			t.Errorf("%s: newest good is %d, the catalog says %d", row[0], good[row[0]], id)
		}
	}
}

func TestDoctorIsContentWithTheLab(t *testing.T) {
	for cluster, name := range map[string]string{"blue": "backup-chain02-region1-regular", "green": "backup-chain10-region1-regular"} {
		id, _ := startJob(t, cluster, name) // by the jobs that a Director ended since it was started it is known which catalog it uses
		eventually(t, 30*time.Second, fmt.Sprintf("job %d of %s has ended", id, cluster), func() bool { return !isOpen(t, cluster, id) })
	}
	out, exit := runs(t, "doctor", "--config", labConfig())
	if exit != 0 || strings.Contains(out, "FAIL") || !strings.Contains(out, " 0 need somebody") {
		t.Errorf("exit status %d:\n%s", exit, out)
	}
	if n := strings.Count(out, ": IAM denies it ("); n != 2 {
		t.Errorf("IAM is proven to deny in %d AWS regions:\n%s", n, out)
	}
	for _, c := range clusters {
		for _, says := range []string{"watch " + c + " catalog account: it has no privilege that writes",
			"watch " + c + " catalog account: DELETE FROM Log WHERE 1 = 0 was tried " +
				"on ", "watch " + c + " director " + c + "-dir Console: ", "act " + c + " director "} {
			if !strings.Contains(out, says) {
				t.Errorf("doctor does not say %q:\n%s", says, out)
			}
		}
	}
}

// Credentials that may do too much are found by trying, and named.
func TestDoctorFindsCredentialsThatMayTooMuch(t *testing.T) {
	path := variant(t, "mighty", func(d *configData) {
		for i, c := range clusters {
			d.Sides[0].Clusters[i].Console = here.consoleCommand(c, "act")
		}
	}, "user: switchyard_watch, password: {file: secrets/watch}", "user: bacula, password: {file: secrets/catalog-CLUSTER}")
	text := readFile(t, path)
	for _, c := range clusters {
		text = strings.Replace(text, "catalog-CLUSTER", "catalog-"+c, 1)
	}
	text = strings.ReplaceAll(text, "catalog-CLUSTER", "catalog-green") // the pair's
	if _, err := write(path, text, 0o644, me); err != nil {
		t.Fatal(err)
	}
	out, exit := runs(t, "doctor", "--config", path)
	if exit != 1 {
		t.Errorf("exit status %d, want 1", exit)
	}
	for _, c := range clusters {
		for _, re := range []string{
			`FAIL  watch ` + c + ` director ` + c + `-dir Console: it may use run, cancel, disable, restore\n +-> take them out of its CommandACL`,
			`FAIL  watch ` + c + ` catalog account: it may do more than watch: .*bacula`,
			`FAIL  watch ` + c + ` catalog account: DELETE FROM Log WHERE 1 = 0 was tried on .*: the server takes it\n +-> REVOKE`,
			`ok    act ` + c + ` director ` + c + `-dir Console: `,
		} {
			if !regexp.MustCompile(re).MatchString(out) {
				t.Errorf("doctor does not say %s", re)
			}
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// One cluster that is wholly gone hides nothing of the other.
func TestStatusWithoutBlue(t *testing.T) {
	breaks(t, "director-killed", "blue")
	breaks(t, "catalog-stopped", "blue") // healed first: a Director does not start without it
	began := time.Now()
	s, exit := status(t, labConfig())
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if exit != 1 {
		t.Errorf("exit status %d, want 1", exit)
	}
	for _, src := range s.Sources {
		if cluster, what, _ := strings.Cut(src.Source, " "); what != "storages" && (src.Why != "") != (cluster == "blue") {
			t.Errorf("%s: %q", src.Source, src.Why)
		}
	}
	if green := s.Clusters[1]; green.Catalog.Version != 1026 || len(green.Directors) != 1 || green.Directors[0].PID == 0 ||
		green.Catalog.Jobs < 20 {
		t.Errorf("green: %+v", green.Catalog)
	}
}

// While green's primary is gone its replica is read, and called what it is.
func TestStatusReadsTheStandby(t *testing.T) {
	breaks(t, "catalog-stopped", "green")
	s, _ := status(t, labConfig())
	if c := s.Clusters[1].Catalog; c.Version != 1026 || !c.ReadOnly || c.Host != loopback(here.port("proxy-replica")) {
		t.Errorf("%+v, want the replica at %s, read-only", c, loopback(here.port("proxy-replica")))
	}
	if !slices.ContainsFunc(s.Alerts, func(a struct{ ID, Severity, Says string }) bool {
		return a.ID == "standby:green" && a.Severity == "FAIL"
	}) {
		t.Errorf("no alarm says that green's catalog takes no writes: %+v", s.Alerts)
	}
}
