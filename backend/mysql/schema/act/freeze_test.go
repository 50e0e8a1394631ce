package act

import (
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

const (
	own    = "switchyard_split"
	tables = "CREATE TABLE Job (JobId int unsigned NOT NULL AUTO_INCREMENT, Name tinyblob NOT NULL, PRIMARY KEY (JobId));" +
		"CREATE TABLE Media (MediaId int unsigned NOT NULL AUTO_INCREMENT, VolumeName tinyblob NULL, PRIMARY KEY (MediaId));"
)

// old is a server with a schema that is to be left.
func old(t *testing.T) (*sqlsim.Instance, *Schema) {
	t.Helper()
	in, err := sqlsim.New(sqlsim.Config{Name: "dbadb", Version: "8.0.36", ServerID: 1, Database: "bacula", Schema: tables, Dir: t.TempDir(),
		Clock: clock.New(time.Now(), 1), Users: []sqlsim.User{
			{
				Name:     own,
				Monitor:  true,
				Accounts: true,
				Sees:     true,
				Write:    true,
			}, {Name: "bacula", Write: true}, {Name: "reporter"}, {Name: "root", Admin: true},
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	in.Uncounted(own)
	return in, &Schema{schema.Schema{Login: mysql.Login{Address: in.Addr(), User: own}, Name: "bacula", Own: []string{own},
		Known: []string{"bacula", "reporter", "root"}, Now: time.Now}}
}

// says lets an account say something on a server.
func says(t *testing.T, in *sqlsim.Instance, user, database string, statements ...string) error {
	t.Helper()
	conn, err := (&mysql.Login{Address: in.Addr(), User: user, Database: database}).Dial(t.Context())
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, text := range statements {
		if _, err = conn.(driver.ExecerContext).ExecContext(t.Context(), text, nil); err != nil {
			return err
		}
	}
	return nil
}

func TestAFreezeTakesRightsAndItsWayBackGivesThem(t *testing.T) {
	in, s := old(t)
	write := func() error { return says(t, in, "bacula", "bacula", "INSERT INTO Media (VolumeName) VALUES ('V1')") }
	open, err := in.Connect("bacula", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.Writers(t.Context())
	if err != nil || len(st.Held) != 1 || st.Held[0].Grantee != "'bacula'@'%'" || st.Held[0].String() != "ALTER, CREATE, DELETE, DROP, "+
		"INSERT, UPDATE" ||
		len(st.Beyond) > 0 || len(st.Sessions) != 1 ||
		st.Sessions[0].User != "bacula" {
		t.Fatalf("%+v %v", st, err)
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice is once
		if err := s.Freeze(t.Context(), st.Held); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("it can be written to: %v", err)
	}
	if err := says(t, in, "bacula", "bacula", "SELECT VolumeName FROM Media"); err != nil {
		t.Errorf("it cannot be read any more: %v", err)
	}
	if !open.Gone() {
		t.Error("a session that had the rights goes on")
	}
	if now, err := s.Writers(t.Context()); err != nil || len(now.Held) > 0 {
		t.Errorf("%+v %v", now, err)
	}
	if err := s.Thaw(t.Context(), []schema.Held{{Grantee: "'bacula'@'%'", Rights: []string{"SUPER"}}}); !errors.Is(err, model.ErrNotDone) {
		t.Errorf("a right that no freeze takes: %v", err)
	}
	if err := s.Thaw(t.Context(), st.Held); err != nil {
		t.Fatal(err)
	}
	if now, err := s.Writers(t.Context()); err != nil || len(now.Held) != 1 || now.Held[0].String() != st.Held[0].String() {
		t.Errorf("%+v %v", now, err)
	}
	if err := write(); err != nil {
		t.Error(err)
	}
	s.Known = []string{"bacula"}
	if now, err := s.Writers(t.Context()); err != nil || len(now.Beyond) != 1 || now.Beyond[0] != "'root'@'%' by a grant on everything" {
		t.Errorf("%+v %v", now, err)
	}
}

// TestAFreezeDoesNothingWhileSomebodyCouldGoOn: what cannot be taken, what is not noted, and a login that could not end sessions refuse it.
func TestAFreezeDoesNothingWhileSomebodyCouldGoOn(t *testing.T) {
	for name, c := range map[string]struct {
		hurts func(*sqlsim.Instance, *Schema)
		noted string
		want  string
	}{
		"a column": {func(in *sqlsim.Instance, _ *Schema) {
			in.Have(sqlsim.Object{Kind: "column right", Schema: "reporter", Name: "Job", Text: "UPDATE"})
		}, "", "a column of Job"},
		"a routine": {func(in *sqlsim.Instance, _ *Schema) {
			in.Have(sqlsim.Object{Kind: "routine right", Schema: "reporter", Name: "p"})
		}, "", "the routine p"},
		"a definer": {func(in *sqlsim.Instance, _ *Schema) {
			in.Have(sqlsim.Object{Kind: "routine", Schema: "x", Name: "p", Text: "DELETE FROM bacula.Job"})
		}, "", "x.p names it"},
		"everything": {func(_ *sqlsim.Instance, s *Schema) { s.Known = nil }, "", "'root'@'%' by a grant on everything"},
		"its name": {func(in *sqlsim.Instance, _ *Schema) {
			in.SetAccount(`e\`, func(u *sqlsim.User) { *u = sqlsim.User{Name: `e\`, Write: true} })
		}, "", "of whose name no statement is made"},
		"not noted": {func(*sqlsim.Instance, *Schema) {}, "INSERT", "since it was noted"},
		"no KILL": {func(in *sqlsim.Instance, _ *Schema) { in.SetAccount(own, func(u *sqlsim.User) { u.Accounts = false }) }, "",
			"lacks CONNECTION_ADMIN"},
		"no PROCESS": {func(in *sqlsim.Instance, _ *Schema) { in.SetMonitor(own, false) }, "", "PROCESS ON *.*"},
	} {
		in, s := old(t)
		noted := []schema.Held{{Grantee: "'bacula'@'%'", Rights: schema.Writes}}
		if c.noted != "" {
			noted[0].Rights = []string{c.noted}
		}
		c.hurts(in, s)
		err := s.Freeze(t.Context(), noted)
		if !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := says(t, in, "bacula", "bacula", "INSERT INTO Media (VolumeName) VALUES ('V1')"); err != nil {
			t.Errorf("%s: something was taken: %v", name, err)
		}
	}
}

// TestAFreezeEndsWhatCouldHaveKeptARight: sessions of members of a role and those that have chosen the schema, and none else.
func TestAFreezeEndsWhatCouldHaveKeptARight(t *testing.T) {
	in, s := old(t)
	in.Have(sqlsim.Object{Kind: "member", Schema: "bacula", Name: "role2"}, sqlsim.Object{Kind: "member", Schema: "role2", Name: "reporter"})
	in.SetAccount("passer", func(u *sqlsim.User) { *u = sqlsim.User{Name: "passer"} })
	member, err := (&mysql.Login{Address: in.Addr(), User: "reporter"}).Dial(t.Context())
	passer, err2 := (&mysql.Login{Address: in.Addr(), User: "passer"}).Dial(t.Context())
	there, err3 := (&mysql.Login{Address: in.Addr(), User: "passer", Database: "bacula"}).Dial(t.Context())
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	st, err := s.Writers(t.Context())
	if err == nil {
		err = s.Freeze(t.Context(), st.Held)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		conn driver.Conn
		gone bool
	}{"member": {member, true}, "passer": {passer, false}, "there": {there, true}} {
		if err := c.conn.(driver.Pinger).Ping(t.Context()); (err != nil) != c.gone {
			t.Errorf("%s: %v", name, err)
		}
		_ = c.conn.Close()
	}
}

// TestAThawGivesBackToWhoIsThere: an account that is gone is made by nobody, and those after it get what they had.
func TestAThawGivesBackToWhoIsThere(t *testing.T) {
	in, s := old(t)
	st, err := s.Writers(t.Context())
	if err == nil {
		err = s.Freeze(t.Context(), st.Held)
	}
	if err == nil {
		err = s.Thaw(t.Context(), append([]schema.Held{{Grantee: "'aaa'@'%'", Rights: []string{"INSERT"}}}, st.Held...))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := says(t, in, "bacula", "bacula", "INSERT INTO Media (VolumeName) VALUES ('V1')"); err != nil {
		t.Error(err)
	}
	if _, there := in.Account("aaa"); there {
		t.Error("an account was made")
	}
	for name, want := range map[string]string{"'a'@'%'": "'a'@'%'", "'r'@''": "'r'", `'a\'@'%'`: "", "'a'b'@'%'": "", "'a'@'b'@'%'": "",
		"''@'%'":      "",
		"'a\x1b'@'%'": ""} {
		if got, err := quoted(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", name, got, err)
		}
	}
}
