package model

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// RDS is the pair of instances that carries green's catalog: what AWS says, what CloudWatch measured, what the servers
// themselves answer, and what follows from it. Readings that never arrived have a zero At and say why.
type RDS struct {
	Primary    *Instance    `json:"primary,omitempty"` // by configuration; after a failover Role of its Description says otherwise
	Replica    *Instance    `json:"replica,omitempty"` // nil: none is configured
	Events     []RDSEvent   `json:"events"`            // of both instances, newest last, at most RDSEvents
	Distance   Distance     `json:"distance"`
	Parity     []Difference `json:"parity"` // what differs and should not; empty and ParityAt zero: not compared
	ParityAt   time.Time    `json:"parity_at,omitzero"`
	TwoWriters string       `json:"two_writers,omitempty"` // both servers take writes, in words: whatever reaches one of them is lost
	Switchover Takeover     `json:"switchover"`            // both up, no loss
	Emergency  Takeover     `json:"emergency"`             // as if the primary's AWS region were gone now
}

// RDSEvents bounds RDS.Events.
const RDSEvents = 200

// Instance is one RDS instance.
type Instance struct {
	ID     string                  `json:"id"` // DBInstanceIdentifier
	Region string                  `json:"aws_region"`
	AWS    Reading[Description]    `json:"aws"`   // DescribeDBInstances and what belongs to it
	Key    Reading[Key]            `json:"key"`   // of its storage; asked each KeyEvery, and by a plan each time
	Group  Reading[ParameterGroup] `json:"group"` // asked rarely
	// when AWS said that there is no such instance; zero: it is there, or nobody knows
	Missing time.Time              `json:"missing,omitzero"`
	Upkeep  Reading[[]Maintenance] `json:"upkeep"` // pending maintenance actions; asked rarely
	// CloudWatch's; At is the point's own time, a minute or more ago. No guard takes it
	Lag     Reading[Lag]     `json:"lag"`
	Metrics Reading[Metrics] `json:"metrics"` // At is when CloudWatch answered; each point has its own time
	Server  Reading[Server]  `json:"server"`  // the direct MySQL connection
}

// Overtaken tells that CloudWatch's figure calls the replication broken and the server itself, asked later, does not: it is of a time that
// is over.
func (i *Instance) Overtaken() bool {
	own := i.Server.Value.Replication
	return i.Lag.Seen() && i.Lag.Value.State() == LagBroken && i.Server.Seen() && i.Server.Why == "" && i.Server.At.After(i.Lag.At) &&
		own != nil && own.Lag.State() == LagKnown
}

// IsAt tells whether a host:port is the instance's, as AWS tells its endpoint or as its address is configured.
func (d Description) IsAt(address string) bool {
	at := Place(address)
	return at == Place(d.Address) || at == Place(d.Endpoint)
}

// Description is what AWS says of an instance. Sizes are in GiB, as AWS gives them.
type Description struct {
	ARN        string `json:"arn"`                 // DBInstanceArn
	ResourceID string `json:"resource_id"`         // DbiResourceId: the identity; the name may be reused
	Recreated  string `json:"recreated,omitempty"` // the DbiResourceId that was pinned, when another instance stands under the name now
	Class      string `json:"class"`               // db.r7g.2xlarge
	Status     string `json:"status"`              // AWS's word; only "available" is ready
	Engine     string `json:"engine"`
	Version    string `json:"version"`
	Endpoint   string `json:"endpoint"` // host:port; empty while it is being created

	Address     string  `json:"address,omitempty"`      // host:port as configured; empty: no server is asked
	Reached     Verdict `json:"reached"`                // whether Address leads to Endpoint
	ReachedSays string  `json:"reached_says,omitempty"` // by what, or why not

	Source string `json:"source"` // what it replicates from, a name or an ARN; empty: it is a primary of its own

	AZ          string `json:"az"` // may be stale for minutes after a failover
	SecondaryAZ string `json:"secondary_az"`
	MultiAZ     bool   `json:"multi_az"`

	Storage Storage `json:"storage"`

	Replication string `json:"replication"` // AWS's word for a replica: replicating, error, stopped, terminated; empty for a primary
	Replicating bool   `json:"replicating"` // AWS calls that normal
	ReplicaNote string `json:"replica_note,omitempty"`

	ParameterGroup  string   `json:"parameter_group"`
	ParameterStatus string   `json:"parameter_status"` // in-sync, pending-reboot, applying
	Pending         []Change `json:"pending"`          // accepted and not applied

	CA        string    `json:"ca"`
	CertUntil time.Time `json:"cert_until,omitzero"` // of the server's certificate
	Window    string    `json:"maintenance_window"`  // ddd:hh24:mi-ddd:hh24:mi, UTC

	Retention    int       `json:"retention_days"` // of automated backups; 0: they are off
	BackupWindow string    `json:"backup_window"`  // hh24:mi-hh24:mi, UTC
	Restorable   time.Time `json:"restorable,omitzero"`
	Protected    bool      `json:"deletion_protection"`
	IAM          bool      `json:"iam_login"`
	Encrypted    bool      `json:"encrypted"`
	KeyARN       string    `json:"key_arn"`

	SecurityGroups []string `json:"security_groups"` // ids of VPC security groups, sorted
}

// IsReplica tells whether AWS says that it replicates from another instance.
func (d Description) IsReplica() bool { return d.Source != "" }

// Role is AWS's view: "replica" or "primary".
func (d Description) Role() string {
	if d.IsReplica() {
		return "replica"
	}
	return "primary"
}

// Storage is an instance's volume. IOPS and MBps are what it was given, 0 where the type has none.
type Storage struct {
	Type      string `json:"type"`
	GiB       int    `json:"gib"`
	MaxGiB    int    `json:"max_gib,omitempty"` // autoscaling's limit; 0: off
	IOPS      int    `json:"iops"`
	MBps      int    `json:"mbps"`
	Operation string `json:"operation,omitempty"` // Initializing (a restored volume loads lazily and is slow) or Optimizing
	Percent   int    `json:"operation_percent,omitempty"`
}

// Change is one modification that AWS accepted and has not applied.
type Change struct {
	What string `json:"what"`
	To   string `json:"to"`
}

// Maintenance is one pending maintenance action; zero times are not set.
type Maintenance struct {
	Action string    `json:"action"` // os-upgrade, db-upgrade, ca-certificate-rotation
	Says   string    `json:"says"`
	At     time.Time `json:"at,omitzero"`     // when it will be applied
	Forced time.Time `json:"forced,omitzero"` // when it is applied whatever the window says
	OptIn  string    `json:"opt_in,omitempty"`
}

// KeyEvery is how often AWS is asked for an instance's key while the instance stays what it was; never more often than for the instance.
const KeyEvery = 12 * time.Second

// Key is the KMS key of an instance's storage.
type Key struct {
	ARN         string    `json:"arn"`
	State       string    `json:"state"` // Enabled, Disabled, PendingDeletion, Unavailable
	Usable      bool      `json:"usable"`
	Why         string    `json:"why,omitempty"` // it is not usable
	MultiRegion bool      `json:"multi_region"`
	Deletes     time.Time `json:"deletes,omitzero"`
}

// ParameterGroup is what matters of an instance's parameter group as AWS has it, which is what a promoted replica will live by.
type ParameterGroup struct {
	Name   string      `json:"name"`
	Values []Parameter `json:"values,omitempty"` // sorted by name; a parameter without a value is left to the engine and absent
	Set    []Parameter `json:"set,omitempty"`    // all that somebody set, which no default group has; sorted by name
}

// Parameter is one name and its value.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Metrics are CloudWatch's, one point a minute for the last hour; a minute without an answer has no point.
type Metrics struct {
	CPU          Series `json:"cpu"`         // percent
	Connections  Series `json:"connections"` // all accounts
	ReadIOPS     Series `json:"read_iops"`   // operations per second
	WriteIOPS    Series `json:"write_iops"`
	ReadLatency  Series `json:"read_latency"` // seconds
	WriteLatency Series `json:"write_latency"`
	ReadBytes    Series `json:"read_bytes"` // per second
	WriteBytes   Series `json:"write_bytes"`
	FreeMemory   Series `json:"free_memory"`  // bytes
	FreeStorage  Series `json:"free_storage"` // bytes
	Queue        Series `json:"queue"`        // operations waiting for the disk
	Behind       Series `json:"behind"`       // ReplicaLag in seconds, without the broken minutes; empty for a primary
}

// Series is one quantity over time, oldest first. Absent points are gaps, never zeros.
type Series []Point

// Point is one measurement.
type Point struct {
	At    time.Time `json:"at"`
	Value float64   `json:"value"`
}

// MarshalJSON writes a list, also when there are no points.
func (s Series) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]Point(s))
}

// Last is the newest point; false when there is none.
func (s Series) Last() (Point, bool) {
	if len(s) == 0 {
		return Point{}, false
	}
	return s[len(s)-1], true
}

// Server is what one MySQL server answers on a connection of our own.
type Server struct {
	Version    string        `json:"version"`
	UUID       string        `json:"uuid"`
	Uptime     time.Duration `json:"uptime_ns"`
	Restarted  time.Time     `json:"restarted,omitzero"` // when this reader noticed that it had restarted; zero: never
	ReadOnly   bool          `json:"read_only"`
	TLS        string        `json:"tls"` // cipher of the session; empty: it is not encrypted
	GTIDMode   string        `json:"gtid_mode"`
	GTIDs      GTIDSet       `json:"gtid_executed"`
	BinlogFile string        `json:"binlog_file,omitempty"` // where it writes; empty: no binary log, or not allowed to ask
	BinlogPos  uint64        `json:"binlog_pos,omitempty"`

	Connections    int       `json:"connections"` // all accounts, the reader's own included
	MaxConnections int       `json:"max_connections"`
	Director       int       `json:"director_connections"` // of the Director's account; -1: the reader may not see them
	Running        int       `json:"threads_running"`
	Accounts       []Account `json:"accounts,omitempty"` // most connections first; empty: may not see them
	QPS            float64   `json:"qps"`                // between the last two looks; -1: not known yet, or the counter was reset
	Queries        Series    `json:"queries"`            // the same over the last quarter of an hour, 10 s a point

	// of its channels the one that is worst off; nil: the server replicates from nobody
	Replication *Replication  `json:"replication,omitempty"`
	Channels    []Replication `json:"channels,omitempty"`  // all of them, by name, when there are several
	Behind      Series        `json:"behind"`              // seconds, worst of each 10 s; broken and unknown are gaps
	Newest      time.Time     `json:"newest_row,omitzero"` // Director's clock on the newest row that Bacula wrote; zero: none seen

	// How the sessions of the Director's accounts are encrypted, as they were seen last; asked once a minute.
	Sealed Sealed `json:"-"`

	Logins    []Login `json:"-"` // accounts, asked once a minute; nil with LoginsWhy
	LoginsWhy string  `json:"-"` // they are not known

	Variables []Parameter `json:"variables,omitempty"` // the effective values that parity compares; sorted by name
}

// Sealed counts sessions by whether they are encrypted, by the server's own word.
type Sealed struct {
	At      time.Time // when some were seen; zero: none ever was
	Sealed  int
	Plain   int    // those that are not encrypted
	Why     string // that cannot be seen
	Nothing bool   // the newest look saw no session: the numbers are of At
}

// Only tells whether the server lets in encrypted sessions alone, as far as it tells its variables.
func (s *Server) Only() Verdict {
	for _, v := range s.Variables {
		if v.Name == "require_secure_transport" {
			return map[bool]Verdict{true: Holds, false: Fails}[strings.EqualFold(v.Value, "ON") || v.Value == "1"]
		}
	}
	return Unknown
}

// ParityVariables are the server variables in which a replica must be what its primary is, because a client or the
// replication after a takeover would notice. The reader asks for exactly these.
var ParityVariables = []string{
	"binlog_format",
	"binlog_row_image",
	"character_set_server",
	"collation_server",
	"enforce_gtid_consistency",
	"event_scheduler",
	"explicit_defaults_for_timestamp",
	"gtid_mode",
	"innodb_buffer_pool_size",
	"innodb_flush_log_at_trx_commit",
	"interactive_timeout",
	"local_infile",
	"log_bin",
	"log_bin_trust_function_creators",
	"lower_case_table_names",
	"max_allowed_packet",
	"max_connections",
	"require_secure_transport",
	"sql_mode",
	"sync_binlog",
	"system_time_zone",
	"time_zone",
	"transaction_isolation",
	"tx_isolation",
	"wait_timeout",
}

// Sessions are the connections of an account; -1: the reader may not see them.
func (s *Server) Sessions(user string) int {
	if s.Accounts == nil {
		return -1
	}
	for _, a := range s.Accounts {
		if a.User == user {
			return a.Connections
		}
	}
	return 0
}

// Account is one MySQL account and its connections.
type Account struct {
	User        string `json:"user"`
	Connections int    `json:"connections"`
}

// Replication is SHOW REPLICA STATUS in either engine's column names.
type Replication struct {
	Lag        Lag           `json:"lag"` // broken unless both threads run
	IO         string        `json:"io"`  // Yes, No, Connecting, Preparing
	SQL        string        `json:"sql"` // Yes, No
	IOError    string        `json:"io_error,omitempty"`
	SQLError   string        `json:"sql_error,omitempty"`
	Source     string        `json:"source"` // host:port
	SourceUUID string        `json:"source_uuid,omitempty"`
	Delay      time.Duration `json:"delay_ns"`  // configured on purpose
	Retrieved  GTIDSet       `json:"retrieved"` // received, applied or not
	File       string        `json:"file"`      // of the source's binary log, up to which it executed
	Pos        uint64        `json:"pos"`
	ReadFile   string        `json:"read_file"` // up to which it received
	ReadPos    uint64        `json:"read_pos"`
	Channel    string        `json:"channel,omitempty"`
	Workers    []string      `json:"worker_errors,omitempty"` // errors of its applier's workers, which stand nowhere else
}

// Runs tells whether both threads run.
func (r *Replication) Runs() bool { return r != nil && r.IO == "Yes" && r.SQL == "Yes" }

// Streams are all channels by which the server replicates; empty when it replicates from nobody.
func (s *Server) Streams() []Replication {
	if len(s.Channels) == 0 && s.Replication != nil {
		return []Replication{*s.Replication}
	}
	return s.Channels
}

// Stream is the channel by which the server replicates from the server of that UUID, else the one that is worst off.
func (s *Server) Stream(uuid string) *Replication {
	for i := range s.Channels {
		if uuid != "" && s.Channels[i].SourceUUID == uuid {
			return &s.Channels[i]
		}
	}
	return s.Replication
}

// WorstStream is the channel that is worst off: broken before unknown before the farthest behind; nil when there is none.
func WorstStream(channels []Replication) *Replication {
	if len(channels) == 0 {
		return nil
	}
	rank := func(r Replication) int {
		switch r.Lag.State() {
		case LagBroken:
			return 0
		case LagUnknown:
			return 1
		case LagKnown:
		}
		return 2
	}
	worst := slices.MinFunc(channels, func(a, b Replication) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Lag.behind, a.Lag.behind))
	})
	return &worst
}
