package amazon

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// plain hides the request body's WriteTo: smithy's answers io.EOF once a quick server's answer has closed the body, and
// net/http takes that for a failed request and drops the answer.
type plain struct{ aws.HTTPClient }

func (c plain) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body = struct{ io.ReadCloser }{req.Body}
	}
	return c.HTTPClient.Do(req)
}

func testConfig(url, region string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &url, HTTPClient: plain{awshttp.NewBuildableClient()},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "not-a-secret"}, nil
		}),
		RetryMaxAttempts: 1,
	}
}

// filler puts a different value into every field of a structure.
type filler struct{ n int }

func (f *filler) fill(v reflect.Value, depth int) {
	f.n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000 + int64(f.n)*1000).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Type().Field(i).IsExported() && name != "ResultMetadata" && !notSent[name] {
				f.fill(v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(fmt.Sprint("bytes ", f.n)))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), depth+1)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("v%d <&\"'>", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
	default:
		panic("no value for " + v.Type().String())
	}
}

// notSent are input fields that the SDK itself uses and does not send.
var notSent = map[string]bool{"SourceRegion": true, "PreSignedUrl": true}

// client calls one operation through the SDK.
type client func(ctx context.Context, cfg aws.Config, in any) (any, error)

func through[C, I, O, P any](make func(aws.Config, ...func(P)) C, do func(C, context.Context, *I, ...func(P)) (*O, error)) client {
	return func(ctx context.Context, cfg aws.Config, in any) (any, error) {
		return do(make(cfg), ctx, in.(*I))
	}
}

func TestEveryFieldCrossesTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		in, out any
		call    client
	}{
		"DescribeDBInstances": {&rds.DescribeDBInstancesInput{}, &rds.DescribeDBInstancesOutput{}, through(rds.NewFromConfig,
			(*rds.Client).DescribeDBInstances)},
		"DescribeEvents": {&rds.DescribeEventsInput{}, &rds.DescribeEventsOutput{}, through(rds.NewFromConfig,
			(*rds.Client).DescribeEvents)},
		"DescribePendingMaintenanceActions": {&rds.DescribePendingMaintenanceActionsInput{}, &rds.DescribePendingMaintenanceActionsOutput{},
			through(rds.NewFromConfig, (*rds.Client).DescribePendingMaintenanceActions)},
		"DescribeCertificates": {&rds.DescribeCertificatesInput{}, &rds.DescribeCertificatesOutput{}, through(rds.NewFromConfig,
			(*rds.Client).DescribeCertificates)},
		"DescribeDBParameters": {&rds.DescribeDBParametersInput{}, &rds.DescribeDBParametersOutput{}, through(rds.NewFromConfig,
			(*rds.Client).DescribeDBParameters)},
		"DescribeDBParameterGroups": {&rds.DescribeDBParameterGroupsInput{}, &rds.DescribeDBParameterGroupsOutput{},
			through(rds.NewFromConfig, (*rds.Client).DescribeDBParameterGroups)},
		"PromoteReadReplica": {&rds.PromoteReadReplicaInput{}, &rds.PromoteReadReplicaOutput{}, through(rds.NewFromConfig,
			(*rds.Client).PromoteReadReplica)},
		"RebootDBInstance": {&rds.RebootDBInstanceInput{}, &rds.RebootDBInstanceOutput{}, through(rds.NewFromConfig,
			(*rds.Client).RebootDBInstance)},
		"ModifyDBInstance": {&rds.ModifyDBInstanceInput{}, &rds.ModifyDBInstanceOutput{}, through(rds.NewFromConfig,
			(*rds.Client).ModifyDBInstance)},
		"ModifyDBParameterGroup": {&rds.ModifyDBParameterGroupInput{}, &rds.ModifyDBParameterGroupOutput{}, through(rds.NewFromConfig,
			(*rds.Client).ModifyDBParameterGroup)},
		"CreateDBInstanceReadReplica": {&rds.CreateDBInstanceReadReplicaInput{}, &rds.CreateDBInstanceReadReplicaOutput{},
			through(rds.NewFromConfig, (*rds.Client).CreateDBInstanceReadReplica)},
		"GetCallerIdentity": {&sts.GetCallerIdentityInput{}, &sts.GetCallerIdentityOutput{}, through(sts.NewFromConfig,
			(*sts.Client).GetCallerIdentity)},
		"DescribeKey": {&kms.DescribeKeyInput{}, &kms.DescribeKeyOutput{}, through(kms.NewFromConfig,
			(*kms.Client).DescribeKey)},
		"GetMetricData": {&cloudwatch.GetMetricDataInput{}, &cloudwatch.GetMetricDataOutput{},
			through(cloudwatch.NewFromConfig, (*cloudwatch.Client).GetMetricData)},
	} {
		t.Run(name, func(t *testing.T) {
			f := &filler{}
			f.fill(reflect.ValueOf(c.in).Elem(), 0)
			f.fill(reflect.ValueOf(c.out).Elem(), 0)
			taught := reflect.New(reflect.TypeOf(c.in).Elem())
			cloud := New(Options{})
			defer cloud.Close()
			var asked string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				r := request{id: "id-1"}
				r.key, r.region, r.service = scopeOf(req)
				body, err := io.ReadAll(req.Body)
				if err != nil {
					t.Error(err)
				}
				if r.name, r.tree, err = taken(r.service, req, body); err == nil {
					err = fill(taught.Elem(), r.tree)
				}
				if err != nil {
					t.Error(err)
				}
				asked = r.region + "/" + r.service + "/" + r.name
				cloud.answer(w, r, c.out, fate{})
			}))
			defer srv.Close()
			got, err := c.call(t.Context(), testConfig(srv.URL, "eu-south-2"), c.in)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(asked, "eu-south-2/") || !strings.HasSuffix(asked, "/"+name) {
				t.Errorf("the request was taken for %s", asked)
			}
			ignore := cmp.Options{
				cmpopts.IgnoreUnexported(),
				cmpopts.IgnoreTypes(middleware.Metadata{}),
				cmp.Exporter(func(reflect.Type) bool { return true }),
			}
			if diff := cmp.Diff(c.out, got, ignore); diff != "" {
				t.Errorf("the answer changed on its way:\n%s", diff)
			}
			if diff := cmp.Diff(c.in, taught.Interface(), ignore); diff != "" {
				t.Errorf("the request changed on its way:\n%s", diff)
			}
			if f.n < 4 {
				t.Errorf("only %d values were compared", f.n)
			}
		})
	}
}
