package amazon

import (
	"bytes"
	"crypto/md5" //nolint:gosec // S3's ETag is one.
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bucket is an S3 bucket in one AWS region.
type Bucket struct {
	Name, Region string
}

type object struct {
	body []byte
	etag string
	at   time.Time
	sums map[string]string // checksum headers it was stored with
	gone bool              // a delete marker
}

// serveS3 answers path-style requests: put, get, head and list. Deleting is denied, as the bucket's policy says.
func (c *Cloud) serveS3(w http.ResponseWriter, req *http.Request, r request, body []byte) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	switch {
	case key == "" && req.Method == http.MethodGet:
		r.name = "ListObjectsV2"
	case req.Method == http.MethodPut:
		r.name = "PutObject"
	case req.Method == http.MethodGet:
		r.name = "GetObject"
	case req.Method == http.MethodHead:
		r.name = "HeadObject"
	case req.Method == http.MethodDelete:
		r.name = "DeleteObject"
	default:
		r.name = req.Method
	}
	write := req.Method == http.MethodPut || req.Method == http.MethodDelete || req.Method == http.MethodPost
	on := bucket + "/" + key
	fate := c.fate(req.Context(), r)
	if fate.silent {
		c.record(r, on, write, 0)
		<-req.Context().Done()
		return
	}
	err := fate.err
	if err == nil {
		err = c.allowed(r, write, on)
	}
	var answer s3Answer
	if err == nil {
		answer, err = c.object(req, r, bucket, key, body, fate.careless)
	}
	if err != nil {
		f, ok := err.(*Failure)
		if !ok {
			f = failure(500, "InternalError", "%v", err)
		}
		c.record(r, on, write, f.Status)
		if fate.lost {
			hangUp(w)
			return
		}
		f.write(w, "s3", r.id)
		return
	}
	c.record(r, on, write, 200)
	for k, v := range answer.header {
		w.Header().Set(k, v)
	}
	if fate.lost || fate.half {
		hangUp(w)
		return
	}
	if req.Method != http.MethodHead {
		_, _ = w.Write(answer.body)
	}
}

type s3Answer struct {
	header map[string]string
	body   []byte
}

func (c *Cloud) object(req *http.Request, r request, bucket, key string, body []byte, careless bool) (s3Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buckets[bucket]
	switch {
	case b == nil:
		return s3Answer{}, failure(404, "NoSuchBucket", "The specified bucket does not exist")
	case b.Region != r.region:
		return s3Answer{}, failure(301, "PermanentRedirect", "The bucket is in %s.", b.Region)
	}
	at := bucket + "/" + key
	o := c.objects[at]
	switch r.name {
	case "ListObjectsV2":
		return s3Answer{header: map[string]string{"Content-Type": "application/xml"}, body: c.list(req, bucket)}, nil
	case "PutObject":
		return c.put(req, at, o, body, careless)
	case "GetObject", "HeadObject":
		if o == nil || o.gone {
			return s3Answer{}, failure(404, "NoSuchKey", "The specified key does not exist.")
		}
		h := map[string]string{
			"ETag":           o.etag,
			"Last-Modified":  o.at.Format(http.TimeFormat),
			"Content-Length": strconv.Itoa(len(o.body)),
			"Content-Type":   "application/octet-stream",
		}
		if req.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
			for k, v := range o.sums {
				h[k] = v
			}
		}
		return s3Answer{h, o.body}, nil
	case "DeleteObject":
		return s3Answer{}, failure(
			403,
			"AccessDenied",
			"User: %s is not authorized to perform: s3:DeleteObject on resource: %q with an explicit deny in a resource-based policy",
			arnOf(r.key),
			at,
		)
	}
	return s3Answer{}, failure(501, "NotImplemented", "The rehearsal does not know %s.", r.name)
}

// put stores an object. The condition is looked at and the object stored in one moment, as S3 promises.
func (c *Cloud) put(req *http.Request, at string, o *object, body []byte, careless bool) (s3Answer, error) {
	switch cond := req.Header.Get("If-None-Match"); {
	case cond != "" && cond != "*":
		return s3Answer{}, failure(
			501,
			"NotImplemented",
			"A header you provided implies functionality that is not implemented: If-None-Match takes * only.",
		)
	case cond == "*" && o != nil && !o.gone && !careless:
		return s3Answer{}, failure(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	if strings.Contains(req.Header.Get("Content-Encoding"), "aws-chunked") {
		return s3Answer{}, failure(501, "NotImplemented", "The rehearsal takes no trailing checksums.")
	}
	sums := map[string]string{}
	for name, want := range map[string]func() []byte{
		"X-Amz-Checksum-Sha256": func() []byte { s := sha256.Sum256(body); return s[:] },
		"X-Amz-Checksum-Crc32": func() []byte {
			n := crc32.ChecksumIEEE(body)
			return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		},
	} {
		if given := req.Header.Get(name); given != "" {
			if given != base64.StdEncoding.EncodeToString(want()) {
				return s3Answer{}, failure(400, "BadDigest", "The %s you specified did not match what we received.", name)
			}
			sums[name] = given
		}
	}
	sum := md5.Sum(body)
	n := &object{body: bytes.Clone(body), etag: `"` + hex.EncodeToString(sum[:]) + `"`, at: c.now(), sums: sums}
	c.objects[at] = n
	h := map[string]string{"ETag": n.etag}
	for k, v := range sums {
		h[k] = v
	}
	return s3Answer{header: h}, nil
}

func (c *Cloud) list(req *http.Request, bucket string) []byte {
	q := req.URL.Query()
	prefix, after := q.Get("prefix"), max(q.Get("start-after"), q.Get("continuation-token"))
	limit := 1000
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		limit = min(n, 1000)
	}
	var keys []string
	for at, o := range c.objects {
		if key, ok := strings.CutPrefix(at, bucket+"/"); ok && !o.gone && strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var b bytes.Buffer
	cut := len(keys) > limit
	keys = keys[:min(limit, len(keys))]
	fmt.Fprintf(
		&b,
		"<ListBucketResult><Name>%s</Name><Prefix>%s</Prefix><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><IsTruncated>%v</IsTruncated>",
		bucket,
		escape(prefix),
		len(keys),
		limit,
		cut,
	)
	if cut {
		fmt.Fprintf(&b, "<NextContinuationToken>%s</NextContinuationToken>", escape(keys[len(keys)-1]))
	}
	for _, k := range keys {
		o := c.objects[bucket+"/"+k]
		fmt.Fprintf(
			&b,
			"<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>%s</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
			escape(k),
			o.at.Format("2006-01-02T15:04:05.000Z"),
			escape(o.etag),
			len(o.body),
		)
	}
	b.WriteString("</ListBucketResult>")
	return b.Bytes()
}

// Objects of a bucket by key, as they are now.
func (c *Cloud) Objects(bucket string) map[string][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string][]byte{}
	for at, o := range c.objects {
		if key, ok := strings.CutPrefix(at, bucket+"/"); ok && !o.gone {
			out[key] = bytes.Clone(o.body)
		}
	}
	return out
}

// Bury puts a delete marker over an object, which is what makes a create-only condition succeed again.
func (c *Cloud) Bury(bucket, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.objects[bucket+"/"+key]; o != nil {
		o.gone = true
	}
}
