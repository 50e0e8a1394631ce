package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// newSplitStage is a world whose blue has been idle for weeks, at its own pace.
func newSplitStage(t *testing.T) *stage {
	t.Helper()
	dir := t.TempDir()
	s := &stage{crew: crew{t: t}, World: ownWorld(t, rehearsal.Options{Scenario: "split", Chains: 1, Dir: filepath.Join(dir, "w"),
		Clock: worldclock.New(model.Now(), 200)})}
	s.env = []string{
		asProgram + "=1",
		"SWITCHYARD_CONFIG=" + s.ConfigPath(),
		"XDG_STATE_HOME=" + dir + "/state",
		"XDG_CACHE_HOME=" + dir + "/cache",
	}
	s.configure("policy: {window: 40d, plan_life: 24h}\n")
	return s
}

// quiet lets the world go on for days, and looks at who uses blue's schema now and then.
func (s *stage) quiet(days int) {
	s.t.Helper()
	for range days {
		if err := s.Move(s.t.Context(), 24*time.Hour); err != nil {
			s.t.Fatal(err)
		}
	}
	s.does(0, "split", "observe")
}

// TestLeavingBluesSchema takes it from the first look to an archive that was restored and compared: a hidden consumer is found and blocks,
// an archive that is cut off or changed is none, and a freeze that is undone lets blue write again.
func TestLeavingBluesSchema(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newSplitStage(t)
	freeze := []string{"split", "freeze"}
	frozen := func() string { return s.does(0, apply(freeze, "--confirm=freeze blue", "--reason=a rehearsal")...) }
	s.says(s.does(1, freeze...), "nobody has looked: switchyard split observe", "was restored by green alone", "blocked")
	s.says(s.does(0, "split", "observe"), "nobody uses bacula on "+s.Blue().Addr(), "it is the first look")
	s.quiet(8)
	s.Blue().Have(sqlsim.Object{Kind: "view", Schema: "reports", Name: "jobs", Text: "select * from bacula.Job"})
	s.says(s.does(1, "split", "observe"), "the view reports.jobs names it")
	s.says(s.does(1, freeze...), "the view reports.jobs names it", "blocked")
	s.says(s.does(1, "gates", "no-consumers"), "the view reports.jobs names it")
	s.Blue().Have()
	s.quiet(15)
	s.says(s.does(1, "split", "archive"), "no split freeze was done", "blocked")
	s.restoresHome("freeze")
	s.says(frozen(), "no account has a right by which it could be changed")
	if err := s.write("bacula"); err == nil {
		t.Error("the Director's account writes to what is frozen")
	}
	s.does(0, apply([]string{"split", "freeze", "--undo"}, "--confirm=undo freeze blue", "--reason=a rehearsal")...)
	if err := s.write("bacula"); err != nil {
		t.Errorf("a freeze that was undone: %v", err)
	}
	s.until("blue's Director runs again", func() bool {
		out, _ := s.command("status").Output()
		return regexp.MustCompile(`(?m)^ *blue director dir-old +live`).Match(out)
	})
	s.says(s.does(1, "split", "archive"), "no split freeze was done, or it was undone", "blocked")
	s.quiet(15)
	s.restoresHome("freeze")
	frozen()
	s.archived()
	s.lockedAndHeld()
	s.dropped()
}

// rung takes one, with the phrase that it asks for.
func (s *stage) rung(want int, phrase string, args ...string) string {
	s.t.Helper()
	return s.does(want, apply(append([]string{"split"}, args...), "--confirm="+phrase, "--reason=a rehearsal")...)
}

// lockedAndHeld goes up to where the tables are held, is told of who tries, and goes the newest rung back.
func (s *stage) lockedAndHeld() {
	t := s.t
	s.says(s.does(1, "split", "rename"), "no split lock was done", "blocked")
	s.says(s.does(1, "split", "drop"), "no split rename was done", "blocked")
	s.does(0, "split", "observe")
	s.says(s.rung(0, "lock blue", "lock"), "each account that has rights on it alone is locked")
	if err := s.write("bacula"); !errors.Is(err, sqlsim.ErrDenied) {
		t.Errorf("a locked account: %v", err)
	}
	s.says(s.does(1, "split", "freeze", "--undo"), "split lock stands", "blocked")
	if err := s.Move(t.Context(), 12*time.Hour); err != nil {
		t.Fatal(err)
	}
	s.does(0, "split", "observe")
	s.says(s.does(1, "split", "rename"), "refused logins until", "blocked")
	s.quiet(2)
	if err := s.Blue().MakeSchema("held"); err != nil {
		t.Fatal(err)
	}
	s.says(s.rung(1, "rename blue", "rename", "--holding=held"), "the schema that would hold them is there already: held; look what it is")
	s.rung(0, "rename blue", "rename")
	s.says(s.does(1, "split", "archive"), "split rename stands", "blocked")
	s.says(
		s.does(1, "split", "drop"),
		"its tables are held under another name: bacula__dropped_",
		"(asked: >= 7d)",
		"blocked",
		"(no return from here)",
	)
	var rows int
	if err := s.Blue().Read("SELECT COUNT(*) FROM Job").Scan(&rows); err == nil {
		t.Error("the table is there under its own name")
	}
	s.rung(0, "undo rename blue", "rename", "--undo")
	if err := s.Blue().Read("SELECT COUNT(*) FROM Job").Scan(&rows); err != nil || rows == 0 {
		t.Errorf("%d jobs after the rename was undone, %v", rows, err)
	}
	s.rung(0, "rename blue", "rename") // the second half of the time is overridden
}

// dropped goes to the end.
func (s *stage) dropped() {
	t := s.t
	s.quiet(4)
	s.restoresHome("drop") // a slow machine may have taken a day for what came since
	s.says(s.does(1, "gates", "schema-dropped"), "nobody has said so")
	s.says(s.rung(0, "drop for good blue", "drop"), "drop the table File")
	left, err := s.Blue().Schemas()
	if err != nil || !slices.Equal(left, []string{"dba_inventory", "dba_topology", "held"}) { // of others, and of who holds
		t.Errorf("%q are left, %v", left, err)
	}
	s.says(s.does(0, "gates", "schema-dropped"), "action ")
	s.does(0, "journal", "--verify")
}

// restoresHome has the chain restored from green that blue's catalog lives on.
func (s *stage) restoresHome(before string) {
	s.t.Helper()
	s.until("the chain that blue's catalog lives on was restored from green", func() bool {
		cmd := s.command("test-restores", "--from=green", "--most=20", "--budget=48h", "--apply", "--confirm=test restores")
		_ = cmd.Run()
		out, _ := s.command("split", before).Output()
		return strings.Contains(string(out), "ok         the chain that blue's catalog lives on was restored by green alone")
	})
}

// archived takes a frozen schema through its archive and its proof.
func (s *stage) archived() {
	t := s.t
	archive, verify := apply([]string{"split", "archive"}, "--confirm=archive blue", "--reason=a rehearsal"),
		apply([]string{"split", "verify"}, "--confirm=verify blue", "--reason=a rehearsal")
	s.says(s.does(1, "split", "verify"), "no split archive was done since", "blocked")
	tape := filepath.Join(s.Dir(), "archive-tape")
	if err := os.Rename(tape, tape+"-away"); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(1, archive...), "is no directory here: make or mount it")
	if err := os.Rename(tape+"-away", tape); err != nil {
		t.Fatal(err)
	}
	if left := s.archives(); len(left) > 0 {
		t.Errorf("%q are left of an archive that was not made", left)
	}
	goesOn := func() { s.does(0, "act", s.newest(), "--reason=it is mended") }
	goesOn()
	files := s.archives()
	if len(files) != 2 {
		t.Fatalf("%q", files)
	}
	whole, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	spoilt := slices.Clone(whole)
	spoilt[len(spoilt)/2] ^= 1
	for _, bytes := range [][]byte{spoilt, whole} {
		if err := os.WriteFile(files[1], bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		if &bytes[0] == &spoilt[0] {
			s.says(s.does(1, verify...), "is not what was archived: its SHA-256 is")
			s.says(s.does(1, "gates", "schema-archived"), "nobody has said so")
		}
	}
	goesOn()
	s.says(s.does(0, "gates", "schema-archived"), "gives back exactly its ")
	var rows int
	if err := s.Scratch().Read("SELECT COUNT(*) FROM Job").Scan(&rows); err != nil || rows == 0 {
		t.Errorf("%d jobs are in what was restored, %v", rows, err)
	}
}

// write lets an account write to blue's schema.
func (s *stage) write(user string) error {
	c, err := s.Blue().Connect(user, "10.0.0.7")
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Write(func(tx *sqlsim.Tx) error { return tx.Exec("UPDATE Version SET VersionId = VersionId") })
}

func (s *stage) archives() (files []string) {
	for _, dir := range []string{"archive-nas", "archive-tape"} {
		found, err := filepath.Glob(filepath.Join(s.Dir(), dir, "*"))
		if err != nil {
			s.t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}
