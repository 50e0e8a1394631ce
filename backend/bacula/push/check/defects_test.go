package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push/conf"
	"switchyard/backend/bacula/push/render"
	"switchyard/model"
)

// defect is a way in which a rendered text is spoiled, and who finds it. What Bacula's tools say was measured on 9.6.7 and 15.0.3, and is
// looked at again on the lab.
type defect struct {
	name   string
	spoil  func(text string) string
	bacula bool   // bdirjson and bacula-dir -t find it, both versions
	ours   string // what is said here; empty: nothing is found
}

// first replaces the first match.
func first(pattern, with string) func(string) string {
	re := regexp.MustCompile(pattern)
	return func(text string) string {
		at := re.FindStringIndex(text)
		if at == nil {
			panic("nothing is like " + pattern)
		}
		return text[:at[0]] + with + text[at[1]:]
	}
}

// before puts a text in front of the first job.
func before(more string) func(string) string { return first(`\nJob \{`, "\n"+more+"\nJob {") }

// ofJob is a pattern for a line of a Job, which has none of its like in other resources before.
func ofJob(key string) string { return `(?m)^  ` + key + ` = .*\n` }

var defects = []defect{
	{"none", func(s string) string { return s }, false, ""},
	{"a Job without a Type", first(ofJob("Type"), ""), true, "has no Type"},
	{"a Job without a Pool", first(ofJob("Pool"), ""), true, "has no Pool"},
	{"a Job without a Client", first(ofJob("Client"), ""), true, "has no Client"},
	{"a Job without a FileSet", first(ofJob("FileSet"), ""), true, "has no FileSet"},
	{"a Job without Messages", first(ofJob("Messages"), ""), true, "has no Messages"},
	{"a Job without a Storage", first(ofJob("Storage"), ""), true, "has a Storage"},
	{"a Job without a Schedule", first(ofJob("Schedule"), ""), false, "would never start"},
	{"a Job without a Level", first(ofJob("Level"), ""), false, ""},
	{"a Client without an Address", first(ofJob("Address"), ""), true, "has no Address"},
	{"a Client without a Catalog", first(ofJob("Catalog"), ""), true, "has no Catalog"},
	{"a Client without a Password", first(ofJob("Password"), ""), true, "has no Password"},
	{"a Job without a name", first(`(?m)^Job \{\n  Name = .*\n`, "Job {\n"), true, "the Job has no name"},
	{"no such Client", first(ofJob("Client"), "  Client = \"nope\"\n"), true, `there is no Client "nope"`},
	{"no such FileSet", first(ofJob("FileSet"), "  FileSet = \"nope\"\n"), true, `there is no FileSet "nope"`},
	{"no such Schedule", first(ofJob("Schedule"), "  Schedule = \"nope\"\n"), true, `there is no Schedule "nope"`},
	{"no such Storage", first(ofJob("Storage"), "  Storage = \"nope\"\n"), true, `there is no Storage "nope"`},
	{"no such Pool", first(ofJob("Pool"), "  Pool = \"nope\"\n"), true, `there is no Pool "nope"`},
	{"no such Messages", first(ofJob("Messages"), "  Messages = \"nope\"\n"), true, `there is no Messages "nope"`},
	{"no such JobDefs", first(ofJob("Type"), "  JobDefs = \"nope\"\n  Type = Backup\n"), true, `there is no JobDefs "nope"`},
	{"no such Catalog", first(ofJob("Catalog"), "  Catalog = \"nope\"\n"), true, `there is no Catalog "nope"`},
	{"no such Pool in a Run line", first(`  Run = `, "  Run = Pool=nope "), true, `there is no Pool "nope"`},
	{"a name in another case", first(ofJob("Messages"), "  Messages = \"STANDARD\"\n"), true, "names are told apart by their case"},
	{
		"a second FileSet",
		before(
			"FileSet { Name = twice; Include { Options { Signature = MD5 }\n File = /x\n } }\nFileSet { Name = twice; Include { Options { " +
				"Signature = MD5 }\n File = /x\n } }",
		),
		true,
		"a second FileSet",
	},
	{
		"a second Schedule",
		before("Schedule { Name = twice; Run = Full at 1:05\n }\nSchedule { Name = twice; Run = Full at 1:05\n }"),
		true,
		"a second Schedule",
	},
	{"a Pool that the Director has", before("Pool { Name = reg-region1; Pool Type = Backup }"), true, `has a Pool "reg-region1", too`},
	{"neither yes nor no", first(ofJob("Enabled"), "  Enabled = maybe\n"), true, "neither yes nor no"},
	{"true in another case", first(ofJob("Enabled"), "  Enabled = TRUE\n"), false, ""},
	{"keywords in another case and with blanks", first(`(?m)^  Type = `, "  T y P e = "), false, ""},
	{"an open brace", func(s string) string { return strings.TrimSuffix(s, "}\n") }, true, "is never closed"},
	{"a brace too many", before("}"), true, "expected the name of a resource"},
	{"a half-written text", func(s string) string { return s[:strings.Index(s, "\n  Run = ")+9] }, true, ""},
	{"no equals sign", first(`(?m)^  Type = `, "  Type "), true, "expected ="},
	{"a value on the next line", first(`(?m)^  Pool = `, "  Pool =\n  "), true, "has no value"},
	{"an unknown resource", before("Jop { Name = x }"), true, "did you mean Job?"},
	{"a file that is not there", before("@/nowhere/at/all.conf"), true, "which is not read here"},
	{"a comment", before("# Job {"), false, ""},
	{"a line that goes on", first(`(?m)^  Type = `, "  Type = \\\n"), false, ""},
	{
		"one job more",
		before(
			"Job { Name = more; Type = Admin; Client = \"db1-fd\"; FileSet = \"fs-chain001-region1-regular\"; Pool = reg-region1; Storage = " +
				"sd-region1; Messages = Standard }",
		),
		false,
		"not one of those",
	},
	{"a job less", first(`(?ms)^Job \{\n.*?^\}\n`, ""), false, "jobs are missing"},
	{"nothing", func(string) string { return "" }, false, "it holds nothing"},
	{"a job that is off", first(`  Enabled = yes`, "  Enabled = no"), false, "must be scheduled"},
}

// spoiled is a defect in a rendered text, with the canary that belongs to it where it still has one.
func spoiled(t testing.TB, d defect, text string) string {
	t.Helper()
	s := d.spoil(text)
	at := strings.LastIndex(s, "Job {\n  # Its name")
	if at < 0 {
		return s
	}
	return s[:at] + regexp.MustCompile(`switchyard-[0-9a-f]{16}`).ReplaceAllString(s[at:], model.CanaryName(s[:at]))
}

// labPlaced are cells as the lab names what they need.
func labRendered(t testing.TB, password string) (render.Output, Want) {
	t.Helper()
	s, err := model.ParseSchedule("Full 1st sun at 01:05", "Incremental mon-sat at 01:05")
	if err != nil {
		t.Fatal(err)
	}
	var ps []model.Placement
	for r := range 2 {
		for k, kind := range model.Kinds {
			region := fmt.Sprintf("region%d", r+1)
			ps = append(ps, model.Placement{
				Cell: model.Cell{Chain: "chain001", Region: region, Kind: kind}, Client: fmt.Sprintf("db%d-fd", r+1), Schedule: s,
				Pool: [...]string{"reg-", "imm-"}[k] + region, Storage: [...]string{"sd-", "vault-"}[k] + region, Retention: 7 * 24 * time.Hour,
			})
		}
	}
	in := input(t, 1)
	in.Takes, in.Keeps, in.Other, in.Off, in.Settings.Password = ps, ps, nil, nil, password
	out, err := render.Render(in)
	if err != nil {
		t.Fatal(err)
	}
	return out, Want{Jobs: out.Jobs, Runs: out.Runs}
}

const labOwn = `Catalog { Name = MainCatalog; dbname = bacula; dbuser = bacula; dbpassword = x }
Messages { Name = Standard; console = all }
Pool { Name = reg-region1; Pool Type = Backup }
Pool { Name = imm-region1; Pool Type = Backup }
Pool { Name = reg-region2; Pool Type = Backup }
Pool { Name = imm-region2; Pool Type = Backup }
Autochanger { Name = sd-region1; Address = a; Password = x; Device = D; Media Type = F }
Autochanger { Name = vault-region1; Address = a; Password = x; Device = D; Media Type = F }
Autochanger { Name = sd-region2; Address = a; Password = x; Device = D; Media Type = F }
Autochanger { Name = vault-region2; Address = a; Password = x; Device = D; Media Type = F }
`

// TestDefects: what Bacula's tools would find is found without them, and nothing is found where there is nothing.
func TestDefects(t *testing.T) {
	out, w := labRendered(t, "/etc/pw")
	f, err := conf.Parse(labOwn, conf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.Other = &Standing{Resources: f.Resources, Whole: true}
	for _, d := range defects {
		fs := told(Text(spoiled(t, d, out.Text), w))
		switch {
		case d.ours == "" && !d.bacula && len(fs) > 0:
			t.Errorf("%s: %v", d.name, fs)
		case d.bacula && len(fs) == 0:
			t.Errorf("%s is not found", d.name)
		case d.ours != "" && !slices.ContainsFunc(fs, func(s string) bool { return strings.Contains(s, d.ours) }):
			t.Errorf("%s: %q is not in %v", d.name, d.ours, fs)
		}
	}
}
