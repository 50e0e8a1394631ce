package rds

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

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
	var (
		cert *tls.CertificateVerificationError
		host x509.HostnameError
		ca   x509.UnknownAuthorityError
		date x509.CertificateInvalidError
		wire tls.RecordHeaderError
		name *net.DNSError
		op   *net.OpError
		slow net.Error
	)
	var canceled *aws.RequestCanceledError
	switch {
	case errors.As(err, &cert), errors.As(err, &host), errors.As(err, &ca), errors.As(err, &date), errors.As(err, &wire):
		return err.Error(), model.ErrUntrusted
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout(), errors.As(err, &canceled):
		return "no answer in time", model.ErrTimeout
	case errors.As(err, &name):
		return name.Err, model.ErrUnreachable
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", model.ErrUnreachable
	case errors.As(err, &op):
		return op.Err.Error(), model.ErrUnreachable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection broke", model.ErrUnreachable
	}
	return "", nil
}
