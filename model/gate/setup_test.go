package gate

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
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
		"all are": {model.Sealed{At: noon, Sealed: 3}, "OFF", model.Holds, "each of 3 sessions", false},
		"one is not": {model.Sealed{At: noon, Sealed: 3, Plain: 1}, "OFF", model.Fails,
			"1 of 4 sessions of the Director's are not", false},
		"one from before it was ordered": {model.Sealed{At: noon, Plain: 1}, "ON", model.Fails, "1 of 1 session", false},
		"it is gone": {model.Sealed{At: noon.Add(-day), Plain: 1, Nothing: true}, "ON", model.Holds,
			"lets in encrypted sessions only", false},
		"it may come back": {model.Sealed{At: noon.Add(-day), Plain: 1, Nothing: true}, "OFF", model.Fails, "1 of 1 session",
			false},
		"seen long ago": {model.Sealed{At: noon.Add(-8 * day), Sealed: 1, Nothing: true}, "OFF", model.Unknown,
			"none of the Director's was seen lately", true},
		"seen at a time to come":       {model.Sealed{At: noon.Add(time.Hour), Sealed: 1}, "OFF", model.Unknown, "seen lately", true},
		"none was seen":                {model.Sealed{}, "0", model.Unknown, "seen lately", true},
		"nobody may see":               {model.Sealed{Why: "denied"}, "OFF", model.Unknown, "cannot be seen: denied", true},
		"nobody may see, nobody needs": {model.Sealed{Why: "denied"}, "1", model.Holds, "lets in encrypted sessions only", false},
		"nothing is told":              {model.Sealed{Why: "denied"}, "", model.Unknown, "cannot be seen", true},
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

// TestWhatIsSaidOfADirector tells a No from a silence: by a port that refuses lately, by a passive Director that runs jobs, by a catalog
// that answers and is another one.
func TestWhatIsSaidOfADirector(t *testing.T) {
	t.Parallel()
	active, passive := model.DirectorOf(model.Green, "dir-new"), model.DirectorOf(model.Green, "dir-new2")
	away := func(s *board.Snapshot, of model.Source, trouble model.Trouble, tried time.Time) *board.Sighting {
		at := s.Source(of)
		at.Why, at.Trouble, at.Tried = "why not", trouble, tried
		return at
	}
	works := func(s *board.Snapshot) { s.Clusters[model.Green].Directors[1].Works = true }
	another := func(s *board.Snapshot, at time.Time) {
		c := &s.Clusters[model.Green].Catalog
		c.Target, c.TargetSays = model.Fails, "dir-new uses another"
		of := s.Source(model.CatalogOf(model.Green))
		of.Wrong, of.Why, of.At = true, "wrong target: dir-new uses another", at
	}
	lately := noon.Add(-20 * time.Second)
	for name, c := range map[string]struct {
		do   func(*board.Snapshot)
		want map[string]model.Verdict
	}{
		"all is well": {func(*board.Snapshot) {}, map[string]model.Verdict{"directors-answer": model.Holds, "passive-idle": model.Holds,
			"catalog-used": model.Holds}},
		"the active one refuses": {func(s *board.Snapshot) { away(s, active, model.TroubleGone, lately) },
			map[string]model.Verdict{"directors-answer": model.Fails, "directors-alike": model.Unknown, "passive-idle": model.Unknown}},
		"the passive one refuses": {func(s *board.Snapshot) { away(s, passive, model.TroubleGone, lately) },
			map[string]model.Verdict{"directors-answer": model.Fails, "directors-alike": model.Unknown, "passive-idle": model.Unknown}},
		"one refuses, one is silent": {func(s *board.Snapshot) {
			away(s, active, model.TroubleSilent, lately)
			away(s, passive, model.TroubleGone, lately)
		}, map[string]model.Verdict{"directors-answer": model.Fails}},
		"it refused an hour ago": {func(s *board.Snapshot) { away(s, active, model.TroubleGone, noon.Add(-time.Hour)) },
			map[string]model.Verdict{"directors-answer": model.Unknown}},
		"it refuses at a time to come": {func(s *board.Snapshot) { away(s, active, model.TroubleGone, noon.Add(time.Hour)) },
			map[string]model.Verdict{"directors-answer": model.Unknown}},
		"it was not asked to the end": {func(s *board.Snapshot) { away(s, active, model.TroubleGone, lately).Early = true },
			map[string]model.Verdict{"directors-answer": model.Unknown}},
		"it is silent": {func(s *board.Snapshot) { away(s, active, model.TroubleSilent, lately) },
			map[string]model.Verdict{"directors-answer": model.Unknown}},
		"it takes no password": {func(s *board.Snapshot) { away(s, active, model.TroubleRefused, lately) },
			map[string]model.Verdict{"directors-answer": model.Unknown}},
		"the passive one works, and the active one is silent": {func(s *board.Snapshot) {
			works(s)
			away(s, active, model.TroubleSilent, lately)
		}, map[string]model.Verdict{"passive-idle": model.Fails, "directors-answer": model.Unknown}},
		"the passive one worked, and is silent now": {func(s *board.Snapshot) {
			works(s)
			away(s, passive, model.TroubleSilent, lately)
		}, map[string]model.Verdict{"passive-idle": model.Unknown}},
		"another catalog": {func(s *board.Snapshot) { another(s, noon.Add(-time.Second)) },
			map[string]model.Verdict{"catalog-used": model.Fails, "catalog-known": model.Unknown, "green-good": model.Unknown}},
		"another catalog, an hour ago": {func(s *board.Snapshot) { another(s, noon.Add(-time.Hour)) },
			map[string]model.Verdict{"catalog-used": model.Unknown}},
	} {
		w := finished(t, 2)
		c.do(w.Snapshot)
		r := Evaluate(w)
		for id, want := range c.want {
			g := r.Find(id)
			if g.Verdict != want || want == model.Fails && (g.Value == "" || g.At.IsZero()) {
				t.Errorf("%s: %s is %s by %q, want %s", name, id, g.Verdict, g.Value, want)
			}
			told(t, g)
		}
	}
}
