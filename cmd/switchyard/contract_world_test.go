package main

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	worldtime "switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// simulated starts the world's own servers with the lab's versions and the contract's rows.
func simulated(t *testing.T) []*sqlServer {
	t.Helper()
	ca, err := sqlsim.NewAuthority("contract", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	at := worldtime.New(time.Now(), 1)
	watcher, writer := login{"switchyard_watch", "watch"}, login{"switchyard_contract", "write"}
	serve := func(of, version, uuid string, change func(*sqlsim.Config)) (*sqlServer, *sqlsim.Instance) {
		c := sqlsim.Config{
			Name:     of,
			Version:  version,
			UUID:     uuid,
			ServerID: len(of),
			Database: "switchyard_contract",
			Schema:   cluster.Schema1026,
			Dir:      t.TempDir(),
			Clock:    at,
			Users: []sqlsim.User{
				{Name: watcher.user, Password: watcher.password, Monitor: true},
				{Name: writer.user, Password: writer.password, Write: true},
			},
		}
		change(&c)
		in, err := sqlsim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := in.Close(); err != nil {
				t.Error(err)
			}
		})
		return &sqlServer{of: of, addr: in.Addr(), schema: c.Database, watcher: watcher, writer: writer, mysql: !c.MariaDB, endless: "SELECT 1",
			slow: func(on bool) {
				f := sqlsim.Fault{}
				if on {
					f.Latency = 200 * time.Millisecond
				}
				in.Set(f)
			}}, in
	}
	maria, blue := serve("mariadb", "10.11.19-MariaDB-0+deb12u1", "", func(c *sqlsim.Config) { c.MariaDB, c.Schema = true, cluster.Schema16 })
	secure := func(c *sqlsim.Config) {
		c.Require = true
		if c.TLS, err = ca.Server(time.Now().AddDate(1, 0, 0), "localhost"); err != nil {
			t.Fatal(err)
		}
	}
	mysql, primary := serve("mysql", "9.7.4", "8a94f357-aab4-11df-86ab-c80aa9429563", secure)
	second, replica := serve("mysql replica", "9.7.4", "8a94f357-aab4-11df-86ab-c80aa9429564", func(c *sqlsim.Config) {
		secure(c)
		c.ReadOnly = true
	})
	replica.Replicate(primary, time.Millisecond)
	at.Advance(time.Minute) // they have been up for a while
	mysql.ca, second.ca = ca.PEM, ca.PEM
	for in, version := range map[*sqlsim.Instance]int{blue: 16, primary: 1026} {
		fillSimulated(t, in, version)
	}
	return []*sqlServer{maria, mysql, second}
}

func fillSimulated(t *testing.T, in *sqlsim.Instance, version int) {
	t.Helper()
	client, err := in.Connect("switchyard_contract", "test")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Write(func(tx *sqlsim.Tx) error {
		for _, tb := range rowsOf(version) {
			for _, row := range tb.rows {
				if err := tx.Exec("INSERT INTO "+tb.table+" ("+tb.columns+") VALUES ("+marks(len(row))+")", row...); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestTheWorldKeepsTheContract compares the world's servers and Directors with what real ones answered.
func TestTheWorldKeepsTheContract(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	met, held := map[difference]bool{}, 0
	hold := func(t *testing.T, a *account) {
		mu.Lock()
		defer mu.Unlock()
		held++
		for _, d := range compare(t, real(t, a.of), a) {
			met[d] = true
		}
	}
	t.Run("answers", func(t *testing.T) {
		for _, s := range simulated(t) {
			t.Run(s.of, func(t *testing.T) { hold(t, s.told(t)) })
		}
		w := contractWorld(t)
		for _, s := range worldServers(t, w) {
			t.Run(s.of, func(t *testing.T) {
				a := &account{of: s.of}
				tellStatements(t, s, a)
				hold(t, a)
			})
		}
		t.Run("AWS", func(t *testing.T) {
			t.Parallel()
			checkAWS(t, w)
		})
		chains := [2]string{"chain001", "chain003"} // the last and the first in the order of moves
		for _, c := range model.Clusters {
			s := consolesOf(t, w.ConfigPath(), c)
			t.Run(s.of, func(t *testing.T) {
				t.Parallel()
				last := chains[c]
				s.job, s.client, s.idle = "backup-"+last+"-region1-regular", last+"-r1-fd", last+"-r2-fd"
				s.storage = storageOf(t, w, s.job)
				s.wait = func() { w.Clock().Advance(time.Second) }
				hold(t, s.told(t))
			})
		}
	})
	if held < 8 {
		return // not all were asked
	}
	for _, d := range differences {
		if !met[d] {
			t.Errorf("%s: %s is no difference any more", d.of, d.key)
		}
	}
}

// contractWorld is a small world whose clock stands still unless it is moved.
func contractWorld(t *testing.T) *rehearsal.World {
	t.Helper()
	w, err := rehearsal.Start(
		t.Context(),
		rehearsal.Options{Scenario: "overlap", Chains: 3, Seed: 1, Clock: worldtime.New(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), 0)},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// worldServers are those of a world, whose catalogs hold what its Directors wrote.
func worldServers(t *testing.T, w *rehearsal.World) []*sqlServer {
	t.Helper()
	cfg, err := config.Load(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(cfg.Clusters[model.Green].Catalog.TLS.CA)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(l config.Login) login { return login{l.User, must(l.Password.Resolve(t.Context()))} }
	return []*sqlServer{
		{
			of:      "blue",
			addr:    cfg.Clusters[model.Blue].Catalog.Hosts[0],
			watcher: enter(cfg.Watch.Clusters[model.Blue].Catalog),
			schema:  "bacula",
			mysql:   true,
			other:   true,
		},
		{of: "primary", addr: cfg.RDS.Primary.Address, ca: ca, watcher: enter(cfg.Watch.RDS), schema: "bacula", mysql: true, other: true},
		{of: "replica", addr: cfg.RDS.Replica.Address, ca: ca, watcher: enter(cfg.Watch.RDS), schema: "bacula", mysql: true, other: true},
	}
}

// real is what an answer is held against. The servers of a world hold other rows than the recorded ones.
func real(t *testing.T, of string) *account {
	t.Helper()
	like, ours := map[string]string{"blue": "mysql", "primary": "mysql", "replica": "mysql replica"}[of]
	if !ours {
		return recorded(t, of)
	}
	a := recorded(t, like)
	a.facts = slices.DeleteFunc(a.facts, func(f fact) bool {
		st, part, _ := strings.Cut(f.key, " / ")
		_, asked := asked[st]
		return !asked || strings.HasPrefix(part, "row")
	})
	return a
}
