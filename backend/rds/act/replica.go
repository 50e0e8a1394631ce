package act

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/rds"

	"switchyard/backend/rds"
	"switchyard/model"
)

// Replica says how a replica is to be created. Its key is one of its own AWS region.
type Replica struct {
	ID, Region, SourceARN   string
	Class, Group, Key       string // no Group: AWS's own; no Key: it is not encrypted
	MultiAZ, Protected, IAM bool
	SecurityGroups          []string // empty: the default one of its VPC
}

// CreateReplica creates a replica of an instance. A name that AWS has already is refused: whoever stands there is nobody's replica yet.
func (c *Client) CreateReplica(ctx context.Context, source rds.Target, r Replica) error {
	doing := "creating " + r.ID
	d, err := c.is(ctx, source)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", doing, err)
	case d.IsReplica():
		return fmt.Errorf("%s: %w: %s is a replica itself", doing, model.ErrNotDone, source.ID)
	case d.ARN != r.SourceARN:
		return fmt.Errorf("%s: %w: %s is %s, and not %s", doing, model.ErrNotDone, source.ID, d.ARN, r.SourceARN)
	case d.Encrypted && r.Key == "":
		return fmt.Errorf("%s: %w: %s is encrypted, and no key is named", doing, model.ErrNotDone, source.ID)
	}
	switch _, err := c.who.Describe(ctx, rds.Target{ID: r.ID, Region: r.Region}); {
	case err == nil:
		return fmt.Errorf("%s: %w: an instance of that name is there", doing, model.ErrNotDone)
	case !errors.Is(err, model.ErrNone):
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	in := &service.CreateDBInstanceReadReplicaInput{DBInstanceIdentifier: &r.ID, SourceDBInstanceIdentifier: &r.SourceARN,
		SourceRegion: &source.Region, MultiAZ: &r.MultiAZ, DeletionProtection: &r.Protected, EnableIAMDatabaseAuthentication: &r.IAM,
		VpcSecurityGroupIds: r.SecurityGroups}
	for _, f := range []struct {
		to    **string
		value string
	}{{&in.DBInstanceClass, r.Class}, {&in.DBParameterGroupName, r.Group}, {&in.KmsKeyId, r.Key}} {
		if f.value != "" {
			*f.to = aws.String(f.value)
		}
	}
	return c.sent(ctx, doing, func(ctx context.Context) error {
		_, err := c.in(r.Region).CreateDBInstanceReadReplica(ctx, in)
		return err
	})
}

// Halt stops an instance. AWS starts it again after seven days.
func (c *Client) Halt(ctx context.Context, t rds.Target) error {
	if _, err := c.is(ctx, t); err != nil {
		return fmt.Errorf("stopping %s: %w", t.ID, err)
	}
	return c.sent(ctx, "stopping "+t.ID, func(ctx context.Context) error {
		_, err := c.in(t.Region).StopDBInstance(ctx, &service.StopDBInstanceInput{DBInstanceIdentifier: &t.ID})
		return err
	})
}
