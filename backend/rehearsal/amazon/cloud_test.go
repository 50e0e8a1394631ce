package amazon

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

const home, far = "eu-west-1", "eu-central-1"

// servers is what stands behind the instances in these tests: it only writes down what it is told.
type servers struct {
	mu   sync.Mutex
	told []string
}

func (s *servers) tell(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, what)
}

func (s *servers) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

func (s *servers) backend() Backend {
	return Backend{
		Promote: func(_ context.Context, id string, writable bool) error {
			s.tell("promote " + id + map[bool]string{true: " writable", false: " read-only"}[writable])
			return nil
		},
		Reboot: func(_ context.Context, id string, failover bool) error {
			s.tell("reboot " + id + map[bool]string{true: " to its standby"}[failover])
			return nil
		},
		Replicate: func(_ context.Context, id, source string) (string, int, error) {
			s.tell("replicate " + id + " from " + source)
			return "127.0.0.1", 3399, nil
		},
		ReadOnly: func(_ context.Context, id string, on bool) error {
			s.tell("read_only " + id + map[bool]string{true: " on", false: " off"}[on])
			return nil
		},
		Activity: func(_ string, minute time.Time) (Activity, bool) {
			return Activity{CPU: float64(minute.Minute()), Connections: 200, Lag: 1}, minute.Minute() != 30
		},
	}
}

type world struct {
	*Cloud
	servers
	url string
}

// start runs a pair as the seed has it, a thousand times faster than AWS.
func start(t *testing.T, change ...func(*Options)) *world {
	w := &world{}
	o := Options{
		Backend: w.backend(),
		Pace:    1000,
		Instances: []Instance{
			{ID: "bacula", Region: home, Host: "127.0.0.1", Port: 3307},
			{ID: "bacula-dr", Region: far, Host: "127.0.0.1", Port: 3308, Source: "bacula"},
		},
		Groups:  []Group{{Region: home, Name: "bacula"}, {Region: far, Name: "bacula-dr"}},
		Keys:    []Key{{Region: home, ID: "mrk-1", MultiRegion: true}, {Region: far, ID: "mrk-1", MultiRegion: true}},
		Buckets: []Bucket{{Name: "journal", Region: "eu-north-1"}},
	}
	for _, f := range change {
		f(&o)
	}
	w.Cloud = New(o)
	srv := httptest.NewServer(w.Cloud)
	w.url = srv.URL
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close(); w.Close() })
	return w
}

func (w *world) rds(region string) *rds.Client { return rds.NewFromConfig(testConfig(w.url, region)) }

func (w *world) describe(t *testing.T, region, id string) types.DBInstance {
	t.Helper()
	out, err := w.rds(region).DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
	if err != nil {
		t.Fatal(err)
	}
	return out.DBInstances[0]
}

// until waits for a condition on an instance and returns the statuses seen on the way.
func (w *world) until(t *testing.T, region, id string, ok func(types.DBInstance) bool) []string {
	t.Helper()
	var seen []string
	for deadline := time.Now().Add(20 * time.Second); ; {
		d := w.describe(t, region, id)
		if s := *d.DBInstanceStatus; len(seen) == 0 || seen[len(seen)-1] != s {
			seen = append(seen, s)
		}
		if ok(d) {
			return seen
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s never got there: %v", id, seen)
		}
	}
}

func (w *world) messages(t *testing.T, region string) []string {
	t.Helper()
	out, err := w.rds(region).DescribeEvents(t.Context(), &rds.DescribeEventsInput{Duration: ptr(int32(60))})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range out.Events {
		all = append(all, *e.Message)
	}
	return all
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func settled(d types.DBInstance) bool {
	return *d.DBInstanceStatus == "available" && d.ReadReplicaSourceDBInstanceIdentifier == nil && d.PendingModifiedValues == nil
}

func TestPromotionTakesItsCourse(t *testing.T) {
	w := start(t)
	before := w.describe(t, far, "bacula-dr")
	if got := value(before.ReadReplicaSourceDBInstanceIdentifier); got != "arn:aws:rds:eu-west-1:123456789012:db:bacula" {
		t.Errorf("the replica's source is %q", got)
	}
	in := &rds.PromoteReadReplicaInput{DBInstanceIdentifier: ptr("bacula-dr"), BackupRetentionPeriod: ptr(int32(14))}
	if _, err := w.rds(home).PromoteReadReplica(t.Context(), in); code(err) != "DBInstanceNotFoundFault" && code(err) != "DBInstanceNotFound" {
		t.Errorf("promoting in the wrong AWS region: %v", err)
	}
	if _, err := w.rds(far).PromoteReadReplica(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	_, err := w.rds(far).PromoteReadReplica(t.Context(), in)
	var busy *types.InvalidDBInstanceStateFault
	if !errors.As(err, &busy) {
		t.Errorf("promoting twice: %v", err)
	}
	w.until(t, far, "bacula-dr", settled)
	after := w.describe(t, far, "bacula-dr")
	if len(after.StatusInfos) != 0 || *after.BackupRetentionPeriod != 14 || *after.DbiResourceId != *before.DbiResourceId {
		t.Errorf("after promotion: %v, retention %d", after.StatusInfos, *after.BackupRetentionPeriod)
	}
	if r := w.describe(t, home, "bacula").ReadReplicaDBInstanceIdentifiers; len(r) != 0 {
		t.Errorf("the primary still has replicas: %v", r)
	}
	if diff := cmp.Diff([]string{"promote bacula-dr writable", "reboot bacula-dr"}, w.all()); diff != "" {
		t.Error(diff)
	}
	for _, m := range w.messages(t, far) {
		if strings.Contains(strings.ToLower(m), "promot") {
			t.Errorf("an event tells of the promotion: %s", m)
		}
	}
	if _, err := w.rds(far).PromoteReadReplica(t.Context(), in); !errors.As(err, &busy) {
		t.Errorf("promoting a primary: %v", err)
	}
}

func TestPromotionKeepsAPinnedReadOnly(t *testing.T) {
	w := start(t, func(o *Options) { o.Groups[1].Set = map[string]string{"read_only": "1"} })
	if _, err := w.rds(far).PromoteReadReplica(t.Context(), &rds.PromoteReadReplicaInput{DBInstanceIdentifier: ptr("bacula-dr")}); err != nil {
		t.Fatal(err)
	}
	w.until(t, far, "bacula-dr", settled)
	if told := w.all(); told[0] != "promote bacula-dr read-only" {
		t.Errorf("told %v", told)
	}
}

func TestFailoverBetweenZones(t *testing.T) {
	w := start(t, func(o *Options) { o.Instances[1].SingleAZ = true })
	if _, err := w.rds(far).
		RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: ptr("bacula-dr"), ForceFailover: ptr(true)}); code(
		err,
	) != "InvalidParameterCombination" {
		t.Errorf("failing over a single zone: %v", err)
	}
	before := w.describe(t, home, "bacula")
	if _, err := w.rds(home).
		RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: ptr("bacula"), ForceFailover: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	seen := w.until(t, home, "bacula", func(d types.DBInstance) bool { return *d.AvailabilityZone == *before.SecondaryAvailabilityZone })
	if !slices.Contains(seen, "rebooting") || seen[len(seen)-1] != "available" {
		t.Errorf("statuses %v: the zone must change after the instance is available again", seen)
	}
	w.until(t, home, "bacula", settled)
	want := []string{
		"Multi-AZ instance failover started.",
		"DB instance restarted",
		"Multi-AZ instance failover completed.",
		"Recovery of standby DB instance has started.",
		"Recovery of standby DB instance completed.",
	}
	if diff := cmp.Diff(want, w.messages(t, home)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"reboot bacula to its standby"}, w.all()); diff != "" {
		t.Error(diff)
	}
}

func TestModificationsWaitOrAreApplied(t *testing.T) {
	w := start(t)
	c := w.rds(home)
	if _, err := c.ModifyDBInstance(
		t.Context(),
		&rds.ModifyDBInstanceInput{DBInstanceIdentifier: ptr("bacula"), DBInstanceClass: ptr("db.r7g.xlarge"), MasterUserPassword: ptr("x")},
	); code(
		err,
	) != "InvalidParameterValue" {
		t.Errorf("a field that the cloud does not know: %v", err)
	}
	if _, err := c.ModifyDBInstance(
		t.Context(),
		&rds.ModifyDBInstanceInput{DBInstanceIdentifier: ptr("bacula"), DBInstanceClass: ptr("db.r7g.xlarge")},
	); err != nil {
		t.Fatal(err)
	}
	d := w.describe(t, home, "bacula")
	if *d.DBInstanceClass != "db.r7g.2xlarge" || *d.PendingModifiedValues.DBInstanceClass != "db.r7g.xlarge" {
		t.Errorf("without ApplyImmediately the class is %s, pending %v", *d.DBInstanceClass, d.PendingModifiedValues)
	}
	if _, err := c.ModifyDBInstance(
		t.Context(),
		&rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: ptr("bacula"),
			DeletionProtection:   ptr(false),
			ApplyImmediately:     ptr(true), // the class that waits, too
		},
	); err != nil {
		t.Fatal(err)
	}
	w.until(t, home, "bacula", func(d types.DBInstance) bool {
		return settled(d) && *d.DBInstanceClass == "db.r7g.xlarge" && !*d.DeletionProtection
	})
	if told := w.all(); len(told) != 1 || told[0] != "reboot bacula to its standby" {
		t.Errorf("told %v", told)
	}
}

func TestReplicaIsMadeInAnotherRegion(t *testing.T) {
	w := start(t, func(o *Options) { o.Instances, o.Pace = o.Instances[:1], 1e4 })
	source := *w.describe(t, home, "bacula").DBInstanceArn
	in := &rds.CreateDBInstanceReadReplicaInput{
		DBInstanceIdentifier:       ptr("bacula-dr"),
		SourceDBInstanceIdentifier: &source,
		DBParameterGroupName:       ptr("bacula-dr"),
		MultiAZ:                    ptr(true),
	}
	if _, err := w.rds(far).CreateDBInstanceReadReplica(t.Context(), in); code(err) != "InvalidParameterValue" {
		t.Errorf("without a key: %v", err)
	}
	in.KmsKeyId = ptr("mrk-1")
	w.DisableKey(far, "mrk-1", true)
	var unusable *types.KMSKeyNotAccessibleFault
	if _, err := w.rds(far).CreateDBInstanceReadReplica(t.Context(), in); !errors.As(err, &unusable) {
		t.Errorf("with a disabled key: %v", err)
	}
	w.DisableKey(far, "mrk-1", false)
	if _, err := w.rds(far).CreateDBInstanceReadReplica(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if s := *w.describe(t, far, "bacula-dr").DBInstanceStatus; s != "creating" {
		t.Errorf("the new replica is %s", s)
	}
	w.until(t, far, "bacula-dr", func(d types.DBInstance) bool {
		return *d.DBInstanceStatus == "available" && d.Endpoint != nil && *d.Endpoint.Port == 3399
	})
	d := w.describe(t, far, "bacula-dr")
	if *d.BackupRetentionPeriod != 0 || value(d.DeletionProtection) || !*d.MultiAZ ||
		len(w.describe(t, home, "bacula").ReadReplicaDBInstanceIdentifiers) != 1 {
		t.Errorf("the new replica has retention %d, protection %v, Multi-AZ %v", *d.BackupRetentionPeriod, *d.DeletionProtection, *d.MultiAZ)
	}
	if _, err := w.rds(far).
		CreateDBInstanceReadReplica(t.Context(), in); code(err) != "DBInstanceAlreadyExists" &&
		code(err) != "DBInstanceAlreadyExistsFault" {
		t.Errorf("making it twice: %v", err)
	}
}

func TestReadersMayOnlyRead(t *testing.T) {
	w := start(t, func(o *Options) { o.Readers, o.Strangers = []string{"AKIATEST"}, true })
	w.describe(t, home, "bacula")
	if _, err := w.rds(home).
		RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: ptr("bacula")}); code(
		err,
	) != "AccessDenied" {
		t.Errorf("a reader rebooted: %v", err)
	}
	writes := w.Writes()
	if len(writes) != 1 || writes[0].Operation != "RebootDBInstance" || writes[0].On != "bacula" || writes[0].Status != 403 ||
		writes[0].Key != "AKIATEST" {
		t.Errorf("the record has %+v", writes)
	}
	cfg := testConfig(w.url, home)
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAOTHER", SecretAccessKey: "x"}, nil
	})
	if _, err := rds.NewFromConfig(cfg).
		DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{}); code(
		err,
	) != "InvalidClientTokenId" {
		t.Errorf("a stranger: %v", err)
	}
	if len(w.all()) != 0 {
		t.Errorf("the servers were told %v", w.all())
	}
}

func TestFaults(t *testing.T) {
	w := start(t)
	read := func(region string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := w.rds(region).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{})
		return err
	}
	for name, c := range map[string]struct {
		fault Fault
		want  func(error) bool
	}{
		"throttled":   {Fault{Trouble: Throttled, Region: home}, func(err error) bool { return code(err) == "Throttling" }},
		"failing":     {Fault{Trouble: Failing, Region: home, Service: "rds"}, func(err error) bool { return code(err) == "InternalFailure" }},
		"unreachable": {Fault{Trouble: Unreachable, Region: home}, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		"expired":     {Fault{Trouble: Expired, Region: home}, func(err error) bool { return code(err) == "ExpiredToken" }},
		"half":        {Fault{Trouble: HalfAnswer, Region: home, Operation: "DescribeDBInstances"}, func(err error) bool { return err != nil }},
	} {
		heal := w.Break(c.fault)
		if err := read(home); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		if err := read(far); err != nil {
			t.Errorf("%s reached the other AWS region: %v", name, err)
		}
		heal()
		if err := read(home); err != nil {
			t.Errorf("%s was not healed: %v", name, err)
		}
	}
}

// A reboot whose answer is lost was done, and the SDK's own retries do it again.
func TestLostAnswerIsDone(t *testing.T) {
	w := start(t, func(o *Options) { o.Pace = 1e6 })
	w.Break(Fault{Trouble: LostAnswer, Operation: "RebootDBInstance", Times: 1})
	once := func(o *rds.Options) { o.Retryer = aws.NopRetryer{} }
	if _, err := w.rds(home).RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: ptr("bacula")}, once); err == nil {
		t.Error("an answer came through")
	}
	w.until(t, home, "bacula", func(d types.DBInstance) bool { return settled(d) && len(w.all()) == 1 })
	w.Break(Fault{Trouble: LostAnswer, Operation: "RebootDBInstance", Times: 2})
	thrice := func(o *rds.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 50 * time.Millisecond })
	}
	_, _ = w.rds(home).RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: ptr("bacula")}, thrice)
	if n := len(w.Writes()); n != 4 {
		t.Errorf("%d reboots were sent, one without and three with retries expected", n)
	}
}
