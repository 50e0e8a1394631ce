package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// estate is an inventory of chains with two regions and both kinds.
func estate(t testing.TB, chains int) *model.Inventory {
	t.Helper()
	var ps []model.Placement
	for i := range chains {
		for r := range 2 {
			for _, k := range model.Kinds {
				ps = append(ps, model.Placement{
					Cell:    model.Cell{Chain: fmt.Sprintf("chain%05d", i+1), Region: fmt.Sprintf("region%d", r+1), Kind: k},
					Storage: fmt.Sprintf("sd-%d-%d", r+1, i%19), Retention: 7 * day, Promise: 26 * time.Hour,
				})
			}
		}
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// finished is the end of a migration, with everything that can be seen as it should be: green alone for 70 days.
func finished(t testing.TB, chains int) World {
	inv := estate(t, chains)
	s := &board.Snapshot{At: noon, Environment: "test"}
	for _, src := range []model.Source{
		model.CatalogOf(model.Blue), model.DirectorOf(model.Blue, "dir-old"), model.CatalogOf(model.Green),
		model.DirectorOf(model.Green, "dir-new"), model.DirectorOf(model.Green, "dir-new2"), model.Journal,
		{Kind: model.SourceInstance, Name: "primary"}, {Kind: model.SourceInstance, Name: "replica"},
		{Kind: model.SourceServer, Name: "primary"}, {Kind: model.SourceServer, Name: "replica"},
	} {
		s.Seen = append(s.Seen, board.Sighting{Source: src, At: noon.Add(-time.Second), Tried: noon.Add(-time.Second), Every: 3 * time.Second})
	}
	for _, c := range model.Clusters {
		s.Clusters[c] = &board.ClusterView{Cluster: c, Catalog: model.Catalog{
			At: noon, Target: model.Holds, TargetSays: "it is", Version: 1026, Server: "8.4",
		}}
	}
	blue, green := s.Clusters[model.Blue], s.Clusters[model.Green]
	figures, tenants := looksOf(1)[0], everybody()
	blue.Catalog.Figures, blue.Catalog.Tenants = model.Reading[*model.Figures]{Value: &figures, At: noon}, model.Reading[*model.Tenants]{
		Value: &tenants, At: noon}
	blue.Directors = []model.Director{{Name: "dir-old", Active: true, At: noon, Version: "9.6.7"}}
	green.Directors = []model.Director{{Name: "dir-new", Active: true, At: noon, Version: "15.0.3"}, {Name: "dir-new2", Version: "15.0.3"}}
	green.Week.Read = true
	last := model.Job{End: noon.Add(-70 * day)}
	for _, p := range inv.Cells {
		c := board.CellView{Cell: p.Cell, Promise: p.Promise, Desired: model.Route{model.Fails, model.Holds}}
		c.On[model.Blue] = board.Standing{Read: true, Has: model.Fails, Last: &last}
		good := &model.Job{End: noon.Add(-5 * time.Hour), Protected: model.Holds}
		c.On[model.Green] = board.Standing{Read: true, Has: model.Holds, LastGood: good, Since: noon.Add(-15 * day), Due: noon.Add(time.Hour),
			Breaks: good.End.Add(p.Promise)}
		s.Cells = append(s.Cells, c)
	}
	for r := range 2 {
		for _, k := range model.Kinds {
			region := fmt.Sprintf("region%d", r+1)
			green.Week.By = append(green.Week.By, board.TallyPart{Region: region, Kind: k, Backups: board.Tally{OK: 99, Failed: 1}})
			for n := range 14 {
				green.Rates = append(green.Rates, board.DayRate{Day: noon.Truncate(day).Add(-time.Duration(13-n) * day), Region: region, Kind: k,
					Total: 14, Good: 14})
			}
		}
	}
	s.RDS = pairOf()
	w := World{Snapshot: s, Inventory: inv, Policy: model.DefaultPolicy(), Needs: []model.Need{
		needs("catalog blue", "chain chain00001"), needs("journal", "host control"),
	}}
	w.Accounted = []string{"bacula", "switchyard_watch", "admin"}
	vouch(t, &w)
	return w
}

// looksOf are looks of the last days at the old catalog's server, every hour, the newest at noon: 92 queries a second, and twice that from
// ten in the evening on for two hours.
func looksOf(days int) (out []model.Figures) {
	n := uint64(1e9)
	for at := noon.Add(-time.Duration(days) * day); !at.After(noon); at = at.Add(time.Hour) {
		out = append(out, model.Figures{At: at, Server: "dbadb:3306", Started: noon.Add(-99 * day), Questions: n, Connects: n / 1000,
			Connected: 24, Running: 2, MostAtOnce: 200, MayAtOnce: 500})
		if n += 92 * 3600; at.Hour() >= 22 {
			n += 92 * 3600
		}
	}
	return out
}

func everybody() model.Tenants {
	return model.Tenants{Server: "dbadb:3306", Schema: "bacula", Counts: true,
		Sessions: []model.SessionsOf{{Account: "bacula", Sessions: 3}}, May: []string{"'admin'@'%'", "'bacula'@'%'"}}
}

func pairOf() *model.RDS {
	instance := func(id, region string) *model.Instance {
		in := &model.Instance{ID: id, Region: region}
		in.AWS.At, in.Key.At, in.Server.At = noon, noon, noon
		in.AWS.Value = model.Description{
			ResourceID: "db-" + id, Status: "available", MultiAZ: true, Encrypted: true, KeyARN: "arn:aws:kms:" + region + ":1:key/mrk-1",
			Protected: true, Retention: 7, ParameterStatus: "in-sync", CertUntil: noon.Add(300 * day),
		}
		in.Key.Value = model.Key{Usable: true, State: "Enabled", MultiRegion: true}
		in.Server.Value = model.Server{TLS: "TLS 1.3"}
		return in
	}
	r := &model.RDS{Primary: instance("bacula", "eu-west-1"), Replica: instance("bacula-replica", "eu-central-1"), ParityAt: noon}
	r.Replica.AWS.Value.Source = "bacula"
	r.Replica.Server.Value.Replication = &model.Replication{Lag: model.KnownLag(0), IO: "Yes", SQL: "Yes"}
	r.Emergency.Can = model.Holds
	return r
}

func needs(of string, any ...string) model.Need {
	must := func(s string) model.Node {
		n, err := model.ParseNode(s)
		if err != nil {
			panic(err)
		}
		return n
	}
	n := model.Need{Of: must(of)}
	for _, a := range any {
		n.Any = append(n.Any, must(a))
	}
	return n
}

// vouch writes the journal of a finished migration: every manual gate, a restore test of each storage, region and kind, and the settings.
func vouch(t testing.TB, w *World) {
	t.Helper()
	var proofs []record.Proof
	for _, g := range List().Gates {
		if g.Manual {
			proofs = append(proofs, Attest(g.ID, "seen", model.Holds, noon.Add(-time.Hour), time.Time{}))
		}
	}
	seen := map[string]bool{}
	green := model.Green
	for _, p := range w.Inventory.Cells {
		if at := p.Storage + p.Cell.Kind.String(); !seen[at] {
			seen[at] = true
			cell := p.Cell
			proofs = append(proofs, record.Proof{
				Of: record.Subject{Cluster: &green, Cell: &cell}, Claim: record.Proven{Restored: &record.Restored{Files: 3, Bytes: 99}},
				By: record.Means{Kind: record.ByFramework, Framework: "check"}, Verdict: model.Holds, At: noon.Add(-day),
			})
		}
	}
	for _, in := range []*model.Instance{w.Snapshot.RDS.Primary, w.Snapshot.RDS.Replica} {
		proofs = append(proofs, record.Proof{
			Of: record.Subject{Instances: []record.ProvenInstance{{ID: in.ID, Region: in.Region, ResourceID: in.AWS.Value.ResourceID}}},
			Claim: record.Proven{Settings: &record.Settings{Class: "db.r7g.xlarge", Engine: "mysql", Version: "8.4", Group: "bacula",
				SecurityGroups: []string{}, Parameters: []model.Parameter{}}},
			By: record.Means{Kind: record.ByLook}, Verdict: model.Holds, At: noon.Add(-day), Until: noon.Add(6 * day),
		})
	}
	asked := map[string]bool{}
	for _, p := range w.Inventory.Cells {
		asked[p.Storage] = true
	}
	proofs = append(proofs, answered(asked, nil))
	proofs = append(proofs, hours(noon, 80*24, func(at time.Time, d *record.SeriesDay, mark uint32) { d.Told, d.Heard = mark, mark }))
	st := note(t, nil, record.Genesis{Environment: "test"})
	for part := range slices.Chunk(proofs, 40) {
		st = note(t, st, record.Prove(part...))
	}
	w.Snapshot.State = st
}

// hours is a series of so many hours up to a moment, each of which is marked as do says.
func hours(until time.Time, n int, do func(at time.Time, d *record.SeriesDay, mark uint32)) record.Proof {
	s := &record.Series{}
	for i := range n {
		at := until.Add(-time.Duration(n-1-i) * time.Hour)
		day, mark := record.SeriesHour(at)
		if k := len(s.Days); k == 0 || !s.Days[k-1].Day.Equal(day) {
			s.Days = append(s.Days, record.SeriesDay{Day: day})
		}
		var d record.SeriesDay
		do(at, &d, mark)
		at0 := &s.Days[len(s.Days)-1]
		at0.Told, at0.Blue, at0.Heard, at0.Broken = at0.Told|d.Told, at0.Blue|d.Blue, at0.Heard|d.Heard, at0.Broken|d.Broken
		for o := range d.Over {
			at0.Over[o] |= d.Over[o]
		}
		at0.Begun = append(at0.Begun, d.Begun...)
	}
	s.Days = slices.DeleteFunc(s.Days, func(d record.SeriesDay) bool { return d.Told|d.Heard == 0 })
	green := model.Green
	return record.Proof{Of: record.Subject{Cluster: &green}, Claim: record.Proven{Series: s}, By: record.Means{Kind: record.ByLook},
		Verdict: model.Holds, At: until.Add(-time.Minute)}
}

func note(t testing.TB, st *record.State, b record.Body) *record.State {
	t.Helper()
	body, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var head record.Head
	if st != nil {
		head = st.Head
	}
	r, _, err := record.Record{V: record.Version, Seq: head.Seq + 1, ID: fmt.Sprint(head.Seq), Prev: head.Hash, Actor: "alice",
		Kind: b.RecordKind(), At: noon.Add(-time.Minute), Body: body}.Seal()
	if err == nil {
		st, err = record.Fold(st, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestAFinishedMigrationPassesEveryGate(t *testing.T) {
	t.Parallel()
	w := finished(t, 30)
	for i := range w.Snapshot.Cells { // 70 days are longer than what is read: then a person says so
		w.Snapshot.Cells[i].On[model.Blue].Last = nil
	}
	r := Evaluate(w)
	if g := r.Find("full-load"); !strings.Contains(g.Value, "seen for 79 d") || g.At.IsZero() {
		t.Errorf("the series tells of it: %s", g.Value)
	}
	for i := range r.Gates {
		if g := &r.Gates[i]; !g.Passes() || g.Verdict != model.Holds {
			t.Errorf("%s: %s, %s", g.ID, g.Word(), g.Value)
		}
	}
	for _, p := range r.Phases {
		if p.Stands != Passed {
			t.Errorf("phase %d %s is %s", p.Phase, p.Name, p.Stands)
		}
	}
	if !r.Past || len(r.Next(3)) != 0 || r.Line() != "every phase is passed" {
		t.Errorf("%v, %v, %q", r.Past, r.Next(3), r.Line())
	}
}

// TestEachGateTurnsRed breaks one thing for every gate that is judged by looking; without it the gate holds, as above.
func TestEachGateTurnsRed(t *testing.T) {
	t.Parallel()
	type s = board.Snapshot
	green, blue := model.Green, model.Blue
	broken := map[string]func(*World, *s){
		"green-no-loop": func(w *World, _ *s) { w.Needs = append(w.Needs, needs("journal", "chain chain00002")) },
		"journal-apart": func(w *World, _ *s) { w.Needs = append(w.Needs, needs("journal", "aws-region eu-west-1")) },
		"schema-alone":  func(_ *World, s *s) { s.Clusters[blue].Catalog.Tenants.Value.Schemas = []string{"dba_tools"} },
		"connections":   func(_ *World, s *s) { s.Clusters[blue].Catalog.Figures.Value.MostAtOnce = 499 },
		"key-second-region": func(_ *World, s *s) {
			s.RDS.Replica.Key.Value = model.Key{State: "Disabled", Why: "it is disabled"}
		},
		"key-multi-region":    func(_ *World, s *s) { s.RDS.Primary.Key.Value.MultiRegion = false },
		"directors-answer":    func(_ *World, s *s) { s.Source(model.DirectorOf(green, "dir-new2")).Why = "connection refused" },
		"directors-alike":     func(_ *World, s *s) { s.Clusters[green].Directors[1].Version = "13.0.4" },
		"passive-idle":        func(_ *World, s *s) { s.Clusters[green].Directors[1].Works = true },
		"catalog-used":        func(_ *World, s *s) { s.Clusters[green].Catalog.Target = model.Fails },
		"catalog-known":       func(_ *World, s *s) { s.Clusters[green].Catalog.ReadOnly = true },
		"storages-answer":     func(w *World, _ *s) { w.Policy.EvidenceEvery = time.Minute },
		"storages-round-trip": func(_ *World, s *s) { s.Cells[0].On[green].LastGood = nil; s.Cells[1].On[green].LastGood = nil },
		"rds-available":       func(_ *World, s *s) { s.RDS.Primary.AWS.Value.Status = "modifying" },
		"rds-multi-az":        func(_ *World, s *s) { s.RDS.Primary.AWS.Value.MultiAZ = false },
		"rds-encrypted":       func(_ *World, s *s) { s.RDS.Primary.AWS.Value.Encrypted = false },
		"rds-protected":       func(_ *World, s *s) { s.RDS.Primary.AWS.Value.Protected = false },
		"rds-retention":       func(_ *World, s *s) { s.RDS.Primary.AWS.Value.Retention = 6 },
		"rds-parameters":      func(_ *World, s *s) { s.RDS.Primary.AWS.Value.ParameterStatus = "pending-reboot" },
		"rds-unchanged":       func(_ *World, s *s) { s.RDS.Primary.AWS.Value.Pending = []model.Change{{What: "class"}} },
		"rds-certificate":     func(_ *World, s *s) { s.RDS.Primary.AWS.Value.CertUntil = noon.Add(29 * day) },
		"rds-tls":             func(_ *World, s *s) { s.RDS.Primary.Server.Value.TLS = "" },
		"covered":             func(_ *World, s *s) { s.Cells[7].On[green].Has = model.Fails },
		"no-drift":            func(_ *World, s *s) { s.Cells[7].On[blue].Has = model.Holds },
		"green-good":          func(_ *World, s *s) { s.Cells[7].On[green].LastGood = nil },
		"green-rate":          func(_ *World, s *s) { s.Clusters[green].Week.By[2].Backups.Failed = 3 },
		"restores-tested":     func(w *World, s *s) { s.At = noon.Add(time.Millisecond); w.Policy.EvidenceLife = day },
		"volumes-protected":   func(_ *World, s *s) { s.Cells[1].On[green].LastGood = &model.Job{End: noon, Protected: model.Fails} },
		"ready-before-half":   func(_ *World, s *s) { s.RDS.Emergency.Can = model.Fails },
		"no-blue":             func(_ *World, s *s) { s.Cells[7].On[blue].Has = model.Holds },
		"replica-there":       func(_ *World, s *s) { s.RDS.Replica.Region = "eu-west-1" },
		"replica-behind": func(_ *World, s *s) {
			s.RDS.Replica.Server.Value.Replication.Lag = model.KnownLag(61 * time.Second)
		},
		"replica-parity": func(_ *World, s *s) { s.RDS.Parity = []model.Difference{{What: "sql_mode"}} },
		"takeover-ready": func(_ *World, s *s) { s.RDS.Emergency.Can = model.Fails },
		"replica-steady": func(w *World, s *s) { s.At = noon.Add(8 * time.Hour) },
		"old-chain-restored": func(w *World, s *s) {
			cell := model.Cell{Chain: "chain00001", Region: "region1", Kind: model.Regular}
			s.State = note(t, s.State, record.Prove(record.Proof{Of: record.Subject{Cluster: &green, Cell: &cell},
				Claim: record.Proven{Restored: &record.Restored{}}, By: record.Means{Kind: record.ByFramework, Framework: "check"},
				Verdict: model.Fails, Why: "it does not load", At: noon.Add(-time.Hour)}))
		},
		"settings-recorded": func(_ *World, s *s) { s.RDS.Primary.AWS.Value.ResourceID = "db-another" },
		"blue-idle":         func(_ *World, s *s) { s.Clusters[blue].Open = []model.Job{{}} },
		"blue-owes-nothing": func(_ *World, s *s) { s.Cells[3].On[blue].LastGood = &model.Job{End: noon.Add(-7*day + time.Minute)} },
		"no-loop": func(_ *World, s *s) {
			for i := range 4 {
				s.Cells[i].On[blue].LastGood, s.Cells[i].On[green].LastGood = s.Cells[i].On[green].LastGood, nil
			}
		},
		"full-load": func(_ *World, s *s) { s.Cells[3].On[blue].Last = &model.Job{End: noon.Add(-60*day + time.Minute)} },
	}
	for _, g := range List().Gates {
		if g.Manual && g.ID != "full-load" {
			continue
		}
		do := broken[g.ID]
		if do == nil {
			t.Errorf("nothing here breaks %s", g.ID)
			continue
		}
		w := finished(t, 3)
		for i := range w.Snapshot.Cells {
			w.Snapshot.Cells[i].On[blue].Last = &model.Job{End: noon.Add(-70 * day)}
		}
		if was := Evaluate(w).Find(g.ID); was.Verdict != model.Holds {
			t.Errorf("%s does not hold to begin with: %s", g.ID, was.Value)
		}
		do(&w, w.Snapshot)
		is := Evaluate(w).Find(g.ID)
		if is.Verdict == model.Holds {
			t.Errorf("%s holds still: %s", g.ID, is.Value)
		}
		told(t, is)
	}
}

// TestUnknownIsNeverGreen silences sources, each in one of the ways in which they can be silent.
func TestUnknownIsNeverGreen(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	was := slices.Clone(w.Snapshot.Seen)
	rapid.Check(t, func(t *rapid.T) {
		w.Snapshot.Seen = slices.Clone(was)
		silent := map[string]bool{}
		for range rapid.IntRange(1, 4).Draw(t, "sources") {
			s := &w.Snapshot.Seen[rapid.IntRange(0, len(was)-1).Draw(t, "source")]
			switch rapid.IntRange(0, 2).Draw(t, "way") {
			case 0:
				s.Why = "no answer"
			case 1:
				s.At = time.Time{}
			case 2:
				s.At = noon.Add(-time.Hour)
			}
			silent[s.Source.String()] = true
		}
		r := Evaluate(w)
		for i := range r.Gates {
			g := &r.Gates[i]
			for _, name := range strings.Split(g.Source, ", ") {
				if silent[name] && g.Verdict != model.Unknown {
					t.Fatalf("%s is judged (%s, %s) although %s is silent", g.ID, g.Verdict, g.Value, name)
				}
			}
		}
	})
	w.Snapshot.Seen = was
	for _, g := range List().Gates { // nothing at all was seen
		if g.Verdict == model.Holds || g.Absent != "" {
			t.Errorf("%s holds by nothing: %s", g.ID, g.Value)
		}
	}
}

// TestWhatIsNotOffered stops nobody for ever.
func TestWhatIsNotOffered(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	w.Snapshot.Seen = slices.DeleteFunc(w.Snapshot.Seen, func(s board.Sighting) bool { return s.Source.Name == "dir-new2" })
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].Cell.Kind = model.Regular
	}
	r := Evaluate(w)
	for _, id := range []string{"passive-idle", "directors-alike", "volumes-protected"} {
		if g := r.Find(id); g.Word() != "not available" || g.Stops() {
			t.Errorf("%s: %s", id, g.Word())
		}
	}
}
