package config

import (
	"strings"
	"testing"
)

func TestWhereRestoresGo(t *testing.T) {
	for says, want := range map[string]string{
		"":                                 restoresBelow,
		"restores: {below: /data/restore}": "/data/restore",
	} {
		c, err := load("switchyard.yaml", t.TempDir(), []byte(says))
		if err == nil {
			t.Fatal("it has no other section")
		}
		l := &loader{document: parse("switchyard.yaml", []byte(says), false, false)}
		l.config("switchyard.yaml")
		if c != nil || l.c.Restores.Below != want && says != "" {
			t.Errorf("%s: %q", says, l.c.Restores.Below)
		}
	}
	for says, want := range map[string]string{
		"restores: {below: restore}":   "does not begin with /",
		"restores: {below: /a/../b}":   "goes up with ..",
		"restores: {below: /}":         "over what is there",
		"restores: {under: /srv/data}": "under",
	} {
		if _, err := load("switchyard.yaml", t.TempDir(), []byte(says)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", says, err, want)
		}
	}
}
