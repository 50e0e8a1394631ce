package model

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHowAFormatIsLoaded(t *testing.T) {
	for _, x := range []struct {
		of    Format
		parts int
		want  []string
	}{
		{MySQLDump, 3, []string{"find /r/a -name '*.sql*'", "| mysql"}},
		{MyDumper, 1, []string{"find /r/a -name metadata", "myloader --directory"}},
		{XtraBackup, 1, []string{"xtrabackup_checkpoints", "--prepare --target-dir FULL", "--copy-back"}},
		{XtraBackup, 3, []string{"xtrabackup_checkpoints", "--apply-log-only --target-dir FULL", "each increment but the last",
			"--incremental-dir LAST", "--copy-back"}},
		{Files, 2, []string{"find /r/a -type f"}},
		{"", 2, []string{"find /r/a -type f", "! what it is, the inventory does not say"}},
	} {
		got := x.of.Load("/r/a", x.parts)
		if len(got) != len(x.want) {
			t.Errorf("%s of %d: %q", x.of, x.parts, got)
			continue
		}
		for i, line := range got {
			if !strings.Contains(line, x.want[i]) || line != Clean(line) {
				t.Errorf("%s of %d, step %d: %q, want %q", x.of, x.parts, i+1, line, x.want[i])
			}
		}
	}
}

// TestPathsThatAreTakenAreWhatTheySay is a rule over any text: what is taken is absolute, goes nowhere up, and is one word within quotes.
func TestPathsThatAreTakenAreWhatTheySay(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`/[a-zA-Z0-9"'\\ .%<>/+-]{0,20}`))
	rapid.Check(t, func(t *rapid.T) {
		s := text.Draw(t, "path")
		if CheckDirectory(s) == nil && (CheckFile(s) != nil || strings.ContainsAny(s, "\"'\\ %<>") || s == "/") {
			t.Fatalf("directory %q", s)
		}
		if CheckFile(s) == nil && (s[0] != '/' || strings.ContainsAny(s, "\"'\\\n\x00") || strings.Contains(s+"/", "/../") || s != Clean(s)) {
			t.Fatalf("file %q", s)
		}
	})
}

func TestTheSightOfAList(t *testing.T) {
	c := Cell{Chain: "a", Region: "r"}
	point := func(k Cluster, job string, good Verdict) RestorePoint {
		return RestorePoint{Key: JobKey{k, job}, ID: 7, Cell: c, Complete: Answer(good), Why: "because of " + job, Restorable: Answer(Holds),
			At: time.Unix(1, 0)}
	}
	l := &RestoreList{
		Points: []RestorePoint{point(Blue, "x", Fails), point(Green, "w", Fails), point(Green, "v", Holds), point(Green, "u", Unknown),
			point(Green, "t", Holds), point(Green, "s", Fails), point(Blue, "r", Holds)},
	}
	s := &RestoreSight{Ask: SightAsk{Cell: AskedCell{Cell: c}, Key: JobKey{Green, "t"}, Client: "new"}}
	s.Of(l)
	if s.Point != &l.Points[4] || s.Newer != 2 || s.NewerWhy != "job 7: because of w" || s.Why != "" {
		t.Errorf("%+v", s)
	}
	if !s.Matches(s.Ask) || s.Matches(SightAsk{}) || (*RestoreSight)(nil).Matches(s.Ask) {
		t.Error("it does not know what it was asked for")
	}
	gone := &RestoreSight{Ask: SightAsk{Cell: AskedCell{Cell: c}, Key: JobKey{Green, "q"}}}
	l.Unread = []Unread{{Cluster: Green, Why: "no route"}}
	if gone.Of(l); gone.Point != nil || gone.Why != "no route" {
		t.Errorf("%+v", gone)
	}
	if n := l.Next(JobKey{Green, "t"}); n == nil || n.Key.Job != "r" {
		t.Errorf("after t comes %+v", n)
	}
	if n := l.Next(JobKey{Blue, "r"}); n != nil {
		t.Errorf("after the last comes %+v", n)
	}
}
