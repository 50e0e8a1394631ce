package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestANightAsItIsTold: the order of what happened, also when nobody watched then, and what is not told yet is not taken for done.
func TestANightAsItIsTold(t *testing.T) {
	at := time.Date(2026, 11, 28, 3, 12, 0, 0, time.UTC)
	event := func(after time.Duration, says string) model.RDSEvent {
		e := model.RDSEvent{At: at.Add(after), Instance: "bacula", Categories: []string{"failover"}, Says: says}
		if strings.Contains(says, "Recovery") {
			e.Categories = []string{"recovery"}
		}
		e.Kind, _ = model.JudgeEvent(e.Categories, e.Says)
		return e
	}
	began, done := event(0, "Multi-AZ instance failover started."), event(70*time.Second, "Multi-AZ instance failover completed.")
	rebuilds, back := event(
		80*time.Second,
		"Recovery of standby DB instance has started.",
	), event(
		9*time.Minute,
		"Recovery of standby DB instance completed.",
	)
	other := event(time.Minute, "Multi-AZ instance failover started.")
	other.Instance = "another"
	a := &Alert{ID: failoverAlertID + at.Format(time.RFC3339), Since: at, Until: at.Add(10 * time.Minute)}
	up := model.Reading[model.Server]{At: at.Add(2 * time.Minute), Value: model.Server{Uptime: 75 * time.Second}}
	for name, c := range map[string]struct {
		events []model.RDSEvent
		server model.Reading[model.Server]
		now    time.Duration
		want   []string // of the moments, the server, the standby and the refusal
	}{
		"it is under way": {[]model.RDSEvent{began}, model.Reading[model.Server]{At: at.Add(-time.Minute), Why: "refused"}, time.Minute,
			[]string{"connections dropped; AWS: Multi-AZ instance failover started.", "does not answer: refused", "not known to be redundant",
				"may refuse another failover until 03:22:00 UTC"}},
		"it is done, and the standby is not back": {[]model.RDSEvent{began, other, done, rebuilds}, up, 3 * time.Minute,
			[]string{"connections dropped", "its server took connections again", "failover completed", "standby DB instance has started",
				"back since 03:12:45", "NOT redundant", "until its standby is there"}},
		"it is over": {[]model.RDSEvent{began, done, rebuilds, back}, up, 11 * time.Minute,
			[]string{"connections dropped", "its server took connections again", "failover completed", "has started", "instance completed",
				"back since", "redundant again since 03:21:00 UTC", "takes another failover since 03:22:00 UTC"}},
		"it was long ago when the server began anew": {[]model.RDSEvent{began, done}, model.Reading[model.Server]{At: at.Add(9 * time.Hour),
			Value: model.Server{Uptime: time.Hour}}, 9 * time.Hour,
			[]string{"connections dropped", "failover completed", "back since 11:12:00", "not known to be redundant",
				"takes another failover since"}},
	} {
		s := &Snapshot{At: at.Add(c.now), RDS: &model.RDS{Primary: &model.Instance{ID: "bacula", Server: c.server}, Events: c.events}}
		n, ok := s.Night(a)
		if !ok || n.Instance != "bacula" {
			t.Fatalf("%s: %+v", name, n)
		}
		var got []string
		for _, m := range n.Moments {
			got = append(got, m.Says)
		}
		got = append(got, n.Server, n.Standby, n.Refused)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %q", name, got)
		}
		for i := range got {
			if !strings.Contains(got[i], c.want[i]) {
				t.Errorf("%s: %q, want %q", name, got[i], c.want[i])
			}
		}
	}
	s := &Snapshot{
		At:  at,
		RDS: &model.RDS{Events: []model.RDSEvent{began}},
		Events: []Event{{At: at.Add(-time.Hour), Says: "RDS primary server answers"},
			{At: at.Add(time.Second), Says: "RDS primary server does not answer"}, {At: at.Add(time.Second), Says: "green catalog takes writes"}},
	}
	if n, _ := s.Night(a); len(n.Moments) != 2 || n.Moments[1].Says != "seen here: RDS primary server does not answer" {
		t.Errorf("%+v", n.Moments)
	}
	if _, ok := (&Snapshot{RDS: &model.RDS{}}).Night(a); ok {
		t.Error("a night of which AWS tells nothing")
	}
}
