package journal

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"switchyard/backend/rehearsal/amazon"
	"switchyard/model"
	"switchyard/model/record"
)

const (
	testBucket = "journal"
	testRegion = "eu-north-1"
	testPrefix = "prod/journal/"
)

func testAWS() aws.Config {
	return aws.Config{
		Region: "eu-west-1",
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 5 * time.Millisecond })
		},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "not-a-secret"}, nil
		}),
	}
}

// cloud is the rehearsal's S3 behind a door that can lie.
type cloud struct {
	*amazon.Cloud
	url string

	mu     sync.Mutex
	marked map[string]bool // keys that a delete marker hides
	seen   []*http.Request
	onPut  func()
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	if c.marked[r.URL.Path] {
		w.Header().Set("X-Amz-Delete-Marker", "true")
	}
	c.seen = append(c.seen, r.Clone(context.Background()))
	onPut := c.onPut
	c.mu.Unlock()
	if r.Method == http.MethodPut && onPut != nil {
		onPut()
	}
	c.Cloud.ServeHTTP(w, r)
}

func (c *cloud) puts() []*http.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.seen), func(r *http.Request) bool { return r.Method != http.MethodPut })
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{Cloud: amazon.New(amazon.Options{Buckets: []amazon.Bucket{{Name: testBucket, Region: testRegion}}}), marked: map[string]bool{}}
	srv := httptest.NewServer(c)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close(); c.Close() })
	c.url = srv.URL
	return c
}

func (c *cloud) store(t *testing.T) *S3 {
	t.Helper()
	s, err := OpenS3(testAWS(), Bucket{Name: testBucket, Prefix: testPrefix, Region: testRegion, Endpoint: c.url})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newS3(t *testing.T) (Store, string, func(int64, []byte)) {
	c := newCloud(t)
	s := c.store(t)
	return s, "s3 " + c.url + " " + testPrefix, func(seq int64, raw []byte) {
		t.Helper()
		c.Bury(testBucket, s.key(seq))
		if raw == nil {
			return
		}
		_, err := s.client.PutObject(
			context.Background(),
			&s3.PutObjectInput{Bucket: &s.bucket.Name, Key: aws.String(s.key(seq)), Body: bytes.NewReader(raw)},
		)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func init() { stores["S3"] = newS3 }

func TestS3SendsTheConditionAndAChecksum(t *testing.T) {
	c := newCloud(t)
	s := c.store(t)
	if err := s.Create(t.Context(), 7, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	r := c.puts()[0]
	for k, want := range map[string]string{
		"If-None-Match":         "*",
		"X-Amz-Checksum-Sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
		"Content-Type":          "application/json",
		"Content-Encoding":      "",
		"X-Amz-Trailer":         "",
	} {
		if got := r.Header.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	if want := "/journal/prod/journal/000000000007.json"; r.URL.Path != want || r.ContentLength != 5 {
		t.Errorf("put %s, %d bytes, want %s", r.URL.Path, r.ContentLength, want)
	}
	if !strings.Contains(r.Header.Get("Authorization"), "/eu-north-1/s3/") {
		t.Error("it was not signed for the bucket's AWS region")
	}
}

// TestS3PutIsSentOnce has every trouble of one PutObject: it goes out once, and the error says what that means.
func TestS3PutIsSentOnce(t *testing.T) {
	for _, c := range []struct {
		f    amazon.Fault
		kind []error
		says string
	}{
		{amazon.Fault{Trouble: amazon.LostAnswer}, []error{record.ErrUnsure, model.ErrUnreachable}, "it may or may not have been written"},
		{amazon.Fault{Trouble: amazon.HalfAnswer}, []error{record.ErrUnsure}, "it may or may not have been written"},
		{amazon.Fault{Trouble: amazon.Failing}, []error{record.ErrUnsure}, "InternalFailure"},
		{amazon.Fault{Trouble: amazon.Throttled}, []error{record.ErrUnsure, model.ErrThrottled}, "SlowDown"},
		{amazon.Fault{Trouble: amazon.Conflict}, []error{record.ErrAgain}, "ConditionalRequestConflict"},
		{amazon.Fault{Trouble: amazon.Denied}, []error{model.ErrNotAllowed}, "not allowed (reading needs s3:GetObject and s3:ListBucket"},
		{amazon.Fault{Trouble: amazon.Expired}, []error{model.ErrRefused}, "ExpiredToken"},
	} {
		w := newCloud(t)
		c.f.Operation = "PutObject"
		w.Break(c.f)
		err := w.store(t).Create(t.Context(), 1, []byte("x"))
		for _, k := range c.kind {
			if !errors.Is(err, k) {
				t.Errorf("%v: %v, want %v", c.f.Trouble, err, k)
			}
		}
		if err == nil || !strings.HasPrefix(err.Error(), "writing s3://journal/prod/journal/000000000001.json: ") ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.f.Trouble, err)
		}
		if n := len(w.puts()); n != 1 {
			t.Errorf("%v: sent %d times", c.f.Trouble, n)
		}
		if sure := !errors.Is(err, record.ErrUnsure); sure && len(w.Objects(testBucket)) != 0 {
			t.Errorf("%v: it was stored", c.f.Trouble)
		}
	}
}

// TestS3AppendsThroughTroubles meets each trouble a few times in a row, without a person noticing, and writes once.
func TestS3AppendsThroughTroubles(t *testing.T) {
	w := newCloud(t)
	s := w.store(t)
	j := begun(t, s)
	for n, f := range []amazon.Fault{
		{Trouble: amazon.LostAnswer, Times: 1}, {Trouble: amazon.HalfAnswer, Times: 1}, {Trouble: amazon.Failing, Times: 2},
		{Trouble: amazon.Throttled, Times: 2}, {Trouble: amazon.Conflict, Times: 3},
	} {
		f.Operation = "PutObject"
		heal := w.Break(f)
		appended(t, j, 1)
		heal()
		slots(t, s, n+1)
	}
	heal := w.Break(amazon.Fault{Trouble: amazon.Denied, Operation: "PutObject"})
	if _, err := j.Append(t.Context(), "ann", nextSlot); !errors.Is(err, model.ErrNotAllowed) {
		t.Error(err)
	}
	heal()
	appended(t, j, 1)
	slots(t, s, 6)
}

func TestS3IsNotMistakenForEmpty(t *testing.T) {
	w := newCloud(t)
	s := w.store(t)
	j := begun(t, s)
	appended(t, j, 2)
	for name, f := range map[string]amazon.Fault{
		"forbidden": {Trouble: amazon.Denied, Operation: "GetObject"},
		"expired":   {Trouble: amazon.Expired},
		"hung up":   {Trouble: amazon.LostAnswer, Operation: "GetObject"},
	} {
		heal := w.Break(f)
		if _, err := s.Read(t.Context(), 9); err == nil || errors.Is(err, model.ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
		heal()
	}
	none, err := OpenS3(testAWS(), Bucket{Name: "nothing", Region: testRegion, Endpoint: w.url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Read(t.Context(), 1); err == nil || errors.Is(err, model.ErrNone) || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("a bucket that is not there: %v", err)
	}
	away, err := OpenS3(testAWS(), Bucket{Name: testBucket, Endpoint: w.url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := away.Read(
		t.Context(),
		1,
	); err == nil || errors.Is(err, model.ErrNone) ||
		!strings.Contains(err.Error(), "another AWS region than eu-west-1") {
		t.Errorf("a bucket elsewhere: %v", err)
	}
	w.Bury(testBucket, s.key(3))
	w.mu.Lock()
	w.marked["/"+testBucket+"/"+s.key(3)] = true
	w.mu.Unlock()
	if _, err := Open(t.Context(), s, prod); !errors.Is(err, record.ErrChain) || !strings.Contains(err.Error(), "a delete marker hides it") {
		t.Errorf("a deleted record: %v", err)
	}
	before := len(w.puts())
	if _, err := j.Append(t.Context(), "ann", nextSlot); !errors.Is(err, record.ErrChain) {
		t.Errorf("appending after a deleted record: %v", err)
	}
	if n := len(w.puts()); n != before {
		t.Errorf("%d puts over a delete marker", n-before)
	}
}

func TestS3ThatIgnoresTheConditionIsRefused(t *testing.T) {
	w := newCloud(t)
	s := w.store(t)
	begun(t, s)
	w.Break(amazon.Fault{Trouble: amazon.Careless})
	if _, err := opened(t, s).Append(t.Context(), "ann", nextSlot); !errors.Is(err, record.ErrNoCondition) {
		t.Errorf("%v", err)
	}
	slots(t, s, 0)
}

func TestS3RefusesBucketsThatCannotDo(t *testing.T) {
	for _, name := range []string{"", "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "journal--euw1-az1--x-s3"} {
		if _, err := OpenS3(testAWS(), Bucket{Name: name}); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	for _, c := range [][2]string{{"", "s3://b"}, {"/a/", "s3://b/a"}} {
		s, err := OpenS3(testAWS(), Bucket{Name: "b", Prefix: c[0]})
		if err != nil || s.String() != c[1] {
			t.Errorf("%v, %v", s, err)
		}
	}
}

// TestS3OfAWatcherSendsOnlyReads calls every operation that its client has.
func TestS3OfAWatcherSendsOnlyReads(t *testing.T) {
	w := newCloud(t)
	appended(t, begun(t, w.store(t)), 2)
	s, err := ReadS3(testAWS(), Bucket{Name: testBucket, Prefix: testPrefix, Region: testRegion, Endpoint: w.url})
	if err != nil {
		t.Fatal(err)
	}
	j := opened(t, s)
	if n := j.State().Head.Seq; n != 3 {
		t.Errorf("a watcher reads %d records", n)
	}
	before, puts := len(w.Calls()), len(w.puts())
	if err := s.Create(
		t.Context(),
		4,
		[]byte("x"),
	); !errors.Is(err, model.ErrNotAllowed) ||
		!strings.Contains(err.Error(), "s3:PutObject is not on the list of reads") {
		t.Errorf("creating: %v", err)
	}
	if _, err := j.Append(t.Context(), "ann", nextSlot); !errors.Is(err, model.ErrNotAllowed) {
		t.Errorf("appending: %v", err)
	}
	refused := 0
	v := reflect.ValueOf(s.client)
	for i := range v.NumMethod() {
		m, name := v.Method(i), v.Type().Method(i).Name
		if m.Type().NumIn() != 3 || m.Type().In(0) != reflect.TypeFor[context.Context]() || slices.Contains(reads, name) {
			continue
		}
		out := m.Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.New(m.Type().In(1).Elem())})
		if err, _ := out[1].Interface().(error); !errors.Is(err, model.ErrNotAllowed) {
			t.Errorf("%s was not refused: %v", name, err)
		}
		refused++
	}
	if refused < 90 {
		t.Errorf("only %d operations were tried", refused)
	}
	for _, c := range w.Calls()[before:] {
		if c.Write {
			t.Errorf("the endpoint saw %+v", c)
		}
	}
	if n := len(w.puts()); n != puts {
		t.Errorf("%d puts were sent", n-puts)
	}
}

func TestMayAppend(t *testing.T) {
	w := newCloud(t)
	s := w.store(t)
	begun(t, s)
	if may, err := MayAppend(t.Context(), s); !may || err != nil {
		t.Errorf("%v, %v", may, err)
	}
	before := w.Objects(testBucket)
	heal := w.Break(amazon.Fault{Trouble: amazon.Denied, Operation: "PutObject"})
	if may, err := MayAppend(t.Context(), s); may || err != nil {
		t.Errorf("denied: %v, %v", may, err)
	}
	heal()
	heal = w.Break(amazon.Fault{Trouble: amazon.Expired, Operation: "PutObject"})
	if may, err := MayAppend(t.Context(), s); may || !errors.Is(err, model.ErrRefused) {
		t.Errorf("expired: %v, %v", may, err)
	}
	heal()
	w.Break(amazon.Fault{Trouble: amazon.Careless})
	if _, err := MayAppend(t.Context(), s); !errors.Is(err, record.ErrNoCondition) {
		t.Errorf("a store that ignores the condition: %v", err)
	}
	if after := w.Objects(testBucket); len(after) != len(before) {
		t.Errorf("%d objects became %d", len(before), len(after))
	}
	slots(t, s, 0)
}

func TestMayAppendToADirectory(t *testing.T) {
	d, err := MakeDir(t.TempDir() + "/journal")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if may, err := MayAppend(t.Context(), d); !may || err != nil {
		t.Errorf("%v, %v", may, err)
	}
	if os.Getuid() == 0 {
		t.Skip("root may write to every directory")
	}
	if err := os.Chmod(d.path, 0o550); err != nil {
		t.Fatal(err)
	}
	if may, err := MayAppend(t.Context(), d); may || err != nil {
		t.Errorf("a directory of somebody else: %v, %v", may, err)
	}
}

func TestS3ThatNeverAnswers(t *testing.T) {
	w := newCloud(t)
	s := w.store(t)
	j := begun(t, s)
	w.Break(amazon.Fault{Trouble: amazon.Unreachable, Operation: "PutObject"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.mu.Lock()
	w.onPut = cancel
	w.mu.Unlock()
	if _, err := j.Append(ctx, "ann", nextSlot); !errors.Is(err, record.ErrUnsure) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
