// Package act asks AWS to change the catalog's RDS instances; no call is ever repeated.
package act

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	service "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"

	"switchyard/backend/rds"
	"switchyard/model"
)

// Client changes instances. Each of its calls looks at the instance's identity first, is sent once, and may have been obeyed whenever its
// error is not ErrNotDone.
type Client struct {
	cfg   aws.Config
	limit time.Duration
	who   *rds.Reader
}

// New reads AWS's configuration and connects to nothing. The reader tells who an instance is.
func New(ctx context.Context, o rds.Options, who *rds.Reader) (*Client, error) {
	cfg, err := o.AWS(ctx)
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, limit: cmp.Or(o.Timeout, 8*time.Second), who: who}, nil
}

// in is a client of an AWS region that sends each call once: a reboot whose reply was lost would else be sent three times.
func (c *Client) in(region string) *service.Client {
	cfg := c.cfg.Copy()
	cfg.Region = region
	return service.NewFromConfig(cfg, func(o *service.Options) { o.Retryer = aws.NopRetryer{} })
}

// is refuses an instance that is not the one that is meant; t has its DbiResourceId.
func (c *Client) is(ctx context.Context, t rds.Target) (model.Description, error) {
	if t.ResourceID == "" {
		return model.Description{}, fmt.Errorf("%w: it is not known which instance %s is", model.ErrNotDone, t.ID)
	}
	d, err := c.who.Describe(ctx, t)
	switch {
	case err != nil:
		return d, fmt.Errorf("%w: %w", model.ErrNotDone, err)
	case d.ResourceID != t.ResourceID:
		return d, fmt.Errorf("%w: %w: %s is %s now, and was %s", model.ErrNotDone, model.ErrIdentity, t.ID, d.ResourceID, t.ResourceID)
	}
	return d, nil
}

// FailOver reboots a Multi-AZ instance by its standby.
func (c *Client) FailOver(ctx context.Context, t rds.Target) error {
	d, err := c.is(ctx, t)
	if err != nil {
		return fmt.Errorf("failing over %s: %w", t.ID, err)
	}
	if !d.MultiAZ {
		return fmt.Errorf("failing over %s: %w: it is not Multi-AZ", t.ID, model.ErrNotDone)
	}
	return c.sent(ctx, "failing over "+t.ID, func(ctx context.Context) error {
		_, err := c.in(t.Region).RebootDBInstance(ctx, &service.RebootDBInstanceInput{DBInstanceIdentifier: &t.ID, ForceFailover: aws.Bool(true)})
		return err
	})
}

// Promote makes a replica an instance of its own, with backups kept for so many days.
func (c *Client) Promote(ctx context.Context, t rds.Target, days int, window string) error {
	d, err := c.is(ctx, t)
	switch {
	case err != nil:
		return fmt.Errorf("promoting %s: %w", t.ID, err)
	case !d.IsReplica():
		return fmt.Errorf("promoting %s: %w: AWS calls it no replica", t.ID, model.ErrNotDone)
	case days < 1 || days > 35:
		return fmt.Errorf("promoting %s: %w: backups kept for %d days", t.ID, model.ErrNotDone, days)
	}
	in := &service.PromoteReadReplicaInput{DBInstanceIdentifier: &t.ID, BackupRetentionPeriod: aws.Int32(int32(days))}
	if window != "" {
		in.PreferredBackupWindow = &window
	}
	return c.sent(ctx, "promoting "+t.ID, func(ctx context.Context) error {
		_, err := c.in(t.Region).PromoteReadReplica(ctx, in)
		return err
	})
}

// Settings are all that Modify ever sets.
type Settings struct {
	MultiAZ, Protected bool
	Retention          int    // days
	Window             string // of backups; empty: as it is
}

// Modify sets an instance, at once. What is so already is not sent, and protection is never taken away.
func (c *Client) Modify(ctx context.Context, t rds.Target, s Settings) error {
	d, err := c.is(ctx, t)
	if err != nil {
		return fmt.Errorf("setting %s: %w", t.ID, err)
	}
	in := &service.ModifyDBInstanceInput{DBInstanceIdentifier: &t.ID, ApplyImmediately: aws.Bool(true)}
	if s.MultiAZ && !d.MultiAZ {
		in.MultiAZ = aws.Bool(true)
	}
	if s.Protected && !d.Protected {
		in.DeletionProtection = aws.Bool(true)
	}
	if s.Retention > 0 && s.Retention != d.Retention {
		in.BackupRetentionPeriod = aws.Int32(int32(s.Retention))
	}
	if s.Window != "" && s.Window != d.BackupWindow {
		in.PreferredBackupWindow = &s.Window
	}
	return c.sent(ctx, "setting "+t.ID, func(ctx context.Context) error {
		_, err := c.in(t.Region).ModifyDBInstance(ctx, in)
		return err
	})
}

// Resize gives an instance another class, at once: its server is begun anew.
func (c *Client) Resize(ctx context.Context, t rds.Target, from, to string) error {
	d, err := c.is(ctx, t)
	switch {
	case err != nil:
		return fmt.Errorf("resizing %s: %w", t.ID, err)
	case d.Class != from:
		return fmt.Errorf("resizing %s: %w: it is a %s, and was measured as a %s", t.ID, model.ErrNotDone, d.Class, from)
	case d.Status != "available" || len(d.Pending) > 0:
		return fmt.Errorf("resizing %s: %w: it is %s, %d changes pending", t.ID, model.ErrNotDone, d.Status, len(d.Pending))
	}
	return c.sent(ctx, "resizing "+t.ID, func(ctx context.Context) error {
		_, err := c.in(t.Region).ModifyDBInstance(ctx, &service.ModifyDBInstanceInput{DBInstanceIdentifier: &t.ID, DBInstanceClass: &to,
			ApplyImmediately: aws.Bool(true)})
		return err
	})
}

// ReadOnly sets read_only, which is dynamic, in the parameter group of an instance.
func (c *Client) ReadOnly(ctx context.Context, t rds.Target, group, value string) error {
	d, err := c.is(ctx, t)
	switch {
	case err != nil:
		return fmt.Errorf("closing %s: %w", t.ID, err)
	case d.ParameterGroup != group:
		return fmt.Errorf("closing %s: %w: its parameter group is %s, and not %s", t.ID, model.ErrNotDone, d.ParameterGroup, group)
	}
	return c.sent(ctx, "setting read_only of "+group, func(ctx context.Context) error {
		_, err := c.in(t.Region).ModifyDBParameterGroup(ctx, &service.ModifyDBParameterGroupInput{DBParameterGroupName: &group,
			Parameters: []types.Parameter{
				{ParameterName: aws.String("read_only"), ParameterValue: &value, ApplyMethod: types.ApplyMethodImmediate},
			}})
		return err
	})
}

// sent makes one call. An answer of AWS that refuses it is ErrNotDone; whatever else went wrong, it may have been done.
func (c *Client) sent(ctx context.Context, doing string, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	err := call(ctx)
	if err == nil {
		return nil
	}
	says := rds.FaultOf(doing, err)
	if refused(err) {
		return fmt.Errorf("%w: %w", model.ErrNotDone, says)
	}
	return says
}

// refused tells whether AWS itself said no, and not that it met an error: a call that it asks to send later was not obeyed either.
func refused(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary {
		return true
	}
	return api.ErrorFault() == smithy.FaultClient || clientStatus(err)
}

// clientStatus tells whether the answer had an HTTP status of 400 to 499.
func clientStatus(err error) bool {
	var status interface{ HTTPStatusCode() int }
	return errors.As(err, &status) && status.HTTPStatusCode() >= 400 && status.HTTPStatusCode() < 500
}
