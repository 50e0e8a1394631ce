package mysql

import (
	"context"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"pgregory.net/rapid"

	"switchyard/model"
)

// Whatever number a server gives, its words and the number are told, once, and it has a kind.
func TestWhatAServerSaysHasAKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Uint16Range(1, 65535), rapid.SampledFrom(slices.Sorted(maps.Keys(kinds)))).Draw(t, "number")
		err := fmt.Errorf("proof: %w", &mysql.MySQLError{Number: n, Message: "it says\x1b[2J so"})
		got := FaultOf("connect to db", err)
		var f *model.Fault
		if !errors.As(got, &f) || f.Kind == nil || Number(err) != n {
			t.Fatalf("%v has no kind", got)
		}
		if Denied(err) != slices.Contains([]uint16{1044, 1142, 1143, 1227, 1370}, n) {
			t.Fatalf("error %d: denied is %v", n, Denied(err))
		}
		if s := got.Error(); !strings.Contains(s, "(error "+strconv.Itoa(int(n))+")") || strings.ContainsRune(s, 0x1b) {
			t.Fatalf("told as %q", s)
		}
		if again := FaultOf("connect to db", got); again.Error() != got.Error() || !errors.Is(again, f.Kind) {
			t.Fatalf("%q is told again as %q", got, again)
		}
	})
}

func TestKinds(t *testing.T) {
	number := func(n uint16) error { return &mysql.MySQLError{Number: n} }
	for _, c := range []struct {
		err  error
		kind error
	}{
		{number(1045), model.ErrRefused}, {number(1142), model.ErrNotAllowed}, {number(1040), model.ErrBusy},
		{number(3024), model.ErrTimeout}, {number(1969), model.ErrTimeout}, {number(3159), model.ErrUntrusted}, {number(1064), model.ErrAnswer},
		{context.DeadlineExceeded, model.ErrTimeout}, {x509.UnknownAuthorityError{}, model.ErrUntrusted}, {mysql.ErrNoTLS, model.ErrUntrusted},
		{&net.DNSError{Err: "no such host"}, model.ErrUnreachable}, {syscall.ECONNREFUSED, model.ErrUnreachable}, {syscall.ECONNRESET,
			model.ErrUnreachable},
		{io.ErrUnexpectedEOF, model.ErrUnreachable}, {driver.ErrBadConn, model.ErrUnreachable}, {mysql.ErrInvalidConn, model.ErrUnreachable},
		{mysql.ErrUnknownPlugin, model.ErrRefused}, {mysql.ErrMalformPkt, model.ErrAnswer}, {errors.New("file is gone"), nil}, {context.Canceled,
			nil},
	} {
		var f *model.Fault
		if got := FaultOf("ask db", fmt.Errorf("server: %w", c.err)); !errors.As(got, &f) || f.Kind != c.kind {
			t.Errorf("%v is of kind %v, want %v", c.err, f.Kind, c.kind)
		}
	}
	if FaultOf("ask db", nil) != nil {
		t.Error("nothing is an error")
	}
}
