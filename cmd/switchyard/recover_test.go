package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/backend/bundle"
	"switchyard/model/record"
)

// TestTheNightGoesWrong: a File Daemon that does not know the Director is told, and stops nobody else; what did not come back is asked for
// again; a Director from before that comes back stops all of it.
func TestTheNightGoesWrong(t *testing.T) {
	inWhole(t)
	t.Parallel()
	n := newNight(t, "100")
	n.says(n.does(2, n.by("recover", "--apply", "--client=restore-test-region2-fd=")...), "there is no terminal to type on")
	up := n.by("recover", "--apply", "--confirm=recover with dir-new2")
	n.says(n.does(0, up...), "what was restored is what was backed up", "are on restore-test-region2-fd", "brings back what is next")
	n.says(n.does(1, up...), "the confirmation is not")

	more := n.by("recover", "--apply", "--confirm=recover 1 chain")
	n.fault("fault", "client-stranger", "chain011-r2-fd")
	said := n.does(0, append(more, "--client=chain011=chain011-r2-fd")...)
	n.says(said, "went wrong", "step 2 went wrong")
	n.fault("heal", "client-stranger", "chain011-r2-fd")
	n.says(n.does(0, more...), "start the restore of chain011", "what others need is back: chain001 is back")

	n.fault("heal", "site-gone", "region1")
	said = n.does(1, n.by("recover", "--apply", "--confirm=recover 5 chains", "--reason=it must be")...)
	n.says(said, "dir-new answers: two Directors would schedule on one catalog", "stop and mask it")
	if strings.Contains(said, "taken up by") {
		t.Errorf("it is carried out all the same:\n%s", said)
	}
}

// TestAnOldBundle is eight days old, and its routes have changed since: everybody is told, and who goes by it says why.
func TestAnOldBundle(t *testing.T) {
	t.Parallel()
	w, c := served(t)
	dir := t.TempDir()
	put := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	private, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	_, doc, _ := strings.Cut(c.does(0, "routes", "show"), "{")
	owned := put("owned.json", "{"+doc)
	text, err := os.ReadFile(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	of := strings.Replace(string(text), "\nroutes: {extensions: yes}", "\nroutes: {extensions: yes, get: [cat, "+owned+"]}", 1) +
		"bundle: {recipients: [" + public + "]}\n"
	if err := os.WriteFile(w.ConfigPath(), []byte(of), 0o600); err != nil {
		t.Fatal(err)
	}
	from := []string{"--bundle", filepath.Join(dir, "recovery"), "--identity", put("key", private+"\n")}
	bundled := c.command("bundle", "--to", filepath.Join(dir, "recovery"))
	if out, err := bundled.CombinedOutput(); err != nil && exitOf(err) != exitFinding {
		t.Fatalf("%v\n%s", err, out)
	}
	look := func() string {
		t.Helper()
		out, err := c.command(append([]string{"recover"}, from...)...).CombinedOutput()
		if err != nil && exitOf(err) != exitFinding {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	c.says(look(), "the routes are unchanged since")
	put("owned.json", `{"bacula-blue": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}, `+
		`"region2": {"take_regular_backups": true, "take_immutable_backups": true}}}`)
	c.does(0, "rehearse", "clock", "+8d")
	c.says(look(), "bundle of", "8 d old", "the routes have CHANGED since")
	said := c.does(1, append([]string{"recover", "--apply", "--confirm=recover with dir-new2"}, from...)...)
	c.says(said, "recover-bundle", "8 d old: what has changed since is not in it", "is overridden only with a reason")
}

// TestADrill restores what others need and two chains more by the bundle alone, compares and removes them, and is what the gate of drills
// asks for, with its time.
func TestADrill(t *testing.T) {
	t.Parallel()
	private, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s := newFastStageAt(t, "dr-day", 200, "bundle: {recipients: ["+public+"]}\npolicy: {plan_life: 24h}\n")
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte(private+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := s.command("bundle", "--to", filepath.Join(dir, "recovery")).CombinedOutput(); err != nil && exitOf(err) != exitFinding {
		t.Fatalf("%v\n%s", err, out)
	}
	said := s.does(
		0,
		"recover",
		"--drill",
		"--bundle",
		filepath.Join(dir, "recovery"),
		"--identity",
		key,
		"--apply",
		"--confirm=drill recovery",
		"--reason=a drill",
	)
	s.says(said, "drill a recovery: restore 3 chains to scratch clients", "no Director comes up", "what was restored is what was backed up",
		"remove /")
	if a := s.action(); a.Verb != "recover" || a.Which != "drill" || a.State != record.ActionDone || a.Emergency {
		t.Errorf("%+v", a)
	}
	left, err := filepath.Glob(filepath.Join(s.ClientDir("restore-test-*-fd"), "*", "*", "chain*"))
	if err != nil || len(left) > 0 {
		t.Errorf("it leaves %v (%v)", left, err)
	}
	gates, err := s.command("gates").Output()
	if err != nil && exitOf(err) != exitFinding {
		t.Fatal(err)
	}
	s.says(string(gates), "a recovery without on-premises was tried, in time", "action 2 by ", ": took ")
	if _, err := os.Stat(filepath.Join(dir, "recovery.journal")); err == nil {
		t.Error("it is recorded in a journal of its own")
	}
}
