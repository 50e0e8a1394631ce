package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"switchyard/backend/rds"
	"switchyard/backend/rehearsal/amazon"
)

// pair are green's two servers as AWS knows them. A primary comes before its replica.
var pair = []struct{ role, id, region, server string }{
	{"primary", "bacula", "eu-west-1", "green"},
	{"replica", "bacula-replica", "eu-central-1", "replica"},
}

const (
	storageKey = "mrk-4b1d7e52c09a4f3e8d6b5a2c1f0e9d8c" // one multi-Region key for both
	pace       = 8                                      // how many times faster than AWS things take their course, as in a rehearsal
)

// awsProcess is what answers for AWS. It is root, because it restarts servers.
func (l *lab) awsProcess() process {
	return process{
		name: "aws", port: l.port("aws"), who: me, zone: "UTC", grace: 5 * time.Second,
		args: []string{l.path("bin", "lab"), "--dir", l.dir, "--port-offset", strconv.Itoa(l.offset), "aws"},
	}
}

func (l *lab) awsURL() string { return "http://" + loopback(l.port("aws")) }

// instance is one of the pair with its real server.
type instance struct {
	*lab
	of server
	db *sql.DB

	mu   sync.Mutex
	seen []sample
}

// aws answers for AWS until ctx ends. What is asked of an instance happens to its server.
func (l *lab) aws(ctx context.Context) error {
	record, err := os.OpenFile(l.path("log", "aws.calls"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("recording what AWS is asked: %w", err)
	}
	defer record.Close()
	behind := backend{}
	o := amazon.Options{Pace: pace, Readers: []string{rds.RehearsalKey}, Called: func(c amazon.Call) {
		fmt.Fprintf(record, "%s %s:%s write=%v status=%d\n", c.Key, c.Service, c.Operation, c.Write, c.Status)
	}}
	for _, p := range pair {
		db, s, err := l.adminOf(p.server, "")
		if err != nil {
			return err
		}
		defer db.Close()
		in := &instance{lab: l, of: s, db: db}
		behind[p.id] = in
		described, err := in.describe(ctx)
		if err != nil {
			return fmt.Errorf("looking at the server of %s: %w", p.id, err)
		}
		described.ID, described.Region, described.ParameterGroup = p.id, p.region, p.id
		described.Host, described.Port = "127.0.0.1", l.port("proxy-"+p.server)
		o.Instances = append(o.Instances, described)
		o.Groups = append(o.Groups, amazon.Group{Region: p.region, Name: p.id,
			Set: map[string]string{"gtid-mode": "ON", "enforce_gtid_consistency": "ON"}})
		o.Keys = append(o.Keys, amazon.Key{Region: p.region, ID: storageKey, MultiRegion: true})
	}
	o.Backend = behind.hooks()
	cloud := amazon.New(o)
	defer cloud.Close()
	var all sync.WaitGroup
	defer all.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for _, in := range behind {
		all.Go(func() { in.watch(ctx) })
	}
	all.Go(func() { l.breakRegion(ctx, cloud) })
	listener, err := net.Listen("tcp", loopback(l.port("aws")))
	if err != nil {
		return fmt.Errorf("listening for AWS: %w", err)
	}
	srv := &http.Server{Handler: cloud, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answering for AWS: %w", err)
	}
	return nil
}

// breakRegion has AWS take every request for the primary's AWS region and never answer, for as long as the fault is noted.
func (l *lab) breakRegion(ctx context.Context, cloud *amazon.Cloud) {
	heal := func() {}
	for broken := false; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		gone := !modified(l.faultFile("region-gone", pair[0].server)).IsZero()
		if gone == broken {
			continue
		}
		if broken = gone; broken {
			heal = cloud.Break(amazon.Fault{Trouble: amazon.Unreachable, Region: pair[0].region})
		} else {
			heal()
		}
	}
}

// describe says what an instance that fits this machine would be, and whose replica its server is now.
func (in *instance) describe(ctx context.Context) (amazon.Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var d amazon.Instance
	var follows bool
	const asks = "SELECT @@version, EXISTS (SELECT * FROM performance_schema.replication_connection_configuration)"
	err := in.db.QueryRowContext(ctx, asks).Scan(&d.Version, &follows)
	if err != nil {
		return d, err
	}
	d.Version, _, _ = strings.Cut(d.Version, "-")
	if follows {
		d.Source = pair[0].id
	}
	memory, err := memoryOf("MemTotal")
	if err != nil {
		return d, err
	}
	d.Class = classFor(memory)
	volume, err := volumeOf(in.serverDir(in.of))
	if err != nil {
		return d, err
	}
	d.StorageGiB = int(volume.size >> 30)
	return d, nil
}

// classFor is the smallest class of db.r7g that has so many bytes of memory.
func classFor(memory float64) string {
	gib := 16.0
	for _, size := range []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge"} {
		if memory <= gib*(1<<30) {
			return "db.r7g." + size
		}
		gib *= 2
	}
	return "db.r7g.16xlarge"
}

// backend is what stands behind AWS: instances by their identifiers.
type backend map[string]*instance

func (b backend) on(id string, do func(*instance) error) error {
	if in := b[id]; in != nil {
		return do(in)
	}
	return fmt.Errorf("the lab has no server for the instance %q", id)
}

func (b backend) hooks() amazon.Backend {
	return amazon.Backend{
		Promote: func(ctx context.Context, id string, writable bool) error {
			return b.on(id, func(in *instance) error { return in.promote(ctx, writable) })
		},
		Reboot: func(ctx context.Context, id string, failover bool) error {
			return b.on(id, func(in *instance) error { return in.restart(ctx, failover) })
		},
		ReadOnly: func(ctx context.Context, id string, on bool) error {
			return b.on(id, func(in *instance) error { return in.setReadOnly(ctx, on) })
		},
		Replicate: func(context.Context, string, string) (string, int, error) {
			return "", 0, errors.New("the lab makes no third MySQL server")
		},
		Activity: func(id string, minute time.Time) (a amazon.Activity, ok bool) {
			_ = b.on(id, func(in *instance) error {
				a, ok = in.activity(minute)
				return nil
			})
			return a, ok
		},
		Replication: func(id string) (running bool, trouble string) {
			if err := b.on(id, func(in *instance) error {
				running, trouble = in.replicates()
				return nil
			}); err != nil {
				return false, err.Error()
			}
			return running, trouble
		},
	}
}

// promote ends replication for good. Persisted, because RDS restarts the server afterwards.
func (in *instance) promote(ctx context.Context, writable bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := in.db.ExecContext(ctx, "STOP REPLICA; RESET REPLICA ALL"); err != nil {
		return fmt.Errorf("ending replication: %w", err)
	}
	return in.setReadOnly(ctx, !writable)
}

func (in *instance) setReadOnly(ctx context.Context, on bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	statements := "SET PERSIST read_only=ON"
	if !on {
		statements = "SET PERSIST super_read_only=OFF; SET PERSIST read_only=OFF"
	}
	if _, err := in.db.ExecContext(ctx, statements); err != nil {
		return fmt.Errorf("setting read_only: %w", err)
	}
	return nil
}

// restart ends the server and starts it again. A failover gives it no time: the standby recovers from what a crash left.
func (in *instance) restart(ctx context.Context, failover bool) error {
	p := in.serverProcess(in.of)
	if failover {
		if err := in.signal(p.name, syscall.SIGKILL); err != nil {
			return err
		}
	}
	if err := in.stop(ctx, p); err != nil {
		return err
	}
	return in.start(ctx, p)
}

// replicates is what RDS would see of a replica's threads.
func (in *instance) replicates() (bool, string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s, err := in.replicaStatus(ctx)
	switch {
	case err != nil:
		return false, "the server does not answer"
	case s["Replica_IO_Running"].String == "Yes" && s["Replica_SQL_Running"].String == "Yes":
		return true, ""
	case s["Last_SQL_Error"].String != "":
		return false, s["Last_SQL_Error"].String
	}
	return false, s["Last_IO_Error"].String
}

// replicaStatus is SHOW REPLICA STATUS by column; empty when the server follows nobody.
func (in *instance) replicaStatus(ctx context.Context) (map[string]sql.NullString, error) {
	rows, err := in.db.QueryContext(ctx, "SHOW REPLICA STATUS")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil || !rows.Next() {
		return nil, errors.Join(err, rows.Err())
	}
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	status := map[string]sql.NullString{}
	for i, n := range names {
		status[n] = values[i]
	}
	return status, nil
}
