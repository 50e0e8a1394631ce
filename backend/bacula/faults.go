package bacula

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"switchyard/model"
)

func fault(kind error, format string, a ...any) error {
	return &model.Fault{Kind: kind, Says: model.Clean(fmt.Sprintf(format, a...))}
}

// faultOf says what was being done when something was met, with its kind.
func faultOf(doing string, err error) error {
	if err == nil {
		return nil
	}
	var f *model.Fault
	if errors.As(err, &f) {
		return fault(f.Kind, "%s: %s", doing, err)
	}
	says, kind := kindOf(err)
	return fault(kind, "%s: %s", doing, says)
}

// serverKinds are the server's own error numbers, of MySQL and MariaDB.
var serverKinds = map[uint16]error{
	1044: model.ErrRefused, 1045: model.ErrRefused, 1698: model.ErrRefused, 1820: model.ErrRefused, 1862: model.ErrRefused,
	3118: model.ErrRefused, 4151: model.ErrRefused, 1251: model.ErrRefused, 1524: model.ErrRefused,
	1142: model.ErrNotAllowed, 1143: model.ErrNotAllowed, 1227: model.ErrNotAllowed, 1370: model.ErrNotAllowed,
	1129: model.ErrRefused, 1130: model.ErrRefused, // this host may not connect
	1040: model.ErrBusy, 1203: model.ErrBusy, 1226: model.ErrBusy,
	1053: model.ErrUnreachable, 1927: model.ErrUnreachable, 3169: model.ErrUnreachable,
	1205: model.ErrTimeout, 1317: model.ErrTimeout, 1969: model.ErrTimeout, 3024: model.ErrTimeout,
	3159: model.ErrUntrusted,
}

func kindOf(err error) (says string, kind error) {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		if kind = serverKinds[server.Number]; kind == nil {
			kind = model.ErrAnswer
		}
		return fmt.Sprintf("%s (error %d)", server.Message, server.Number), kind
	}
	var (
		cert *tls.CertificateVerificationError
		host x509.HostnameError
		ca   x509.UnknownAuthorityError
		date x509.CertificateInvalidError
		wire tls.RecordHeaderError
		addr *net.OpError
		name *net.DNSError
		slow net.Error
	)
	switch {
	case errors.As(err, &cert), errors.As(err, &host), errors.As(err, &ca), errors.As(err, &date), errors.As(err, &wire), errors.Is(err, mysql.ErrNoTLS):
		return err.Error(), model.ErrUntrusted
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "no answer in time", model.ErrTimeout
	case errors.As(err, &name):
		return name.Err, model.ErrUnreachable
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", model.ErrUnreachable
	case errors.As(err, &addr):
		return addr.Err.Error(), model.ErrUnreachable
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection broke", model.ErrUnreachable
	case errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrNativePassword), errors.Is(err, mysql.ErrOldPassword),
		errors.Is(err, mysql.ErrUnknownPlugin):
		return err.Error(), model.ErrRefused
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrPktSyncMul),
		errors.Is(err, mysql.ErrPktTooLarge), errors.Is(err, mysql.ErrOldProtocol):
		return err.Error(), model.ErrAnswer
	}
	return err.Error(), nil
}
