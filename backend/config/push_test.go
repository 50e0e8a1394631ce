package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

const pushed = `    push:
      file: /etc/bacula/routed.conf
      conf: [ssh, dir-new, cat, /etc/bacula/bacula-dir.conf]
      bdirjson: [bdirjson, -c, "{file}"]
      test: [ssh, dir-new, "f=$(mktemp) && cat > $f && bacula-dir -t -c $f"]
      template: routed.tmpl
      bacula: "15.0.3"
      catalog: MainCatalog
      messages: Standard
      pool: Default
      storage: sd 1
      job_defs: nightly
      client: {address: "{client}.example", port: 9112, password_file: "/etc/bacula/clients/{client}", jobs: 2}
      data: "/backup/{chain}/{region}/{kind}"
      file_sets: "f-{kind}-{chain}-{region}"
      levels: {regular: Differential}
      apart: 2h
`

// withPush is the good configuration with a push of blue's or green's, whose text is changed pair by pair.
func withPush(t testing.TB, push string, swap ...string) string {
	t.Helper()
	for i := 0; i+1 < len(swap); i += 2 {
		if !strings.Contains(push, swap[i]) {
			t.Fatalf("%q is not there", swap[i])
		}
		push = strings.Replace(push, swap[i], swap[i+1], 1)
	}
	const behind = "server_name: catalog.example}\n"
	text := readTestdata(t, "switchyard.yaml")
	if !strings.Contains(text, behind) {
		t.Fatal("the good file is another")
	}
	return strings.Replace(text, behind, behind+push, 1)
}

func loadText(text string) (*Config, error) {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		return nil, err
	}
	return load("switchyard.yaml", dir, []byte(text))
}

func TestPush(t *testing.T) {
	c, err := loadText(withPush(t, pushed))
	if err != nil {
		t.Fatal(err)
	}
	p := c.Clusters[model.Green].Push
	if p.FileSet.String() != "f-{kind}-{chain}-{region}" || !p.Rendered() || c.Clusters[model.Blue].Push.Rendered() {
		t.Errorf("got %+v", p)
	}
	dir, _ := filepath.Abs("testdata")
	want := Push{
		File: "/etc/bacula/routed.conf", Conf: []string{"ssh", "dir-new", "cat", "/etc/bacula/bacula-dir.conf"},
		BDirJSON: []string{"bdirjson", "-c", "{file}"}, Test: []string{"ssh", "dir-new", "f=$(mktemp) && cat > $f && bacula-dir -t -c $f"},
		Template: filepath.Join(dir, "routed.tmpl"), Bacula: "15.0.3", Levels: [2]string{"Differential"}, Address: "{client}.example",
		Password: "/etc/bacula/clients/{client}", Port: 9112, Jobs: 2, Data: "/backup/{chain}/{region}/{kind}", Apart: 2 * time.Hour,
		Catalog: "MainCatalog", Messages: "Standard", Pool: "Default", Storage: "sd 1", JobDefs: "nightly",
	}
	got := p
	got.l, got.at, got.FileSet = nil, nil, model.NameTemplate{}
	if diff := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := p.ReadTemplate(); err == nil ||
		!strings.Contains(err.Error(), "switchyard.yaml:31:17: clusters.green.push.template: no such file") {
		t.Errorf("a template that is not there: %v", err)
	}
}

func TestWhoGivesWay(t *testing.T) {
	const short = `    push: {file: /f, catalog: C, messages: M, client: {password_file: /p}, data: /d}` + "\n"
	for push, want := range map[string]time.Duration{"    push: none\n": 0, "": 0, short: 3 * time.Hour, strings.Replace(short, "data",
		"apart: 15m, data", 1): 15 * time.Minute} {
		c, err := loadText(withPush(t, push))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Clusters[model.Green].Push; got.Apart != want || got.None != (push == "    push: none\n") {
			t.Errorf("%s: %+v", push, got)
		}
	}
	blue := strings.Replace(
		withPush(t, short),
		"      tls: {mode: \"off\"}\n",
		"      tls: {mode: \"off\"}\n"+strings.Replace(short, "data", "apart: 1h, data", 1),
		1,
	)
	c, err := loadText(blue)
	if err != nil || c.Clusters[model.Blue].Push.Apart != time.Hour || c.Clusters[model.Green].Push.Apart != 0 {
		t.Errorf("blue says that it gives way, and green does, too: %v", err)
	}
}

func TestPushMistakes(t *testing.T) {
	both := func(push string) string {
		return strings.Replace(withPush(t, push), "      tls: {mode: \"off\"}\n", "      tls: {mode: \"off\"}\n"+push, 1)
	}
	var b strings.Builder
	for _, m := range []struct {
		name string
		text string
	}{
		{"a word", withPush(t, "    push: nobody\n")},
		{"a list", withPush(t, "    push: [bacula]\n")},
		{"nothing", withPush(t, "    push:\n")},
		{"an unknown key", withPush(t, pushed, "pool: Default", "pol: Default")},
		{"no file", withPush(t, pushed, "      file: /etc/bacula/routed.conf\n", "")},
		{"a file of nowhere", withPush(t, pushed, "/etc/bacula/routed.conf", "routed.conf")},
		{"a file with a blank", withPush(t, pushed, "/etc/bacula/routed.conf", "/etc/bacula/routed jobs.conf")},
		{"a command as one text", withPush(t, pushed, "[bdirjson, -c, \"{file}\"]", "bdirjson -c")},
		{"tools without a configuration", withPush(t, pushed, "      conf: [ssh, dir-new, cat, /etc/bacula/bacula-dir.conf]\n", "")},
		{"a version as a number", withPush(t, pushed, `"15.0.3"`, "15.0")},
		{"no version", withPush(t, pushed, `"15.0.3"`, `"community"`)},
		{"a name that is none", withPush(t, pushed, "messages: Standard", `messages: "Standard\"; Type = Admin"`)},
		{"no catalog", withPush(t, pushed, "      catalog: MainCatalog\n", "")},
		{"an unknown placeholder", withPush(t, pushed, "{client}.example", "{chain}.example")},
		{"an open placeholder", withPush(t, pushed, "{chain}/{region}/{kind}", "{chain/{region}/{kind}")},
		{"a brace", withPush(t, pushed, "{chain}/{region}/{kind}", "{chain}}/x")},
		{"a pipe", withPush(t, pushed, "\"/backup/{chain}/{region}/{kind}\"", "\"|cat /etc/passwd\"")},
		{"a quote", withPush(t, pushed, "\"/backup/{chain}/{region}/{kind}\"", `'/backup/"x'`)},
		{"the password itself", withPush(t, pushed, "password_file: \"/etc/bacula/clients/{client}\"", "password: hunter2")},
		{"a password's file of nowhere", withPush(t, pushed, "\"/etc/bacula/clients/{client}\"", "clients")},
		{"a port", withPush(t, pushed, "9112", "91120")},
		{"no number of jobs", withPush(t, pushed, "jobs: 2", "jobs: many")},
		{"no number of jobs of a Director", withPush(t, "    max_jobs: 0\n"+pushed)},
		{"no number of jobs of a storage", withPush(t, "    storage_jobs: {sd-region1: some}\n"+pushed)},
		{"a number for all storages", withPush(t, "    storage_jobs: 4\n"+pushed)},
		{"no kind in file sets", withPush(t, pushed, "f-{kind}-{chain}", "f-{chain}")},
		{"a level", withPush(t, pushed, "Differential", "Daily")},
		{"a kind of level", withPush(t, pushed, "regular: Diff", "weekly: Diff")},
		{"too near", withPush(t, pushed, "apart: 2h", "apart: 5m")},
		{"a number of hours", withPush(t, pushed, "apart: 2h", "apart: 2")},
		{"both give way, and are one", both(pushed)},
	} {
		_, err := loadText(m.text)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s is taken: %v", m.name, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: a secret is told: %v", m.name, err)
		}
		fmt.Fprintf(&b, "== %s\n%v\n", m.name, err)
	}
	const golden = "testdata/push.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHowManyRunAtOnceIsRead from beside push.
func TestHowManyRunAtOnceIsRead(t *testing.T) {
	c, err := loadText(withPush(t, "    max_jobs: 20\n    storage_jobs: {sd-region1: 4}\n"+pushed))
	if err != nil || c.Clusters[model.Green].AtOnce != 20 || c.Clusters[model.Green].Storages["sd-region1"] != 4 ||
		c.Clusters[model.Blue].AtOnce != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestTemplatesAreRead: one that is empty or no file is refused where it is named.
func TestTemplatesAreRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"good": "{{.Cluster}}", "empty": " \n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"good": "", "empty": "it is empty", ".": "it is no file under"} {
		c, err := loadText(withPush(t, pushed, "routed.tmpl", filepath.Join(dir, name)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := c.Clusters[model.Green].Push.ReadTemplate()
		if want == "" && (err != nil || text != "{{.Cluster}}") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
