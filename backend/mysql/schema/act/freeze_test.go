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
			{Name: own, Monitor: true, Accounts: true, Sees: true}, {Name: "bacula", Write: true}, {Name: "reporter"}, {Name: "root", Admin: true},
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
	if err != nil || len(st.Held) != 1 || st.Held[0].Grantee != "'bacula'@'%'" || st.Held[0].String() != "ALTER, CREATE, DELETE, DROP, INSERT, UPDATE" ||
		len(st.Beyond) > 0 || len(st.Sessions["bacula"]) != 1 {
		t.Fatalf("%+v %v", st, err)
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice is once
		if err := s.Freeze(t.Context()); err != nil {
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
