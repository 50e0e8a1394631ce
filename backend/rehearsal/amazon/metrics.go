package amazon

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// measurement is one minute of one instance.
type measurement struct {
	id     string
	minute time.Time
}

// settles is how long after its end a minute can be asked for.
const settles = 20 * time.Second

// unspent is what is left of a burst that no rehearsal uses.
const unspent = 99

// metrics are RDS's, by CloudWatch's name.
var metrics = map[string]struct {
	unit cw.StandardUnit
	of   func(Activity) float64
}{
	"CPUUtilization":            {cw.StandardUnitPercent, func(a Activity) float64 { return a.CPU }},
	"DatabaseConnections":       {cw.StandardUnitCount, func(a Activity) float64 { return a.Connections }},
	"ReadIOPS":                  {cw.StandardUnitCountSecond, func(a Activity) float64 { return a.ReadIOPS }},
	"WriteIOPS":                 {cw.StandardUnitCountSecond, func(a Activity) float64 { return a.WriteIOPS }},
	"ReadThroughput":            {cw.StandardUnitBytesSecond, func(a Activity) float64 { return a.ReadBytes }},
	"WriteThroughput":           {cw.StandardUnitBytesSecond, func(a Activity) float64 { return a.WriteBytes }},
	"ReadLatency":               {cw.StandardUnitSeconds, func(a Activity) float64 { return a.ReadLatency }},
	"WriteLatency":              {cw.StandardUnitSeconds, func(a Activity) float64 { return a.WriteLatency }},
	"FreeableMemory":            {cw.StandardUnitBytes, func(a Activity) float64 { return a.FreeMemory }},
	"FreeStorageSpace":          {cw.StandardUnitBytes, func(a Activity) float64 { return a.FreeStorage }},
	"SwapUsage":                 {cw.StandardUnitBytes, func(a Activity) float64 { return a.SwapUsage }},
	"DiskQueueDepth":            {cw.StandardUnitCount, func(a Activity) float64 { return a.Queue }},
	"NetworkReceiveThroughput":  {cw.StandardUnitBytesSecond, func(a Activity) float64 { return a.NetIn }},
	"NetworkTransmitThroughput": {cw.StandardUnitBytesSecond, func(a Activity) float64 { return a.NetOut }},
	"BinLogDiskUsage":           {cw.StandardUnitBytes, func(a Activity) float64 { return a.BinlogBytes }},
	"EBSIOBalance%":             {cw.StandardUnitPercent, func(Activity) float64 { return unspent }},
	"EBSByteBalance%":           {cw.StandardUnitPercent, func(Activity) float64 { return unspent }},
	"ReplicaLag":                {cw.StandardUnitSeconds, func(a Activity) float64 { return a.Lag }},
}

func (c *Cloud) metricData(_ context.Context, r request, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	if len(in.MetricDataQueries) > 500 || in.StartTime == nil || in.EndTime == nil || !in.StartTime.Before(*in.EndTime) {
		return nil, failure(400, "ValidationError", "The start must be before the end, and at most 500 metrics can be asked for.")
	}
	out := &cloudwatch.GetMetricDataOutput{MetricDataResults: []cw.MetricDataResult{}}
	points := 0
	memo := map[measurement]*Activity{} // weeks of many metrics ask for the same minutes
	for _, q := range in.MetricDataQueries {
		if q.MetricStat == nil || q.MetricStat.Metric == nil || value(q.Id) == "" {
			return nil, failure(400, "ValidationError", "The rehearsal knows metrics only, no expressions.")
		}
		if !slices.Contains([]string{"Average", "Maximum", "Minimum", "Sum", "SampleCount"}, value(q.MetricStat.Stat)) {
			return nil, failure(400, "ValidationError", "The rehearsal does not know the statistic %s.", value(q.MetricStat.Stat))
		}
		times, values := c.series(r.region, q.MetricStat, *in.StartTime, *in.EndTime, memo)
		points += len(times)
		if in.ScanBy != cw.ScanByTimestampAscending {
			slices.Reverse(times)
			slices.Reverse(values)
		}
		label := value(q.MetricStat.Metric.MetricName)
		if q.Label != nil {
			label = *q.Label
		}
		out.MetricDataResults = append(
			out.MetricDataResults,
			cw.MetricDataResult{Id: q.Id, Label: &label, StatusCode: cw.StatusCodeComplete, Timestamps: times, Values: values},
		)
	}
	if points > 100800 {
		return nil, failure(400, "ValidationError", "At most 100,800 data points can be asked for.")
	}
	return out, nil
}

// series computes one metric over whole periods. What was never published, in another AWS region or in another unit, is empty and no error.
func (c *Cloud) series(region string, stat *cw.MetricStat, from, to time.Time, memo map[measurement]*Activity) ([]time.Time, []float64) {
	times, values := []time.Time{}, []float64{}
	m := stat.Metric
	known, ok := metrics[value(m.MetricName)]
	if !ok || value(m.Namespace) != "AWS/RDS" || len(m.Dimensions) != 1 || value(m.Dimensions[0].Name) != "DBInstanceIdentifier" ||
		stat.Unit != "" && stat.Unit != known.unit {
		return times, values
	}
	id := value(m.Dimensions[0].Value)
	c.mu.Lock()
	in := c.instances[place{region, id}]
	replica := in != nil && in.ReadReplicaSourceDBInstanceIdentifier != nil
	born := time.Time{}
	if in != nil {
		born = value(in.InstanceCreateTime)
	}
	c.mu.Unlock()
	if in == nil || value(m.MetricName) == "ReplicaLag" && !replica {
		return times, values
	}
	period := max(time.Duration(value(stat.Period))*time.Second, time.Minute)
	for at := from.Truncate(period); at.Before(to); at = at.Add(period) {
		var got []float64
		for minute := at; minute.Before(at.Add(period)); minute = minute.Add(time.Minute) {
			if minute.Before(born) || minute.Add(time.Minute+settles).After(c.now()) {
				continue
			}
			m := measurement{id, minute}
			a, asked := memo[m]
			if !asked {
				if one, ok := c.measure(m); ok {
					a = &one
				}
				memo[m] = a
			}
			if a != nil {
				got = append(got, known.of(*a))
			}
		}
		if len(got) > 0 {
			times, values = append(times, at), append(values, statistic(value(stat.Stat), got))
		}
	}
	return times, values
}

// measure asks what stands behind an instance once for each minute, and remembers two hours.
func (c *Cloud) measure(m measurement) (Activity, bool) {
	c.mu.Lock()
	a, ok := c.measured[m]
	c.mu.Unlock()
	if ok || c.o.Backend.Activity == nil {
		return a, ok
	}
	if a, ok = c.o.Backend.Activity(m.id, m.minute); !ok {
		return a, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	oldest := c.now().Add(-2 * time.Hour)
	if m.minute.After(oldest) {
		c.measured[m] = a
	}
	if len(c.measured) > 1000 {
		for k := range c.measured {
			if k.minute.Before(oldest) {
				delete(c.measured, k)
			}
		}
	}
	return a, true
}

func statistic(stat string, got []float64) float64 {
	switch stat {
	case "Maximum":
		return slices.Max(got)
	case "Minimum":
		return slices.Min(got)
	case "SampleCount":
		return float64(len(got))
	}
	sum := 0.0
	for _, v := range got {
		sum += v
	}
	if stat == "Sum" {
		return sum
	}
	return sum / float64(len(got))
}

// Forget drops what was measured of an instance, so that it is measured anew: for those who change the past.
func (c *Cloud) Forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for m := range c.measured {
		if m.id == id {
			delete(c.measured, m)
		}
	}
}
