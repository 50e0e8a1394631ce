package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"switchyard/model"
	"switchyard/model/record"
)

// Bucket says where a journal's objects are. It should be in an AWS region that no database of the migration is in.
type Bucket struct {
	Name     string
	Prefix   string // empty: the objects are at the top
	Region   string // empty: that of the configuration
	Endpoint string // empty: AWS's own; else a URL that takes the bucket's name in the path
}

// S3 is a store in a bucket: one object per record, created by PutObject with If-None-Match: *.
type S3 struct {
	client *s3.Client
	bucket Bucket
}

// callLimit bounds one call, whatever the caller's patience.
const callLimit = 15 * time.Second

// OpenS3 makes the store; it calls nobody. Reading needs s3:GetObject and s3:ListBucket (without the latter S3 says 403 for what is
// not there), acting s3:PutObject; s3:DeleteObject* should be denied to all.
func OpenS3(cfg aws.Config, b Bucket) (*S3, error) { return openS3(cfg, b) }

// ReadS3 makes the store of those who only watch: its client refuses whatever does not read, before it is signed.
func ReadS3(cfg aws.Config, b Bucket) (*S3, error) {
	return openS3(cfg, b, func(o *s3.Options) { o.APIOptions = append(o.APIOptions, onlyReads) })
}

// reads are all that a store of ReadS3 can send.
var reads = []string{"GetObject", "ListObjectsV2"}

// onlyReads runs while an operation's steps are put together: nothing has been serialized, signed or sent.
func onlyReads(stack *middleware.Stack) error {
	if !slices.Contains(reads, stack.ID()) {
		return &model.Fault{Kind: model.ErrNotAllowed, Says: "s3:" + stack.ID() + " is not on the list of reads"}
	}
	return nil
}

func openS3(cfg aws.Config, b Bucket, more ...func(*s3.Options)) (*S3, error) {
	switch {
	case b.Name == "":
		return nil, errors.New("opening the journal: no bucket is named")
	case strings.HasSuffix(b.Name, ".mrap"):
		return nil, fmt.Errorf(
			"opening the journal in %s: a multi-region access point cannot refuse a second record: its buckets do not ask each other",
			b.Name,
		)
	case strings.HasSuffix(b.Name, "--x-s3"):
		return nil, fmt.Errorf("opening the journal in %s: a directory bucket is lost with its availability zone", b.Name)
	}
	if b.Prefix = strings.Trim(b.Prefix, "/"); b.Prefix != "" {
		b.Prefix += "/"
	}
	ours := func(o *s3.Options) {
		if b.Region != "" {
			o.Region = b.Region
		}
		if b.Endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = &b.Endpoint, true
		}
		o.DisableMultiRegionAccessPoints = true
		o.DisableLogOutputChecksumValidationSkipped = true // it would be written over the screen
	}
	return &S3{s3.NewFromConfig(cfg, append([]func(*s3.Options){ours}, more...)...), b}, nil
}

func (s *S3) String() string { return "s3://" + path.Join(s.bucket.Name, s.bucket.Prefix) }

func (s *S3) key(seq int64) string { return s.bucket.Prefix + fileName(seq) }

// Create puts the object on the condition that there is none. The SDK does not repeat it: Journal does, and knows its own record.
func (s *S3) Create(ctx context.Context, seq int64, b []byte) error {
	ctx, done := context.WithTimeout(ctx, callLimit)
	defer done()
	sum := sha256.Sum256(b)
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket.Name, Key: aws.String(s.key(seq)), Body: bytes.NewReader(b), ContentLength: aws.Int64(int64(len(b))),
		IfNoneMatch: aws.String("*"), ContentType: aws.String("application/json"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
	}, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
	if err == nil {
		return nil
	}
	kind := createKind(err)
	if errors.Is(kind, record.ErrTaken) {
		return kind
	}
	return s.fail("writing", seq, errors.Join(kind, err))
}

// createKind is what a failed PutObject means for the record: taken, to be repeated, perhaps stored, or (nil) certainly not stored.
func createKind(err error) error {
	switch status := statusOf(err); {
	case status == http.StatusPreconditionFailed:
		return record.ErrTaken
	case status == http.StatusConflict:
		return record.ErrAgain
	case status >= 500 || status >= 200 && status < 300: // the latter: the answer broke off
		return record.ErrUnsure
	case status != 0:
		return nil
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return nil
	}
	if errors.As(err, new(*smithyhttp.RequestSendError)) || errors.As(err, new(*smithy.CanceledError)) ||
		errors.Is(err, context.DeadlineExceeded) {
		return record.ErrUnsure
	}
	return nil // it was never sent: there were no credentials, no endpoint
}

// Read gets the object. A delete marker is not the absence of a record: it hides one.
func (s *S3) Read(ctx context.Context, seq int64) ([]byte, error) {
	ctx, done := context.WithTimeout(ctx, callLimit)
	defer done()
	out, err := s.client.GetObject(
		ctx,
		&s3.GetObjectInput{Bucket: &s.bucket.Name, Key: aws.String(s.key(seq)), ChecksumMode: types.ChecksumModeEnabled},
	)
	if err == nil {
		defer out.Body.Close()
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(out.Body, readLimit)); err == nil {
			return b, nil
		}
	}
	if errors.As(err, new(*types.NoSuchKey)) {
		var re *smithyhttp.ResponseError
		if errors.As(err, &re) && re.Response != nil && re.Response.Header.Get("X-Amz-Delete-Marker") == "true" {
			return nil, s.fail("reading", seq, fmt.Errorf("%w: it was deleted: a delete marker hides it", record.ErrChain))
		}
		return nil, model.ErrNone
	}
	return nil, s.fail("reading", seq, err)
}

// Last lists the keys from a number on.
func (s *S3) Last(ctx context.Context, from int64) (last int64, err error) {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{
		Bucket: &s.bucket.Name, Prefix: &s.bucket.Prefix, StartAfter: aws.String(s.key(from - 1)),
	})
	for pages.HasMorePages() {
		page, err := s.page(ctx, pages)
		if err != nil {
			return 0, s.fail("listing", from, err)
		}
		for _, o := range page.Contents {
			if n, ok := number(strings.TrimPrefix(aws.ToString(o.Key), s.bucket.Prefix)); ok && n >= from {
				last = max(last, n)
			}
		}
	}
	return last, nil
}

func (s *S3) page(ctx context.Context, pages *s3.ListObjectsV2Paginator) (*s3.ListObjectsV2Output, error) {
	ctx, done := context.WithTimeout(ctx, callLimit)
	defer done()
	return pages.NextPage(ctx)
}

// fail says what a person needs: the SDK's own text begins with request ids and attempts.
func (s *S3) fail(doing string, seq int64, err error) error {
	says := err.Error()
	kind := kindOf(err)
	var api smithy.APIError
	switch status := statusOf(err); {
	case status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect:
		says = "the bucket is in another AWS region than " + s.client.Options().Region
	case status == http.StatusForbidden && errors.Is(kind, model.ErrNotAllowed):
		says = "not allowed (reading needs s3:GetObject and s3:ListBucket, writing s3:PutObject)"
	case errors.As(err, &api):
		says = api.ErrorCode() + ": " + api.ErrorMessage()
	case errors.Is(kind, model.ErrTimeout):
		says = "no answer in time"
	}
	for _, k := range []error{record.ErrUnsure, record.ErrAgain} {
		if errors.Is(err, k) {
			says = k.Error() + ": " + says
		}
	}
	return &model.Fault{
		Kind: errors.Join(err, kind),
		Says: fmt.Sprintf("%s s3://%s/%s: %s", doing, s.bucket.Name, s.key(seq), model.Clean(says)),
	}
}

func kindOf(err error) error {
	var api smithy.APIError
	code := ""
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	var op *net.OpError
	switch status := statusOf(err); {
	case code == "ExpiredToken" || code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" ||
		code == "InvalidToken" || code == "InvalidClientTokenId":
		return model.ErrRefused
	case status == http.StatusForbidden:
		return model.ErrNotAllowed
	case code == "SlowDown" || status == http.StatusTooManyRequests:
		return model.ErrThrottled
	case errors.Is(err, context.DeadlineExceeded):
		return model.ErrTimeout
	case errors.As(err, &op) && op.Op == "dial":
		return model.ErrUnreachable
	case status == 0 && errors.As(err, new(*smithyhttp.RequestSendError)):
		return model.ErrUnreachable
	case status >= http.StatusInternalServerError:
		return model.ErrAnswer
	}
	return nil
}

// statusOf is the HTTP status of an answer; 0 when there was none.
func statusOf(err error) int {
	var re *smithyhttp.ResponseError
	if errors.As(err, &re) && re.Response != nil {
		return re.HTTPStatusCode()
	}
	return 0
}
