package run

import (
	"context"
	"database/sql/driver"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/mysql"
	"switchyard/backend/rds"
	"switchyard/backend/rds/act"
	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

const promotedID, promotedRegion = "bacula-replica", "eu-central-1"

// promoted is the catalog of a server that was promoted, behind the hand that keeps its numbers and names.
type promoted struct {
	*sqlsim.Instance
	*Amazon
	t *testing.T
	n *plan.Numbers
}

// secret is a password, or a token.
func secret(w string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return w, nil }
}

func newPromoted(t *testing.T, volumes ...string) *promoted {
	t.Helper()
	in, err := sqlsim.New(sqlsim.Config{Name: promotedID, Version: "8.0.36", UUID: "00000000-0000-4000-8000-000000000001", ServerID: 1,
		Database: "bacula", Schema: cluster.Schema1026, Dir: t.TempDir(), Clock: clock.New(time.Now(), 1), Users: []sqlsim.User{
			{
				Name:     "watch",
				Password: "w",
				Monitor:  true,
			}, {Name: "numbers", Password: "n", Alter: true}, {Name: "dba", Password: "d", Write: true}}})
	if err != nil {
		t.Fatal(err)
	}
	cloud := amazon.New(
		amazon.Options{Instances: []amazon.Instance{{ID: promotedID, Region: promotedRegion}}, Readers: []string{rds.RehearsalKey}},
	)
	srv := httptest.NewServer(cloud)
	reader, err := rds.New(t.Context(), rds.Options{Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	d, err := reader.Describe(t.Context(), rds.Target{ID: promotedID, Region: promotedRegion})
	if err != nil {
		t.Fatal(err)
	}
	server := rds.NewServer(rds.ServerOptions{Address: in.Addr(), User: "watch", Password: secret("w"), Database: "bacula"})
	catalog := bacula.NewCatalog(
		model.Green,
		bacula.CatalogConfig{Hosts: []string{in.Addr()}, User: "watch", Password: secret("w"), Database: "bacula",
			Zone: time.UTC},
	)
	t.Cleanup(func() { _, _, _ = server.Close(), catalog.Close(), in.Close(); srv.Close(); cloud.Close() })
	at := AtInstance(promotedID, promotedRegion)
	p := &promoted{
		Instance: in,
		t:        t,
		Amazon: &Amazon{Reader: reader, Servers: map[string]*rds.Server{at: server}, Catalogs: map[string]Rows{at: catalog},
			Numberers: map[string]*act.Numberer{
				at: {Login: mysql.Login{Address: in.Addr(), User: "numbers", Password: secret("n"), Database: "bacula"}},
			}},
	}
	p.n = &plan.Numbers{OnInstance: plan.OnInstance{ID: promotedID, Region: promotedRegion, ResourceID: d.ResourceID},
		Above: []model.NextID{{Table: "Job", Next: 5_000}, {Table: "Media", Next: 9_000}}, Volumes: volumes}
	p.sql("INSERT INTO Media (MediaId, VolumeName, MediaType, PoolId, VolStatus) VALUES (7, 'reg-0007', 'FileA', 3, 'Append'), "+
		"(8, 'imm-0008', 'FileB', 4, 'Append')",
		"INSERT INTO Job (JobId, Job, Name, Type, Level, JobStatus, JobTDate) VALUES (70, 'a.2026-11-29_18.00.00_01', 'a', 'B', 'F', 'T', 1), "+
			"(71, 'b.2026-11-29_18.00.00_02', 'b', 'B', 'F', 'T', 1)",
		"INSERT INTO JobMedia (JobId, MediaId) VALUES (70, 7), (70, 7), (71, 8)")
	return p
}

func (p *promoted) sql(statements ...string) {
	p.t.Helper()
	err := p.Bulk(func(tx *sqlsim.Tx) error {
		for _, st := range statements {
			if err := tx.Exec(st); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// people say statements as they were told, each by itself, over the wire.
func (p *promoted) people(says string) {
	p.t.Helper()
	l := mysql.Login{Address: p.Addr(), User: "dba", Password: secret("d"), Database: "bacula"}
	conn, err := l.Dial(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	for _, st := range strings.Split(strings.TrimSuffix(says, ";"), "; ") {
		if _, err := conn.(driver.ExecerContext).ExecContext(p.t.Context(), st, nil); err != nil {
			p.t.Fatalf("%s: %v", st, err)
		}
	}
}

// rows are the volumes that were not there before.
func (p *promoted) rows() string {
	p.t.Helper()
	var all string
	const ask = "SELECT COALESCE(group_concat(v, '; '), '') FROM (SELECT VolumeName || ' ' || MediaType || ' ' || PoolId || ' ' || " +
		"VolStatus || ' ' || " +
		"Enabled || Recycle AS v FROM Media WHERE MediaId > 8 ORDER BY MediaId)"
	if err := p.Read(ask).Scan(&all); err != nil {
		p.t.Fatal(err)
	}
	return all
}

func (p *promoted) looks(want model.Verdict, past plan.Past, says ...string) Sight {
	p.t.Helper()
	sight, err := p.numbers(p.t.Context(), p.n, past)
	for _, s := range says {
		if err == nil && !strings.Contains(sight.Says, s) {
			p.t.Errorf("it does not say %q: %q", s, sight.Says)
		}
	}
	if err != nil || sight.Verdict != want {
		p.t.Fatalf("%v %q (%v), want %v", sight.Verdict, sight.Says, err, want)
	}
	return sight
}

// lostJobs are two: one of a that wrote to a volume nobody knew of when the plan was made, and one of a volume that Bacula never names.
var lostJobs = record.Found{Step: 1, Loss: &record.FoundLoss{Looked: 3, Jobs: []record.TailJob{
	{Job: "a.2026-11-30_18.00.00_01", ID: 90, Status: 'T', End: time.Unix(9, 0), Volumes: []string{"new-0012", "reg-0007"}},
	{Job: "b.2026-11-30_18.00.00_02", ID: 91, Status: 'T', End: time.Unix(9, 0), Volumes: []string{"it's"}}}}}

// TestLostVolumesKeepTheirNames: each that has no row gets one that no job can use, like others as far as they tell; what has one keeps it,
// and the names that Bacula gives nobody are told. It may be done twice, whatever of it was done before, and is done by people as they are
// told.
func TestLostVolumesKeepTheirNames(t *testing.T) {
	const made = "reg-0009 FileA 3 Read-Only 00; new-0012 FileA 3 Read-Only 00"
	for name, do := range map[string]func(*promoted, plan.Past, string){
		"by the login": func(p *promoted, past plan.Past, _ string) {
			for range 2 {
				if err := p.raise(t.Context(), p.n, past); err != nil {
					t.Error(err)
				}
			}
		},
		"again, where an answer was lost": func(p *promoted, past plan.Past, _ string) {
			p.sql("INSERT INTO Media (MediaId, VolumeName, MediaType, PoolId, VolStatus, Enabled) " +
				"VALUES (9, 'reg-0009', 'FileA', 3, 'Read-Only', 0)")
			if err := p.raise(t.Context(), p.n, past); err != nil {
				t.Error(err)
			}
		},
		"by people": func(p *promoted, _ plan.Past, says string) { p.people(strings.TrimPrefix(says, "not yet: ")) },
	} {
		p := newPromoted(t, "reg-0009", "reg-0007")
		past := plan.Past{Step: 2, Found: []record.Found{lostJobs}}
		sight := p.looks(model.Fails, past, "ALTER TABLE Media AUTO_INCREMENT = 9000;", "'reg-0009', 'FileA', 3, 'Read-Only'",
			"'new-0012', 'FileA', 3, 'Read-Only'")
		if len(sight.Found) != 1 || !slices.Equal(sight.Found[0].Numbers.Lost, []string{"reg-0009", "new-0012"}) {
			t.Fatalf("%s: %+v", name, sight.Found)
		}
		sight.Found[0].Step = 2
		past.Found = append(past.Found, sight.Found...)
		do(p, past, sight.Says)
		p.looks(model.Holds, past, "named above MediaId 900", "each of 3 lost volumes has a row, of which 2 had none", `it's ('\'' is in it)`)
		if got := p.rows(); got != made {
			t.Errorf("%s: made are %q, want %q", name, got, made)
		}
		p.sql("UPDATE Media SET VolStatus = 'Append' WHERE VolumeName = 'new-0012'")
		says := p.looks(model.Fails, past, "UPDATE Media SET VolStatus = 'Read-Only'").Says
		p.people(strings.TrimPrefix(says, "not yet: "))
		p.looks(model.Holds, past)
	}
}

// TestTheHighestMediaIdIsRaised: a Director names new volumes by it. Where no lost volume needs a row, one that is no volume has it, and no
// job can use it.
func TestTheHighestMediaIdIsRaised(t *testing.T) {
	for name, do := range map[string]func(*promoted, plan.Past, string){
		"by the login": func(p *promoted, past plan.Past, _ string) {
			if err := p.raise(t.Context(), p.n, past); err != nil {
				t.Error(err)
			}
		},
		"by people": func(p *promoted, _ plan.Past, says string) { p.people(strings.TrimPrefix(says, "not yet: ")) },
	} {
		p := newPromoted(t, "reg-0007")
		past := plan.Past{Step: 2}
		sight := p.looks(model.Fails, past, "VALUES (8999, 'no-volume-names-go-on-from-9000'")
		sight.Found[0].Step = 2
		past.Found = sight.Found
		do(p, past, sight.Says)
		p.looks(model.Holds, past, "named above MediaId 8999", "each of 1 lost volume has a row, of which 0 had none")
		if got, want := p.rows(), "no-volume-names-go-on-from-9000  0 Disabled 00"; got != want {
			t.Errorf("%s: made is %q, want %q", name, got, want)
		}
		if n, err := p.Number("Media"); err != nil || n != 9000 {
			t.Errorf("%s: volumes number on from %d (%v)", name, n, err)
		}
	}
}

// TestWhatIsNotKnownOfNamesPasses not: neither a catalog that does not answer, nor one that is not known, nor a server without volumes.
func TestWhatIsNotKnownOfNamesPassesNot(t *testing.T) {
	for name, harm := range map[string]func(*promoted){
		"no catalog is known": func(p *promoted) { p.Catalogs = nil },
		"it does not answer":  func(p *promoted) { p.Stop() },
		"it may not be read":  func(p *promoted) { p.SetAccount("watch", func(u *sqlsim.User) { u.Locked = true }) },
	} {
		p := newPromoted(t, "reg-0009")
		past := plan.Past{Step: 2, Found: []record.Found{{Step: 2, Numbers: &record.FoundNumbers{Of: promotedID}}}}
		harm(p)
		if sight, err := p.numbers(t.Context(), p.n, past); err == nil || sight.Verdict != model.Unknown {
			t.Errorf("%s: %v %q", name, sight.Verdict, sight.Says)
		}
		if err := p.raise(t.Context(), p.n, past); !errors.Is(err, model.ErrNotDone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
