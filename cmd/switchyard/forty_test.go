package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/routes"
)

// TestFortyChains that settle: six file daemons begin to distrust green, and a Storage Daemon protects its volumes no more. After a night
// just the cells of those refuse, counted by cause, and the others can be planned without them.
func TestFortyChains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &stage{crew: crew{t: t}}
	s.World = ownWorld(t, rehearsal.Options{Chains: 40, Scenario: "settling", Dir: filepath.Join(dir, "w"),
		Clock: worldclock.New(model.Now(), 1)})
	s.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=" + s.ConfigPath(), "XDG_STATE_HOME=" + dir + "/state",
		"XDG_CACHE_HOME=" + dir + "/cache"}
	cfg, err := config.Load(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	inv, err := cfg.Inventory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for place, d := range s.Cluster(model.Green).Directors() { // as if it had been pushed to, which takes a while
		s.has(d, place, wantedBy(t, s.World, model.Green).Text)
	}
	settle := []string{"shift", "--filter", "route:both", "--to", "green", "--json"}
	both := settling(&s.crew, settle...).Ask.Shift.Cells
	strangers, storage := map[string]bool{}, ""
	for _, c := range both {
		p, _ := inv.Find(c)
		switch {
		case c.Region == "region1" && len(strangers) < 6:
			strangers[p.Client] = true
		case c.Region == "region2" && c.Kind == model.Immutable && storage == "":
			storage = p.Storage
		}
	}
	for client := range strangers {
		if err := s.Fault("client-stranger", client); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Fault("storage-not-immutable", storage); err != nil {
		t.Fatal(err)
	}
	if err := s.Move(t.Context(), 25*time.Hour); err != nil {
		t.Fatal(err)
	}
	distrusted, unprotected, hurt := 0, 0, map[model.Cell]bool{}
	for _, c := range both {
		p, _ := inv.Find(c)
		if strangers[p.Client] {
			distrusted, hurt[c] = distrusted+1, true
		}
		if c.Kind == model.Immutable && p.Storage == storage {
			unprotected, hurt[c] = unprotected+1, true
		}
	}
	p := settling(&s.crew, settle...)
	// Of which cause it is told apart as far as the jobs' logs were read; that they ended badly is known of all.
	tried, volumes := p.Guard("tried-well").Value, p.Guard("volumes-protected").Value
	known := cellsTold(tried, "does not trust green")
	if n := known + cellsTold(tried, "ended badly"); n != distrusted || n != 12 || known == 0 {
		t.Errorf("%d distrust green: %s", distrusted, tried)
	}
	if n := cellsTold(volumes, "are not protected"); n == 0 || n > unprotected {
		t.Errorf("%d are on volumes that are not protected: %s", unprotected, volumes)
	}
	p = settling(&s.crew, append(settle, "--leave-out", "--reason", "tried by hand")...)
	for _, c := range p.Ask.Shift.Cells {
		if hurt[c] {
			t.Errorf("%s is shifted", c)
		}
	}
	if b := p.Blocked(); b != nil || len(p.Ask.Shift.Cells) > len(both)-len(hurt) || 2*len(p.Ask.Shift.Cells) < len(both)-len(hurt) {
		t.Errorf("%d of %d cells are left: %+v", len(p.Ask.Shift.Cells), len(both), b)
	}
}

// settling is the plan that a verb prints, whether it could be approved or not.
func settling(s *crew, args ...string) *plan.Plan {
	s.t.Helper()
	cmd := s.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var of applied
	if jerr := json.Unmarshal(out.Bytes(), &of); jerr != nil || of.Plan == nil {
		s.t.Fatalf("switchyard %s: %v, %v\n%s%s", strings.Join(args, " "), err, jerr, &out, &errs)
	}
	return of.Plan
}

// cellsTold is how many cells a guard tells of a cause.
func cellsTold(value, cause string) (n int) {
	for part := range strings.SplitSeq(value, "; ") {
		if strings.Contains(part, cause) {
			_, _ = fmt.Sscanf(part, "%d of", &n)
		}
	}
	return n
}

// wantedBy is what a cluster's Directors shall have by the routes with which a world begins.
func wantedBy(t *testing.T, w *rehearsal.World, c model.Cluster) *push.Wanted {
	t.Helper()
	cfg, err := config.Load(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	inv, err := cfg.Inventory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := w.Routes()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := routes.ParseRecord(1, raw, routes.Options{Inventory: inv, Extensions: true})
	if err != nil {
		t.Fatal(err)
	}
	out, err := wantedOf(cfg, inv, c, doc.Route, false)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// has gives a green Director a file, and lets it load it.
func (s *stage) has(d *cluster.Director, place int, text string) {
	s.t.Helper()
	if err := os.WriteFile(d.ConfPath(), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), filepath.Join(s.Dir(), "bin", "bconsole"), "-n", "-c",
		filepath.Join(s.Dir(), "green-act"+[]string{"", "-passive"}[place]+".conf"))
	cmd.Stdin = strings.NewReader("reload\n")
	if out, err := cmd.Output(); err != nil {
		s.t.Fatalf("reload: %v\n%s", err, out)
	}
}
