package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// TestACandidateIsMeasured: who lives on the old catalog's server and how much that has to do, seen by observe over days, with a tenant
// that comes and goes, a view that nobody told of, a crowd of connections and a burst of statements.
func TestACandidateIsMeasured(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &stage{crew: crew{t: t}, World: ownWorld(t, rehearsal.Options{Scenario: "fresh", Chains: 1, Idle: true, Dir: filepath.Join(dir, "w"),
		Clock: worldclock.New(model.Now(), 1)})}
	s.env = []string{
		asProgram + "=1",
		"SWITCHYARD_CONFIG=" + s.ConfigPath(),
		"XDG_STATE_HOME=" + dir + "/state",
		"XDG_CACHE_HOME=" + dir + "/cache",
	}
	s.configure("policy: {traffic_days: 3, series_gap: 12h}\n")
	is := func(id string, want model.Verdict, says string) {
		t.Helper()
		r := s.judges()
		i := slices.IndexFunc(r.Gates, func(g judgedGate) bool { return g.ID == id })
		if i < 0 || r.Gates[i].Verdict != want.String() || !strings.Contains(r.Gates[i].Value, says) {
			t.Errorf("%s: want %s, %q of %+v", id, want, says, r.Gates[max(i, 0)])
		}
	}
	fault := func(do func(string, string) error, name string) {
		t.Helper()
		if err := do(name, "blue"); err != nil {
			t.Fatal(err)
		}
	}
	looks := func(n int) {
		t.Helper()
		for range n {
			if err := s.Move(t.Context(), 11*time.Hour); err != nil {
				t.Fatal(err)
			}
			s.does(0, "observe")
		}
	}
	is("single-tenant", model.Unknown, "the watch account is not shown everybody: it lacks SELECT")
	is("connections", model.Holds, "200 at most")
	s.does(0, "observe")
	is("single-tenant", model.Holds, "nobody else")
	is("schema-alone", model.Fails, "2 other schemas: dba_inventory, dba_topology")
	is("predictable", model.Unknown, "0 whole days; 3 whole days are needed")

	fault(s.Fault, "catalog-shared")
	fault(s.Fault, "catalog-crowded")
	is("single-tenant", model.Fails, "reports has a session in it")
	is("connections", model.Fails, "460 at most")
	fault(s.World.Heal, "catalog-shared")
	fault(s.World.Heal, "catalog-crowded")
	is("single-tenant", model.Holds, "nobody else")
	is("connections", model.Holds, "200 at most")
	s.Blue().Have(sqlsim.Object{Kind: "view", Schema: "dba_inventory", Name: "old_jobs", Text: "select JobId from `bacula`.`Job`"})
	s.does(0, "observe")
	is("single-tenant", model.Fails, "the view dba_inventory.old_jobs names it")
	s.Blue().Have()
	s.does(0, "observe")
	is("single-tenant", model.Holds, "nobody else")

	looks(9)
	is("predictable", model.Holds, "whole days")
	fault(s.Fault, "catalog-burst")
	looks(1)
	fault(s.World.Heal, "catalog-burst")
	is("predictable", model.Fails, "on the median day")
	looks(14)
	is("predictable", model.Holds, "whole days")
	is("single-tenant", model.Holds, "nobody else")
}
