package bacula

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// schema is what the statements need of a Bacula catalog, as both generations declare it.
const schema = `
CREATE TABLE Job (
  JobId int unsigned NOT NULL AUTO_INCREMENT, Job tinyblob NOT NULL, Name tinyblob NOT NULL, Type binary(1) NOT NULL,
  	Level binary(1) NOT NULL,
  ClientId int unsigned DEFAULT '0', JobStatus binary(1) NOT NULL, SchedTime datetime DEFAULT NULL, StartTime datetime DEFAULT NULL,
  EndTime datetime DEFAULT NULL, RealEndTime datetime DEFAULT NULL, JobTDate bigint unsigned DEFAULT '0', JobFiles int unsigned DEFAULT '0',
  JobBytes bigint unsigned DEFAULT '0', JobErrors int unsigned DEFAULT '0', PriorJobId int unsigned DEFAULT '0', Comment blob,
  PRIMARY KEY (JobId), KEY Name (Name(128))
);
CREATE TABLE Client (ClientId int unsigned NOT NULL AUTO_INCREMENT, Name tinyblob NOT NULL, PRIMARY KEY (ClientId));
CREATE TABLE Log (LogId int unsigned NOT NULL AUTO_INCREMENT, JobId int unsigned DEFAULT '0', Time datetime DEFAULT NULL,
	LogText blob NOT NULL, PRIMARY KEY (LogId), KEY JobId (JobId));
CREATE TABLE Media (MediaId int unsigned NOT NULL AUTO_INCREMENT, Protected tinyint DEFAULT '0', PRIMARY KEY (MediaId));
CREATE TABLE JobMedia (JobMediaId int unsigned NOT NULL AUTO_INCREMENT, JobId int unsigned NOT NULL, MediaId int unsigned NOT NULL,
	PRIMARY KEY (JobMediaId), KEY JobId (JobId, MediaId));
CREATE TABLE Version (VersionId int unsigned NOT NULL, PRIMARY KEY (VersionId));
`

var begin = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func serve(t *testing.T, name string, adjust func(*sqlsim.Config)) *sqlsim.Instance {
	t.Helper()
	cfg := sqlsim.Config{
		Name:     name,
		Version:  "8.4.3",
		UUID:     "00000000-0000-4000-8000-00000000000" + fmt.Sprint(len(name)),
		ServerID: 1,
		Database: "bacula",
		Schema:   schema,
		Users: []sqlsim.User{
			{Name: "watch", Password: "w"},
			{Name: "writer", Password: "w", Write: true},
		},
		Dir:   t.TempDir(),
		Clock: clock.New(begin, 0),
	}
	if adjust != nil {
		adjust(&cfg)
	}
	in, err := sqlsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

func word(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

func catalog(t *testing.T, c CatalogConfig, hosts ...*sqlsim.Instance) *Catalog {
	t.Helper()
	for _, in := range hosts {
		c.Hosts = append(c.Hosts, in.Addr())
	}
	c.User, c.Database, c.Zone = "watch", "bacula", time.UTC
	if c.Password == nil {
		c.Password = word("w")
	}
	cat := NewCatalog(model.Green, c)
	t.Cleanup(func() { cat.Close() })
	return cat
}

func change(t *testing.T, in *sqlsim.Instance, stmts ...string) {
	t.Helper()
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		for _, s := range stmts {
			if err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// fill adds jobs with the given ids, one an hour up to begin, all finished.
func fill(t *testing.T, in *sqlsim.Instance, first, last int) {
	t.Helper()
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		for id := first; id <= last; id++ {
			end := begin.Add(time.Duration(id-last) * time.Hour)
			text := end.Format(wallLayout)
			if err := tx.Exec("INSERT INTO Job VALUES (?,?,?,'B','F',1,'T',?,?,?,?,?,7,?,0,0,NULL)", id, fmt.Sprintf("backup-x.%d", id), "backup-x",
				text, text, text, text, end.Unix(), 1<<40); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func tick(t *testing.T, c *Catalog, watermark uint32, open ...uint32) []Row {
	t.Helper()
	rows, err := c.Tick(context.Background(), watermark, open)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func ids(rows []Row) (out []uint32) {
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

func TestProbeOfBothFamilies(t *testing.T) {
	for _, maria := range []bool{false, true} {
		in := serve(t, "one", func(c *sqlsim.Config) {
			if c.MariaDB = maria; maria {
				c.Version = "10.11.19-MariaDB"
			}
			c.Schema = strings.Replace(schema, "PriorJobId int unsigned DEFAULT '0',", "", 1)
		})
		change(t, in, "INSERT INTO Version VALUES (1026)")
		c := catalog(t, CatalogConfig{}, in)
		got, err := c.Probe(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != 1026 || got.Host != in.Addr() || got.ReadOnly || !slices.Equal(got.Missing, []string{"Job.PriorJobId"}) ||
			(got.Server == "10.11.19-MariaDB") != maria {
			t.Errorf("MariaDB %v: %+v", maria, got)
		}
	}
}

func TestRowsAreReadTruthfully(t *testing.T) {
	in := serve(t, "one", nil)
	change(
		t,
		in,
		"INSERT INTO Client VALUES (3, 'db3-fd')",
		`INSERT INTO Job VALUES (41, 'backup-x.2026-11-22_11.00.00_04', 'backup-x', 'B', 'I', 3, 'T', '2026-11-22 11:00:00',
			'2026-11-22 11:00:02', '2026-11-22 11:10:00', '2026-11-22 11:10:00', 1795345800, 12, 1099511627776, 2, 7, NULL)`,
		`INSERT INTO Job VALUES (42, 'backup-`+"\x1b[2Jy\u202e"+`.2026-11-22_11.30.00_05', 'backup-y', 'B', 'F', 0, 'C',
			'0000-00-00 00:00:00', NULL, NULL, NULL, 0, 0, 0, 0, NULL, '')`,
	)
	c := catalog(t, CatalogConfig{}, in)
	rows := tick(t, c, 42)
	if len(rows) != 2 {
		t.Fatalf("rows: %+v", rows)
	}
	r := rows[0]
	want := model.Job{
		Key:     model.JobKey{Cluster: model.Green, Job: "backup-x.2026-11-22_11.00.00_04"},
		ID:      41,
		Name:    "backup-x",
		Type:    'B',
		Level:   'I',
		Status:  'T',
		Outcome: model.Warned,
		Client:  "db3-fd",
		Sched:   r.Sched,
		Start:   r.Start,
		End:     r.End,
		Files:   12,
		Bytes:   1 << 40,
		Errors:  2,
		Times:   model.Awaited,
	}
	if got := r.ToJob(model.Green); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if r.Sched.Unix() != 1795345200 || r.Start.Unix() != 1795345202 || r.End.Unix() != 1795345800 || !r.RealEnd.Equal(r.End) ||
		r.PriorID != 7 {
		t.Errorf("times: %+v", r)
	}
	if r := rows[1]; r.Job != `backup-\x1b[2Jy\u202e.2026-11-22_11.30.00_05` || r.Name != `backup-y` || !r.Newest().IsZero() ||
		r.Client != "" ||
		r.Outcome() != model.Waiting {
		t.Errorf("a queued row: %+v", r)
	}
}

func TestWalkIsNewestFirstAndStops(t *testing.T) {
	in := serve(t, "one", nil)
	fill(t, in, 1, 9000)
	c := catalog(t, CatalogConfig{}, in)
	for _, w := range []struct {
		says  string
		since time.Time
		limit int
		want  int
	}{
		{"to the end", time.Time{}, 1e6, 9000},
		{"four chunks until all of two are older", begin.Add(-2500 * time.Hour), 1e6, 7250},
		{"the limit", time.Time{}, 2500, 3250},
		{"nothing new", begin.Add(-time.Minute + time.Hour), 1e6, 3250},
	} {
		var got []Row
		if err := c.Walk(context.Background(), w.since, w.limit, func(rows []Row) error { got = append(got, rows...); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(got) != w.want || got[0].ID != 9000 {
			t.Errorf("%s: %d rows, want %d", w.says, len(got), w.want)
		}
		for i := 1; i < len(got); i++ {
			if got[i].ID != got[i-1].ID-1 {
				t.Fatalf("%s: %d follows %d", w.says, got[i].ID, got[i-1].ID)
			}
		}
	}
	stop := errors.New("enough")
	if err := c.Walk(context.Background(), time.Time{}, 1e6, func([]Row) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the sink's error is lost: %v", err)
	}
}

func TestTickReadsTheOpenTheLateAndTheNew(t *testing.T) {
	in := serve(t, "one", nil)
	fill(t, in, 1, 1000)
	c := catalog(t, CatalogConfig{}, in)
	if got := ids(tick(t, c, 1000)); !slices.Equal(got, span(984, 1000)) {
		t.Errorf("quiet tick: %v", got)
	}
	before := in.Load()
	if got := ids(tick(t, c, 1000, 5, 7, 999)); !slices.Equal(got, append([]uint32{5, 7}, span(984, 1000)...)) {
		t.Errorf("with open jobs: %v", got)
	}
	if after := in.Load(); after.Questions-before.Questions != 1 {
		t.Errorf("%d statements for one tick", after.Questions-before.Questions)
	}
	if got := ids(tick(t, c, 3)); len(got) != 1000 {
		t.Errorf("a watermark below the overlap: %d rows", len(got))
	}
	many := span(1, 900)
	before = in.Load()
	if got := ids(tick(t, c, 1000, many...)); !slices.Equal(got, append(span(1, 900), span(984, 1000)...)) {
		t.Errorf("900 open jobs: %d rows", len(got))
	}
	if after := in.Load(); after.Questions-before.Questions != 2 {
		t.Errorf("%d statements for 900 open jobs", after.Questions-before.Questions)
	}
	change(t, in, "DELETE FROM Job WHERE JobId IN (5, 1000)")
	if got := ids(tick(t, c, 1000, 5, 7)); !slices.Equal(got, append([]uint32{7}, span(984, 999)...)) {
		t.Errorf("deleted rows: %v", got)
	}
}

func TestCommentsAreReadFromAMarkOn(t *testing.T) {
	in := serve(t, "one", nil)
	fill(t, in, 1, 4500)
	change(t, in, "UPDATE Job SET Comment = 'switchyard 7' WHERE JobId IN (5, 4100)")
	c := catalog(t, CatalogConfig{}, in)
	tick(t, c, 4500) // opens the session
	before := in.Load()
	var all []uint32
	var tagged []Tag
	if err := c.Comments(t.Context(), 6, func(tag Tag) error {
		all = append(all, tag.ID)
		if tag.Comment != "" {
			tagged = append(tagged, tag)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if after := in.Load(); !slices.Equal(all, span(6, 4500)) || after.Questions-before.Questions != 3 {
		t.Errorf("%d rows in %d statements", len(all), after.Questions-before.Questions)
	}
	r, err := c.Job(t.Context(), 4100, tagged[0].Job)
	if len(tagged) != 1 || err != nil || r.ID != 4100 || r.Job != tagged[0].Job || r.Job == "" {
		t.Errorf("%v, %+v, %v", tagged, r, err)
	}
	for _, id := range []uint32{4099, 4501} {
		_, err := c.Job(t.Context(), id, r.Job)
		wants(t, err, model.ErrNone, "is not "+r.Job)
	}
	stop := errors.New("enough")
	if err := c.Comments(
		t.Context(),
		1,
		func(Tag) error { return stop },
	); !errors.Is(err, stop) &&
		!strings.Contains(fmt.Sprint(err), "enough") {
		t.Error(err)
	}
}

func span(first, last uint32) (out []uint32) {
	for id := first; id <= last; id++ {
		out = append(out, id)
	}
	return out
}

func TestUnknownClientIsLookedUpOnce(t *testing.T) {
	in := serve(t, "one", nil)
	fill(t, in, 1, 3)
	c := catalog(t, CatalogConfig{}, in)
	if got := tick(t, c, 3)[0].Client; got != "" {
		t.Errorf("client of a row whose client is gone: %q", got)
	}
	change(t, in, "INSERT INTO Client VALUES (1, 'db1-fd')")
	before := in.Load()
	tick(t, c, 3)
	if after := in.Load(); after.Questions-before.Questions != 1 {
		t.Errorf("clients are asked again within ten seconds: %d statements", after.Questions-before.Questions)
	}
	c.asked = time.Now().Add(-time.Minute)
	if got := tick(t, c, 3)[0].Client; got != "db1-fd" {
		t.Errorf("client %q", got)
	}
}

func TestLogAndReason(t *testing.T) {
	in := serve(t, "one", nil)
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		for i, text := range []string{"d JobId 8: Start Backup\n\x00", "fd JobId 8: Error: no\n\x00", "d JobId 8: Fatal error: " +
			"gone\nreally\n\x00"} {
			if err := tx.Exec("INSERT INTO Log VALUES (?, 8, '2026-11-22 11:00:00', ?)", i+1, text); err != nil {
				return err
			}
		}
		return tx.Exec("INSERT INTO Log VALUES (9, 9, NULL, 'd JobId 9: Fatal error: another job')")
	}); err != nil {
		t.Fatal(err)
	}
	c := catalog(t, CatalogConfig{}, in)
	lines, err := c.Log(context.Background(), 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 4 || lines[0].Text != "d JobId 8: Start Backup" || lines[3].Text != "really" || lines[0].At.Unix() != 1795345200 {
		t.Errorf("log: %+v", lines)
	}
	if why, err := c.Why(context.Background(), 8); err != nil || why != "Error: no" {
		t.Errorf("why: %q, %v", why, err)
	}
	whys, err := c.Whys(context.Background(), []uint32{9, 77, 8})
	if want := map[uint32]string{8: "Error: no", 9: "Fatal error: another job"}; err != nil || !maps.Equal(whys, want) {
		t.Errorf("whys: %v, %v", whys, err)
	}
	if lines, err := c.Log(context.Background(), 77); err != nil || len(lines) != 0 {
		t.Errorf("log of a job without one: %v, %v", lines, err)
	}
}

func TestEveryStatementRuns(t *testing.T) {
	for _, maria := range []bool{false, true} {
		in := serve(t, "one", func(c *sqlsim.Config) {
			c.Schema = cluster.Schema1026
			if c.MariaDB = maria; maria {
				c.Version = "10.11.19-MariaDB"
			}
		})
		c := catalog(t, CatalogConfig{}, in)
		for _, st := range Statements {
			if other := map[bool]string{true: "MySQL", false: "MariaDB"}[maria]; strings.HasSuffix(st.Name, other) ||
				st.Name == stFilesOld.Name { // of a schema before this one
				continue
			}
			args := make([]any, st.Args)
			for i := range args {
				args[i] = int64(i)
			}
			rows, err := c.db.QueryContext(context.Background(), st.Text, args...)
			if err != nil {
				t.Errorf("MariaDB %v: %s: %v", maria, st.Name, err)
				continue
			}
			rows.Close()
		}
	}
}
