//go:build lab

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/bundle"
	"switchyard/model"
	"switchyard/model/record"
)

// goneLab is a lab of which blue, its MariaDB, both green Directors, and the host that ran Switchyard are gone. What is left are MySQL 9,
// green's Storage Daemon and a File Daemon, and a directory with the bundle and its key.
type goneLab struct {
	*labCrew
	kept   string            // holds nothing but the bundle and its key
	gone   map[string]string // what was moved away, to where
	host   string            // of the Director that comes up: in green's root as outside of it
	port   int               // of that Director
	root   string
	chains goneChains
	from   []string // the flags
	drill  string   // of the section recover: what a drill brings up
	trace  string   // what the program and all that it starts opens
}

// goneChains are those of this lab, each of another fate. Of each run others, as the catalogs remember what was backed up.
type goneChains struct{ home, whole, levels, twice, only, never, scan string }

func newGoneChains() goneChains {
	at := fmt.Sprintf("%06d", time.Now().Unix()%1e6)
	return goneChains{"dbadb" + at, "whole" + at, "levels" + at, "twice" + at, "only" + at, "never" + at, "scan" + at}
}

func jobOf(chain string) string { return "backup-" + chain + "-region1-regular" }

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// newGoneLab makes a lab with chains of both clusters, a second Director of green's beside the first, and a bundle of it; nothing is gone
// yet.
func newGoneLab(t *testing.T, drills ...func(*goneLab) string) *goneLab {
	t.Helper()
	needsLab(t)
	labRun(t, "unschedule")
	forgotten(t)
	g := &goneLab{gone: map[string]string{}, host: filepath.Join(labDir, "green", "rescue"), root: filepath.Join(labDir, "root"),
		port: freePort(t), chains: newGoneChains(), kept: t.TempDir(), trace: filepath.Join(t.TempDir(), "trace")}
	bastion := filepath.Join(t.TempDir(), "bastion")
	if err := os.MkdirAll(bastion, 0o755); err != nil {
		t.Fatal(err)
	}
	private, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	g.from = []string{"--bundle", filepath.Join(g.kept, "recovery"), "--identity", filepath.Join(g.kept, "key")}
	if err := os.WriteFile(filepath.Join(g.kept, "key"), []byte(private+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, drill := range drills {
		g.drill += drill(g)
	}
	ch, green := &g.chains, filepath.Join(labDir, "green", "green-dir")
	r := &routedLab{
		takes:  model.Green,
		chains: []string{ch.home, ch.whole, ch.levels, ch.twice, ch.never, ch.scan},
		others: []string{ch.twice, ch.only},
	}
	r.own = func(c model.Cluster, own string) string {
		if c == model.Green {
			g.certified(t, green)
			own = catalogApart(t, own, filepath.Join(green, "catalog.conf"))
			of := filepath.Join(labDir, "green", "tls")
			if out, err := exec.Command("sed", "-i", "s|"+of+"|"+green+"|", filepath.Join(green, "catalog.conf")).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		return own
	}
	r.push = func(c model.Cluster, push string) string {
		if c == model.Green {
			push = strings.Replace(push, "on: {active: {", "on: {active: {catalog_file: "+filepath.Join(green, "catalog.conf")+", ", 1)
		}
		return push
	}
	r.more = "needs: {\"catalog blue\": [chain " + ch.home + "]}\nbundle: {recipients: [" + public + "]}\n" + g.recovers()
	g.labCrew = r.made(t, bastion)
	g.onItsOwn(bastion)
	return g
}

// certified gives green's Director a key and certificates beside its configuration.
func (g *goneLab) certified(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"client.key", "client.pem", "ca.pem"} {
		to := filepath.Join(dir, name)
		if out, err := exec.Command("cp", "-p", filepath.Join(labDir, "green", "tls", name), to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		t.Cleanup(func() { _ = os.Remove(to) })
	}
}

// tool lets a program of Bacula 15 read a configuration.
func (g *goneLab) tool(command string) string {
	return "[/usr/sbin/chroot, " + g.root + `, /bin/sh, -c, "f=$(mktemp) && cat >$f && ` + command + ` $f; s=$?; rm -f $f; exit $s"]`
}

func (g *goneLab) console(conf string) string {
	return "[/usr/sbin/chroot, " + g.root + ", /usr/sbin/bconsole, -n, -c, " + filepath.Join(g.host, conf+".conf") + "]"
}

// recovers is what the configuration says of a recovery and of tests.
func (g *goneLab) recovers() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("recover:\n  director:\n    name: green-dir\n    address: \"127.0.0.1:%d\"\n    service:", g.port)
	for _, word := range []string{"state", "stop", "start", "mask", "unmask"} {
		p("      %s: [/bin/sh, %s, %[1]s]", word, filepath.Join(g.host, "service"))
	}
	p("  on:\n    file: %s\n    catalog_file: %s\n    conf: [/bin/cat, %s]", g.at("routed.conf"), g.at("catalog.conf"), g.at("printed.conf"))
	p("    bdirjson: %s\n    test: %s", g.tool("/usr/sbin/bdirjson -c"), g.tool("/usr/sbin/bacula-dir -t -c"))
	p("  consoles: {watch: %s, act: %s}\n  client: db3-fd\n  at_once: 2\n%s", g.console("watch"), g.console("act"), g.drill)
	// Whatever was backed up holds its own sums.
	p("restore_tests:\n  client: db3-fd\n  below: %s", filepath.Join(labDir, "restored", "tests"))
	p("  remove: [rm, -rf, \"%s{where}\"]", g.root)
	p(
		"  verify: {any: [/bin/sh, -c, 'set -e; sums=$(find \"$0\" -name SHA256SUMS); cd \"$(dirname \"$sums\")\"; sha256sum --quiet -c "+
			"SHA256SUMS || exit 1', "+
			"\"%s{where}\"]}",
		g.root,
	)
	return b.String()
}

func (g *goneLab) at(name string) string { return filepath.Join(g.host, name) }

// onItsOwn moves the configuration and all that it refers to away from the lab's own: to the host that will be gone.
func (g *goneLab) onItsOwn(bastion string) {
	t := g.t
	t.Helper()
	text, err := os.ReadFile(g.config)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", filepath.Join(labDir, "secrets"), bastion).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	own := strings.ReplaceAll(string(text), "secrets/", filepath.Join(bastion, "secrets")+"/")
	own = strings.ReplaceAll(own, filepath.Join(labDir, "green", "green-dir", "next.pw"), g.at("next.pw"))
	own = strings.Replace(
		own,
		"restores: {below: "+bastion+"/restored}",
		"restores: {below: "+filepath.Join(labDir, "restored", "gone")+"}",
		1,
	)
	g.rewrites(filepath.Join(bastion, "switchyard.yaml"), own)
	for _, chain := range []string{g.chains.home, g.chains.whole, g.chains.levels, g.chains.twice, g.chains.only, g.chains.scan} {
		g.sums(chain)
	}
}

// rewrites lets who has the program go by another configuration.
func (g *goneLab) rewrites(file, text string) {
	g.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
	g.config = file
	g.env = append(g.env, "SWITCHYARD_CONFIG="+file)
}

func (g *goneLab) bastion() string { return filepath.Dir(g.config) }

func (g *goneLab) data(chain string) string { return filepath.Join(g.bastion(), "data", chain) }

// sums writes beside what is backed up of a chain what it is.
func (g *goneLab) sums(chain string) {
	g.t.Helper()
	cmd := exec.Command("/bin/sh", "-c", "rm -f SHA256SUMS; sha256sum * > sums && mv sums SHA256SUMS")
	cmd.Dir = g.data(chain)
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("%v: %s", err, out)
	}
}

// runs lets a cluster back chains up, all at once, and gives their JobIds.
func (g *goneLab) runs(cluster, level string, chains ...string) map[string]string {
	g.t.Helper()
	ids := map[string]string{}
	for _, chain := range chains {
		_, tail, _ := strings.Cut(labRun(g.t, "console", cluster, "run job="+jobOf(chain)+" level="+level+" yes"), "JobId=")
		if tail == "" {
			g.t.Fatalf("%s was not started on %s", jobOf(chain), cluster)
		}
		ids[chain] = strings.Fields(tail)[0]
	}
	for chain, id := range ids {
		g.until("job "+id+" of "+chain+" is good", func() bool {
			return strings.HasSuffix(strings.TrimSpace(labRun(g.t, "sql", cluster, "SELECT JobStatus FROM Job WHERE JobId="+id)), "\nT")
		})
	}
	return ids
}

// owner is whose the files of green's Director are.
func (g *goneLab) owner() (uid, gid uint32) {
	g.t.Helper()
	info, err := os.Stat(filepath.Join(labDir, "green", "volumes"))
	if err != nil {
		g.t.Fatal(err)
	}
	of := info.Sys().(*syscall.Stat_t)
	return of.Uid, of.Gid
}

// put writes the files of a Director's host, for it alone to read.
func (g *goneLab) put(dir string, files map[string]string) {
	t := g.t
	t.Helper()
	uid, gid := g.owner()
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.Chown(dir, int(uid), int(gid))); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chown(path, int(uid), int(gid))); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	dirPort      = regexp.MustCompile(`(DirAddresses = \{ ip = \{ addr = 127\.0\.0\.1; port = )\d+`)
	workDirs     = regexp.MustCompile(`(?i)(working|pid) *directory *= *".*"`)
	namedConsole = regexp.MustCompile(`Console \{\s+Name = switchyard-(watch|act)\s+Password = "([^"]+)"`)
)

// movedTo is a configuration of the Director for another directory and another port.
func movedTo(text, dir string, port int) string {
	text = strings.ReplaceAll(text, filepath.Join(labDir, "green", "green-dir"), dir)
	text = dirPort.ReplaceAllString(text, fmt.Sprintf("${1}%d", port))
	return workDirs.ReplaceAllString(text, `${1}Directory = "`+dir+`"`)
}

// namedConsoles are the configurations of bconsole for a Director, by its own.
func namedConsoles(director, own string, port int) map[string]string {
	out := map[string]string{}
	for _, m := range namedConsole.FindAllStringSubmatch(own, -1) {
		out[m[1]+".conf"] = fmt.Sprintf("Director {\n  Name = %s\n  DIRport = %d\n  Address = 127.0.0.1\n  Password = \"not used\"\n}\n"+
			"Console {\n  Name = switchyard-%s\n  Password = %q\n}\n", director, port, m[1], m[2])
	}
	return out
}

// standby lets a second Director of green's run on another host, as the passive one of the configuration.
func (g *goneLab) standby() (kill func()) {
	t, dir, port := g.t, filepath.Join(labDir, "green", "green-dir2"), freePort(g.t)
	t.Helper()
	was := filepath.Join(labDir, "green", "green-dir")
	files := map[string]string{}
	for _, name := range []string{"bacula-dir.conf", "routed.conf", "catalog.conf", "shifted.pw", "client.key", "client.pem", "ca.pem"} {
		text, err := os.ReadFile(filepath.Join(was, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = movedTo(string(text), dir, port)
	}
	files["bacula-dir.conf"] = strings.Replace(files["bacula-dir.conf"], "Name = green-dir\n", "Name = green-dir2\n", 1)
	for name, text := range namedConsoles("green-dir2", files["bacula-dir.conf"], port) {
		files[name] = text
	}
	g.put(dir, files)
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Join(g.root, dir)) })
	uid, gid := g.owner()
	cmd := exec.Command("/usr/sbin/bacula-dir", "-f", "-c", filepath.Join(dir, "bacula-dir.conf"))
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Chroot: g.root, Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	g.until("the passive Director listens", func() bool { return listens(port) })
	text, err := os.ReadFile(g.config)
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`(?m)^(clusters:\n(?:.*\n)*?  green:\n(?:.*\n)*?    directors:\n)`).
		ReplaceAllString(string(text), fmt.Sprintf("${1}      passive: {name: green-dir2, address: \"127.0.0.1:%d\"}\n", port))
	for _, side := range []string{"watch", "act"} {
		own = regexp.MustCompile(`(?m)^(`+side+`:\n(?:.*\n)*?  green:\n    consoles:\n)`).
			ReplaceAllString(own, "${1}      passive: [/usr/sbin/chroot, "+
				g.root+", /usr/sbin/bconsole, -n, -c, "+filepath.Join(dir, side+".conf")+"]\n")
	}
	own = strings.Replace(
		own,
		"      on: {active: {catalog_file: "+was,
		fmt.Sprintf("      on: {passive: {catalog_file: %s/catalog.conf, file: %[1]s/routed.conf, "+
			"conf: [/bin/cat, %[1]s/bacula-dir.conf]}, active: {catalog_file: %s", dir, was),
		1,
	)
	g.rewrites(g.config, own)
	return kill
}

func listens(port int) bool {
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// destroys ends all that is on-premises but one Storage Daemon and one File Daemon, and takes what it had away, until the test ends.
func (g *goneLab) destroys(standby func()) {
	t := g.t
	t.Helper()
	t.Cleanup(func() { labRun(t, "up") }) // once all is back in its place
	for _, f := range [][2]string{{"director-killed", "blue"}, {"director-killed", "green"}, {"catalog-killed", "blue"}, {"storage-killed",
		"blue"},
		{"client-stopped", "db1-fd"}, {"client-stopped", "db2-fd"}} {
		labRun(t, "fault", f[0], f[1])
	}
	standby()
	for _, dir := range []string{filepath.Join(labDir, "blue"), filepath.Join(labDir, "root", labDir, "green", "green-dir"),
		filepath.Join(labDir, "root", labDir, "green", "green-dir2"), filepath.Join(labDir, "root", labDir, "green", "watch.conf"),
		filepath.Join(labDir, "root", labDir, "green", "act.conf"), g.bastion()} {
		to := dir + ".gone"
		if err := os.Rename(dir, to); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.Rename(to, dir); err != nil {
				t.Error(err)
			}
		})
		g.gone[dir] = to
	}
	state := t.TempDir()
	g.config = ""
	g.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=/nowhere", "XDG_STATE_HOME=" + state, "XDG_CACHE_HOME=" + state}
}

// traced is a verb by the bundle, and what it and all that it starts opens is written down.
func (g *goneLab) traced(args ...string) *exec.Cmd {
	g.t.Helper()
	cmd := g.command(append(args, g.from...)...)
	strace, err := exec.LookPath("strace")
	if err != nil {
		g.t.Fatal("what is opened cannot be traced: ", err)
	}
	cmd.Args = append(
		[]string{strace, "-f", "-qq", "-A", "-o", g.trace, "-e", "trace=open,openat,openat2,execve,chroot", cmd.Path},
		cmd.Args[1:]...)
	cmd.Path = strace
	return cmd
}

// by runs such a verb, wants its exit status, and gives what it printed.
func (g *goneLab) by(status int, args ...string) string {
	g.t.Helper()
	cmd := g.traced(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != status {
		g.t.Fatalf("switchyard %s: status %d (%v), want %d\n%s%s", strings.Join(args, " "), got, err, status, &out, &errs)
	}
	return out.String() + errs.String()
}

// table is what recover tells, by chain.
func (g *goneLab) table(args ...string) (told recoveryTold, of map[string]*chainTold) {
	g.t.Helper()
	out := g.by(exitFinding, append([]string{"recover", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		g.t.Fatalf("%v: %s", err, out)
	}
	of = map[string]*chainTold{}
	for i := range told.Chains {
		of[told.Chains[i].Chain] = &told.Chains[i]
	}
	return told, of
}

// action is the newest one of the recovery's journal.
func (g *goneLab) action() *record.Action {
	g.t.Helper()
	var all []*record.Action
	if err := json.Unmarshal([]byte(g.by(0, "actions", "--json")), &all); err != nil || len(all) == 0 {
		g.t.Fatalf("%d actions, %v", len(all), err)
	}
	return all[len(all)-1]
}

// serviceWords is the service manager of the host where a Director comes up: who is asked is not who starts it.
const serviceWords = `#!/bin/sh
cd HOST
waits() { i=0; until $1; do i=$((i+1)); [ $i -gt 150 ] && exit 1; sleep 0.1; done; }
case $1 in
state)
	active=inactive; [ -f running ] && active=active
	file=enabled; [ -f masked ] && file=masked
	printf 'LoadState=loaded\nActiveState=%s\nUnitFileState=%s\n' $active $file ;;
start) [ -f masked ] && exit 1; [ -f running ] || { touch start; waits "test -f running"; } ;;
stop) touch stop; waits "test ! -f running" ;;
mask) touch masked ;;
unmask) rm -f masked ;;
esac
`

// isHost makes the host where the Director comes up, of the archive that recover prints for it, as a person would. Its service manager
// lives until the test ends.
func (g *goneLab) isHost() {
	t := g.t
	t.Helper()
	cmd := g.traced("recover", "--extract", "green")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	was, files, logins := filepath.Join(labDir, "green", "green-dir"), map[string]string{}, map[string]string{}
	for in := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		text, rerr := io.ReadAll(in)
		if err := errors.Join(err, rerr); err != nil {
			t.Fatal(err)
		}
		name, own := strings.CutPrefix(h.Name, "green/green-dir/")
		switch path, included := strings.CutPrefix(name, "files"); {
		case h.Name == "green/clients.json":
			if err := json.Unmarshal(text, &logins); err != nil {
				t.Fatal(err)
			}
		case own && included:
			files[filepath.Base(path)] = movedTo(string(text), g.host, g.port)
			if dir := filepath.Dir(path); dir != was && dir != g.host {
				t.Errorf("it has %s, which the Director did not have", path)
			}
		case own:
			files[name] = movedTo(string(text), g.host, g.port)
		}
	}
	for path, text := range logins {
		files[filepath.Base(path)] = text
	}
	for _, name := range []string{"bacula-dir.conf", "routed.conf", "catalog.conf", "shifted.pw", "client.key", "client.pem", "ca.pem",
		"next.pw"} {
		if files[name] == "" {
			t.Fatalf("the bundle has no %s for the host where the Director comes up", name)
		}
	}
	for name, text := range namedConsoles("green-dir", files["bacula-dir.conf"], g.port) {
		files[name] = text
	}
	files["printed.conf"] = workDirs.ReplaceAllString(files["bacula-dir.conf"], `${1}Directory = "/tmp"`)
	files["service"] = strings.ReplaceAll(serviceWords, "HOST", g.host)
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Join(g.root, g.host)) })
	g.put(g.host, files)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); g.serves(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
}

// serves starts and stops the Director of that host when its service is told so.
func (g *goneLab) serves(ctx context.Context) {
	told := func(word string) bool { return os.Remove(g.at(word)) == nil }
	uid, gid := g.owner()
	for ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		if !told("start") {
			continue
		}
		run, end := context.WithCancel(ctx)
		cmd := exec.CommandContext(run, "/usr/sbin/bacula-dir", "-f", "-c", g.at("bacula-dir.conf"))
		cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Chroot: g.root, Credential: &syscall.Credential{Uid: uid, Gid: gid}}
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			end()
			continue
		}
		gone := make(chan struct{})
		go func() { _ = cmd.Wait(); close(gone) }()
		for up, over := false, false; !over; {
			select {
			case <-gone:
				over = true
			case <-time.After(50 * time.Millisecond):
				if !up && listens(g.port) {
					up = os.WriteFile(g.at("running"), nil, 0o644) == nil
				}
				if told("stop") {
					end()
				}
			}
		}
		end()
		_ = os.Remove(g.at("running"))
		if said.Len() > 0 && ctx.Err() == nil {
			g.t.Logf("the Director that came up said: %.2000s", &said)
		}
	}
}
