//go:build lab

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
	"switchyard/model"
)

// TestOddRowsInMariaDB asks the same of a real MariaDB with Bacula's own tables: the Directors are the world's, blue's catalog is a schema
// of the lab's server.
func TestOddRowsInMariaDB(t *testing.T) {
	needsLab(t)
	fillLab(t, "blue", 16)
	w := ownWorld(t, rehearsal.Options{Scenario: "fresh", Chains: 12, Idle: true})
	secret := filepath.Join(w.Dir(), "secrets", "lab")
	if err := os.WriteFile(secret, []byte(labSecret(t, "watch")), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, r := range []struct{ pattern, with string }{
		{`(?m)^( +catalog: \{hosts: \[)[^\]]*(\], database: )bacula(, tls: \{mode: "off"\}\})$`,
			`${1}"` + labAddresses(t)["db-blue"] + `"${2}` + scratch + `${3}`},
		{`(?ms)^(watch:.*?^  blue:.*?catalog: \{user: )\S+(, password: \{file: )secrets/watch\}`, `${1}switchyard_watch${2}secrets/lab}`},
	} {
		changed := regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
		if changed == text {
			t.Fatalf("%s is not in\n%s", r.pattern, text)
		}
		text = changed
	}
	config := filepath.Join(w.Dir(), "lab.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	blue := w.Cluster(model.Blue)
	blue.PointAt(labAddresses(t)["db-blue"], scratch)
	if err := blue.Directors()[0].Restart(); err != nil { // it remembers no job of another catalog then
		t.Fatal(err)
	}
	labDo(t, "blue", "DELETE FROM "+scratch+".Job", "DELETE FROM "+scratch+".Log", "DELETE FROM "+scratch+".JobMedia")
	judgeOddRows(t, w, config, func(jobs []plantedJob) {
		for part := range slices.Chunk(jobs, 100) { // a statement is one argument of a command
			do := []string{"USE " + scratch, "SET SESSION sql_mode = ''"}
			var rows, stored []string
			for _, j := range part {
				rows = append(rows, "("+literals(j.values())+")")
				if !j.bare {
					stored = append(stored, "("+literals([]any{int64(j.id), int64(1)})+")")
				}
				if j.log != "" {
					do = append(do, "INSERT INTO Log (JobId, Time, LogText) VALUES ("+literals([]any{int64(j.id), nil, []byte(j.log + "\n\x00")})+")")
				}
			}
			do = append(do, "INSERT INTO JobMedia (JobId, MediaId) VALUES "+strings.Join(stored, ", "))
			labDo(t, "blue", append(do, "INSERT INTO Job ("+plantedColumns+") VALUES "+strings.Join(rows, ", "))...)
		}
	})
}
