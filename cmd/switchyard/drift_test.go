package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
)

// TestDriftShows switches a job off on a console, on the active Director and on the passive one, and lets a configuration manager put an
// old file back: each is named with its Director, and is over when it is undone.
func TestDriftShows(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "overlap", Chains: 12, Idle: true})
	l := lookAt(t, opened(t, w.ConfigPath()))
	cell := model.Cell{Chain: "chain006", Region: "region1", Kind: model.Regular}
	drift := func(s *board.Snapshot) (all []string) {
		for _, a := range s.Alerts {
			if strings.HasPrefix(a.ID, "drift:") {
				all = append(all, a.Says)
			}
		}
		return all
	}
	calm := func(s *board.Snapshot) bool {
		v := s.Cell(cell)
		return v != nil && v.Desired != (model.Route{}) && len(drift(s)) == 0 &&
			!slices.ContainsFunc(model.Clusters[:], func(c model.Cluster) bool { return v.On[c].Effective() != model.Holds })
	}
	console := func(c model.Cluster, place int, line string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(w.Dir(), "bin", "bconsole"), "-n", "-c",
			filepath.Join(w.Dir(), fmt.Sprintf("%s-act%s.conf", c, []string{"", "-passive"}[place])))
		cmd.Stdin = strings.NewReader(line + "\n")
		if out, err := cmd.Output(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	file := w.Cluster(model.Green).Active().ConfPath()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`(?m)^Job \{[^}]*\b`+starts+`\b[^}]*\}`).ReplaceAll(whole, nil)
	if len(old) == len(whole) {
		t.Fatalf("%s names no job %s", file, starts)
	}
	load := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		w.Clock().Advance(2 * time.Second) // its epoch counts seconds
		console(model.Green, 0, "reload")
	}
	l.until("both clusters to be as the routes say", calm)
	for _, x := range []struct {
		says, who string
		do, undo  func()
	}{
		{"a console disable", "dir-new does not start 1 cell that the routes give to green: the job is switched off: chain006",
			func() { console(model.Green, 0, "disable job="+starts) }, func() { console(model.Green, 0, "enable job="+starts) }},
		{"one on the passive Director",
			"dir-old2 (passive) does not start 1 cell that the routes give to blue: the job is switched off: chain006",
			func() { console(model.Blue, 1, "disable job="+starts) }, func() { console(model.Blue, 1, "enable job="+starts) }},
		{"an old file put back", "dir-new does not start 1 cell that the routes give to green: it has no job for it: chain006",
			func() { load(old) }, func() { load(whole) }},
	} {
		began := time.Now()
		x.do()
		l.until(x.says+" to be told", func(s *board.Snapshot) bool {
			return slices.ContainsFunc(drift(s), func(says string) bool { return strings.HasPrefix(says, x.who) })
		})
		t.Logf("%s was told after %v", x.says, time.Since(began).Round(10*time.Millisecond))
		x.undo()
		l.until("nothing of "+x.says, calm)
	}
}
