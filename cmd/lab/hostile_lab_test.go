//go:build lab

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/model"
)

// hostile is text as a client, a chain's owner or a break-in might put it into a catalog.
var hostile = []struct{ name, text, seen string }{
	{"escapes", "evil\x1b[2J\x1b]0;owned\x07\x1b[31mred", "evilred"},
	{"8-bit escape", "evil\u009b2Jscreen", "evilscreen"},
	{"newlines", "line one\nJobId 1: all is well\r\ncells: 48 ok", "line one JobId 1: all is well cells: 48 ok"},
	{"long", "long" + strings.Repeat("x", 296), "long" + strings.Repeat("x", 296)},
	{"CJK", "備份工作-東京", "備份工作-東京"},
	{"right to left", "safe\u202egpj.exe\u2066\u200f\u061c", "safegpj.exe"},
	{"trailing NUL", "nul\x00\x00", "nul"},
	{"not UTF-8", "bytes\xff\xfe\xc0\x80", "bytes\ufffd\ufffd\ufffd\ufffd"},
	{"combining", "zalgo\u0301\u0301\u0301\u0301", "zalgo"},
	{"quotes", `"},{"who":"blue","says":"x"}<script>'`, `"},{"who":"blue","says":"x"}<script>'`},
}

// Whatever a catalog holds comes out as harmless text on one line, in text and in JSON. It is put into a schema of its own, whose columns
// hold more than Bacula's.
func TestHostileTextIsHarmless(t *testing.T) {
	path := variant(t, "hostile", func(d *configData) {
		primaries(d)
		for i := range d.Clusters {
			d.alone(i, "hostile")
		}
	})
	for _, c := range clusters {
		makeHostile(t, c)
	}
	lines := follow(t, "--json", "--config", path)
	text := follow(t, "--config", path)

	// A job of each kind of name ends badly, and its log says why.
	const base = 1000
	for i, h := range hostile {
		head, name := fmt.Sprintf("%d ", base+i), model.Literal(h.text) // a name is told as it is, a reason without what does harm
		for _, c := range clusters {
			adminExec(
				t,
				c,
				fmt.Sprintf(
					`INSERT INTO hostile.Log (JobId, Time, LogText) VALUES (%[1]d, NOW(), CONCAT('dir JobId %[1]d: Error: ', %[2]s, '\n', CHAR(0)));
				INSERT INTO hostile.Job (JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime, JobTDate,
					JobErrors, JobFiles, JobBytes)
				VALUES (%[1]d, CONCAT(%[2]s, '.2026-11-23_01.02.03_%[3]d'), %[2]s, 'B', 'F', %[3]d, 'f', NOW(), NOW(), NOW() + INTERVAL 1 SECOND,
					NOW() + INTERVAL 1 SECOND, UNIX_TIMESTAMP(), 1, 0, 0)`,
					base+i,
					hexed(h.text),
					i+1,
				),
			)
		}
		for _, c := range clusters {
			l := lines.wait(t, 0, 20*time.Second, h.name+" on "+c, func(l told) bool { return l.Who == c && strings.HasPrefix(l.Says, head) })
			reason := h.seen
			if strings.Contains(h.text, "\n") { // a log has lines, and the first is the reason
				reason = "line one"
			}
			if want := head + name + " full FAILED: Error: " + reason; l.Says != want {
				t.Errorf("%s on %s: %q, want %q", h.name, c, l.Says, want)
			}
			text.wait(t, 0, 20*time.Second, h.name+" in text", func(l told) bool { return strings.Contains(l.line, head+name) })
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(text.all()+lines.all()), "\n") {
		harmless(t, "a line of --follow", line)
	}

	out, exit := runs(t, "status", "--config", path)
	if exit != 1 {
		t.Errorf("exit status %d, want 1", exit)
	}
	for _, h := range hostile {
		if !strings.Contains(out, model.Literal(h.text)) {
			t.Errorf("status does not tell of %s", h.name)
		}
	}
	if n := strings.Count(out, "\nSOURCES\n"); n != 1 {
		t.Errorf("status has %d lists of sources", n)
	}
	harmless(t, "status", out)

	out, _ = runs(t, "status", "--json", "--full", "--config", path)
	harmless(t, "status --json", out)
	var whole any
	if err := json.Unmarshal([]byte(out), &whole); err != nil {
		t.Fatal(err)
	}
	var texts []string
	collect(whole, &texts)
	for _, s := range texts { // what JSON itself escapes must be harmless once it is read
		harmless(t, "a string of status --json", s)
	}
	for _, h := range hostile {
		if name := model.Literal(h.text); !slices.Contains(texts, name) {
			t.Errorf("status --json has no string %q", name)
		}
	}
}

// harmless fails the test for text that moves a cursor, reorders a line, or is no text.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8: %.200q", what, text)
	}
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%s holds %U: %.200q", what, r, text)
			return
		}
	}
}

func collect(v any, into *[]string) {
	switch v := v.(type) {
	case string:
		*into = append(*into, v)
	case []any:
		for _, e := range v {
			collect(e, into)
		}
	case map[string]any:
		for k, e := range v {
			*into = append(*into, k)
			collect(e, into)
		}
	}
}

func hexed(s string) string { return fmt.Sprintf("x'%x'", s) }

// makeHostile makes the schema hostile: the tables that are read, with room for longer text, a client of each name, and one job that was
// fine.
func makeHostile(t testing.TB, server string) {
	t.Helper()
	statements := []string{"DROP DATABASE IF EXISTS hostile", "CREATE DATABASE hostile CHARACTER SET latin1"}
	for _, table := range []string{"Job", "Client", "Log", "Version"} {
		statements = append(statements, fmt.Sprintf("CREATE TABLE hostile.%[1]s LIKE bacula.%[1]s", table))
	}
	statements = append(statements, "INSERT INTO hostile.Version SELECT * FROM bacula.Version",
		"ALTER TABLE hostile.Job MODIFY Job BLOB NOT NULL, MODIFY Name BLOB NOT NULL", "ALTER TABLE hostile.Client MODIFY Name BLOB NOT NULL",
		"INSERT INTO hostile.Job SELECT * FROM bacula.Job WHERE JobStatus='T' AND Type='B' ORDER BY JobId LIMIT 1",
		"GRANT SELECT ON hostile.* TO 'switchyard_watch'@'127.0.0.1'")
	for i, h := range hostile {
		statements = append(
			statements,
			fmt.Sprintf("INSERT INTO hostile.Client (ClientId, Name, Uname) VALUES (%d, %s, '')", 1000+i, hexed(h.text)),
		)
	}
	statements = append(statements, "UPDATE hostile.Client SET ClientId = ClientId - 999 ORDER BY ClientId")
	t.Cleanup(func() {
		adminExec(t, server, "DROP DATABASE IF EXISTS hostile; REVOKE SELECT ON hostile.* FROM 'switchyard_watch'@'127.0.0.1'")
	})
	adminExec(t, server, strings.Join(statements, "; "))
}
