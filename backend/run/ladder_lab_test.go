//go:build lab

package run_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/mysql/schema"
	"switchyard/backend/mysql/schema/act"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// furnish makes a catalog, another schema, and who uses both.
func (r *real) furnish() {
	r.tell(
		"SET sql_mode = ''",
		"CREATE DATABASE bacula",
		"CREATE DATABASE other",
		"CREATE TABLE bacula.Job (JobId INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, Name TINYBLOB NOT NULL, StartTime DATETIME NULL, "+
			"Rate DOUBLE, "+
			"PurgedFiles TINYINT DEFAULT 0)",
		"CREATE TABLE bacula.File (FileId BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, "+
			"JobId INT UNSIGNED NOT NULL, Filename BLOB NOT NULL, "+
			"LStat TINYBLOB NOT NULL, MD5 TINYBLOB, KEY (JobId))",
		"CREATE TABLE bacula.Media (MediaId INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, VolumeName TINYBLOB NOT NULL, "+
			"VolStatus ENUM('Full','Append','Used') NOT NULL, Stamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
		"CREATE TABLE bacula.`odd``name` (a INT)",
		"INSERT INTO bacula.Job (Name, StartTime, Rate) VALUES ('ä backup', '2026-11-01 02:00:00', 0.1), (x'00ff0a27', NULL, NULL)",
		"INSERT INTO bacula.File (JobId, Filename, LStat, MD5) VALUES (1, 'a\\nb\\'c\\\\', 'A', NULL), (1, x'fffe00', '', '')",
		"INSERT INTO bacula.Media (VolumeName, VolStatus) VALUES ('V1', 'Full')",
		"CREATE TABLE other.t (a INT)",
		"INSERT INTO other.t VALUES (7)",
	)
	for i := 0; i < 12; i++ {
		r.tell("INSERT INTO bacula.File (JobId, Filename, LStat, MD5) SELECT JobId, CONCAT(Filename, FileId), LStat, MD5 FROM bacula.File")
	}
	r.accounts("bacula", "grafana", "batch")
	r.tell("GRANT ALL ON bacula.* TO bacula@'%'", "GRANT SELECT ON bacula.* TO grafana@'%'", "GRANT SELECT ON other.* TO grafana@'%'",
		"GRANT INSERT ON bacula.* TO batch@'%'")
	r.counts()
}

// climb is a hand on a real server, and what its action found so far.
type climb struct {
	*run.OldSchema
	*real
	past plan.Past
}

// take looks, does, and looks until it is done, as a runner does.
func (c *climb) take(o plan.Order) (run.Sight, error) {
	c.past = plan.Past{Action: fmt.Sprint("a", time.Now().UnixNano())}
	s, err := c.OldSchema.Look(c.t.Context(), o, c.past)
	if err != nil || s.Verdict == model.Holds {
		return s, err
	}
	c.past.Found, c.past.Intended = s.Found, time.Now()
	if row, err := o.Row(); err == nil && !row.Looks {
		if err := c.Do(c.t.Context(), o, c.past); err != nil {
			return s, err
		}
	}
	if s, err = c.OldSchema.Look(c.t.Context(), o, c.past); err == nil && s.Verdict != model.Holds {
		err = errors.New("not done: " + s.Says)
	}
	return s, err
}

func (c *climb) does(o plan.Order) run.Sight {
	c.t.Helper()
	s, err := c.take(o)
	if err != nil {
		c.t.Fatalf("%s: %v", o.Sends(), err)
	}
	c.t.Logf("%s: %s", o.Sends(), s.Says)
	return s
}

func (c *climb) refuses(o plan.Order, says string) {
	c.t.Helper()
	if s, err := c.take(o); err == nil || !strings.Contains(err.Error(), says) {
		c.t.Errorf("%s: %v %+v, want %q", o.Sends(), err, s, says)
	}
}

// seen looks, and says who used it since the look before.
func (c *climb) seen(s *schema.Schema, was *model.SchemaLook) (is model.SchemaLook, uses []string) {
	c.t.Helper()
	c.until("all is counted", func() bool { // a session that begins or ends is not, for a moment
		var err error
		if is, err = s.Look(c.t.Context()); err != nil || is.Denied == nil {
			c.t.Fatalf("%v %+v", err, is)
		}
		return is.Blind == ""
	})
	uses = is.Uses
	if was != nil {
		used, _ := model.UsesSince(was.Tables, is.Tables)
		uses = append(uses, used...)
	}
	return is, uses
}

// TestTheLadderOnRealServers takes a catalog on MariaDB, with a replica, and on MySQL 9 from who uses it to where nothing of it is left.
func TestTheLadderOnRealServers(t *testing.T) {
	t.Run("MariaDB", func(t *testing.T) {
		if _, err := exec.LookPath("mariadbd"); err != nil {
			t.Skip("SKIPPED: no MariaDB is installed here")
		}
		climbed(t, "")
	})
	t.Run("MySQL 9", func(t *testing.T) {
		kept, _ := filepath.Glob("/var/cache/switchyard-lab/green-*.tar.zst")
		if len(kept) == 0 {
			t.Skip("SKIPPED: no root of the lab is kept here")
		}
		root, err := os.MkdirTemp("/var/tmp", "ladder")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(root) })
		if out, err := exec.Command("tar", "--zstd", "-xf", kept[0], "-C", root).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		climbed(t, root)
	})
}

func climbed(t *testing.T, root string) {
	blue, scratch := serveReal(t, root, "blue", 1), serveReal(t, root, "scratch", 3)
	c := &climb{real: blue}
	var replica *real
	if root == "" {
		replica = serveReal(t, root, "replica", 2)
		blue.tell("CREATE USER repl@'%' IDENTIFIED BY 'pw'", "GRANT REPLICATION SLAVE ON *.* TO repl@'%'")
		replica.tell(fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='repl', MASTER_PASSWORD='pw', "+
			"MASTER_USE_GTID=slave_pos", blue.port), "START SLAVE")
	}
	blue.furnish()
	scratch.tell("CREATE DATABASE kept", "CREATE USER "+splitUser+"@'%' IDENTIFIED BY 'pw'", "GRANT SELECT ON *.* TO "+splitUser+"@'%'")
	dir := t.TempDir()
	places := []plan.Place{{Dir: dir + "/a", On: "nas", Plain: true}, {Dir: dir + "/b", On: "tape", Plain: true}}
	for _, p := range places {
		if err := os.Mkdir(p.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	dumps, loads := "mariadb-dump", "mariadb"
	if root != "" {
		dumps, loads = "mysqldump", "mysql"
	}
	dump := blue.program(dumps, "--defaults-extra-file="+blue.clientFile(), "--single-transaction", "--hex-blob", "bacula")
	load := scratch.program(loads, "--defaults-extra-file="+scratch.clientFile(), "kept")
	pack, unpack := []string{"gzip", "-c"}, []string{"gzip", "-dc"}
	at := blue.schema("bacula")
	c.OldSchema = &run.OldSchema{On: map[string]*act.Schema{blue.addr(): {Schema: *at}}, With: scratch.schema("kept"),
		Archiver: &run.Archiver{Dump: dump, Pack: pack, Unpack: unpack, Load: load, Places: places}}
	on := plan.OnSchema{Host: blue.addr(), Schema: "bacula"}

	// Who uses it is found, however hidden.
	last, uses := c.seen(at, nil)
	if len(uses) > 0 {
		t.Errorf("nobody uses it, and it says %v", uses)
	}
	if err := blue.as("grafana", "SELECT COUNT(*) FROM bacula.Job"); err != nil {
		t.Fatal(err)
	}
	if last, uses = c.seen(at, &last); !slices.ContainsFunc(uses, func(u string) bool { return strings.HasPrefix(u, "Job was read") }) {
		t.Errorf("a query is not seen: %v", uses)
	}
	for _, of := range [][2]string{{"CREATE VIEW other.v AS SELECT JobId FROM bacula.Job", "DROP VIEW other.v"},
		{"CREATE EVENT other.e ON SCHEDULE EVERY 1 MINUTE DO INSERT INTO other.t SELECT JobId FROM bacula.Job", "DROP EVENT other.e"}} {
		blue.tell(of[0])
		if _, uses = c.seen(at, nil); len(uses) != 1 || !strings.Contains(uses[0], "names it") {
			t.Errorf("%s: %v", of[0], uses)
		}
		c.refuses(plan.Order{FreezeSchema: &on}, "take this away by hand")
		blue.tell(of[1])
	}
	if replica != nil {
		replica.until("the replica has it all", func() bool {
			return replica.number("SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE GRANTEE LIKE '''batch''%'") > 0
		})
		replica.counts()
		far := replica.schema("bacula")
		c.On[replica.addr()] = &act.Schema{Schema: *far}
		was, _ := c.seen(far, nil)
		if err := replica.as("grafana", "SELECT COUNT(*) FROM bacula.Media"); err != nil {
			t.Fatal(err)
		}
		if _, uses := c.seen(far, &was); !slices.ContainsFunc(uses, func(u string) bool { return strings.HasPrefix(u, "Media was read") }) {
			t.Errorf("a read through a replica is not seen: %v", uses)
		}
	}

	// Frozen, archived, and nothing half is an archive.
	held := c.does(plan.Order{FreezeSchema: &on})
	frozen := c.past.Found
	if err := blue.as("bacula", "INSERT INTO bacula.Media (VolumeName, VolStatus) VALUES ('V2', 'Used')"); err == nil {
		t.Error("it is written to")
	}
	archive := func(name string) plan.Order {
		return plan.Order{ArchiveSchema: &plan.Archiving{OnSchema: on, Name: name, Places: places, Dump: c.Archiver.Dump, Pack: c.Archiver.Pack}}
	}
	for says, with := range map[string][2][]string{
		"exit status 1": {dump, {"false"}}, "exit status 3": {run.Sh(strings.Join(dump, " ") + "; exit 3"), pack},
		"does not end with": {run.Sh(strings.Join(dump, " ") + " | head -c 3000"), pack},
	} {
		c.Archiver.Dump, c.Archiver.Pack = with[0], with[1]
		c.refuses(archive("x.sql"), says)
	}
	c.Archiver.Dump, c.Archiver.Pack = dump, pack
	if err := os.Symlink("/dev/full", filepath.Join(places[1].Dir, "full.sql.part")); err != nil {
		t.Fatal(err)
	}
	c.refuses(archive("full.sql"), "no space left on device")
	c.Archiver.Dump = run.Sh(
		strings.Join(dump, " ") + "; " + strings.Join(blue.program(loads, "--defaults-extra-file="+blue.clientFile(), "-e"), " ") +
			" 'GRANT DELETE ON bacula.* TO grafana@\"%\"'",
	)
	c.refuses(archive("given.sql"), "may DELETE")
	blue.tell("REVOKE DELETE ON bacula.* FROM grafana@'%'")
	c.Archiver.Dump = dump
	for _, p := range places {
		if left, _ := filepath.Glob(p.Dir + "/*"); len(left) > 0 {
			t.Errorf("%q is left of what is no archive", left)
		}
	}
	var files []record.FoundFile
	for _, f := range c.does(archive("whole.sql")).Found {
		files = append(files, *f.File)
	}
	compare := plan.Order{
		CompareSchema: &plan.Comparing{
			OnSchema: on,
			Files:    files,
			With:     plan.OnSchema{Host: scratch.addr(), Schema: "kept"},
			Unpack:   unpack,
			Load:     load,
		},
	}
	intact := plan.Order{ArchiveIntact: &plan.Intact{OnSchema: on, Files: files}}
	whole, err := os.ReadFile(files[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := slices.Clone(whole)
	spoilt[len(spoilt)/2] ^= 1
	for _, bytes := range [][]byte{spoilt, whole} {
		if err := os.WriteFile(files[0].Path, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		if &bytes[0] == &spoilt[0] {
			c.refuses(compare, "is not what was archived")
			c.refuses(intact, "is not what was archived")
		}
	}
	found := c.does(compare).Found
	var tables []string
	for _, f := range found[0].Tables.Tables {
		tables = append(tables, f.Name)
	}
	scratch.tell("UPDATE kept.File SET MD5 = 'x' LIMIT 1")
	if is, err := at.Contents(t.Context()); err != nil {
		t.Fatal(err)
	} else if back, err := c.With.Contents(t.Context()); err != nil || run.Differ(is, back) == nil {
		t.Errorf("a row that differs: %v", err)
	}

	// Locked: who tries is counted, and who has rights elsewhere keeps those.
	there, err := sql.Open("mysql", fmt.Sprintf("bacula:pw@tcp(%s)/bacula?allowNativePasswords=true", blue.addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	open, err := there.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lock := plan.Order{LockSchema: &plan.Locking{OnSchema: on, Had: []string{"'bacula'@'%'", "'batch'@'%'"}}}
	c.does(lock)
	locked := c.past.Found
	if err := open.PingContext(t.Context()); err == nil {
		t.Error("a session from before goes on")
	}
	last, _ = c.seen(at, nil)
	for _, user := range []string{"bacula", "batch"} {
		if err := blue.as(user, "SELECT 1"); err == nil {
			t.Errorf("%s logs in", user)
		}
	}
	blue.until("two refused logins are counted", func() bool { // once their threads are over
		is, _ := c.seen(at, nil)
		return *is.Denied >= *last.Denied+2
	})
	if err := blue.as("grafana", "SELECT * FROM bacula.Job"); err == nil {
		t.Error("grafana reads it")
	}
	if err := blue.as("grafana", "SELECT * FROM other.t"); err != nil {
		t.Errorf("grafana reads what else it may: %v", err)
	}

	// Renamed, refused where the name is taken, and once all the way back: the Director's account writes again.
	const holding = "bacula__dropped_20261130"
	rename := &plan.Renaming{OnSchema: on, Holding: holding, Tables: tables}
	blue.tell("CREATE DATABASE " + holding)
	c.refuses(plan.Order{RenameSchema: rename}, "is there already")
	blue.tell("DROP DATABASE "+holding, "CREATE TABLE bacula.late (a INT)")
	c.refuses(plan.Order{RenameSchema: rename}, "the table late was not archived and compared")
	blue.tell("DROP TABLE bacula.late", "CREATE TRIGGER bacula.tr BEFORE INSERT ON bacula.Job FOR EACH ROW SET NEW.Rate = 1")
	c.refuses(plan.Order{RenameSchema: rename}, "the trigger bacula.tr")
	blue.tell("DROP TRIGGER bacula.tr")
	c.does(plan.Order{RenameSchema: rename})
	if n := blue.number("SELECT COUNT(*) FROM " + holding + ".File"); n < 8000 {
		t.Errorf("%d rows are held", n)
	}
	c.does(plan.Order{RenameBack: rename})
	rights := append(record.RightsIn(locked), record.FoundSetting{Of: "'gone'@''", Value: "SELECT"}) // a role that somebody dropped meanwhile
	c.does(plan.Order{UnlockSchema: &plan.Unlocking{OnSchema: on, Accounts: record.LocksIn(locked), Rights: rights}})
	c.does(plan.Order{ThawSchema: &plan.Thaw{OnSchema: on, Rights: record.RightsIn(frozen)}})
	for user, says := range map[string]string{"bacula": "UPDATE bacula.Job SET PurgedFiles = 0",
		"batch":   "INSERT INTO bacula.Media (VolumeName, VolStatus) VALUES ('', 'Used')",
		"grafana": "SELECT * FROM bacula.Job"} {
		if err := blue.as(user, says); err != nil {
			t.Errorf("%s works again: %v", user, err)
		}
	}
	blue.tell("DELETE FROM bacula.Media WHERE VolumeName = ''")
	if len(held.Says) == 0 {
		t.Error("nothing was said of the freeze")
	}

	// Up again, and dropped table by table while the replica keeps up.
	c.does(plan.Order{FreezeSchema: &on})
	c.does(lock)
	c.does(plan.Order{RenameSchema: rename})
	c.does(intact)
	calm := plan.Calm{OnSchema: on, Most: 10 * time.Second}
	drop := func(table string) plan.Order {
		return plan.Order{DropTable: &plan.Dropping{OnSchema: on, Holding: holding, Table: table, Calm: calm}}
	}
	if replica != nil {
		calm.Replicas = []string{replica.addr()}
		replica.tell("STOP SLAVE SQL_THREAD")
		if s, err := c.OldSchema.Look(t.Context(), plan.Order{ReplicasCalm: &calm}, plan.Past{}); err != nil || s.Verdict != model.Fails {
			t.Errorf("a replica that stands is calm: %v %+v", err, s)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		err := c.Do(short, drop("Job"), plan.Past{})
		cancel()
		if !errors.Is(err, model.ErrNotDone) || blue.number("SELECT COUNT(*) FROM "+holding+".Job") == 0 {
			t.Errorf("it does not pause: %v", err)
		}
		replica.tell("START SLAVE SQL_THREAD")
		replica.until("the replica keeps up", func() bool {
			s, err := c.OldSchema.Look(t.Context(), plan.Order{ReplicasCalm: &calm}, plan.Past{})
			return err == nil && s.Verdict == model.Holds
		})
	}
	for i, table := range tables {
		c.does(drop(table))
		if i == 0 {
			c.refuses(plan.Order{DropEmpty: &plan.Dropping{OnSchema: on, Holding: holding}}, "they are not empty")
		}
	}
	c.does(plan.Order{DropEmpty: &plan.Dropping{OnSchema: on, Holding: holding}})
	for _, r := range []*real{blue, replica} {
		if r == nil {
			continue
		}
		r.until("nothing of it is left", func() bool {
			return r.number("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'bacula%'") == 0
		})
		if n := r.number("SELECT MAX(a) FROM other.t"); n != 7 {
			t.Errorf("other.t holds %d", n)
		}
	}
	if err := blue.as("grafana", "SELECT * FROM other.t"); err != nil {
		t.Errorf("grafana reads what else it may: %v", err)
	}
}
