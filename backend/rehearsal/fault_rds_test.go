package rehearsal

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"switchyard/backend/rehearsal/sqlsim"
)

// replicaIs tells how the replica's own status differs from that of a healthy one.
func replicaIs(_ *testing.T, w *World) error {
	r := w.Replica().Replication()
	switch {
	case r.Source == nil:
		return errors.New("it replicates from nobody")
	case r.UUID != w.Primary().UUID():
		return errors.New("its source is " + r.UUID)
	case !r.SQL, r.Unread, r.Second != sqlsim.Stream{}:
		return fmt.Errorf("its status is %+v", r)
	}
	return nil
}

func replicaMayBeAsked(_ *testing.T, w *World) error {
	if !w.Replica().May(watchUser) {
		return errors.New("the watcher may not ask how replication stands")
	}
	return nil
}

func replicaOwnsNothing(_ *testing.T, w *World) error {
	if n := w.Replica().Executed(w.Replica().UUID()); n > 0 {
		return fmt.Errorf("%d transactions of its own", n)
	}
	return nil
}

func replicaIsReadOnly(_ *testing.T, w *World) error {
	if !w.Replica().ReadOnly() {
		return errors.New("it takes writes")
	}
	return nil
}

// awsDescribes tells what AWS says of one of the pair that it does not say of a healthy one.
func awsDescribes(region, id string) sees {
	return func(t *testing.T, w *World) error {
		c := rds.New(
			rds.Options{
				Region:       region,
				BaseEndpoint: aws.String(w.Endpoint()),
				Credentials:  credentials.NewStaticCredentialsProvider("k", "s", ""),
				Retryer:      aws.NopRetryer{},
			},
		)
		out, err := c.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
		if err != nil {
			return err
		}
		events, err := c.DescribeEvents(t.Context(), &rds.DescribeEventsInput{SourceIdentifier: &id, SourceType: types.SourceTypeDbInstance})
		d := out.DBInstances[0]
		for _, e := range events.Events {
			if e.EventCategories[0] == "failover" {
				return errors.New(*e.Message)
			}
		}
		switch {
		case err != nil:
			return err
		case *d.DBInstanceStatus != "available":
			return errors.New("it is " + *d.DBInstanceStatus)
		case id == ReplicaID && (d.ReadReplicaSourceDBInstanceIdentifier == nil || !*d.StatusInfos[0].Normal):
			return errors.New("it does not replicate")
		case d.CertificateDetails.ValidTill.Before(w.Clock().Now().Add(60 * 24 * time.Hour)):
			return errors.New("its certificate ends soon")
		}
		return nil
	}
}

func storageIsFree(_ *testing.T, w *World) error {
	if a, ok := w.activity(PrimaryID, w.Clock().Now().Truncate(time.Minute)); !ok || a.FreeStorage < 100e9 {
		return fmt.Errorf("%.0f bytes are free", a.FreeStorage)
	}
	return nil
}

func keyIsMulti(t *testing.T, w *World) error {
	out, err := kms.New(kms.Options{Region: PrimaryRegion, BaseEndpoint: aws.String(w.Endpoint()),
		Credentials: credentials.NewStaticCredentialsProvider(
			"k",
			"s",
			"",
		)}).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(keyID)})
	if err == nil && !*out.KeyMetadata.MultiRegion {
		err = errors.New("the key is of one AWS region")
	}
	return err
}

// setWell tells what an instance is set to that nobody wants.
func setWell(t *testing.T, w *World) error {
	c := rds.New(rds.Options{Region: PrimaryRegion, BaseEndpoint: aws.String(w.Endpoint()),
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""), Retryer: aws.NopRetryer{}})
	id := PrimaryID
	out, err := c.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
	if err == nil && !*out.DBInstances[0].MultiAZ {
		err = errors.New("it has no standby")
	}
	return err
}

var rdsFaultCases = map[string]faultCase{
	"replication-worker":       {"", replicaIs, nil},
	"replication-channel":      {"", replicaIs, nil},
	"replication-channel-late": {"", replicaIs, nil},
	"replication-unread":       {"", replicaIs, nil},
	"replication-gone":         {"", replicaIs, nil},
	"replication-elsewhere":    {"", replicaIs, nil},
	"replication-forbidden":    {"", replicaMayBeAsked, nil},
	"replication-errant":       {"", replicaOwnsNothing, nil},
	"replication-status":       {"terminated", awsDescribes(ReplicaRegion, ReplicaID), nil},
	"replica-writable":         {"", replicaIsReadOnly, nil},
	"replica-promoted":         {"", awsDescribes(ReplicaRegion, ReplicaID), nil},
	"instance-missing":         {PrimaryID, awsDescribes(PrimaryRegion, PrimaryID), nil},
	"instance-status":          {PrimaryID + "=storage-full", awsDescribes(PrimaryRegion, PrimaryID), nil},
	"instance-storage":         {PrimaryID + "=4", storageIsFree, nil},
	"instance-set":             {PrimaryID + "=single-az", setWell, nil},
	"kms-key-single":           {PrimaryRegion, keyIsMulti, nil},
	"instance-certificate":     {PrimaryID + "=20", awsDescribes(PrimaryRegion, PrimaryID), nil},
}

// TestAFailoverCanBeRefused by AWS; it stays told.
func TestAFailoverCanBeRefused(t *testing.T) {
	w := world(t, Options{Scenario: "settling", Chains: 1})
	said := awsDescribes(PrimaryRegion, PrimaryID)
	if err := said(t, w); err != nil {
		t.Fatal(err)
	}
	if err := w.Fault("failover-refused", ""); err != nil {
		t.Fatal(err)
	}
	if err := said(t, w); err == nil {
		t.Error("nothing is told")
	}
}
