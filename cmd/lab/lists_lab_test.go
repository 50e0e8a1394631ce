//go:build lab

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rds"
)

// The servers' own logs of statements, and a recorder in front of each bconsole, are the witnesses: nothing off the closed lists is sent
// while two clusters are watched through a job that ends well, one that fails and one that runs.
func TestNothingOffTheListsIsSent(t *testing.T) {
	quiet(t)
	recorded := map[string]string{}
	path := variant(t, "recorded", func(d *configData) {
		for i, c := range clusters {
			script := here.path("run", "recorder-"+c)
			recorded[c] = script + ".txt"
			text := fmt.Sprintf("#!/bin/sh\ntee -a %s | %s\n", recorded[c], strings.Join(here.consoleCommand(c, "watch"), " "))
			if _, err := write(script, text, 0o700, me); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Remove(script); os.Remove(recorded[c]) })
			d.Sides[0].Clusters[i].Console = []string{script}
		}
	})
	for _, c := range clusters {
		exec := func(statements string) { adminExec(t, c, statements) }
		exec("SET GLOBAL log_output='TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log=ON")
		t.Cleanup(func() { exec("SET GLOBAL general_log=OFF; SET GLOBAL log_output='FILE'; TRUNCATE mysql.general_log") })
	}

	f := follow(t, "--json", "--config", path)
	t.Run("jobs", func(t *testing.T) {
		for c, names := range map[string][]string{
			"blue":  {"backup-chain02-region1-regular", "backup-chain03-region2-regular"},
			"green": {"backup-chain10-region1-regular", "backup-chain11-region1-regular"},
		} {
			t.Run(c, func(t *testing.T) {
				t.Parallel()
				slow, _ := startJob(t, c, "backup-chain06-region1-immutable")
				f.wait(t, 0, 20*time.Second, "its start", ofJob(c, slow, ` runs`))
				for i, ends := range []string{` ok: `, ` FAILED: `} {
					id, _ := startJob(t, c, names[i])
					f.wait(t, 0, 20*time.Second, names[i]+ends, ofJob(c, id, ends))
				}
				cancelJob(t, c, slow)
				f.wait(t, 0, 20*time.Second, "a cancellation", ofJob(c, slow, ` canceled`))
			})
		}
	})
	if _, exit := runs(t, "status", "--config", path); exit > 1 {
		t.Errorf("exit status %d", exit)
	}

	for _, c := range clusters {
		onList(t, c+"'s catalog was sent", statementsOf(t, c), statementForms())
		text := readFile(t, recorded[c])
		onList(t, c+"-dir was sent", strings.Split(strings.TrimSpace(text), "\n"), commandForms())
	}
}

// onList counts what was sent by the form on the list that it has; each form that must have been sent says so.
func onList(t *testing.T, what string, sent []string, forms map[string]*regexp.Regexp) {
	t.Helper()
	count := map[string]int{}
	for _, s := range sent {
		name := ""
		for n, form := range forms {
			if form.MatchString(s) {
				name = n
			}
		}
		if name == "" {
			t.Errorf("%s something off the list: %q", what, s)
		}
		count[name]++
	}
	for _, name := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%s %3d times: %s", what, count[name], name)
	}
	if len(count) < 5 {
		t.Errorf("%s %d different things only: the witness did not see", what, len(count))
	}
}

// statementsOf are the texts of the watcher's statements that a server noted, and proof that it noted nobody else's under that name.
func statementsOf(t *testing.T, server string) []string {
	t.Helper()
	var out []string
	for _, row := range sqlRows(t, server, "SELECT command_type, CONVERT(argument USING utf8mb4), user_host FROM mysql.general_log WHERE "+
		"user_host LIKE '%switchyard%' ORDER BY event_time") {
		kind, text, who := row[0], row[1], row[2]
		switch {
		case !strings.Contains(who, "switchyard_watch"):
			t.Errorf("%s was used by %s: %s %s", server, who, kind, text)
		case kind == "Connect" || kind == "Quit":
		case kind == "Query":
			out = append(out, text)
		default:
			t.Errorf("%s was sent the command %s %s", server, kind, text)
		}
	}
	return out
}

// statementForms match the closed lists of SQL, every argument being a whole number.
func statementForms() map[string]*regexp.Regexp {
	forms := map[string]*regexp.Regexp{}
	for _, st := range bacula.Statements {
		forms[st.Name] = regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(st.Text), `\?`, `\d+`) + `$`)
	}
	for _, st := range rds.Statements { // green's server is the RDS primary too
		forms["RDS: "+st.Name] = regexp.MustCompile(`^` + regexp.QuoteMeta(st.Text) + `$`)
	}
	return forms
}

// commandForms match the closed list of a watcher's commands.
func commandForms() map[string]*regexp.Regexp {
	forms := map[string]*regexp.Regexp{
		"status of a storage": regexp.MustCompile(`^\.status storage="[a-z0-9-]+" running$`),
		"farewell":            regexp.MustCompile(`^(\.|quit)$`),
	}
	for _, c := range bacula.Commands {
		forms[c.String()] = regexp.MustCompile(`^` + regexp.QuoteMeta(c.String()) + `$`)
	}
	return forms
}

// adminExec sends statements to a server as its administrator, outside of the binary log.
func adminExec(t testing.TB, name, statements string) {
	t.Helper()
	db, s, err := here.adminOf(name, "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if s.mysql {
		statements = "SET sql_log_bin=0; " + statements
	}
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statements); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
