package board

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

// is tells the board what green's catalog says of itself, with the JobIds that it has, and what green's Director says.
func (w *boardWorld) is(c model.Cluster, identity, database string, hosts []string, ids ...uint32) {
	info := model.Catalog{Host: hosts[0], Hosts: hosts, Identity: identity, Database: database}
	var jobs []model.Job
	for _, id := range ids {
		j := backup(id, w.inv.Cells[0].Cell, model.OK, midday.Add(-time.Hour), time.Minute, 1e9)
		j.Key.Cluster = c
		jobs = append(jobs, j)
	}
	w.Catalog(c, info, jobs, nil, w.now)
}

func (w *boardWorld) uses(c model.Cluster, address string, u model.CatalogUse, ended ...uint32) {
	truth := DirectorTruth{
		Directors: []model.Director{{Name: "dir-" + c.String(), Address: address, Active: true, Uses: u}},
		At:        w.now,
		Live:      true,
		JobsAt:    w.now,
	}
	for _, id := range ended {
		j := backup(id, w.inv.Cells[0].Cell, model.OK, midday.Add(-time.Hour), time.Minute, 1e9)
		j.Key.Cluster = c
		truth.Ended = append(truth.Ended, j)
	}
	w.Director(c, truth, w.everyCell())
}

func TestWhichCatalogItIs(t *testing.T) {
	const blueIs, greenIs = "uuid-1 dba 3306 / bacula", "uuid-2 ip-10-0-0-1 3306 / bacula"
	blue, green := []string{"db1.corp:3306"}, []string{"rds.example:3306", "dr.example:3306"}
	use := func(host string) model.CatalogUse {
		return model.CatalogUse{Address: host, Port: 3306, Database: "bacula"}
	}
	for name, c := range map[string]struct {
		identity string
		hosts    []string
		has      []uint32
		director string
		uses     model.CatalogUse
		ended    []uint32
		is       model.Verdict
		says     string
	}{
		"as configured": {greenIs, green, nil, "dir:9101", use("RDS.example"), nil, model.Holds, "dir-green uses RDS.example:3306"},
		// A host that is not the one the Director uses has to have its jobs.
		"its other host": {greenIs, green, nil, "dir:9101", use("dr.example"), nil, model.Unknown, "uses dr.example:3306, and " +
			"rds.example:3306 is read"},
		"its other host, its jobs": {greenIs, green, []uint32{7}, "dir:9101", use("dr.example"), []uint32{7}, model.Holds, "JobId 7"},
		"its other host, no job":   {greenIs, green, []uint32{1}, "dir:9101", use("dr.example"), []uint32{7}, model.Fails, "has none"},
		"default port": {greenIs, green, nil, "dir:9101", model.CatalogUse{Address: "rds.example", Database: "bacula"}, nil,
			model.Holds, ""},
		"after a loss": {greenIs, green, []uint32{1}, "dir:9101", use("rds.example"), []uint32{7, 8}, model.Holds, ""},
		"same server and database": {blueIs, green, nil, "dir:9101", use("rds.example"), nil, model.Fails, "same server and database as " +
			"blue's catalog"},
		"the other cluster's place": {greenIs, green, nil, "dir:9101", use("db1.corp"), nil, model.Fails,
			"the other cluster's catalog"},
		"its place, with a dot": {greenIs, green, nil, "dir:9101", use("RDS.example."), nil, model.Holds, ""},
		"the other cluster's place, otherwise": {greenIs, green, nil, "dir:9101", use("DB1.corp."), nil, model.Fails,
			"the other cluster's catalog"},
		"same, but for the case": {"UUID-1 dba 3306 / Bacula", green, nil, "dir:9101", use("rds.example"), nil, model.Fails,
			"same server and database as blue's catalog"},
		"another database": {greenIs, green, nil, "dir:9101", model.CatalogUse{Address: "rds.example", Port: 3306,
			Database: "bacula_old"}, nil, model.Fails, "uses the database bacula_old"},
		"by another name, its jobs": {greenIs, green, []uint32{7, 8}, "dir:9101", use("rds-alias"), []uint32{7, 8}, model.Holds,
			"it has JobId 8"},
		"by another name, none": {greenIs, green, []uint32{1, 2}, "dir:9101", use("rds-alias"), []uint32{7, 8}, model.Fails, "of the 2 " +
			"jobs that dir-green ended last"},
		"by another name, old ones": {greenIs, green, []uint32{6, 7}, "dir:9101", use("rds-alias"), []uint32{7, 8}, model.Unknown,
			"but not the newest"},
		"by another name, no jobs": {greenIs, green, nil, "dir:9101", use("rds-alias"), nil, model.Unknown, "nothing shows"},
		"not told, its jobs":       {greenIs, green, []uint32{9}, "dir:9101", model.CatalogUse{}, []uint32{9}, model.Holds, "JobId 9"},
		"not told, none":           {greenIs, green, nil, "dir:9101", model.CatalogUse{}, []uint32{9}, model.Fails, "has none"},
		"not told, no jobs":        {greenIs, green, nil, "dir:9101", model.CatalogUse{}, nil, model.Unknown, "nothing shows"},
		// What is local to a Director elsewhere is another place for whoever watches through a tunnel.
		"local, elsewhere": {greenIs, []string{"127.0.0.1:3306"}, nil, "dir:9101", use("127.0.0.1"), nil, model.Unknown,
			"nothing shows"},
		"local, elsewhere, by its name": {greenIs, []string{"127.0.0.1:3306"}, nil, "dir:9101", use("localhost.localdomain"), nil,
			model.Unknown, "nothing shows"},
		"local, elsewhere, with a dot": {greenIs, []string{"localhost:3306"}, nil, "dir:9101", use("localhost."), nil, model.Unknown,
			"nothing shows"},
		"local, elsewhere, a wrong": {greenIs, []string{"127.0.0.1:3306"}, []uint32{1}, "dir:9101", use("localhost"), []uint32{7}, model.Fails,
			"has none"},
		"local, here": {greenIs, []string{"127.0.0.1:3306"}, nil, "localhost:9101", use("localhost"), nil, model.Holds,
			"uses localhost:3306"},
		"local, here, a wrong one": {greenIs, []string{"127.0.0.1:3306"}, []uint32{1}, "127.0.0.1:9101", use("127.0.0.1"), []uint32{7},
			model.Fails, "has none"},
		"a socket": {greenIs, []string{"/run/mysqld.sock"}, []uint32{7}, "dir:9101", use(""), []uint32{7}, model.Holds,
			"JobId 7"},
		"a server without a name": {"", green, []uint32{7}, "dir:9101", use("rds.example"), nil, model.Holds, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newBoard(t, midday)
			w.is(model.Blue, blueIs, "bacula", blue)
			w.uses(model.Blue, "dir-old:9101", use("db1.corp"))
			w.is(model.Green, c.identity, "bacula", c.hosts, c.has...)
			w.uses(model.Green, c.director, c.uses, c.ended...)
			snap := w.Snapshot(midday)
			got := snap.Clusters[model.Green].Catalog
			if got.Target != c.is || !strings.Contains(got.TargetSays, c.says) || got.TargetSays == "" {
				t.Errorf("%s: %s", got.Target, got.TargetSays)
			}
			// Where both Directors say that they use one server by two names, nobody can tell which configuration is wrong.
			if b := snap.Clusters[model.Blue].Catalog; b.Target != model.Holds && !strings.EqualFold(c.identity, blueIs) {
				t.Errorf("blue is blamed: %s", b.TargetSays)
			}
			wrong := c.is == model.Fails
			if s := snap.Source(
				model.CatalogOf(model.Green),
			); s.Wrong != wrong || wrong != strings.HasPrefix(s.Why, "wrong target: ") ||
				wrong != (s.Freshness(midday) != Live) {
				t.Errorf("%+v", s)
			}
			alerted := false
			for i, a := range snap.Alerts {
				if a.ID == "wrong:green catalog" {
					alerted = a.Severity == model.Fail && a.Do != "" && i < len(snap.Alerts)
				}
			}
			if alerted != wrong {
				t.Errorf("alerts: %+v", snap.Alerts)
			}
			counts := false
			for _, v := range snap.Cells {
				counts = counts || v.On[model.Green].LastGood != nil
				if wrong && v.Health == CellOK {
					t.Errorf("%s is ok", v.Cell)
				}
			}
			if counts != (!wrong && len(c.has) > 0) {
				t.Errorf("green's backups count: %v", counts)
			}
		})
	}
}

// TestASilentCatalogIsNotAWrongOne: what a Director ends while its catalog is not read cannot be there.
func TestASilentCatalogIsNotAWrongOne(t *testing.T) {
	w := newBoard(t, midday)
	w.is(model.Green, "x", "bacula", []string{"rds.example:3306"}, 1, 2)
	w.now = midday.Add(time.Hour)
	w.answers(model.Green, "no answer in time")
	w.uses(model.Green, "dir:9101", model.CatalogUse{}, 7, 8)
	if s := w.Snapshot(w.now).Source(model.CatalogOf(model.Green)); s.Wrong || w.wrong(model.Green) {
		t.Errorf("%+v", s)
	}
}

func TestTheTurnToAWrongCatalogIsAnEvent(t *testing.T) {
	w := newBoard(t, midday)
	use := model.CatalogUse{Address: "rds.example", Port: 3306, Database: "bacula"}
	w.uses(model.Green, "dir:9101", use)
	told := func(identity string) string {
		seen := len(w.events)
		w.is(model.Blue, "one", "bacula", []string{"db1.corp:3306"})
		w.is(model.Green, identity, "bacula", []string{"rds.example:3306"})
		w.Snapshot(w.now)
		w.Snapshot(w.now)
		var says []string
		for _, e := range w.events[seen:] {
			if strings.Contains(e.Says, "configured as") {
				says = append(says, e.Says)
			}
		}
		return strings.Join(says, "|")
	}
	for _, c := range []struct{ identity, says string }{
		{"two", ""}, {"one", "green catalog is not the one it is configured as: rds.example:3306 is the same " +
			"server"}, {"two", "green catalog is the one it is configured as again"},
	} {
		w.uses(model.Blue, "dir-old:9101", model.CatalogUse{Address: "db1.corp", Database: "bacula"})
		w.uses(model.Green, "dir:9101", model.CatalogUse{Address: "rds-alias", Database: "bacula"})
		if got := told(c.identity); (c.says == "") != (got == "") || !strings.HasPrefix(got, c.says) || strings.Contains(got, "|") {
			t.Errorf("%s: %q, want %q", c.identity, got, c.says)
		}
	}
}

// knownPair is a well pair whose servers tell who they are.
func knownPair(t interface{ Fatal(...any) }) model.RDS {
	r := wellPair(t)
	for i, in := range []*model.Instance{r.Primary, r.Replica} {
		d, s := &in.AWS.Value, &in.Server.Value
		d.Endpoint = in.ID + ".abc.rds.amazonaws.com:3306"
		d.Address, d.Reached, d.ReachedSays = d.Endpoint, model.Holds, d.Endpoint
		s.UUID, s.Uptime = []string{"uuid-p", "uuid-r"}[i], time.Hour
	}
	r.Replica.Server.Value.Replication.SourceUUID = "uuid-p"
	return r
}

func TestWhoThePairIs(t *testing.T) {
	promoted := func(r *model.RDS) {
		r.Replica.AWS.Value.Source, r.Replica.AWS.Value.Replication, r.Replica.Server.Value.ReadOnly, r.Replica.Server.Value.Replication = "", "",
			false, nil
	}
	for name, c := range map[string]struct {
		change func(r *model.RDS)
		wrong  string // the ids of what fails
		two    bool
		says   string // of a switchover
	}{
		"well": {func(*model.RDS) {}, "", false, "yes, without loss"},
		"another endpoint": {func(r *model.RDS) {
			r.Primary.AWS.Value.Reached, r.Primary.AWS.Value.ReachedSays = model.Fails, "port 3307, AWS says 3306"
		},
			"primary-endpoint", false, "no: wrong target: the address of bacula is not its endpoint: port 3307, AWS says 3306"},
		"through a tunnel": {func(r *model.RDS) {
			r.Primary.AWS.Value.Reached, r.Replica.AWS.Value.Reached = model.Unknown, model.Unknown
		},
			"", false, "yes, without loss"},
		"one server by two names": {func(r *model.RDS) { r.Replica.Server.Value.UUID = "uuid-p" }, "pair-apart", false, "no: wrong target: "},
		"replica of another": {func(r *model.RDS) { r.Replica.Server.Value.Replication.SourceUUID = "uuid-x" }, "pair-follows", false,
			"no: wrong target: the server of bacula-dr replicates from uuid-x"},
		"addresses crossed": {func(r *model.RDS) { r.Primary.Server, r.Replica.Server = r.Replica.Server, r.Primary.Server },
			"primary-role", false, "no: "},
		"another engine": {func(r *model.RDS) { r.Replica.Server.Value.Version = "8.0.41-log" }, "replica-engine", false, "no: wrong " +
			"target: AWS says that bacula-dr is 8.4.11"},
		"the same, with more": {func(r *model.RDS) { r.Replica.Server.Value.Version = "8.4.11-log" }, "", false, "yes, without loss"},
		"just upgraded": {func(r *model.RDS) {
			r.Replica.Server.Value.Version, r.Replica.Server.Value.Uptime = "8.4.12", time.Minute
		}, "", false, "yes, without loss"},
		"not told by MariaDB": {func(r *model.RDS) {
			r.Primary.Server.Value.UUID, r.Replica.Server.Value.UUID = "", ""
		}, "", false, "yes, without loss"},
		"old primary came back": {promoted, "", true, "no: the replica is "},
		"old primary quarantined": {func(r *model.RDS) { promoted(r); r.Primary.Server.Value.ReadOnly = true },
			"", false, "no: the replica is "},
		"primary closed on purpose": {func(r *model.RDS) {
			r.Primary.Server.Value.ReadOnly = true
			r.Primary.Group.Value.Values = []model.Parameter{{Name: "read_only", Value: "1"}}
		}, "", false, "yes, without loss"},
		"replica opened by hand": {func(r *model.RDS) { r.Replica.Server.Value.ReadOnly = false }, "", true, "no: the replica is writable: " +
			"two writers"},
		"one of them silent": {func(r *model.RDS) {
			promoted(r)
			r.Primary.Server.At = noon.Add(-time.Hour)
		}, "", false, "no: the replica is "},
	} {
		t.Run(name, func(t *testing.T) {
			r := knownPair(t)
			c.change(&r)
			b := newBoard(t, noon)
			b.RDS(func(to *model.RDS) { *to = r })
			snap := b.Snapshot(noon)
			var wrong []string
			two := false
			for _, a := range snap.Alerts {
				if id, is := strings.CutPrefix(a.ID, "rds:wrong:"); is {
					wrong = append(wrong, id)
					if a.Severity != model.Fail || a.Do == "" || !strings.HasPrefix(a.Says, "wrong target: ") {
						t.Errorf("%+v", a)
					}
				}
				two = two || a.ID == "rds:two-writers" && a.Severity == model.Fail && strings.Contains(a.Do, "quarantine")
			}
			if got := strings.Join(wrong, " "); got != c.wrong || two != c.two || two != (snap.RDS.TwoWriters != "") {
				t.Errorf("wrong %q, two writers %v (%s)", got, two, snap.RDS.TwoWriters)
			}
			if !strings.HasPrefix(snap.RDS.Switchover.Says, c.says) {
				t.Errorf("switchover: %s", snap.RDS.Switchover.Says)
			}
		})
	}
}

// TestAWrongPairNeverPasses: whatever else is so, no takeover goes on while something contradicts, and what does not answer contradicts
// nothing.
func TestAWrongPairNeverPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := knownPair(t)
		for _, in := range []*model.Instance{r.Primary, r.Replica} {
			in.AWS.Value.Reached = rapid.SampledFrom([]model.Verdict{model.Holds, model.Holds, model.Fails, model.Unknown}).Draw(t, "reached")
			in.Server.Value.UUID = rapid.SampledFrom([]string{"uuid-p", "uuid-r", ""}).Draw(t, "uuid")
			in.Server.Value.ReadOnly = rapid.Bool().Draw(t, "read-only")
			in.Server.Value.Version = rapid.SampledFrom([]string{"8.4.11", "8.0.1", "x"}).Draw(t, "version")
			if rapid.IntRange(0, 4).Draw(t, "silent") == 0 {
				in.Server.At = time.Time{}
			}
		}
		j := judged(r, noon, model.DefaultPolicy(), nil)
		for _, c := range WhoThePairIs(r, noon, model.DefaultPolicy()) {
			if c.Verdict == model.Fails && j.Switchover.Can == model.Holds {
				t.Fatalf("switches over though %s fails: %s", c.ID, c.Value)
			}
			silent := r.Primary.Server.At.IsZero() && r.Replica.Server.At.IsZero()
			if c.Verdict == model.Fails && silent && !strings.HasSuffix(c.ID, "-endpoint") {
				t.Fatalf("%s fails of servers that do not answer", c.ID)
			}
		}
		if j.TwoWriters != "" && (j.Switchover.Can == model.Holds || j.Emergency.Can == model.Holds) {
			t.Fatal("takes over with two writers")
		}
	})
}

// TestAnothersJobsAreNobodysNews: while a catalog is not a cluster's own, no end, loss or stray name of it is told as the cluster's.
func TestAnothersJobsAreNobodysNews(t *testing.T) {
	w := newBoard(t, midday)
	wrong := model.CatalogUse{Address: "elsewhere", Port: 3306, Database: "other"}
	hosts := []string{"rds.example:3306"}
	w.is(model.Green, "x", "bacula", hosts, 1)
	w.uses(model.Green, "dir:9101", wrong)
	w.Snapshot(w.now)
	seen := len(w.events)
	open, failed, stray := backup(
		2,
		w.inv.Cells[0].Cell,
		model.Running,
		midday,
		0,
		0,
	), backup(
		3,
		w.inv.Cells[1].Cell,
		model.Failed,
		midday,
		time.Minute,
		0,
	), model.Job{
		ID:      4,
		Name:    "nobodys",
		Outcome: model.OK,
		End:     midday,
	}
	w.Catalog(
		model.Green,
		model.Catalog{Host: hosts[0], Hosts: hosts, Identity: "x", Database: "bacula"},
		[]model.Job{open, failed, stray},
		nil,
		w.now,
	)
	for range 3 {
		w.now = w.now.Add(w.policy.LostAfter)
		w.answers(model.Green, "")
		w.uses(model.Green, "dir:9101", wrong)
		snap := w.Snapshot(w.now)
		if v := snap.Clusters[model.Green]; len(v.Open)+len(v.Recent)+len(v.Strays) > 0 {
			t.Fatalf("%+v", v)
		}
	}
	if says := w.events[seen:]; len(says) > 0 {
		t.Errorf("%+v", says)
	}
}

func TestAJobThatEndedJustNowProvesItsCatalog(t *testing.T) {
	for name, c := range map[string]struct {
		has []uint32
		is  model.Verdict
	}{"there": {[]uint32{7}, model.Holds}, "not yet": {nil, model.Unknown}} {
		w := newBoard(t, midday.Add(-time.Hour))
		w.is(model.Green, "uuid-2 ip-10-0-0-1 3306 / bacula", "bacula", []string{"rds.example:3306"}, c.has...)
		w.uses(model.Green, "dir:9101", model.CatalogUse{}, 7) // ended as the catalog was read
		if got := w.Snapshot(w.now).Clusters[model.Green].Catalog; got.Target != c.is {
			t.Errorf("%s: %s: %s", name, got.Target, got.TargetSays)
		}
	}
}

// TestWhatWasPrunedIsNotStrange: a Director at rest remembers jobs whose rows are gone by right.
func TestWhatWasPrunedIsNotStrange(t *testing.T) {
	for after, want := range map[time.Duration]model.Verdict{time.Hour: model.Fails, 30 * 24 * time.Hour: model.Holds} {
		w := newBoard(t, midday)
		w.now = midday.Add(after)
		w.answers(model.Green, "")
		w.is(model.Green, "x", "bacula", []string{"127.0.0.1:3306"}, 1)
		w.uses(model.Green, "127.0.0.1:9101", model.CatalogUse{Address: "127.0.0.1", Port: 3306, Database: "bacula"}, 7, 8)
		if got := w.Snapshot(w.now).Clusters[model.Green].Catalog; got.Target != want {
			t.Errorf("after %v: %s, %s", after, got.Target, got.TargetSays)
		}
	}
}

// A standby of the one that the Director uses may lack the newest jobs, and has no other jobs under their JobIds.
func TestAStandbyIsJudgedByItsJobs(t *testing.T) {
	for name, c := range map[string]struct {
		has   uint32
		other string
		is    model.Verdict
	}{
		"it has them":    {7, "", model.Holds},
		"it lacks them":  {1, "", model.Unknown},
		"of another one": {7, "somebody-elses.2026-11-28_01.00.00_03", model.Fails},
	} {
		w := newBoard(t, midday)
		w.is(model.Green, "uuid-2 dr 3306 / bacula", "bacula", []string{"dr.example:3306", "rds.example:3306"})
		j := backup(c.has, w.inv.Cells[0].Cell, model.OK, midday.Add(-time.Hour), time.Minute, 1e9)
		if j.Key.Cluster = model.Green; c.other != "" {
			j.Key.Job = c.other
		}
		info := model.Catalog{
			Host:     "dr.example:3306",
			Hosts:    []string{"rds.example:3306", "dr.example:3306"},
			ReadOnly: true,
			Identity: "uuid-2 dr 3306 / bacula",
			Database: "bacula",
		}
		w.Catalog(model.Green, info, []model.Job{j}, nil, w.now)
		w.uses(model.Green, "dir:9101", model.CatalogUse{Address: "rds.example", Port: 3306, Database: "bacula"}, 7)
		if got := w.Snapshot(midday).Clusters[model.Green].Catalog; got.Target != c.is {
			t.Errorf("%s: %s, %s", name, got.Target, got.TargetSays)
		}
	}
}

// Directors of one name are told apart by their process alone, whichever cluster they are of.
func TestAPassiveDirectorThatIsAnother(t *testing.T) {
	started := midday.Add(-time.Hour)
	dir := func(pid int) model.Director { return model.Director{Name: "bacula-dir", PID: pid, Started: started} }
	for name, c := range map[string]struct {
		blue, green []model.Director
		of          model.Cluster
		says        string
	}{
		"each its own":       {[]model.Director{dir(1), dir(2)}, []model.Director{dir(3), dir(4)}, model.Blue, ""},
		"its own active one": {[]model.Director{dir(1), dir(1)}, []model.Director{dir(3), dir(4)}, model.Blue, "the active one (process 1"},
		"the other cluster's active": {[]model.Director{dir(1), dir(3)}, []model.Director{dir(3), dir(4)}, model.Blue, "green's active one " +
			"(process 3"},
		"the other cluster's passive": {[]model.Director{dir(1), dir(4)}, []model.Director{dir(3), dir(4)}, model.Green, "blue's passive " +
			"one, too (process 4"},
		"of the other name": {[]model.Director{dir(1), {Name: "other", PID: 3, Started: started}}, []model.Director{dir(3), dir(4)}, model.Blue,
			""},
		"of the same number, " +
			"elsewhere": {[]model.Director{dir(1), {Name: "bacula-dir", PID: 3, Started: midday}}, []model.Director{dir(3), dir(4)}, model.Blue, ""},
	} {
		w := newBoard(t, midday)
		for of, ds := range map[model.Cluster][]model.Director{model.Blue: c.blue, model.Green: c.green} {
			w.Source(Sighting{Source: model.DirectorOf(of, ds[0].Name), Every: time.Second, Tried: w.now, At: w.now, Gates: true})
			w.Source(Sighting{Source: model.PassiveOf(of, ds[1].Name, ds[0].Name), Every: time.Second, Tried: w.now, At: w.now})
			w.Director(of, DirectorTruth{Directors: ds, At: w.now, Live: true, JobsAt: w.now}, w.everyCell())
		}
		snap := w.Snapshot(midday)
		ds := [][]model.Director{c.blue, c.green}[c.of]
		s := snap.Source(model.PassiveOf(c.of, ds[1].Name, ds[0].Name))
		if s.Wrong != (c.says != "") || !strings.Contains(s.Why, c.says) {
			t.Errorf("%s: %v %q", name, s.Wrong, s.Why)
		}
		if a := snap.Source(model.DirectorOf(c.of, ds[0].Name)); a.Wrong {
			t.Errorf("%s: the active one is blamed: %s", name, a.Why)
		}
	}
}

// A host of green's catalog that replicates from blue's holds blue's jobs, whatever green's Director says that it uses.
func TestGreensCatalogIsACopyOfBlues(t *testing.T) {
	const blueIs = "uuid-1 dba 3306 / bacula"
	green := []string{"rds.example:3306", "dr.example:3306"}
	stream := func(uuid string) *model.Replication { return &model.Replication{SourceUUID: uuid} }
	for name, c := range map[string]struct {
		blue, green, database string
		primary, replica      *model.Replication
		channels              []model.Replication
		unheard               bool
		want                  model.Verdict
	}{
		"a primary of its own":     {blueIs, "uuid-2 a 3306 / bacula", "bacula", nil, stream("uuid-2"), nil, false, model.Holds},
		"the primary follows blue": {blueIs, "uuid-2 a 3306 / bacula", "bacula", stream("uuid-1"), stream("uuid-2"), nil, false, model.Fails},
		"no Director told":         {blueIs, "uuid-2 a 3306 / bacula", "bacula", stream("uuid-1"), stream("uuid-2"), nil, true, model.Fails},
		"the replica follows blue": {blueIs, "uuid-3 a 3306 / bacula", "bacula", nil, stream("uuid-1"), nil, false, model.Fails},
		"another one is read":      {blueIs, "uuid-2 a 3306 / bacula", "bacula", nil, stream("uuid-1"), nil, false, model.Holds},
		"over the primary":         {blueIs, "uuid-3 a 3306 / bacula", "bacula", stream("uuid-1"), stream("uuid-2"), nil, false, model.Fails},
		"in a circle":              {blueIs, "uuid-3 a 3306 / bacula", "bacula", stream("uuid-3"), stream("uuid-2"), nil, false, model.Holds},
		"over one of its channels": {blueIs, "uuid-2 a 3306 / bacula", "bacula", nil, nil, []model.Replication{{SourceUUID: "uuid-9"},
			{SourceUUID: "uuid-1"}}, false, model.Fails},
		"another database beside it":   {blueIs, "uuid-2 a 3306 / green", "green", stream("uuid-1"), nil, nil, false, model.Holds},
		"blue does not tell who it is": {"", "uuid-2 a 3306 / bacula", "bacula", stream("uuid-1"), nil, nil, false, model.Holds},
	} {
		w := newBoard(t, midday)
		w.is(model.Blue, c.blue, "bacula", []string{"db1.corp:3306"})
		w.is(model.Green, c.green, c.database, green)
		if !c.unheard {
			w.uses(model.Green, "dir:9101", model.CatalogUse{Address: "rds.example", Port: 3306, Database: c.database})
		} else {
			w.Director(model.Green, DirectorTruth{}, nil)
		}
		w.RDS(func(r *model.RDS) {
			r.Primary = &model.Instance{ID: "bacula", Server: model.Reading[model.Server]{At: w.now,
				Value: model.Server{UUID: "uuid-2", Replication: c.primary, Channels: c.channels}}}
			r.Replica = &model.Instance{ID: "bacula-dr", Server: model.Reading[model.Server]{At: w.now,
				Value: model.Server{UUID: "uuid-3", ReadOnly: true, Replication: c.replica}}}
		})
		got := w.Snapshot(w.now).Clusters[model.Green].Catalog
		if got.Target != c.want || c.want == model.Fails && !strings.Contains(got.TargetSays, "replicates from blue's catalog db1.corp:3306") {
			t.Errorf("%s: %v, %s", name, got.Target, got.TargetSays)
		}
	}
}
