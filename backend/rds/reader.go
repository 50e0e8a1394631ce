// Package rds reads what AWS says of the catalog's instances, what CloudWatch measured, and what their MySQL servers answer; it cannot
// write.
package rds

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"switchyard/model"
)

// The access key ids with which a reader, and who changes instances, sign for an endpoint that is not AWS's; they open nothing anywhere.
const (
	RehearsalKey    = "SWITCHYARDWATCH"
	RehearsalActKey = "SWITCHYARDACT"
)

// Options say how AWS is reached.
type Options struct {
	Profile     string                  // of AWS's own configuration; empty: its default
	Account     string                  // AWS account that the instances must be in; empty: not compared
	Endpoint    string                  // URL of a rehearsal's or a lab's endpoint; empty: AWS
	Credentials aws.CredentialsProvider // nil: AWS's own chain, or RehearsalKey for an Endpoint
	Timeout     time.Duration           // of one call with its retries; 8 s when zero
}

// Target is one instance. With a ResourceID, another instance under the same name is told; without, the first one seen is pinned.
type Target struct {
	ID         string
	Region     string // AWS's
	ResourceID string // DbiResourceId
	Address    string // host:port of its server as configured; empty: not compared with AWS's endpoint
}

// Reader asks AWS. It holds one set of clients for each AWS region and is safe for concurrent use; a region or service
// that is slow, throttled or gone holds up only the calls that ask it.
type Reader struct {
	cfg     aws.Config
	timeout time.Duration
	account string

	mu        sync.Mutex
	regions   map[string]*clients
	pinned    map[Target]string
	strangers map[Target]error // instances that are not those of the account, as they were last described
}

// clients of one AWS region. Each has its own retryer, so that throttling of one does not slow another.
type clients struct {
	rds        *rds.Client
	cloudwatch *cloudwatch.Client
	kms        *kms.Client
	sts        *sts.Client
	throttled  map[string]*noting // by service
}

// Calls are all that a Reader can send; any other operation of its clients is refused before it is signed.
var Calls = []string{
	"cloudwatch:GetMetricData",
	"kms:DescribeKey",
	"rds:DescribeDBInstances",
	"rds:DescribeDBParameters",
	"rds:DescribeEvents",
	"rds:DescribePendingMaintenanceActions",
	"sts:GetCallerIdentity",
}

// New reads AWS's configuration. It connects to nothing yet.
func New(ctx context.Context, o Options) (*Reader, error) {
	cfg, err := o.AWS(ctx)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = 8 * time.Second
	}
	return &Reader{
		cfg:       cfg,
		timeout:   o.Timeout,
		account:   o.Account,
		regions:   map[string]*clients{},
		pinned:    map[Target]string{},
		strangers: map[Target]error{},
	}, nil
}

// AWS is AWS's configuration with these options, for clients that are not a Reader's.
func (o Options) AWS(ctx context.Context) (aws.Config, error) {
	// A plain http.Client would make the SDK fail where AWS_CA_BUNDLE is set.
	client := awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = 3 * time.Second }).
		WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout = 3 * time.Second })
	load := []func(*config.LoadOptions) error{config.WithHTTPClient(client)}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Endpoint != "" {
		load = append(load, config.WithBaseEndpoint(o.Endpoint))
		if o.Credentials == nil {
			o.Credentials = credentials.NewStaticCredentialsProvider(RehearsalKey, "rehearsal", "")
		}
	}
	if o.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(o.Credentials))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return cfg, fault(nil, "read AWS's configuration: %v", err)
	}
	cfg.HTTPClient = whole{cfg.HTTPClient}
	if o.Credentials == nil {
		cfg.Credentials = Reread(cfg, func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx, load...) })
	}
	return cfg, nil
}

// whole hides the request body's WriteTo. Smithy's says io.EOF when a quick answer has already closed the body; net/http takes
// that for a broken request and closes the connection under the answer.
type whole struct{ aws.HTTPClient }

func (c whole) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body = struct{ io.ReadCloser }{req.Body}
	}
	return c.HTTPClient.Do(req)
}

// in gives the clients of an AWS region.
func (r *Reader) in(region string) *clients {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.regions[region]; c != nil {
		return c
	}
	cfg := r.cfg.Copy()
	cfg.Region = region
	c := &clients{throttled: map[string]*noting{}}
	retryer := func(service string) aws.RetryerV2 {
		n := &noting{RetryerV2: retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = 3, time.Second/2
				o.RateLimiter = ratelimit.None // a poller asks again anyway; a used-up quota would only hide what is wrong
			})
		})}
		c.throttled[service] = n
		return n
	}
	c.rds = rds.NewFromConfig(cfg, func(o *rds.Options) {
		o.Retryer, o.APIOptions = retryer("rds"), append(o.APIOptions, readsOf("rds"))
	})
	c.cloudwatch = cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
		o.Retryer, o.APIOptions = retryer("cloudwatch"), append(o.APIOptions, readsOf("cloudwatch"))
	})
	c.kms = kms.NewFromConfig(cfg, func(o *kms.Options) {
		o.Retryer, o.APIOptions = retryer("kms"), append(o.APIOptions, readsOf("kms"))
	})
	c.sts = sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.Retryer, o.APIOptions = retryer("sts"), append(o.APIOptions, readsOf("sts"))
	})
	r.regions[region] = c
	return c
}

// readsOf refuses every operation of a service that is not on the list. It runs while the operation's steps are put together:
// nothing has been serialized, signed or sent.
func readsOf(service string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		if call := service + ":" + stack.ID(); !slices.Contains(Calls, call) {
			return fault(model.ErrNotAllowed, "%s is not on the list of reads", call)
		}
		return nil
	}
}

// Refuses tells whether the reader's own client refuses to reboot an instance, which is asked for under an identifier that nobody has.
func (r *Reader) Refuses(ctx context.Context, region, nobody string) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	_, err := r.in(region).rds.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: &nobody})
	var f *model.Fault
	if errors.As(err, &f) && errors.Is(f, model.ErrNotAllowed) { // what AWS itself says is another error
		return nil
	}
	if err == nil {
		return fault(model.ErrAnswer, "rds:RebootDBInstance was sent to %s, and taken", region)
	}
	return FaultOf("rds:RebootDBInstance was sent to "+region, err)
}

// noting remembers when its service last asked for fewer calls, and what a call met before its time ran out.
type noting struct {
	aws.RetryerV2
	mu sync.Mutex
	at time.Time
}

// met is what the last attempt of one call met.
type met struct{ err error }

type metKey struct{}

var throttles = retry.IsErrorThrottles(retry.DefaultThrottles)

func (n *noting) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	if m, ok := ctx.Value(metKey{}).(*met); ok {
		m.err = err
	}
	if throttles.IsErrorThrottle(err) == aws.TrueTernary {
		n.mu.Lock()
		n.at = time.Now()
		n.mu.Unlock()
	}
	return n.RetryerV2.GetRetryToken(ctx, err)
}

// lately: adaptive retries may hold a call back for some seconds after the last answer of that kind.
func (n *noting) lately() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Since(n.at) < 30*time.Second
}

// ask makes one call within the reader's time, and says what it met. When its time ends between two attempts, that is what the last one
// met.
func ask[I, O, P any](
	ctx context.Context,
	r *Reader,
	service, region, doing string,
	call func(*clients) func(context.Context, *I, ...func(P)) (*O, error),
	in *I,
) (*O, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	var m met
	c := r.in(region)
	out, err := call(c)(context.WithValue(ctx, metKey{}, &m), in)
	if err == nil {
		return out, nil
	}
	doing += " in " + region
	if ctx.Err() != nil && m.err != nil {
		err = m.err
	}
	if _, kind := netKind(err); kind == model.ErrTimeout && c.throttled[service].lately() {
		return nil, fault(model.ErrThrottled, "%s: throttled, retrying", doing)
	}
	return nil, FaultOf(doing, err)
}

// Who is the ARN that AWS takes the reader for.
func (r *Reader) Who(ctx context.Context, region string) (string, error) {
	out, err := ask(
		ctx,
		r,
		"sts",
		region,
		"ask who we are",
		func(c *clients) func(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
			return c.sts.GetCallerIdentity
		},
		&sts.GetCallerIdentityInput{},
	)
	if err != nil {
		return "", err
	}
	return model.Clean(aws.ToString(out.Arn)), nil
}
