//go:build lab

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/gate"
)

// labAsk is the last line that a statement gives on one of the lab's servers.
func labAsk(t *testing.T, server, statement string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(labDir, "bin", "lab"), "--dir", labDir, "sql", server, statement).
		CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", server, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

func labCount(t *testing.T, server, statement string) int {
	t.Helper()
	said := labAsk(t, server, statement)
	n, err := strconv.Atoi(said)
	if err != nil {
		t.Fatalf("%s says %q to %s", server, said, statement)
	}
	return n
}

// TestTheLabsGatesAgreeWithTheirSources counts by hand, in both catalogs and on both servers, what gates are judged by, and only reads.
func TestTheLabsGatesAgreeWithTheirSources(t *testing.T) {
	needsLab(t)
	s := opened(t, filepath.Join(labDir, "switchyard.yaml"))
	l := lookAt(t, s)
	inv := s.inv
	// hand is what stands behind a gate by the sources' own word: whether it holds, and in which figure that shows.
	hand := map[string]func() (holds bool, says string){
		"catalog-known": func() (bool, string) {
			n := labCount(t, "green", "SELECT VersionId FROM bacula.Version")
			return model.KnownVersion(n) && labCount(t, "green", "SELECT @@global.read_only") == 0, fmt.Sprint(n)
		},
		"rds-tls": func() (bool, string) {
			n := labCount(t, "green", "SELECT COUNT(*) FROM performance_schema.threads WHERE PROCESSLIST_USER = 'switchyard_watch' AND "+
				"CONNECTION_TYPE = 'SSL/TLS'")
			return n > 0, ""
		},
		"replica-behind": func() (bool, string) {
			n := labCount(t, "replica", "SELECT COUNT(*) FROM performance_schema.replication_applier_status WHERE SERVICE_STATE = 'ON'")
			return n > 0, ""
		},
		"blue-idle": func() (bool, string) {
			n := labCount(
				t,
				"blue",
				"SELECT COUNT(*) FROM bacula.Job WHERE JobStatus IN ('C','R','B','c','d','F','i','j','l','L','m','M','p','q','s','S','t')",
			)
			return n == 0, fmt.Sprintf("%d open job", n)
		},
		"green-good": func() (bool, string) {
			good := 0
			for i := range inv.Cells {
				p := &inv.Cells[i]
				name := fmt.Sprintf("backup-%s-%s-%s", p.Cell.Chain, p.Cell.Region, p.Cell.Kind)
				n := labCount(t, "green", fmt.Sprintf("SELECT COUNT(*) FROM bacula.Job WHERE Name = '%s' AND Type = 'B' AND JobStatus IN ('T','W') "+
					"AND JobTDate > UNIX_TIMESTAMP() - %d AND (JobFiles > 0 AND JobBytes > 0 OR Level <> 'F')", name, int(p.Promise/time.Second)))
				if n > 0 {
					good++
				}
			}
			return good == len(inv.Cells), fmt.Sprintf("%d of %d", good, len(inv.Cells))
		},
	}
	var wrong []string
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(strings.Join(wrong, "\n"))
		}
	})
	until := time.Now().Add(patience)
	for { // what runs meanwhile may end between the two looks
		snap := l.snap
		if next, err := l.feed.Next(t.Context(), snap.Beat); err == nil {
			l.snap, snap = next, next
		}
		r := gate.Evaluate(s.gates(snap))
		wrong = nil
		for id, ask := range hand {
			holds, says := ask()
			if g := r.Find(id); g.Verdict == model.Unknown || (g.Verdict == model.Holds) != holds || !strings.Contains(g.Value, says) {
				wrong = append(wrong, fmt.Sprintf("%s: %s, %q; by hand %v, %q", id, g.Verdict, g.Value, holds, says))
			}
		}
		if len(wrong) == 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatal("the gates and their sources do not agree")
		}
	}
}
