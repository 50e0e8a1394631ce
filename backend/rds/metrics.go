package rds

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"switchyard/model"
)

// measured are the metrics asked for, and where they go. Every metric asked for costs money, with however many points.
var measured = []struct {
	name, stat string
	into       func(*model.Metrics) *model.Series
}{
	{"CPUUtilization", "Average", func(m *model.Metrics) *model.Series { return &m.CPU }},
	{"DatabaseConnections", "Maximum", func(m *model.Metrics) *model.Series { return &m.Connections }},
	{"ReadIOPS", "Average", func(m *model.Metrics) *model.Series { return &m.ReadIOPS }},
	{"WriteIOPS", "Average", func(m *model.Metrics) *model.Series { return &m.WriteIOPS }},
	{"ReadLatency", "Average", func(m *model.Metrics) *model.Series { return &m.ReadLatency }},
	{"WriteLatency", "Average", func(m *model.Metrics) *model.Series { return &m.WriteLatency }},
	{"ReadThroughput", "Average", func(m *model.Metrics) *model.Series { return &m.ReadBytes }},
	{"WriteThroughput", "Average", func(m *model.Metrics) *model.Series { return &m.WriteBytes }},
	{"FreeableMemory", "Minimum", func(m *model.Metrics) *model.Series { return &m.FreeMemory }},
	{"FreeStorageSpace", "Minimum", func(m *model.Metrics) *model.Series { return &m.FreeStorage }},
	{"DiskQueueDepth", "Average", func(m *model.Metrics) *model.Series { return &m.Queue }},
	{lagMetric, "Maximum", func(m *model.Metrics) *model.Series { return &m.Behind }},
}

const (
	lagMetric = "ReplicaLag" // published under the replica's name in the replica's AWS region; -1 is NULL
	history   = time.Hour
)

// Measured is what CloudWatch has of one instance.
type Measured struct {
	Metrics model.Metrics
	Lag     model.Reading[model.Lag] // At is the newest point's time; unknown with Why for a primary and where there is no point
}

// Measure asks CloudWatch for the last hour of all instances of one AWS region in one call, a point a minute; the newest is
// usually one to three minutes old. An answer that CloudWatch itself calls partial counts as none. The result is by instance.
func (r *Reader) Measure(ctx context.Context, region string, ids ...string) (map[string]Measured, error) {
	now := model.Now()
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-history).Truncate(time.Minute)),
		EndTime:   &now,
		ScanBy:    cw.ScanByTimestampAscending,
	}
	for i, id := range ids {
		for j, m := range measured {
			in.MetricDataQueries = append(in.MetricDataQueries, cw.MetricDataQuery{
				Id: aws.String(fmt.Sprintf("i%dm%d", i, j)),
				MetricStat: &cw.MetricStat{Period: aws.Int32(60), Stat: &m.stat, Metric: &cw.Metric{
					Namespace: aws.String(
						"AWS/RDS",
					),
					MetricName: &m.name,
					Dimensions: []cw.Dimension{{Name: aws.String("DBInstanceIdentifier"), Value: &id}},
				}},
			})
		}
	}
	points, status := map[string]model.Series{}, map[string]cw.StatusCode{}
	for {
		out, err := ask(
			ctx,
			r,
			"cloudwatch",
			region,
			"read the metrics",
			func(c *clients) func(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (
				*cloudwatch.GetMetricDataOutput, error) {
				return c.cloudwatch.GetMetricData
			},
			in,
		)
		if err != nil {
			return nil, err
		}
		for _, res := range out.MetricDataResults {
			q := aws.ToString(res.Id)
			status[q] = res.StatusCode
			for k := range min(len(res.Timestamps), len(res.Values)) {
				points[q] = append(points[q], model.Point{At: res.Timestamps[k], Value: res.Values[k]})
			}
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	all := map[string]Measured{}
	for i, id := range ids {
		var got Measured
		for j, m := range measured {
			q := fmt.Sprintf("i%dm%d", i, j)
			s := points[q]
			if status[q] != cw.StatusCodeComplete {
				s = nil
			}
			if m.name == lagMetric {
				got.Lag = lagOf(s)
				s = known(s)
			}
			*m.into(&got.Metrics) = s
		}
		all[id] = got
	}
	return all, nil
}

// lagOf reads the newest point.
func lagOf(s model.Series) model.Reading[model.Lag] {
	p, ok := s.Last()
	if !ok {
		return model.Reading[model.Lag]{Why: "CloudWatch has no lag of the last hour"}
	}
	lag, ok := lagSeconds(p.Value)
	if !ok {
		lag = model.UnknownLag(fmt.Sprintf("CloudWatch says %v", p.Value))
	}
	return model.Reading[model.Lag]{Value: lag, At: p.At}
}

// known leaves the broken minutes out.
func known(s model.Series) model.Series {
	var out model.Series
	for _, p := range s {
		if p.Value >= 0 {
			out = append(out, p)
		}
	}
	return out
}
