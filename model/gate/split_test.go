package gate

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestNobodyUsesTheOldSchema is proven by looks for as long as they prove it, and by a person's word only where that is newer.
func TestNobodyUsesTheOldSchema(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	look := func(at, since time.Time, verdict model.Verdict, why string) record.Proof {
		blue := model.Blue
		return record.Proof{Of: record.Subject{Cluster: &blue}, By: record.Means{Kind: record.ByLook}, Verdict: verdict, Why: why, At: at,
			Claim: record.Proven{
				Unused: &record.Unused{Host: "dbadb:3306", Schema: "bacula", Server: "dbadb", Started: since.Add(-day), Since: since},
			}}
	}
	say := func(p record.Proof) *Gate {
		w.Snapshot.State = note(t, w.Snapshot.State, record.Prove(p))
		return Evaluate(w).Find("no-consumers")
	}
	last := noon.Add(-20 * time.Minute)
	for _, c := range []struct {
		name    string
		p       record.Proof
		verdict model.Verdict
		says    string
	}{
		{"for long", look(last, last.Add(-15*day), model.Holds, ""), model.Holds, "by nobody for 15 d"},
		{"not for long", look(last, last.Add(-3*day), model.Holds, ""), model.Fails, "by nobody for 3 d"},
		{"by somebody", look(last, last, model.Fails, "Job was read"), model.Fails, "dbadb:3306: Job was read"},
		{"long ago", look(last.Add(-2*day), last.Add(-40*day), model.Holds, ""), model.Fails, "Job was read"}, // an older look takes nothing back
	} {
		if g := say(c.p); g.Verdict != c.verdict || !strings.Contains(g.Value, c.says) || g.Manual {
			t.Errorf("%s: %s %s", c.name, g.Verdict, g.Value)
		}
	}
	if g := Evaluate(w).Find("no-consumers"); !g.When.IsZero() {
		t.Errorf("it will hold at %s although somebody uses it", g.When)
	}
	say(look(last, last.Add(-15*day), model.Holds, ""))
	w.Snapshot.At = noon.Add(2 * day)
	if g := Evaluate(w).Find("no-consumers"); g.Verdict != model.Unknown || !strings.Contains(g.Value, "nobody has looked since") {
		t.Errorf("two days later: %s %s", g.Verdict, g.Value)
	}
	w.Snapshot.At = noon
	if g := say(Attest("no-consumers", "the general log is empty", model.Holds, noon, noon.Add(day))); !g.Manual || g.Verdict != model.Holds {
		t.Errorf("a newer word: %s %s", g.Verdict, g.Value)
	}
}
