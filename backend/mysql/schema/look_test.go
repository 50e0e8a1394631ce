package schema

import (
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/mysql"
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
			{Name: own, Monitor: true, Accounts: true, Sees: true}, {Name: "bacula", Write: true}, {Name: "reporter"}, {Name: "root", Admin: true},
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	in.Uncounted(own)
	return in, &Schema{Login: mysql.Login{Address: in.Addr(), User: own}, Name: "bacula", Own: []string{own},
		Known: []string{"bacula", "reporter", "root"}, Now: time.Now}
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

func looked(t *testing.T, s *Schema) model.SchemaLook {
	t.Helper()
	l, err := s.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAHiddenConsumerOfASchemaIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		hides func(*testing.T, *sqlsim.Instance)
		want  string
	}{
		"a query": {func(t *testing.T, in *sqlsim.Instance) {
			_ = says(t, in, "reporter", "", "SELECT Name FROM bacula.Job")
		}, "Job was read or written 2 times"},
		"a write": {func(t *testing.T, in *sqlsim.Instance) {
			_ = says(t, in, "bacula", "bacula", "INSERT INTO Media (VolumeName) VALUES ('V1')")
		}, "Media was read"},
		"an event": {func(_ *testing.T, in *sqlsim.Instance) {
			in.Have(sqlsim.Object{Kind: "event", Schema: "dba", Name: "e1", Text: "DELETE FROM bacula.Log"})
		}, "the event dba.e1 names it"},
		"its event": {func(_ *testing.T, in *sqlsim.Instance) {
			in.Have(sqlsim.Object{Kind: "event", Schema: "bacula", Name: "e1", Text: "DELETE FROM Log"})
		}, "the event bacula.e1 is in it"},
		"a view": {func(_ *testing.T, in *sqlsim.Instance) {
			in.Have(sqlsim.Object{Kind: "view", Schema: "reports", Name: "v", Text: "select 1 from `bacula`.`Job`"})
		}, "the view reports.v names it"},
		"a routine": {func(_ *testing.T, in *sqlsim.Instance) {
			in.Have(sqlsim.Object{Kind: "routine", Schema: "reports", Name: "r", Text: "SELECT * FROM bacula.Job"})
		}, "the routine reports.r names it"},
		"a trigger": {func(_ *testing.T, in *sqlsim.Instance) {
			in.Have(sqlsim.Object{Kind: "trigger", Schema: "dba", Name: "t", Text: "INSERT INTO bacula.Log"})
		}, "the trigger dba.t names it"},
		"a key": {func(_ *testing.T, in *sqlsim.Instance) {
			in.Have(sqlsim.Object{Kind: "reference", Schema: "dba", Name: "jobs", Text: "bacula"})
		}, "the table dba.jobs refers to it"},
		"a filter": {func(_ *testing.T, in *sqlsim.Instance) { in.SetVar("replicate_do_db", "bacula") },
			"the replication filter replicate_do_db names it"},
		"a session": {func(_ *testing.T, in *sqlsim.Instance) { _, _ = in.Connect("reporter", "10.0.0.7") }, "reporter has a session in it"},
		"nobody":    {func(*testing.T, *sqlsim.Instance) {}, ""},
		"another db": {func(_ *testing.T, in *sqlsim.Instance) {
			in.Have(sqlsim.Object{Kind: "view", Schema: "reports", Name: "v", Text: "select 1 from bacula2.Job"})
		}, ""},
		"itself": {func(t *testing.T, in *sqlsim.Instance) { _ = says(t, in, own, "bacula", "SELECT Name FROM Job") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in, s := old(t)
			was := looked(t, s)
			c.hides(t, in)
			is := looked(t, s)
			used, anew := model.UsesSince(was.Tables, is.Tables)
			if got := strings.Join(append(used, is.Uses...), "; "); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("used: %q, want %q", got, c.want)
			}
			if is.Blind != "" || len(anew) > 0 || len(is.Could) > 0 || is.Server != "dbadb" || len(is.Tables) != 2 {
				t.Errorf("blind %q, begun anew %v, could %v, %+v", is.Blind, anew, is.Could, is)
			}
		})
	}
}

func TestAServerThatDoesNotCountTellsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		hurt         func(*sqlsim.Instance)
		blind, mends string
	}{
		"off": {func(in *sqlsim.Instance) { in.SetVar("performance_schema", false) }, "its Performance Schema is off",
			"performance_schema = ON"},
		"no instrument": {func(in *sqlsim.Instance) { in.Count("wait/io/table/sql/handler", false) }, "sql/handler is off",
			"setup_instruments"},
		"no consumer": {func(in *sqlsim.Instance) { in.Count("global_instrumentation", false) }, "global_instrumentation is off",
			"setup_consumers"},
		"threads are not": {func(in *sqlsim.Instance) { in.Count("thread_instrumentation", false) }, "thread_instrumentation is off",
			"setup_consumers"},
		"somebody is not":  {func(in *sqlsim.Instance) { in.Uncounted("reporter") }, "what reporter does is not counted", "DELETE"},
		"nothing is wrong": {func(*sqlsim.Instance) {}, "", ""},
	} {
		in, s := old(t)
		c.hurt(in)
		l := looked(t, s)
		if !strings.Contains(l.Blind, c.blind) || !strings.Contains(l.Remedy, c.mends) || c.blind == "" && l.Blind != "" {
			t.Errorf("%s: %q, %q", name, l.Blind, l.Remedy)
		}
	}
	_, s := old(t)
	s.Own = append(s.Own, "switchyard_watch")
	if l := looked(t, s); !strings.Contains(l.Blind, "own accounts read is counted with the rest: switchyard_watch") {
		t.Errorf("an own account that is counted: %q", l.Blind)
	}
}

func TestWhoMayUseASchemaIsAccountedFor(t *testing.T) {
	in, s := old(t)
	s.Known = []string{"bacula", "root"}
	if l := looked(t, s); strings.Join(l.Could, "; ") != "'reporter'@'%' may use it" {
		t.Errorf("%q", l.Could)
	}
	in.Have(sqlsim.Object{Kind: "view", Schema: "reports", Name: "v", Text: ""})
	if l := looked(t, s); !strings.Contains(strings.Join(l.Could, "; "), "what the view reports.v reads cannot be seen") {
		t.Errorf("%q", l.Could)
	}
	in.Dump(2)
	if l := looked(t, s); l.Replicas != 2 {
		t.Errorf("%d replicas", l.Replicas)
	}
	for _, bad := range []string{"", "ba`cula", "bacula'", strings.Repeat("x", 65)} {
		s.Name = bad
		if _, err := s.Look(t.Context()); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for pattern, want := range map[string]bool{"bacula": true, "bac%": true, `bac\_ula`: false, "bacul_": true, "%": true, `b%\_old`: false,
		"acula": false} {
		if matches(pattern, "bacula") != want {
			t.Errorf("%s matches: %v", pattern, !want)
		}
	}
}

// TestALoginThatIsNotShownOthersTellsNothing: a server leaves out what a login may not see, without a word.
func TestALoginThatIsNotShownOthersTellsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		is           sqlsim.User
		fails, blind string
	}{
		"its own rights alone":       {sqlsim.User{Monitor: true, Accounts: true}, "does not show the rights of 'bacula'@'%'", ""},
		"no account":                 {sqlsim.User{Monitor: true}, "asking which accounts there are", ""},
		"sessions of others":         {sqlsim.User{Sees: true}, "", "without PROCESS on everything"},
		"everybody, and what all do": {sqlsim.User{Monitor: true, Sees: true}, "", ""},
	} {
		c.is.Name = own
		in, err := sqlsim.New(sqlsim.Config{Name: "dbadb", Version: "8.0.36", ServerID: 1, Database: "bacula", Schema: tables, Dir: t.TempDir(),
			Clock: clock.New(time.Now(), 1), Users: []sqlsim.User{c.is, {Name: "bacula", Write: true}}})
		if err != nil {
			t.Fatal(err)
		}
		in.Uncounted(own)
		in.SetVar("performance_schema", c.is.Monitor) // its threads are shown to who monitors
		s := &Schema{Login: mysql.Login{Address: in.Addr(), User: own}, Name: "bacula", Own: []string{own}, Now: time.Now}
		l, err := s.Look(t.Context())
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) || !strings.Contains(l.Blind, c.blind) ||
			c.blind == "" && l.Blind != "" || l.Blind != "" && !strings.Contains(l.Remedy, "EVENT, TRIGGER ON *.*") {
			t.Errorf("%s: %v, blind %q, %q", name, err, l.Blind, l.Remedy)
		}
		_ = in.Close()
	}
	for _, r := range mysql.Sees {
		held := slices.DeleteFunc(slices.Clone(mysql.Sees), func(s string) bool { return s == r })
		if lacks := (&standing{self: "a", global: map[string][]string{"a": held}}).blind(); len(lacks) != 1 || lacks[0] != r {
			t.Errorf("without %s: %q", r, lacks)
		}
	}
	if got := UserOf(grantee("a'@'b@localhost")); got != "a'@'b" {
		t.Error(got)
	}
}

// TestAServerIsKnownByWhateverItIsReachedBy: nothing is loaded into the one that is left under another of its names.
func TestAServerIsKnownByWhateverItIsReachedBy(t *testing.T) {
	_, s := old(t)
	other, o := old(t)
	same := *s
	same.Login.Address = strings.Replace(s.Login.Address, "127.0.0.1", "localhost", 1)
	if err := s.Another(t.Context(), &same); err == nil || !strings.Contains(err.Error(), "are one server") {
		t.Errorf("another name: %v", err)
	}
	if err := s.Another(t.Context(), o); err != nil {
		t.Errorf("another port: %v", err)
	}
	other.SetVar("hostname", "")
	if err := s.Another(t.Context(), o); err == nil || !strings.Contains(err.Error(), "nobody can tell") {
		t.Errorf("one that does not say who it is: %v", err)
	}
	_ = other.Close()
	if err := s.Another(t.Context(), o); err == nil {
		t.Error("one that does not answer")
	}
}
