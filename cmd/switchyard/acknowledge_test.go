package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model/record"
)

// toldAlert is what these tests read of an alert.
type toldAlert struct {
	ID    string
	Acked *record.Ack `json:"acknowledged"`
}

// lag is the alert of broken replication, as status tells it; nil when there is none.
func (s *stage) lag() *toldAlert {
	s.t.Helper()
	var told struct{ Alerts []json.RawMessage }
	if err := json.Unmarshal([]byte(s.does(1, "status", "--json")), &told); err != nil {
		s.t.Fatal(err)
	}
	for i, raw := range told.Alerts {
		var a toldAlert
		if err := json.Unmarshal(raw, &a); err != nil {
			s.t.Fatal(err)
		}
		if a.ID == "rds:lag" {
			if a.Acked != nil && i < len(told.Alerts)-1 {
				s.t.Errorf("it is acknowledged and comes %d of %d", i+1, len(told.Alerts))
			}
			return &a
		}
	}
	return nil
}

// TestAnAlertIsAcknowledgedByKeys goes from a fault to what every session and status tell of it, and looks where its reason went.
func TestAnAlertIsAcknowledgedByKeys(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	watcher := s.sitAt(80, 24, "watch")
	d := s.sitAt(120, 40)
	if err := s.Fault("replication-broken", ""); err != nil {
		t.Fatal(err)
	}
	s.until("replication is broken", func() bool { return s.lag() != nil })
	d.until("the alert line tells it", func(screen string) bool { return strings.Contains(screen, "✗ replication is broken") })
	d.press("!", "L")
	d.see("acknowledge an alert", "It is recorded in the journal")
	d.takesKeys("enter")
	d.approves("a rebuild is under way", "tab", "2h", "tab", "acknowledge")
	s.until("the journal tells it", func() bool { a := s.lag(); return a != nil && a.Acked != nil })
	if a := s.lag().Acked; a.By != operator() || a.Reason != "a rebuild is under way" || a.Session {
		t.Errorf("acknowledged as %+v", a)
	}
	s.says(s.does(1, "status"), "acknowledged by "+operator()+" until ", ": a rebuild is under way")
	s.says(s.does(0, "journal"), "acknowledged the alert rds:lag until ", ": a rebuild is under way")
	watcher.press("6")
	watcher.see("let be")
	if runs, _ := filepath.Glob("/proc/[0-9]*/cmdline"); len(runs) > 0 {
		for _, f := range runs {
			if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), "rebuild is under way") {
				t.Errorf("%s carries the reason", f)
			}
		}
	}
	refused := s.command("act")
	refused.Stdin = strings.NewReader(`{"reason":"late","alert":{"id":"rds:lag","severity":"FAIL","until":"2020-01-01T00:00:00Z"}}`)
	refused.Stdout, refused.Stderr = nil, nil
	out, err := refused.CombinedOutput()
	if err == nil || refused.ProcessState.ExitCode() != exitFinding || !strings.Contains(string(out), "the moment until when is over") {
		t.Errorf("%v: %s", err, out)
	}
	s.does(0, "journal", "--verify")
}
