// Package amazon answers for AWS as far as the product asks it: RDS, CloudWatch, KMS, STS and S3 over their real wire protocols,
// in front of servers that somebody else runs.
package amazon

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Account is the account number of everything in the cloud.
const Account = "123456789012"

// Options are what a Cloud starts with.
type Options struct {
	Backend   Backend
	Instances []Instance
	Groups    []Group
	Keys      []Key
	Buckets   []Bucket
	Readers   []string                                   // access key ids that IAM lets only read
	Strangers bool                                       // refuse access key ids that are neither in Readers nor in Writers
	Writers   []string                                   // access key ids that may do everything
	Called    func(Call)                                 // told every call when it was answered, in order; may be nil
	Pace      float64                                    // how many times faster than AWS things take their course; 0: as fast as AWS
	Now       func() time.Time                           // nil: time.Now
	Sleep     func(context.Context, time.Duration) error // by the same clock; nil: the machine's
}

// Backend is what stands behind the instances. Hooks are called without a lock held and may block; a nil hook does nothing.
type Backend struct {
	// Promote ends replication and, unless its parameter group says otherwise, lets the server take writes.
	Promote func(ctx context.Context, id string, writable bool) error
	// Reboot cuts every connection; it returns when the server answers again. With failover, the standby takes over.
	Reboot func(ctx context.Context, id string, failover bool) error
	// Halt ends the server of an instance that is stopped.
	Halt func(ctx context.Context, id string) error
	// Replicate makes a new server that replicates from source, and says where it listens.
	Replicate func(ctx context.Context, id, source string) (host string, port int, err error)
	// ReadOnly follows a change of read_only in an instance's parameter group.
	ReadOnly func(ctx context.Context, id string, on bool) error
	// Activity is what CloudWatch measures in the minute that starts at the given time; false: there is no measurement.
	Activity func(id string, minute time.Time) (Activity, bool)
	// Replication is what RDS sees of a replica now; nil: it runs.
	Replication func(id string) (running bool, trouble string)
}

// Activity is one minute of one instance, in CloudWatch's units.
type Activity struct {
	CPU                                float64 // percent
	Connections                        float64
	ReadIOPS, WriteIOPS                float64 // per second
	ReadBytes, WriteBytes              float64 // per second
	ReadLatency, WriteLatency          float64 // seconds
	FreeMemory, FreeStorage, SwapUsage float64 // bytes
	Queue                              float64
	NetIn, NetOut                      float64 // bytes per second
	BinlogBytes                        float64
	Lag                                float64 // seconds; -1: replication does not run. Not measured for a primary
}

// Cloud is a small AWS. Its methods may be called from any goroutine.
type Cloud struct {
	o     Options
	ctx   context.Context
	stop  context.CancelFunc
	works sync.WaitGroup

	mu        sync.Mutex
	instances map[place]*instance
	groups    map[place]*group
	keys      map[place]*Key
	buckets   map[string]*Bucket
	objects   map[string]*object
	events    []event
	faults    map[int]*Fault
	nextFault int
	measured  map[measurement]Activity
	calls     []Call
	requests  uint64
}

// place is a name in an AWS region.
type place struct{ region, id string }

// Instance is an RDS instance as it stands when the cloud starts. Zero fields get what a careful owner would have chosen.
type Instance struct {
	ID, Region     string
	Host           string // where its server really listens
	Port           int
	Source         string // id of the instance it replicates from; empty: a primary
	Class          string // db.r7g.2xlarge
	Version        string // 8.4.11
	SingleAZ       bool
	StorageGiB     int
	Retention      int    // days; 0: 7
	NoBackups      bool   // retention 0
	BackupWindow   string // empty: backups leave no trace
	Unprotected    bool   // deletion protection off
	KeyID          string // empty: the first key of the region
	ParameterGroup string // empty: the first group of the region
	CertUntil      time.Time
	Maintenance    []types.PendingMaintenanceAction
}

type instance struct {
	types.DBInstance
	region      string
	maintenance []types.PendingMaintenanceAction
	failedOver  time.Time
	busy        bool   // a course is running
	hidden      bool   // AWS says that there is none
	replication string // what AWS says of its replication, whatever it does; empty: what it does
}

// New starts a cloud; Close ends what is still under way.
func New(o Options) *Cloud {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pace <= 0 {
		o.Pace = 1
	}
	c := &Cloud{
		o: o, instances: map[place]*instance{}, groups: map[place]*group{}, keys: map[place]*Key{}, buckets: map[string]*Bucket{},
		objects: map[string]*object{}, faults: map[int]*Fault{}, measured: map[measurement]Activity{},
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	for _, k := range o.Keys {
		c.keys[place{k.Region, k.ID}] = &k
	}
	for _, g := range o.Groups {
		c.groups[place{g.Region, g.Name}] = newGroup(g)
	}
	for _, b := range o.Buckets {
		c.buckets[b.Name] = &b
	}
	for _, in := range o.Instances {
		c.instances[place{in.Region, in.ID}] = c.build(in, 400*24*time.Hour)
	}
	for _, in := range o.Instances {
		if in.Source != "" {
			c.join(in.ID, in.Region, in.Source)
		}
	}
	return c
}

// Close stops every course and waits for it.
func (c *Cloud) Close() {
	c.stop()
	c.works.Wait()
}

func (c *Cloud) now() time.Time { return c.o.Now().UTC() }

// real is how long something of AWS's takes here.
func (c *Cloud) real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.o.Pace) }

// wait sleeps; false when the cloud closes.
func (c *Cloud) wait(d time.Duration) bool {
	if c.o.Sleep != nil {
		return c.o.Sleep(c.ctx, d) == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// resourceID makes a DbiResourceId out of anything that is new.
func resourceID(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	return "db-" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])[:26]
}

func arn(service, region, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, Account, resource)
}

// find looks an instance up by name in one AWS region; every region looks through AWS's fault when it is not there.
func (c *Cloud) find(region string, id *string) (*instance, error) {
	name := nameOf(value(id))
	if in := c.instances[place{region, name}]; in != nil && !in.hidden {
		return in, nil
	}
	return nil, failure(404, "DBInstanceNotFound", "DBInstance %s not found.", name)
}

// anywhere finds an instance in whatever AWS region; names are unique in a rehearsal.
func (c *Cloud) anywhere(id string) *instance {
	for at, in := range c.instances {
		if at.id == id {
			return in
		}
	}
	return nil
}

// nameOf takes the name out of an ARN.
func nameOf(id string) string {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i] == ':' {
			return id[i+1:]
		}
	}
	return id
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func ptr[T any](v T) *T { return &v }
