package rds

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"switchyard/backend/mysql"
	"switchyard/model"
)

func fault(kind error, format string, a ...any) error {
	return &model.Fault{Kind: kind, Says: model.Clean(fmt.Sprintf(format, a...))}
}

// Codes by which AWS says who it does not know, and what they may not do. Each service has its own spelling.
var (
	refusedCodes = []string{
		"AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId",
		"InvalidSignatureException", "MissingAuthenticationToken", "RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException",
	}
	deniedCodes = []string{"AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired", "UnauthorizedOperation"}
)

// FaultOf says what a call to AWS met, with its kind and without AWS's request ids.
func FaultOf(doing string, err error) error {
	var f *model.Fault
	if errors.As(err, &f) {
		return f
	}
	var api smithy.APIError
	switch {
	case throttles.IsErrorThrottle(err) == aws.TrueTernary:
		return fault(model.ErrThrottled, "%s: throttled, retrying", doing)
	case errors.As(err, &api):
		return faultOfCode(doing, api)
	}
	if says, kind := netKind(err); kind != nil {
		return fault(kind, "%s: %s", doing, says)
	}
	if strings.Contains(err.Error(), "get credentials") || strings.Contains(err.Error(), "refresh cached credentials") {
		return fault(model.ErrRefused, "%s: there are no AWS credentials", doing)
	}
	return fault(model.ErrAnswer, "%s: %v", doing, err)
}

func faultOfCode(doing string, api smithy.APIError) error {
	code, says := api.ErrorCode(), api.ErrorMessage()
	var kind error
	switch {
	case slices.Contains(refusedCodes, code):
		kind = model.ErrRefused
	case slices.Contains(deniedCodes, code):
		kind = model.ErrNotAllowed
	case strings.Contains(code, "NotFound"):
		kind = model.ErrNone
	default:
		kind = model.ErrAnswer
	}
	return fault(kind, "%s: %s: %s", doing, code, strings.TrimSuffix(says, ".")) // the code first: it is what fits into a pane
}

// netKind is what is wrong with a connection; nil when it is something else.
func netKind(err error) (says string, kind error) {
	var canceled *aws.RequestCanceledError
	if errors.As(err, &canceled) {
		return "no answer in time", model.ErrTimeout
	}
	return mysql.Wire(err)
}
