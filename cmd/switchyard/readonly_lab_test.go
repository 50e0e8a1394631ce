//go:build lab

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/bacula"
	"switchyard/backend/rds"
)

// TestTheLabIsOnlyRead presses random keys in watch sessions of the lab. Its witnesses are the servers' own general logs, a recorder in
// front of each bconsole, the Directors' logs, the endpoint's record of what AWS was asked, and the journal.
func TestTheLabIsOnlyRead(t *testing.T) {
	l := onLab(t)
	l.lab("unschedule") // so that nothing but these sessions happens
	t.Cleanup(func() { l.lab("up") })
	l.recordsConsoles()
	servers, since := []string{"blue", "green", "replica"}, map[string]string{}
	for _, server := range servers {
		since[server] = l.notes(server)
	}
	logs, calls := l.logs(), l.read("log/aws.calls")

	seed, keys := rand.Uint64(), 5000
	if testing.Short() {
		keys = 1500
	}
	t.Logf("seed %d", seed)
	for i, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}, {50, 12}} {
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		mash(t, opened(t, l.config), size[0], size[1], keys, func() string { return mashed[dice.IntN(len(mashed))] })
	}

	for _, server := range servers {
		heard := 0
		for row := range strings.Lines(l.lab("sql", server, "SELECT SUBSTRING_INDEX(user_host, '[', 1) AS who, REPLACE(CONVERT(argument USING "+
			"utf8mb4), CHAR(10), ' ') FROM mysql.general_log WHERE user_host LIKE '%switchyard%' AND command_type = 'Query' AND event_time > "+
			"'"+since[server]+"'")) {
			who, text, ok := strings.Cut(strings.TrimSpace(row), "  ")
			if !ok || who == "who" {
				continue
			}
			heard++
			if text = strings.TrimSpace(text); !strings.Contains(who, "switchyard_watch") || !readsOnly.MatchString(text) {
				t.Errorf("%s was told by %s: %s", server, who, text)
			}
		}
		t.Logf("%s heard %d statements", server, heard)
		if heard == 0 {
			t.Errorf("%s heard nothing: its log is no witness", server)
		}
	}
	for _, cluster := range []string{"blue", "green"} {
		lines := strings.Split(strings.TrimSpace(l.read("run/recorded-"+cluster)), "\n")
		for _, line := range lines {
			if !slices.ContainsFunc(bacula.Commands, func(c bacula.Command) bool { return line == c.String() }) &&
				!statusOfStorage.MatchString(line) &&
				!slices.Contains(bacula.Farewell, line) {
				t.Errorf("%s's console was told %q", cluster, line)
			}
		}
		t.Logf("%s's console heard %d lines", cluster, len(lines))
		if len(lines) < 10 {
			t.Errorf("%s's console heard %q: the recorder is no witness", cluster, lines)
		}
	}
	if now := l.logs(); now != logs {
		t.Errorf("the Directors noted: %s", strings.TrimPrefix(now, logs))
	}
	news := strings.TrimPrefix(l.read("log/aws.calls"), calls)
	for line := range strings.Lines(news) {
		f := strings.Fields(line)
		if len(f) < 3 || f[2] != "write=false" || !slices.Contains(rds.Calls, strings.Replace(f[1], "monitoring:", "cloudwatch:", 1)) {
			t.Errorf("AWS was called: %s", line)
		}
	}
	t.Logf("AWS heard %d calls", strings.Count(news, "\n"))
	if news == "" {
		t.Error("AWS was never called: its record is no witness")
	}
	if n := strings.Count(l.does(0, "journal"), "\n"); n != 1 {
		t.Errorf("the journal has %d records", n)
	}
}

var statusOfStorage = regexp.MustCompile(`^\.status storage="[a-z0-9-]+" running$`)

// notes has a server write down all that it is asked until the test ends, and returns when it began. The table may have been left broken by
// a server that was killed as it wrote there.
func (l *labCrew) notes(server string) (since string) {
	l.t.Helper()
	off := "SET GLOBAL general_log=OFF; SET GLOBAL log_output='FILE'; SELECT 1"
	l.lab("sql", server, off)
	repair := "REPAIR LOCAL TABLE mysql.general_log"
	if server == "replica" {
		repair = "SET GLOBAL super_read_only=OFF; " + repair
	}
	said := l.lab("sql", server, repair)
	if server == "replica" {
		l.lab("sql", server, "SET GLOBAL super_read_only=ON; SELECT 1")
	}
	if !strings.Contains(said, "OK") {
		l.t.Fatalf("%s's log is no witness: %s", server, said)
	}
	since = strings.Split(l.lab("sql", server, "SELECT NOW(6)"), "\n")[1]
	l.lab("sql", server, "SET GLOBAL log_output='TABLE'; SET GLOBAL general_log=ON; SELECT 1")
	l.t.Cleanup(func() { l.lab("sql", server, off) })
	return since
}

// recordsConsoles puts a recorder in front of each bconsole of this configuration.
func (l *labCrew) recordsConsoles() {
	l.t.Helper()
	text := l.read(filepath.Base(l.config))
	for _, cluster := range []string{"blue", "green"} {
		record, script := filepath.Join(labDir, "run", "recorded-"+cluster), filepath.Join(labDir, "run", "recorder-of-"+cluster)
		at := regexp.MustCompile(`(?s)(watch:.*?` + cluster + `:\s+consoles:\s+active: )\[([^\]]*)\]`)
		m := at.FindStringSubmatch(text)
		if m == nil {
			l.t.Fatalf("no console of %s in %s", cluster, l.config)
		}
		argv := strings.Split(m[2], ", ")
		body := fmt.Sprintf("#!/bin/sh\ntee -a %s | %s\n", record, strings.Join(argv, " "))
		if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
			l.t.Fatal(err)
		}
		l.t.Cleanup(func() { _ = os.Remove(script); _ = os.Remove(record) })
		text = strings.Replace(text, m[0], m[1]+"["+script+"]", 1)
	}
	if err := os.WriteFile(l.config, []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

func (l *labCrew) read(path string) string {
	l.t.Helper()
	b, err := os.ReadFile(filepath.Join(labDir, path))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(b)
}

// logs are what the Directors have noted.
func (l *labCrew) logs() string {
	l.t.Helper()
	var all strings.Builder
	for _, cluster := range []string{"blue", "green"} {
		for _, path := range []string{cluster + "/" + cluster + "-dir/job.log", cluster + "/" + cluster + "-dir/daemon.log"} {
			if b, err := os.ReadFile(filepath.Join(labDir, path)); err == nil { // a Director that noted nothing has none
				all.Write(b)
			}
		}
	}
	return all.String()
}
