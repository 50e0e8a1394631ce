package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// Where the RDS pair lives, by names that AWS would use.
const (
	PrimaryID     = "bacula"
	ReplicaID     = "bacula-replica"
	PrimaryRegion = "eu-west-1"
	ReplicaRegion = "eu-central-1"
)

const (
	keyID      = "mrk-7f3c1d5e9a2b4c6d8e0f1a2b3c4d5e6f" // one multi-Region key, as the story ends with
	pace       = 8                                      // how many times faster than AWS the rehearsal's AWS is
	replicaLag = 400 * time.Millisecond                 // of a healthy pair across AWS regions
	watchKey   = "SWITCHYARDWATCH"                      // the access key id that readers sign with where the endpoint is not AWS's
)

// awsServer is the world's AWS endpoint.
type awsServer struct {
	cloud    *amazon.Cloud
	server   *http.Server
	listener net.Listener
	done     chan error
}

// amazon starts the AWS endpoint in front of the two RDS servers.
func (w *World) amazon() error {
	var instances []amazon.Instance
	for _, one := range []struct {
		id, region, source string
		in                 *sqlsim.Instance
	}{{PrimaryID, PrimaryRegion, "", w.primary}, {ReplicaID, ReplicaRegion, PrimaryID, w.replica}} {
		host, port, err := hostPort(one.in.Addr())
		if err != nil {
			return err
		}
		instances = append(instances, amazon.Instance{ID: one.id, Region: one.region, Source: one.source, Host: host, Port: port,
			ParameterGroup: one.id, BackupWindow: "03:00-03:30"})
	}
	settings := map[string]string{"gtid-mode": "ON", "enforce_gtid_consistency": "ON", "require_secure_transport": "1"}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.aws = &awsServer{listener: l, done: make(chan error, 1), cloud: amazon.New(amazon.Options{
		Pace: pace, Now: w.clock.Now, Sleep: w.clock.Sleep, Instances: instances, Backend: w.backend(), Readers: []string{watchKey},
		Groups:  []amazon.Group{{Region: PrimaryRegion, Name: PrimaryID, Set: settings}, {Region: ReplicaRegion, Name: ReplicaID, Set: settings}},
		Keys:    []amazon.Key{{Region: PrimaryRegion, ID: keyID, MultiRegion: true}, {Region: ReplicaRegion, ID: keyID, MultiRegion: true}},
		Buckets: []amazon.Bucket{{Name: "switchyard-journal", Region: "eu-north-1"}},
	})}
	w.aws.server = &http.Server{Handler: w.aws.cloud, ReadHeaderTimeout: 10 * time.Second}
	go func() { w.aws.done <- w.aws.server.Serve(l) }()
	return nil
}

func (a *awsServer) close() error {
	err := a.server.Close()
	if served := <-a.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	a.cloud.Close()
	return err
}

// Endpoint is the URL that answers for AWS.
func (w *World) Endpoint() string { return "http://" + w.aws.listener.Addr().String() }

// Cloud is the world's AWS.
func (w *World) Cloud() *amazon.Cloud { return w.aws.cloud }

func hostPort(addr string) (string, int, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.Atoi(port)
	return host, n, err
}

// Instance is the server behind an RDS instance, by its identifier.
func (w *World) Instance(id string) (*sqlsim.Instance, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in := w.instances[id]; in != nil {
		return in, nil
	}
	return nil, fmt.Errorf("there is no server behind the instance %q", model.Clean(id))
}

// backend lets what is done to an RDS instance happen to its server.
func (w *World) backend() amazon.Backend {
	return amazon.Backend{
		Promote: func(_ context.Context, id string, writable bool) error {
			in, err := w.Instance(id)
			if err != nil {
				return err
			}
			in.Promote()
			in.SetReadOnly(!writable)
			return nil
		},
		Reboot: func(ctx context.Context, id string, failover bool) error {
			in, err := w.Instance(id)
			if err != nil {
				return err
			}
			away := 5 * time.Second
			if failover {
				away = 12 * time.Second
			}
			in.Stop()
			defer in.Start()
			return w.clock.Sleep(ctx, away)
		},
		Halt: func(_ context.Context, id string) error {
			in, err := w.Instance(id)
			if err == nil {
				in.Stop()
			}
			return err
		},
		Replicate: func(_ context.Context, id, source string) (string, int, error) { return w.newReplica(id, source) },
		ReadOnly: func(_ context.Context, id string, on bool) error {
			in, err := w.Instance(id)
			if err != nil {
				return err
			}
			in.SetReadOnly(on)
			return nil
		},
		Activity: w.activity,
		Replication: func(id string) (bool, string) {
			in, err := w.Instance(id)
			if err != nil {
				return false, err.Error()
			}
			r := in.Replication()
			switch {
			case r.Source == nil, r.IO && r.SQL:
				return true, ""
			case r.SQLError != "":
				return false, r.SQLError
			}
			return false, r.IOError
		},
	}
}

func (w *World) newReplica(id, source string) (string, int, error) {
	from, err := w.Instance(source)
	if err != nil {
		return "", 0, err
	}
	tls, err := w.ca.Server(time.Now().AddDate(1, 0, 0), id+".rds.example")
	if err != nil {
		return "", 0, err
	}
	w.mu.Lock()
	n := len(w.instances)
	w.mu.Unlock()
	cfg := w.rdsConfig(id, fmt.Sprintf("8a94f357-aab4-11df-86ab-c80aa94295%02d", 63+n), 21+n)
	cfg.TLS, cfg.ReadOnly = tls, true
	in, err := from.Clone(cfg, replicaLag)
	if err != nil {
		return "", 0, err
	}
	w.mu.Lock()
	w.instances[id] = in
	w.mu.Unlock()
	w.servers.Store(in.Addr(), in)
	return hostPort(in.Addr())
}

// rdsConfig is what every RDS server of the world has in common.
func (w *World) rdsConfig(id, uuid string, server int) sqlsim.Config {
	return sqlsim.Config{Name: id, UUID: uuid, ServerID: server, Version: "8.4.11", Comment: "Source distribution", Schema: cluster.Schema1026,
		Database: "bacula", Dir: w.dataDir(), Clock: w.clock, Users: w.accounts.mysql(), Require: true, Heard: w.heard(id),
		Derived: cluster.Derived(func() *cluster.Cluster { return w.clusters[model.Green] }),
		Vars:    map[string]any{"innodb_buffer_pool_size": int64(48318382080), "max_connections": int64(5285)}}
}

// activity makes CloudWatch's figures of a minute from what green's Directors did in it. The replica sees the same writes.
func (w *World) activity(id string, minute time.Time) (amazon.Activity, bool) {
	in, err := w.Instance(id)
	if err != nil {
		return amazon.Activity{}, false
	}
	b := w.clusters[model.Green].Busy(minute)
	// A little unrest that is the same whenever the minute is asked for.
	unrest := float64(minute.Unix()/60*7919%97) / 97
	files := float64(b.Files) / 60 // a second
	a := amazon.Activity{
		CPU: 4 + 0.9*b.Running + files*0.02 + 2*unrest, Connections: 4 + b.Running + float64(in.Load().ByUser[watchUser]),
		ReadIOPS: 15 + 4*b.Running + 6*unrest, WriteIOPS: 25 + 11*b.Running + files*0.8 + 9*unrest,
		ReadLatency: 0.0006 + 0.0002*unrest, WriteLatency: 0.0011 + 0.0004*unrest,
		FreeMemory: 14e9 + 4e8*unrest, FreeStorage: 291e9 - float64(minute.Unix()%(30*86400))*900, Queue: 0.05 + 0.02*b.Running,
		NetIn: 9e3 + 21e3*b.Running, NetOut: 14e3 + 9e3*b.Running, BinlogBytes: 1.9e9 + 2e8*unrest,
	}
	if percent, ok := w.squeezed.Load(id); ok {
		a.FreeStorage = percent.(float64) / 100 * 400 * (1 << 30) // of what the cloud gives an instance that does not say
	}
	a.ReadBytes, a.WriteBytes = a.ReadIOPS*16384, a.WriteIOPS*16384
	r := in.Replication()
	if r.Source == nil {
		return a, true
	}
	a.Connections, a.CPU = 2+float64(in.Load().ByUser[watchUser]), 3+0.3*b.Running+unrest
	a.ReadIOPS, a.NetOut = 3+2*unrest, 4e3
	switch {
	case !r.Known:
		a.Lag = -1
	default:
		a.Lag = r.Lag.Seconds()
	}
	return a, true
}
