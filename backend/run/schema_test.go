package run

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/backend/mysql/schema/act"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
	"switchyard/model/plan"
)

// frozenServer serves a schema, and the hand that leaves it.
func frozenServer(t *testing.T) (*sqlsim.Instance, *OldSchema, plan.OnSchema) {
	t.Helper()
	in, err := sqlsim.New(
		sqlsim.Config{Name: "dbadb", Version: "8.0.36", ServerID: 1, Database: "bacula", Dir: t.TempDir(), Clock: clock.New(time.Now(), 1),
			Schema: "CREATE TABLE Job (JobId int unsigned NOT NULL AUTO_INCREMENT, PRIMARY KEY (JobId));", Users: []sqlsim.User{
				{Name: "split", Monitor: true, Accounts: true, Sees: true, Write: true}, {Name: "bacula", Write: true}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	of := schema.Schema{Login: mysql.Login{Address: in.Addr(), User: "split"}, Name: "bacula", Own: []string{"split"}, Now: time.Now}
	return in, &OldSchema{
			On:       map[string]*act.Schema{in.Addr(): {Schema: of}},
			Archiver: &Archiver{},
		}, plan.OnSchema{
			Host:   in.Addr(),
			Schema: "bacula",
		}
}

// TestNothingIsFrozenByItsJournalAlone: it holds once the hand has seen sessions end, and whoever was given a right since is no archive's.
func TestNothingIsFrozenByItsJournalAlone(t *testing.T) {
	in, h, on := frozenServer(t)
	o, past := plan.Order{FreezeSchema: &on}, plan.Past{Action: "a1"}
	sight, err := h.Look(t.Context(), o, past)
	if err != nil || sight.Verdict != model.Fails || len(sight.Found) != 1 {
		t.Fatalf("%+v %v", sight, err)
	}
	past.Found = sight.Found
	if err := h.Do(t.Context(), o, past); err != nil {
		t.Fatal(err)
	}
	if sight, err := h.Look(t.Context(), o, past); err != nil || sight.Verdict != model.Holds {
		t.Errorf("%+v %v", sight, err)
	}
	other := &OldSchema{On: h.On}
	if sight, err := other.Look(t.Context(), o, past); err != nil || sight.Verdict != model.Fails || !sight.Absent {
		t.Errorf("a process that saw no session end: %+v %v", sight, err)
	}
	in.SetAccount("late", func(u *sqlsim.User) { *u = sqlsim.User{Name: "late", Write: true} })
	for name, o := range map[string]plan.Order{
		"archive": {ArchiveSchema: &plan.Archiving{OnSchema: on, Name: "x.sql"}},
		"freeze":  o,
		"drop":    {DropTable: &plan.Dropping{OnSchema: on, Holding: "bacula__dropped_1", Table: "Job"}},
	} {
		if err := h.Do(t.Context(), o, past); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "'late'@'%'") {
			t.Errorf("%s: %v", name, err)
		}
	}
	with := h.On[on.Host].Schema
	with.Login.Address = "127.0.0.1:1"
	h.With = &with
	c := plan.Order{
		CompareSchema: &plan.Comparing{OnSchema: on, With: plan.OnSchema{Host: "127.0.0.1:1", Schema: "bacula"}, Files: sameFiles(t)},
	}
	if err := h.Do(t.Context(), c, past); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "'late'@'%' may") {
		t.Errorf("compare: %v", err)
	}
	for i := range 64 {
		name := fmt.Sprintf("u%d", i)
		in.SetAccount(name, func(u *sqlsim.User) { *u = sqlsim.User{Name: name, Write: true} })
	}
	if sight, err := h.Look(t.Context(), o, past); err == nil || !strings.Contains(err.Error(), "65 accounts may change") {
		t.Errorf("more than can be noted: %+v %v", sight, err)
	}
}

// TestWhoIsKeptOut names who is locked, where anybody is.
func TestWhoIsKeptOut(t *testing.T) {
	on := &plan.OnSchema{Host: "dbadb:3306", Schema: "bacula"}
	for want, locked := range map[string][]string{
		"nobody else has a right by a grant on bacula on dbadb:3306 any more":               nil,
		"nobody logs in by an account of bacula on dbadb:3306 alone any more: 'bacula'@'%'": {"'bacula'@'%'"},
	} {
		if says := keptOut(on, locked); says != want {
			t.Errorf("%q, want %q", says, want)
		}
	}
}
