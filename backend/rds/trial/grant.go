package trial

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"switchyard/backend/rds"
	"switchyard/model"
)

// Grant asks KMS, as who acts, whether a grant on the key of an instance would be made, in a request that makes none (DryRun), for what RDS
// does with it: a new replica of an encrypted instance needs one. Holds when KMS would make it. A denial is Unknown: a policy that allows
// grants to services of AWS alone (kms:GrantIsForAWSResource) denies this one, and lets RDS have its own. A key that cannot be used Fails.
// The text is what KMS said.
func Grant(ctx context.Context, cfg aws.Config, key string) (model.Verdict, string) {
	of, err := arn.Parse(key)
	if err != nil {
		return model.Unknown, fmt.Sprintf("%s is no ARN of a key", model.Clean(key))
	}
	cfg.Region = of.Region
	client := kms.NewFromConfig(cfg, func(o *kms.Options) { o.Retryer = aws.NopRetryer{} })
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	owner := arn.ARN{Partition: of.Partition, Service: "iam", AccountID: of.AccountID, Resource: "root"}
	_, err = client.CreateGrant(ctx, &kms.CreateGrantInput{KeyId: aws.String(key), GranteePrincipal: aws.String(owner.String()),
		Operations: []types.GrantOperation{
			types.GrantOperationEncrypt,
			types.GrantOperationDecrypt,
			types.GrantOperationGenerateDataKeyWithoutPlaintext,
			types.GrantOperationReEncryptFrom,
			types.GrantOperationReEncryptTo,
			types.GrantOperationCreateGrant,
			types.GrantOperationDescribeKey,
			types.GrantOperationRetireGrant,
		},
		DryRun: aws.Bool(true)})
	if err == nil {
		return model.Fails, "it made a grant, and was told to make none: retire it"
	}
	says := rds.FaultOf("ask for kms:CreateGrant on "+key, err).Error()
	var would *types.DryRunOperationException
	var api smithy.APIError
	switch {
	case errors.As(err, &would):
		return model.Holds, says
	case errors.As(err, &api):
		switch api.ErrorCode() {
		case "DisabledException", "KMSInvalidStateException", "NotFoundException":
			return model.Fails, says
		}
	}
	return model.Unknown, says
}
