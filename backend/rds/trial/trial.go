// Package trial asks AWS for a change that can change nothing, to prove that who only watches is denied it.
package trial

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/smithy-go"

	"switchyard/backend/rds"
	"switchyard/model"
)

// Nobody is the identifier of no instance.
const Nobody = "switchyard-doctor-asks"

const limit = 8 * time.Second

// Reboot asks once to reboot Nobody in an AWS region: Fails when the identity of cfg is denied that, Holds when AWS looked for the
// instance, so that it may reboot others, and Unknown with the reason when AWS said something else. The text is what AWS said.
func Reboot(ctx context.Context, cfg aws.Config, region string) (model.Verdict, string) {
	cfg.Region = region
	client := service.NewFromConfig(cfg, func(o *service.Options) { o.Retryer = aws.NopRetryer{} })
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err := client.RebootDBInstance(ctx, &service.RebootDBInstanceInput{DBInstanceIdentifier: aws.String(Nobody)})
	if err == nil {
		return model.Holds, Nobody + " is there and reboots"
	}
	says := rds.FaultOf("reboot "+Nobody+" in "+region, err).Error()
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
			return model.Fails, says
		case "DBInstanceNotFound", "DBInstanceNotFoundFault":
			return model.Holds, says
		}
	}
	return model.Unknown, says
}
