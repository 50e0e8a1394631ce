package trial

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"switchyard/backend/rds"
	"switchyard/backend/rehearsal/amazon"
	"switchyard/model"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} { // whatever this machine has is not ours
		os.Setenv(name, os.DevNull)
	}
	os.Exit(m.Run())
}

func TestChangesOfNobody(t *testing.T) {
	w := amazon.New(amazon.Options{Readers: []string{rds.RehearsalKey}, Writers: []string{"AKIAWRITER"}, Strangers: true,
		Instances: []amazon.Instance{{ID: "other", Region: "eu-central-1", Host: "127.0.0.1", Port: 3307}}})
	srv := httptest.NewServer(w)
	t.Cleanup(func() { srv.Close(); w.Close() })
	for _, c := range []struct {
		key  string
		f    amazon.Fault
		want model.Verdict
		says string
	}{
		{rds.RehearsalKey, amazon.Fault{}, model.Fails, "is not authorized to perform: rds:RebootDBInstance"},
		{"AKIAWRITER", amazon.Fault{}, model.Holds, "DBInstanceNotFound: DBInstance switchyard-doctor-asks not found"},
		{"AKIASTRANGER", amazon.Fault{}, model.Unknown, "InvalidClientTokenId"},
		{rds.RehearsalKey, amazon.Fault{Trouble: amazon.Failing}, model.Unknown, "InternalFailure"},
	} {
		cfg, err := rds.Options{Endpoint: srv.URL, Credentials: credentials.NewStaticCredentialsProvider(c.key, "x", "")}.AWS(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heal := func() {}
		if c.f != (amazon.Fault{}) {
			heal = w.Break(c.f)
		}
		for _, change := range Failovers {
			before := len(w.Calls())
			got, says := change.Try(t.Context(), cfg, "eu-west-1")
			if want := strings.NewReplacer("rds:RebootDBInstance", change.Name).Replace(c.says); got != c.want || !strings.Contains(says, want) &&
				!strings.Contains(says, "DBParameterGroupNotFound") {
				t.Errorf("%s, %v: %v %q", c.key, c.f.Trouble, got, says)
			}
			calls := w.Calls()[before:]
			if len(calls) != 1 || calls[0].On != Nobody || "rds:"+calls[0].Operation != change.Name {
				t.Errorf("%s, %v: the endpoint saw %+v", c.key, c.f.Trouble, calls)
			}
		}
		heal()
	}
}

// TestGrantOnAKey asks for a grant that is not made: by who may and who may not, on a key that can be used and on those that cannot.
func TestGrantOnAKey(t *testing.T) {
	w := amazon.New(amazon.Options{Readers: []string{rds.RehearsalKey}, Writers: []string{"AKIAWRITER"}, Strangers: true,
		Keys: []amazon.Key{{Region: "eu-west-1", ID: "good"}, {Region: "eu-west-1", ID: "off", Disabled: true},
			{Region: "eu-west-1", ID: "going", Deletes: model.Now()}}})
	srv := httptest.NewServer(w)
	t.Cleanup(func() { srv.Close(); w.Close() })
	for _, c := range []struct {
		who, key string
		want     model.Verdict
		says     string
	}{
		{"AKIAWRITER", "arn:aws:kms:eu-west-1:123456789012:key/good", model.Holds, "DryRunOperationException"},
		{"AKIAWRITER", "arn:aws:kms:eu-west-1:123456789012:key/off", model.Fails, "is disabled"},
		{"AKIAWRITER", "arn:aws:kms:eu-west-1:123456789012:key/going", model.Fails, "pending deletion"},
		{"AKIAWRITER", "arn:aws:kms:eu-west-1:123456789012:key/none", model.Fails, "does not exist"},
		{rds.RehearsalKey, "arn:aws:kms:eu-west-1:123456789012:key/good", model.Unknown, "is not authorized to perform: kms:CreateGrant"},
		{"AKIASTRANGER", "arn:aws:kms:eu-west-1:123456789012:key/good", model.Unknown, "UnrecognizedClientException"},
		{"AKIAWRITER", "good\x1b", model.Unknown, "no ARN"},
	} {
		cfg, err := rds.Options{Endpoint: srv.URL, Credentials: credentials.NewStaticCredentialsProvider(c.who, "x", "")}.AWS(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, says := Grant(t.Context(), cfg, c.key); got != c.want || !strings.Contains(says, c.says) || strings.Contains(says, "\x1b") {
			t.Errorf("%s on %s: %v %q", c.who, c.key, got, says)
		}
	}
}
