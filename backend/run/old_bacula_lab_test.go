//go:build lab

package run_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/journal"
	"switchyard/backend/mysql/schema"
	"switchyard/backend/mysql/schema/act"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

const (
	// catalogSchema is the catalog as Debian's package makes it.
	catalogSchema = "/usr/share/dbconfig-common/data/bacula-director-mysql/install/mysql"
	oldDir        = "old-dir"
)

// oldBacula is a Director, its Storage and its File Daemon, of Debian's packages, on a catalog that is left; and a runner, whose hands are
// those that act for real.
type oldBacula struct {
	*real
	home      string // of the daemons' configuration and what they keep
	ports     [3]int // of the Director, the Storage and the File Daemon
	at        *act.Schema
	runner    *run.Runner
	services  *run.Services
	routed    plan.Routing
	neighbour schema.Schema
}

// serviceScript stands for the service manager of the Director's host.
const serviceScript = `cd HOME
runs() { pid=$(cat service.pid 2>/dev/null) && grep -qs bacula-dir "/proc/$pid/cmdline"; } # of a zombie there is none
case $1 in
state)
	active=inactive file=enabled
	if runs; then active=active; fi
	if [ -e masked ]; then file=masked; fi
	printf 'LoadState=loaded\nActiveState=%s\nUnitFileState=%s\n' $active $file ;;
stop)
	if runs; then kill "$pid"; fi
	for i in $(seq 100); do runs || exit 0; sleep 0.1; done
	kill -9 "$pid" ;;
start)
	if [ -e masked ]; then echo 'Unit is masked.' >&2; exit 1; fi
	runs || { setsid /usr/sbin/bacula-dir -f -c HOME/dir.conf </dev/null >>dir.log 2>&1 & echo $! >service.pid; } ;;
mask) : >masked ;;
unmask) rm -f masked ;;
esac
`

const (
	ofDir = `Director {
  Name = old-dir
  DirAddresses = { ip = { addr = 127.0.0.1; port = DIRPORT } }
  QueryFile = /etc/bacula/scripts/query.sql
  WorkingDirectory = HOME
  PidDirectory = HOME
  Password = pw
  Messages = Standard
}
Catalog { Name = Main; DB Address = 127.0.0.1; DB Port = DBPORT; dbname = bacula; dbuser = bacula; dbpassword = pw }
Messages { Name = Standard; append = HOME/said.log = all, !skipped; catalog = all, !skipped }
Client { Name = old-fd; Address = 127.0.0.1; FDPort = FDPORT; Catalog = Main; Password = pw; AutoPrune = yes }
Storage { Name = old-sd; Address = 127.0.0.1; SDPort = SDPORT; Password = pw; Device = file; Media Type = file }
Pool { Name = old; Pool Type = Backup; Label Format = old-; Maximum Volume Jobs = 1 }
FileSet { Name = old; Include { Options { signature = MD5 }; File = HOME/data } }
JobDefs { Name = old; Client = old-fd; FileSet = old; Storage = old-sd; Pool = old; Messages = Standard; Level = Full }
Job { Name = tiny; Type = Backup; JobDefs = old }
Job { Name = housekeeping; Type = Admin; JobDefs = old }
`
	ofSD = `Storage { Name = old-sd; SDAddresses = { ip = { addr = 127.0.0.1; port = SDPORT } }
  WorkingDirectory = HOME; PidDirectory = HOME }
Director { Name = old-dir; Password = pw }
Messages { Name = Standard; director = old-dir = all }
Device { Name = file; Media Type = file; Archive Device = HOME/volumes; LabelMedia = yes; Random Access = yes; AutomaticMount = yes;
  RemovableMedia = no; AlwaysOpen = no }
`
	ofFD = `FileDaemon { Name = old-fd; FDAddresses = { ip = { addr = 127.0.0.1; port = FDPORT } }
  WorkingDirectory = HOME; PidDirectory = HOME }
Director { Name = old-dir; Password = pw }
Messages { Name = Standard; director = old-dir = all, !skipped, !restored }
`
	ofConsole = "Director { Name = old-dir; DIRport = DIRPORT; Address = 127.0.0.1; Password = pw }\n"
)

// newOldBacula makes the catalog, one beside it that is none of this program's business, and the daemons. The Director does not run yet.
func newOldBacula(t *testing.T) *oldBacula {
	t.Helper()
	blue, scratch := serveReal(t, "", "blue", 1), serveReal(t, "", "scratch", 3)
	o := &oldBacula{real: blue, home: filepath.Join(t.TempDir(), "old")}
	makes, err := os.ReadFile(catalogSchema)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bacula", "bacula_2"} {
		blue.tell("CREATE DATABASE " + name + " CHARACTER SET latin1")
		cmd := exec.Command("mariadb", "--defaults-extra-file="+blue.clientFile(), name)
		cmd.Stdin = bytes.NewReader(makes)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	blue.accounts("bacula", "grafana")
	blue.tell("GRANT ALL ON bacula.* TO bacula@'%'", "GRANT SELECT ON bacula.* TO grafana@'%'",
		"GRANT ALL ON `bacula\\_2`.* TO grafana@'%'",
		"INSERT INTO bacula_2.Job (Job, Name, Type, Level, JobStatus) VALUES ('j', 'another''s', 'B', 'F', 'T')",
		"CREATE VIEW bacula_2.names AS SELECT Name FROM bacula_2.Job")
	blue.counts()
	scratch.accounts()
	scratch.tell("CREATE DATABASE kept")
	for i := range o.ports {
		for o.ports[i] = freePort(t); slices.Contains(o.ports[:i], o.ports[i]); {
			o.ports[i] = freePort(t)
		}
	}
	o.configured()
	for i, program := range []string{"bacula-sd", "bacula-fd"} {
		o.daemon(o.ports[i+1], program, "-f", "-c", filepath.Join(o.home, program+".conf"))
	}
	o.hands(scratch)
	return o
}

// daemon runs one until the test is over.
func (o *oldBacula) daemon(port int, argv ...string) {
	o.t.Helper()
	log, err := os.Create(filepath.Join(o.home, argv[0]+".log"))
	if err != nil {
		o.t.Fatal(err)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = log.Close() })
	o.until(argv[0]+" listens: "+log.Name(), func() bool {
		v, _ := run.Dials(fmt.Sprintf("127.0.0.1:%d", port))(o.t.Context())
		return v == model.Holds
	})
}

func (o *oldBacula) configured() {
	o.t.Helper()
	for _, dir := range []string{"data", "volumes", "nas", "tape"} {
		if err := os.MkdirAll(filepath.Join(o.home, dir), 0o700); err != nil {
			o.t.Fatal(err)
		}
	}
	in := strings.NewReplacer("HOME", o.home, "DBPORT", fmt.Sprint(o.port), "DIRPORT", fmt.Sprint(o.ports[0]),
		"SDPORT", fmt.Sprint(o.ports[1]), "FDPORT", fmt.Sprint(o.ports[2]))
	for name, text := range map[string]string{"service": serviceScript, "dir.conf": ofDir, "bacula-sd.conf": ofSD, "bacula-fd.conf": ofFD,
		"console.conf": ofConsole, "data/plain": "text\n", "data/ä \\ 'x'\n;": "", "data/\xff\xfe": "no name\n"} {
		if err := os.WriteFile(filepath.Join(o.home, name), []byte(in.Replace(text)), 0o600); err != nil {
			o.t.Fatal(err)
		}
	}
}

// hands are what the program has for act.split and for blue's Director: its service, by argument vectors, and its Console.
func (o *oldBacula) hands(scratch *real) {
	t := o.t
	v := plan.ServiceVectors{State: o.service("state"), Do: map[plan.ServiceWord][]string{}}
	for _, word := range plan.ServiceWords {
		v.Do[word] = o.service(string(word))
	}
	t.Cleanup(func() { _ = exec.Command("sh", o.service("stop")[1:]...).Run() })
	on, address := plan.OnDirector{Cluster: model.Blue, Director: oldDir}, fmt.Sprintf("127.0.0.1:%d", o.ports[0])
	reader := &bacula.DirectorReader{Cluster: model.Blue, Console: bacula.Console{Name: oldDir, Argv: o.console(), Address: address}}
	o.services = &run.Services{Of: map[plan.OnDirector]*run.Served{on: {Vectors: v, Listens: run.Dials(address), Read: reader.Read,
		Tell: func(ctx context.Context, argv []string) (out, said string, exit int, err error) {
			return check.Tool{Argv: argv, Dir: o.home, Timeout: check.QuickLimit}.Run(ctx, "")
		}}}}
	places := []plan.Place{{Dir: o.home + "/nas", On: "nas", Plain: true}, {Dir: o.home + "/tape", On: "tape", Plain: true}}
	dump := o.program("mariadb-dump", "--defaults-extra-file="+o.clientFile(), "--single-transaction", "--hex-blob", "bacula")
	load := scratch.program("mariadb", "--defaults-extra-file="+scratch.clientFile(), "kept")
	pack, unpack := []string{"gzip", "-c"}, []string{"gzip", "-dc"}
	o.at, o.neighbour = &act.Schema{Schema: *o.schema("bacula")}, *o.schema("bacula_2")
	old := &run.OldSchema{On: map[string]*act.Schema{o.addr(): o.at}, With: scratch.schema("kept"),
		Archiver: &run.Archiver{Dump: dump, Pack: pack, Unpack: unpack, Load: load, Places: places}}
	o.routed = plan.Routing{Services: map[plan.OnDirector]plan.ServiceVectors{on: v}, Leaving: &plan.Leaving{Schema: "bacula", Gates: allHold,
		Hosts: []string{o.addr()}, Looked: []string{o.addr()}, Directors: []string{oldDir}, Places: places, Dump: dump, Pack: pack,
		Unpack: unpack, Load: load, With: plan.OnSchema{Host: scratch.addr(), Schema: "kept"}}}
	d, err := journal.MakeDir(filepath.Join(o.home, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	options := journal.Options{Environment: "prod", Now: model.Now}
	if _, err := journal.Begin(t.Context(), d, options, "ann", nil); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), d, options)
	if err != nil {
		t.Fatal(err)
	}
	policy := model.DefaultPolicy()
	policy.ActEvery = 200 * time.Millisecond
	policy.UnusedFor, policy.LockedFor, policy.HeldFor = time.Nanosecond, time.Nanosecond, time.Nanosecond
	o.runner = &run.Runner{Journal: j, Policy: policy, Actor: "ann", Process: "ann@bastion", Now: model.Now, Fresh: o.Fresh,
		Hands: run.Router{plan.Services: o.services, plan.OldSchema: old, plan.Here: &run.Local{Now: model.Now}},
		Tell:  func(says string) { t.Log(says) },
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
			case <-time.After(d):
			}
			return ctx.Err()
		}}
}

func (o *oldBacula) service(word string) []string {
	return []string{"sh", filepath.Join(o.home, "service"), word}
}

func (o *oldBacula) console() []string {
	return []string{"bconsole", "-n", "-c", filepath.Join(o.home, "console.conf")}
}

// Fresh is what the sources tell: the Director and the catalog are asked, green is as it must be.
func (o *oldBacula) Fresh(ctx context.Context, _ plan.Needs) (plan.World, error) {
	w := plan.World{Policy: o.runner.Policy, Routing: o.routed, Snapshot: &board.Snapshot{Environment: "prod"}}
	y, err := newYard(os.TempDir(), 1)
	if err != nil {
		return w, err
	}
	at := o.services.Of[plan.OnDirector{Cluster: model.Blue, Director: oldDir}]
	sight, down := at.Read(ctx)
	d := sight.Director
	d.Name, d.Active = oldDir, true
	now := model.Now()
	seen := board.Sighting{Source: model.DirectorOf(model.Blue, oldDir), At: now, Every: time.Second}
	if down != nil {
		seen.Why = "unreachable"
	}
	w.Snapshot.At, w.Names = now, y.names
	w.Snapshot.Clusters[model.Blue] = &board.ClusterView{Cluster: model.Blue, Linked: model.Holds, Directors: []model.Director{d},
		Catalog: model.Catalog{Host: o.addr(), At: now}}
	w.Snapshot.Seen = []board.Sighting{seen, {Source: model.CatalogOf(model.Blue), At: now, Every: time.Second}}
	return w, nil
}
