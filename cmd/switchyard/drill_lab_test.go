//go:build lab

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/gate"
	"switchyard/model/record"
)

// labDrill is the host of a Director that a drill brings up beside green's own, on a server with a copy of its catalog.
type labDrill struct {
	*goneLab
	copyAt string // host:port of that server, which is there while the drill wants it
	did    string // what the copy had when it was removed
}

const (
	drillAccount = "'drill'@'127.0.0.1'"
	drillRestore = "SELECT COUNT(*) FROM Job WHERE Type='R' AND JobStatus='T'"
)

// section is what the configuration says of it.
func (d *labDrill) section(t *testing.T, g *goneLab) string {
	own := *g
	own.host, own.port = filepath.Join(labDir, "green", "drill"), freePort(t)
	d.goneLab = &own
	d.copyAt, d.did = strings.TrimSpace(labRun(t, "scratch", "at")), filepath.Join(t.TempDir(), "did")
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("  drill:\n    director:\n      name: green-dir\n      address: \"127.0.0.1:%d\"\n      service:", d.port)
	for _, word := range []string{"state", "stop", "start"} {
		p("        %s: [/bin/sh, %s, %[1]s]", word, d.at("service"))
	}
	p("    console: %s\n    conf: [/bin/cat, %s]", d.console("act"), d.at("bacula-dir.conf"))
	p("    catalog: {hosts: [\"%s\"], database: bacula, tls: {mode: required, ca: secrets/ca.pem, server_name: localhost}}", d.copyAt)
	for _, word := range []string{"make", "remove"} {
		p("    %s: {run: [/bin/sh, %s, %[1]s], look: [/bin/sh, %[2]s, looks-%[1]s]}", word, d.at("copy"))
	}
	return b.String()
}

// copies is the script that makes a server with a copy of green's catalog, in which nothing can be written to, for an account that has
// nothing else, and that removes the server and all that the Director left on its host.
const copies = `#!/bin/sh
lab() { LAB --dir DIR --port-offset OFFSET "$@"; }
case $1 in
make)
	set -e
	lab scratch make
	lab sql scratch "UPDATE Media SET VolStatus='Read-Only', Recycle=0; CREATE USER ACCOUNT IDENTIFIED BY 'for a drill' REQUIRE SSL;
		GRANT ALL ON bacula.* TO ACCOUNT; SELECT 1" >/dev/null
	cp -p HOST/prepared.conf HOST/bacula-dir.conf && touch HOST/made ;;
remove)
	lab sql scratch "RESTORES" 2>/dev/null | tail -n 1 >DID
	lab scratch remove && cd HOST && for f in *; do grep -qxF "$f" kept || rm -f "$f"; done ;;
looks-make) [ -f HOST/made ] || exit 1 ;;
looks-remove) [ ! -e DIR/green/db-scratch ] && [ ! -e HOST/bacula-dir.conf ] || exit 1 ;;
esac
`

var (
	letsStart = regexp.MustCompile(`(?m)^[ \t]*(Schedule|Recycle|Auto ?Prune|Label Format|Enabled|Write Bootstrap|` +
		`Run (Before|After) Job)[ \t]*=.*\n`)
	scriptBlock = regexp.MustCompile(`(?s)\n[ \t]*RunScript \{.*?\n[ \t]*\}`)
	otherJobs   = regexp.MustCompile(`(?m)^([ \t]*)Type = (Backup|Admin|Verify|Copy|Migrate)$`)
	poolType    = regexp.MustCompile(`(?m)^([ \t]*)Pool Type = Backup$`)
	clientStart = regexp.MustCompile(`(?m)^Client \{$`)
	catalogPort = regexp.MustCompile(`DB Port = \d+`)
	catalogUser = regexp.MustCompile(`dbuser = "[^"]*"; *dbpassword = "[^"]*"`)
)

// portIn is the directive of a Catalog resource for a server.
func portIn(at string) string { return "DB Port = " + at[strings.LastIndexByte(at, ':')+1:] }

// prepares makes the host: green's own configuration as it is then, made harmless as a person would, and the service of its Director. Its
// session with the copy is encrypted as green's is, by an account that green's server does not know.
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
	catalog := catalogPort.ReplaceAllString(read("catalog.conf"), portIn(d.copyAt))
	catalog = catalogUser.ReplaceAllString(catalog, `dbuser = "drill"; dbpassword = "for a drill"`)
	text := strings.Replace(read("bacula-dir.conf"), "\n@"+filepath.Join(was, "routed.conf")+"\n", "\n"+read("routed.conf")+"\n", 1)
	text = strings.Replace(text, "\n@"+filepath.Join(was, "catalog.conf")+"\n", "\n"+catalog+"\n", 1)
	text = scriptBlock.ReplaceAllString(letsStart.ReplaceAllString(text, ""), "")
	text = otherJobs.ReplaceAllString(text, "${1}Type = ${2}\n${1}Enabled = no")
	text = poolType.ReplaceAllString(text, "${1}Pool Type = Backup\n${1}Recycle = no\n${1}AutoPrune = no")
	text = movedTo(clientStart.ReplaceAllString(text, "Client {\n  AutoPrune = no"), d.host, d.port)
	of := strings.NewReplacer("LAB", filepath.Join(labDir, "bin", "lab"), "DIR", labDir, "HOST", d.host, "ACCOUNT", drillAccount,
		"OFFSET", cmp.Or(os.Getenv("SWITCHYARD_LAB_PORT_OFFSET"), "0"), "RESTORES", drillRestore, "DID", d.did)
	files := map[string]string{"prepared.conf": text, "copy": of.Replace(copies),
		"service": strings.ReplaceAll(serviceWords, "HOST", d.host)}
	for _, name := range []string{"shifted.pw", "client.key", "client.pem", "ca.pem"} {
		files[name] = read(name)
	}
	for name, text := range namedConsoles("green-dir", text, d.port) {
		files[name] = text
	}
	files["kept"] = strings.Join(slices.Sorted(maps.Keys(files)), "\n") + "\nkept\n"
	t.Cleanup(func() {
		labRun(t, "scratch", "remove")
		_ = os.RemoveAll(filepath.Join(d.root, d.host))
	})
	d.put(d.host, files)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.serves(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
}

// inUse is all of green that a drill must leave as it is: what its server ran and has, its Director's process, configuration, jobs and
// schedules, and the volumes.
func (d *labDrill) inUse() map[string]string {
	t := d.t
	t.Helper()
	is := map[string]string{}
	for _, path := range []string{"bacula-dir.conf", "routed.conf", "catalog.conf"} {
		text, err := os.ReadFile(filepath.Join(labDir, "green", "green-dir", path))
		if err != nil {
			t.Fatal(err)
		}
		is[path] = string(text)
	}
	for _, says := range []string{".jobs", "show schedules"} {
		is[says] = strings.ReplaceAll(labRun(t, "console", "green", says), "You have messages.\n", "")
	}
	for line := range strings.Lines(labRun(t, "status")) {
		if strings.HasPrefix(line, "green-dir ") {
			is["its process"] = line
		}
	}
	for path, v := range labVolumes(t) {
		is[path] = fmt.Sprint(v.at, v.size)
	}
	const tables = "SELECT GROUP_CONCAT(TABLE_NAME ORDER BY TABLE_NAME SEPARATOR ', bacula.') FROM information_schema.TABLES " +
		"WHERE TABLE_SCHEMA='bacula'"
	is["rows"] = labRun(t, "sql", "green", "CHECKSUM TABLE bacula."+labAsk(t, "green", tables))
	for what, says := range map[string]string{
		"jobs":         "SELECT CONCAT_WS(' ', COUNT(*), MAX(JobId)) FROM Job",
		"media":        "SELECT GROUP_CONCAT(CONCAT_WS(' ', VolumeName, VolStatus, VolJobs, VolBytes) ORDER BY MediaId) FROM Media",
		"schemas":      "SELECT GROUP_CONCAT(SCHEMA_NAME ORDER BY SCHEMA_NAME) FROM information_schema.SCHEMATA",
		"accounts":     "SELECT GROUP_CONCAT(User, '@', Host ORDER BY User, Host) FROM mysql.user",
		"transactions": "SELECT @@global.gtid_executed",
	} {
		is[what] = labAsk(t, "green", "SET SESSION group_concat_max_len=1000000; "+says)
	}
	return is
}

// left is what a drill has not taken away: processes that have to do with its host or its copy, and files.
func (d *labDrill) left() (out []string) {
	d.t.Helper()
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		argv, _ := os.ReadFile(path)
		if text := strings.ReplaceAll(string(argv), "\x00", " "); strings.Contains(text, d.host) || strings.Contains(text, "db-scratch") {
			out = append(out, path+": "+text)
		}
	}
	kept, err := os.ReadFile(d.at("kept"))
	if err != nil {
		d.t.Fatal(err)
	}
	files, _ := filepath.Glob(d.at("*"))
	for _, path := range files {
		if !slices.Contains(strings.Split(string(kept), "\n"), filepath.Base(path)) {
			out = append(out, path)
		}
	}
	for _, of := range []string{filepath.Join(labDir, "green", "db-scratch"), filepath.Join(labDir, "log", "db-scratch*"),
		filepath.Join(d.root, labDir, "restored", "tests", "*")} {
		there, _ := filepath.Glob(of)
		out = append(out, there...)
	}
	return out
}

// untouched wants green to be as it was, and nothing to be left of a drill.
func (d *labDrill) untouched(before map[string]string) {
	d.t.Helper()
	after := d.inUse()
	for what := range before {
		if after[what] != before[what] {
			d.t.Errorf("%s: %.2000s\n\nit was: %.2000s", what, after[what], before[what])
		}
	}
	if len(after) != len(before) {
		d.t.Errorf("green has %d things, and had %d", len(after), len(before))
	}
	if left := d.left(); len(left) > 0 || listens(d.port) {
		d.t.Errorf("it leaves %q; its Director listens: %v", left, listens(d.port))
	}
}

// bundled is a person who has the bundle and its key, and no configuration.
func (d *labDrill) bundled() *crew {
	return &crew{t: d.t, env: append(slices.Clone(d.env), "SWITCHYARD_CONFIG=/nowhere")}
}

func (d *labDrill) drilling(more ...string) []string {
	return slices.Concat([]string{"recover", "--drill", "--apply", "--confirm=drill recovery", "--reason=a drill"}, d.from, more)
}

// drills by the bundle alone, wants that exit status, and gives what was printed.
func (d *labDrill) drills(status int, more ...string) string {
	d.t.Helper()
	return d.bundled().does(status, d.drilling(more...)...)
}

// TestTheLabDrillsARecovery: by the bundle alone a server is made that has a copy of green's catalog, a second Director of Bacula 15 comes
// up on it while green's own goes on, is seen to be able to do no harm, restores three chains to the last byte, and is gone again with its
// server. The gate holds by the time that this took. Green's catalog, its volumes and its Director have had nothing of it, however it ends.
func TestTheLabDrillsARecovery(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	d := &labDrill{}
	g := newGoneLab(t, func(g *goneLab) string { return d.section(t, g) })
	d.labCrew, d.gone = g.labCrew, g.gone
	ch := &g.chains
	g.applies("push green", "routes", "push", "green")
	g.runs("green", "Full", ch.home, ch.whole, ch.levels)
	g.changes(ch.levels)
	g.runs("green", "Incremental", ch.levels)
	_, _ = g.command("bundle", "--to", filepath.Join(g.kept, "recovery")).CombinedOutput() // it lacks chains that were never backed up
	d.prepares()
	d.until("nothing runs by itself", func() bool { // a Storage Daemon ends later than the catalog says
		return strings.Contains(labRun(t, "console", "green", "status storage=sd-region1"), "No Jobs running.") &&
			strings.Contains(labRun(t, "console", "green", "status dir"), "No Jobs running.")
	})
	restores := labCount(t, "green", drillRestore)
	before := d.inUse()
	said := d.drills(0)
	d.untouched(before)
	g.says(said, "could do no harm", "are Read-Only there", "database bacula", "answers green-dir", "what was restored is what was backed up")
	a := g.labCrew.action()
	if a.Which != "drill" || a.State != record.ActionDone || len(a.Spared) > 0 {
		t.Fatalf("%+v", a)
	}
	t.Logf("a drill took %.0f s", a.Ended.Sub(a.Began).Seconds())
	d.measured(a)
	if did, err := os.ReadFile(d.did); err != nil || strings.TrimSpace(string(did)) != fmt.Sprint(restores+3) {
		t.Errorf("the copy had %s restores (%v), and green has %d", did, err, restores)
	}

	d.harmful(before)
	d.inUseIsNoCopy(g, before)
	d.stopped(before)
}

// harmful: one whose configuration lets a job start is never started, and its copy is removed at once.
func (d *labDrill) harmful(before map[string]string) {
	t := d.t
	t.Helper()
	text, err := os.ReadFile(d.at("prepared.conf"))
	if err != nil {
		t.Fatal(err)
	}
	d.put(d.host, map[string]string{"prepared.conf": strings.Replace(string(text), "Enabled = no", "Enabled = yes", 1)})
	said := d.drills(1)
	d.says(said, "is not Enabled = no", "goes back")
	if strings.Contains(said, "begins step 3") {
		t.Errorf("a Director that could do harm was started:\n%s", said)
	}
	d.put(d.host, map[string]string{"prepared.conf": string(text)})
	d.untouched(before)
}

// inUseIsNoCopy: what is on green's own server is no scratch target, whatever its database is called.
func (d *labDrill) inUseIsNoCopy(g *goneLab, before map[string]string) {
	t := d.t
	t.Helper()
	_, section, _ := strings.Cut(g.recovers(), "recover:\n")
	section, _, _ = strings.Cut(section, "restore_tests:\n")
	used := labAddresses(t)["db-green"]
	section = strings.Replace(section, "secrets/", filepath.Join(labDir, "secrets")+"/", 1)
	section = strings.Replace(section, `hosts: ["`+d.copyAt+`"]`, `hosts: ["`+used+`"]`, 1)
	section = regexp.MustCompile(`(make|remove): \{.*\}`).ReplaceAllString(section, "$1: {run: [/bin/true], look: [/bin/true]}")
	text, err := os.ReadFile(d.at("prepared.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for database, why := range map[string]string{"bacula": "it is no copy", "upgraded": "its server is in use"} {
		file := filepath.Join(t.TempDir(), "director.yaml")
		own := strings.Replace(section, "database: bacula,", "database: "+database+",", 1)
		if err := os.WriteFile(file, []byte(regexp.MustCompile(`(?m)^  `).ReplaceAllString(own, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		conf := strings.Replace(string(text), portIn(d.copyAt), portIn(used), 1)
		conf = strings.Replace(conf, `dbname = "bacula"`, `dbname = "`+database+`"`, 1)
		d.put(d.host, map[string]string{"bacula-dir.conf": conf})
		said := d.drills(1, "--director", file)
		d.says(said, why)
		if strings.Contains(said, "begins step 3") {
			t.Errorf("a Director came up on green's server:\n%s", said)
		}
		_ = os.Remove(d.at("bacula-dir.conf"))
		d.untouched(before)
	}
}

// stopped: one whose runner is killed while its Director is up, and no Storage Daemon answers it, is taken down by its way back.
func (d *labDrill) stopped(before map[string]string) {
	t := d.t
	t.Helper()
	front := d.bundled().command(d.drilling()...)
	if err := front.Start(); err != nil {
		t.Fatal(err)
	}
	begun := func(step int) func() bool {
		return func() bool {
			a := d.labCrew.action()
			return a.State == record.ActionRunning && a.Done == step-1 && a.Intent > 0
		}
	}
	d.until("the copy is being made", begun(1))
	heal := d.breaks("storage-hung", "green")
	d.until("the Storage Daemon is asked", begun(5))
	if err := syscall.Kill(d.runner(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = front.Wait()
	heal()
	if left := d.left(); len(left) == 0 || !listens(d.port) {
		t.Fatalf("nothing is to be taken down: %q", left)
	}
	a := d.labCrew.action()
	said := d.bundled().does(1, append([]string{"act", a.ID, "--drill", "--back", "--reason=it was stopped"}, d.from...)...)
	if a = d.labCrew.action(); a.State != record.ActionFailed || a.Back == nil {
		t.Errorf("%s: %s\n%s", a, a.Why, said)
	}
	d.untouched(before)
}

// measured wants what the drill found to be three chains that were compared, what others need among them, and the gate to hold by its time.
func (d *labDrill) measured(a *record.Action) {
	t, ch := d.t, &d.chains
	t.Helper()
	var chains []string
	tested := 0
	for _, f := range a.Found {
		if r := f.Restored; r != nil {
			chains = append(chains, strings.TrimSuffix(filepath.Base(r.Where), "-"+a.ID))
			if r.Bytes == 0 || r.Files < 3 {
				t.Errorf("%s: %+v", chains[len(chains)-1], r)
			}
		}
		if f.Tested != nil && f.Tested.Verdict == model.Holds {
			tested++
		}
	}
	slices.Sort(chains)
	if want := []string{ch.home, ch.levels, ch.whole}; !slices.Equal(chains, want) || tested != len(want) {
		t.Errorf("%q were restored, %d compared", chains, tested)
	}
	var told struct{ Gates []gate.Gate }
	out, _ := d.command("gates", "--json").Output() // other gates do not hold
	if err := json.Unmarshal(out, &told); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	i := slices.IndexFunc(told.Gates, func(g gate.Gate) bool { return g.ID == "recover-drill" })
	want := ": took " + model.Age(a.Ended.Sub(a.Began))
	if i < 0 || told.Gates[i].Verdict != model.Holds || told.Gates[i].Manual || !strings.HasSuffix(told.Gates[i].Value, want) ||
		a.Ended.Sub(a.Began) < time.Second {
		t.Errorf("want %q: %+v", want, told.Gates)
	}
}
