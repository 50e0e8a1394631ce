package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// TestGatesOfEvidenceTurnRedAndGreenAgain: restores that are tested, tests that fail, lapse and grow old, settings that nobody records any
// more, a replica that is another, a session that is told not to encrypt, a cell that goes back to blue, and what blue still owes.
func TestGatesOfEvidenceTurnRedAndGreenAgain(t *testing.T) {
	inWhole(t)
	t.Parallel()
	dir := t.TempDir()
	s := &stage{crew: crew{t: t}, World: ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 1, Dir: filepath.Join(dir, "w"),
		Clock: worldclock.New(model.Now(), 200)})}
	s.env = []string{
		asProgram + "=1",
		"SWITCHYARD_CONFIG=" + s.ConfigPath(),
		"XDG_STATE_HOME=" + dir + "/state",
		"XDG_CACHE_HOME=" + dir + "/cache",
	}
	s.configure("policy: {full_load: 3d, window: 40d, plan_life: 24h}\n")
	// others are the gates that say something else.
	others := func(want model.Verdict, ids []string) (out []string) {
		told := s.judges().Gates
		for _, id := range ids {
			i := slices.IndexFunc(told, func(g judgedGate) bool { return g.ID == id })
			if i < 0 || told[i].Verdict != want.String() {
				out = append(out, id+": "+told[max(i, 0)].Verdict+", "+told[max(i, 0)].Value)
			}
		}
		return out
	}
	are := func(want model.Verdict, ids ...string) {
		t.Helper()
		var wrong []string
		defer func() {
			if t.Failed() {
				t.Log(strings.Join(wrong, "\n"))
			}
		}()
		s.until("the gates say "+want.String()+": "+strings.Join(ids, ", "), func() bool {
			wrong = others(want, ids)
			return len(wrong) == 0
		})
	}
	// tests goes on until the gates say so: at this pace a Director's end is now and then seen before its catalog's, and a test is not begun
	// then.
	restores := []string{"restores-tested", "storages-round-trip", "old-chain-restored"}
	tests := func(want model.Verdict, ids ...string) {
		t.Helper()
		s.until("tests of restores that say "+want.String(), func() bool {
			cmd := s.command("test-restores", "--from=green", "--most=20", "--budget=48h", "--apply", "--confirm=test restores")
			if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != 1 {
				t.Fatalf("%v: %s", err, out)
			}
			return len(others(want, ids)) == 0
		})
	}
	move := func(by time.Duration) {
		t.Helper()
		if err := s.Move(t.Context(), by); err != nil {
			t.Fatal(err)
		}
	}
	are(model.Holds, "no-blue")
	are(model.Fails, "full-load", "blue-owes-nothing")
	are(model.Unknown, append(restores, "settings-recorded")...)
	tests(model.Holds, restores...)
	s.does(0, "observe")
	are(model.Holds, append(restores, "settings-recorded", "replica-parity", "journal-apart")...)

	var volumes []string // of the chain that the old catalog lives on
	for _, p := range s.proofs(0) {
		if p.Of.Cell != nil && p.Of.Cell.Chain == "chain001" {
			volumes = append(volumes, p.Of.Volumes...)
		}
	}
	fault := func(do func(string, string) error, name, target string) {
		t.Helper()
		if err := do(name, target); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range volumes {
		fault(s.Fault, "volume-corrupt", v)
	}
	tests(model.Fails, "restores-tested", "old-chain-restored")
	for _, v := range volumes {
		fault(s.World.Heal, "volume-corrupt", v)
	}
	tests(model.Holds, restores...)

	fault(s.Fault, "instance-set", "bacula-replica=unencrypted")
	are(model.Fails, "replica-parity")
	fault(s.World.Heal, "instance-set", "bacula-replica=unencrypted")
	are(model.Holds, "replica-parity")

	fault(s.Fault, "catalog-plain", "green") // its server lets such sessions in
	s.declares("database_tls: {mode: required, ca: ca.pem}", `database_tls: {mode: "off"}`)
	are(model.Fails, "rds-tls")
	s.declares(`database_tls: {mode: "off"}`, "database_tls: {mode: required, ca: ca.pem}")
	fault(s.World.Heal, "catalog-plain", "green")
	are(model.Holds, "rds-tls")

	move(8 * 24 * time.Hour)
	are(model.Fails, append(restores, "settings-recorded")...)
	tests(model.Holds, restores...)
	s.does(0, "observe")
	are(model.Holds, append(restores, "settings-recorded", "full-load", "blue-owes-nothing")...)
	s.does(0, "shift", "--chain=chain001", "--region=region1", "--kind=regular", "--to=both", "--apply", "--confirm=shift chain001 to both")
	are(model.Fails, "full-load", "no-blue")
	s.declares("journal: [host control]", "journal: [catalog green]")
	are(model.Fails, "journal-apart", "no-loop", "green-no-loop")
	s.declares("journal: [catalog green]", "journal: [chain chain001]") // which is backed up
	are(model.Fails, "journal-apart", "no-loop", "green-no-loop")
	s.declares(
		"journal: [chain chain001]",
		"journal: [host control]\n  host control: [dns]\n  dns: [credentials vault]\n  credentials vault: [host control]",
	)
	are(model.Fails, "no-loop", "green-no-loop") // of three edges, on green's way
	if out := s.does(1, "loop"); !strings.Contains(out, "LOOP  credentials vault -> host control -> dns -> credentials vault") {
		t.Errorf("%s", out)
	}
	s.declares(
		"journal: [host control]\n  host control: [dns]\n  dns: [credentials vault]\n  credentials vault: [host control]",
		"journal: [host control]",
	)
	are(model.Holds, "journal-apart", "no-loop", "green-no-loop")
}

// declares writes something else into the stage's configuration.
func (s *stage) declares(was, is string) {
	s.t.Helper()
	raw, err := os.ReadFile(s.ConfigPath())
	if err != nil || strings.Count(string(raw), was) != 1 {
		s.t.Fatalf("%v: %q is not there once", err, was)
	}
	if err := os.WriteFile(s.ConfigPath(), []byte(strings.Replace(string(raw), was, is, 1)), 0o600); err != nil {
		s.t.Fatal(err)
	}
}
