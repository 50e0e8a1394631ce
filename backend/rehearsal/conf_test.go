package rehearsal

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// edit writes one of a Director's files anew and has it loaded again; it tells what the console heard.
func edit(t *testing.T, w *World, c model.Cluster, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Clock().Advance(2 * time.Second)
	return say(t, w, c, "reload")
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// heard is what a console hears to a line, without its greeting.
func heard(t *testing.T, w *World, c model.Cluster, line string) string {
	t.Helper()
	_, said, ok := strings.Cut(say(t, w, c, line), "\n"+line+"\n")
	if !ok {
		t.Fatalf("%s was not heard", line)
	}
	return strings.TrimSuffix(said, "You have messages.\n")
}

// TestAFileIsWhatADirectorBeganWith loads the files of a world as they are: every list, and everything that is shown, stays the same, and
// nothing is due at another time.
func TestAFileIsWhatADirectorBeganWith(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Chains: 40}) // enough that some are due over midnight on green
	for _, c := range model.Clusters {
		lists := []string{".jobs", ".clients", ".storage", ".pools", ".filesets", ".schedule", "show catalogs", "show disabled"}
		before := map[string][]string{}
		for _, line := range lists {
			before[line] = strings.Split(heard(t, w, c, line), "\n")
			slices.Sort(before[line])
		}
		dir := w.Cluster(c).Active()
		if said := edit(t, w, c, dir.WholePath(), contents(t, dir.WholePath())); strings.Contains(said, "Please") {
			t.Errorf("%s: %s", c, said)
		}
		for _, line := range lists {
			after := strings.Split(heard(t, w, c, line), "\n")
			slices.Sort(after)
			if !slices.Equal(after, before[line]) {
				t.Errorf("%s %s:\n%v\n%v", c, line, before[line], after)
			}
		}
		if n := dir.Rescheduled(); n > 0 {
			t.Errorf("%s: %d jobs are due at other times than before", c, n)
		}
	}
}

// TestWholeFiles gives a Director a client, a file set, a schedule and jobs that no cell has, takes them in, shows them, and starts what is
// due; what is not there is refused.
func TestWholeFiles(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Chains: 2})
	for _, c := range model.Clusters {
		dir := w.Cluster(c).Active()
		routed := contents(t, dir.ConfPath())
		catalogName := map[model.Cluster]string{model.Blue: "MainCatalog", model.Green: "MyCatalog"}[c]
		added := `
Client { Name = new-fd; Address = new.example; Catalog = ` + catalogName + `; Password = "x"; AutoPrune = no }
FileSet { Name = "fs new"
  Include {
    Options { signature = MD5 }
    File = /data
  }
}
Schedule { Name = soon
  Run = Full hourly at 0:30
}
Pool { Name = Scratch; Pool Type = Backup; Storage = sd-local; Volume Retention = 3 days }
JobDefs { Name = defs; Type = Backup; Messages = Standard; Pool = Scratch; FileSet = "fs new"; Client = new-fd }
Job { Name = canary-7c1f; JobDefs = defs; Enabled = no }
Job { Name = odd; JobDefs = defs; Schedule = soon }
`
		if said := edit(t, w, c, dir.ConfPath(), routed+added); strings.Contains(said, "Please") {
			t.Fatalf("%s: %s\n%s", c, said, say(t, w, c, "messages"))
		}
		for line, wants := range map[string][]string{
			".jobs":                {"canary-7c1f\n", "odd\n", "BackupCatalog\n"},
			".clients":             {"new-fd\n"},
			"show disabled":        {"name=canary-7c1f"},
			"show client=new-fd":   {"Client: Name=new-fd", "Address=new.example", "AutoPrune=0", "--> Catalog: name=" + catalogName},
			"show fileset":         {"FileSet: name=fs new", "I /data", "FileSet: name=Catalog"},
			"show schedule=soon":   {"Schedule: Name=soon", "--> Run Full hourly at 0:30"},
			"show pool=Scratch":    {"VolRetention=3 days"},
			"show storages":        {"Storage: name=sd-local"},
			"show job=odd":         {"Job: name=odd JobType=66", "Enabled=1", "--> Client: Name=new-fd", "--> Schedule: Name=soon"},
			"show job=canary-7c1f": {"Enabled=0"},
			"show job=nope":        {"not found"},
			"run job=nope yes":     {`Job "nope" not found`},
			"run job=odd client=nobody-fd yes": {
				`Client "nobody-fd" not found.`,
				"Select Client resource",
			},
		} {
			if said := heard(t, w, c, line); !containsEach(said, wants) {
				t.Errorf("%s %s:\n%s", c, line, said)
			}
		}
		if said := heard(t, w, c, "run job=canary-7c1f yes"); !strings.Contains(said, "Job queued.") {
			t.Errorf("%s: what is switched off cannot be run by hand: %s", c, said)
		}
		until(t, "the odd job is started by its schedule", func() bool {
			w.Clock().Advance(time.Minute)
			return count(t, w, c, unixOf+"Name = 'odd' AND JobStatus = 'T'") > 0
		})
		last := "0"
		const newest = "SELECT MAX(JobId) FROM Job WHERE Type = 'B' AND JobStatus = 'T' AND Name LIKE 'backup-%'"
		if err := w.catalog(c).Read(newest).Scan(&last); err != nil {
			t.Fatal(err)
		}
		said := heard(t, w, c, "restore jobid="+last+" client=nobody-fd restorejob=restore-region1-regular where=/x all done yes")
		if !strings.Contains(said, `"nobody-fd" not found.`) {
			t.Errorf("%s: a restore to an unknown client: %s", c, said)
		}
		edit(t, w, c, dir.ConfPath(), routed)
		if said := heard(t, w, c, ".jobs"); strings.Contains(said, "odd\n") {
			t.Errorf("%s: what was taken out is still there: %s", c, said)
		}
	}
}

func containsEach(said string, wants []string) bool {
	return !slices.ContainsFunc(wants, func(want string) bool { return !strings.Contains(said, want) })
}

// TestWhatAReloadDoesNotFind follows the lab: 15.0.3 refuses what dangles; 9.6.7 applies it in silence, does not run a job without its file
// set, and ends when one without its client is run. Neither takes a configuration whose catalog it cannot reach.
func TestWhatAReloadDoesNotFind(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Chains: 2, Idle: true})
	for _, c := range model.Clusters {
		dir := w.Cluster(c).Active()
		routed, whole := contents(t, dir.ConfPath()), contents(t, dir.WholePath())
		job := func(name, client, files string) string {
			return `Job { Name = ` + name + `; Type = Backup; Client = ` + client + `; FileSet = ` + files +
				"; Pool = Regular; Storage = sd-local; Messages = Standard }\n"
		}
		fd := dir.Name() + "-fd"
		said := edit(t, w, c, dir.ConfPath(), routed+job("no-client", "nope-fd", "Catalog")+job("no-files", fd, "nope"))
		has := strings.Contains(heard(t, w, c, ".jobs"), "no-client\n")
		if c == model.Green {
			if !strings.Contains(said, "Please correct configuration file") || has {
				t.Errorf("15.0.3 took what dangles: %s", said)
			}
		} else {
			if strings.Contains(said, "Please") || !has {
				t.Errorf("9.6.7 did not take what dangles: %s", said)
			}
			if said := say(t, w, c, "messages"); !strings.Contains(said, `Could not find config Resource "nope-fd"`) {
				t.Errorf("the messages say %s", said)
			}
			if said := heard(t, w, c, "show job=no-client"); !strings.Contains(said, "Client: Name=*None*") {
				t.Errorf("it is shown as %s", said)
			}
			if said := heard(t, w, c, "run job=no-files yes"); !strings.Contains(said, "Job not run.") || !dir.Running() {
				t.Errorf("a job without its files: %s", said)
			}
			say(t, w, c, "run job=no-client yes")
			if dir.Running() {
				t.Error("a job without its client did not end the Director")
			}
			if err := errors.Join(dir.Start()); err != nil {
				t.Fatal(err)
			}
			if dir.Running() {
				t.Error("it started with a file in which something dangles")
			}
			if err := os.WriteFile(dir.ConfPath(), []byte(routed), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := dir.Start(); err != nil || !dir.Running() {
				t.Fatalf("it does not start with a good file: %v", err)
			}
		}
		edit(t, w, c, dir.ConfPath(), routed)
		refused := func(says string) {
			t.Helper()
			w.Clock().Advance(2 * time.Second)
			say(t, w, c, "reload")
			if said := say(t, w, c, "messages"); !strings.Contains(said, "Resetting previous configuration") || !dir.Running() {
				t.Errorf("%s, %s: %s", c, says, said)
			}
		}
		_, port, _ := strings.Cut(w.catalog(c).Addr(), ":")
		if err := os.WriteFile(dir.WholePath(), []byte(strings.Replace(whole, "DB Port = "+port, "DB Port = 1", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		refused("a catalog that is not there")
		if err := os.WriteFile(dir.WholePath(), []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := w.Fault("catalog-down", c.String()); err != nil {
			t.Fatal(err)
		}
		refused("a catalog that is down")
		if err := w.Heal("catalog-down", ""); err != nil {
			t.Fatal(err)
		}
		if said := edit(t, w, c, dir.WholePath(), strings.Replace(whole, "Client = restore-test-region1-fd", "", 1)); c == model.Green {
			if !strings.Contains(said, "Please") {
				t.Errorf("a restore job without its client: %s", said)
			}
		} else if dir.Running() {
			t.Error("9.6.7 outlived a job without a client")
		}
	}
}
