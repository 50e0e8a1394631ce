package feed

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
	"switchyard/model/board"
)

// bare is what the statements need of a Bacula catalog.
const bare = `
CREATE TABLE Job (
  JobId int unsigned NOT NULL AUTO_INCREMENT, Job tinyblob NOT NULL, Name tinyblob NOT NULL, Type binary(1) NOT NULL,
  Level binary(1) NOT NULL,
  ClientId int unsigned DEFAULT '0', JobStatus binary(1) NOT NULL, SchedTime datetime DEFAULT NULL, StartTime datetime DEFAULT NULL,
  EndTime datetime DEFAULT NULL, RealEndTime datetime DEFAULT NULL, JobTDate bigint unsigned DEFAULT '0', JobFiles int unsigned DEFAULT '0',
  JobBytes bigint unsigned DEFAULT '0', JobErrors int unsigned DEFAULT '0', PriorJobId int unsigned DEFAULT '0', Comment blob,
  PRIMARY KEY (JobId)
);
CREATE TABLE Client (ClientId int unsigned NOT NULL AUTO_INCREMENT, Name tinyblob NOT NULL, PRIMARY KEY (ClientId));
CREATE TABLE Log (LogId int unsigned NOT NULL AUTO_INCREMENT, JobId int unsigned DEFAULT '0', Time datetime DEFAULT NULL,
	LogText blob NOT NULL, PRIMARY KEY (LogId));
CREATE TABLE Media (MediaId int unsigned NOT NULL AUTO_INCREMENT, Protected tinyint DEFAULT '0', PRIMARY KEY (MediaId));
CREATE TABLE JobMedia (JobMediaId int unsigned NOT NULL AUTO_INCREMENT, JobId int unsigned NOT NULL, MediaId int unsigned NOT NULL,
	PRIMARY KEY (JobMediaId), KEY JobId (JobId, MediaId));
CREATE TABLE Version (VersionId int unsigned NOT NULL, PRIMARY KEY (VersionId));
`

// watched is one catalog of some chains behind a feed that is asked by hand.
type watched struct {
	*testing.T
	*Feed
	server *sqlsim.Instance
	source *catalogSource
	chains int
	kind   model.Kind
	now    time.Time
	begun  sqlsim.Load
}

const writerName = "bacula"

func watchedCatalog(t *testing.T, chains int) *watched {
	t.Helper()
	return watchedCells(t, chains, model.Regular)
}

func watchedCells(t *testing.T, chains int, kind model.Kind) *watched {
	t.Helper()
	var ps []model.Placement
	for i := range chains {
		ps = append(ps, model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("c%d", i), Region: "r1", Kind: kind}, Promise: 26 * time.Hour})
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	tpl, err := model.ParseNameTemplate("backup-{chain}-{region}-{kind}")
	if err != nil {
		t.Fatal(err)
	}
	names, err := model.BindNames(inv, tpl, model.NameTemplate{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := sqlsim.New(
		sqlsim.Config{
			Name:     "catalog",
			Version:  "8.4.3",
			UUID:     "00000000-0000-4000-8000-000000000001",
			ServerID: 1,
			Database: "bacula",
			Schema:   bare,
			Users: []sqlsim.User{
				{Name: "watch", Password: "w"},
				{Name: writerName, Password: "w", Write: true},
			},
			Dir:   t.TempDir(),
			Clock: clock.New(time.Now(), 1),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	cat := bacula.NewCatalog(
		model.Blue,
		bacula.CatalogConfig{Hosts: []string{server.Addr()}, User: "watch", Database: "bacula", Zone: time.UTC,
			Password: func(context.Context) (string, error) { return "w", nil }},
	)
	t.Cleanup(func() { cat.Close() })
	policy := model.DefaultPolicy()
	f := New(board.New("test", "", inv, policy, [2]*time.Location{time.UTC, time.UTC}), policy, [2]*Cluster{}, nil, nil)
	w := &watched{T: t, Feed: f, server: server, chains: chains, kind: kind, now: time.Now().UTC().Truncate(time.Second)}
	w.source = &catalogSource{Feed: f, of: &Cluster{Names: names, Catalog: cat}, cluster: model.Blue, onOpen: func() {}}
	w.sql("INSERT INTO Version VALUES (16)", "INSERT INTO Client VALUES (1, 'fd')")
	return w
}

func (w *watched) sql(texts ...string) {
	w.Helper()
	if err := w.server.Bulk(func(tx *sqlsim.Tx) error {
		for _, s := range texts {
			if err := tx.Exec(s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}); err != nil {
		w.Fatal(err)
	}
}

// row writes a job of a chain that ended some time ago.
func (w *watched) row(id uint32, chain int, status string, ago time.Duration) {
	w.Helper()
	w.rows([]uint32{id}, func(uint32) (int, string, time.Duration) { return chain, status, ago })
}

func (w *watched) rows(ids []uint32, of func(uint32) (chain int, status string, ago time.Duration)) {
	w.Helper()
	if err := w.server.Bulk(func(tx *sqlsim.Tx) error {
		for _, id := range ids {
			chain, status, ago := of(id)
			name := fmt.Sprintf("backup-c%d-r1-%s", chain, w.kind)
			at := w.now.Add(-ago).Format(time.DateTime)
			var end any = at
			if model.Status(status[0]).Outcome().Open() {
				end = nil
			}
			if err := tx.Exec(
				"INSERT OR REPLACE INTO Job VALUES (?,?,?,'B','F',1,?,?,?,?,?,?,7,1000,0,0,NULL)",
				int64(id),
				fmt.Sprintf("%s.%d", name, id),
				name,
				status,
				at,
				at,
				end,
				end,
				w.now.Add(-ago).Unix(),
			); err != nil {
				return err
			}
			if err := tx.Exec("INSERT OR REPLACE INTO JobMedia VALUES (?, ?, 1)", int64(id), int64(id)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.Fatal(err)
	}
}

// nights writes a good backup of every chain for some nights, the newest 2 h ago, and gives the next free JobId.
func (w *watched) nights(n int) (next uint32) {
	ids := make([]uint32, n*w.chains)
	for i := range ids {
		ids[i] = uint32(i + 1)
	}
	w.rows(ids, func(id uint32) (int, string, time.Duration) {
		i := int(id) - 1
		return i % w.chains, "T", 2*time.Hour + time.Duration(n-1-i/w.chains)*24*time.Hour
	})
	return uint32(len(ids) + 1)
}

// look asks once, as a poller does, and gives the snapshot after it.
func (w *watched) look() *board.Snapshot {
	w.Helper()
	w.begun = w.server.Load()
	if _, err := w.source.read(w.Context()); err != nil {
		w.Fatal(err)
	}
	at := time.Now()
	w.tell(func(b *board.Board) {
		b.Source(board.Sighting{Source: model.CatalogOf(model.Blue), Every: time.Second, At: at, Tried: at, Gates: true})
	})
	return w.board.Snapshot(at)
}

// cost is what the newest look cost the server.
func (w *watched) cost() (statements, rows uint64) {
	l := w.server.Load()
	return l.Selects - w.begun.Selects, l.RowsSent - w.begun.RowsSent
}

// round looks until everything that is looked at again was.
func (w *watched) round(ids int) *board.Snapshot {
	s := w.look()
	for range ids/32 + 2 {
		s = w.look()
	}
	return s
}

func (w *watched) cell(s *board.Snapshot, chain int) *board.Standing {
	for i := range s.Cells {
		if s.Cells[i].Cell.Chain == fmt.Sprintf("c%d", chain) {
			return &s.Cells[i].On[model.Blue]
		}
	}
	w.Fatalf("no chain %d", chain)
	return nil
}

func told(s *board.Snapshot, after uint64, part string) bool {
	return slices.ContainsFunc(s.Events, func(e board.Event) bool { return e.Seq > after && strings.Contains(e.Says, part) })
}

func lastSeq(s *board.Snapshot) uint64 {
	if len(s.Events) == 0 {
		return 0
	}
	return s.Events[len(s.Events)-1].Seq
}

// asFresh compares what a session shows with what one shows that begins now.
func (w *watched) asFresh(s *board.Snapshot) {
	w.Helper()
	fresh := &watched{
		T:      w.T,
		Feed:   New(board.New("test", "", w.inventory(s), w.policy, [2]*time.Location{time.UTC, time.UTC}), w.policy, [2]*Cluster{}, nil, nil),
		server: w.server,
	}
	fresh.source = &catalogSource{Feed: fresh.Feed, of: w.source.of, cluster: model.Blue, onOpen: func() {}}
	f := fresh.look()
	for i := range s.Cells {
		a, b := &s.Cells[i], &f.Cells[i]
		id := func(j *model.Job) uint32 {
			if j == nil {
				return 0
			}
			return j.ID
		}
		as, bs := &a.On[model.Blue], &b.On[model.Blue]
		if a.Health != b.Health || id(as.Last) != id(bs.Last) || id(as.LastGood) != id(bs.LastGood) || id(as.Open) != id(bs.Open) {
			w.Errorf(
				"%s: the session shows %v, last %d, good %d, open %d; a fresh one %v, %d, %d, %d",
				a.Cell,
				a.Health,
				id(as.Last),
				id(as.LastGood),
				id(as.Open),
				b.Health,
				id(bs.Last),
				id(bs.LastGood),
				id(bs.Open),
			)
		}
	}
}

func (w *watched) inventory(s *board.Snapshot) *model.Inventory {
	var ps []model.Placement
	for i := range s.Cells {
		ps = append(ps, model.Placement{Cell: s.Cells[i].Cell, Promise: s.Cells[i].Promise})
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		w.Fatal(err)
	}
	return inv
}

// A row that ended may be deleted, recycled or changed afterwards: what stands on it falls back to the next, with an event.
func TestEndedRowsAreLookedAtAgain(t *testing.T) {
	const chains, nights = 40, 14
	for name, c := range map[string]struct {
		do   func(*watched)
		good uint32 // of chain 3 afterwards; 0: none
		says string
	}{
		"the last good is deleted": {func(w *watched) { w.sql("DELETE FROM Job WHERE JobId = 524") }, 484, "524 c3 r1 regular is no " +
			"longer in the catalog of blue; its last good is now 484"},
		"four nights are": {func(w *watched) {
			w.sql("DELETE FROM Job WHERE Name = 'backup-c3-r1-regular' AND JobId > 390")
		}, 364, "4 jobs are no longer in the catalog of blue"},
		"all are": {func(w *watched) {
			w.sql("DELETE FROM Job WHERE Name = 'backup-c3-r1-regular'")
		}, 0, "this cluster has no good backup of it any more"},
		"it becomes a failure": {func(w *watched) { w.sql("UPDATE Job SET JobStatus = 'f' WHERE JobId = 524") }, 484, "524 c3 r1 " +
			"regular was changed: it was backup ok (OK) and is backup failed (fatal error)"},
		"it is migrated": {func(w *watched) { w.sql("UPDATE Job SET Type = 'M' WHERE JobId = 524") }, 484, "it was backup ok " +
			"(OK) and is migrated ok (OK)"},
		"its name is another's": {func(w *watched) { w.sql("UPDATE Job SET Name = 'backup-x' WHERE JobId = 524") }, 484, "was changed"},
		"its row is another job's": {func(w *watched) {
			w.sql("UPDATE Job SET Name = 'backup-c4-r1-regular', Job = 'x.1' WHERE JobId = 524")
		}, 484, "was changed"},
		"all nights of all chains but 1": {func(w *watched) {
			w.sql("DELETE FROM Job WHERE JobId > 40 AND JobId < 560")
		}, 4, "are no longer in the catalog of blue"},
	} {
		t.Run(name, func(t *testing.T) {
			w := watchedCatalog(t, chains)
			w.nights(nights)
			before := w.look()
			if good := w.cell(before, 3).LastGood; good == nil || good.ID != 524 {
				t.Fatalf("before: %+v", good)
			}
			c.do(w)
			s := w.round(600)
			switch good := w.cell(s, 3).LastGood; {
			case c.good == 0 && good != nil:
				t.Errorf("it still has %d", good.ID)
			case c.good != 0 && (good == nil || good.ID != c.good):
				t.Errorf("its last good is %+v, not %d", good, c.good)
			}
			if !told(s, lastSeq(before), c.says) {
				t.Errorf("no event says %q: %+v", c.says, s.Events)
			}
			w.asFresh(s)
			before = s
			if s = w.round(600); lastSeq(s) != lastSeq(before) {
				t.Errorf("told again: %+v", s.Events[len(s.Events)-1])
			}
		})
	}
}

// What is kept in a few words only is read again before a cell rests on it, and nothing that is gone is shown in between.
func TestWhatCountsInsteadIsRead(t *testing.T) {
	w := watchedCatalog(t, 100)
	w.nights(14)
	w.look()
	w.sql("DELETE FROM Job WHERE Name = 'backup-c3-r1-regular' AND JobId > 204")
	var good *model.Job
	for range 40 {
		if good = w.cell(w.look(), 3).LastGood; good == nil || good.ID != 1304 && good.ID != 204 {
			t.Fatalf("its last good is %+v", good)
		}
	}
	if good.ID != 204 || good.Client != "fd" || good.Files != 7 {
		t.Errorf("its last good is %+v", good)
	}
	w.asFresh(w.look())
}

// What a catalog holds must not break the budgets: a statement a tick, and a hundred rows when nothing changes.
func TestNoCatalogBreaksTheBudgets(t *testing.T) {
	many := func(from, n uint32) []uint32 {
		ids := make([]uint32, n)
		for i := range ids {
			ids[i] = from + uint32(i)
		}
		return ids
	}
	for name, c := range map[string]struct {
		do    func(w *watched, next uint32)
		alert string
	}{
		"6,000 rows with an unknown letter": {func(w *watched, next uint32) {
			w.rows(many(next, 6_000), func(id uint32) (int, string, time.Duration) { return int(id) % 40, "x", 3 * time.Hour })
		}, "6000 jobs of blue with a status that is not in Bacula's table: ?x (6000)"},
		"6,000 rows that a crash left": {func(w *watched, next uint32) {
			w.rows(many(next, 6_000), func(id uint32) (int, string, time.Duration) { return int(id) % 40, "R", 3 * time.Hour })
		}, "calls 6000 jobs open"},
		"the last JobId there is": {func(w *watched, _ uint32) { w.row(math.MaxUint32, 5, "T", time.Hour) }, "JobId 4294967295 on blue (c5 r1 " +
			"regular) is far above all others"},
		"6,000 strays": {func(w *watched, next uint32) {
			w.rows(many(next, 6_000), func(id uint32) (int, string, time.Duration) { return int(id) + 1000, "T", 3 * time.Hour })
		}, "map to no cell"},
		"6,000 rows of one cell": {func(w *watched, next uint32) {
			w.rows(many(next, 6_000), func(uint32) (int, string, time.Duration) { return 7, "f", 3 * time.Hour })
		}, ""},
		"times out of this world": {func(w *watched, next uint32) {
			w.rows(many(next, 40), func(id uint32) (int, string, time.Duration) { return int(id) % 40, "T", -292 * 365 * 24 * time.Hour })
		}, ""},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", late: ", late), func(t *testing.T) {
				w := watchedCatalog(t, 40)
				next := w.nights(3)
				if late {
					w.look()
				}
				c.do(w, next)
				w.look()
				for range 5 { // until what arrived is read
					w.look()
				}
				var statements, rows uint64
				var s *board.Snapshot
				for range 20 {
					s = w.look()
					a, b := w.cost()
					statements, rows = max(statements, a), max(rows, b)
				}
				if statements > 2 || rows > 100+bacula.WhysAtOnce {
					t.Errorf("a quiet tick takes %d statements and %d rows", statements, rows)
				}
				if c.alert != "" && !slices.ContainsFunc(s.Alerts, func(a board.Alert) bool { return strings.Contains(a.Says, c.alert) }) {
					t.Errorf("no alert says %q: %+v", c.alert, s.Alerts)
				}
				if n := len(s.Clusters[model.Blue].Open); n > 2048 {
					t.Errorf("%d open jobs are listed", n)
				}
				if name == "the last JobId there is" { // what is numbered below it is seen nevertheless
					w.row(next, 6, "f", time.Minute)
					w.look()
					if last := w.cell(w.look(), 6).Last; last == nil || last.ID != next {
						t.Errorf("the newest of c6 is %+v", last)
					}
				}
			})
		}
	}
}

// TestAQuietMinute takes a statement every two seconds, as the policy has it. What ended badly before is asked for its reason once, and
// not one by one: half as many statements more at most, and none once it is known.
func TestAQuietMinute(t *testing.T) {
	const chains, bad = 60, 50
	w := watchedCatalog(t, chains)
	next := w.nights(3)
	var ids []uint32
	for i := range uint32(bad) {
		ids = append(ids, next+i)
	}
	w.rows(ids, func(id uint32) (int, string, time.Duration) {
		return int(id-next) % chains, "fE"[id%2 : id%2+1], time.Hour
	})
	for i, id := range ids {
		w.sql(fmt.Sprintf("INSERT INTO Log (JobId, LogText) VALUES (%d, 'd JobId %d: Fatal error: reason %d')", id, id, i))
	}
	ticks := int(time.Minute / model.DefaultPolicy().CatalogEvery)
	w.look()
	for minute, most := range []int{ticks + (bad+bacula.WhysAtOnce-1)/bacula.WhysAtOnce, ticks} {
		n := 0
		var s *board.Snapshot
		for range ticks {
			s = w.look()
			a, _ := w.cost()
			n += int(a)
		}
		if n > most {
			t.Errorf("minute %d takes %d statements, want %d at most", minute+1, n, most)
		}
		for i := range bad {
			if last := w.cell(s, i).Last; last == nil || last.Note != fmt.Sprintf("Fatal error: reason %d", i) {
				t.Errorf("why chain %d failed is told as %+v", i, last)
			}
		}
	}
}

// TestAQueueThatBaculaCanceled at once, by a limit, is no choice of a person's in any of its cells, before the session or while it watches.
func TestAQueueThatBaculaCanceled(t *testing.T) {
	const chains, canceled = 60, 50
	for _, name := range []string{"before the session", "while it watches"} {
		w := watchedCatalog(t, chains)
		next := w.nights(3)
		if name == "while it watches" {
			w.look()
		}
		var ids []uint32
		for i := range uint32(canceled) {
			ids = append(ids, next+i)
			w.sql(fmt.Sprintf("INSERT INTO Log (JobId, LogText) VALUES (%d, 'd JobId %d: Fatal error: Job canceled because max start delay "+
				"time exceeded.')", next+i, next+i))
		}
		w.rows(ids, func(id uint32) (int, string, time.Duration) { return int(id-next) % chains, "A", time.Hour })
		var s *board.Snapshot
		for range canceled/bacula.WhysAtOnce + 2 {
			s = w.look()
		}
		for i := range canceled {
			if last := w.cell(s, i).Last; last == nil || !last.ByBacula() {
				t.Errorf("%s: of chain %d: %+v", name, i, last)
			}
		}
		if day := s.Clusters[model.Blue].Day.Backups; day.Canceled != 0 {
			t.Errorf("%s: %+v", name, day)
		}
	}
}

// What arrives at once is read in parts, and all of it.
func TestAFloodIsReadInParts(t *testing.T) {
	w := watchedCatalog(t, 40)
	next := w.nights(2)
	w.look()
	ids := make([]uint32, 12_000)
	for i := range ids {
		ids[i] = next + uint32(i)
	}
	w.rows(ids, func(id uint32) (int, string, time.Duration) { return int(id) % 40, "T", time.Hour })
	for range 12_000/(tickChunks*1900) + 1 {
		w.look()
		if n, _ := w.cost(); n > tickChunks+1 {
			t.Errorf("%d statements in one tick", n)
		}
	}
	if n := w.look().Clusters[model.Blue].Catalog.Jobs; n != 12_080 {
		t.Errorf("%d jobs are known", n)
	}
}

// Open rows that no Director tells of are asked for in turn; when one of them ends, all are: a storm is followed as it blows.
func TestAStormIsFollowed(t *testing.T) {
	w := watchedCatalog(t, 40)
	next := w.nights(2)
	open := func(from uint32) (ids []uint32) {
		for i := range uint32(1500) {
			ids = append(ids, from+i)
		}
		return ids
	}
	status := func(s string) func(uint32) (int, string, time.Duration) {
		return func(id uint32) (int, string, time.Duration) { return int(id) % 40, s, time.Minute }
	}
	w.look()
	for range 10 {
		w.rows(open(next), status("R"))
		w.look()
		w.rows(open(next), status("T"))
		next += 1500
		w.look()
	}
	s := w.look()
	for range 2 {
		s = w.look()
	}
	if n := len(s.Clusters[model.Blue].Open); n > 0 {
		t.Errorf("%d jobs that ended are still open", n)
	}
}
