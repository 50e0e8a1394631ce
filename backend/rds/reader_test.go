package rds

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

const home, far = "eu-west-1", "eu-central-1"

func TestMain(m *testing.M) {
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} { // whatever this machine has is not ours
		os.Setenv(name, os.DevNull)
	}
	os.Exit(m.Run())
}

type world struct {
	*amazon.Cloud
	*Reader
	url string
}

// start runs a cloud with the seed's pair, and a reader of it.
func start(t *testing.T, change ...func(*amazon.Options, *Options)) *world {
	a := amazon.Options{
		Backend: amazon.Backend{Activity: func(_ string, minute time.Time) (amazon.Activity, bool) {
			lag := 2.0
			if minute.Minute()%2 == 1 {
				lag = -1
			}
			return amazon.Activity{
				CPU:         18,
				Connections: 204,
				ReadIOPS:    410,
				WriteIOPS:   88,
				FreeStorage: 61 << 30,
				FreeMemory:  9 << 30,
				ReadLatency: 0.0004,
				Lag:         lag,
			}, minute.Minute() != 30
		}},
		Instances: []amazon.Instance{
			{
				ID:     "bacula",
				Region: home,
				Host:   "127.0.0.1",
				Port:   3307,
				Maintenance: []types.PendingMaintenanceAction{
					{
						Action:               aws.String("os-upgrade"),
						Description:          aws.String("New Operating System update is available"),
						AutoAppliedAfterDate: aws.Time(time.Date(2027, 1, 3, 4, 0, 0, 0, time.UTC)),
					},
				},
			},
			{ID: "bacula-dr", Region: far, Host: "127.0.0.1", Port: 3308, Source: "bacula"},
		},
		Groups: []amazon.Group{
			{Region: home, Name: "bacula", Set: map[string]string{"gtid-mode": "ON"}},
			{Region: far, Name: "bacula-dr", Set: map[string]string{"read_only": "1"}},
		},
		Keys: []amazon.Key{{Region: home, ID: "mrk-1", MultiRegion: true}, {Region: far, ID: "mrk-1", MultiRegion: true}},
		Pace: 1000,
	}
	o := Options{}
	for _, f := range change {
		f(&a, &o)
	}
	w := &world{Cloud: amazon.New(a)}
	srv := httptest.NewServer(w.Cloud)
	w.url = srv.URL
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close(); w.Cloud.Close() })
	if o.Endpoint == "" {
		o.Endpoint = srv.URL
	}
	var err error
	if w.Reader, err = New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestDescribe(t *testing.T) {
	w := start(t)
	primary, err := w.Describe(t.Context(), Target{ID: "bacula", Region: home})
	if err != nil {
		t.Fatal(err)
	}
	replica, err := w.Describe(t.Context(), Target{ID: "bacula-dr", Region: far})
	if err != nil {
		t.Fatal(err)
	}
	want := model.Description{
		ARN:             "arn:aws:rds:eu-west-1:123456789012:db:bacula",
		Class:           "db.r7g.2xlarge",
		Status:          "available",
		Engine:          "mysql",
		Version:         "8.4.11",
		Endpoint:        "127.0.0.1:3307",
		AZ:              "eu-west-1b",
		SecondaryAZ:     "eu-west-1a",
		MultiAZ:         true,
		Storage:         model.Storage{Type: "gp3", GiB: 400, MaxGiB: 800, IOPS: 12000, MBps: 500},
		ParameterGroup:  "bacula",
		ParameterStatus: "in-sync",
		Pending:         []model.Change{},
		CA:              "rds-ca-rsa2048-g1",
		Window:          "sun:04:00-sun:04:30",
		Retention:       7,
		Protected:       true,
		IAM:             true,
		Encrypted:       true,
		KeyARN:          "arn:aws:kms:eu-west-1:123456789012:key/mrk-1",
	}
	got := primary
	if len(got.SecurityGroups) != 1 || !strings.HasPrefix(got.SecurityGroups[0], "sg-0") {
		t.Errorf("security groups %q", got.SecurityGroups)
	}
	got.SecurityGroups = nil
	if got.ResourceID == "" || got.CertUntil.Before(time.Now()) || got.Restorable.IsZero() {
		t.Errorf("resource id %q, certificate until %v, restorable to %v", got.ResourceID, got.CertUntil, got.Restorable)
	}
	got.ResourceID, got.CertUntil, got.Restorable = "", time.Time{}, time.Time{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if replica.Role() != "replica" || replica.Source != "arn:aws:rds:eu-west-1:123456789012:db:bacula" ||
		replica.Replication != "replicating" ||
		!replica.Replicating {
		t.Errorf("the replica: %+v", replica)
	}
	if _, err := w.Describe(t.Context(), Target{ID: "bacula", Region: far}); !errors.Is(err, model.ErrNone) {
		t.Errorf("an instance that is not there: %v", err)
	}
}

func TestAnotherInstanceUnderTheNameIsTold(t *testing.T) {
	w := start(t)
	for _, target := range []Target{{ID: "bacula", Region: home}, {ID: "bacula-dr", Region: far, ResourceID: "db-PINNED"}} {
		first, err := w.Describe(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		pinned := first.ResourceID
		if target.ResourceID != "" {
			pinned = target.ResourceID
			if first.Recreated != pinned {
				t.Errorf("%s is not the pinned instance, and Recreated is %q", target.ID, first.Recreated)
			}
		} else if first.Recreated != "" {
			t.Errorf("the first look says %q was recreated", first.Recreated)
		}
		id := w.Recreate(target.Region, target.ID)
		second, err := w.Describe(t.Context(), target)
		if err != nil || second.ResourceID != id || second.Recreated != pinned {
			t.Errorf("after it was recreated: %q, pinned %q, %v", second.ResourceID, second.Recreated, err)
		}
	}
}

func TestPendingChanges(t *testing.T) {
	got := pending(
		&types.PendingModifiedValues{
			DBInstanceClass:    aws.String("db.r7g.xlarge"),
			MultiAZ:            aws.Bool(true),
			AllocatedStorage:   aws.Int32(500),
			MasterUserPassword: aws.String("hunter2"),
		},
	)
	want := []model.Change{
		{What: "AllocatedStorage", To: "500"},
		{What: "DBInstanceClass", To: "db.r7g.xlarge"},
		{What: "MasterUserPassword"},
		{What: "MultiAZ", To: "on"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKeys(t *testing.T) {
	w := start(t)
	arn := "arn:aws:kms:eu-central-1:123456789012:key/mrk-1"
	k, err := w.Key(t.Context(), far, arn)
	if err != nil || !k.Usable || !k.MultiRegion || k.State != "Enabled" || k.ARN != arn {
		t.Errorf("%+v, %v", k, err)
	}
	w.DisableKey(far, "mrk-1", true)
	if k, err = w.Key(t.Context(), far, arn); err != nil || k.Usable || k.Why != "disabled" {
		t.Errorf("%+v, %v", k, err)
	}
	// A key that is gone says nothing of the instance: it is told as the key's state, not as something that is not there.
	if k, err = w.Key(t.Context(), far, "nope"); err != nil || k.Usable || k.Why != "KMS knows no such key" {
		t.Errorf("a key that is not there: %+v, %v", k, err)
	}
}

func TestSettings(t *testing.T) {
	w := start(t)
	g, err := w.Group(t.Context(), far, "bacula-dr")
	if err != nil || !slices.Contains(g.Values, model.Parameter{Name: "read_only", Value: "1"}) {
		t.Errorf("%+v, %v", g, err)
	}
	if set := []model.Parameter{{Name: "read_only", Value: "1"}}; !slices.Equal(g.Set, set) {
		t.Errorf("set by somebody: %v, want %v", g.Set, set)
	}
	up, err := w.Upkeep(t.Context(), Target{ID: "bacula", Region: home})
	want := []model.Maintenance{
		{Action: "os-upgrade", Says: "New Operating System update is available", At: time.Date(2027, 1, 3, 4, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, up); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if up, err = w.Upkeep(t.Context(), Target{ID: "bacula-dr", Region: far}); up == nil || len(up) != 0 || err != nil {
		t.Errorf("none pending: %v, %v", up, err)
	}
	if who, err := w.Who(t.Context(), home); !strings.HasSuffix(who, "/"+RehearsalKey) || err != nil {
		t.Errorf("who: %s, %v", who, err)
	}
}

func TestEvents(t *testing.T) {
	w := start(t)
	at := Target{ID: "bacula", Region: home}
	w.Tell(home, "bacula", "failover", "Multi-AZ instance failover started.")
	w.Tell(home, "bacula", "backup", "Backing up DB instance.")
	w.Tell(far, "bacula-dr", "read replica", "Replication has stopped.")
	w.Tell(home, "bacula", "failure", "something that nobody \u202eknows")
	var known []model.RDSEvent
	for range 2 {
		seen, err := w.Events(t.Context(), at, time.Now().Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		known = model.MergeEvents(known, seen)
	}
	var got []string
	for _, e := range known {
		got = append(got, e.Instance+" "+e.Severity.String()+" "+e.Says)
	}
	want := []string{
		"bacula FAIL Multi-AZ instance failover started.",
		"bacula info Backing up DB instance.",
		"bacula FAIL something that nobody knows",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for range 250 {
		w.Tell(home, "bacula", "backup", "Finished DB instance backup.")
	}
	if all, err := w.Events(t.Context(), at, time.Time{}); err != nil || len(all) < 253 {
		t.Errorf("%d events over several pages, %v", len(all), err)
	}
}

func TestMeasure(t *testing.T) {
	w := start(t)
	got, err := w.Measure(t.Context(), far, "bacula-dr")
	if err != nil {
		t.Fatal(err)
	}
	m := got["bacula-dr"]
	p, _ := m.Metrics.CPU.Last()
	if p.Value != 18 {
		t.Errorf("CPU %v", m.Metrics.CPU)
	}
	want := model.KnownLag(2 * time.Second)
	if m.Lag.At.Minute()%2 == 1 {
		want = model.BrokenLag("not replicating")
	}
	if m.Lag.Value != want || m.Lag.At != p.At {
		t.Errorf("lag %v at %v, the newest minute is %v", m.Lag.Value, m.Lag.At, p.At)
	}
	if n := len(m.Metrics.CPU); n < 55 || n > 59 {
		t.Errorf("%d minutes, with one that was not measured and the newest not yet there", n)
	}
	for _, p := range m.Metrics.Behind {
		if p.Value != 2 {
			t.Errorf("a broken minute became %v", p)
		}
	}
	for i := 1; i < len(m.Metrics.CPU); i++ {
		if !m.Metrics.CPU[i].At.After(m.Metrics.CPU[i-1].At) {
			t.Errorf("points are not in order: %v", m.Metrics.CPU)
		}
	}
	got, err = w.Measure(t.Context(), home, "bacula")
	if m = got["bacula"]; err != nil || m.Lag.Seen() || m.Lag.Why == "" || len(m.Metrics.Behind) != 0 || len(m.Metrics.Connections) == 0 {
		t.Errorf("a primary has lag %v (%s), %v", m.Lag.Value, m.Lag.Why, err)
	}
}

func TestNewestLagIsTheLag(t *testing.T) {
	at := time.Now()
	for _, c := range []struct {
		values []float64
		want   model.Lag
	}{
		{nil, model.Lag{}},
		{[]float64{3, 0}, model.KnownLag(0)},
		{[]float64{0, 9}, model.KnownLag(9 * time.Second)},
		{[]float64{0, -1}, model.BrokenLag("not replicating")},
	} {
		var s model.Series
		for i, v := range c.values {
			s = append(s, model.Point{At: at.Add(time.Duration(i) * time.Minute), Value: v})
		}
		if got := lagOf(s); got.Value != c.want || got.Seen() != (len(s) > 0) {
			t.Errorf("%v is %v, seen %v", c.values, got.Value, got.Seen())
		}
	}
}

// TestOnlyReadsAreSent calls every operation that the clients have.
func TestOnlyReadsAreSent(t *testing.T) {
	w := start(t)
	c := w.in(home)
	refused := 0
	for service, client := range map[string]any{"rds": c.rds, "cloudwatch": c.cloudwatch, "kms": c.kms, "sts": c.sts} {
		v := reflect.ValueOf(client)
		for i := range v.NumMethod() {
			m := v.Method(i)
			name := v.Type().Method(i).Name
			if m.Type().NumIn() != 3 || m.Type().In(0) != reflect.TypeFor[context.Context]() || slices.Contains(Calls, service+":"+name) {
				continue
			}
			out := m.Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.New(m.Type().In(1).Elem())})
			if err, _ := out[1].Interface().(error); !errors.Is(err, model.ErrNotAllowed) {
				t.Errorf("%s:%s was not refused: %v", service, name, err)
			}
			refused++
		}
	}
	if refused < 250 {
		t.Errorf("only %d operations were tried", refused)
	}
	if err := w.Refuses(t.Context(), home, "nobody"); err != nil {
		t.Error(err)
	}
	_, err := c.rds.ModifyDBInstance(
		t.Context(),
		&rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String("bacula"), DeletionProtection: aws.Bool(false)},
		func(o *rds.Options) { o.RetryMaxAttempts = 5 },
	)
	if !errors.Is(err, model.ErrNotAllowed) || len(w.Calls()) != 0 {
		t.Errorf("a modification: %v; the endpoint saw %v", err, w.Calls())
	}
}

func TestTroubleIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		fault amazon.Trouble
		kind  error
		says  string
	}{
		"throttled": {amazon.Throttled, model.ErrThrottled, "describe bacula in eu-west-1: throttled, retrying"},
		"failing": {amazon.Failing, model.ErrAnswer, "describe bacula in eu-west-1: InternalFailure: We encountered an internal error. " +
			"Please try again"},
		"unreachable": {amazon.Unreachable, model.ErrTimeout, "describe bacula in eu-west-1: no answer in time"},
		"denied":      {amazon.Denied, model.ErrNotAllowed, "is not authorized to perform: rds:DescribeDBInstances"},
		"expired": {amazon.Expired, model.ErrRefused, "describe bacula in eu-west-1: ExpiredToken: The security token included in the " +
			"request is expired"},
		"broken": {amazon.LostAnswer, model.ErrUnreachable, "describe bacula in eu-west-1: the connection broke"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, func(_ *amazon.Options, o *Options) { o.Timeout = 2 * time.Second })
			read := func(region string) error {
				_, err := w.Describe(t.Context(), Target{ID: "bacula", Region: region})
				return err
			}
			heal := w.Break(amazon.Fault{Trouble: c.fault, Region: home})
			if err := read(home); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Error(err)
			}
			if err := read(far); !errors.Is(err, model.ErrNone) {
				t.Errorf("the other AWS region says %v", err)
			}
			heal()
			for err := read(home); err != nil; err = read(home) { // adaptive retries stay careful for a moment
				if !errors.Is(err, model.ErrThrottled) || c.fault != amazon.Throttled {
					t.Fatalf("healed: %v", err)
				}
			}
		})
	}
}

// TestOneServiceHoldsNoOther: CloudWatch does not answer or is throttled, and RDS answers all the while.
func TestOneServiceHoldsNoOther(t *testing.T) {
	for name, trouble := range map[string]amazon.Trouble{"silent": amazon.Unreachable, "throttled": amazon.Throttled} {
		w := start(t)
		w.Break(amazon.Fault{Trouble: trouble, Service: "monitoring"})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			var err error
			for ctx.Err() == nil {
				_, err = w.Measure(ctx, home, "bacula")
			}
			ended <- err
		}()
		for range 20 {
			if _, err := w.Describe(t.Context(), Target{ID: "bacula", Region: home}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		cancel()
		if err := <-ended; err == nil {
			t.Errorf("%s: CloudWatch answered", name)
		}
	}
}

func TestNoCredentials(t *testing.T) {
	w := start(t, func(_ *amazon.Options, o *Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("failed to refresh cached credentials, no EC2 IMDS role found")
		})
	})
	if _, err := w.Describe(
		t.Context(),
		Target{ID: "bacula", Region: home},
	); !errors.Is(err, model.ErrRefused) ||
		!strings.Contains(err.Error(), "no AWS credentials") {
		t.Error(err)
	}
	w = start(t, func(a *amazon.Options, o *Options) {
		a.Strangers, a.Readers = true, []string{RehearsalKey}
		o.Credentials = credentials.NewStaticCredentialsProvider("AKIASTRANGER", "x", "")
	})
	if _, err := w.Describe(t.Context(), Target{ID: "bacula", Region: home}); !errors.Is(err, model.ErrRefused) {
		t.Errorf("a stranger: %v", err)
	}
	w = start(t, func(_ *amazon.Options, o *Options) { o.Endpoint = "http://127.0.0.1:1" })
	if _, err := w.Describe(
		t.Context(),
		Target{ID: "bacula", Region: home},
	); !errors.Is(err, model.ErrUnreachable) ||
		!strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
}

// A company's AWS_CA_BUNDLE must not keep the reader from starting.
func TestOwnCertificates(t *testing.T) {
	ca := t.TempDir() + "/ca.pem"
	w := start(t)
	writeCA(t, ca)
	t.Setenv("AWS_CA_BUNDLE", ca)
	r, err := New(t.Context(), Options{Endpoint: w.url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Describe(t.Context(), Target{ID: "bacula", Region: home}); err != nil {
		t.Error(err)
	}
}

func writeCA(t *testing.T, path string) {
	t.Helper()
	a, err := sqlsim.NewAuthority("a company", time.Now())
	if err == nil {
		err = os.WriteFile(path, a.PEM, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
