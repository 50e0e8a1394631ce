package feed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"switchyard/model"
)

// Before is a Director that was there before a disaster: nothing is asked of it but whether anybody listens where it did.
type Before struct {
	Source  model.Source
	Address string // host:port
}

const beforeLimit = 5 * time.Second

// read dials it. Only where the dial is refused, or the host is not reached, nobody is there: who is silent may be slow, or cut off from
// here.
func (b Before) read(ctx context.Context) (string, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", b.Address)
	switch {
	case err == nil:
		_ = conn.Close()
		return "listens", nil
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH):
		return "", fmt.Errorf("dialing %s: %w: %w", b.Source.Name, model.ErrUnreachable, err)
	}
	return "", fmt.Errorf("dialing %s: %w", b.Source.Name, err)
}
