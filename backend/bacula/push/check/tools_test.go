package check

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// fakeTool is what this test's own program is when it is started with it.
const fakeTool = "SWITCHYARD_FAKE_TOOL"

func TestMain(m *testing.M) {
	if as := os.Getenv(fakeTool); as != "" {
		os.Exit(fake(as, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fake is bdirjson or bacula-dir -t, in the words that the real ones were heard to say, or something that fails in another way.
func fake(as string, args []string) int {
	switch as {
	case "hangs":
		fmt.Println("[")
		time.Sleep(time.Hour)
	case "floods":
		for {
			if _, err := os.Stdout.WriteString(strings.Repeat("x", 1<<16)); err != nil {
				return 1
			}
		}
	case "denied":
		fmt.Fprintln(os.Stderr, "sudo: a password is required")
		return 1
	case "no catalog":
		fmt.Print("bacula-dir: dird.c:1273-0 Could not open Catalog \"MainCatalog\", database \"bacula\".\n" +
			"28-Nov 23:50 bacula-dir ERROR TERMINATION\nPlease correct configuration file: x\n")
		return 1
	case "quiet":
		return 0
	case "not json":
		fmt.Println("Last login: yesterday")
		return 0
	case "zero":
		fmt.Println("Config error: Could not find config Resource \"x\" referenced on line 3 : Password = \"topsecret\"")
		return 0
	}
	path := args[slices.Index(args, "-c")+1]
	var text []byte
	var err error
	if path == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		fmt.Println("Config error: Cannot open config file: " + err.Error())
		return 1
	}
	f, err := conf.Parse(string(text), conf.Options{Leave: true})
	if err != nil {
		e := err.(*conf.Error)
		echo := strings.Split(string(text), "\n")[e.Line-1]
		fmt.Printf("bacula-dir: ERROR TERMINATION at parse_conf.c:1157\nConfig error: %s\n", e.Says)
		fmt.Printf("            : line %d, col %d of file %s\n%s\n\n", e.Line, e.Column, path, echo)
		return 1
	}
	if as == "bacula-dir" {
		return 0
	}
	out := []map[string]map[string]any{}
	for _, r := range f.Resources {
		held := map[string]any{"Name": r.Name}
		if d, ok := r.Get("enabled"); ok {
			held["Enabled"], _ = d.YesNo()
		}
		out = append(out, map[string]map[string]any{r.Kind: held})
	}
	_ = json.NewEncoder(os.Stdout).Encode(out)
	return 0
}

func tool(t *testing.T, as string, args ...string) Tool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Tool{Argv: append([]string{"/usr/bin/env", fakeTool + "=" + as, self}, args...), Dir: t.TempDir(), Timeout: 20 * time.Second}
}

// tools are those of a Director whose own configuration is a text.
func tools(t *testing.T, text string) Tools {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bacula-dir.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Tools{
		Conf: Tool{Argv: []string{"/bin/cat", path}, Timeout: 20 * time.Second}, File: "/etc/bacula/routed.conf",
		BDirJSON: tool(t, "bdirjson", "-c", "{file}"), Test: tool(t, "bacula-dir", "-t", "-c", "{file}"),
	}
}

func TestProven(t *testing.T) {
	out, w := rendered(t, 2)
	w.Other = nil
	all := tools(t, own)
	elsewhere := tools(t, own+"@/etc/more.conf\n") // what is not read here the tools may know
	over := tools(t, own)
	over.BDirJSON = tool(t, "bdirjson", "-c", "-") // as a command of ssh
	for name, with := range map[string]Tools{"with all tools": all, "over standard input": over} {
		p := Prove(context.Background(), with, out.Text, out.Canary, w)
		if len(p.Findings) > 0 || len(p.Asked) != 2 || p.Asked[0].Verdict != model.Holds || p.Asked[1].Verdict != model.Holds {
			t.Errorf("%s: %+v", name, p)
		}
	}
	elsewhere.BDirJSON = Tool{}
	other := strings.Replace(out.Text, "\"Standard\"", "\"Other\"", 1)
	p := Prove(context.Background(), elsewhere, other, out.Canary, w)
	if len(p.Findings) != 2 || p.Findings[0].Unknown == p.Findings[1].Unknown {
		t.Errorf("what is included elsewhere: %v", told(p.Findings))
	}
}

func TestNotProven(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // others may be at work beside it
	out, w := rendered(t, 1)
	w.Other = nil
	for _, c := range []struct {
		name   string
		change func(*Tools)
		text   string
		want   string
		sure   bool
	}{
		{
			"it hangs",
			func(x *Tools) { x.BDirJSON = tool(t, "hangs"); x.BDirJSON.Timeout = 300 * time.Millisecond },
			"",
			"bdirjson could not be asked: running /usr/bin/env: no answer in time: ended after 300ms",
			false,
		},
		{"it floods", func(x *Tools) { x.BDirJSON = tool(t, "floods") }, "", "it prints more than", false},
		{"it is denied", func(x *Tools) { x.BDirJSON = tool(t, "denied") }, "", "it ended with status 1, and Bacula says nothing of why", false},
		{"it is not there", func(x *Tools) { x.BDirJSON.Argv = []string{"/nowhere/bdirjson"} }, "", "no such file", false},
		{"it says nothing", func(x *Tools) { x.BDirJSON = tool(t, "quiet") }, "", "bdirjson printed no list of resources", false},
		{"it says something else", func(x *Tools) { x.BDirJSON = tool(t, "not json") }, "", "bdirjson printed no list of resources", false},
		{
			"it complains and ends well",
			func(x *Tools) { x.BDirJSON = tool(t, "zero") },
			"",
			`bdirjson refuses it: Config error: Could not find config Resource "x" referenced on line 3`,
			true,
		},
		{
			"it takes anything",
			func(x *Tools) { x.Test = tool(t, "quiet") },
			"", "it takes what is no configuration, too", false,
		},
		{
			"no catalog",
			func(x *Tools) { x.Test = tool(t, "no catalog") },
			"",
			"bacula-dir -t could not be asked: it could not open the catalog",
			false,
		},
		{
			"no configuration is printed",
			func(x *Tools) { x.Conf.Argv = []string{"/bin/false"} },
			"",
			"running /bin/false: it ended with status 1",
			false,
		},
		{"an empty one is printed", func(x *Tools) { x.Conf.Argv = []string{"/bin/true"} }, "", "it prints nothing", false},
		{
			"it is not included",
			func(x *Tools) { x.File = "/etc/bacula/other.conf" },
			"",
			"does not include /etc/bacula/other.conf: what is pushed would never be loaded",
			true,
		},
		{"a broken text", nil, out.Text + "Job {", "bdirjson refuses it", true},
		{"a job of a cell beside", func(x *Tools) {
			x.Conf = tools(t, own+"Job { Name = backup-chain001-region2-regular; JobDefs = defs; Type = Backup; Client = c }\n").Conf
		}, "", "bdirjson: jobs", false},
	} {
		with := tools(t, own)
		if c.change != nil {
			c.change(&with)
		}
		text := c.text
		if text == "" {
			text = out.Text
		}
		if c.name == "a job of a cell beside" { // which the routes do not have here
			delete(w.Jobs, "backup-chain001-region2-regular")
			c.want = "take it out there"
			c.sure = true
		}
		p := Prove(context.Background(), with, text, out.Canary, w)
		i := slices.IndexFunc(p.Findings, func(f Finding) bool { return strings.Contains(f.String(), c.want) })
		if i < 0 || p.Findings[i].Unknown == c.sure {
			t.Errorf("%s: %v", c.name, told(p.Findings))
		}
		if all := strings.Join(told(p.Findings), "\n"); strings.Contains(all, "topsecret") {
			t.Errorf("%s: a secret is told: %s", c.name, all)
		}
	}
	entries, err := filepath.Glob(filepath.Join(os.TempDir(), "switchyard-check-*"))
	if err != nil || len(entries) > 0 {
		t.Errorf("%v stay behind: they hold passwords", entries)
	}
}

// TestToldWithoutSecrets: lines of the configuration that Bacula echoes are left out, and so is a word that could be one.
func TestToldWithoutSecrets(t *testing.T) {
	const whole = "Client { Name = c; Password = hunter2 }\nJob { Bogus }\n"
	for _, c := range []struct{ out, want string }{
		{
			"bacula-dir: ERROR TERMINATION at parse_conf.c:1157\nConfig error: Keyword \"Bogus\" not permitted in this resource.\n" +
				"Perhaps you left the trailing brace off of the previous resource.\n" +
				"            : line 54, col 24 of file /x\nJob { Password = \"hunter2\" }\n\n",
			`Config error: Keyword "Bogus" not permitted in this resource. / : line 54, col 24 of file /x`,
		},
		{
			"Config error: Could not find config Resource \"nope-fd\" referenced on line 55 :  Name = x; Password = hunter2 }\n",
			`Config error: Could not find config Resource "nope-fd" referenced on line 55`,
		},
		{"Config error: expected a string, got: hunter2\n", "Config error: expected a string, got something else"},
		{"Config error: expected a string, got: of-an-included-file\n", "Config error: expected a string, got something else"},
		{"Config error: expected an equals, got: Bogus\n", "Config error: expected an equals, got: Bogus"},
		{
			"\"Pool\" directive in Job \"x\" resource is required, but not found.\n",
			`"Pool" directive in Job "x" resource is required, but not found.`,
		},
		{
			"28-Nov 23:37 bacula-dir JobId 0: Fatal error: No storage specified in Job \"j\" nor in Pool.\x1b[2J\n",
			`Fatal error: No storage specified in Job "j" nor in Pool.`,
		},
		{"hunter2\n", "nothing of the configuration; run it by hand to see what it says"},
	} {
		if got := Told(c.out, whole); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.out, got, c.want)
		}
	}
}
