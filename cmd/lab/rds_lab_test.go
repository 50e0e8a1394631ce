//go:build lab

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/smithy-go"

	reader "switchyard/backend/rds"
	"switchyard/model"
)

// Bounds of what the pair shows: CloudWatch has a minute 20 s after its end, and the endpoint runs a course eight times faster than AWS.
const (
	brokenWithin    = 8 * time.Second
	growsWithin     = 30 * time.Second
	wholeWithin     = 20 * time.Second
	measuredWithin  = 100 * time.Second
	restartsWithin  = time.Minute
	promotionWithin = time.Minute
)

// seenPair is what the tests read of rds --json.
type seenPair struct {
	Primary, Replica seenInstance
	Events           []struct{ Instance, Says string }
	Distance         model.Distance
	Switchover       model.Takeover
	Emergency        model.Takeover
}

type seenInstance struct {
	AWS     model.Reading[model.Description]
	Lag     model.Reading[model.Lag]
	Metrics model.Reading[model.Metrics]
	Server  model.Reading[model.Server]
}

// lag is the replica's own; unknown while its server does not answer.
func (p *seenPair) lag() model.Lag {
	if r := p.Replica.Server.Value.Replication; r != nil {
		return r.Lag
	}
	return model.Lag{}
}

func lookAtPair(t testing.TB) (*seenPair, int) {
	t.Helper()
	out, exit := runs(t, "rds", "--json", "--config", labConfig())
	var p seenPair
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("rds --json is no JSON: %v: %.300s", err, out)
	}
	return &p, exit
}

// pairBecomes looks again and again until the pair is what is wanted.
func pairBecomes(t testing.TB, within time.Duration, what string, holds func(p *seenPair, exit int) bool) *seenPair {
	t.Helper()
	began := time.Now()
	var p *seenPair
	t.Cleanup(func() {
		if t.Failed() && p != nil {
			t.Logf("last seen: %s; %s; lag %s, %+v", p.Switchover.Says, p.Emergency.Says, p.lag(), p.Distance)
		}
	})
	eventually(t, within, what, func() bool {
		var exit int
		p, exit = lookAtPair(t)
		return holds(p, exit)
	})
	t.Logf("%s after %.1f s", what, time.Since(began).Seconds())
	return p
}

// wholePair waits until the replica has everything and could take over.
func wholePair(t testing.TB) *seenPair {
	t.Helper()
	return pairBecomes(t, wholeWithin, "both could take over without loss", func(p *seenPair, exit int) bool {
		return exit == 0 && p.Switchover.Can == model.Holds && p.Emergency.Loss.None && p.Distance.Known && p.Distance.Missing == 0 &&
			p.lag() == model.KnownLag(0)
	})
}

// says fails the test when the text of switchyard rds lacks some words.
func says(t testing.TB, wantExit int, words ...string) {
	t.Helper()
	out, exit := runs(t, "rds", "--config", labConfig())
	if exit != wantExit {
		t.Errorf("switchyard rds ended with %d, want %d", exit, wantExit)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			t.Errorf("switchyard rds does not say %q:\n%s", w, out)
		}
	}
}

// executes runs statements as the administrator.
func executes(t testing.TB, name, statements string) {
	t.Helper()
	db, _, err := here.adminOf(name, "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statements); err != nil {
		t.Fatalf("%s: %s: %v", name, statements, err)
	}
}

// whole hides the WriteTo of a request's body, with which the SDK loses a quick answer now and then.
type whole struct{ aws.HTTPClient }

func (c whole) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body = struct{ io.ReadCloser }{req.Body}
	}
	return c.HTTPClient.Do(req)
}

// amazonAs is RDS's API as somebody who does not only watch would call it.
func amazonAs(key, region string) *rds.Client {
	return rds.New(rds.Options{
		Region: region, BaseEndpoint: aws.String("http://" + loopback(here.port("aws"))), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, "of the lab", ""), HTTPClient: whole{awshttp.NewBuildableClient()},
	})
}

const actor = "LABACT"

func TestRDSDescribesThePair(t *testing.T) {
	p := wholePair(t)
	primary, replica := p.Primary, p.Replica
	for name, in := range map[string]seenInstance{"green": primary, "replica": replica} {
		real := sqlRows(t, name, "SELECT @@version, @@server_uuid, @@global.max_connections")[0]
		s, d := in.Server.Value, in.AWS.Value
		if s.Version != real[0] || s.UUID != real[1] || strconv.Itoa(s.MaxConnections) != real[2] || s.TLS == "" {
			t.Errorf("%s: its server is %s %s with %d connections, TLS %q; want %v", name, s.Version, s.UUID, s.MaxConnections, s.TLS, real)
		}
		if d.Status != "available" || !strings.HasPrefix(real[0], d.Version) || d.Engine != "mysql" || len(d.Pending) > 0 {
			t.Errorf("%s: AWS says %+v", name, d)
		}
	}
	if primary.AWS.Value.IsReplica() || primary.Server.Value.ReadOnly || primary.Server.Value.Director < 0 {
		t.Errorf("the primary: AWS says it replicates from %q, its server that read_only is %v and the Director has %d connections",
			primary.AWS.Value.Source, primary.Server.Value.ReadOnly, primary.Server.Value.Director)
	}
	r := replica.Server.Value.Replication
	if !replica.AWS.Value.Replicating || !replica.Server.Value.ReadOnly || !r.Runs() || r.SourceUUID != primary.Server.Value.UUID {
		t.Errorf("the replica: AWS says %+v, its server %+v", replica.AWS.Value, r)
	}
	measured := pairBecomes(t, measuredWithin, "CloudWatch has measured both", func(p *seenPair, _ int) bool {
		_, primary := p.Primary.Metrics.Value.CPU.Last()
		_, lag := p.Replica.Lag.Value.Behind() // the minute of a test before this one may have none
		return primary && lag
	})
	if behind, ok := measured.Replica.Lag.Value.Behind(); !ok || behind > 5*time.Second {
		t.Errorf("CloudWatch says of the lag: %s", measured.Replica.Lag.Value)
	}
	m := measured.Primary.Metrics.Value
	for name, s := range map[string]model.Series{"connections": m.Connections, "write IOPS": m.WriteIOPS, "write latency": m.WriteLatency,
		"free memory": m.FreeMemory, "free storage": m.FreeStorage} {
		if point, ok := s.Last(); !ok || point.Value <= 0 {
			t.Errorf("CloudWatch's %s of the primary: %v", name, s)
		}
	}
	if point, _ := m.FreeStorage.Last(); point.Value > float64(measured.Primary.AWS.Value.Storage.GiB+1)*(1<<30) {
		t.Errorf("%v bytes are free of %d GiB", point.Value, measured.Primary.AWS.Value.Storage.GiB)
	}
	says(
		t,
		0,
		"PRIMARY  bacula ",
		"REPLICA  bacula-replica ",
		"0 s by itself",
		"; CloudWatch ",
		"distance            0 transactions",
		"yes, without loss",
	)
}

func TestRDSTellsAStoppedReplica(t *testing.T) {
	wholePair(t)
	heal := breaks(t, "replica-stopped", "replica")
	p := pairBecomes(
		t,
		brokenWithin,
		"the lag is broken",
		func(p *seenPair, exit int) bool { return p.lag().State() == model.LagBroken && exit == 1 },
	)
	if why := p.lag().Why(); !strings.Contains(why, "SQL thread stopped") {
		t.Errorf("the thread is not named: %s", why)
	}
	if d := p.Replica.AWS.Value; d.Replicating || d.Replication != "stopped" {
		t.Errorf("AWS says of the replication: %s, normal %v", d.Replication, d.Replicating)
	}
	says(t, 1, "broken: SQL thread stopped by itself", "no: the replica's lag is broken: SQL thread stopped")
	heal()
	wholePair(t)
}

// TestRDSTellsAStoppedChannel: a second channel stands while the first one runs.
func TestRDSTellsAStoppedChannel(t *testing.T) {
	wholePair(t)
	heal := breaks(t, "replica-channel", "replica")
	p := pairBecomes(t, brokenWithin, "the second channel is told", func(p *seenPair, exit int) bool {
		return len(p.Replica.Server.Value.Channels) == 2 && p.lag().State() == model.LagBroken && exit == 1
	})
	if r := p.Replica.Server.Value.Replication; r.Channel != "reports" {
		t.Errorf("the worst channel is %q: %+v", r.Channel, r)
	}
	heal()
	wholePair(t)
}

// TestRDSTellsWhyAWorkerEnded: the error stands only in performance_schema.
func TestRDSTellsWhyAWorkerEnded(t *testing.T) {
	wholePair(t)
	heal := breaks(t, "replica-worker", "replica")
	executes(t, "green", "CREATE DATABASE worker_lab")
	t.Cleanup(func() { executes(t, "green", "DROP DATABASE IF EXISTS worker_lab") })
	p := pairBecomes(t, brokenWithin, "the worker's error is told", func(p *seenPair, exit int) bool {
		return p.lag().State() == model.LagBroken && len(p.Replica.Server.Value.Replication.Workers) > 0 && exit == 1
	})
	if why := p.lag().Why(); !strings.Contains(why, "worker ") || !strings.Contains(why, "1007 ") {
		t.Errorf("why it ended: %s", why)
	}
	heal()
	wholePair(t)
}

// TestRDSTellsErrantTransactions: no distance shows them.
func TestRDSTellsErrantTransactions(t *testing.T) {
	wholePair(t)
	heal := breaks(t, "replica-errant", "replica")
	p := pairBecomes(
		t,
		brokenWithin,
		"the errant transactions are told",
		func(p *seenPair, _ int) bool { return p.Distance.Errant.Count() == 2 },
	)
	if !p.Distance.Known || p.Distance.Missing > 0 && !strings.Contains(p.Distance.Errant.String(), p.Replica.Server.Value.UUID) {
		t.Errorf("the distance is %+v", p.Distance)
	}
	heal()
	wholePair(t)
}

func TestRDSTellsALateReplica(t *testing.T) {
	wholePair(t)
	heal := breaks(t, "replica-late", "replica")
	executes(t, "green", "CREATE DATABASE IF NOT EXISTS rds_lab")
	t.Cleanup(func() { executes(t, "green", "DROP DATABASE IF EXISTS rds_lab") })
	late := func(than time.Duration) func(*seenPair, int) bool {
		return func(p *seenPair, exit int) bool {
			behind, ok := p.lag().Behind()
			return ok && behind > than && p.Distance.Known && p.Distance.Missing > 0 && exit == 1
		}
	}
	p := pairBecomes(t, brokenWithin, "the lag is known", late(0))
	if d := p.Replica.Server.Value.Replication.Delay; d != 30*time.Second {
		t.Errorf("the delay is %v, want 30s", d)
	}
	// Longer than between two samples of the endpoint, and shorter than the delay.
	p = pairBecomes(t, growsWithin, "the lag has grown to 15 s", late(14*time.Second))
	if p.Switchover.Can != model.Fails || !strings.Contains(p.Switchover.Says, "the replica's lag is ") {
		t.Errorf("of a switchover it says %q", p.Switchover.Says)
	}
	heal()
	healed := time.Now()
	wholePair(t)
	pairBecomes(t, measuredWithin, "CloudWatch tells of the lag too", func(p *seenPair, _ int) bool {
		for _, point := range p.Replica.Metrics.Value.Behind {
			if point.At.Add(2*time.Minute).After(healed) && point.Value >= 1 {
				return true
			}
		}
		return false
	})
}

// A reboot is a restart of the real server, and a failover to the standby is a crash of it.
func TestRDSRestartsRealServers(t *testing.T) {
	quiet(t)
	p := wholePair(t)
	for _, c := range []struct {
		id, server, region string
		failover           bool
		event              string
	}{
		{"bacula-replica", "replica", "eu-central-1", false, "DB instance restarted"},
		{"bacula", "green", "eu-west-1", true, "Multi-AZ instance failover completed."},
	} {
		was, ok := here.alive("db-" + c.server)
		if !ok {
			t.Fatalf("%s does not run", c.server)
		}
		if _, err := amazonAs(
			actor,
			c.region,
		).RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: &c.id, ForceFailover: &c.failover}); err != nil {
			t.Fatal(err)
		}
		pairBecomes(t, restartsWithin, c.id+" has restarted", func(p *seenPair, exit int) bool {
			told := false
			for _, e := range p.Events {
				told = told || e.Instance == c.id && e.Says == c.event
			}
			is, runs := here.alive("db-" + c.server)
			return runs && is != was && told && exit == 0 && p.Switchover.Can == model.Holds
		})
	}
	if now := wholePair(
		t,
	); now.Primary.Server.Value.UUID != p.Primary.Server.Value.UUID ||
		now.Replica.AWS.Value.ResourceID != p.Replica.AWS.Value.ResourceID {
		t.Error("a restart made another server or another instance of it")
	}
}

func TestRDSPromotesTheRealReplica(t *testing.T) {
	was := wholePair(t)
	promote := &rds.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String("bacula-replica")}
	_, err := amazonAs(reader.RehearsalKey, "eu-central-1").PromoteReadReplica(t.Context(), promote)
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "AccessDenied" {
		t.Fatalf("who only watches asked for a promotion: %v", err)
	}
	t.Cleanup(func() { comesUp(t) })
	if _, err := amazonAs(actor, "eu-central-1").PromoteReadReplica(t.Context(), promote); err != nil {
		t.Fatal(err)
	}
	p := pairBecomes(t, promotionWithin, "the replica is promoted", func(p *seenPair, exit int) bool {
		return exit == 1 && p.Replica.AWS.Value.Status == "available" && !p.Replica.AWS.Value.IsReplica() && p.Replica.Server.Why == ""
	})
	if s := p.Replica.Server.Value; s.ReadOnly || s.Replication != nil || s.UUID != was.Replica.Server.Value.UUID {
		t.Errorf("the promoted replica is %s, read_only %v, replication %+v", s.UUID, s.ReadOnly, s.Replication)
	}
	says(t, 1, "PRIMARY  bacula-replica ", "no: the replica is a primary of its own already", "read_only false")

	t.Cleanup(func() { executes(t, "green", "DROP DATABASE IF EXISTS rds_lab_primary") })
	executes(t, "replica", "CREATE DATABASE rds_lab_replica")
	executes(t, "green", "CREATE DATABASE rds_lab_primary")
	for name, own := range map[string]string{"green": "rds_lab_primary", "replica": "rds_lab_replica"} {
		if got := schemas(t, name); got != own {
			t.Errorf("%s has %s, want only %s: they are not separate", name, got, own)
		}
	}

	comesUp(t)
	again := wholePair(t)
	if got := schemas(t, "replica"); got != "rds_lab_primary" {
		t.Errorf("the replica that was made again has %q of the tests, want rds_lab_primary", got)
	}
	if s := again.Replica.Server.Value; s.UUID == p.Replica.Server.Value.UUID || !s.ReadOnly ||
		s.Replication.SourceUUID != was.Primary.Server.Value.UUID {
		t.Errorf("it is %+v", s)
	}
}

// schemas are those that the tests have made on a server.
func schemas(t testing.TB, name string) string {
	t.Helper()
	var all []string
	for _, r := range sqlRows(t, name, `SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'rds\_lab%' ORDER BY 1`) {
		all = append(all, r[0])
	}
	return strings.Join(all, " ")
}

// comesUp has the lab brought up as a person would, but that no job starts by itself.
func comesUp(t testing.TB) {
	t.Helper()
	began := time.Now()
	out, err := exec.Command(here.path("bin", "lab"), "--dir", here.dir, "--port-offset", fmt.Sprint(here.offset), "up").CombinedOutput()
	if err != nil {
		t.Fatalf("lab up: %v: %s", err, out)
	}
	t.Logf("lab up took %.1f s", time.Since(began).Seconds())
	if _, err := here.unschedule(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}
