//go:build lab

package main

import (
	"regexp"
	"strings"
	"testing"

	"switchyard/backend/config"
	"switchyard/model"
)

// changing are statements that write.
var changing = regexp.MustCompile(`(?i)^\s*(UPDATE|INSERT|DELETE|REPLACE|CREATE|DROP|ALTER|TRUNCATE|LOCK|CALL|LOAD)\b`)

// moving is a job that is in the middle.
var moving = regexp.MustCompile(`(?m)^jobbytes=\d{7,}$`)

// TestTheLabWritesNothingForAWatcher has a session watch a running job on each cluster until its bytes are told again and again. The
// servers' general logs, of everybody's statements, are the witnesses: no Director writes because it was asked, as 15.0.3 does when it is
// asked for a client.
func TestTheLabWritesNothingForAWatcher(t *testing.T) {
	l := onLab(t)
	l.lab("unschedule")
	t.Cleanup(func() { l.lab("up") })
	cfg, err := config.Load(l.config)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range model.Clusters {
		l.starts(c.String(), slowJob)
		l.until(slowJob+" moves data on "+c.String()+", past what its start writes", func() bool {
			return moving.MatchString(session(t, cfg.Watch.Clusters[c].Active, apiTwo, `.status storage="vault-region1" running`, apiTwo))
		})
	}
	servers, since := []string{"blue", "green"}, map[string]string{}
	for _, server := range servers {
		since[server] = l.notes(server)
	}
	heard := func(server string) (all int, writes []string) {
		for row := range strings.Lines(l.lab("sql", server, "SELECT SUBSTRING_INDEX(user_host, '[', 1) AS who, REPLACE(CONVERT(argument USING "+
			"utf8mb4), CHAR(10), ' ') FROM mysql.general_log "+
			"WHERE user_host NOT LIKE 'root%' AND command_type IN ('Query', 'Execute') AND event_time > '"+since[server]+"'")) {
			who, text, ok := strings.Cut(strings.TrimSpace(row), "  ")
			if !ok || who == "who" {
				continue
			}
			if all++; changing.MatchString(text) {
				writes = append(writes, strings.TrimSpace(text))
			}
		}
		return all, writes
	}
	lookAt(t, opened(t, l.config)).tellsBytes(3)
	for _, server := range servers {
		all, writes := heard(server)
		t.Logf("%s heard %d statements", server, all)
		if all == 0 {
			t.Errorf("%s heard nothing: its log is no witness", server)
		}
		if len(writes) > 0 {
			t.Errorf("%s was written to %d times while a session watched: %q", server, len(writes), writes)
		}
	}
	session(t, cfg.Watch.Clusters[model.Green].Active, apiTwo, `.status client="db1-fd" running`)
	if _, writes := heard("green"); len(writes) == 0 || !strings.HasPrefix(writes[0], "UPDATE Client") {
		t.Errorf("green was written %q when a client was asked: the log is no witness", writes)
	}
}
