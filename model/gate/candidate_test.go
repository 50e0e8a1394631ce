package gate

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// seen is the finished world with evidence of the old catalog's server, and without what people said of phase 0.
func seen(t *testing.T, tenants *model.Tenants, looks []model.Figures, ago time.Duration) World {
	t.Helper()
	w := finished(t, 1)
	blue := model.Blue
	var proofs []*record.Proved
	for _, p := range w.Snapshot.State.Evidence {
		if s := p.Claim.Said; s == nil || !strings.HasPrefix(s.Says, "gate single-tenant") && !strings.HasPrefix(s.Says, "gate predictable") {
			proofs = append(proofs, p)
		}
	}
	w.Snapshot.State.Evidence = proofs
	var more []record.Proof
	if tenants != nil {
		more = append(more, record.Proof{Of: record.Subject{Cluster: &blue}, Claim: record.Proven{Housed: &record.Housed{Tenants: *tenants}}})
	}
	if looks != nil {
		more = append(more, record.Proof{Of: record.Subject{Cluster: &blue}, Claim: record.Proven{Traffic: &record.Traffic{Looks: looks}}})
	}
	for _, p := range more {
		p.By, p.Verdict, p.At = record.Means{Kind: record.ByLook}, model.Holds, noon.Add(-ago)
		if p.Claim.Traffic != nil {
			p.At = looks[len(looks)-1].At
		}
		w.Snapshot.State = withProofs(t, w.Snapshot.State, p)
	}
	return w
}

// TestASchemasTenants: what a watcher is shown now, and what somebody saw who is shown everybody.
func TestASchemasTenants(t *testing.T) {
	all := func(change func(*model.Tenants)) *model.Tenants {
		e := everybody()
		change(&e)
		return &e
	}
	nothing := func(*model.Tenants) {}
	blind := func(e *model.Tenants) { e.Lacks, e.May, e.Schemas = []string{"SELECT", "EVENT"}, nil, nil }
	shared := func(e *model.Tenants) {
		e.Sessions = append(e.Sessions, model.SessionsOf{Account: "reports", Sessions: 2})
	}
	for name, c := range map[string]struct {
		now, evidence *model.Tenants
		ago           time.Duration
		accounted     bool
		want          model.Verdict
		says          string
	}{
		"shown everybody":     {all(nothing), nil, 0, true, model.Holds, "nobody else of 2 accounts on dbadb:3306"},
		"not shown":           {all(blind), nil, 0, true, model.Unknown, "it lacks SELECT, EVENT on everything"},
		"not shown, proven":   {all(blind), all(nothing), time.Hour, true, model.Holds, "nobody else"},
		"proven too long ago": {all(blind), all(nothing), 40 * day, true, model.Unknown, "too long"},
		"another server": {all(blind), all(func(e *model.Tenants) { e.Server = "other:1" }), time.Hour, true, model.Unknown,
			"lives on other:1"},
		"a session, not shown": {all(func(e *model.Tenants) { blind(e); shared(e) }), nil, 0, true, model.Fails,
			"reports has a session in it"},
		"a session that is over": {all(blind), all(shared), time.Hour, true, model.Holds, "nobody else"},
		"sessions are not shown": {all(func(e *model.Tenants) { blind(e); e.Lacks = []string{"PROCESS"} }), all(shared), 0, true, model.Fails,
			"reports"},
		"a view": {all(blind), all(func(e *model.Tenants) { e.Named = []string{"the view a.b names it"} }), 0, true,
			model.Fails, "the view a.b names it"},
		"a view nobody can read": {all(blind), all(func(e *model.Tenants) { e.Unseen = []string{"what the view a.b reads"} }), 0, true,
			model.Unknown, "a.b"},
		"a right": {all(func(e *model.Tenants) { e.May = append(e.May, "'app'@'%'") }), nil, 0, true, model.Fails,
			"'app'@'%' may use it"},
		"nobody said who Bacula is": {all(nothing), nil, 0, false, model.Unknown, "act.split.known"},
	} {
		w := seen(t, c.evidence, nil, c.ago)
		w.Snapshot.Clusters[model.Blue].Catalog.Tenants.Value = c.now
		if !c.accounted {
			w.Accounted = nil
		}
		g := Evaluate(w).Find("single-tenant")
		if g.Verdict != c.want || !strings.Contains(g.Value, c.says) {
			t.Errorf("%s: %s, %q; want %s, %q", name, g.Verdict, g.Value, c.want, c.says)
		}
		if g.Verdict != model.Unknown && (g.At.IsZero() || g.Manual) {
			t.Errorf("%s: %+v", name, g)
		}
	}
	w := seen(t, nil, nil, 0)
	w.Snapshot.Source(model.CatalogOf(model.Blue)).Why = "it is down"
	for _, id := range []string{"single-tenant", "schema-alone", "connections"} {
		if g := Evaluate(w).Find(id); g.Verdict != model.Unknown || !strings.Contains(g.Value, "it is down") {
			t.Errorf("%s of a catalog that does not answer: %s, %q", id, g.Verdict, g.Value)
		}
	}
}

func TestAloneAndConnections(t *testing.T) {
	w := seen(t, nil, nil, 0)
	c := &w.Snapshot.Clusters[model.Blue].Catalog
	says := func(id string, want model.Verdict, value string) {
		t.Helper()
		if g := Evaluate(w).Find(id); g.Verdict != want || !strings.Contains(g.Value, value) {
			t.Errorf("%s: %s, %q; want %s, %q", id, g.Verdict, g.Value, want, value)
		}
	}
	c.Tenants.Value.Schemas = []string{"dba_tools"}
	says("schema-alone", model.Fails, "1 other schema: dba_tools; what its Performance Schema counts")
	c.Tenants.Value.Counts = false
	says("schema-alone", model.Fails, "its Performance Schema is off: no figure of one schema is known")
	c.Tenants.Value.Schemas = nil
	says("schema-alone", model.Holds, "no other")
	says("connections", model.Holds, "24 now, 2 running, 200 at most since 5 Dec, of 500")
	c.Figures.Value.MostAtOnce = 401
	says("connections", model.Fails, "401 at most")
	c.Figures.Value.MayAtOnce = 0
	says("connections", model.Unknown, "max_connections")
	c.Figures = model.Reading[*model.Figures]{Why: "denied"}
	says("connections", model.Unknown, "denied")
}

// TestTrafficIsPredictable by days of looks: bursts, thin data, restarts, counters set back, another server, gaps and times to come.
func TestTrafficIsPredictable(t *testing.T) {
	looks := func(days int, change func(all []model.Figures) []model.Figures) []model.Figures {
		all := looksOf(days)
		if change != nil {
			all = change(all)
		}
		return all
	}
	from := func(hours int, change func(f *model.Figures)) func([]model.Figures) []model.Figures {
		return func(all []model.Figures) []model.Figures {
			for i := len(all) - 1 - hours; i < len(all); i++ {
				change(&all[i])
			}
			return all
		}
	}
	for name, c := range map[string]struct {
		looks []model.Figures
		want  model.Verdict
		says  string
	}{
		"nothing": {nil, model.Unknown, "observe has recorded nothing"},
		"ten days": {looks(10, nil), model.Holds,
			"9 whole days: 100 queries/s, peak 184 of 184 on the median day, days vary 0.00; 0.1 connects/s, <= 24 threads"},
		"three days":          {looks(3, nil), model.Unknown, "2 whole days; 7 whole days are needed"},
		"a burst an hour ago": {looks(10, from(1, func(f *model.Figures) { f.Questions += 900 * 3600 })), model.Fails, "peak 992 of 184"},
		"a burst of days ago": {looks(10, from(70, func(f *model.Figures) { f.Questions += 900 * 3600 })), model.Fails, "peak 992 of 184"},
		"a burst out of it":   {looks(20, from(345, func(f *model.Figures) { f.Questions += 900 * 3600 })), model.Holds, "peak 184"},
		"a restart": {looks(10, from(30, func(f *model.Figures) {
			f.Started = noon.Add(-30*time.Hour - 20*time.Minute)
			f.Questions -= 1e9
		})), model.Holds, "9 whole days, 1 restart"},
		"set back":       {looks(10, from(30, func(f *model.Figures) { f.Questions -= 1e9 })), model.Holds, "9 whole days, 1 reset"},
		"another server": {looks(10, from(30, func(f *model.Figures) { f.Server = "other:3306" })), model.Holds, "9 whole days, 1 restart"},
		"a gap": {looks(10, func(all []model.Figures) []model.Figures { return append(all[:120:120], all[140:]...) }), model.Holds,
			"7 whole days, 1 gap"},
		"nobody looked lately": {looks(10, func(all []model.Figures) []model.Figures { return all[:len(all)-8] }), model.Unknown,
			"nobody has looked for 8 h"},
		"to come": {looks(10, nil), model.Unknown, "to come"},
		"days unlike each other": {looks(10, func(all []model.Figures) []model.Figures {
			n := uint64(0)
			for i := range all {
				if all[i].At.YearDay()%7 < 2 {
					n += 180 * 3600
				}
				all[i].Questions += n
			}
			return all
		}), model.Fails, "days vary 0."},
	} {
		w := seen(t, nil, c.looks, 0)
		if name == "to come" {
			w.Snapshot.At = noon.Add(-2 * time.Hour)
		}
		g := Evaluate(w).Find("predictable")
		if g.Verdict != c.want || !strings.Contains(g.Value, c.says) {
			t.Errorf("%s: %s, %q; want %s, %q", name, g.Verdict, g.Value, c.want, c.says)
		}
		if burst := strings.HasPrefix(name, "a burst"); burst && c.want == model.Fails && !g.When.After(noon.Add(10*day)) {
			t.Errorf("%s: it passes at %v", name, g.When)
		}
		said := Attest("predictable", "we have graphs", model.Holds, noon, time.Time{})
		w.Snapshot.State = withProofs(t, w.Snapshot.State, said)
		want := model.Holds
		switch {
		case name == "to come":
			want = model.Unknown // and so is the word
		case c.want == model.Fails:
			want = model.Fails // what was measured counts for more
		}
		if g := Evaluate(w).Find("predictable"); g.Verdict != want {
			t.Errorf("%s, and vouched for: %s, %q", name, g.Verdict, g.Value)
		}
	}
}

// withProofs is a state with more evidence.
func withProofs(t *testing.T, st *record.State, proofs ...record.Proof) *record.State {
	t.Helper()
	return note(t, st, record.Prove(proofs...))
}
