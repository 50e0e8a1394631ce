//go:build lab

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/record"
)

// loads is what verifies a dump of the lab: it is loaded into a schema of its own on a real server, and every table whose rows no backup
// changes must have the checksum that its source has.
const loads = `#!/bin/sh
# loads WHERE CHAIN
set -u
dump=$(find "$1" -name full.sql)
[ -n "$dump" ] || { echo "there is no full.sql"; exit 1; }
sql() { mysql --defaults-file=LOGIN --batch --skip-column-names "$@"; }
schema="scratch_$2_$$"
trap 'sql -e "DROP DATABASE IF EXISTS $schema"' EXIT
sql -e "CREATE DATABASE $schema CHARACTER SET utf8mb4" || exit 2
said=$(sql "$schema" < "$dump" 2>&1) || { echo "it does not load: $said"; exit 1; }
for table in customers orders; do
	is=$(sql -e "CHECKSUM TABLE $schema.$table" | cut -f 2)
	was=$(sql -e "CHECKSUM TABLE $2.$table" | cut -f 2)
	[ "$is" = "$was" ] || { echo "table $table has checksum $is, its source $was"; exit 1; }
done
rows=$(sql -e "SELECT (SELECT COUNT(*) FROM $schema.customers) + (SELECT COUNT(*) FROM $schema.orders)")
echo "{\"tables\": 2, \"rows\": $rows}"
`

// tests is a configuration of the lab that tests restores onto the other client.
func tests(t *testing.T) (config string) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "loads")
	text := strings.ReplaceAll(loads, "LOGIN", here.path("secrets", "sources.cnf"))
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return variant(t, "tests", func(*configData) {}, "\njournal:", fmt.Sprintf("\nrestore_tests:\n  client: %s\n  below: %s\n"+
		"  remove: [rm, -rf, \"{where}\"]\n  verify: {any: [sh, %q, \"{where}\", \"{chain}\"]}\n  limit: 1m\njournal:", otherClient,
		here.path("restored"), script))
}

// tried is what a run of test-restores came to for the cell.
type tried struct {
	Tested []struct {
		Cluster model.Cluster
		Word    string `json:"verdict"`
		Why     string
		Left    string
		Proof   *record.Proof
	}
}

// testsCell tests the newest point of the cell on a cluster, and sees that nothing is left of it.
func testsCell(t *testing.T, config, cluster, kind string) (word, why string, proof *record.Proof) {
	t.Helper()
	was := below(t)
	out, _ := verb(t, "test-restores", "--chain", given.Chain, "--region", given.Region, "--kind", kind, "--from", cluster, "--apply",
		"--confirm", "test restores", "--reason", "the lab proves what a test finds", "--json", "--config", config)
	var told tried
	if err := json.NewDecoder(bytes.NewReader([]byte(out))).Decode(&told); err != nil || len(told.Tested) != 1 {
		t.Fatalf("%s: %v: %.2000s", cluster, err, out)
	}
	if now := below(t); now != was {
		t.Errorf("%s: left on the scratch client: %s", cluster, strings.TrimPrefix(now, was))
	}
	one := told.Tested[0]
	t.Logf("%s %s: %s: %s", cluster, kind, one.Word, one.Why)
	return one.Word, one.Why, one.Proof
}

// below is what lies where restores are put.
func below(t *testing.T) string {
	t.Helper()
	all, err := os.ReadDir(here.path("restored"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// firstOrder is what the first order of each chain costs, as the lab made it.
const firstOrder = 37

// cents says what the first order of the cell's chain costs.
func cents(t *testing.T, is int) {
	t.Helper()
	adminExec(t, "sources", fmt.Sprintf("UPDATE %s.orders SET cents = %d WHERE id = 1", given.Chain, is))
}

// flips turns every bit of one byte of a file, where it stands; once more makes it whole.
func flips(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0xff
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// afterDump lets the script that dumps a chain before each backup of blue end otherwise, of the cell's own directory, until the test ends.
func afterDump(t *testing.T, command string) {
	t.Helper()
	script := here.path("blue", "bin", "dump.sh")
	was := readFile(t, script)
	put := func(text string) {
		if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { put(was) })
	put(was + "case \"$2\" in */" + given.Chain + "/" + given.Region + "/" + given.Kind.String() + ") " + command + ";; esac\n")
}

// empties takes all files out of a directory until the test ends.
func empties(t *testing.T, dir string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	aside := t.TempDir()
	for _, e := range all {
		from, to := filepath.Join(dir, e.Name()), filepath.Join(aside, e.Name())
		if out, err := exec.Command("mv", from, to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("mv", to, from).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// TestTheLabTestsRestores loads what both clusters restore into a real server, and then meets a backup whose volume was harmed by one byte,
// a table that differs from what was backed up, and a volume whose file is gone: each a verdict with its own reason, and nothing left. Then
// a good backup holds.
func TestTheLabTestsRestores(t *testing.T) {
	quiet(t)
	config := tests(t)
	cents(t, firstOrder) // whatever was left by who was killed in the middle of this
	for _, cluster := range clusters {
		for _, kind := range []model.Kind{model.Regular, model.Immutable} {
			if testing.Short() && (kind == model.Immutable) == (cluster == "blue") {
				continue // one kind of each
			}
			of := given
			of.Kind = kind
			backsUp(t, cluster, of, "Full")
			word, why, proof := testsCell(t, config, cluster, kind.String())
			if word != "holds" || proof == nil || !proof.Claim.Restored.Loaded || proof.Claim.Restored.Rows == 0 {
				t.Errorf("%s %s: %s: %s", cluster, kind, word, why)
			}
		}
	}
	harmed := func(what, word string, harm func(t *testing.T, volume string)) {
		t.Run(what, func(t *testing.T) {
			backsUp(t, "blue", given, "Full")
			rows := sqlRows(t, "blue", "SELECT VolumeName FROM Media WHERE MediaId = (SELECT MediaId FROM JobMedia JOIN Job USING (JobId) "+
				"WHERE Job.Name = '"+given.Name()+"' ORDER BY JobId DESC LIMIT 1)")
			if len(rows) != 1 {
				t.Fatal("the backup has no volume")
			}
			harm(t, here.path("blue", "volumes", "sd-region1", rows[0][0]))
			is, why, _ := testsCell(t, config, "blue", "regular")
			if is != "fails" || !strings.Contains(strings.ToLower(why), word) {
				t.Errorf("%s: %s: %s", what, is, why)
			}
		})
	}
	harmed("a flipped byte", "data error", func(t *testing.T, volume string) {
		info, err := os.Stat(volume)
		if err != nil {
			t.Fatal(err)
		}
		at := info.Size() / 2
		t.Cleanup(func() { flips(t, volume, at) })
		flips(t, volume, at)
	})
	harmed("a table that is not what was backed up", "checksum", func(t *testing.T, _ string) {
		t.Cleanup(func() { cents(t, firstOrder) })
		cents(t, firstOrder+1)
	})
	if !testing.Short() { // a Storage Daemon waits for it until the test's limit
		harmed("a volume that is gone", "could not open", func(t *testing.T, volume string) {
			aside := volume + ".aside"
			if err := os.Rename(volume, aside); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := os.Rename(aside, volume); err != nil {
					t.Error(err)
				}
			})
		})
	}
	dir := here.path("data", given.Chain, given.Region, given.Kind.String())
	for what, c := range map[string][2]string{
		"a dump that was cut before its backup": {`head -c 150000 "$2/full.sql" > "$2/../cut" && mv "$2/../cut" "$2/full.sql"`,
			"error in your SQL syntax"},
		"a FileSet that holds no dump": {`rm "$2/full.sql"`, "there is no full.sql"},
	} {
		t.Run(what, func(t *testing.T) {
			afterDump(t, c[0])
			backsUp(t, "blue", given, "Full")
			is, why, _ := testsCell(t, config, "blue", "regular")
			if is != "fails" || !strings.Contains(why, c[1]) {
				t.Errorf("%s: %s: %s", what, is, why)
			}
		})
	}
	t.Run("an empty FileSet", func(t *testing.T) { // Bacula calls its backup OK, and it is no point
		empties(t, dir)
		afterDump(t, `rm "$2/full.sql"`)
		backsUp(t, "blue", given, "Full")
		id := sqlRows(t, "blue", "SELECT JobId FROM Job WHERE Name = '"+given.Name()+"' ORDER BY JobId DESC LIMIT 1")[0][0]
		out, exit := verb(t, "restore", "--chain", given.Chain, "--region", given.Region, "--kind", "regular", "--from", "blue",
			"--client", otherClient, "--jobid", id)
		if exit != 2 || out != "" {
			t.Errorf("job %s is offered: exit %d, %s", id, exit, out)
		}
	})
	backsUp(t, "blue", given, "Full") // a good one comes last, and is what the journal says of the cell
	if word, why, _ := testsCell(t, config, "blue", "regular"); word != "holds" {
		t.Errorf("a good backup after harmed ones: %s: %s", word, why)
	}
}
