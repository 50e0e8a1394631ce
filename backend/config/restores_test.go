package config

import (
	"strings"
	"testing"
	"time"
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

// TestHowRestoresAreTested reads what tests may do, and refuses what would remove or run something else than is meant.
func TestHowRestoresAreTested(t *testing.T) {
	const whole = `restore_tests: {client: "scratch-{region}-fd", remove: [rm, -rf, "{where}"], ` +
		`verify: {any: [look, "{where}"], files: [ls]}, ` +
		`budget: 90m, at_once: 3, window: "20:00-05:00", limit: 1h, every: 7d}`
	l := &loader{document: parse("switchyard.yaml", []byte(whole), false, false)}
	l.config("switchyard.yaml")
	c := &l.c.Tests
	name, argv := c.Verifier("mysqldump")
	if c.ClientOf("region1") != "scratch-region1-fd" || c.Below != testsBelow || c.Terms.AtOnce != 3 || c.Terms.Budget != 90*time.Minute ||
		c.Terms.Window.String() != "20:00-05:00 UTC" || c.Terms.Every != 7*24*time.Hour || name != "verify any" || len(argv) != 2 ||
		len(c.Commands()) != 3 {
		t.Errorf("%+v, %s %v, %v", c, name, argv, c.Commands())
	}
	for says, want := range map[string]string{
		`restore_tests: {remove: [rm, "{where}"]}`:                                   "client",
		`restore_tests: {client: a-fd}`:                                              "remove",
		`restore_tests: {client: a-fd, remove: [rm, -rf, /srv]}`:                     "does not say what is removed",
		`restore_tests: {client: "a\" fd", remove: [rm, "{where}"]}`:                 "name",
		`restore_tests: {client: a-fd, remove: [rm, "{where}"], below: /}`:           "over what is there",
		`restore_tests: {client: a-fd, remove: [rm, "{where}"], at_once: 99}`:        "write 1 to",
		`restore_tests: {client: a-fd, remove: [rm, "{where}"], budget: 1s}`:         "no such time",
		`restore_tests: {client: a-fd, remove: [rm, "{where}"], window: "5-7"}`:      "no part of a day",
		`restore_tests: {client: a-fd, remove: [rm, "{where}"], verify: {tar: [x]}}`: "tar",
		`cards: {where: /x}`: "where",
	} {
		if _, err := load("switchyard.yaml", t.TempDir(), []byte(says)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", says, err, want)
		}
	}
}
