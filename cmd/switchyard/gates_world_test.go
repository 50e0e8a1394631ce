package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
)

// broken is what breaks a world, and the gates that stand no longer then.
type broken struct {
	name  string
	do    func(*testing.T, *rehearsal.World)
	heal  func(*testing.T, *rehearsal.World)
	gates []string
}

// faults breaks by faults of the world, each "name target".
func faults(name string, gates []string, all ...string) broken {
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
	return broken{name, each((*rehearsal.World).Fault), each((*rehearsal.World).Heal), gates}
}

// configured breaks by what stands in the files of a cluster's Directors, which are started anew.
func configured(name string, gates []string, on model.Cluster, with func(own string) string) broken {
	was := map[string]string{}
	write := func(t *testing.T, w *rehearsal.World, text func(path string) string) {
		t.Helper()
		for _, d := range w.Cluster(on).Directors() {
			path := d.ConfPath()
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
	return broken{name, func(t *testing.T, w *rehearsal.World) {
		t.Helper()
		write(t, w, func(path string) string {
			was[path] = read(t, path)
			return with(was[path])
		})
	}, func(t *testing.T, w *rehearsal.World) {
		t.Helper()
		write(t, w, func(path string) string { return was[path] })
	}, gates}
}

// breaks are gone through on one world that is past its last shift: AWS and the servers, a site, the Directors' files. What green has shown
// over days takes days: TestGatesOverDays.
var breaks = []broken{
	faults("AWS and the replica", []string{"rds-available", "rds-certificate", "rds-multi-az", "rds-encrypted", "rds-protected", "rds-retention",
		"rds-parameters", "rds-unchanged", "key-multi-region", "key-second-region", "replica-behind", "ready-before-half", "takeover-ready"},
		"instance-status bacula=modifying", "instance-certificate bacula=20", "instance-set bacula=single-az", "instance-set bacula=unencrypted",
		"instance-set bacula=unprotected", "instance-set bacula=retention-1", "instance-set bacula=pending-reboot",
		"instance-set bacula=pending-change", "kms-key-single "+rehearsal.PrimaryRegion, "kms-key-disabled "+rehearsal.ReplicaRegion,
		"replication-broken"),
	faults("catalogs, a Director and a primary of its own", []string{"catalog-known", "directors-answer", "directors-alike",
		"passive-idle", "blue-idle", "no-loop", "green-no-loop", "replica-there", "rds-tls"},
		"catalog-down green", "catalog-down blue", "director-down green", "replica-promoted"),
	faults("a session without TLS", []string{"director-encrypted"}, "catalog-plain green"),
	faults("both AWS regions", []string{"catalog-used", "rds-tls"}, "region-gone "+rehearsal.PrimaryRegion, "region-gone "+rehearsal.ReplicaRegion),
	faults("another Director schedules", []string{"passive-idle"}, "director-failed-over green"),
	configured("a job of green's is off", []string{"covered", "no-drift"}, model.Green, func(own string) string {
		return strings.Replace(own, "Job {", "Job {\n  Enabled = no", 1)
	}),
}

// TestGatesTurnRedAndGreenAgain breaks a world and heals it, over the real protocols, and asks the gates.
func TestGatesTurnRedAndGreenAgain(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 4, Idle: true})
	s := opened(t, w.ConfigPath())
	l := lookAt(t, s)
	var last []string
	// What breaks these leaves nobody to say so.
	onlyUnknown := []string{"catalog-known", "catalog-used", "directors-answer", "directors-alike", "blue-idle", "no-loop", "green-no-loop", "rds-tls",
		"passive-idle"}
	are := func(of []string, hold bool) func(*board.Snapshot) bool {
		return func(snap *board.Snapshot) bool {
			r := gate.Evaluate(s.gates(snap))
			last = nil
			for _, id := range of {
				g := r.Find(id)
				if g == nil || (g.Verdict == model.Holds) != hold || !hold && g.Verdict != model.Fails && !slices.Contains(onlyUnknown, id) {
					last = append(last, fmt.Sprintf("%s: %+v", id, g))
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
	// Nothing here can make these fail: silence is all that breaks them, or, of both loops, what is declared: TestGatesOfEvidenceTurnRedAndGreenAgain.
	neverRed := []string{"passive-idle", "catalog-used", "directors-answer", "directors-alike", "no-loop", "green-no-loop", "rds-tls", "blue-idle"}
	red := map[string]bool{}
	for _, x := range breaks {
		l.until("the gates to hold before: "+x.name, are(x.gates, true))
		x.do(t, w)
		l.until("no gate to hold: "+x.name, are(x.gates, false))
		for _, id := range x.gates {
			red[id] = red[id] || gate.Evaluate(s.gates(l.snap)).Find(id).Verdict == model.Fails
		}
		x.heal(t, w)
		l.until("the gates to hold again: "+x.name, are(x.gates, true))
	}
	// These are proven by the journal, by what a configuration declares, by days or by shifts, and no fault of a moment changes them:
	// TestGatesOverDays, TestGatesOfEvidenceTurnRedAndGreenAgain; what lives on the old catalog's server: TestACandidateIsMeasured.
	elsewhere := []string{"storages-answer", "schema-alone", "connections", "journal-apart", "storages-round-trip", "green-good", "green-rate", "restores-tested", "volumes-protected",
		"no-blue", "replica-steady", "replica-parity", "settings-recorded", "old-chain-restored", "full-load", "blue-owes-nothing"}
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
	if err := json.Unmarshal([]byte(s.does(1, "gates", "--json")), &told); err != nil {
		s.t.Fatal(err)
	}
	return told
}

// TestGatesOverDays lets a client fail and volumes be open for a night, and heals both: the next night's backups turn the gates green again. The
// 14 days of a success rate come a day nearer each day, by the world's clock, and the days that observe records go on in every new process.
func TestGatesOverDays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &stage{crew: crew{t: t}, World: ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 4, Dir: filepath.Join(dir, "w"),
		Clock: worldclock.New(model.Now(), 1)})}
	s.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=" + s.ConfigPath(), "XDG_STATE_HOME=" + dir + "/state", "XDG_CACHE_HOME=" + dir + "/cache"}
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
