// Package trial asks AWS for changes that can change nothing, to prove who is denied them and who is not.
package trial

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"

	"switchyard/backend/rds"
	"switchyard/model"
)

// Nobody is the identifier of no instance, and of no parameter group.
const Nobody = "switchyard-doctor-asks"

const limit = 8 * time.Second

// Change is one change that AWS is asked for.
type Change struct {
	Name string // as IAM calls it
	ask  func(context.Context, *service.Client) error
}

// Reboot is what a watcher must be denied.
var Reboot = Change{"rds:RebootDBInstance", func(ctx context.Context, c *service.Client) error {
	_, err := c.RebootDBInstance(ctx, &service.RebootDBInstanceInput{DBInstanceIdentifier: aws.String(Nobody)})
	return err
}}

// Failovers are the changes that the failovers and what follows them need. Each names nobody, and would change nothing of it.
var Failovers = []Change{
	Reboot,
	{"rds:PromoteReadReplica", func(ctx context.Context, c *service.Client) error {
		_, err := c.PromoteReadReplica(ctx, &service.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String(Nobody)})
		return err
	}},
	{"rds:ModifyDBInstance", func(ctx context.Context, c *service.Client) error {
		_, err := c.ModifyDBInstance(ctx, &service.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(Nobody)})
		return err
	}},
	{"rds:ModifyDBParameterGroup", func(ctx context.Context, c *service.Client) error {
		_, err := c.ModifyDBParameterGroup(ctx, &service.ModifyDBParameterGroupInput{DBParameterGroupName: aws.String(Nobody),
			Parameters: []types.Parameter{{ParameterName: aws.String("read_only"), ParameterValue: aws.String("{TrueIfReplica}"),
				ApplyMethod: types.ApplyMethodPendingReboot}}})
		return err
	}},
	{"rds:StopDBInstance", func(ctx context.Context, c *service.Client) error {
		_, err := c.StopDBInstance(ctx, &service.StopDBInstanceInput{DBInstanceIdentifier: aws.String(Nobody)})
		return err
	}},
	{"rds:CreateDBInstanceReadReplica", func(ctx context.Context, c *service.Client) error {
		_, err := c.CreateDBInstanceReadReplica(ctx, &service.CreateDBInstanceReadReplicaInput{DBInstanceIdentifier: aws.String(Nobody),
			SourceDBInstanceIdentifier: aws.String(Nobody)})
		return err
	}},
}

// Try asks once for a change of Nobody in an AWS region: Fails when the identity of cfg is denied that, Holds when AWS looked for it, so
// that others may be changed, and Unknown with the reason when AWS said something else. The text is what AWS said.
func (c Change) Try(ctx context.Context, cfg aws.Config, region string) (model.Verdict, string) {
	cfg.Region = region
	client := service.NewFromConfig(cfg, func(o *service.Options) { o.Retryer = aws.NopRetryer{} })
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := c.ask(ctx, client)
	if err == nil {
		return model.Holds, Nobody + " is there, and AWS takes it"
	}
	says := rds.FaultOf("ask for "+c.Name+" of "+Nobody+" in "+region, err).Error()
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
			return model.Fails, says
		case "DBInstanceNotFound", "DBInstanceNotFoundFault", "DBParameterGroupNotFound", "DBParameterGroupNotFoundFault":
			return model.Holds, says
		}
	}
	return model.Unknown, says
}
