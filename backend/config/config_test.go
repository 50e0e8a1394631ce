package config

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

func mustLoad(t testing.TB, source string) *Config {
	t.Helper()
	c, err := load("switchyard.yaml", testdata(t), []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoad(t *testing.T) {
	c, err := Load("testdata/switchyard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := testdata(t)
	type told struct {
		Environment string
		Zones       [2]string
		Directors   [4]Director
		Catalogs    [2]Catalog
		Consoles    [6][]string
		Users       [4]string
		Passwords   [3]string
		IAM         bool
		AWS         AWS
		RDS         *RDS
		Journal     Journal
		Set         map[string]string
		Ahead       time.Duration
		Ticket      bool
		Freeze      model.Freeze
		Launcher    []string
	}
	b, g := c.Clusters[model.Blue], c.Clusters[model.Green]
	w, a := c.Watch.Clusters, c.Act.Clusters
	got := told{c.Environment, [2]string{b.Zone.String(), g.Zone.String()}, [4]Director{b.Active, b.Passive, g.Active, g.Passive},
		[2]Catalog{b.Catalog, g.Catalog}, [6][]string{w[0].Active, w[0].Passive, w[1].Active, w[1].Passive, a[0].Active, a[1].Active},
		[4]string{w[0].Catalog.User, w[1].Catalog.User, a[0].Catalog.User, a[1].Catalog.User},
		[3]string{w[0].Catalog.Password.String(), w[1].Catalog.Password.String(), a[0].Catalog.Password.String()},
		c.Watch.RDS.IAM, c.AWS, c.RDS, c.Journal, c.PolicySet, c.Policy.PromiseAhead,
		c.Policy.Ticket, c.Policy.Freeze, c.Launcher}
	ca := filepath.Join(dir, "ca.pem")
	want := told{
		"lab",
		[2]string{"Europe/Amsterdam", "UTC"},
		[4]Director{{"dir-old", "127.0.0.1:19101"}, {"dir-old2", "127.0.0.1:19102"}, {"dir-new", "127.0.0.1:29101"}, {}},
		[2]Catalog{
			{[]string{"127.0.0.1:33061", "127.0.0.1:33063"}, "bacula", TLS{Off: true}},
			{[]string{"127.0.0.1:33062"}, "bacula", TLS{CA: ca, ServerName: "catalog.example"}},
		},
		[6][]string{{"bconsole", "-n", "-c", "/etc/switchyard/blue-watch.conf"}, {"ssh", "dir-old2", "bconsole", "-n"},
			{"bconsole", "-n", "-c", "/etc/switchyard/green-watch.conf"}, nil, {"bconsole", "-n", "-c", "/etc/switchyard/blue-act.conf"}, nil},
		[4]string{"switchyard_watch", "switchyard_watch", "switchyard_act", ""},
		[3]string{
			"secret from file " + filepath.Join(dir, "secrets/watch"),
			"secret from environment variable GREEN_WATCH",
			"secret from command pass",
		},
		true,
		AWS{"switchyard-watch", "", "123456789012", "http://127.0.0.1:4566"},
		&RDS{
			Instance{"bacula", "eu-west-1", "127.0.0.1:33064"},
			Instance{"bacula-replica", "eu-central-1", "127.0.0.1:33065"},
			TLS{CA: ca},
			"bacula",
			"",
		},
		Journal{Dir: filepath.Join(dir, "journal"), BreakGlass: filepath.Join(dir, "glass")},
		map[string]string{"promise_ahead": "testdata/switchyard.yaml:44", "size_low": "testdata/switchyard.yaml:45",
			"ticket": "testdata/switchyard.yaml:46", "freeze": "testdata/switchyard.yaml:47"},
		3 * time.Hour,
		true,
		"fri 18:00 - mon 06:00",
		[]string{"sudo", "-n", "-u", "switchyard"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	inv, err := c.Inventory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names, err := c.Names(inv)
	if err != nil {
		t.Fatal(err)
	}
	if cell, ok := names.Cell(
		"backup-chain02-region2-immutable",
	); !ok ||
		cell != (model.Cell{Chain: "chain02", Region: "region2", Kind: model.Immutable}) {
		t.Errorf("Cell = %v, %v", cell, ok)
	}
	if _, ok := names.Told("restore-region2-regular"); !ok {
		t.Error("the restore job has no name")
	}
}

func TestLoadTheLeast(t *testing.T) {
	c := mustLoad(t, `{"environment": "x", "inventory": {"command": ["inv"]}, "job_names": {"backup": "{chain}-{region}-{kind}"},
"clusters": {"blue": {"time_zone": "UTC", "directors": {"active": {"name": "a", "address": "[::1]:9101"}},
 "catalog": {"hosts": ["h:1"], "database": "a"}},
"green": {"time_zone": "UTC", "directors": {"active": {"name": "a", "address": "h:9101"}}, "catalog": {"hosts": ["h:1"], "database": "b"}}},
"watch": {"blue": {"consoles": {"active": ["bconsole", "-u", 5]}, "catalog": {"user": "u", "password": {"env": "X"}}},
"green": {"consoles": {"active": ["bconsole"]}, "catalog": {"user": "u", "password": {"env": "X"}}}},
 "journal": {"s3": {"bucket": "abc", "aws_region": "us-gov-west-1"}}}`)
	if c.RDS != nil || c.Policy != model.DefaultPolicy() || c.Act.Clusters[0].Active != nil || c.Clusters[0].Catalog.TLS.Off ||
		c.Journal.S3.Bucket != "abc" {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff([]string{"bconsole", "-u", "5"}, c.Watch.Clusters[0].Active); diff != "" {
		t.Error(diff)
	}
}

// Nothing that only acting needs has to exist to watch.
func TestLoadLooksAtNothingOfAct(t *testing.T) {
	source := strings.Replace(readTestdata(t, "switchyard.yaml"), "[pass, show, act]", "[/nonexistent/pass]", 1)
	c := mustLoad(t, strings.Replace(source, "secrets/watch", "/nonexistent/watch", 1))
	if c.Act.Clusters[model.Blue].Catalog.Password.IsZero() {
		t.Error("act has no password")
	}
}

func TestLoadNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "none.yaml"), dir} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestIdentity holds that sessions with files of their own know that they look at the same, and at nothing else of that name.
func TestIdentity(t *testing.T) {
	source, err := os.ReadFile("testdata/switchyard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	of := func(change func(*Config)) string {
		c := mustLoad(t, string(source))
		change(c)
		return c.Identity()
	}
	first := of(func(*Config) {})
	if len(first) != 16 || strings.Trim(first, "0123456789abcdef") != "" {
		t.Errorf("it is %q", first)
	}
	green := func(c *Config) *Cluster { return &c.Clusters[model.Green] }
	for name, change := range map[string]func(*Config){
		"credentials and policy": func(c *Config) {
			c.Path, c.Watch, c.Policy, c.Journal = "other.yaml", Access{}, model.Policy{}, Journal{}
		},
		"a passive one is active": func(c *Config) { g := green(c); g.Active, g.Passive = g.Passive, g.Active },
		"the case of a host":      func(c *Config) { green(c).Active.Address = strings.ToUpper(green(c).Active.Address) },
	} {
		if got := of(change); got != first {
			t.Errorf("%s: it is %q and was %q", name, got, first)
		}
	}
	for name, change := range map[string]func(*Config){
		"a name":          func(c *Config) { c.Environment += "2" },
		"a rehearsal":     func(c *Config) { c.Rehearsal = "overlap" },
		"an address":      func(c *Config) { green(c).Active.Address = "elsewhere:9101" },
		"sides exchanged": func(c *Config) { c.Clusters[0], c.Clusters[1] = c.Clusters[1], c.Clusters[0] },
	} {
		if of(change) == first {
			t.Errorf("%s: it is the same", name)
		}
	}
}

func TestTLS(t *testing.T) {
	for _, none := range []TLS{{}, {Off: true}, {Off: true, CA: "testdata/none.pem"}} {
		if pem, err := none.Certificates(); pem != nil || err != nil {
			t.Errorf("%+v: %q, %v", none, pem, err)
		}
	}
	pem, err := TLS{CA: "testdata/ca.pem", ServerName: "db"}.Certificates()
	if err != nil || !bytes.HasPrefix(pem, []byte("-----BEGIN CERTIFICATE-----")) {
		t.Errorf("%q, %v", pem, err)
	}
	for _, ca := range []string{"testdata/none.pem", "testdata/switchyard.yaml"} {
		if _, err := (TLS{CA: ca}).Certificates(); err == nil {
			t.Errorf("%s is accepted", ca)
		}
	}
}

func TestFind(t *testing.T) {
	home, system := t.TempDir(), t.TempDir()
	put := func(dir string) string {
		path := filepath.Join(dir, "switchyard", "switchyard.yaml")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("XDG_CONFIG_DIRS", "relative:"+system)
	t.Setenv("SWITCHYARD_CONFIG", "")
	is := func(flag, want string) {
		t.Helper()
		if got, err := Find(flag); got != want || err != nil {
			t.Errorf("Find(%q) = %q, %v; want %q", flag, got, err, want)
		}
	}
	if got, err := Find(""); err == nil || !strings.Contains(err.Error(), home) || !strings.Contains(err.Error(), system) {
		t.Errorf("nowhere: %q, %v", got, err)
	}
	is("", put(system))
	is("", put(home))
	t.Setenv("SWITCHYARD_CONFIG", "/elsewhere.yaml")
	is("", "/elsewhere.yaml")
	is("flag.yaml", "flag.yaml")
	t.Setenv("SWITCHYARD_CONFIG", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", t.TempDir())
	is("", filepath.Join(system, "switchyard", "switchyard.yaml"))
}

// sized is an inventory of n chains in two regions and both kinds, as YAML and as JSON.
func sized(n int) (yaml, json string) {
	var y, j strings.Builder
	y.WriteString("defaults: {tier: 2, retention: 7d, promise: 26h, schedule: \"daily at 02:10\"}\nchains:\n")
	j.WriteString(`{"defaults": {"tier": 2, "retention": "7d", "promise": "26h", "schedule": "daily at 02:10"}, "chains": [`)
	for i := range n {
		fmt.Fprintf(&y, "  - name: chain%05d\n    tier: 1\n    regions:\n", i)
		if i > 0 {
			j.WriteString(",\n")
		}
		fmt.Fprintf(&j, `{"name": "chain%05d", "tier": 1, "regions": {`, i)
		for r := 1; r < 3; r++ {
			fmt.Fprintf(
				&y,
				"      region%d:\n        client: db%d-fd\n        kinds:\n          regular: {schedule: [\"mon-sat at 02:10\", \"Full sun at "+
					"02:10\"], pool: reg-region%d, storage: sd-region%d}\n          immutable: {pool: imm-region%d, storage: sd-region%d, retention: "+
					"30d}\n",
				r,
				i,
				r,
				r,
				r,
				r,
			)
			fmt.Fprintf(
				&j,
				`"region%d": {"client": "db%d-fd", "kinds": {"regular": {"schedule": ["mon-sat at 02:10", "Full sun at 02:10"], `+
					`"pool": "reg-region%d", "storage": "sd-region%d"}, `+
					`"immutable": {"pool": "imm-region%d", "storage": "sd-region%d", "retention": "30d"}}}`,
				r,
				i,
				r,
				r,
				r,
				r,
			)
			if r == 1 {
				j.WriteString(", ")
			}
		}
		j.WriteString("}}")
	}
	j.WriteString("]}")
	return y.String(), j.String()
}

func BenchmarkLoad(b *testing.B) {
	source := []byte(readTestdata(b, "switchyard.yaml"))
	for b.Loop() {
		if _, err := load("switchyard.yaml", testdata(b), source); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInventory(b *testing.B) {
	for _, n := range []int{250, 10_000} {
		yaml, json := sized(n)
		for _, source := range []struct{ name, text string }{{"yaml", yaml}, {"json", json}} {
			b.Run(fmt.Sprintf("%s/%d", source.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					inv, err := readInventory("inventory."+source.name, []byte(source.text), source.name == "json")
					if err != nil || len(inv.Cells) != 4*n {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestInventoryCommand(t *testing.T) {
	_, json := sized(3)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "inv.json"), []byte(json), 0o600); err != nil {
		t.Fatal(err)
	}
	base := readTestdata(t, "switchyard.yaml")
	with := func(argv string) (*model.Inventory, error) {
		c := mustLoad(t, strings.Replace(base, "file: inventory.yaml", "command: "+argv, 1))
		return c.Inventory(context.Background())
	}
	inv, err := with("[cat, " + filepath.Join(dir, "inv.json") + "]")
	if err != nil || len(inv.Cells) != 12 {
		t.Errorf("%v", err)
	}
	for _, c := range []struct{ argv, says string }{
		{`[sh, -c, "echo no access to the CMDB >&2; exit 3"]`, "exit status 3: no access to the CMDB; run it by hand\n    4 |   command: "},
		{`[/nonexistent/inv]`, "no such file or directory"},
		{`["true"]`, "output of true:1:1: a value is missing"},
		{`[echo, '{"chains": [], "defaults": {"tier": 0}}']`, "output of echo:1:37: defaults.tier: it is not a tier"},
		{`[echo, '{"chains": ]}']`, "output of echo:1:12: "},
	} {
		if _, err := with(c.argv); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.argv, err, c.says)
		}
	}
}

// TestServices reads how Directors are told something, and refuses a vector that would reach the wrong one.
func TestServices(t *testing.T) {
	source := readTestdata(t, "switchyard.yaml")
	const old = `passive: {name: dir-old2, address: "127.0.0.1:19102"`
	if !strings.Contains(source, old) {
		t.Fatal("the passive Director is written otherwise")
	}
	with := func(service string) string { return strings.Replace(source, old, old+", service: "+service, 1) }
	c := mustLoad(t, with(`{state: [ssh, d2, show], stop: [ssh, d2, stop]}`))
	if got := c.Clusters[model.Blue].Services[1]; strings.Join(got.State, " ") != "ssh d2 show" || strings.Join(got.Stop,
		" ") != "ssh d2 stop" ||
		got.Mask != nil ||
		c.Clusters[model.Blue].Services[0].State != nil {
		t.Errorf("%+v", got)
	}
	for service, want := range map[string]string{
		`{stop: [ssh, d2, stop]}`:                              "--property=UnitFileState",
		`{state: [ssh, d2, show], halt: [x]}`:                  "halt",
		`{state: "ssh d2 show"}`:                               "it is one text",
		`{state: [ssh, d2, stop], stop: [ssh, d2, stop]}`:      "it is the vector of blue.passive.state, too",
		`{state: [ssh, d2, show], stop: [x, y], mask: [x, y]}`: "it is the vector of blue.passive.stop, too",
	} {
		if _, err := load("switchyard.yaml", testdata(t), []byte(with(service))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", service, err)
		}
	}
	alike := strings.Replace(with(`{state: [ssh, d2, show]}`), "name: dir-old2", "name: dir-old", 1)
	const both = "both Directors of blue are called dir-old"
	if _, err := load("switchyard.yaml", testdata(t), []byte(alike)); err == nil || !strings.Contains(err.Error(), both) {
		t.Errorf("of two of one name: %v", err)
	}
}
