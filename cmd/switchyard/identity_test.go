package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

// another writes the stage's configuration with other words in it, old and new in turn, all at once.
func (s *stage) another(words ...string) string {
	s.t.Helper()
	b, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		s.t.Fatal(err)
	}
	text := strings.NewReplacer(words...).Replace(string(b))
	if text == string(b) {
		s.t.Fatalf("%q is not in:\n%s", words[0], b)
	}
	path := filepath.Join(s.Dir(), "another.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// look is what a session sees at its first look.
func (s *stage) look(config string) *board.Snapshot {
	s.t.Helper()
	f, stop := opened(s.t, config).follow(s.t.Context())
	defer stop()
	snap, err := firstLook(s.t.Context(), f, patience)
	if err != nil {
		s.t.Fatal(err)
	}
	return snap
}

// alerted wants a FAIL of that id among the alerts that stand before all others, with what to do.
func (s *stage) alerted(snap *board.Snapshot, id, words string) {
	s.t.Helper()
	for _, a := range snap.Alerts {
		if a.ID == id && a.Severity == model.Fail && strings.Contains(a.Says, words) && a.Do != "" {
			return
		}
	}
	s.t.Errorf("no alert %s FAIL %q in %+v", id, words, snap.Alerts)
}

// untouched wants that no job was started by anybody anywhere.
func (s *stage) untouched() {
	s.t.Helper()
	s.jobs(0)
	var n int
	if err := s.Primary().Read("SELECT COUNT(*) FROM Job WHERE Comment LIKE 'switchyard %'").Scan(&n); err != nil || n != 0 {
		s.t.Errorf("%d jobs carry a tag on green (%v)", n, err)
	}
}

// refusesToAct wants the doctor's word, and a backup that is refused as it is asked for and as it is applied, whatever reasons are given.
func (s *stage) refusesToAct(config, on string, doctor ...string) {
	s.t.Helper()
	said := s.does(1, "doctor", "--config", config)
	s.says(said, doctor...)
	if strings.Contains(said, " 0 need somebody") {
		s.t.Error("doctor: 0 need somebody")
	}
	ask := []string{"backup", "--chain=chain001", "--region=region1", "--kind=regular", "--on=" + on, "--config=" + config}
	said = s.does(1, apply(ask, "--confirm=backup chain001 "+on)...)
	s.says(said, "wrong target")
	s.untouched()
}

func swap(a, b string) []string { return []string{a, b, b, a} }

// TestCrossedConsoles crosses the two clusters' consoles: for watching, for acting, for both, and those of the passive Directors.
func TestCrossedConsoles(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	watch, act := swap("blue-watch.conf", "green-watch.conf"), swap("blue-act.conf", "green-act.conf")
	passive := swap("blue-watch-passive.conf", "green-watch-passive.conf")
	const said = `the Director that answers is "dir-new", not "dir-old"`

	for name, words := range map[string][]string{"watch": watch, "both": append(append([]string{}, watch...), act...)} {
		config := s.another(words...)
		snap := s.look(config)
		s.alerted(snap, "wrong:blue director dir-old", said)
		s.alerted(snap, "wrong:green director dir-new", `is "dir-old", not "dir-new"`)
		for _, c := range model.Clusters {
			if d := snap.Clusters[c].Directors[0]; d.Version != "" || len(snap.Clusters[c].Open) > 0 {
				t.Errorf("%s: %s believes what another says: %+v", name, c, d)
			}
		}
		s.refusesToAct(config, "blue", "FAIL  identity blue director dir-old: wrong target", "FAIL  watch blue director dir-old: ", said)
		s.refusesToAct(config, "green", "FAIL  identity green director dir-new: wrong target")
	}

	config := s.another(act...)
	s.refusesToAct(config, "blue", "FAIL  act blue director dir-old Console: ", said, "ok    identity blue director dir-old")

	config = s.another(passive...)
	snap := s.look(config)
	s.alerted(snap, "wrong:blue director dir-old2", `is "dir-new2", not "dir-old2"`)
	s.says(
		s.does(1, "doctor", "--config", config),
		"FAIL  identity blue director dir-old2: wrong target",
		"ok    identity blue director dir-old:",
	)

	// Its passive Director in place of the active one is another one, too.
	s.refusesToAct(s.another(swap("blue-watch.conf", "blue-watch-passive.conf")...), "blue", `is "dir-old2", not "dir-old"`)
}

// services are the lines of the world's configuration that say how a service is told something, of each Director in turn.
func (s *stage) services() []string {
	s.t.Helper()
	b, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		s.t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^        service:\n(?:          .*\n)+`).FindAllString(string(b), -1)
	if len(all) != 4 {
		s.t.Fatalf("%d services in:\n%s", len(all), b)
	}
	return all
}

// TestAPassiveDirectorOfTheSameName is one whose configuration is the active one's: it is a source of its own, and the active one does not
// answer for it.
func TestAPassiveDirectorOfTheSameName(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	words := []string{"name: dir-old2", "name: dir-old", "blue-watch-passive.conf", "blue-watch.conf" + `", "--twice`}
	for _, service := range s.services()[:2] { // blue's: nothing they say would tell which of the two was stopped
		words = append(words, service, "")
	}
	snap := s.look(s.another(words...))
	s.alerted(snap, "wrong:blue director dir-old (passive)", "the Director that answers is the active one (process ")
	if o := snap.Source(model.DirectorOf(model.Blue, "dir-old")); o == nil || o.Why != "" {
		t.Errorf("the active one: %+v", o)
	}
	cfg := opened(t, s.ConfigPath()).cfg
	active, passive := cfg.Clusters[model.Blue].Push.At(0).File, cfg.Clusters[model.Blue].Push.At(1).File
	cfg.Clusters[model.Blue].Passive.Name = "dir-old"
	hand := directors(cfg, &runner.Runner{})
	for name, file := range map[string]string{"dir-old": active, "dir-old (passive)": passive} {
		d := hand.Of[plan.OnDirector{Cluster: model.Blue, Director: name}]
		if d == nil || d.File != file || d.Director != name || d.Greets != "dir-old" {
			t.Errorf("what is pushed to %s goes to %+v, want %s", name, d, file)
		}
	}
}

// catalogLines are those of the world's configuration that say where the catalogs are.
func (s *stage) catalogLines() (blue, green string) {
	blue = `catalog: {hosts: ["` + s.Blue().Addr() + `"], database: bacula, tls: {mode: "off"}}`
	green = `catalog: {hosts: ["` + s.Primary().
		Addr() +
		`", "` + s.Replica().
		Addr() +
		`"], database: bacula, tls: {mode: required, ca: ca.pem}}`
	return blue, green
}

func TestCrossedCatalogs(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	blue, green := s.catalogLines()
	config := s.another(swap(blue, green)...)
	snap := s.look(config)
	s.alerted(snap, "wrong:blue catalog", "which is the other cluster's catalog")
	s.alerted(snap, "wrong:green catalog", "which is the other cluster's catalog")
	nothingIsProven(t, snap, model.Blue, model.Green)
	s.refusesToAct(config, "blue", "FAIL  identity blue catalog: wrong target", "FAIL  identity green catalog: wrong target")
	s.offersNoPoint(config, model.Blue, model.Green)

	// Green's is blue's, by another name for the same place.
	_, port, _ := strings.Cut(s.Blue().Addr(), ":")
	config = s.another(green, strings.Replace(blue, s.Blue().Addr(), "0.0.0.0:"+port, 1))
	snap = s.look(config)
	s.alerted(snap, "wrong:green catalog", "is the same server and database as blue's catalog")
	nothingIsProven(t, snap, model.Green)
	for _, v := range snap.Cells {
		if v.On[model.Green].Has == model.Holds && v.Health == board.CellOK && v.On[model.Blue].LastGood == nil {
			t.Errorf("%s is ok by another cluster's backups", v.Cell)
		}
	}
	s.refusesToAct(config, "green", "FAIL  identity green catalog: wrong target: 0.0.0.0:"+port, "ok    identity blue catalog")
	s.offersNoPoint(config, model.Green)
	// By the same name it is not even loaded.
	s.says(
		s.does(2, "status", "--config", s.another(green, blue)),
		"blue's catalog has this host and the database bacula, too",
		"catalog.hosts[0]",
	)
}

// offersNoPoint wants nothing to be restored from those clusters, and nothing of the other to be told as if they had it too.
func (s *stage) offersNoPoint(config string, of ...model.Cluster) {
	s.t.Helper()
	ask := []string{"points", "chain001", "--region=region1", "--kind=regular", "--config=" + config}
	said := s.does(exitCannot, ask...)
	out, _, _ := strings.Cut(s.does(exitCannot, append(ask, "--json")...), "\nswitchyard: ")
	l := pointsTold(s.t, out)
	for _, c := range of {
		s.says(said, c.String()+"'s catalog was not read: wrong target: ", "not read: "+c.String()+"'s catalog: wrong target: ")
		for _, p := range l.Points {
			if p.Key.Cluster == c || p.Only != model.Answer(model.Unknown) {
				s.t.Errorf("a point of %s, only there: %v", p.Key.Cluster, p.Only)
			}
		}
		s.says(s.does(exitCannot, "restore", "--chain=chain001", "--region=region1", "--kind=regular", "--client=x-fd", "--from="+c.String(),
			"--config="+config), "none is known, and not all was read")
	}
	if len(of) == 1 && len(l.Points) == 0 || len(of) == 2 && len(l.Points) > 0 {
		s.t.Errorf("%d points", len(l.Points))
	}
}

// nothingIsProven wants that no backup counts on those clusters.
func nothingIsProven(t *testing.T, snap *board.Snapshot, on ...model.Cluster) {
	t.Helper()
	for _, c := range on {
		for _, v := range snap.Cells {
			if st := v.On[c]; st.LastGood != nil || st.Last != nil {
				t.Errorf("%s counts a backup on %s of a catalog that is not its", v.Cell, c)
				return
			}
		}
		if n := len(snap.Clusters[c].Recent); n > 0 {
			t.Errorf("%s shows %d jobs of another", c, n)
		}
	}
}

// TestTwoWriters is an old primary that comes back after its replica was promoted.
func TestTwoWriters(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	_, green := s.catalogLines()
	s.Replica().Promote()
	s.Replica().SetReadOnly(false)
	const two = "two servers of the RDS pair take writes: bacula ("
	config := s.ConfigPath()
	snap := s.look(config)
	s.alerted(snap, "rds:two-writers", two)
	s.alerted(snap, "wrong:green catalog", "two servers take writes")
	if snap.RDS.Switchover.Can == model.Holds || snap.RDS.Emergency.Can == model.Holds {
		t.Errorf("%+v", snap.RDS)
	}
	s.refusesToAct(config, "green", "FAIL  identity rds: "+two, "FAIL  watch green catalog: catalog: two servers take writes")

	// Each alone as green's catalog: the pair is seen all the same.
	alone := func(addr string) string {
		return `catalog: {hosts: ["` + addr + `"], database: bacula, tls: {mode: required, ca: ca.pem}}`
	}
	config = s.another(green, alone(s.Primary().Addr()))
	snap = s.look(config)
	s.alerted(snap, "rds:two-writers", "; dir-new uses bacula")
	s.refusesToAct(config, "green", "FAIL  identity rds: "+two)
	config = s.another(green, alone(s.Replica().Addr()))
	snap = s.look(config)
	s.alerted(snap, "wrong:green catalog", "is bacula-replica, which is another server")
	nothingIsProven(t, snap, model.Green)
	s.refusesToAct(config, "green", "FAIL  identity green catalog: wrong target")
}

// TestThePairIsWhoAWSSays gives the instances each other's addresses, and another account.
func TestThePairIsWhoAWSSays(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	primary, replica := `aws_region: eu-west-1, address: "`+s.Primary().Addr(), `aws_region: eu-central-1, address: "`+s.Replica().Addr()
	config := s.another(
		primary,
		`aws_region: eu-west-1, address: "`+s.Replica().Addr(),
		replica,
		`aws_region: eu-central-1, address: "`+s.Primary().Addr(),
	)
	snap := s.look(config)
	s.alerted(snap, "rds:wrong:primary-endpoint", "wrong target: the address of bacula is not its endpoint")
	s.alerted(snap, "rds:wrong:primary-role", "wrong target: AWS calls bacula a primary")
	if says := snap.RDS.Switchover.Says; snap.RDS.Switchover.Can == model.Holds || !strings.HasPrefix(says, "no: ") {
		t.Errorf("switch over now: %s", says)
	}
	said := s.does(1, "doctor", "--config", config)
	s.says(said, "FAIL  identity rds primary-endpoint: ", "FAIL  identity rds replica-endpoint: ")

	config = s.another("aws: {endpoint", `aws: {account: "123456789012", endpoint`)
	s.says(
		s.does(0, "doctor", "--config", config),
		"ok    identity rds primary account: it is in the AWS account 123456789012",
		" 0 need somebody",
	)
	config = s.another("aws: {endpoint", `aws: {account: "210987654321", endpoint`)
	snap = s.look(config)
	wrong := 0
	for _, o := range snap.Seen {
		switch o.Source.Kind {
		case model.SourceInstance, model.SourceSettings, model.SourceServer, model.SourceMetrics:
			if o.Wrong && strings.Contains(o.Why, "is in the AWS account 123456789012, not in 210987654321") {
				wrong++
			}
		}
	}
	if wrong < 2 {
		t.Errorf("%d sources are of another account: %+v", wrong, snap.Seen)
	}
	s.says(
		s.does(1, "doctor", "--config", config),
		"FAIL  identity rds primary account: wrong target",
		"FAIL  identity rds replica account: wrong target",
	)
}
