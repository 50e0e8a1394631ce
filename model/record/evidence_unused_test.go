package record

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestTheClockOfASchemaNobodyUses goes on only while the same server, up since, has counted on and seen nobody.
func TestTheClockOfASchemaNobodyUses(t *testing.T) {
	t0 := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	first := model.SchemaLook{Host: "dbadb:3306", Server: "dbadb", At: t0, Started: t0.Add(-90 * 24 * time.Hour),
		Tables: []model.TableUse{{Table: "Job", Count: 5}}, Denied: new(uint64)}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		change   func(*model.SchemaLook)
		since    time.Time
		verdict  model.Verdict
		says     string
		followed int
	}{
		"nobody":    {func(*model.SchemaLook) {}, t0, model.Holds, "", 0},
		"the clock": {func(l *model.SchemaLook) { l.Started = l.Started.Add(time.Second) }, t0, model.Holds, "", 0},
		"somebody":  {func(l *model.SchemaLook) { l.Tables[0].Count = 6 }, t0.Add(time.Hour), model.Fails, "Job was read", 0},
		"a reset":   {func(l *model.SchemaLook) { l.Tables[0].Count = 0 }, t0.Add(time.Hour), model.Holds, "counters were set back: Job", 0},
		"a reset, and somebody": {func(l *model.SchemaLook) { l.Tables[0].Count = 3 }, t0.Add(time.Hour), model.Fails,
			"Job was read or written 3 times since its counter was set back", 0},
		"a reset, and somebody elsewhere": {func(l *model.SchemaLook) { l.Tables = []model.TableUse{{Table: "File", Count: 1}, {Table: "Job"}} },
			t0.Add(time.Hour), model.Fails, "File was read or written 1 times", 0},
		"a restart": {func(l *model.SchemaLook) { l.Started = t0.Add(time.Minute) }, t0.Add(time.Hour), model.Holds, "started anew", 0},
		"a clock that jumped": {func(l *model.SchemaLook) { l.At, l.Started = l.At.Add(30*day), l.Started.Add(30*day) },
			t0.Add(time.Hour + 30*day), model.Holds, "the clock of who looks was set", 0},
		"another": {func(l *model.SchemaLook) { l.Server = "dbadb2" }, t0.Add(time.Hour), model.Holds, "another server answers", 0},
		"a view": {func(l *model.SchemaLook) { l.Uses = []string{"the view a.b names it"} }, t0.Add(time.Hour), model.Fails, "the view a.b",
			0},
		"may":          {func(l *model.SchemaLook) { l.Could = []string{"x may use it"} }, t0, model.Fails, "x may use it", 0},
		"a replica":    {func(l *model.SchemaLook) { l.Replicas = 1 }, t0, model.Fails, "1 replica read its binary log", 0},
		"one followed": {func(l *model.SchemaLook) { l.Replicas = 1 }, t0, model.Holds, "", 1},
	} {
		s := &State{}
		p, whether := s.UnusedBy(&first, "bacula", 0)
		if !whether || p.Verdict != model.Holds || !p.Claim.Unused.Since.Equal(t0) || p.Check(t0) != nil {
			t.Fatalf("%s: %+v %v", name, p, p.Check(t0))
		}
		s.Evidence = taken(nil, &Proved{Proof: p, key: p.key()})
		next := first
		next.At, next.Tables = t0.Add(time.Hour), []model.TableUse{{Table: "Job", Count: 5}}
		c.change(&next)
		p, whether = s.UnusedBy(&next, "bacula", c.followed)
		u := p.Claim.Unused
		if !whether || p.Verdict != c.verdict || !u.Since.Equal(c.since) || !strings.Contains(p.Why+u.Anew, c.says) {
			t.Errorf("%s: %v since %s (%s): %s", name, p.Verdict, u.Since, u.Anew, p.Why)
		}
		perhaps := name == "a restart" || name == "another" || name == "a clock that jumped" // nobody knows whom it has refused
		if perhaps == u.DeniedAt.IsZero() {
			t.Errorf("%s: refused at %s", name, u.DeniedAt)
		}
		if err := p.Check(next.At); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		next.Blind = "it is off"
		if _, whether := s.UnusedBy(&next, "bacula", 0); whether {
			t.Errorf("%s: a look that cannot tell is evidence", name)
		}
	}
}

func TestTwoServersOfASchemaAreTwoProofs(t *testing.T) {
	t0, s := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), &State{}
	for _, host := range []string{"a:3306", "b:3306", "a:3306"} {
		p, _ := s.UnusedBy(&model.SchemaLook{Host: host, Server: host, At: t0, Started: t0}, "bacula", 0)
		s.Evidence = taken(s.Evidence, &Proved{Proof: p, key: p.key()})
	}
	if got := s.UnusedOf("bacula"); len(got) != 2 || len(s.UnusedOf("other")) != 0 {
		t.Errorf("%d proofs", len(got))
	}
}
