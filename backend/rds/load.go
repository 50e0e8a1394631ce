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

// loaded are the metrics that a class is chosen by, and where they go.
var loaded = []struct {
	name, stat string
	into       func(*model.Load) *model.Series
}{
	{"CPUUtilization", "Average", func(l *model.Load) *model.Series { return &l.CPU }},
	{"DatabaseConnections", "Maximum", func(l *model.Load) *model.Series { return &l.Connections }},
	{"ReadIOPS", "Average", func(l *model.Load) *model.Series { return &l.ReadIOPS }},
	{"WriteIOPS", "Average", func(l *model.Load) *model.Series { return &l.WriteIOPS }},
	{"ReadThroughput", "Average", func(l *model.Load) *model.Series { return &l.ReadBytes }},
	{"WriteThroughput", "Average", func(l *model.Load) *model.Series { return &l.WriteBytes }},
	{"NetworkReceiveThroughput", "Average", func(l *model.Load) *model.Series { return &l.NetIn }},
	{"NetworkTransmitThroughput", "Average", func(l *model.Load) *model.Series { return &l.NetOut }},
	{"SwapUsage", "Maximum", func(l *model.Load) *model.Series { return &l.Swap }},
	{"FreeStorageSpace", "Minimum", func(l *model.Load) *model.Series { return &l.FreeStorage }},
	{"BinLogDiskUsage", "Minimum", func(l *model.Load) *model.Series { return &l.Binlogs }},
	{"EBSIOBalance%", "Minimum", func(l *model.Load) *model.Series { return &l.IOBalance }},
	{"EBSByteBalance%", "Minimum", func(l *model.Load) *model.Series { return &l.ByteBalance }},
}

// loadChunk is how much is asked for in one call: 13 metrics of a week are 26,208 points, of 100,800 that one answer may hold.
const loadChunk = 7 * 24 * time.Hour

// Load asks CloudWatch for what it kept of an instance between two moments, in points of model.LoadEvery. What CloudWatch calls partial is
// a failure: a class is not chosen by half of what was measured.
func (r *Reader) Load(ctx context.Context, region, id string, from, to time.Time) (*model.Load, error) {
	l := &model.Load{From: from.UTC().Truncate(model.LoadEvery), To: to.UTC().Truncate(model.LoadEvery)}
	for at := l.From; at.Before(l.To); at = at.Add(loadChunk) {
		end := at.Add(loadChunk)
		if end.After(l.To) {
			end = l.To
		}
		if err := r.loadOf(ctx, region, id, at, end, l); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// loadOf adds one stretch to what is there.
func (r *Reader) loadOf(ctx context.Context, region, id string, from, to time.Time, l *model.Load) error {
	in := &cloudwatch.GetMetricDataInput{StartTime: &from, EndTime: &to, ScanBy: cw.ScanByTimestampAscending}
	for i, m := range loaded {
		in.MetricDataQueries = append(in.MetricDataQueries, cw.MetricDataQuery{
			Id: aws.String(fmt.Sprintf("m%d", i)),
			MetricStat: &cw.MetricStat{Period: aws.Int32(int32(model.LoadEvery / time.Second)), Stat: &m.stat, Metric: &cw.Metric{
				Namespace: aws.String("AWS/RDS"), MetricName: &m.name,
				Dimensions: []cw.Dimension{{Name: aws.String("DBInstanceIdentifier"), Value: &id}},
			}},
		})
	}
	status := map[string]cw.StatusCode{}
	for {
		out, err := ask(ctx, r, "cloudwatch", region, "read the load of "+id,
			func(c *clients) func(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (
				*cloudwatch.GetMetricDataOutput, error) {
				return c.cloudwatch.GetMetricData
			}, in)
		if err != nil {
			return err
		}
		for _, res := range out.MetricDataResults {
			status[aws.ToString(res.Id)] = res.StatusCode
			for i, m := range loaded {
				if aws.ToString(res.Id) != fmt.Sprintf("m%d", i) {
					continue
				}
				s := m.into(l)
				for k := range min(len(res.Timestamps), len(res.Values)) {
					*s = append(*s, model.Point{At: res.Timestamps[k].UTC(), Value: res.Values[k]})
				}
			}
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	for i, m := range loaded {
		if s := status[fmt.Sprintf("m%d", i)]; s != cw.StatusCodeComplete {
			return fault(model.ErrAnswer, "read the load of %s in %s: CloudWatch calls %s of %s %s", model.Clean(id), region, m.name,
				from.Format("2 Jan"), model.Clean(string(s)))
		}
	}
	return nil
}
