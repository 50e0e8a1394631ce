package config

import (
	"reflect"
	"strings"
	"testing"

	"switchyard/model"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	const says = `needs: {"catalog blue": [chain dbadb, dns], journal: [[aws-region eu-west-1, host a]]}`
	l := &loader{document: parse("switchyard.yaml", []byte(says), false, false)}
	l.config("switchyard.yaml")
	blue, journal := model.Node{Kind: model.NodeCatalog, Name: "blue"}, model.Node{Kind: model.NodeJournal}
	want := []model.Need{
		{Of: blue, Any: []model.Node{{Kind: model.NodeChain, Name: "dbadb"}}},
		{Of: blue, Any: []model.Node{{Kind: model.NodeDNS}}},
		{Of: journal, Any: []model.Node{{Kind: model.NodeAWSRegion, Name: "eu-west-1"}, {Kind: model.NodeHost, Name: "a"}}},
	}
	if !reflect.DeepEqual(l.c.Needs, want) {
		t.Errorf("%v, want %v", l.c.Needs, want)
	}
	for says, want := range map[string]string{
		"needs: {}":                                   "needs: it is empty",
		"needs: [dns]":                                "it is a list",
		"needs: {dns: host a}":                        "it is a text",
		"needs: {dns: [[]]}":                          "it is empty",
		"needs: {moon: [dns]}":                        `nothing is called "moon"`,
		"needs: {dns: [host]}":                        "which host is not said",
		"needs: {dns: [catalog red]}":                 "want blue or green",
		"needs: {dns: [storage sd-1]}":                "want blue or green, and its name",
		"needs: {dns: [host a], dns: [host b]}":       "twice",
		"needs: {dns: [host a, [host b, journey x]]}": `nothing is called "journey"`,
	} {
		if _, err := load("switchyard.yaml", t.TempDir(), []byte(says)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", says, err, want)
		}
	}
}

func TestNotOffered(t *testing.T) {
	t.Parallel()
	l := &loader{document: parse("switchyard.yaml", []byte(`not_offered: {backups-replicated: "no such partner"}`), false, false)}
	l.config("switchyard.yaml")
	if want := map[string]string{"backups-replicated": "no such partner"}; !reflect.DeepEqual(l.c.NotOffered, want) {
		t.Errorf("%v, want %v", l.c.NotOffered, want)
	}
	for says, want := range map[string]string{
		"not_offered: {}":                      "not_offered: it is empty",
		"not_offered: {covered: no}":           `"covered" is no gate that may be not available`,
		"not_offered: {rds-multi-az: ''}":      "it is empty",
		"not_offered: {rds-multi-az: [one]}":   "it is a list",
		"not_offered: {replica-there: 'none'}": "is no gate that may be",
	} {
		if _, err := load("switchyard.yaml", t.TempDir(), []byte(says)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", says, err, want)
		}
	}
}
