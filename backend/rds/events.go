package rds

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"switchyard/model"
)

// Events lists an instance's events since a moment, oldest first. AWS keeps them for 14 days and lists them late: ask with some overlap and
// merge with model.MergeEvents. No event tells of a promotion.
func (r *Reader) Events(ctx context.Context, t Target, since time.Time) ([]model.RDSEvent, error) {
	if oldest := model.Now().Add(-14*24*time.Hour + time.Minute); since.Before(oldest) {
		since = oldest
	}
	events := []model.RDSEvent{}
	in := &rds.DescribeEventsInput{SourceIdentifier: &t.ID, SourceType: types.SourceTypeDbInstance, StartTime: &since}
	for {
		out, err := ask(
			ctx,
			r,
			"rds",
			t.Region,
			"read the events of "+t.ID,
			func(c *clients) func(context.Context, *rds.DescribeEventsInput, ...func(*rds.Options)) (*rds.DescribeEventsOutput, error) {
				return c.rds.DescribeEvents
			},
			in,
		)
		if err != nil {
			return nil, err
		}
		for _, e := range out.Events {
			m := model.RDSEvent{At: aws.ToTime(e.Date), Instance: t.ID, Region: t.Region, Says: text(e.Message), Categories: []string{}}
			for _, c := range e.EventCategories {
				m.Categories = append(m.Categories, model.Clean(c))
			}
			m.Kind, m.Severity = model.JudgeEvent(m.Categories, m.Says)
			events = append(events, m)
		}
		if in.Marker = out.Marker; aws.ToString(in.Marker) == "" {
			return events, nil
		}
	}
}
