//go:build lab

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// shiftedChain is one that the lab's own estate does not have; of each run another, as the catalogs remember what was backed up. shiftedJob
// is its only job.
var (
	shiftedChain = fmt.Sprintf("shift%06d", time.Now().Unix()%1e6)
	shiftedJob   = "backup-" + shiftedChain + "-region1-regular"
)

// shiftedLab lets both Directors of the lab include a file that is pushed to, until the test ends: for one cell of blue's.
func shiftedLab(t *testing.T, dir string) *labCrew {
	return (&routedLab{takes: model.Blue, chains: []string{shiftedChain}}).made(t, dir)
}

// routedLab is a lab whose Directors take nothing but what is pushed to them: a cell of each chain, whose client is the lab's db1-fd by
// another name.
type routedLab struct {
	takes  model.Cluster
	chains []string
	others []string                                          // which the other cluster takes, perhaps besides
	own    func(c model.Cluster, own string) (edited string) // nil: a Director's own configuration only includes the file
	push   func(c model.Cluster, push string) string         // nil: as it is
	more   string                                            // of the configuration
}

// write makes the files of the lab: the inventory, the first routes, and what is backed up.
func (r *routedLab) write(t *testing.T, dir string) (inventory, first string) {
	inventory, first = filepath.Join(dir, "inventory.yaml"), filepath.Join(dir, "routes.json")
	cells := "defaults: {tier: 2, retention: 7d, promise: 26h}\nchains:\n"
	files := map[string]string{}
	for _, chain := range r.all() {
		cells += "  - name: " + chain + "\n    regions:\n      region1:\n        kinds:\n" +
			"          regular: {client: " + chain + "-fd, schedule: [\"daily at 03:40\"], pool: reg-region1, storage: sd-region1}\n"
		files[filepath.Join(dir, "data", chain, "dump.sql")] = strings.Repeat("INSERT INTO t VALUES (1);\n", 1000)
		files[filepath.Join(dir, "data", chain, "state.sql")] = "SET GLOBAL gtid_purged = '';\n"
	}
	files[inventory] = cells
	of := map[model.Cluster]string{}
	for c, chains := range map[model.Cluster][]string{r.takes: r.chains, 1 - r.takes: r.others} {
		if of[c] = "{}"; len(chains) > 0 {
			of[c] = `{"region1": {"take_regular_backups": true, "take_immutable_backups": false, "chains": ["` +
				strings.Join(chains, `", "`) + `"]}}`
		}
	}
	files[first] = `{"bacula-blue": ` + of[model.Blue] + `, "bacula-green": ` + of[model.Green] + `}`
	for path, text := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return inventory, first
}

// all are the chains of either cluster, each once.
func (r *routedLab) all() []string {
	all := slices.Concat(r.chains, r.others)
	slices.Sort(all)
	return slices.Compact(all)
}

func (r *routedLab) made(t *testing.T, dir string) *labCrew {
	t.Helper()
	l, at := onLab(t), labAddresses(t)
	_, port, found := strings.Cut(at["db1-fd"], ":")
	if !found {
		t.Fatalf("where does db1-fd listen? %q", at)
	}
	inventory, first := r.write(t, dir)
	text, err := os.ReadFile(l.config)
	if err != nil {
		t.Fatal(err)
	}
	config := strings.Replace(string(text), "file: inventory.yaml", "file: "+inventory, 1) + "routes: {extensions: yes}\nrestores: {below: " +
		dir + "/restored}\n" + r.more
	for _, c := range model.Clusters {
		push, console := l.includes(r, c, dir, port)
		config = regexp.MustCompile(`(?m)^(clusters:\n(?:.*\n)*?  `+c.String()+`:\n)`).
			ReplaceAllString(config, "${1}"+strings.ReplaceAll(push, "$", "$$"))
		config = regexp.MustCompile(`(?m)^(act:\n(?:.*\n)*?  `+c.String()+`:\n    consoles:\n)`).
			ReplaceAllString(config, "${1}      push: {active: ["+
				strings.Join(console, ", ")+"]}\n")
	}
	if err := os.WriteFile(l.config, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	l.env = append(l.env, "XDG_STATE_HOME="+dir+"/state")
	own := regexp.MustCompile(`(?m)^journal: .*$`).ReplaceAllLiteralString(config, "journal: {dir: "+dir+"/routed}")
	if err := os.WriteFile(l.config, []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	l.does(0, "journal", "--begin", "--routes", first)
	return l
}

// includes lets a cluster's Director include a file, and gives the push that is configured for it, and the Console that pushes.
func (l *labCrew) includes(r *routedLab, c model.Cluster, dir, port string) (push string, console []string) {
	t, name := l.t, c.String()
	t.Helper()
	work := filepath.Join(labDir, name, name+"-dir")
	top, file, secret := filepath.Join(work, "bacula-dir.conf"), filepath.Join(work, "routed.conf"), filepath.Join(work, "shifted.pw")
	var front []string
	if c == model.Green {
		front = []string{"/usr/sbin/chroot", filepath.Join(labDir, "root")}
	}
	own, err := os.ReadFile(top)
	if err != nil {
		t.Fatal(err)
	}
	password := regexp.MustCompile(`Client \{\s+Name = db1-fd\s[^}]*?Password = ("[^"]+")`).FindSubmatch(own)
	if password == nil {
		t.Fatalf("%s's Director does not know db1-fd", name)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(top, own, 0o600); err != nil {
			t.Error(err)
		}
		l.lab("console", name, "reload")
		// A job that the lab's inventory does not know is a stray for a day, and everybody's newest good backup.
		for _, chain := range r.all() {
			const jobs = "SELECT JobId FROM Job WHERE Name='backup-%s-region1-regular'"
			of := fmt.Sprintf(jobs, chain)
			labDo(t, c.String(), "DELETE FROM JobMedia WHERE JobId IN ("+of+")", "DELETE FROM File WHERE JobId IN ("+of+")",
				"DELETE FROM Job WHERE Name='backup-"+chain+"-region1-regular'", "SELECT 1")
		}
		for _, left := range []string{file, file + ".new", file + ".last-good", secret} {
			_ = os.Remove(left)
		}
	})
	for path, text := range map[string]string{file: "", secret: string(password[1]) + "\n"} {
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), exec.Command("chown", "--reference="+top, path).Run()); err != nil {
			t.Fatal(err)
		}
	}
	whole := string(own) + "\n@" + file + "\n"
	if r.own != nil {
		whole = r.own(c, whole)
	}
	if err := os.WriteFile(top, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	l.lab("console", name, "reload")
	// Nothing that is only proven may touch what the running Director keeps in its own.
	printed := filepath.Join(dir, name+"-dir.conf")
	apart := regexp.MustCompile(`(?i)(working|pid) *directory *= *".*"`).ReplaceAllString(whole, `${1}Directory = "/tmp"`)
	if err := os.WriteFile(printed, []byte(apart), 0o600); err != nil {
		t.Fatal(err)
	}
	tool := func(command string) string {
		words := append(slices.Clone(front), "/bin/sh", "-c", `"f=$(mktemp) && cat >$f && `+command+` $f; s=$?; rm -f $f; exit $s"`)
		return "[" + strings.Join(words, ", ") + "]"
	}
	push = fmt.Sprintf("    push:\n      file: %s\n      conf: [/bin/cat, %s]\n      bdirjson: %s\n      test: %s\n      bacula: %q\n"+
		"      catalog: MainCatalog\n      messages: Standard\n      client: {address: \"127.0.0.1\", port: %s, password_file: %s}\n      "+
		"data: %s\n"+
		"      on: {active: {conf: [/bin/cat, %s]}}\n", file, printed, tool("/usr/sbin/bdirjson -c"), tool("/usr/sbin/bacula-dir -t -c"),
		[2]string{"9.6.7", "15.0.3"}[c], port, secret, filepath.Join(dir, "data", "{chain}"), printed)
	if r.push != nil {
		push = r.push(c, push)
	}
	return push, append(front, "/usr/sbin/bconsole", "-n", "-c", filepath.Join(labDir, name, "root.conf"))
}

// has wants just those clusters' real Directors to have the shifted job.
func (l *labCrew) has(when string, blue, green bool) {
	l.t.Helper()
	for c, want := range map[string]bool{"blue": blue, "green": green} {
		if got := strings.Contains(l.lab("console", c, ".jobs"), shiftedJob+"\n"); got != want {
			l.t.Errorf("%s: %s's .jobs has %s: %v, want %v", when, c, shiftedJob, got, want)
		}
	}
}

// restored wants what was backed up of a chain below the directory of restores, byte for byte.
func restored(t *testing.T, dir, chain string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(filepath.Join(dir, "restored"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		found++
		is, err := os.ReadFile(path)
		was, werr := os.ReadFile(filepath.Join(dir, "data", chain, d.Name()))
		if !bytes.Equal(is, was) {
			t.Errorf("%s is not what was backed up", path)
		}
		return errors.Join(err, werr)
	})
	if err != nil || found != 2 {
		t.Errorf("%d files are restored, want 2: %v", found, err)
	}
}

// TestTheLabShifts a cell from blue to both, refuses to settle it without proof, has a real full backup on green, restores it, settles it,
// and goes back. What the Directors' .jobs has proves each step.
func TestTheLabShifts(t *testing.T) {
	dir := t.TempDir()
	l := shiftedLab(t, dir)
	shift := func(to string) []string { return []string{"shift", "--all", "--to", to} }
	apply := func(status int, phrase string, args ...string) string {
		t.Helper()
		return l.does(status, append(args, "--apply", "--confirm="+phrase, "--reason=tried in the lab")...)
	}
	l.has("before", false, false)
	apply(0, "push blue", "routes", "push", "blue")
	l.has("pushed", true, false)
	apply(0, "shift "+shiftedChain+" to both", shift("both")...)
	l.has("overlapped", true, true)
	l.says(
		apply(1, "shift "+shiftedChain+" to green", shift("green")...),
		"proven-good",
		"green has no good backup of it ("+shiftedChain+" region1 regular)",
	)
	l.has("refused", true, true)

	cell := []string{"--chain", shiftedChain, "--region", "region1", "--kind", "regular"}
	apply(0, "backup "+shiftedChain+" green", append([]string{"backup", "--on", "green", "--level", "Full"}, cell...)...)
	ran := l.lab("sql", "green", "SELECT Level, JobStatus, JobFiles FROM Job WHERE Name='"+shiftedJob+"'")
	if !regexp.MustCompile(`\nF\s+T\s+[1-9]`).MatchString(ran) {
		t.Errorf("green ran\n%s", ran)
	}
	apply(
		0,
		"restore "+shiftedChain+" "+shiftedChain+"-fd",
		append([]string{"restore", "--from", "green", "--client", shiftedChain + "-fd"}, cell...)...)
	restored(t, dir, shiftedChain)

	apply(0, "shift "+shiftedChain+" to green", shift("green")...)
	l.has("settled", false, true)
	apply(0, "shift "+shiftedChain+" to both", shift("both")...)
	l.has("back", true, true)
	l.says(l.does(0, "routes", "show"), "region1")
}

// TestTheLabsShiftIsKilled ends the runner at moments of shifts there and back, and goes on with each: after every one of them blue's
// Director has the cell's job and starts it, and in the end both have what they have when nobody kills anything.
func TestTheLabsShiftIsKilled(t *testing.T) {
	dir := t.TempDir()
	l := shiftedLab(t, dir)
	acts := func(phrase string, args ...string) []string {
		return append(args, "--apply", "--confirm="+phrase, "--reason=tried in the lab")
	}
	l.does(0, acts("push blue", "routes", "push", "blue")...)
	l.does(0, acts("backup "+shiftedChain+" blue", "backup", "--on", "blue", "--level", "Full", "--chain", shiftedChain, "--region", "region1",
		"--kind", "regular")...)
	covered := func() {
		t.Helper()
		if said := l.lab("console", "blue", ".defaults job="+shiftedJob); !strings.Contains(said, "enabled=1") {
			t.Errorf("blue's Director does not start %s:\n%s", shiftedJob, said)
		}
	}
	type stop struct {
		when, to string
		reached  func(*record.Action) bool
	}
	stops := []stop{
		{"as soon as it is there", "both", func(*record.Action) bool { return true }},
		{"when the cell is waited for", "blue", func(a *record.Action) bool { return a.Intent > 0 }},
		{"when the routes are its own", "both", func(a *record.Action) bool { return a.Done >= 1 }},
		{"when it is drained", "blue", func(a *record.Action) bool { return a.Done >= 2 }},
		{"when it is pushed", "both", func(a *record.Action) bool { return a.Done >= 2 }},
		{"when the routes are blue's alone", "blue", func(a *record.Action) bool { return a.Done >= 3 }},
	}
	if testing.Short() { // one stop of each way
		stops = []stop{stops[2], stops[5]}
	}
	for _, c := range stops {
		l.killed(acts("shift "+shiftedChain+" to "+c.to, "shift", "--all", "--to", c.to), c.reached, covered)
		covered()
		l.has("killed "+c.when+", and gone on with", true, c.to == "both")
	}
	l.does(0, "journal", "--verify")
}
