package main

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"switchyard/backend/rds"
	"switchyard/backend/rehearsal"
)

// awsCall makes one call of the list and gives its answer, and what AWS always fills of it, as paths. There is no AWS to compare with.
type awsCall func(context.Context, aws.Config, *rehearsal.World) (answer any, filled []string, err error)

var awsCalls = map[string]awsCall{
	"rds:DescribeDBInstances": func(ctx context.Context, cfg aws.Config, _ *rehearsal.World) (any, []string, error) {
		out, err := awsrds.NewFromConfig(cfg).DescribeDBInstances(ctx, &awsrds.DescribeDBInstancesInput{})
		filled := []string{
			"DBInstanceIdentifier",
			"DBInstanceArn",
			"DbiResourceId",
			"DBInstanceClass",
			"DBInstanceStatus",
			"Engine",
			"EngineVersion",
			"LicenseModel",
			"Endpoint.Address",
			"Endpoint.Port",
			"Endpoint.HostedZoneId",
			"AvailabilityZone",
			"MultiAZ",
			"StorageType",
			"AllocatedStorage",
			"CACertificateIdentifier",
			"CertificateDetails.CAIdentifier",
			"CertificateDetails.ValidTill",
			"PreferredMaintenanceWindow",
			"PreferredBackupWindow",
			"BackupRetentionPeriod",
			"DeletionProtection",
			"IAMDatabaseAuthenticationEnabled",
			"StorageEncrypted",
			"KmsKeyId",
			"DBParameterGroups.DBParameterGroupName",
			"DBParameterGroups.ParameterApplyStatus",
			"InstanceCreateTime",
			"MasterUsername",
			"AutoMinorVersionUpgrade",
			"PubliclyAccessible",
		}
		if cfg.Region == rehearsal.PrimaryRegion {
			filled = append(filled, "SecondaryAvailabilityZone", "ReadReplicaDBInstanceIdentifiers", "LatestRestorableTime")
		} else {
			filled = append(filled, "ReadReplicaSourceDBInstanceIdentifier", "StatusInfos.StatusType", "StatusInfos.Normal", "StatusInfos.Status")
		}
		return first(out, err, func() []types.DBInstance { return out.DBInstances }), filled, err
	},
	"rds:DescribeDBParameters": func(ctx context.Context, cfg aws.Config, _ *rehearsal.World) (any, []string, error) {
		out, err := awsrds.NewFromConfig(cfg).
			DescribeDBParameters(ctx, &awsrds.DescribeDBParametersInput{DBParameterGroupName: aws.String(awsInstance(cfg))})
		return first(
				out,
				err,
				func() []types.Parameter { return out.Parameters },
			), []string{
				"ParameterName",
				"Source",
				"ApplyType",
				"DataType",
				"IsModifiable",
				"ApplyMethod",
			}, err
	},
	"rds:DescribeEvents": func(ctx context.Context, cfg aws.Config, w *rehearsal.World) (any, []string, error) {
		out, err := awsrds.NewFromConfig(cfg).
			DescribeEvents(ctx, &awsrds.DescribeEventsInput{SourceIdentifier: aws.String(awsInstance(cfg)), SourceType: types.SourceTypeDbInstance,
				StartTime: aws.Time(w.Clock().Now().AddDate(0, 0, -13))})
		return first(
				out,
				err,
				func() []types.Event { return out.Events },
			), []string{
				"SourceIdentifier",
				"SourceType",
				"Message",
				"EventCategories",
				"Date",
				"SourceArn",
			}, err
	},
	"rds:DescribePendingMaintenanceActions": func(ctx context.Context, cfg aws.Config, _ *rehearsal.World) (any, []string, error) {
		out, err := awsrds.NewFromConfig(cfg).DescribePendingMaintenanceActions(ctx, &awsrds.DescribePendingMaintenanceActionsInput{})
		return out, nil, err // there may be none
	},
	"cloudwatch:GetMetricData": func(ctx context.Context, cfg aws.Config, w *rehearsal.World) (any, []string, error) {
		now := w.Clock().Now()
		out, err := cloudwatch.NewFromConfig(cfg).
			GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
				StartTime: aws.Time(now.Add(-time.Hour)),
				EndTime:   &now,
				ScanBy:    cw.ScanByTimestampAscending,
				MetricDataQueries: []cw.MetricDataQuery{
					{Id: aws.String("q"), MetricStat: &cw.MetricStat{Period: aws.Int32(60), Stat: aws.String("Average"), Metric: &cw.Metric{
						Namespace:  aws.String("AWS/RDS"),
						MetricName: aws.String("CPUUtilization"),
						Dimensions: []cw.Dimension{{Name: aws.String("DBInstanceIdentifier"), Value: aws.String(awsInstance(cfg))}},
					}}},
				},
			})
		answer := first(out, err, func() []cw.MetricDataResult { return out.MetricDataResults })
		if m, ok := answer.(cw.MetricDataResult); ok &&
			(len(m.Timestamps) != len(m.Values) || len(m.Values) < 50 || !slices.IsSortedFunc(m.Timestamps, time.Time.Compare)) {
			err = fmt.Errorf(
				"%d times and %d values of an hour, in order %v",
				len(m.Timestamps),
				len(m.Values),
				slices.IsSortedFunc(m.Timestamps, time.Time.Compare),
			)
		}
		return answer, []string{"Id", "Label", "StatusCode", "Timestamps", "Values"}, err
	},
	"kms:DescribeKey": func(ctx context.Context, cfg aws.Config, _ *rehearsal.World) (any, []string, error) {
		dbs, err := awsrds.NewFromConfig(cfg).DescribeDBInstances(ctx, &awsrds.DescribeDBInstancesInput{})
		if err != nil {
			return nil, nil, err
		}
		out, err := kms.NewFromConfig(cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: dbs.DBInstances[0].KmsKeyId})
		return out, []string{
			"KeyMetadata.KeyId",
			"KeyMetadata.Arn",
			"KeyMetadata.AWSAccountId",
			"KeyMetadata.KeyState",
			"KeyMetadata.KeySpec",
			"KeyMetadata.KeyUsage",
			"KeyMetadata.Enabled",
			"KeyMetadata.MultiRegion",
			"KeyMetadata.Origin",
			"KeyMetadata.KeyManager",
			"KeyMetadata.CreationDate",
			"KeyMetadata.EncryptionAlgorithms",
		}, err
	},
	"sts:GetCallerIdentity": func(ctx context.Context, cfg aws.Config, _ *rehearsal.World) (any, []string, error) {
		out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return out, []string{"Account", "Arn", "UserId"}, err
	},
}

// first is the first of an answer's elements; AWS would not answer these calls with none.
func first[O, E any](_ *O, err error, of func() []E) any {
	if err != nil {
		return nil
	}
	if all := of(); len(all) > 0 {
		return all[0]
	}
	return nil
}

func awsInstance(cfg aws.Config) string {
	return map[string]string{rehearsal.PrimaryRegion: rehearsal.PrimaryID, rehearsal.ReplicaRegion: rehearsal.ReplicaID}[cfg.Region]
}

// checkAWS makes every call in both AWS regions.
func checkAWS(t *testing.T, w *rehearsal.World) {
	if !slices.Equal(slices.Sorted(maps.Keys(awsCalls)), slices.Sorted(slices.Values(rds.Calls))) {
		t.Errorf("the contract makes %v, the list is %v", slices.Sorted(maps.Keys(awsCalls)), rds.Calls)
	}
	for name, call := range awsCalls {
		for _, region := range []string{rehearsal.PrimaryRegion, rehearsal.ReplicaRegion} {
			cfg := aws.Config{
				Region:       region,
				BaseEndpoint: aws.String(w.Endpoint()),
				Credentials:  credentials.NewStaticCredentialsProvider("k", "s", ""),
			}
			answer, filled, err := call(t.Context(), cfg, w)
			if err != nil || answer == nil {
				t.Errorf("%s in %s: %T, %v", name, region, answer, err)
				continue
			}
			for _, path := range filled {
				if !isFilled(reflect.ValueOf(answer), path) {
					t.Errorf("%s in %s: AWS always fills %s", name, region, path)
				}
			}
		}
	}
}

// isFilled tells whether the field at a path is there: no nil, no empty text, no empty list. Of a list it looks at every element.
func isFilled(v reflect.Value, path string) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && (path == "" || isFilled(v.Elem(), path))
	case reflect.Slice:
		for i := range v.Len() {
			if path != "" && !isFilled(v.Index(i), path) {
				return false
			}
		}
		return v.Len() > 0
	case reflect.Struct:
		if path == "" {
			return !v.IsZero()
		}
		name, rest, _ := strings.Cut(path, ".")
		return isFilled(v.FieldByName(name), rest)
	case reflect.String:
		return v.Len() > 0
	}
	return v.IsValid()
}
