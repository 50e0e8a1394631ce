package gate

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestTheDirectorsSessionIsEncrypted by the server's own word; a person's counts only where it says nothing.
func TestTheDirectorsSessionIsEncrypted(t *testing.T) {
	t.Parallel()
	only := func(value string) []model.Parameter {
		return []model.Parameter{{Name: "require_secure_transport", Value: value}}
	}
	for name, c := range map[string]struct {
		s      model.Sealed
		only   string // empty: the server does not tell
		want   model.Verdict
		says   string
		manual bool
	}{
		"all are":                        {model.Sealed{At: noon, Sealed: 3}, "OFF", model.Holds, "each of 3 sessions", false},
		"one is not":                     {model.Sealed{At: noon, Sealed: 3, Plain: 1}, "OFF", model.Fails, "1 of 4 sessions of the Director's are not", false},
		"one from before it was ordered": {model.Sealed{At: noon, Plain: 1}, "ON", model.Fails, "1 of 1 session", false},
		"it is gone":                     {model.Sealed{At: noon.Add(-day), Plain: 1, Nothing: true}, "ON", model.Holds, "lets in encrypted sessions only", false},
		"it may come back":               {model.Sealed{At: noon.Add(-day), Plain: 1, Nothing: true}, "OFF", model.Fails, "1 of 1 session", false},
		"seen long ago":                  {model.Sealed{At: noon.Add(-8 * day), Sealed: 1, Nothing: true}, "OFF", model.Unknown, "none of the Director's was seen lately", true},
		"seen at a time to come":         {model.Sealed{At: noon.Add(time.Hour), Sealed: 1}, "OFF", model.Unknown, "seen lately", true},
		"none was seen":                  {model.Sealed{}, "0", model.Unknown, "seen lately", true},
		"nobody may see":                 {model.Sealed{Why: "denied"}, "OFF", model.Unknown, "cannot be seen: denied", true},
		"nobody may see, nobody needs":   {model.Sealed{Why: "denied"}, "1", model.Holds, "lets in encrypted sessions only", false},
		"nothing is told":                {model.Sealed{Why: "denied"}, "", model.Unknown, "cannot be seen", true},
	} {
		w := finished(t, 2)
		s := &w.Snapshot.RDS.Primary.Server.Value
		if s.Sealed = c.s; c.only != "" {
			s.Variables = only(c.only)
		}
		if g := Evaluate(w).Find("director-encrypted"); c.manual && (g.Verdict != model.Holds || !g.Manual) {
			t.Errorf("%s, and vouched for: %s, %s", name, g.Verdict, g.Value)
		}
		w.Snapshot.State = note(t, nil, record.Genesis{Environment: "test"})
		g := Evaluate(w).Find("director-encrypted")
		if g.Verdict != c.want || !strings.Contains(g.Value, c.says) || g.Manual != c.manual {
			t.Errorf("%s: %s, %q, manual %v", name, g.Verdict, g.Value, g.Manual)
		}
		told(t, g)
		w.Snapshot.Source(model.Source{Kind: model.SourceServer, Name: "primary"}).Why = "no answer"
		if g := Evaluate(w).Find("director-encrypted"); g.Verdict != model.Unknown || !strings.Contains(g.Value, "no answer") {
			t.Errorf("%s, and the server is silent: %s, %q", name, g.Verdict, g.Value)
		}
	}
}

// TestStoragesAnswer by what observe heard of each, no longer ago than two of its rounds.
func TestStoragesAnswer(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	is := func(want model.Verdict, says string) {
		t.Helper()
		g := Evaluate(w).Find("storages-answer")
		if g.Verdict != want || !strings.Contains(g.Value, says) {
			t.Errorf("%s, %q; want %s, %q", g.Verdict, g.Value, want, says)
		}
		told(t, g)
	}
	was := w.Snapshot.State
	is(model.Holds, "6 of 6")
	w.Snapshot.State = note(t, was, record.Prove(answered(map[string]bool{"sd-1-1": true}, map[string]string{"sd-1-1": "connection refused"})))
	is(model.Fails, "1 of 6 do not answer: sd-1-1; connection refused")
	w.Snapshot.State = note(t, w.Snapshot.State, record.Prove(answered(map[string]bool{"sd-1-1": true}, nil)))
	is(model.Holds, "6 of 6")
	w.Snapshot.At = noon.Add(2 * day)
	for i := range w.Snapshot.Seen {
		w.Snapshot.Seen[i].At = w.Snapshot.At
	}
	is(model.Unknown, "6 of 6 were not asked lately")
	w.Snapshot.At = noon.Add(-2 * time.Hour)
	for i := range w.Snapshot.Seen {
		w.Snapshot.Seen[i].At = w.Snapshot.At
	}
	is(model.Unknown, "6 of 6 were not asked lately")
	w = finished(t, 3)
	w.Snapshot.State = note(t, nil, record.Genesis{Environment: "test"})
	is(model.Unknown, "6 of 6 were not asked lately")
}

// answered are storages of green that were asked an hour ago, and why some did not answer.
func answered(of map[string]bool, why map[string]string) record.Proof {
	green := model.Green
	r := &record.Reached{}
	for _, name := range sorted(of) {
		r.Of = append(r.Of, record.ReachedClient{Client: name, Through: "dir-new", At: noon.Add(-time.Hour), Why: why[name]})
	}
	p := record.Proof{Of: record.Subject{Cluster: &green}, Claim: record.Proven{Storages: r}, By: record.Means{Kind: record.ByLook},
		At: noon.Add(-time.Minute)}
	p.Verdict, p.Why = r.Verdict()
	return p
}
