package check

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/backend/bacula/push/conf"
	"switchyard/backend/bacula/push/render"
	"switchyard/model"
)

// own is a Director's own configuration as far as it is read here.
const own = `Director {
  Name = green-dir; DIRport = 9101; QueryFile = "/q"; WorkingDirectory = "/tmp"; PidDirectory = "/tmp"
  Password = "topsecret"; Messages = Standard
}
Catalog { Name = MainCatalog; dbname = bacula; dbuser = bacula; dbpassword = "topsecret" }
Messages { Name = Standard; console = all }
JobDefs { Name = defs; Messages = Standard; Pool = reg; Storage = sd }
Storage { Name = sd; Address = a; Password = "topsecret"; Device = D; Media Type = F }
Autochanger { Name = vault; Address = a; Password = "topsecret"; Device = D; Media Type = V }
Pool { Name = reg; Pool Type = Backup }
Pool { Name = imm; Pool Type = Backup }
Pool { Name = stored; Pool Type = Backup; Storage = sd }
Job { Name = restore-files; Type = Restore; Client = "db1-fd"; FileSet = "fs-chain001-region1-regular"; Storage = sd
  Pool = reg; Messages = Standard }
@/etc/bacula/routed.conf
`

func placed(t testing.TB, chains int) []model.Placement {
	t.Helper()
	s, err := model.ParseSchedule("Full 1st sun at 01:05", "Incremental mon-sat at 01:05")
	if err != nil {
		t.Fatal(err)
	}
	var out []model.Placement
	for i := range chains {
		for r := range 2 {
			for _, k := range model.Kinds {
				out = append(out, model.Placement{
					Cell:   model.Cell{Chain: fmt.Sprintf("chain%03d", i+1), Region: fmt.Sprintf("region%d", r+1), Kind: k},
					Client: fmt.Sprintf("db%d-fd", 1+i/10), Pool: [...]string{"reg", "imm"}[k], Storage: [...]string{"sd", "vault"}[k], Schedule: s,
					Retention: 7 * 24 * time.Hour,
				})
			}
		}
	}
	return out
}

func input(t testing.TB, chains int) render.Input {
	t.Helper()
	ps := placed(t, chains)
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	backup, err := model.ParseNameTemplate("backup-{chain}-{region}-{kind}")
	if err != nil {
		t.Fatal(err)
	}
	names, err := model.BindNames(inv, backup, model.NameTemplate{})
	if err != nil {
		t.Fatal(err)
	}
	return render.Input{
		Cluster: model.Green,
		Names:   names,
		Takes:   ps,
		Keeps:   ps,
		Off:     map[model.Cell]bool{ps[1].Cell: true},
		Other:   ps,
		Apart:   3 * time.Hour,
		Settings: render.Settings{
			Catalog:  "MainCatalog",
			Messages: "Standard",
			Password: "/etc/bacula/clients/{client}",
			Data:     "/backup/{chain}/{region}/{kind}",
		},
	}
}

func rendered(t testing.TB, chains int) (render.Output, Want) {
	t.Helper()
	in := input(t, chains)
	out, err := render.Render(in)
	if err != nil {
		t.Fatal(err)
	}
	return out, Want{
		Jobs: out.Jobs, Runs: out.Runs, Clash: out.Clash, CellOf: in.Names.Cell,
		Bacula: Version{9, 6}, Other: standing(t, own),
	}
}

func standing(t testing.TB, text string) *Standing {
	t.Helper()
	beside, err := conf.Splice(conf.Options{}, text, "/etc/bacula/routed.conf", "")
	if err != nil {
		t.Fatal(err)
	}
	f, err := conf.Parse(beside, conf.Options{Leave: true})
	if err != nil {
		t.Fatal(err)
	}
	return &Standing{Resources: f.Resources, Whole: len(f.Left) == 0}
}

func told(fs []Finding) (out []string) {
	for _, f := range fs {
		out = append(out, f.String())
	}
	return out
}

func TestNothingIsFoundInWhatIsRendered(t *testing.T) {
	out, w := rendered(t, 3)
	if diff := cmp.Diff([]string(nil), told(Text(out.Text, w))); diff != "" {
		t.Error(diff)
	}
	w.Bacula = Version{}
	if fs := Text(out.Text, w); len(fs) > 0 {
		t.Error(told(fs))
	}
}

// resealed gives a changed text the canary that belongs to it, so that only the change itself is wrong.
func resealed(t *testing.T, text string) string {
	t.Helper()
	at := strings.LastIndex(text, "\nJob {\n  # Its name") + 1
	if at == 0 {
		t.Fatalf("no canary in %q", text)
	}
	_, rest, ok := strings.Cut(text[at:], "  Type = Admin")
	if !ok {
		t.Fatalf("another canary: %s", text[at:])
	}
	return text[:at] + "Job {\n  # Its name\n  Name = \"" + model.CanaryName(text[:at]) + "\"\n  Type = Admin" + rest
}

// TestEachRemovedDirectiveIsFound takes one line of the first resource of each kind away at a time: it is found when Bacula could not do
// without, in that very resource, and nothing is found otherwise.
func TestEachRemovedDirectiveIsFound(t *testing.T) {
	out, w := rendered(t, 1)
	demanded := map[string]string{ // what is said by the resource's first line and the directive
		"Client.Name":     "the Client has no name",
		"Client.Address":  "has no Address",
		"Client.Catalog":  "has no Catalog",
		"Client.Password": "has no Password",
		"FileSet.Name":    "the FileSet has no name",
		"Schedule.Name":   "the Schedule has no name",
		"Job.Name":        "the Job has no name",
		"Job.Type":        "has no Type: a Director of Bacula 9.6 ends",
		"Job.Client":      "has no Client",
		"Job.FileSet":     "has no FileSet",
		"Job.Schedule":    "would never start: it has no Schedule",
		"Schedule.Run":    "would start at other times than it should: Incremental",
		"Job.Pool":        "has no Pool: a Director of Bacula 9.6 ends",
		"Job.Messages":    "has no Messages",
		"Job.Storage":     "nor its Pool \"reg\" has a Storage",
	}
	lines := strings.SplitAfter(out.Text, "\n")
	seen := map[string]bool{}
	for i, line := range lines {
		key, _, is := strings.Cut(strings.TrimSpace(line), " = ")
		if !is || strings.HasPrefix(line, "    ") {
			continue
		}
		start := i
		for !strings.HasSuffix(lines[start], " {\n") || strings.HasPrefix(lines[start], " ") {
			start--
		}
		kind := strings.TrimSuffix(lines[start], " {\n")
		what := kind + "." + key
		if seen[what] || strings.Contains(lines[start+1], "# Its name") {
			continue
		}
		seen[what] = true
		fs := Text(resealed(t, strings.Join(slices.Concat(lines[:i], lines[i+1:]), "")), w)
		want, needed := demanded[what]
		switch {
		case !needed && what != "Job.Enabled" && len(fs) > 0:
			t.Errorf("without %s: %v", what, told(fs))
		case needed && (len(fs) == 0 || !strings.Contains(fs[0].Says,
			want) || kind != "Schedule" && (fs[0].Line < start+1 || fs[0].Line > start+17) || fs[0].Do == ""):
			t.Errorf("without %s of line %d: %v", what, start+1, told(fs))
		}
		delete(demanded, what)
	}
	if len(demanded) > 0 {
		t.Errorf("not looked at: %v", slices.Sorted(maps.Keys(demanded)))
	}
}

func TestFound(t *testing.T) {
	out, w := rendered(t, 1)
	replace := func(old, with string) string {
		if !strings.Contains(out.Text, old) {
			t.Fatalf("%q is not rendered", old)
		}
		return resealed(t, strings.Replace(out.Text, old, with, 1))
	}
	const first = "  Name = \"backup-chain001-region1-regular\"\n  Type = Backup"
	job := func(more string) string { return replace("\nJob {", "\n"+more+"\nJob {") }
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{
			"a client that is not there",
			replace("  Client = \"db1-fd\"", "  Client = \"db9-fd\""),
			[]string{`there is no Client "db9-fd": Bacula 9.6 loads that without a word, and ends when the job starts`},
		},
		{
			"another case",
			replace("  Pool = \"reg\"", "  Pool = \"Reg\""),
			[]string{`there is no Pool "Reg"; write reg: names are told apart by their case`},
		},
		{
			"no such schedule",
			replace("  Schedule = \"backup-chain001-region1-regular\"", "  Schedule = \"x\""),
			[]string{`there is no Schedule "x"`},
		},
		{"no such file set", replace("  FileSet = \"fs-chain001-region1-regular\"", "  FileSet = \"x\""), []string{`there is no FileSet "x"`}},
		{"no such storage", replace("  Storage = \"sd\"", "  Storage = \"sd\", \"sd9\""), []string{`there is no Storage "sd9"`}},
		{"no such messages", replace("  Messages = \"Standard\"", "  Messages = \"x\""), []string{`there is no Messages "x"`}},
		{"no such catalog", replace("  Catalog = \"MainCatalog\"", "  Catalog = \"x\""), []string{`there is no Catalog "x"`}},
		{"no such JobDefs", replace(first, strings.Replace(first, "\n", "\n  JobDefs = x\n", 1)), []string{`there is no JobDefs "x"`}},
		{
			"a pool in a Run line",
			replace("  Run = Full 1st", "  Run = Level=Full Pool=x 1st"),
			[]string{`Schedule "backup-chain001-region1-regular": there is no Pool "x"`, "would start at other times"},
		},
		{"a storage of the pool", replace("  Storage = \"sd\"\n  Pool = \"reg\"", "  Pool = \"stored\""), nil},
		{
			"another time",
			replace("  Run = Full 1st sun at 04:05", "  Run = Full 1st sun at 01:05"),
			[]string{"would start at other times than it should: Full 1st sun at 01:05; Incremental mon-sat at 04:05"},
		},
		{
			"the same FileSet",
			replace("  FileSet = \"fs-chain001-region1-immutable\"", "  FileSet = \"fs-chain001-region1-regular\""),
			[]string{"is of chain001 region1 regular and of chain001 region1 immutable"},
		},
		{"from JobDefs", replace("  Storage = \"sd\"\n  Pool = \"reg\"\n  Messages = \"Standard\"", "  JobDefs = defs"), nil},
		{"JobDefs without a Type", replace("  Type = Backup", "  JobDefs = defs"), []string{"has no Type"}},
		{
			"one job more",
			job("Job { Name = more; Type = Backup; JobDefs = defs; Client = db1-fd; FileSet = fs-chain001-region1-regular }"),
			[]string{`Job "more" is not one of those that this cluster takes`},
		},
		{
			"another job's name",
			replace(first, "  Name = \"backup-chain001-region1-immutable\"\n  Type = Backup"),
			[]string{`a second Job "backup-chain001-region1-immutable": the first is in line `,
				"1 of 4 jobs are missing: backup-chain001-region1-regular", "must not be scheduled, and is enabled"},
		},
		{"enabled where it must not be", replace("  Enabled = no", "  Enabled = yes"), []string{"must not be scheduled, and is enabled"}},
		{"not enabled", replace("  Enabled = yes", "  Enabled = FALSE"), []string{"must be scheduled, and is not enabled"}},
		{"neither yes nor no", replace("  Enabled = yes", "  Enabled = maybe"), []string{"Enabled is neither yes nor no"}},
		{
			"a second client",
			job("Client { Name = db1-fd; Address = a; Password = \"x\"; Catalog = MainCatalog }"),
			[]string{`a second Client "db1-fd"`},
		},
		{
			"a pool of the Director's",
			job("Pool { Name = reg; Pool Type = Backup }"),
			[]string{`Pool "reg" is no part of what follows the routes`, `has a Pool "reg", too`},
		},
		{
			"a console",
			job("Console { Name = evil; Password = x; CommandACL = *all* }"),
			[]string{`Console "evil" is no part of what follows the routes`},
		},
		{
			"a value in a file",
			replace("    File = \"/backup/chain001/region1/regular\"", "    File = @/etc/list"),
			[]string{"file is in a file, and cannot be proven"},
		},
		{"an include", job("@/etc/more.conf"), []string{"it includes /etc/more.conf, which is not read here"}},
		{"a file set of nothing", job("FileSet { Name = f }"), []string{`FileSet "f" includes nothing`}},
		{"a schedule of nothing", job("Schedule { Name = s }"), []string{`Schedule "s" has no Run`}},
		{
			"changed by hand",
			strings.Replace(out.Text, "AutoPrune = yes", "AutoPrune = no", 1),
			[]string{"the text above the canary is not the one that it was made of"},
		},
		{"behind the canary", out.Text + "Schedule { Name = s; Run = Full at 1:05 }\n", []string{"the canary is not the last resource"}},
		{"no canary", strings.TrimSuffix(out.Text, out.Text[strings.LastIndex(out.Text, "\nJob {"):]), []string{"the canary is missing"}},
		{
			"an enabled canary",
			strings.Replace(out.Text, "Type = Admin\n  Enabled = no", "Type = Admin\n  Enabled = yes", 1),
			[]string{"the canary is enabled: it would run"},
		},
		{"nothing", "", []string{"4 of 4 jobs are missing", "it holds nothing: loaded, it would take every routed job away"}},
		{"comments", "# nothing\n", []string{"4 of 4 jobs are missing", "it holds nothing"}},
		{"cut off", out.Text[:len(out.Text)/2], []string{""}},
	} {
		got := told(Text(c.text, w))
		if len(got) != len(c.want) {
			t.Errorf("%s: %q", c.name, got)
			continue
		}
		for i, want := range c.want {
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("%s: %q is not in %q", c.name, c.want[i], got)
			}
		}
	}
}

func TestWhatIsNotKnownIsNoProof(t *testing.T) {
	out, w := rendered(t, 1)
	for name, other := range map[string]*Standing{"nothing of it": nil, "not whole": {}} {
		w.Other = other
		fs := Text(out.Text, w)
		if len(fs) == 0 || slices.ContainsFunc(fs, func(f Finding) bool { return !f.Unknown || !strings.Contains(f.String(), "not known: ") }) {
			t.Errorf("%s: %v", name, told(fs))
		}
	}
	w.Other = standing(t, own+"Job { Name = backup-chain001-region2-regular; JobDefs = defs; Type = Backup }\n@/etc/more\n")
	fs := Text(out.Text, w)
	for _, want := range []string{"the Director's own configuration has a Job \"backup-chain001-region2-regular\", " +
		"too", "has the job of a cell"} {
		if !slices.ContainsFunc(fs, func(f Finding) bool { return !f.Unknown && strings.Contains(f.Says, want) }) {
			t.Errorf("%q is not in %v", want, told(fs))
		}
	}
	w.Clash = []string{"db1-fd"}
	if fs := told(Text(out.Text, w)); !strings.Contains(strings.Join(fs, "\n"), "client db1-fd: no time of the day") {
		t.Errorf("a clash is not told: %v", fs)
	}
}

// TestRealConfigurationsStand: what a real lab's Director has beside its routes resolves what is rendered for it.
func TestRealConfigurationsStand(t *testing.T) {
	const dir = "../conf/testdata/9.6.7/"
	read := func(name string) string {
		text, err := os.ReadFile(dir + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var resources []*conf.Resource
	for _, name := range []string{"static.conf", "catalog.conf"} {
		f, err := conf.Parse(read(name), conf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		resources = append(resources, f.Resources...)
	}
	f, err := conf.Parse(read("clients.conf")+read("routes.conf"), conf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := Want{Jobs: map[string]bool{}, Bacula: Version{9, 6}, Other: &Standing{Resources: resources, Whole: true}}
	for _, r := range f.Resources {
		if r.Kind == "Job" {
			w.Jobs[r.Name] = true
		}
	}
	if fs := File(f, w); len(fs) != 1 || fs[0].Says != "the canary is missing" {
		t.Errorf("a real Director runs with it: %v", told(fs))
	}
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{"9.6.7 (10 December 2020)": {9, 6}, "15.0.3": {15, 0}, "15": {15, 0}, "9.6": {9, 6}, "": {},
		"x.y": {}, "9.": {9, 0}} {
		if got, ok := ParseVersion(text); ok != (want != Version{}) || ok && got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}
