//go:build lab

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"switchyard/model"
)

var rewrite = flag.Bool("record", false, "write down what the lab answers, instead of comparing it")

// labDir is where the lab lives.
var labDir = os.Getenv("SWITCHYARD_LAB")

func needsLab(t *testing.T) {
	t.Helper()
	if labDir == "" {
		t.Skip("SKIPPED: no lab: set SWITCHYARD_LAB to the directory of a running one (make lab)")
	}
}

func labSecret(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(labDir, "secrets", name))
	if err != nil {
		t.Fatalf("is the lab up? %v", err)
	}
	return strings.TrimSpace(string(b))
}

// labDo runs statements as the administrator of one of the lab's servers.
func labDo(t *testing.T, server string, statements ...string) {
	t.Helper()
	out, err := exec.Command(filepath.Join(labDir, "bin", "lab"), "--dir", labDir, "sql", server, strings.Join(statements, ";\n")).
		CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", server, err, out)
	}
}

// scratch names a schema, an account that may write to it and nothing else, and its password.
const scratch = "switchyard_contract"

// fillLab makes a schema of the tables that the Director's own has, with rowsOf in it, until the test ends.
func fillLab(t *testing.T, server string, version int) {
	t.Helper()
	drop := []string{"DROP DATABASE IF EXISTS " + scratch, "DROP USER IF EXISTS '" + scratch + "'@'127.0.0.1'"}
	t.Cleanup(func() { labDo(t, server, append(drop, "SELECT 1")...) })
	do := append(
		drop,
		"CREATE DATABASE "+scratch+" CHARACTER SET latin1",
		"USE "+scratch,
		"SET SESSION sql_mode = ''",
		"CREATE USER '"+scratch+"'@'127.0.0.1' IDENTIFIED BY '"+scratch+"'",
		"GRANT SELECT, INSERT, DELETE ON "+scratch+".* TO '"+scratch+"'@'127.0.0.1'",
		"GRANT SELECT ON "+scratch+".* TO 'switchyard_watch'@'127.0.0.1'",
	)
	for _, tb := range rowsOf(version) {
		do = append(do, "CREATE TABLE "+tb.table+" LIKE bacula."+tb.table)
		for _, row := range tb.rows {
			do = append(do, "INSERT INTO "+tb.table+" ("+tb.columns+") VALUES ("+literals(row)+")")
		}
	}
	labDo(t, server, append(do, "SELECT 1")...)
}

// labAddresses are where the lab's processes listen, by name.
func labAddresses(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(labDir, "bin", "lab"), "--dir", labDir, "status").Output()
	if err != nil {
		t.Fatalf("is the lab up? %v: %s", err, out)
	}
	at := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 4 {
			at[f[0]] = f[3]
		}
	}
	return at
}

// TestTheLabKeepsTheContract proves that what is recorded is what real servers answer.
func TestTheLabKeepsTheContract(t *testing.T) {
	needsLab(t)
	at := labAddresses(t)
	watcher, writer := login{"switchyard_watch", labSecret(t, "watch")}, login{scratch, scratch}
	fillLab(t, "blue", 16)
	fillLab(t, "green", 1026)
	ca := []byte(labSecret(t, "ca.pem"))
	endless := "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c"
	for _, s := range []*sqlServer{
		{of: "mariadb", addr: at["db-blue"]},
		{of: "mysql", addr: at["db-green"], mysql: true, ca: ca},
		{of: "mysql replica", addr: at["db-replica"], mysql: true, ca: ca},
	} {
		s.schema, s.watcher, s.writer, s.endless = scratch, watcher, writer, endless
		t.Run(s.of, func(t *testing.T) { keep(t, s.told(t)) })
	}
}

// TestTheLabsDirectorsKeepTheContract runs jobs on both, which end by themselves. A Director that cancels a job whose client never answers
// first asks that client, for ten minutes: so the client goes away meanwhile.
func TestTheLabsDirectorsKeepTheContract(t *testing.T) {
	l := onLab(t)
	l.lab("fault", "client-stopped", "hung-fd")
	t.Cleanup(func() { l.lab("fault", "client-stopped", "hung-fd", "heal") })
	for c, on := range map[model.Cluster]consoles{
		// its bandwidth is limited
		model.Blue: {job: "backup-chain06-region1-immutable", client: "db1-fd", idle: "db2-fd", storage: "vault-region1"},
		// the only one of Bacula 15
		model.Green: {job: "backup-chain12-region2-regular", client: "db3-fd", idle: "db3-fd", storage: "sd-region2"},
	} {
		s := consolesOf(t, filepath.Join(labDir, "switchyard.yaml"), c)
		s.job, s.client, s.idle, s.storage = on.job, on.client, on.idle, on.storage
		t.Run(s.of, func(t *testing.T) {
			t.Parallel()
			keep(t, s.told(t))
		})
	}
}

// keep compares an account with the recorded one, or records it.
func keep(t *testing.T, a *account) {
	t.Helper()
	a.unambiguous(t)
	if *rewrite {
		if err := os.WriteFile(a.path(), []byte(a.text()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := gocmp.Diff(recorded(t, a.of).text(), a.text()); d != "" {
		t.Errorf("%s answers otherwise than it is recorded:\n%s", a.of, d)
	}
}

func (a *account) text() string {
	var b strings.Builder
	for _, f := range a.facts {
		fmt.Fprintf(&b, "%s: %s\n", f.key, f.says)
	}
	return b.String()
}

// literals are a row's values in MySQL's words.
func literals(row []any) string {
	out := make([]string, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case nil:
			out[i] = "NULL"
		case string:
			out[i] = fmt.Sprintf("X'%x'", v)
			if len(v) == len(time.DateTime) && v[4] == '-' && v[10] == ' ' {
				out[i] = "'" + v + "'"
			}
		case []byte:
			out[i] = fmt.Sprintf("X'%x'", v)
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(out, ", ")
}
