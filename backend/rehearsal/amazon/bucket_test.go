package amazon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func (w *world) s3() *s3.Client {
	return s3.NewFromConfig(testConfig(w.url, "eu-north-1"), func(o *s3.Options) { o.UsePathStyle, o.Retryer = true, aws.NopRetryer{} })
}

func put(ctx context.Context, c *s3.Client, key, body string) error {
	_, err := c.PutObject(
		ctx,
		&s3.PutObjectInput{
			Bucket:            ptr("journal"),
			Key:               &key,
			Body:              bytes.NewReader([]byte(body)),
			IfNoneMatch:       ptr("*"),
			ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256,
		},
	)
	return err
}

func TestCreateOnly(t *testing.T) {
	w := start(t)
	c := w.s3()
	if err := put(t.Context(), c, "journal/000001", "one"); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), c, "journal/000001", "two"); code(err) != "PreconditionFailed" {
		t.Errorf("a second create: %v", err)
	}
	out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: ptr("journal"), Key: ptr("journal/000001")})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(out.Body); string(b) != "one" || err != nil {
		t.Errorf("it holds %q, %v", b, err)
	}
	if _, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: ptr("journal"), Key: ptr("journal/000002")}); code(err) != "NotFound" {
		t.Errorf("the head of nothing: %v", err)
	}
	var none *s3types.NoSuchKey
	if _, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: ptr("journal"), Key: ptr("journal/000002")}); !errors.As(err, &none) {
		t.Errorf("nothing was got: %v", err)
	}
	if _, err := c.DeleteObject(
		t.Context(),
		&s3.DeleteObjectInput{Bucket: ptr("journal"), Key: ptr("journal/000001")},
	); code(
		err,
	) != "AccessDenied" {
		t.Errorf("a record was deleted: %v", err)
	}
	w.Bury("journal", "journal/000001")
	if err := put(t.Context(), c, "journal/000001", "again"); err != nil {
		t.Errorf("over a delete marker a create succeeds: %v", err)
	}
	for i := 2; i < 30; i++ {
		if err := put(t.Context(), c, fmt.Sprintf("journal/%06d", i), "more"); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	pages := s3.NewListObjectsV2Paginator(
		c,
		&s3.ListObjectsV2Input{Bucket: ptr("journal"), Prefix: ptr("journal/"), StartAfter: ptr("journal/000004"), MaxKeys: ptr(int32(10))},
	)
	for pages.HasMorePages() {
		p, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen += len(p.Contents)
	}
	if seen != 25 {
		t.Errorf("%d objects after the fourth, 25 expected", seen)
	}
}

func TestOneOfManyCreates(t *testing.T) {
	w := start(t)
	won := make(chan string, 20)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if put(t.Context(), w.s3(), "journal/000001", fmt.Sprint(i)) == nil {
				won <- fmt.Sprint(i)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Fatalf("%d of 20 created the same object", len(won))
	}
	if got := string(w.Objects("journal")["journal/000001"]); got != <-won {
		t.Errorf("it holds %s", got)
	}
}

func TestBucketsWithFaults(t *testing.T) {
	w := start(t)
	heal := w.Break(Fault{Trouble: Careless})
	for range 2 {
		if err := put(t.Context(), w.s3(), "probe/1", "x"); err != nil {
			t.Errorf("a store that ignores the condition: %v", err)
		}
	}
	heal()
	w.Break(Fault{Trouble: Conflict, Times: 1})
	if err := put(t.Context(), w.s3(), "journal/000001", "x"); code(err) != "ConditionalRequestConflict" {
		t.Errorf("a conflict: %v", err)
	}
	w.Break(Fault{Trouble: LostAnswer, Service: "s3", Times: 1})
	retrying := s3.NewFromConfig(testConfig(w.url, "eu-north-1"), func(o *s3.Options) { o.UsePathStyle, o.RetryMaxAttempts = true, 3 })
	if err := put(
		t.Context(),
		retrying,
		"journal/000001",
		"mine",
	); code(err) != "PreconditionFailed" ||
		string(w.Objects("journal")["journal/000001"]) != "mine" {
		t.Errorf("the SDK repeats a put whose answer was lost and is told 412 for its own: %v", err)
	}
	elsewhere := s3.NewFromConfig(testConfig(w.url, home), func(o *s3.Options) { o.UsePathStyle, o.Retryer = true, aws.NopRetryer{} })
	if err := put(t.Context(), elsewhere, "journal/000002", "x"); err == nil {
		t.Error("a bucket of another AWS region took an object")
	}
}
