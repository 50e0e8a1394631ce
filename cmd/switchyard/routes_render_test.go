package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// renderYard is a configuration whose green is rendered and proven by programs that stand in for Bacula's own.
func renderYard(t *testing.T, swap ...string) (config string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"switchyard.yaml": `environment: render
inventory: {file: inventory.yaml}
job_names: {backup: "backup-{chain}-{region}-{kind}"}
clusters:
  blue:
    time_zone: UTC
    directors: {active: {name: blue-dir, address: "127.0.0.1:9"}}
    catalog: {hosts: ["127.0.0.1:9"], database: blue}
    push: none
  green:
    time_zone: UTC
    directors: {active: {name: green-dir, address: "127.0.0.1:10"}}
    catalog: {hosts: ["127.0.0.1:10"], database: green}
    push:
      file: /etc/bacula/routed.conf
      conf: [cat, bacula-dir.conf]
      bdirjson: [./bdirjson, -c, "{file}"]
      test: [./bacula-dir, -t, -c, "{file}"]
      bacula: "9.6"
      catalog: MainCatalog
      messages: Standard
      client: {password_file: "/etc/bacula/clients/{client}"}
      data: "/backup/{chain}/{region}/{kind}"
watch:
  blue: {consoles: {active: [bconsole, a]}, catalog: {user: w, password: {env: W}}}
  green: {consoles: {active: [bconsole, b]}, catalog: {user: w, password: {env: W}}}
`,
		"inventory.yaml": `defaults: {retention: 7d, promise: 26h, schedule: "daily at 02:10", pool: reg, storage: sd}
chains:
  - {name: chain1, regions: {region1: {client: db1-fd, kinds: {regular: {}, immutable: {}}}}}
  - {name: chain2, regions: {region1: {client: db2-fd, kinds: {regular: {}}}}}
`,
		"bacula-dir.conf": `Director { Name = green-dir; Password = "topsecret"; Messages = Standard }
Catalog { Name = MainCatalog; dbname = bacula }
Messages { Name = Standard; console = all }
Storage { Name = sd; Address = a; Password = "topsecret"; Device = D; Media Type = F }
Pool { Name = reg; Pool Type = Backup }
@/etc/bacula/routed.conf
`,
		"bdirjson": `#!/bin/sh
exec awk 'BEGIN { print "[{\"Director\":{\"Name\":\"green-dir\"}}"; on = "true" }
/^Job / { job = 1 } job && / Name = / { name = $3 } job && / Enabled = no/ { on = "false" }
/^}/ { if (job) print ",{\"Job\":{\"Name\":" name ",\"Enabled\":" on "}}"; job = 0; on = "true" }
END { print "]" }' "$2"
`,
		"bacula-dir": "#!/bin/sh\ngrep -q '^Director ' \"$3\"\n",
	}
	for name, text := range files {
		for i := 0; i+1 < len(swap); i += 2 {
			text = strings.ReplaceAll(text, swap[i], swap[i+1])
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "switchyard.yaml")
}

func renders(t *testing.T, config string, args ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"routes", "render", "--config", config}, args...), &stdout, &stderr)
	if strings.Contains(stdout.String()+stderr.String(), "topsecret") {
		t.Errorf("%v: a secret is told", args)
	}
	return code, stdout.String(), stderr.String()
}

func TestRoutesRender(t *testing.T) {
	config := renderYard(t)
	code, out, said := renders(t, config, "green", "--all", "--off", "chain2", "--check")
	if code != exitFine || !strings.Contains(said, "bdirjson takes it\nbacula-dir -t takes it\n3 jobs and the canary: nothing was found") {
		t.Fatalf("status %d\n%s\n%s", code, said, out)
	}
	f, err := conf.Parse(out, conf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var jobs []string
	for _, r := range f.Resources {
		if d, ok := r.Get("enabled"); ok {
			yes, _ := d.YesNo()
			jobs = append(jobs, r.Name+map[bool]string{true: " on", false: " off"}[yes])
		}
	}
	got := strings.Join(jobs[:3], ", ")
	if want := "backup-chain1-region1-regular on, backup-chain1-region1-immutable on, backup-chain2-region1-regular off"; got != want ||
		len(jobs) != 4 {
		t.Errorf("got %v\nwant %s", jobs, want)
	}
	if code, again, said := renders(
		t,
		config,
		"green",
		"--chain",
		"chain1,chain2",
		"--off=chain2",
	); code != exitFine || again != out ||
		said != "" {
		t.Errorf("all chains by name are rendered otherwise: %d %s", code, said)
	}
	if entries, err := os.ReadDir(filepath.Dir(config)); err != nil || len(entries) != 5 {
		t.Errorf("it wrote something: %v, %v", entries, err)
	}
}

func TestRoutesRenderStaggers(t *testing.T) {
	config := renderYard(t)
	run := func(args ...string) (told renderedJSON) {
		t.Helper()
		code, out, said := renders(t, config, append([]string{"green", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &told); code != exitFine || err != nil {
			t.Fatalf("status %d, %v: %s", code, err, said)
		}
		return told
	}
	alone, both := run("--chain", "chain1"), run("--chain", "chain1", "--overlap")
	if len(alone.Shift) != 0 || both.Shift["db1-fd"] != 180 || !strings.Contains(both.Text, "  Run = daily at 05:10\n") ||
		alone.Canary == both.Canary {
		t.Errorf("alone %v, overlap %v", alone.Shift, both.Shift)
	}
	if !model.IsCanary(both.Canary) || both.File != "/etc/bacula/routed.conf" || len(both.Jobs) != 2 || both.Proof != nil {
		t.Errorf("got %+v", both)
	}
	if !strings.Contains(alone.Text, `Name = "fs-chain2-region1-regular"`) || !strings.Contains(alone.Text, `Name = "db2-fd"`) {
		t.Error("what backups of chain2 are restored with is gone")
	}
	if p := run("--all", "--check").Proof; p == nil || len(p.Findings) != 0 || len(p.Asked) != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestRoutesRenderFinds(t *testing.T) {
	for _, c := range []struct{ old, with, want string }{
		{"Pool { Name = reg;", "Pool { Name = Reg;", `there is no Pool "reg"; write Reg`},
		{"@/etc/bacula/routed.conf", "@/etc/bacula/old.conf", "does not include /etc/bacula/routed.conf"},
		{"[./bacula-dir, -t", "[./nowhere, -t", "not known: bacula-dir -t could not be asked"},
		{
			"grep -q '^Director '",
			"echo 'Config error: expected an equals, got: Job'; exit 1 #",
			"bacula-dir -t refuses it: Config error: expected an equals, got: Job",
		},
		{"on = \"true\" }\n/^Job", "on = \"true\" }\n/^Nojob", "bdirjson: the canary switchyard-"},
		{"      bdirjson: [./bdirjson, -c, \"{file}\"]\n", "", "bdirjson was not asked"},
	} {
		code, out, said := renders(t, renderYard(t, c.old, c.with), "green", "--all", "--check")
		want := exitFinding
		if strings.HasSuffix(c.want, "was not asked") {
			want = exitFine
		}
		if code != want || !strings.Contains(said, c.want) || !strings.Contains(out, "Job {") {
			t.Errorf("%s: status %d\n%s", c.with, code, said)
		}
	}
}

func TestRoutesRenderRefuses(t *testing.T) {
	config := renderYard(t)
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.tmpl")
	if err := os.WriteFile(bad, []byte("{{range .Jobs}}\n{{.Nmae}}\n{{end}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config string
		args   []string
		want   string
	}{
		{config, []string{"red", "--all"}, `cluster "red": want blue or green`},
		{config, []string{"blue", "--all"}, "clusters.blue.push is none"},
		{config, []string{"green"}, "the configuration names no journal"},
		{config, []string{"green", "nowhere.json"}, "reading the routes: open nowhere.json: no such file"},
		{config, []string{"green", "--overlap"}, "--all, or --chain CHAIN for each"},
		{config, []string{"green", "nowhere.json", "--all"}, "--all, or --chain CHAIN for each"},
		{config, []string{"green", "--all", "--chain", "chain1"}, "--all, or --chain CHAIN for each"},
		{config, []string{"green", "--chain", "chain9"}, `there is no chain "chain9" in the inventory`},
		{config, []string{"green", "--all", "--off", "chain9"}, `there is no chain "chain9" in the inventory`},
		{renderYard(t, "    push: none\n", ""), []string{"blue", "--all"}, "clusters.blue has no push"},
		{
			renderYard(t, "file: /etc/bacula/routed.conf", "template: "+bad+"\n      file: /etc/bacula/routed.conf"),
			[]string{"green", "--all"},
			"bad.tmpl:2:2: ",
		},
		{renderYard(t, "pool: reg, ", ""), []string{"green", "--all"}, "cell chain1 region1 regular: the Pool has no name"},
	} {
		if code, out, said := renders(t, c.config, c.args...); code != exitCannot || out != "" || !strings.Contains(said, c.want) {
			t.Errorf("%v: status %d\n%s%s", c.args, code, out, said)
		}
	}
}

// TestRoutesRenderByTheDocument gives each cluster what a document says, and lets green give way where both have a client's cells.
func TestRoutesRenderByTheDocument(t *testing.T) {
	config := renderYard(t)
	file := filepath.Join(t.TempDir(), "routes.json")
	document := func(blue, green string) {
		t.Helper()
		text := fmt.Sprintf(`{"bacula-blue": {"region1": {"take_regular_backups": true, "take_immutable_backups": true, "chains": [%s]}},
 "bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true, "chains": [%s]}},}`, blue, green)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	same := func(flags ...string) {
		t.Helper()
		code, out, said := renders(t, config, "green", file)
		wantCode, want, _ := renders(t, config, append([]string{"green"}, flags...)...)
		if code != exitFine || wantCode != exitFine || out != want {
			t.Errorf("%v: status %d and %d: %s\n%s\nwant\n%s", flags, code, wantCode, said, out, want)
		}
	}
	document(`"chain2"`, `"chain1"`)
	same("--chain", "chain1")
	document(`"chain1", "chain2"`, `"chain1", "chain2"`)
	same("--all", "--overlap")
	document(`"chain1", "chain2"`, `"chain9"`)
	if code, out, said := renders(t, config, "green", file); code != exitCannot || out != "" || !strings.Contains(said, "chain9") {
		t.Errorf("a chain that nobody knows: status %d\n%s%s", code, out, said)
	}
}
