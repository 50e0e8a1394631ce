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
		active.Renames[len(active.Renames)-1] != "{to}" {
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

func TestTheConsolesThatPush(t *testing.T) {
	a := ClusterAccess{Active: []string{"a"}, Passive: []string{"p"}, Push: [2][]string{{"push"}}}
	if a.Pusher(0)[0] != "push" || a.Pusher(1)[0] != "p" {
		t.Errorf("got %v and %v", a.Pusher(0), a.Pusher(1))
	}
}
