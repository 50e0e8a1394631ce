//go:build lab

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// movedChains are green's: one that is backed up in a moment, and one that takes seconds.
var (
	movedChains = []string{fmt.Sprintf("small%06d", time.Now().Unix()%1e6), fmt.Sprintf("big%06d", time.Now().Unix()%1e6)}
	smallJob    = "backup-" + movedChains[0] + "-region1-regular"
	bigJob      = "backup-" + movedChains[1] + "-region1-regular"
)

// movedLab is a lab whose green Director, with its session encrypted, can be pointed at another server. What a takeover did is undone when
// the test ends.
func movedLab(t *testing.T, dir string, more ...string) *labCrew {
	t.Helper()
	chains := slices.Concat(movedChains, more)
	pace := filepath.Join(dir, "pace")
	if err := os.WriteFile(pace, []byte("#!/bin/sh\ncase $1 in backup-big*) sleep 12;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	needsLab(t)
	labRun(t, "unschedule")
	forgotten(t)
	catalog := filepath.Join(labDir, "green", "green-dir", "catalog.conf")
	r := &routedLab{takes: model.Green, chains: chains, more: "policy: {outage_for: 5s, lost_after: 5s}\n"}
	r.own = func(c model.Cluster, own string) string {
		if c == model.Green {
			own = catalogApart(t, own, catalog)
		}
		return own + "JobDefs {\n  Name = paced\n  Type = Backup\n  RunScript {\n    RunsWhen = Before\n    RunsOnClient = yes\n" +
			"    Command = \"" + pace + " %n\"\n  }\n}\n"
	}
	r.push = func(c model.Cluster, push string) string {
		if c == model.Green {
			push = strings.Replace(push, "on: {active: {", "on: {active: {catalog_file: "+catalog+", ", 1)
		}
		return push + "      job_defs: paced\n"
	}
	l := r.made(t, dir)
	volumes := labVolumes(t)
	t.Cleanup(func() { // before the Directors get back what is theirs
		labRun(t, "up")
		known := labRun(t, "sql", "green", "SELECT VolumeName FROM Media")
		for v := range labVolumes(t) { // the catalog that is back does not know what the other one labeled, and would label it again
			if _, had := volumes[v]; !had && !strings.Contains(known, filepath.Base(v)+"\n") {
				_ = os.Remove(v)
			}
		}
	})
	l.applies("push green", "routes", "push", "green")
	for _, chain := range chains {
		l.backs(chain)
	}
	return l
}

// forgotten lets green's Director, and those that it spoke to, know nothing of the test's jobs when it ends: its catalog does not have them
// any more.
func forgotten(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		labRun(t, "service", "green-dir", "stop")
		states, _ := filepath.Glob(filepath.Join(labDir, "green", "green-dir", "*.state"))
		for _, s := range states {
			_ = os.Remove(s)
		}
		labRun(t, "fault", "client-stopped", "db1-fd") // it goes on listing the jobs of a Director that died, and so does the storage
		labRun(t, "fault", "storage-killed", "green")
		labRun(t, "up")
		for range 3 { // what comes after asks the Director for jobs that it has ended
			labRun(t, "console", "green", "run job=backup-chain10-region1-regular yes")
		}
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
			if strings.HasSuffix(strings.TrimSpace(labRun(t, "sql", "green", "SELECT COUNT(*) = 0 FROM Job WHERE EndTime IS NULL")), "1") {
				return
			}
		}
	})
}

// catalogApart puts the Catalog resource of a Director's configuration into a file of its own, with what encrypts its session.
func catalogApart(t *testing.T, own, file string) string {
	t.Helper()
	resource := regexp.MustCompile(`(?s)\nCatalog \{\n(.*?)\n\}\n`)
	found := resource.FindStringSubmatch(own)
	if found == nil {
		t.Fatal("green's Director has no Catalog resource")
	}
	tls := filepath.Join(labDir, "green", "tls")
	text := fmt.Sprintf("Catalog {\n%s\n  DB SSL Key = %q\n  DB SSL Cert = %q\n  DB SSL CA = %q\n}\n", found[1], tls+"/client.key",
		tls+"/client.pem", tls+"/ca.pem")
	top := filepath.Join(filepath.Dir(file), "bacula-dir.conf")
	if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), exec.Command("chown", "--reference="+top, file).Run()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(file) })
	return resource.ReplaceAllLiteralString(own, "\n@"+file+"\n")
}

// labRun runs a command of the lab itself.
func labRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(labDir, "bin", "lab"), append([]string{"--dir", labDir}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("lab %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// volume is how the file of one is.
type volume struct {
	at   time.Time
	size int64
}

// labVolumes are the volumes that green's Storage Daemon has, by their paths.
func labVolumes(t *testing.T) map[string]volume {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(labDir, "green", "volumes", "*", "green-*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]volume{}
	for _, path := range all {
		if i, err := os.Stat(path); err == nil {
			out[path] = volume{i.ModTime(), i.Size()}
		}
	}
	return out
}

// applies carries a plan out, to its end.
func (l *labCrew) applies(phrase string, args ...string) string {
	l.t.Helper()
	return l.does(0, append(args, "--apply", "--confirm="+phrase, "--reason=tried in the lab")...)
}

// backs backs a chain up on green.
func (l *labCrew) backs(chain string) {
	l.t.Helper()
	l.applies("backup "+chain+" green", "backup", "--on=green", "--level=Full", "--chain="+chain, "--region=region1", "--kind=regular")
}

// labRow is a row of Job.
type labRow struct {
	id          int
	job, status string
}

// labJobs are all jobs of a catalog, by their unique names.
func labJobs(t *testing.T, server string) map[string]labRow {
	t.Helper()
	out := map[string]labRow{}
	for line := range strings.Lines(labRun(t, "sql", server, "SELECT JobId, Job, JobStatus FROM Job")) {
		if f := strings.Fields(line); len(f) == 3 && f[0] != "JobId" {
			id, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatal(err)
			}
			out[f[1]] = labRow{id, f[1], f[2]}
		}
	}
	return out
}
