package mysql

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
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"switchyard/model"
)

func fault(kind error, format string, a ...any) error {
	return &model.Fault{Kind: kind, Says: model.Clean(fmt.Sprintf(format, a...))}
}

// FaultOf says what was being done when something was met, with its kind. What says so already is not told twice.
func FaultOf(doing string, err error) error {
	if err == nil {
		return nil
	}
	var f *model.Fault
	if errors.As(err, &f) {
		return fault(f.Kind, "%s: %s", doing, strings.TrimPrefix(err.Error(), doing+": "))
	}
	says, kind := kindOf(err)
	return fault(kind, "%s: %s", doing, says)
}

// Number is the server's number of an error; 0 when it is none of a server's.
func Number(err error) uint16 {
	var m *mysql.MySQLError
	if errors.As(err, &m) {
		return m.Number
	}
	return 0
}

// Denied tells whether a server denies an account what it asks: for a schema, a table, a column, a privilege or a routine.
func Denied(err error) bool {
	n := Number(err)
	return n == 1044 || kinds[n] == model.ErrNotAllowed
}

// Says is what a server said with an error, and its number; empty when it is none of a server's.
func Says(err error) string {
	var m *mysql.MySQLError
	if errors.As(err, &m) {
		return fmt.Sprintf("%s (error %d)", m.Message, m.Number)
	}
	return ""
}

// Broke tells whether the connection was lost: it may have died since it was last used.
func Broke(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn)
}

// kinds are the server's own error numbers, of MySQL and MariaDB.
var kinds = map[uint16]error{
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
	if n := Number(err); n != 0 {
		if kind = kinds[n]; kind == nil {
			kind = model.ErrAnswer
		}
		return Says(err), kind
	}
	if says, kind := Wire(err); kind != nil {
		return says, kind
	}
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		return err.Error(), model.ErrUntrusted
	case Broke(err):
		return broke, model.ErrUnreachable
	case errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrNativePassword), errors.Is(err, mysql.ErrOldPassword),
		errors.Is(err, mysql.ErrUnknownPlugin):
		return err.Error(), model.ErrRefused
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrPktSyncMul),
		errors.Is(err, mysql.ErrPktTooLarge), errors.Is(err, mysql.ErrOldProtocol):
		return err.Error(), model.ErrAnswer
	}
	return err.Error(), nil
}

const broke = "the connection broke"

// Wire is what is wrong with a connection, whatever is spoken over it; a nil kind when it is something else.
func Wire(err error) (says string, kind error) {
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
	case errors.As(err, &cert), errors.As(err, &host), errors.As(err, &ca), errors.As(err, &date), errors.As(err, &wire):
		return err.Error(), model.ErrUntrusted
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "no answer in time", model.ErrTimeout
	case errors.As(err, &name):
		return name.Err, model.ErrUnreachable
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", model.ErrUnreachable
	case errors.As(err, &addr):
		return addr.Err.Error(), model.ErrUnreachable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return broke, model.ErrUnreachable
	}
	return "", nil
}
