package config

import (
	"slices"
	"strings"
	"testing"

	"switchyard/model"
)

// reached is how both Directors' files are reached: the active one's by ssh, the passive one's here.
const reached = `      on:
        active:
          stat: [ssh, dir-new, stat, --format=%F:%U:%G:%a, "{path}"]
          read: [ssh, dir-new, cat, "{path}"]
          sums: [ssh, dir-new, "while sha256sum {path}; do sleep 2; done"]
          write: [ssh, dir-new, "umask 027; cat > {path}"]
          rename: [ssh, dir-new, mv, -T, "{from}", "{to}"]
        passive: {file: /srv/routed.conf, conf: [cat, /srv/bacula-dir.conf]}
`

func TestHowDirectorsArePushedTo(t *testing.T) {
	c, err := loadText(withPush(t, pushed+reached))
	if err != nil {
		t.Fatal(err)
	}
	p := c.Clusters[model.Green].Push
	active, passive := p.At(0), p.At(1)
	if !active.Set || active.Local() || active.File != p.File || !slices.Equal(active.Conf, p.Conf) || !slices.Equal(active.Test, p.Test) ||
		active.Renames[len(active.Renames)-1] != "{to}" || len(active.Sums) != 3 || passive.Sums != nil {
		t.Errorf("active: %+v", active)
	}
	if !passive.Set || !passive.Local() || passive.File != "/srv/routed.conf" || passive.Conf[1] != "/srv/bacula-dir.conf" ||
		!slices.Equal(passive.BDirJSON, p.BDirJSON) {
		t.Errorf("passive: %+v", passive)
	}
	if c, err = loadText(withPush(t, pushed)); err != nil || c.Clusters[model.Green].Push.At(1).Set {
		t.Errorf("nothing is said of the passive one: %v", err)
	}
	if c, err = loadText(withPush(t, "    push: {owner: [ask-them, --routes]}\n")); err != nil || !c.Clusters[model.Green].Push.None ||
		c.Clusters[model.Green].Push.Owner[0] != "ask-them" {
		t.Errorf("another control plane that is asked: %v", err)
	}
}

func TestMistakesOfHowDirectorsArePushedTo(t *testing.T) {
	for _, c := range []struct{ old, with, want string }{
		{`          read: [ssh, dir-new, cat, "{path}"]` + "\n", "", "stat, read, write and rename belong together; write all four, or none"},
		{`cat, "{path}"`, `cat, "{file}"`, `it does not say where {path} goes; write such as [ssh, dir-new, cat, "{path}"]`},
		{`"{from}", "{to}"`, `"{to}"`, "it does not say where {from} goes"},
		{"file: /srv/routed.conf", "file: routed.conf", "it is no whole path that a configuration can include"},
		{"file: /srv/routed.conf", "path: /srv/routed.conf", "path"},
		{"        active:\n", "        standby:\n", "standby"},
		{`sums: [ssh, dir-new, "while sha256sum {path}; do sleep 2; done"]`, `sums: ssh dir-new sha256sum`,
			`write such as [ssh, dir-new, "while sha256sum {path}; do sleep 2; done"]`},
		{"          sums:", "          sum:", "sums"},
		{"passive: {file: /srv/routed.conf,",
			`passive: {file: /etc/bacula/routed.conf, sums: [ssh, dir-new, "while sha256sum {path}; do sleep 2; done"],`,
			"it tells of the file of green's active Director, too; write what prints the SHA-256 of this Director's own file"},
	} {
		_, err := loadText(withPush(t, pushed+reached, c.old, c.with))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.with, err)
		}
	}
	both := "      on: {active: {}, passive: {}}\n"
	if _, err := loadText(withPush(t, pushed+both)); err == nil || !strings.Contains(err.Error(), "one file of one machine") {
		t.Errorf("%v", err)
	}
}

// TestOneFileForTwoDirectors: by a vector that was copied from the active Director's to the passive one's, or between the clusters.
func TestOneFileForTwoDirectors(t *testing.T) {
	passive := strings.Replace(reached, "        passive: {file: /srv/routed.conf, conf: [cat, /srv/bacula-dir.conf]}\n", "", 1)
	_, vectors, _ := strings.Cut(passive, "active:\n")
	one := strings.NewReplacer("ssh, dir-new, cat", "ssh, dir-new2, cat", "[ssh, dir-new, \"while", "[ssh, dir-new2, \"while").Replace(vectors)
	for name, vectors := range map[string]string{"all": vectors, "all but one": one} {
		_, err := loadText(withPush(t, pushed+passive+"        passive:\n"+vectors))
		if err == nil || strings.Count(err.Error(), "one file of one machine with green's active Director") != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := loadText(withPush(t, pushed+passive+"        passive:\n"+strings.ReplaceAll(vectors, "dir-new", "dir-new2"))); err != nil {
		t.Error(err)
	}
	here := "    push:\n      file: /etc/bacula/routed.conf\n      on: {active: {}}\n"
	blue := strings.Replace(withPush(t, pushed+"      on: {active: {}}\n"), "  green:\n    time_zone:", here+"  green:\n    time_zone:", 1)
	if _, err := loadText(blue); err == nil || !strings.Contains(err.Error(), "one file of one machine with blue's active Director") {
		t.Errorf("blue's and green's on this machine: %v", err)
	}
	const act = "      passive: [ssh, dir-old2, bconsole, -n]\n    catalog: {user: switchyard_act"
	twice := strings.Replace(readTestdata(t, "switchyard.yaml"), act, "      push: {active: [ssh, dir-old2, bconsole, -n]}\n"+act, 1)
	const want = "consoles.push.active: it is the command that reaches blue's passive Director, too"
	if _, err := loadText(twice); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the passive one's Console pushes to the active one: %v", err)
	}
}

// TestOnePlaceIsOnePlaceHoweverItIsWritten: an address, and the paths of a command.
func TestOnePlaceIsOnePlaceHoweverItIsWritten(t *testing.T) {
	for a, b := range map[string]string{
		"db1.example:3306":  "DB1.example.:03306",
		"localhost:3306":    "127.0.0.1:3306",
		"[::1]:3306":        "LocalHost.:3306",
		"10.0.0.7:3306":     "[::ffff:10.0.0.7]:3306",
		"[2001:db8::1]:33":  "[2001:0DB8:0:0::0001]:33",
		"ip6-localhost:306": "[0:0:0:0:0:0:0:1]:306",
	} {
		if model.Place(a) != model.Place(b) {
			t.Errorf("%s is %s, and %s is %s", a, model.Place(a), b, model.Place(b))
		}
	}
	if model.Place("db1.example:3306") == model.Place("db1.example:3307") ||
		model.Place("[2001:db8::1]:33") == model.Place("[2001:db8::2]:33") {
		t.Error("two places are one")
	}
	const act = "      passive: [ssh, dir-old2, bconsole, -n]\n    catalog: {user: switchyard_act"
	twice := strings.Replace(readTestdata(t, "switchyard.yaml"), act,
		"      passive: [bconsole, -c, /etc/bacula/../bacula/./old.conf]\n      push: {active: [bconsole, -c, /etc//bacula/old.conf]}\n"+
			act[strings.Index(act, "\n")+1:], 1)
	if _, err := loadText(twice); err == nil || !strings.Contains(err.Error(), "blue's passive Director, too") {
		t.Errorf("two spellings of one console: %v", err)
	}
}

func TestTheConsolesThatPush(t *testing.T) {
	a := ClusterAccess{Active: []string{"a"}, Passive: []string{"p"}, Push: [2][]string{{"push"}}}
	if a.Pusher(0)[0] != "push" || a.Pusher(1)[0] != "p" {
		t.Errorf("got %v and %v", a.Pusher(0), a.Pusher(1))
	}
}
