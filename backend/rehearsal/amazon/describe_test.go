package amazon

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func TestParameterGroups(t *testing.T) {
	w := start(t)
	c := w.rds(home)
	get := func(name string) types.Parameter {
		out, err := c.DescribeDBParameters(
			t.Context(),
			&rds.DescribeDBParametersInput{
				DBParameterGroupName: ptr("bacula"),
				Filters:              []types.Filter{{Name: ptr("parameter-name"), Values: []string{name}}},
			},
		)
		if err != nil || len(out.Parameters) != 1 {
			t.Fatalf("%v, %v", out, err)
		}
		return out.Parameters[0]
	}
	if got := value(get("read_only").ParameterValue); got != "{TrueIfReplica}" {
		t.Errorf("read_only is %q", got)
	}
	_, err := c.ModifyDBParameterGroup(
		t.Context(),
		&rds.ModifyDBParameterGroupInput{
			DBParameterGroupName: ptr("bacula"),
			Parameters: []types.Parameter{
				{ParameterName: ptr("read_only"), ParameterValue: ptr("1"), ApplyMethod: types.ApplyMethodImmediate},
			},
		},
	)
	if err != nil || *get("read_only").ParameterValue != "1" || !slices.Equal(w.all(), []string{"read_only bacula on"}) {
		t.Errorf("the fence: %v, told %v", err, w.all())
	}
	if _, err = c.DescribeDBParameters(
		t.Context(),
		&rds.DescribeDBParametersInput{DBParameterGroupName: ptr("nope")},
	); code(err) != "DBParameterGroupNotFound" &&
		code(err) != "DBParameterGroupNotFoundFault" {
		t.Errorf("a group that is not there: %v", err)
	}
}

func TestMetricsAreLateAndHaveGaps(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 34, 50, 0, time.UTC)
	w := start(t, func(o *Options) { o.Now = func() time.Time { return now } })
	ask := func(region, metric, id string, change ...func(*cw.MetricDataQuery)) cw.MetricDataResult {
		q := cw.MetricDataQuery{Id: ptr("q"), MetricStat: &cw.MetricStat{Period: ptr(int32(60)), Stat: ptr("Average"), Metric: &cw.Metric{
			Namespace: ptr("AWS/RDS"), MetricName: &metric, Dimensions: []cw.Dimension{{Name: ptr("DBInstanceIdentifier"), Value: &id}},
		}}}
		for _, f := range change {
			f(&q)
		}
		out, err := cloudwatch.NewFromConfig(testConfig(w.url, region)).GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
			StartTime: ptr(
				now.Add(-10 * time.Minute),
			),
			EndTime:           &now,
			ScanBy:            cw.ScanByTimestampAscending,
			MetricDataQueries: []cw.MetricDataQuery{q},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.MetricDataResults[0]
	}
	if got := ask(home, "CPUUtilization", "bacula").Values; !slices.Equal(got, []float64{24, 25, 26, 27, 28, 29, 31, 32, 33}) {
		t.Errorf("CPU %v: the newest whole minute is late, and minute 30 was not measured", got)
	}
	for name, r := range map[string]cw.MetricDataResult{
		"another AWS region": ask(far, "CPUUtilization", "bacula"),
		"lag of a primary":   ask(home, "ReplicaLag", "bacula"),
		"a wrong unit":       ask(home, "CPUUtilization", "bacula", func(q *cw.MetricDataQuery) { q.MetricStat.Unit = cw.StandardUnitBytes }),
		"an unknown name":    ask(home, "CPUUtilisation", "bacula"),
	} {
		if len(r.Values) != 0 {
			t.Errorf("%s: %v", name, r.Values)
		}
	}
	if got := ask(far, "ReplicaLag", "bacula-dr").Values; len(got) != 9 || got[0] != 1 {
		t.Errorf("lag %v", got)
	}
	five := ask(
		home,
		"CPUUtilization",
		"bacula",
		func(q *cw.MetricDataQuery) { q.MetricStat.Period, q.MetricStat.Stat = ptr(int32(300)), ptr("Maximum") },
	)
	if !slices.Equal(five.Values, []float64{24, 29, 33}) {
		t.Errorf("five minutes' maxima %v at %v", five.Values, five.Timestamps)
	}
}

func TestDailyBackups(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 5, 0, 0, time.UTC)
	w := start(t, func(o *Options) { o.Now = func() time.Time { return now }; o.Instances[0].BackupWindow = "03:00-03:30" })
	d := w.describe(t, home, "bacula")
	if *d.DBInstanceStatus != "backing-up" || !d.LatestRestorableTime.Equal(now.Truncate(5*time.Minute)) {
		t.Errorf("at 03:05 it is %s, restorable to %v", *d.DBInstanceStatus, d.LatestRestorableTime)
	}
	var busy *types.InvalidDBInstanceStateFault
	if _, err := w.rds(home).
		RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: ptr("bacula")}); !errors.As(
		err,
		&busy,
	) {
		t.Errorf("rebooting during a backup: %v", err)
	}
	out, err := w.rds(home).DescribeEvents(t.Context(), &rds.DescribeEventsInput{StartTime: ptr(now.Add(-14 * 24 * time.Hour))})
	if err != nil || len(out.Events) != 28 || *out.Events[0].Message != "Finished DB instance backup." ||
		*out.Events[27].Message != "Backing up DB instance." {
		t.Errorf("%d events of two weeks, %v", len(out.Events), err)
	}
	if _, err = w.rds(home).DescribeEvents(t.Context(), &rds.DescribeEventsInput{StartTime: ptr(now.Add(-15 * 24 * time.Hour))}); err == nil {
		t.Error("events older than 14 days were given")
	}
}

func TestKeys(t *testing.T) {
	w := start(t, func(o *Options) { o.Pace = 1e6 })
	c := kms.NewFromConfig(testConfig(w.url, far))
	var missing *kmstypes.NotFoundException
	if _, err := c.DescribeKey(
		t.Context(),
		&kms.DescribeKeyInput{KeyId: ptr("arn:aws:kms:eu-west-1:123456789012:key/mrk-1")},
	); !errors.As(
		err,
		&missing,
	) {
		t.Errorf("a key of another AWS region: %v", err)
	}
	w.DisableKey(far, "mrk-1", true)
	out, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: ptr("mrk-1")})
	if err != nil || out.KeyMetadata.Enabled || out.KeyMetadata.KeyState != kmstypes.KeyStateDisabled {
		t.Errorf("%+v, %v", out, err)
	}
	w.until(t, far, "bacula-dr", func(d types.DBInstance) bool {
		return *d.DBInstanceStatus == "inaccessible-encryption-credentials"
	})
}
