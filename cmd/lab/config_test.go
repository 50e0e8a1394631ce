package main

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/routes"
)

func testLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{dir: t.TempDir(), offset: 7, out: &strings.Builder{}}
	if err := os.Mkdir(l.path("secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestConfig(t *testing.T) {
	l := testLab(t)
	if err := l.writeConfig(t.Context()); err != nil {
		t.Fatal(err)
	}
	var inventory struct {
		Defaults map[string]any
		Chains   []struct {
			Name    string
			Tier    int
			Regions map[string]struct {
				Kinds map[string]struct {
					Client, Pool, Storage, Retention, Promise string
					Schedule                                  []string
				}
			}
		}
	}
	read(t, l.path("inventory.yaml"), &inventory)
	n := 0
	for _, c := range inventory.Chains {
		for _, r := range c.Regions {
			for _, k := range r.Kinds {
				n++
				if k.Client == "" || len(k.Schedule) == 0 || k.Promise == "" {
					t.Errorf("%s: %+v", c.Name, k)
				}
			}
		}
	}
	if n != len(cells()) {
		t.Errorf("the inventory has %d cells, want %d", n, len(cells()))
	}
	var config struct {
		Environment string
		Inventory   struct{ File string }
		JobNames    map[string]string `yaml:"job_names"`
		Clusters    map[string]struct {
			TimeZone  string `yaml:"time_zone"`
			Directors map[string]struct {
				Name, Address string
				Service       map[string][]string
			}
			Catalog struct {
				Hosts    []string
				Database string
				TLS      map[string]string
			}
		}
		Watch, Act map[string]struct {
			Consoles map[string][]string
			Catalog  struct {
				User     string
				Password map[string]string
			}
			User     string
			Password map[string]string
			Next     struct {
				User, From   string
				Password     map[string]string
				PasswordFile string `yaml:"password_file"`
			}
		}
		AWS     struct{ Endpoint string }
		Journal struct{ Dir string }
		RDS     struct {
			Primary, Replica struct {
				ID, Address string
				Region      string `yaml:"aws_region"`
			}
			TLS      map[string]string `yaml:"database_tls"`
			Director string            `yaml:"director_account"`
		}
	}
	read(t, l.path("switchyard.yaml"), &config)
	if got := config.Clusters["blue"].Directors["active"].Address; got != "127.0.0.1:19108" {
		t.Errorf("blue's Director is at %s", got)
	}
	if got := config.Clusters["green"].Catalog; len(got.Hosts) != 2 || got.TLS["mode"] != "required" {
		t.Errorf("green's catalog is %+v", got)
	}
	if config.Watch["green"].Consoles["active"][0] != "/usr/sbin/chroot" || config.Act["blue"].Catalog.User != "switchyard_act" {
		t.Errorf("the credentials are %+v and %+v", config.Watch, config.Act)
	}
	if rds := config.RDS; config.AWS.Endpoint != "http://127.0.0.1:24573" || rds.Primary.Address != "127.0.0.1:23068" ||
		rds.Replica.Address != "127.0.0.1:23069" ||
		rds.Primary.Region == rds.Replica.Region ||
		rds.TLS["mode"] != "required" ||
		rds.Director != "bacula" {
		t.Errorf("the RDS pair is %+v at %s", rds, config.AWS.Endpoint)
	}
	if argv := config.Clusters["green"].Directors["active"].Service["mask"]; len(argv) < 3 || argv[len(argv)-2] != "green-dir" {
		t.Errorf("green's Director is masked by %q", argv)
	}
	if argv := config.Act["green"].Consoles["volumes"]; len(argv) == 0 || argv[len(argv)-1] != l.path("green", "volumes.conf") ||
		config.Act["blue"].Consoles["volumes"] != nil || config.Watch["green"].Consoles["volumes"] != nil {
		t.Errorf("volumes are marked by %q", argv)
	}
	if f := config.Act["fence"]; f.User != "switchyard_fence" || f.Next.PasswordFile != l.nextFile() || config.Act["numbers"].User == "" {
		t.Errorf("the fence is %+v, the numbers' %+v", f, config.Act["numbers"])
	}
	if config.Watch["rds"].User != "switchyard_watch" || config.Act["rds"].User != "switchyard_act" {
		t.Errorf("the pair's credentials are %+v and %+v", config.Watch["rds"], config.Act["rds"])
	}
}

// Who has seen the journal of a lab refuses another one in its place.
func TestALabMadeAnewHasAJournalOfItsOwn(t *testing.T) {
	l := testLab(t)
	begin := func() string {
		t.Helper()
		if err := l.beginJournal(t.Context()); err != nil {
			t.Fatal(err)
		}
		return l.configData().Journal
	}
	first := begin()
	if again := begin(); first == "" || again != first {
		t.Errorf("the same lab's journal is %q, then %q", first, again)
	}
	if err := os.RemoveAll(l.dir); err != nil {
		t.Fatal(err)
	}
	if other := begin(); other == first {
		t.Errorf("the new lab's journal is at %q again", other)
	}
}

// TestTheLabsJournalBeginsWithItsRoutes: they are plain, leave nobody out, and say of each cell who is configured to take it.
func TestTheLabsJournalBeginsWithItsRoutes(t *testing.T) {
	l := testLab(t)
	if err := l.beginJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	store, err := journal.OpenDir(l.path(l.journalName()))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	j, err := journal.Open(t.Context(), store, journal.Options{Environment: l.configData().Environment})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := routes.ParseRecord(j.State().RoutesSeq, j.State().Routes, routes.Options{})
	if err != nil {
		t.Fatal(err)
	}
	by := map[model.Route]int{}
	for _, c := range cells() {
		r := doc.Route(c.Cell)
		by[r]++
		if (r[model.Blue] == model.Holds) != c.On("blue") || (r[model.Green] == model.Holds) != c.On("green") {
			t.Errorf("%s is taken by %s", c.Cell, r)
		}
	}
	if by[routes.Blue] == 0 || by[routes.Both] == 0 || by[routes.Green] == 0 || by[routes.None] != 0 {
		t.Errorf("the lab's cells are taken by %v", by)
	}
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(b, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestDirectorConfiguration(t *testing.T) {
	l := testLab(t)
	for _, cluster := range clusters {
		d, err := l.clusterData(cluster)
		if err != nil {
			t.Fatal(err)
		}
		text, err := render("bacula-dir.conf", d)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells() {
			if has := strings.Contains(text, `Name = "`+c.Name()+`"`); has != c.On(cluster) {
				t.Errorf("%s has the job of %s: %v, want %v", cluster, c.Cell, has, c.On(cluster))
			}
			for _, run := range c.RunsOn(cluster) {
				if c.On(cluster) && !strings.Contains(text, "  Run = "+run+"\n") {
					t.Errorf("%s does not run %s %q", cluster, c.Cell, run)
				}
			}
		}
		watch, _, _ := strings.Cut(text[strings.Index(text, "Name = switchyard-watch"):], "}")
		for _, never := range []string{"run", "cancel", "reload", "messages", ".sql", "*all*,"} {
			if strings.Contains(watch, ", "+never) || strings.Contains(watch, "= "+never) {
				t.Errorf("the watching console of %s may %s", cluster, never)
			}
		}
		if strings.Count(text, d.Secrets.Root) != 1 || strings.Contains(text, "<no value>") {
			t.Errorf("%s: the root console's secret is not there once, or something is missing", cluster)
		}
	}
}
