// Package journal appends to and reads the numbered records of a directory or an S3 bucket.
package journal

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Store keeps numbered records for ever. It never looks into them.
type Store interface {
	// Create stores b under a number that nobody has used: ErrTaken when somebody has, ErrUnsure when b may yet turn up there,
	// ErrAgain when the same call may be repeated, ErrNotDurable when b is there but could be lost with the machine's power.
	// With any other error nothing was stored.
	Create(ctx context.Context, seq int64, b []byte) error
	// Read returns what is stored under the number: ErrNone when it was never used.
	Read(ctx context.Context, seq int64) ([]byte, error)
}

// lister is a store that can tell the highest number from a given one on that is used; 0 when there is none.
type lister interface {
	Last(ctx context.Context, from int64) (int64, error)
}

// probeSeq is the number under which probes are stored; records start at 1.
const probeSeq = 0

// Probe proves that the store refuses a second record of the same number, without which two runners could both believe that
// they were first. It leaves one small object for ever: nothing is ever deleted from a journal. The error is ErrNoCondition.
func Probe(ctx context.Context, s Store) error {
	created := 0
	var err error
	for range probeTries {
		last := []byte(`{"probe":"` + NewID() + "\"}\n")
		err = s.Create(ctx, probeSeq, last)
		switch {
		case err == nil:
			created++
		case errors.Is(err, record.ErrTaken):
			return proveKept(ctx, s, last)
		case !errors.Is(err, record.ErrUnsure) && !errors.Is(err, record.ErrAgain):
			return fmt.Errorf("probing %v: %w", s, err)
		}
		if created == 2 {
			return fmt.Errorf("probing %v: %w: nothing may act on it", s, record.ErrNoCondition)
		}
	}
	return fmt.Errorf("probing %v: %w", s, err)
}

const probeTries = 4

// proveKept looks whether a refusal was one: the probe that is stored is not the one that was refused.
func proveKept(ctx context.Context, s Store, refused []byte) error {
	kept, err := s.Read(ctx, probeSeq)
	switch {
	case errors.Is(err, model.ErrNone):
		return fmt.Errorf("probing %v: %w: it refused one and has none", s, record.ErrNoCondition)
	case err != nil:
		return fmt.Errorf("probing %v: %w", s, err)
	case bytes.Equal(kept, refused):
		return fmt.Errorf("probing %v: %w: it said that it refused one and kept it", s, record.ErrNoCondition)
	case !bytes.HasPrefix(kept, []byte(`{"probe":`)):
		return fmt.Errorf("probing %v: %w: number %d holds something else than a probe", s, record.ErrNoCondition, probeSeq)
	}
	return nil
}

// NewID is a random id: 128 bits in hex.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// pause waits a little longer each time, or until ctx ends.
func pause(ctx context.Context, try int) error {
	t := time.NewTimer(min(10*time.Millisecond<<min(try, 10), time.Second))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
