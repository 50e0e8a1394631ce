//go:build lab

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// newestOf is the newest good backup of a chain in green's catalog, asked of its server by hand.
func newestOf(t *testing.T, chain string) string {
	t.Helper()
	return labAsk(t, "green", "SELECT COALESCE(MAX(JobId), 0) FROM Job WHERE Name='"+jobOf(chain)+"' AND Type='B' AND JobStatus='T'")
}

// TestTheLabsOnPremisesIsGone: blue, the MariaDB that hosts its catalog, its Storage Daemon, both green Directors and the host that ran
// Switchyard are gone. By a directory that holds nothing but the bundle and its key it is told what can come back, a Director comes up on
// the MySQL that is left, and the chains come back to the last byte: what hosted the catalog first. A volume that the catalog does not know
// is read into it as it is offered. Nothing of what is gone is opened. Then the catalog is gone, too, and the cards tell the same.
func TestTheLabsOnPremisesIsGone(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	began := time.Now()
	took := func(what string) { t.Logf("%s after %.0f s", what, time.Since(began).Seconds()) }
	g := newGoneLab(t)
	ch := &g.chains
	g.dumpsCatalog()
	g.applies("push blue", "routes", "push", "blue")
	g.applies("push green", "routes", "push", "green")
	took("pushed")
	full := g.runs("green", "Full", ch.home, ch.whole, ch.levels, ch.twice, ch.scan)
	g.changes(ch.levels)
	g.changes(ch.twice)
	level := g.runs("green", "Incremental", ch.levels)
	g.runs("blue", "Full", ch.twice, ch.only)
	g.changes(ch.twice) // what green has of it is older
	took("backed up")
	kill := g.standby()
	if out, err := g.command("bundle", "--to", filepath.Join(g.kept, "recovery")).CombinedOutput(); exitOf(err) != exitFinding ||
		!strings.Contains(string(out), "it lacks 1 thing") || !strings.Contains(string(out), ch.never) {
		t.Fatalf("the bundle: %v\n%s", err, out)
	}
	took("bundled")
	g.destroys(kill)
	took("gone")
	g.forgets(full[ch.scan])

	told, of := g.table()
	g.right(
		told,
		of,
		map[string]string{ch.home: full[ch.home], ch.whole: full[ch.whole], ch.levels: level[ch.levels], ch.twice: full[ch.twice]},
	)
	took("told")
	g.isHost()
	g.says(
		g.by(exitFinding, "recover", "--apply", "--confirm=recover with green-dir"),
		"is dead is not known",
	) // its consoles are gone with it
	seen := "--reason=their host was seen in ashes"
	g.says(
		g.by(0, "recover", "--apply", "--confirm=recover with green-dir", seen),
		"what was restored is what was backed up",
		"brings back what is next",
	)
	g.back(ch.home)
	took("what others need is back")
	g.says(g.by(0, "recover", "--apply", "--confirm=recover 3 chains", seen), "restore of "+ch.levels)
	g.back(ch.whole, ch.levels)
	g.older(ch.twice)
	took("three more are back")

	g.scans(of[ch.scan])
	g.says(g.by(0, "recover", "--apply", "--confirm=recover 1 chain", seen), "restore of "+ch.scan)
	g.back(ch.scan)
	took("a volume that the catalog did not know is back")
	g.openedNothing()
	g.byCards(of)
	g.openedNothing()
	took("told by cards")
}

// dumpsCatalog lets the chain that hosts blue's catalog hold what is in it.
func (g *goneLab) dumpsCatalog() {
	g.t.Helper()
	out, err := exec.Command("mysqldump", "--defaults-file="+filepath.Join(labDir, "blue", "bin", "catalog.cnf"), "--single-transaction",
		"--no-tablespaces", "bacula").Output()
	if err != nil || len(out) < 100_000 {
		g.t.Fatalf("%d bytes of blue's catalog: %v", len(out), err)
	}
	if err := os.WriteFile(filepath.Join(g.data(g.chains.home), "dump.sql"), out, 0o644); err != nil {
		g.t.Fatal(err)
	}
	g.sums(g.chains.home)
}

// changes lets what is backed up of a chain be other than it was. What was there before is kept.
func (g *goneLab) changes(chain string) {
	g.t.Helper()
	dir := g.data(chain)
	if !isThere(dir + ".before") {
		if out, err := exec.Command("cp", "-a", dir, dir+".before").CombinedOutput(); err != nil {
			g.t.Fatalf("%v: %s", err, out)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "binlog.000002"), []byte("changed "+time.Now().String()+"\n"), 0o644); err != nil {
		g.t.Fatal(err)
	}
	g.sums(chain)
}

// forgets lets the catalog that is left know nothing of a job and its volume, as if it had not had them yet.
func (g *goneLab) forgets(id string) {
	g.t.Helper()
	labDo(
		g.t,
		"green",
		"USE bacula",
		"CREATE TEMPORARY TABLE lost SELECT DISTINCT MediaId FROM JobMedia WHERE JobId="+id,
		"DELETE FROM Media WHERE MediaId IN (SELECT MediaId FROM lost)",
		"DELETE FROM JobMedia WHERE JobId="+id,
		"DELETE FROM File WHERE JobId="+id,
		"DELETE FROM Log WHERE JobId="+id,
		"DELETE FROM Job WHERE JobId="+id,
		"SELECT 1",
	)
}

// right compares the table with what the catalog that is left answers by hand, and with what was done.
func (g *goneLab) right(told recoveryTold, of map[string]*chainTold, newest map[string]string) {
	t, ch := g.t, &g.chains
	t.Helper()
	if told.Places != 2 || told.Answer != 1 || told.Back != 4 || told.Lost != 2 || told.Unknown != 1 || told.Chains[0].Chain != ch.home ||
		!told.Chains[0].First {
		t.Errorf(
			"%d Storage Daemons, %d answer; %d come back, %d lost, %d not known; the first is %s",
			told.Places,
			told.Answer,
			told.Back,
			told.Lost,
			told.Unknown,
			told.Chains[0].Chain,
		)
	}
	if len(told.Unread) != 1 || told.Unread[0].Cluster != model.Blue {
		t.Errorf("not read: %+v", told.Unread)
	}
	for chain, id := range newest {
		c := of[chain]
		if hand := newestOf(t, chain); hand != id {
			t.Fatalf("%s: the newest by hand is %s, and %s was done", chain, hand, id)
		}
		if c.Back != model.Answer(model.Holds) || c.Point == nil || c.Point.Key.Cluster != model.Green || labAsk(t, "green",
			"SELECT JobId FROM Job WHERE Job='"+c.Point.Key.Job+"'") != id {
			t.Errorf("%s: %+v of %+v", chain, c, c.Point)
			continue
		}
		volumes := labAsk(t, "green", "SELECT COUNT(DISTINCT MediaId) FROM JobMedia WHERE JobId="+id)
		ended := labAsk(t, "green", "SELECT UNIX_TIMESTAMP(EndTime) FROM Job WHERE JobId="+id)
		if fmt.Sprint(c.Point.At.Unix()) != ended || volumes == "0" {
			t.Errorf("%s: as of %s, by hand %s", chain, c.Point.At, ended)
		}
		if on := c.Point.Storages(); !slices.Equal(on, []string{"sd-region1"}) {
			t.Errorf("%s is to be read from %v", chain, on)
		}
	}
	if n := len(of[ch.levels].Point.Set); n != 2 {
		t.Errorf("%s needs %d jobs, not a full and an incremental one", ch.levels, n)
	}
	if !strings.Contains(of[ch.twice].Newer, "sd-region1") {
		t.Errorf("%s has a newer one on what is gone, and that is told: %q", ch.twice, of[ch.twice].Newer)
	}
	for chain, why := range map[string]string{ch.only: "every copy is lost", ch.never: "no good backup of it is known"} {
		if c := of[chain]; c.Back != model.Answer(model.Fails) || !strings.Contains(c.Why, why) {
			t.Errorf("%s: %v %q", chain, c.Back, c.Why)
		}
	}
	if c := of[ch.scan]; c.Back != model.Answer(model.Unknown) || c.Scan == nil || !strings.Contains(c.Why, "no catalog that is left knows") {
		t.Errorf("%s: %+v", ch.scan, c)
	}
	g.says(g.by(exitFinding, "recover"), "LOST: every copy is lost", "bscan -s -m -v", "1 of 2 Storage Daemons answer")
}

// where is the directory of a chain's files among those that the last action restored.
func (g *goneLab) where(chain string) string {
	g.t.Helper()
	a := g.action()
	if a.State != record.ActionDone || len(a.Spared) > 0 {
		g.t.Fatalf("%s: %s %+v", a, a.Why, a.Spared)
	}
	for _, f := range a.Found {
		if r := f.Restored; r != nil && strings.HasPrefix(filepath.Base(r.Where), chain+"-") {
			return filepath.Join(g.root, r.Where, g.source(), chain)
		}
	}
	g.t.Fatalf("%s restored no %s", a, chain)
	return ""
}

// source is where the clients that are gone had their data.
func (g *goneLab) source() string {
	for was := range g.gone {
		if filepath.Base(was) == "bastion" {
			return filepath.Join(was, "data")
		}
	}
	return ""
}

// back wants chains to be what they were, to the last byte.
func (g *goneLab) back(chains ...string) {
	g.t.Helper()
	for _, chain := range chains {
		g.same(filepath.Join(g.gone[filepath.Dir(g.source())], "data", chain), g.where(chain))
	}
}

// older wants a chain to be what it was when green backed it up.
func (g *goneLab) older(chain string) {
	g.t.Helper()
	g.same(filepath.Join(g.gone[filepath.Dir(g.source())], "data", chain+".before"), g.where(chain))
}

func (g *goneLab) same(was, is string) {
	g.t.Helper()
	if out, err := exec.Command("diff", "-r", was, is).CombinedOutput(); err != nil {
		g.t.Errorf("diff -r: %v: %.1000s", err, out)
	}
}

// scans reads a volume into the catalog that is left, as it is offered, on the host of its Storage Daemon.
func (g *goneLab) scans(c *chainTold) {
	t := g.t
	t.Helper()
	offered := regexp.MustCompile(`bscan (-s -m -v) -V '(\S+)' DEVICE`).FindStringSubmatch(plan.Scanning(c.Scan))
	if offered == nil {
		t.Fatalf("it is offered as %s", plan.Scanning(c.Scan))
	}
	// bscan knows no TLS, and the account that is let in demands it: it has one of its own meanwhile.
	const scans, drop = "'bscan'@'127.0.0.1'", "DROP USER IF EXISTS 'bscan'@'127.0.0.1'"
	labDo(
		t,
		"green",
		drop,
		"CREATE USER "+scans+" IDENTIFIED BY 'for a while'",
		"GRANT "+model.DirectorRights+" ON bacula.* TO "+scans,
		"SELECT 1",
	)
	argv := append([]string{g.root, "/usr/sbin/bscan"}, strings.Fields(offered[1])...)
	argv = append(argv, "-V", offered[2], "-c", filepath.Join(labDir, "green", "green-sd", "bacula-sd.conf"), "-h", "127.0.0.1",
		"-t", g.catalogPort(), "-n", "bacula", "-u", "bscan", "-P", "for a while", "sd-region1-drive-8")
	out, err := exec.Command("/usr/sbin/chroot", argv...).CombinedOutput()
	labDo(t, "green", drop, "SELECT 1")
	t.Logf("bscan: %v: %.3000s", err, out)
	if err != nil {
		t.Fatal("what is offered does not work")
	}
	_, of := g.table()
	if is := of[c.Chain]; is.Back != model.Answer(model.Holds) || is.Point.Card {
		t.Fatalf("its volume was read into the catalog, and %s is told as %+v of %+v", c.Chain, is, is.Point)
	}
}

// catalogPort is that of the server that the Director's Catalog resource names.
func (g *goneLab) catalogPort() string {
	g.t.Helper()
	text, err := os.ReadFile(g.at("catalog.conf"))
	at := push.CatalogAt(string(text))
	if err != nil || len(at) != 1 {
		g.t.Fatalf("where is the catalog? %v, %v", at, err)
	}
	return at[0][strings.LastIndexByte(at[0], ':')+1:]
}

var openedPath = regexp.MustCompile(`(?:open|openat|openat2|execve)\((?:AT_FDCWD, )?"([^"]+)".* = \d`)

// openedNothing of what is gone, nor of what the host that ran Switchyard had elsewhere: by the calls of the program and of all that it
// started.
func (g *goneLab) openedNothing() {
	t := g.t
	t.Helper()
	text, err := os.ReadFile(g.trace)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, m := range openedPath.FindAllStringSubmatch(string(text), -1) {
		paths[m[1]] = true
	}
	if len(paths) < 50 || !paths[g.from[1]] {
		t.Fatalf("the trace has %d paths, and not the bundle's: it was not traced", len(paths))
	}
	inside := strings.TrimPrefix
	for path := range paths {
		of := inside(path, g.root)
		for was, is := range g.gone {
			for _, dead := range []string{was, inside(was, g.root), is} {
				if of == dead || strings.HasPrefix(of, dead+"/") || path == dead || strings.HasPrefix(path, dead+"/") {
					t.Errorf("%s was opened: it is of what is gone", path)
				}
			}
		}
		if strings.HasPrefix(of, labDir+"/") && !strings.HasPrefix(of, g.host) && !strings.HasPrefix(of, filepath.Join(labDir, "restored")) {
			t.Errorf("%s was opened: it is not of the bundle", path)
		}
	}
}

// byCards lets both servers of the catalog be gone, too: the cards tell what they told before they were.
func (g *goneLab) byCards(before map[string]*chainTold) {
	t := g.t
	t.Helper()
	labRun(t, "fault", "catalog-killed", "green")
	labRun(t, "fault", "catalog-killed", "replica")
	told, of := g.table()
	if len(told.Unread) != 2 || told.Back != 5 || told.Lost != 2 {
		t.Errorf("%d catalogs are not read; %d come back, %d lost", len(told.Unread), told.Back, told.Lost)
	}
	for chain, was := range before {
		is := of[chain]
		point := was.Point
		if was.Scan != nil {
			point = was.Scan
		}
		switch {
		case point == nil && (is.Point != nil || is.Back != was.Back):
			t.Errorf("%s: %+v, and it was %+v", chain, is, was)
		case point != nil && (is.Point == nil || !is.Point.Card || is.Point.Key != point.Key || is.Back != model.Answer(model.Holds)):
			t.Errorf("%s: %+v, and it was %+v", chain, is, was)
		}
	}
	g.says(g.by(exitFinding, "recover"), "Its points are those of the bundle's cards", "no catalog that is left knows its point")
}
