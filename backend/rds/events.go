package rds

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"switchyard/model"
)

// Events lists an instance's events since a moment, oldest first. AWS keeps them for 14 days and lists them late: ask with some overlap and merge with
// model.MergeEvents. No event tells of a promotion.
func (r *Reader) Events(ctx context.Context, t Target, since time.Time) ([]model.RDSEvent, error) {
	if oldest := time.Now().Add(-14*24*time.Hour + time.Minute); since.Before(oldest) {
		since = oldest
	}
	events := []model.RDSEvent{}
	in := &rds.DescribeEventsInput{SourceIdentifier: &t.ID, SourceType: types.SourceTypeDbInstance, StartTime: &since}
	for {
		out, err := ask(ctx, r, "rds", t.Region, "read the events of "+t.ID, func(c *clients) func(context.Context, *rds.DescribeEventsInput, ...func(*rds.Options)) (*rds.DescribeEventsOutput, error) {
			return c.rds.DescribeEvents
		}, in)
		if err != nil {
			return nil, err
		}
		for _, e := range out.Events {
			m := model.RDSEvent{At: aws.ToTime(e.Date), Instance: t.ID, Region: t.Region, Says: text(e.Message), Categories: []string{}}
			for _, c := range e.EventCategories {
				m.Categories = append(m.Categories, model.Clean(c))
			}
			m.Severity = severity(m.Categories, m.Says)
			events = append(events, m)
		}
		if in.Marker = out.Marker; in.Marker == nil {
			return events, nil
		}
	}
}

// telling are beginnings of AWS's messages, in lower case, that say more than their category (Amazon RDS user guide, "Amazon RDS event categories and event messages", 2026).
var telling = []struct {
	starts   string
	severity model.Severity
}{
	{"multi-az instance failover started", model.Fail},
	{"multi-az instance failover completed", model.Warn},
	{"multi-az failover to standby complete", model.Warn},
	{"multi-az instance activation", model.Warn},
	{"abandoning user requested failover", model.Fail},
	{"db instance shutdown", model.Warn},
	{"replication has stopped", model.Fail},
	{"replication streaming has been terminated", model.Fail},
	{"read replica creation failed", model.Fail},
	{"replication for the read replica resumed", model.Info},
	{"disabled automated backups", model.Warn},
	{"free storage capacity", model.Fail},
	{"recovery of standby db instance has started", model.Warn},
}

// severity judges an event by its category and the beginning of its text; AWS gives no ids here, and an unknown text is no news.
func severity(categories []string, says string) model.Severity {
	low := strings.ToLower(says)
	for _, t := range telling {
		if strings.HasPrefix(low, t.starts) {
			return t.severity
		}
	}
	switch {
	case strings.Contains(low, "storage-full"), strings.Contains(low, "unable to access the kms"):
		return model.Fail
	case strings.Contains(low, "can now successfully access"):
		return model.Info
	case strings.Contains(low, "certificate requires rotation"), strings.Contains(low, "automatically set the value of innodb_buffer_pool_size"), strings.Contains(low, "low storage"):
		return model.Warn
	}
	for _, c := range categories {
		switch c {
		case "failure":
			return model.Fail
		case "failover", "low storage":
			return model.Warn
		}
	}
	return model.Info
}
