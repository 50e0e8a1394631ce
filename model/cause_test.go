package model

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTheCauseComesFirst(t *testing.T) {
	for says, want := range map[string]string{
		"director 127.0.0.1:59917: connection refused":                 "connection refused (director 127.0.0.1:59917)",
		"director 127.0.0.1:59917: no answer in 8s: it does not greet": "no answer in 8s: it does not greet (director 127.0.0.1:59917)",
		"connect to 127.0.0.1:46055: Access denied for user 'w' (error 1045)": "Access denied for user 'w' (error 1045) (connect to " +
			"127.0.0.1:46055)",
		"describe bacula-replica in eu-central-1: AccessDenied: not allowed": "AccessDenied: not allowed (describe bacula-replica in " +
			"eu-central-1)",
		"metrics of bacula in eu-west-1: throttled": "throttled (metrics of bacula in eu-west-1)",
		"no answer in 8s: it does not greet":        "no answer in 8s: it does not greet",
		"no answer yet after 1.0 s":                 "no answer yet after 1.0 s",
		"reading /srv/journal/000000000004.json: no such file or directory": "no such file or directory " +
			"(reading /srv/journal/000000000004.json)",
		"catalog 127.0.0.1:52447: walk catalog: no answer in time": "no answer in time (catalog 127.0.0.1:52447: walk catalog)",
		"catalog 127.0.0.1:52447: Access denied":                   "Access denied (catalog 127.0.0.1:52447)",
		"":                                                         "",
		"describe x: ":                                             "describe x: ",
	} {
		if got := CauseThenWhere(says); got != want {
			t.Errorf("%q: %q, want %q", says, got, want)
		}
	}
}

func TestNothingOfACauseIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		says := rapid.StringMatching(`(director |connect to |catalog x: (walk |read )?|describe )?[a-z0-9 :.]{0,40}`).Draw(t, "says")
		why, where := CauseFirst(says)
		if where == "" && why != says || where != "" && where+": "+why != says {
			t.Errorf("%q came apart as %q and %q", says, where, why)
		}
		if !strings.HasPrefix(CauseThenWhere(says), why) {
			t.Errorf("%q does not begin with its cause", says)
		}
	})
}

func TestAReasonIsToldPlainly(t *testing.T) {
	for note, want := range map[string]string{
		"Fatal error: sql_update.c:81 Fatal error: Query failed": "Query failed",
		"Error: Read error":                 "Read error",
		"Client chain1-fd is not reachable": "Client chain1-fd is not reachable",
	} {
		if got := Plainly(note); got != want {
			t.Errorf("%q: %q", note, got)
		}
	}
}
