package act

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/mysql/schema"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// TestALockKeepsOutWhoHasNothingElse: who has rights elsewhere, too, loses those on the schema alone, and both get back what they had.
func TestALockKeepsOutWhoHasNothingElse(t *testing.T) {
	t.Parallel()
	in, s := old(t)
	in.SetAccount("grafana", func(u *sqlsim.User) { *u = sqlsim.User{Name: "grafana", Monitor: true} })
	s.Known = append(s.Known, "grafana")
	h, err := s.Holders(t.Context(), []string{"'gone'@'%'"})
	if err != nil || !slices.Equal(h.Open, []string{"'bacula'@'%'", "'reporter'@'%'"}) || len(h.Take) != 1 ||
		h.Take[0].Grantee != "'grafana'@'%'" ||
		h.Take[0].String() != "SELECT" ||
		len(h.Beyond) > 0 {
		t.Fatalf("%+v %v", h, err)
	}
	reads := func(user string) error { return says(t, in, user, "bacula", "SELECT VolumeName FROM Media") }
	for name, c := range map[string]struct {
		hurts    func()
		accounts []string
		want     string
	}{
		"somebody came":  {func() {}, h.Open[:1], "'reporter'@'%' came since"},
		"no CREATE USER": {func() { in.SetAccount(own, func(u *sqlsim.User) { u.Accounts = false }) }, h.Open, "this login lacks"},
		"everything": {func() { in.SetAccount(own, func(u *sqlsim.User) { u.Accounts = true }); s.Known = s.Known[:2] }, h.Open,
			"'root'@'%' by a grant on everything"},
	} {
		known := s.Known
		c.hurts()
		if err := s.Lock(t.Context(), nil, c.accounts, h.Take); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		in.SetAccount(own, func(u *sqlsim.User) { u.Accounts = true })
		s.Known = known
		if err := errors.Join(reads("bacula"), reads("grafana")); err != nil {
			t.Errorf("%s: something was taken: %v", name, err)
		}
	}
	there, err := in.Connect("reporter", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.Look(t.Context())
	for range 2 { // twice is once
		err = errors.Join(err, s.Lock(t.Context(), nil, h.Open, h.Take))
	}
	if err != nil || !there.Gone() {
		t.Fatalf("%v, and a session from before goes on: %v", err, !there.Gone())
	}
	for _, user := range []string{"bacula", "reporter", "grafana"} {
		if err := reads(user); err == nil {
			t.Errorf("%s reads it", user)
		}
	}
	if after, err := s.Look(t.Context()); err != nil || *after.Denied != *before.Denied+2 {
		t.Errorf("two logins were refused, and it counts %d after %d, %v", *after.Denied, *before.Denied, err)
	}
	if err := s.Unlock(t.Context(), nil, []schema.Held{{Grantee: "'bacula'@'%'", Rights: []string{"SUPER"}}}); !errors.Is(
		err,
		model.ErrNotDone,
	) {
		t.Errorf("a right on more than a schema: %v", err)
	}
	if err := s.Unlock(t.Context(), h.Open, h.Take); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"bacula", "reporter", "grafana"} {
		if err := reads(user); err != nil {
			t.Errorf("%s reads it again: %v", user, err)
		}
	}
}

// TestOnlyWhatIsHeldIsDropped: a table that was not verified stops a rename, one that is not held is dropped by nobody, and no schema goes
// with what is in it.
func TestOnlyWhatIsHeldIsDropped(t *testing.T) {
	t.Parallel()
	in, s := old(t)
	other, _ := old(t)
	const holding = "bacula__dropped_1"
	refused := func(what string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	both := []string{"Job", "Media"}
	refused("a table too many", s.Rename(t.Context(), holding, both[:1]), "the table Media was not archived and compared")
	refused("a table too few", s.Rename(t.Context(), holding, append(both, "File")), "the table File is there 0 times")
	refused("a name", s.Rename(t.Context(), "a`b", both), "this login lacks")
	refused("another name", s.Rename(t.Context(), "elsewhere", both), "this login lacks ALL ON elsewhere.*")
	refused("a table in its place", s.Drop(t.Context(), holding, "Job"), "only what is held in")
	if err := s.Rename(t.Context(), holding, both); err != nil {
		t.Fatal(err)
	}
	if err := says(t, in, "bacula", "bacula", "SELECT VolumeName FROM Media"); err == nil {
		t.Error("a table is there under its name")
	}
	left := func() (err error) { // the server knows a moment later that a session has ended
		for uses := true; uses && err == nil; {
			var l model.SchemaLook
			if l, err = s.Look(t.Context()); err == nil {
				uses = slices.ContainsFunc(l.Uses, func(u string) bool { return strings.Contains(u, "has a session") })
			}
		}
		return err
	}
	if err := errors.Join(s.RenameBack(t.Context(), holding, both), says(t, in, "bacula", "bacula", "SELECT VolumeName FROM Media"), left(),
		s.Rename(t.Context(), holding, both), s.Drop(t.Context(), holding, "Job")); err != nil {
		t.Fatal(err)
	}
	refused("half a schema", s.DropEmpty(t.Context(), holding), "is not empty")
	for what, c := range map[string]struct {
		has  sqlsim.Object
		want string
	}{
		"a view in its place": {sqlsim.Object{Kind: "view", Schema: "bacula", Name: "Media",
			Text: "select 1 from `" + holding + "`.`Media`"}, "bacula.Media names it"},
		"a view of what is held": {sqlsim.Object{Kind: "view", Schema: "reports", Name: "v", Text: "select 1 from `" + holding + "`.`Media`"},
			"reports.v names it"},
		"an event that reads it": {sqlsim.Object{Kind: "event", Schema: "dba", Name: "e", Text: "DELETE FROM " + holding + ".Media"},
			"dba.e names it"},
		"an event where it is": {sqlsim.Object{Kind: "event", Schema: holding, Name: "e", Text: "select 1"}, holding + ".e"},
		"a routine of the old one": {sqlsim.Object{Kind: "routine", Schema: "reports", Name: "r", Text: "SELECT * FROM bacula.Job"},
			"reports.r names it"},
	} {
		in.Have(c.has)
		refused(what, s.Drop(t.Context(), holding, "Media"), c.want)
		in.Have()
	}
	there, err := in.Connect("reporter", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	refused("a session in it", s.Drop(t.Context(), holding, "Media"), "reporter has a session in bacula")
	there.Close()
	in.Replicate(other, 0)
	in.SetReadOnly(true)
	const replica = "replicates from another one and is read-only"
	refused("on a replica", s.Drop(t.Context(), holding, "Media"), replica)
	refused("on a replica", s.Rename(t.Context(), holding, both), replica)
	refused("on a replica", s.Freeze(t.Context(), nil), replica)
	refused("on a replica", s.Lock(t.Context(), nil, nil, nil), replica)
	in.Promote()
	in.SetReadOnly(false)
	if err := s.Drop(t.Context(), holding, "Media"); err != nil {
		t.Fatal(err)
	}
	in.Have(sqlsim.Object{Kind: "event", Schema: holding, Name: "e", Text: "select 1"})
	refused("an event", s.DropEmpty(t.Context(), holding), "the event "+holding+".e")
	in.Have()
	if err := s.DropEmpty(t.Context(), holding); err != nil {
		t.Fatal(err)
	}
	if left, err := in.Schemas(); err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}
}
