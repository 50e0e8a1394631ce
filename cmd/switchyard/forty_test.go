package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/routes"
)

// TestFortyChains that settle: six file daemons begin to distrust green, and a Storage Daemon protects its volumes no more. After a night
// just the cells of those refuse, grouped by cause, and the others can be planned without them.
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
	for place := range s.Cluster(model.Green).Directors() { // as if it had been pushed to, which takes a while
		s.has(model.Green, place, wantedBy(t, s.World, model.Green).Text)
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
	want := map[string][]model.Cell{}
	hurt := map[model.Cell]bool{}
	for _, c := range both {
		p, _ := inv.Find(c)
		if strangers[p.Client] {
			want[distrusted], hurt[c] = append(want[distrusted], c), true
		}
		if c.Kind == model.Immutable && p.Storage == storage {
			want[unprotected], hurt[c] = append(want[unprotected], c), true
		}
	}
	if len(want[distrusted]) != 12 || len(want[unprotected]) < 2 {
		t.Fatalf("the world is another one: %v", want)
	}
	of := opened(t, s.ConfigPath())
	l := lookAt(t, of)
	refused := map[string][]model.Cell{}
	l.until("just the cells of each cause to be refused", func(snap *board.Snapshot) bool { // what each job's log says is read by and by
		if snap.State == nil || len(snap.Cells) == 0 {
			return false
		}
		causes, err := (&plan.Shift{Cells: both, To: routes.Green}).Refused(plan.World{Now: model.Now(), Snapshot: snap, State: snap.State,
			Names: of.names, Policy: of.cfg.Policy, Routing: routing(of.cfg)})
		if err != nil {
			return false
		}
		clear(refused)
		for _, c := range causes {
			refused[c.Says] = c.Cells
		}
		return slices.Equal(refused[distrusted], want[distrusted]) && slices.Equal(refused[unprotected], want[unprotected])
	})
	for says, cells := range refused { // nor any other, but for a night that went wrong by itself
		for _, c := range cells {
			if last := l.snap.Cell(c).On[model.Green].Last; !hurt[c] && (last == nil || !last.Bad()) {
				t.Errorf("%s is refused: %s", c, says)
			}
		}
	}
	p := settling(&s.crew, append(settle, "--leave-out", "--reason", "tried by hand")...)
	for _, c := range p.Ask.Shift.Cells {
		if hurt[c] {
			t.Errorf("%s is shifted", c)
		}
	}
	if b := p.Blocked(); b != nil || len(p.Ask.Shift.Cells) > len(both)-len(hurt) || 2*len(p.Ask.Shift.Cells) < len(both)-len(hurt) {
		t.Errorf("%d of %d cells are left: %+v", len(p.Ask.Shift.Cells), len(both), b)
	}
}

// The causes, as they are told.
const (
	distrusted  = "its file daemon does not trust green"
	unprotected = "the volumes of its newest good backup are not protected"
)

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

// has gives a Director of a cluster a file, and lets it load it.
func (s *stage) has(c model.Cluster, place int, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.Cluster(c).Directors()[place].ConfPath(), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), filepath.Join(s.Dir(), "bin", "bconsole"), "-n", "-c",
		filepath.Join(s.Dir(), c.String()+"-act"+[]string{"", "-passive"}[place]+".conf"))
	cmd.Stdin = strings.NewReader("reload\n")
	if out, err := cmd.Output(); err != nil {
		s.t.Fatalf("reload: %v\n%s", err, out)
	}
}
