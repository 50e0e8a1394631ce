package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
)

// broken is what breaks a world, and the gates that fail then, or of which nobody can tell any more.
type broken struct {
	name     string
	do       func(*testing.T, *rehearsal.World)
	heal     func(*testing.T, *rehearsal.World)
	red      []string
	silenced []string
}

// silences names the gates that are only unknown then.
func (b broken) silences(gates ...string) broken {
	b.silenced = gates
	return b
}

// runs lets the Director at a place run a job besides: the backup of its own catalog, which is no cell's.
func (b broken) runs(on model.Cluster, place int) broken {
	do, heal := b.do, b.heal
	tell := func(t *testing.T, w *rehearsal.World, line, want string) {
		t.Helper()
		argv := w.Console(on, "act", place)
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Stdin = strings.NewReader(line + "\n")
		if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	b.do = func(t *testing.T, w *rehearsal.World) {
		t.Helper()
		do(t, w)
		tell(t, w, "run job="+cluster.CatalogJob+" yes", "Job queued.")
	}
	b.heal = func(t *testing.T, w *rehearsal.World) {
		t.Helper()
		tell(t, w, "cancel job="+cluster.CatalogJob, "")
		heal(t, w)
	}
	return b
}

// faults breaks by faults of the world, each "name target".
func faults(name string, red []string, all ...string) broken {
	each := func(do func(*rehearsal.World, string, string) error) func(*testing.T, *rehearsal.World) {
		return func(t *testing.T, w *rehearsal.World) {
			t.Helper()
			for _, f := range all {
				name, target, _ := strings.Cut(f, " ")
				if err := do(w, name, target); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return broken{name: name, do: each((*rehearsal.World).Fault), heal: each((*rehearsal.World).Heal), red: red}
}

// configured breaks by what stands in a file of each of a cluster's Directors, which are started anew.
func configured(name string, red []string, on model.Cluster, file func(*cluster.Director) string, was, is string) broken {
	own := map[string]string{}
	write := func(t *testing.T, w *rehearsal.World, text func(path string) string) {
		t.Helper()
		for _, d := range w.Cluster(on).Directors() {
			path := file(d)
			if err := os.WriteFile(path, []byte(text(path)), 0o600); err != nil {
				t.Fatal(err)
			}
			if d.Running() {
				if err := d.Restart(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	read := func(t *testing.T, path string) string {
		t.Helper()
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	return broken{name: name, red: red, do: func(t *testing.T, w *rehearsal.World) {
		t.Helper()
		write(t, w, func(path string) string {
			own[path] = read(t, path)
			if !strings.Contains(own[path], was) {
				t.Fatalf("%s is not in %s", was, path)
			}
			return strings.Replace(own[path], was, is, 1)
		})
	}, heal: func(t *testing.T, w *rehearsal.World) {
		t.Helper()
		write(t, w, func(path string) string { return own[path] })
	}}
}

// breaks are gone through on one world that is past its last shift: AWS and the servers, a site, the Directors' files. What green has shown
// over days takes days: TestGatesOverDays.
var breaks = []broken{
	faults(
		"AWS and the replica",
		[]string{"rds-available", "rds-certificate", "rds-multi-az", "rds-encrypted", "rds-protected", "rds-retention",
			"rds-parameters", "rds-unchanged", "key-multi-region", "key-second-region", "replica-behind", "ready-before-half", "takeover-ready"},
		"instance-status bacula=modifying",
		"instance-certificate bacula=20",
		"instance-set bacula=single-az",
		"instance-set bacula=unencrypted",
		"instance-set bacula=unprotected",
		"instance-set bacula=retention-1",
		"instance-set bacula=pending-reboot",
		"instance-set bacula=pending-change",
		"kms-key-single "+rehearsal.PrimaryRegion,
		"kms-key-disabled "+rehearsal.ReplicaRegion,
		"replication-broken",
	),
	faults("catalogs, a Director and a primary of its own", []string{"catalog-known", "directors-answer", "replica-there"},
		"catalog-down green", "catalog-down blue", "director-down green", "replica-promoted").
		silences("directors-alike", "passive-idle", "blue-idle", "no-loop", "green-no-loop", "rds-tls"),
	faults("somebody wrote to the replica", []string{"replica-parity"}, "replication-errant"),
	faults("a session without TLS", []string{"director-encrypted"}, "catalog-plain green"),
	faults("both AWS regions", nil, "region-gone "+rehearsal.PrimaryRegion, "region-gone "+rehearsal.ReplicaRegion).
		silences("catalog-used", "rds-tls"),
	faults("a Director that was not upgraded", []string{"directors-alike"}, "passive-older green"),
	faults("another Director schedules", []string{"passive-idle", "directors-answer"}, "director-failed-over green").runs(model.Green, 1),
	faults("a job on blue", []string{"blue-idle"}).runs(model.Blue, 0),
	configured("another catalog", []string{"catalog-used"}, model.Green, (*cluster.Director).WholePath,
		`dbname = "bacula"`, `dbname = "bacula_old"`).silences("catalog-known"),
	configured("a job of green's is off", []string{"covered", "no-drift"}, model.Green, (*cluster.Director).ConfPath,
		"Job {", "Job {\n  Enabled = no"),
}

// TestGatesTurnRedAndGreenAgain breaks a world and heals it, over the real protocols, and asks the gates.
func TestGatesTurnRedAndGreenAgain(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 4, Idle: true})
	s := opened(t, w.ConfigPath())
	l := lookAt(t, s)
	var last []string
	stand := func(x broken, whole bool) func(*board.Snapshot) bool {
		return func(snap *board.Snapshot) bool {
			r := gate.Evaluate(s.gates(snap))
			last = nil
			for want, ids := range map[model.Verdict][]string{model.Fails: x.red, model.Unknown: x.silenced} {
				if whole {
					want = model.Holds
				}
				for _, id := range ids {
					if g := r.Find(id); g == nil || g.Verdict != want {
						last = append(last, fmt.Sprintf("%s: %+v, want %s", id, g, want))
					}
				}
			}
			return len(last) == 0
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(strings.Join(last, "\n"))
		}
	})
	// No fault of the world can make these fail. A loop is one of what is declared, and what is unencrypted is a session that this program
	// was told to leave so: TestGatesOfEvidenceTurnRedAndGreenAgain declares both. What happens can only take the word from who would tell.
	neverRed := []string{"no-loop", "green-no-loop", "rds-tls"}
	red := map[string]bool{}
	for _, x := range breaks {
		l.until("the gates to hold before: "+x.name, stand(x, true))
		x.do(t, w)
		l.until("no gate to hold: "+x.name, stand(x, false))
		for _, id := range x.red {
			red[id] = true
		}
		for _, id := range x.silenced {
			if _, is := red[id]; !is {
				red[id] = false
			}
		}
		x.heal(t, w)
		l.until("the gates to hold again: "+x.name, stand(x, true))
	}
	// These are proven by the journal, by what a configuration declares, by days or by shifts, and no fault of a moment changes them:
	// TestGatesOverDays, TestGatesOfEvidenceTurnRedAndGreenAgain; what lives on the old catalog's server: TestACandidateIsMeasured.
	elsewhere := []string{
		"storages-answer",
		"schema-alone",
		"connections",
		"journal-apart",
		"storages-round-trip",
		"green-good",
		"green-rate",
		"restores-tested",
		"volumes-protected",
		"no-blue",
		"replica-steady",
		"settings-recorded",
		"old-chain-restored",
		"full-load",
		"blue-owes-nothing",
	}
	for _, g := range gate.List().Gates {
		is, named := red[g.ID]
		switch {
		case g.Manual || slices.Contains(elsewhere, g.ID):
		case !named:
			t.Errorf("nothing here breaks %s", g.ID)
		case !is && !slices.Contains(neverRed, g.ID):
			t.Errorf("%s was only unknown", g.ID)
		case is && slices.Contains(neverRed, g.ID):
			t.Errorf("%s was red: it is no exception", g.ID)
		}
	}
}

// judgedGate is a gate as the verb prints it.
type judgedGate struct {
	ID, Verdict, Value string
	When               time.Time `json:"passes_at"`
}

// judgedGates is what the verb prints.
type judgedGates struct {
	At    time.Time
	Gates []judgedGate
}

// judges asks the verb.
func (s *stage) judges() (told judgedGates) {
	s.t.Helper()
	out, err := s.command("gates", "--json").Output() // alone: what AWS's SDK warns of goes to stderr
	if e := json.Unmarshal(out, &told); e != nil || exitOf(err) != exitFinding {
		s.t.Fatal(e, err)
	}
	return told
}

// TestGatesOverDays lets a client fail and volumes be open for a night, and heals both: the next night's backups turn the gates green
// again. The 14 days of a success rate come a day nearer each day, by the world's clock, and the days that observe records go on in every
// new process.
func TestGatesOverDays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &stage{crew: crew{t: t}, World: ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 4, Dir: filepath.Join(dir, "w"),
		Clock: worldclock.New(model.Now(), 1)})}
	s.env = []string{
		asProgram + "=1",
		"SWITCHYARD_CONFIG=" + s.ConfigPath(),
		"XDG_STATE_HOME=" + dir + "/state",
		"XDG_CACHE_HOME=" + dir + "/cache",
	}
	s.configure("policy: {rate_least: 0.5, rate_of: 1, rate_span: 30d, window: 40d, series_gap: 3d, replica_span: 5d}\n")
	inv := opened(t, s.ConfigPath()).inv
	client, vault := "", ""
	for i := range inv.Cells {
		switch p := &inv.Cells[i]; {
		case p.Cell.Kind != model.Immutable:
		case client == "":
			client = p.Client
		case p.Client != client:
			vault = p.Storage // of what goes on well
		}
	}
	is := func(r judgedGates, id string, want model.Verdict) judgedGate {
		t.Helper()
		i := slices.IndexFunc(r.Gates, func(g judgedGate) bool { return g.ID == id })
		if i < 0 || r.Gates[i].Verdict != want.String() {
			t.Errorf("%s: want %s of %+v", id, want, r.Gates[max(i, 0)])
		}
		return r.Gates[max(i, 0)]
	}
	move := func(by time.Duration) judgedGates {
		t.Helper()
		if err := s.Move(t.Context(), by); err != nil {
			t.Fatal(err)
		}
		s.does(0, "observe")
		return s.judges()
	}
	s.does(0, "observe")
	r := s.judges()
	is(r, "green-good", model.Holds)
	is(r, "volumes-protected", model.Holds)
	is(r, "replica-steady", model.Unknown)
	is(r, "settings-recorded", model.Holds)
	rate := is(r, "green-rate", model.Fails)
	if rate.When.IsZero() {
		t.Fatalf("%+v", rate)
	}
	for _, do := range []struct {
		fault func(string, string) error
		holds model.Verdict
	}{{s.Fault, model.Fails}, {s.Heal, model.Holds}} {
		if err := errors.Join(do.fault("client-failing", client), do.fault("storage-not-immutable", vault)); err != nil {
			t.Fatal(err)
		}
		next := move(48 * time.Hour)
		is(next, "green-good", do.holds)
		is(next, "volumes-protected", do.holds)
		steady := is(next, "replica-steady", model.Unknown)
		if again := is(next, "green-rate", model.Fails); !again.When.Equal(rate.When) || !next.At.After(r.At.Add(47*time.Hour)) {
			t.Errorf("it passes at %v by %v, and at %v by %v", rate.When, r.At, again.When, next.At)
		}
		if want := r.At.Add(5 * 24 * time.Hour); steady.When.Sub(want).Abs() > 2*time.Hour {
			t.Errorf("the series will be full at %v, want about %v: %s", steady.When, want, steady.Value)
		}
	}
	last := move(48 * time.Hour)
	is(last, "replica-steady", model.Holds)
	is(last, "storages-answer", model.Holds)
	if err := s.Fault("storage-hung", vault); err != nil {
		t.Fatal(err)
	}
	if said := is(move(25*time.Hour), "storages-answer", model.Fails); !strings.Contains(said.Value, vault) {
		t.Errorf("%s is not named: %s", vault, said.Value)
	}
	if err := s.Heal("storage-hung", vault); err != nil {
		t.Fatal(err)
	}
	is(move(2*time.Hour), "storages-answer", model.Holds)
	if days := s.proofs(0)["series green"].Claim.Series.Days; len(days) < 3 {
		t.Errorf("%d days", len(days))
	}
}
