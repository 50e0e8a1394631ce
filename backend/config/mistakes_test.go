package config

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

var update = flag.Bool("update", false, "write the golden file")

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// mistakes are what people do to the good files: old text, new text, pair by pair.
var mistakes = []struct {
	name string
	file string
	swap []string
}{
	{"unknown key", "switchyard.yaml", []string{"environment: lab", "environment: lab\nowner: dba"}},
	{"misspelt key", "switchyard.yaml", []string{"database: bacula\n      tls: {mode: \"off\"}", "databse: bacula"}},
	{"duplicate key", "switchyard.yaml", []string{"environment: lab", "environment: lab\nenvironment: prod"}},
	{"wrong type", "switchyard.yaml", []string{`hosts: ["127.0.0.1:33062"]`, `hosts: "127.0.0.1:33062"`}},
	{"number for a text", "switchyard.yaml", []string{"environment: lab", "environment: 7"}},
	{"nothing there", "switchyard.yaml", []string{"environment: lab", "environment:"}},
	{"no hosts", "switchyard.yaml", []string{`      hosts: ["127.0.0.1:33062"]` + "\n", ""}},
	{"empty hosts", "switchyard.yaml", []string{`hosts: ["127.0.0.1:33062"]`, "hosts: []"}},
	{"no port", "switchyard.yaml", []string{`"127.0.0.1:33063"`, `db2.example`}},
	{"bad port", "switchyard.yaml", []string{`"127.0.0.1:33063"`, `"db2.example:mysql"`}},
	{"same host twice", "switchyard.yaml", []string{`"127.0.0.1:33063"`, `"127.0.0.1:33061"`}},
	{"the journal breaks its own glass", "switchyard.yaml", []string{"break_glass: glass", "break_glass: journal"}},
	{"extensions by another word", "switchyard.yaml", []string{"extensions: yes", "extensions: all"}},
	{"what gets the routes as one text", "switchyard.yaml", []string{"get: [curl, -sf, https://control.example/routes]", "get: curl -sf"}},
	{"no such key of the routes", "switchyard.yaml", []string{"{extensions: yes", "{extension: yes"}},
	{"no green", "switchyard.yaml", []string{"  green:\n    time_zone: UTC", "  gren:\n    time_zone: UTC"}},
	{"no time zone", "switchyard.yaml", []string{"    time_zone: UTC\n", ""}},
	{"unknown time zone", "switchyard.yaml", []string{"Europe/Amsterdam", "CEST"}},
	{"command as one text", "switchyard.yaml", []string{"[bconsole, -n, -c, /etc/switchyard/blue-watch.conf]", "bconsole -n"}},
	{
		"no console for the passive Director",
		"switchyard.yaml",
		[]string{"blue-watch.conf]\n      passive: [ssh, dir-old2, bconsole, -n]", "blue-watch.conf]"},
	},
	{"console for no passive Director", "switchyard.yaml", []string{"green-watch.conf]", "green-watch.conf]\n      passive: [bconsole]"}},
	{"no watch", "switchyard.yaml", []string{"watch:\n", "wach:\n"}},
	{"password in the file", "switchyard.yaml", []string{"password: {file: secrets/watch}", "password: hunter2"}},
	{"two references", "switchyard.yaml", []string{"{env: GREEN_WATCH}", "{env: GREEN_WATCH, file: x}"}},
	{"no password", "switchyard.yaml", []string{", password: {env: GREEN_WATCH}", ""}},
	{"password and iam", "switchyard.yaml", []string{"iam: true", "iam: true, password: {env: X}"}},
	{"credentials in an address", "switchyard.yaml", []string{`"127.0.0.1:33063"`, `"root:hunter2@db2:3306"`}},
	{"unknown tls mode", "switchyard.yaml", []string{`mode: "off"`, "mode: preferred"}},
	{"unused certificate", "switchyard.yaml", []string{`mode: "off"`, "mode: off, ca: ca.pem"}},
	{"no such certificate", "switchyard.yaml", []string{"ca: ca.pem, server_name", "ca: no.pem, server_name"}},
	{"ambiguous template", "switchyard.yaml", []string{"{chain}-{region}-{kind}", "{chain}{region}-{kind}"}},
	{"incomplete template", "switchyard.yaml", []string{"{chain}-{region}-{kind}", "{chain}-{region}"}},
	{"names that clash", "switchyard.yaml", []string{`"restore-{region}-{kind}"`, `"backup-chain01-{region}-{kind}"`}},
	{"unknown threshold", "switchyard.yaml", []string{"size_low", "sizelow"}},
	{"bad threshold", "switchyard.yaml", []string{"promise_ahead: 3h", "promise_ahead: 3 hours"}},
	{"AWS endpoint elsewhere", "switchyard.yaml", []string{"http://127.0.0.1:4566", "https://rds.example.com"}},
	{"AWS account as a number", "switchyard.yaml", []string{`account: "123456789012"`, "account: 123456789012"}},
	{"bad AWS account", "switchyard.yaml", []string{`"123456789012"`, `"1234-5678-9012"`}},
	{"passive Director at the active one's address", "switchyard.yaml", []string{`"127.0.0.1:19102"`, `"localhost:19101"`}},
	{"one host by two names", "switchyard.yaml", []string{`"127.0.0.1:33063"`, `"Localhost:33061"`}},
	{"green's Director at blue's address, version 6", "switchyard.yaml", []string{`"127.0.0.1:29101"`, `"[::1]:19102"`}},
	{"green's Director at blue's address", "switchyard.yaml", []string{`"127.0.0.1:29101"`, `"127.0.0.1:19102"`}},
	{"green's catalog is blue's", "switchyard.yaml", []string{`["127.0.0.1:33062"]`, `["db.example:3306", "LOCALHOST:33063"]`}},
	{"consoles crossed into one", "switchyard.yaml", []string{"green-watch.conf", "blue-watch.conf"}},
	{
		"act console of another Director",
		"switchyard.yaml",
		[]string{
			"      active: [bconsole, -n, -c, /etc/switchyard/blue-act.conf]\n      passive: [ssh, dir-old2, bconsole, -n]",
			"      active: [ssh, dir-old2, bconsole, -n]\n      passive: [bconsole, -n, -c, /etc/switchyard/green-watch.conf]",
		},
	},
	{
		"replica that is the primary",
		"switchyard.yaml",
		[]string{"id: bacula-replica, aws_region: eu-central-1", "id: Bacula, aws_region: eu-west-1"},
	},
	{"replica at the primary's address", "switchyard.yaml", []string{`"127.0.0.1:33065"`, `"127.0.0.1:33064"`}},
	{"bad AWS region", "switchyard.yaml", []string{"aws_region: eu-west-1,", "aws_region: region1,"}},
	{"two journals", "switchyard.yaml", []string{"  dir: journal", "  dir: journal\n  s3: {bucket: b}"}},
	{"two inventories", "switchyard.yaml", []string{"  file: inventory.yaml", "  file: inventory.yaml\n  command: [inv]"}},
	{"no such inventory", "switchyard.yaml", []string{"file: inventory.yaml", "file: nowhere.yaml"}},
	{"bracket not closed", "switchyard.yaml", []string{`hosts: ["127.0.0.1:33062"]`, `hosts: ["127.0.0.1:33062"`}},
	{"tab", "switchyard.yaml", []string{"    time_zone: UTC", "\ttime_zone: UTC"}},
	{
		"wrong indentation",
		"switchyard.yaml",
		[]string{"    catalog:\n      hosts: [\"127.0.0.1:33062\"]", "   catalog:\n      hosts: [\"127.0.0.1:33062\"]"},
	},
	{"anchor", "switchyard.yaml", []string{"  size_low: 0.4", "  size_low: &low 0.4"}},
	{"letters that are wide", "switchyard.yaml", []string{"{name: dir-new, address: \"127.0.0.1:29101\"}", "{address: \"größe:1\", nam: x}"}},
	{
		"several at once",
		"switchyard.yaml",
		[]string{"hosts: [\"127.0.0.1:33062\"]", "hosts: []", "size_low: 0.4", "size_low: 4", "name: dir-old,", "name: dir old,"},
	},
	{"empty file", "switchyard.yaml", nil},

	{"misspelt kind", "inventory.yaml", []string{"          regular:\n", "          reglar:\n"}},
	{"schedule without a time", "inventory.yaml", []string{`"Full sun at 02:10"`, `"Full sun"`}},
	{"bad weekday", "inventory.yaml", []string{`"mon-sat at 02:10"`, `"mon-sut at 02:10"`}},
	{"no unit", "inventory.yaml", []string{"retention: 30d", "retention: 30"}},
	{"bad duration", "inventory.yaml", []string{"retention: 30d", "retention: a month"}},
	{"bad tier", "inventory.yaml", []string{"tier: 1", "tier: gold"}},
	{"no client", "inventory.yaml", []string{"    client: db2-fd\n", ""}},
	{"no promise", "inventory.yaml", []string{", promise: 26h", ""}},
	{"chain twice", "inventory.yaml", []string{"name: chain02", "name: chain01"}},
	{"bad chain name", "inventory.yaml", []string{"name: chain02", "name: chain 02"}},
	{"no chains", "inventory.yaml", []string{"chains:", "chain:"}},
	{
		"chains as a mapping",
		"inventory.yaml",
		[]string{"chains:\n  - name: chain01", "chains:\n    name: chain01", "  - name: chain02", "  # "},
	},
	{"no kinds", "inventory.yaml", []string{"        kinds:\n          regular:\n          immutable: {promise: 50h}", "        client: x"}},
	{"no chain at all", "inventory.yaml", nil},
}

func TestMistakes(t *testing.T) {
	var got strings.Builder
	for _, m := range mistakes {
		source := readTestdata(t, m.file)
		for i := 0; i+1 < len(m.swap); i += 2 {
			if !strings.Contains(source, m.swap[i]) {
				t.Fatalf("%s: %s has no %q", m.name, m.file, m.swap[i])
			}
			source = strings.Replace(source, m.swap[i], m.swap[i+1], 1)
		}
		if m.swap == nil {
			source = "# nothing\n"
		}
		err := wrong(m.file, source)
		if err == nil {
			t.Fatalf("%s: it is accepted", m.name)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the password is in the error", m.name)
		}
		fmt.Fprintf(&got, "== %s\n%s\n", m.name, strings.ReplaceAll(err.Error(), testdata(t), "/etc/switchyard"))
		if dos := wrong(m.file, strings.ReplaceAll(source, "\n", "\r\n")); dos == nil || dos.Error() != err.Error() {
			t.Errorf("%s: with CRLF: %v\n%s", m.name, dos, cmp.Diff(err.Error(), fmt.Sprint(dos)))
		}
	}
	const golden = "testdata/mistakes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readTestdata(t, "mistakes.golden"), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func testdata(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// wrong is what reading everything that a file leads to says.
func wrong(file, source string) error {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		return err
	}
	if file == "inventory.yaml" {
		_, err := readInventory(file, []byte(source), false)
		return err
	}
	c, err := load(file, dir, []byte(source))
	if err != nil {
		return err
	}
	inv, err := c.Inventory(context.Background())
	if err != nil {
		return err
	}
	_, err = c.Names(inv)
	return err
}

// Wherever a password is written by mistake, no error shows it.
func TestNoSecretInErrors(t *testing.T) {
	base := readTestdata(t, "switchyard.yaml")
	const here = "    catalog: {user: switchyard_watch, password: {file: secrets/watch}}"
	for _, instead := range []string{
		"    catalog: {user: switchyard_watch, password: hunter2}",
		"    catalog: {user: switchyard_watch, pasword: hunter2}",
		"    catalog: {user: switchyard_watch, secret: hunter2}",
		"    catalog: {user: switchyard_watch, hunter2}",
		"    catalog: {user: switchyard_watch, password: {hunter2}}",
		"    catalog: {user: switchyard_watch, password: {file: hunter2, env: A}}",
		"    catalog: {user: switchyard_watch, password: {env: \"hunter2!\"}}",
		"    catalog: {user: switchyard_watch, password: {fil: hunter2}}",
		"    catalog: {user: switchyard_watch, password: [hunter2]}",
		"    catalog: {user: switchyard_watch, password: \"hunter2}",
		"    catalog: {user: switchyard_watch, password: hunter2",
		"    catalog: {user: switchyard_watch, password: hunter2]}",
		"    catalog: {user: switchyard_watch, password: &hunter2}",
		"    catalog: {user: switchyard_watch, password: !hunter2 x}",
		"    catalog: {user: switchyard_watch, password: *hunter2}",
		"    catalog: {user: switchyard_watch, password: hun: hunter2: x}",
		"    catalog: {user: switchyard_watch, password: hunter2, password: hunter2}",
		"    catalog: hunter2",
		"    catalog: [switchyard_watch, hunter2]",
		"    catalog:\n      user: a\n      password: hunter2: x",
		"    catalog:\n      user: a\n      password:\n        hunter2: x\n        hunter2: x",
		"    catalog:\n      user: a\n      password:\n        hunter2\n       hunter2",
		"    catalog:\n      user: a\n      password:\n      hunter2",
		"    catalog:\n      user: a\n      password: |\n        one\n        hunter2\n      hunter2: [",
		"    catalog:\n      user: a\n      pass: hunter2",
		"    catalog:\n      user: a\n      login: hunter2 # hunter2",
		"    catalog:\n      user: a\n     password: 'hunter2",
		"    catalog:\n      user: a\n      password: @hunter2",
		"    catalog:\n      user: a\n      password: `hunter2",
		"    catalog:\n      user: a\n      password: %hunter2",
		"    catalog:\n      user: a\n      password: \thunter2\n\t\tx",
		"    catalog:\n      user: a\n      hunter2",
		"    hunter2",
		"    password: hunter2",
	} {
		source := strings.Replace(base, here, instead, 1)
		_, err := load("switchyard.yaml", testdata(t), []byte(source))
		if err == nil {
			t.Errorf("accepted: %s", instead)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("for\n%s\nthe error is\n%v", instead, err)
		}
	}
}

func TestManyMistakesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("chains:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "  - {name: chain%d, regions: {region1: {kinds: {regular: {}}}}}\n", i)
	}
	_, err := readInventory("inventory.yaml", []byte(b.String()), false)
	if err == nil || !strings.HasSuffix(err.Error(), "\nand 4990 more") || strings.Count(err.Error(), "\n") > 40 {
		t.Errorf("%v", err)
	}
}

func TestDeepNesting(t *testing.T) {
	for _, source := range []string{
		strings.Repeat("[", 20_000), strings.Repeat("{a: ", 20_000), strings.Repeat("- ", 20_000), "{" + strings.Repeat(`"a":[`, 20_000),
		"a: " + strings.Repeat("[[", 10_000), strings.Repeat("? ", 20_000), strings.Repeat("!a ", 20_000), strings.Repeat("&a ", 20_000),
	} {
		for _, asJSON := range []bool{false, true} {
			if _, err := readInventory("inventory", []byte(source), asJSON); err == nil {
				t.Errorf("%.20s is accepted", source)
			}
		}
	}
}

func FuzzConfig(f *testing.F) {
	base := readTestdata(f, "switchyard.yaml")
	f.Add(base)
	for _, m := range mistakes {
		if m.file == "switchyard.yaml" && len(m.swap) > 1 {
			f.Add(strings.Replace(base, m.swap[0], m.swap[1], 1))
		}
	}
	for _, s := range []string{"", "{", "[", "a: b: c", "? x", "- a\nb", "\ufeffa: b", "a: |\n  b", "{\"a\": 1}", "\xff", "a: \x1b[31m",
		"---\n---\n", "%YAML", "*a", "a: !!b c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		_, err := load("switchyard.yaml", testdata(t), []byte(source))
		checkError(t, source, err)
	})
}

func FuzzInventory(f *testing.F) {
	base := readTestdata(f, "inventory.yaml")
	f.Add(base, false)
	for _, m := range mistakes {
		if m.file == "inventory.yaml" && len(m.swap) > 1 {
			f.Add(strings.Replace(base, m.swap[0], m.swap[1], 1), false)
		}
	}
	f.Add(
		`{"defaults": {"client": "a"}, "chains": [{"name": "c", "regions": {"r": {"kinds": {"regular": {"schedule": ["daily at 1:00"]}}}}}]}`,
		true,
	)
	f.Add(`{"chains": [{"name": "c\u001b", "regions": {}}], "chains": 1e5}`, true)
	f.Fuzz(func(t *testing.T, source string, asJSON bool) {
		inv, err := readInventory("inventory", []byte(source), asJSON)
		checkError(t, source, err)
		if err == nil && len(inv.Cells) == 0 {
			t.Fatal("an inventory without cells")
		}
	})
}

// checkError asks that an error is harmless on a screen, and placed within the source.
func checkError(t *testing.T, source string, err error) {
	if err == nil {
		return
	}
	lines := strings.Split(err.Error(), "\n")
	for _, line := range lines {
		if line != model.Clean(line) {
			t.Fatalf("%q: the error holds %q", source, line)
		}
	}
	if len(lines) > 3*maxShown+1 {
		t.Fatalf("%q: %d lines of errors", source, len(lines))
	}
	var name string
	var line, column int
	if n, _ := fmt.Sscanf(
		strings.NewReplacer(":", " ").Replace(lines[0]),
		"%s %d %d",
		&name,
		&line,
		&column,
	); n != 3 || line < 1 || column < 1 ||
		line > strings.Count(source, "\n")+strings.Count(source, "\r")+2 {
		t.Fatalf("%q: the error has no place: %q", source, lines[0])
	}
}
