package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model"
)

const whoComesUp = `director: {name: dir-rescue, address: "rescue.example:9101"}
consoles: {watch: [bconsole, -c, watch.conf], act: [bconsole, -c, act.conf]}
client: rescue-fd
`

func recoverFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "recover.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestRecovering: who comes up is the active Director, the one before it is watched, and nothing of the old hosts carries anything out.
func TestRecovering(t *testing.T) {
	c, err := Load("testdata/switchyard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Recover, err = LoadRecover(recoverFile(t, whoComesUp)); err != nil {
		t.Fatal(err)
	}
	before, old := c.Clusters[model.Green].Active, c.Clusters[model.Blue].Active
	watched := c.Watch.Clusters[model.Green].Active
	c.Launcher, c.Operator = []string{"ssh", "control"}, OperatorLauncher
	c.Recovering(Origin{Bundle: "/x/recovery", Identity: "/x/key"})
	g := &c.Clusters[model.Green]
	if g.Active.Name != "dir-rescue" || g.Passive != before || c.Launcher != nil || c.Operator != OperatorUID || c.Path != "/x/recovery" ||
		c.Recover.AtOnce != recoverAtOnce || c.Clusters[model.Blue].Active != old {
		t.Errorf("%+v", g)
	}
	if a := c.Watch.Clusters[model.Green]; a.Active[2] != "watch.conf" || strings.Join(a.Passive, " ") != strings.Join(watched, " ") {
		t.Errorf("%+v", a)
	}
	if a := c.Act.Clusters[model.Green]; a.Active[2] != "act.conf" {
		t.Errorf("%+v", a)
	}
	if c.Journal.Dir != "" && c.Journal.Dir != "/x/recovery.journal" {
		t.Errorf("%+v", c.Journal)
	}
	if len(c.Origin.Old[model.Green]) != 1 || c.Origin.Old[model.Green][0] != before || len(c.Origin.Old[model.Blue]) != 2 {
		t.Errorf("%+v", c.Origin.Old)
	}
}

// TestNoDirectorFromBeforeIsForgotten: where the one that comes up stands in the place of the active one, the passive one is watched; the
// one that is not watched stays among those from before.
func TestNoDirectorFromBeforeIsForgotten(t *testing.T) {
	for _, both := range []bool{false, true} {
		c, err := Load("testdata/switchyard.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if c.Recover, err = LoadRecover(recoverFile(t, whoComesUp)); err != nil {
			t.Fatal(err)
		}
		g := &c.Clusters[model.Green]
		g.Passive = Director{Name: "dir-green2", Address: "green2.example:9101"}
		c.Watch.Clusters[model.Green].Passive = []string{"passive"}
		want := g.Passive
		if both {
			want = g.Active
		} else {
			c.Recover.Director.Address = g.Active.Address
		}
		c.Recovering(Origin{Bundle: "/x/recovery", Identity: "/x/key"})
		if old := c.Origin.Old[model.Green]; g.Passive != want || both != (len(old) == 2) || old[0] != want {
			t.Errorf("%+v is watched, of %+v", g.Passive, old)
		}
		if argv := strings.Join(c.Watch.Clusters[model.Green].Passive, " "); !both && argv != "passive" {
			t.Errorf("it is asked by %q", argv)
		}
	}
}

const drillsWith = `drill:
  director:
    name: dir-green
    address: "scratch.example:9201"
    service: {state: [show], start: [start], stop: [stop]}
  console: [bconsole, -c, drill.conf]
  catalog: {hosts: ["scratch.example:3306"], database: bacula_drill}
  conf: [cat, drill-dir.conf]
  make: {run: [make-copy], look: [is-made]}
  remove: {run: [remove-copy], look: [is-removed]}
`

// TestADrillHasADirectorOfItsOwn: it is read whole, and one that is in use, or that could not be taken down again, is refused.
func TestADrillHasADirectorOfItsOwn(t *testing.T) {
	r, err := LoadRecover(recoverFile(t, whoComesUp+drillsWith))
	if err != nil {
		t.Fatal(err)
	}
	d := &r.Drill
	if all := d.Commands(); d.Director.Address != "scratch.example:9201" || d.Catalog.Database != "bacula_drill" ||
		d.Service.Stop[0] != "stop" ||
		all[DrillMake][0] != "make-copy" || all[DrillMade][0] != "is-made" || all[DrillRemove][0] != "remove-copy" ||
		all[DrillRemoved][0] != "is-removed" {
		t.Errorf("%+v: %v", d, all)
	}
	if (&Drill{}).Commands() != nil {
		t.Error("nothing that is configured has commands")
	}
	for was, is := range map[string][2]string{
		"    service: {state: [show], start: [start], stop: [stop]}\n": {"", "takes down what it brings up"},
		", look: [is-made]":                       {"", "surely not"},
		`hosts: ["scratch.example:3306"]`:         {`hosts: ["scratch.example:3306", "other:3306"]`, "the copy is on one host"},
		"  console: [bconsole, -c, drill.conf]\n": {"", "console"},
		"  conf: [cat, drill-dir.conf]\n":         {"", "conf"},
	} {
		text := strings.Replace(whoComesUp+drillsWith, was, is[0], 1)
		if _, err := LoadRecover(recoverFile(t, text)); text == whoComesUp+drillsWith || err == nil || !strings.Contains(err.Error(), is[1]) {
			t.Errorf("%q in place of %q: %v", is[0], was, err)
		}
	}
	c, err := Load("testdata/switchyard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("testdata/switchyard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	indented := "recover:\n  " + strings.TrimSpace(strings.ReplaceAll(whoComesUp+drillsWith, "\n", "\n  ")) + "\n"
	green := &c.Clusters[model.Green]
	for was, is := range map[string][2]string{
		"scratch.example:9201": {green.Active.Address, "green's active Director"},
		`["scratch.example:3306"], database: bacula_drill`: {`["` + green.Catalog.Hosts[0] + `"], database: ` + green.Catalog.Database,
			"green's catalog itself"},
		`["scratch.example:3306"]`: {`["` + green.Catalog.Hosts[0] + `"]`, "on the server of green's catalog"},
	} {
		l := &loader{document: parse("x.yaml", []byte(string(source)+strings.Replace(indented, was, is[0], 1)), false, false), dir: "testdata"}
		l.config("x.yaml")
		if err := l.err(); err == nil || !strings.Contains(err.Error(), is[1]) {
			t.Errorf("%s: %v", is[0], err)
		}
	}
}

// TestWhoComesUpIsReadStrictly as every other part of a configuration.
func TestWhoComesUpIsReadStrictly(t *testing.T) {
	for text, says := range map[string]string{
		"director: {name: dir-rescue}\n" + whoComesUp[strings.Index(whoComesUp, "consoles"):]: "address",
		strings.Replace(whoComesUp, "client:", "clients:", 1):                                 "there is no such key",
		whoComesUp + "at_once: 1000\n":                                                        "1 to 100",
		strings.Replace(whoComesUp, ", act: [bconsole, -c, act.conf]", "", 1):                 "act",
		"": "",
	} {
		if _, err := LoadRecover(recoverFile(t, text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
