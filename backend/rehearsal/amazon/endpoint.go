package amazon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	kmsschemas "github.com/aws/aws-sdk-go-v2/service/kms/schemas"
	"github.com/aws/smithy-go"
)

// Call is one request as it was recorded. Refused ones are recorded too.
type Call struct {
	At        time.Time
	Key       string // access key id
	Service   string // rds, monitoring, kms, sts, s3
	Region    string // the AWS region it was signed for
	Operation string
	On        string // instance, key, group or object, where there is one
	Write     bool
	Status    int // HTTP; 0: no answer was given
}

// keptCalls bounds the record; the oldest go first.
const keptCalls = 20000

// operation is one call of an API that the cloud knows.
type operation struct {
	write bool
	do    func(c *Cloud, ctx context.Context, r request) (any, error)
}

// request is one call, taken apart.
type request struct {
	service, region, name, key string
	tree                       any // the input
	id                         string
}

func op[I, O any](write bool, do func(*Cloud, context.Context, request, *I) (*O, error)) operation {
	return operation{write, func(c *Cloud, ctx context.Context, r request) (any, error) {
		in := new(I)
		if err := fill(reflect.ValueOf(in).Elem(), r.tree); err != nil {
			return nil, failure(400, "InvalidParameterValue", "%v", err)
		}
		return do(c, ctx, r, in)
	}}
}

// operations are all that the cloud knows; anything else fails loudly.
var operations = map[string]operation{
	"rds:DescribeDBInstances":               op(false, (*Cloud).describeInstances),
	"rds:DescribeEvents":                    op(false, (*Cloud).describeEvents),
	"rds:DescribePendingMaintenanceActions": op(false, (*Cloud).describeMaintenance),
	"rds:DescribeCertificates":              op(false, (*Cloud).describeCertificates),
	"rds:DescribeDBParameters":              op(false, (*Cloud).describeParameters),
	"rds:DescribeDBParameterGroups":         op(false, (*Cloud).describeGroups),
	"rds:PromoteReadReplica":                op(true, (*Cloud).promote),
	"rds:RebootDBInstance":                  op(true, (*Cloud).reboot),
	"rds:ModifyDBInstance":                  op(true, (*Cloud).modify),
	"rds:ModifyDBParameterGroup":            op(true, (*Cloud).modifyGroup),
	"rds:CreateDBInstanceReadReplica":       op(true, (*Cloud).createReplica),
	"rds:StopDBInstance":                    op(true, (*Cloud).halt),
	"sts:GetCallerIdentity":                 op(false, (*Cloud).callerIdentity),
	"kms:DescribeKey":                       op(false, (*Cloud).describeKey),
	"kms:CreateGrant":                       op(true, (*Cloud).createGrant),
	"monitoring:GetMetricData":              op(false, (*Cloud).metricData),
}

// ServeHTTP answers one AWS request. The AWS region and the service are those that the request was signed for.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c.mu.Lock()
	c.requests++
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", c.requests, c.requests)
	c.mu.Unlock()
	w.Header().Set("X-Amzn-Requestid", id)
	r := request{id: id}
	r.key, r.region, r.service = scopeOf(req)
	if r.service == "" {
		failure(403, "MissingAuthenticationToken", "Request is missing Authentication Token").write(w, "rds", id)
		return
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, 64<<20))
	if err != nil {
		return
	}
	if r.service == "s3" {
		c.serveS3(w, req, r, body)
		return
	}
	if r.name, r.tree, err = taken(r.service, req, body); err != nil {
		failure(400, "SerializationException", "%v", err).write(w, r.service, id)
		return
	}
	known, ok := operations[r.service+":"+r.name]
	if !ok {
		c.record(r, "", true, 501)
		failure(501, "InvalidAction", "The rehearsal does not know %s of %s.", r.name, r.service).write(w, r.service, id)
		return
	}
	on := subject(r.tree)
	var out any
	fate := c.fate(req.Context(), r)
	switch {
	case fate.silent:
		c.record(r, on, known.write, 0)
		<-req.Context().Done()
		return
	case fate.err != nil:
		err = fate.err
	default:
		if err = c.allowed(r, known.write, on); err == nil {
			out, err = known.do(c, req.Context(), r)
		}
	}
	if err != nil {
		var f *Failure
		if !errors.As(err, &f) {
			f = failure(500, "InternalFailure", "%v", err)
		}
		c.record(r, on, known.write, f.Status)
		f.write(w, r.service, id)
		return
	}
	c.record(r, on, known.write, 200)
	c.answer(w, r, out, fate)
}

// scopeOf reads the credential scope of a signed request.
func scopeOf(req *http.Request) (key, region, service string) {
	_, rest, ok := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	if !ok {
		return "", "", ""
	}
	scope, _, _ := strings.Cut(rest, ",")
	p := strings.Split(strings.TrimSpace(scope), "/")
	if len(p) != 5 {
		return "", "", ""
	}
	return p[0], p[2], p[3]
}

// taken finds the operation's name and its input in the wire of the service.
func taken(service string, req *http.Request, body []byte) (string, any, error) {
	switch service {
	case "monitoring":
		_, name, ok := strings.Cut(req.URL.Path, "/operation/")
		if !ok || req.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
			return "", nil, fmt.Errorf("%s is no rpc-v2-cbor request", req.URL.Path)
		}
		tree, err := cborTree(body)
		return name, tree, err
	case "kms":
		_, name, _ := strings.Cut(req.Header.Get("X-Amz-Target"), ".")
		var tree map[string]any
		err := json.Unmarshal(body, &tree)
		return name, tree, err
	}
	form, err := url.ParseQuery(string(body))
	return form.Get("Action"), formTree(form), err
}

// subject is what a request is about, for the record.
func subject(tree any) string {
	m, _ := tree.(map[string]any)
	for _, k := range []string{"DBInstanceIdentifier", "DBParameterGroupName", "SourceIdentifier", "ResourceIdentifier", "KeyId"} {
		if s, ok := m[k].(string); ok {
			return s
		}
	}
	return ""
}

func (c *Cloud) answer(w http.ResponseWriter, r request, out any, fate fate) {
	var body []byte
	var err error
	h := w.Header()
	switch r.service {
	case "monitoring":
		h.Set("Content-Type", "application/cbor")
		h.Set("Smithy-Protocol", "rpc-v2-cbor")
		body, err = schemaAnswer(cborWire, schemas.GetMetricDataOutput, out.(smithy.Serializable))
	case "kms":
		h.Set("Content-Type", "application/x-amz-json-1.1")
		body, err = schemaAnswer(jsonWire, kmsschemas.DescribeKeyResponse, out.(smithy.Serializable))
	default:
		h.Set("Content-Type", "text/xml")
		body = queryAnswer(r.name, out, r.id)
	}
	if err != nil {
		failure(500, "InternalFailure", "%v", err).write(w, r.service, r.id)
		return
	}
	if fate.lost { // it was done, and nobody hears of it
		hangUp(w)
		return
	}
	if fate.half {
		h.Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
		return
	}
	_, _ = w.Write(body)
}

// hangUp closes the connection after whatever was flushed, be it nothing.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// allowed is IAM, as far as a rehearsal needs it.
func (c *Cloud) allowed(r request, write bool, on string) error {
	reader := slices.Contains(c.o.Readers, r.key)
	if c.o.Strangers && !reader && !slices.Contains(c.o.Writers, r.key) {
		code := "InvalidClientTokenId"
		if r.service == "kms" || r.service == "monitoring" {
			code = "UnrecognizedClientException"
		}
		return failure(403, code, "The security token included in the request is invalid.")
	}
	if reader && write {
		code := "AccessDenied"
		if r.service == "kms" || r.service == "monitoring" {
			code = "AccessDeniedException"
		}
		return failure(
			403,
			code,
			"User: %s is not authorized to perform: %s:%s on resource: %s because no identity-based policy allows the %[2]s:%[3]s action",
			arnOf(r.key),
			r.service,
			r.name,
			on,
		)
	}
	return nil
}

func arnOf(key string) string { return "arn:aws:sts::" + Account + ":assumed-role/switchyard/" + key }

func (c *Cloud) record(r request, on string, write bool, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := Call{c.now(), r.key, r.service, r.region, r.name, on, write, status}
	c.calls = append(c.calls, call)
	if c.o.Called != nil {
		c.o.Called(call)
	}
	if len(c.calls) > keptCalls {
		c.calls = slices.Delete(c.calls, 0, keptCalls/10)
	}
}

// Calls is a copy of the record, oldest first; at most 20,000.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Writes are the calls of the record that would change something, whether they were allowed or not.
func (c *Cloud) Writes() []Call {
	return slices.DeleteFunc(c.Calls(), func(k Call) bool { return !k.Write })
}
