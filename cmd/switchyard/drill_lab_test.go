//go:build lab

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"switchyard/model/record"
)

// labDrill is the host of a Director that a drill brings up beside green's own.
type labDrill struct {
	*goneLab
	copyAt string // host:port of the server that has the copy
}

const (
	drillSchema  = "bacula_drill"
	drillAccount = "'drill'@'127.0.0.1'"
)

// section is what the configuration says of it.
func (d *labDrill) section(t *testing.T, g *goneLab) string {
	own := *g
	own.host, own.port = filepath.Join(labDir, "green", "drill"), freePort(t)
	d.goneLab = &own
	d.copyAt = labAddresses(t)["db-green"]
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("  drill:\n    director:\n      name: green-dir\n      address: \"127.0.0.1:%d\"\n      service:", d.port)
	for _, word := range []string{"state", "stop", "start"} {
		p("        %s: [/bin/sh, %s, %[1]s]", word, d.at("service"))
	}
	p("    console: %s\n    conf: [/bin/cat, %s]", d.console("act"), d.at("bacula-dir.conf"))
	p("    catalog: {hosts: [\"%s\"], database: %s, tls: {mode: required, ca: secrets/ca.pem, server_name: localhost}}", d.copyAt, drillSchema)
	for _, word := range []string{"make", "remove"} {
		p("    %s: {run: [/bin/sh, %s, %[1]s], look: [/bin/sh, %[2]s, looks-%[1]s]}", word, d.at("copy"))
	}
	return b.String()
}

// copies is the script that makes a copy of green's catalog in which nothing can be written to, for an account that has nothing else, and that
// removes it.
const copies = `#!/bin/sh
sql() { LAB --dir DIR sql green "$1"; }
case $1 in
make)
	set -e
	sql "SET sql_log_bin=0; DROP DATABASE IF EXISTS COPY; CREATE DATABASE COPY; SELECT 1" >/dev/null
	for t in $(sql "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='bacula'" | tail -n +2); do
		sql "SET sql_log_bin=0; CREATE TABLE COPY.$t LIKE bacula.$t; INSERT INTO COPY.$t SELECT * FROM bacula.$t; SELECT 1" >/dev/null
	done
	sql "SET sql_log_bin=0; UPDATE COPY.Media SET VolStatus='Read-Only', Recycle=0; SELECT 1" >/dev/null
	sql "SET sql_log_bin=0; DROP USER IF EXISTS ACCOUNT; CREATE USER ACCOUNT IDENTIFIED BY 'for a drill'; GRANT ALL ON COPY.* TO ACCOUNT;
		GRANT SELECT ON COPY.* TO 'switchyard_act'@'127.0.0.1'; SELECT 1" >/dev/null
	cp -p HOST/prepared.conf HOST/bacula-dir.conf && touch HOST/made ;;
remove)
	sql "SET sql_log_bin=0; REVOKE SELECT ON COPY.* FROM 'switchyard_act'@'127.0.0.1'; DROP DATABASE IF EXISTS COPY; DROP USER IF EXISTS ACCOUNT;
		SELECT 1" >/dev/null && rm -f HOST/made HOST/bacula-dir.conf ;;
looks-make) [ -f HOST/made ] || exit 1 ;;
looks-remove) [ ! -f HOST/made ] || exit 1 ;;
esac
`

var (
	letsStart   = regexp.MustCompile(`(?m)^[ \t]*(Schedule|Recycle|Auto ?Prune|Label Format|Enabled|Write Bootstrap|Run (Before|After) Job)[ \t]*=.*\n`)
	scriptBlock = regexp.MustCompile(`(?s)\n[ \t]*RunScript \{.*?\n[ \t]*\}`)
	otherJobs   = regexp.MustCompile(`(?m)^([ \t]*)Type = (Backup|Admin|Verify|Copy|Migrate)$`)
	poolType    = regexp.MustCompile(`(?m)^([ \t]*)Pool Type = Backup$`)
	clientStart = regexp.MustCompile(`(?m)^Client \{$`)
)

// prepares makes the host: green's own configuration as it is then, made harmless as a person would, and the service of its Director.
func (d *labDrill) prepares() {
	t, was := d.t, filepath.Join(labDir, "green", "green-dir")
	t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(was, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	host, port, _ := strings.Cut(d.copyAt, ":")
	text := strings.Replace(read("bacula-dir.conf"), "\n@"+filepath.Join(was, "routed.conf")+"\n", "\n"+read("routed.conf")+"\n", 1)
	text = strings.Replace(text, "\n@"+filepath.Join(was, "catalog.conf")+"\n", fmt.Sprintf("\nCatalog {\n  Name = MainCatalog\n  DB Address = %q\n"+
		"  DB Port = %s\n  dbname = %q; dbuser = \"drill\"; dbpassword = \"for a drill\"\n}\n", host, port, drillSchema), 1)
	text = scriptBlock.ReplaceAllString(letsStart.ReplaceAllString(text, ""), "")
	text = otherJobs.ReplaceAllString(text, "${1}Type = ${2}\n${1}Enabled = no")
	text = poolType.ReplaceAllString(text, "${1}Pool Type = Backup\n${1}Recycle = no\n${1}AutoPrune = no")
	text = movedTo(clientStart.ReplaceAllString(text, "Client {\n  AutoPrune = no"), d.host, d.port)
	of := strings.NewReplacer("LAB", filepath.Join(labDir, "bin", "lab"), "DIR", labDir, "COPY", drillSchema, "ACCOUNT", drillAccount, "HOST", d.host)
	files := map[string]string{"prepared.conf": text, "shifted.pw": read("shifted.pw"), "service": strings.ReplaceAll(serviceWords, "HOST", d.host),
		"copy": of.Replace(copies)}
	for name, text := range namedConsoles("green-dir", text, d.port) {
		files[name] = text
	}
	t.Cleanup(func() {
		labDo(t, "green", "SET sql_log_bin=0", "DROP DATABASE IF EXISTS "+drillSchema, "DROP USER IF EXISTS "+drillAccount, "SELECT 1")
		_ = os.RemoveAll(filepath.Join(d.root, d.host))
	})
	d.put(d.host, files)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.serves(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
}

// TestTheLabDrillsARecovery: a second Director of Bacula 15 comes up on a copy of green's catalog while green's own goes on, is seen to be able
// to do no harm, restores two chains to the last byte, and is gone again. Green's catalog, its volumes and its Director have had nothing of it.
func TestTheLabDrillsARecovery(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	d := &labDrill{}
	g := newGoneLab(t, func(g *goneLab) string { return d.section(t, g) })
	d.labCrew, d.gone = g.labCrew, g.gone
	g.applies("push green", "routes", "push", "green")
	g.runs("green", "Full", g.chains.home, g.chains.whole)
	_, _ = g.command("bundle", "--to", filepath.Join(g.kept, "recovery")).CombinedOutput() // it lacks chains that were never backed up
	d.prepares()
	drill := func(status int) string {
		t.Helper()
		return g.does(status, append([]string{"recover", "--drill", "--apply", "--confirm=drill recovery", "--reason=a drill"}, g.from...)...)
	}
	const state = "SELECT CONCAT_WS(' ', (SELECT COUNT(*) FROM Job), (SELECT MAX(JobId) FROM Job), (SELECT COUNT(*) FROM Media), " +
		"(SELECT GROUP_CONCAT(VolStatus, VolJobs, VolBytes ORDER BY MediaId) FROM Media))"
	before, volumes := labAsk(t, "green", state), labVolumes(t)
	said := drill(0)
	g.says(said, "could do no harm", "are Read-Only there", "database "+drillSchema, "answers green-dir", "what was restored is what was backed up")
	a := g.labCrew.action()
	if a.Which != "drill" || a.State != record.ActionDone || len(a.Spared) > 0 {
		t.Errorf("%+v", a)
	}
	t.Logf("a drill took %.0f s", a.Ended.Sub(a.Began).Seconds())
	if after := labAsk(t, "green", state); after != before {
		t.Errorf("green's catalog was %s, and is %s", before, after)
	}
	for path, is := range labVolumes(t) {
		if volumes[path] != is {
			t.Errorf("%s was written to", path)
		}
	}
	if labAsk(t, "green", "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='"+drillSchema+"'") != "0" || listens(d.port) {
		t.Error("it leaves its catalog, or its Director")
	}
	gates, _ := g.command("gates").Output()
	g.says(string(gates), "a recovery without on-premises was tried, in time")

	// One whose configuration lets a job start is never started.
	text, err := os.ReadFile(d.at("prepared.conf"))
	if err != nil {
		t.Fatal(err)
	}
	d.put(d.host, map[string]string{"prepared.conf": strings.Replace(string(text), "Enabled = no", "Enabled = yes", 1)})
	g.says(drill(1), "is not Enabled = no")
	if listens(d.port) {
		t.Error("a Director that could do harm is up")
	}
	back := g.labCrew.action()
	g.does(1, append([]string{"act", back.ID, "--drill", "--back", "--reason=it was tried"}, g.from...)...)
	if labAsk(t, "green", "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='"+drillSchema+"'") != "0" {
		t.Error("its way back leaves the copy")
	}
}
