package journal

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"switchyard/model"
	"switchyard/model/record"
)

// MayAppend tells whether the identity that this process runs as may append, without appending: a directory is asked about, and of any
// other store the first record is asked for once more, byte for byte, so that even a store without conditions would keep what it has.
// The error is ErrNone when there is no record, and ErrNoCondition when the store took one that is there.
func MayAppend(ctx context.Context, s Store) (bool, error) {
	if d, ok := s.(*Dir); ok {
		return d.mayAppend(ctx)
	}
	first, err := s.Read(ctx, 1)
	if err != nil {
		return false, fmt.Errorf("asking whether %v takes records: %w", s, err)
	}
	switch err = s.Create(ctx, 1, first); {
	case errors.Is(err, record.ErrTaken):
		return true, nil
	case err == nil:
		return true, fmt.Errorf("asking whether %v takes records: %w: nothing may act on it", s, record.ErrNoCondition)
	case errors.Is(err, model.ErrNotAllowed):
		return false, nil
	}
	return false, fmt.Errorf("asking whether %v takes records: %w", s, err)
}

// mayWrite is access(2)'s W_OK and X_OK: to make a file in a directory takes both.
const mayWrite = 2 | 1

func (d *Dir) mayAppend(ctx context.Context) (bool, error) {
	may, err := call(ctx, d, func() (bool, error) {
		err := syscall.Access(d.path, mayWrite)
		if errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EROFS) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return false, fmt.Errorf("asking whether %v takes records: %w", d, err)
	}
	return may, nil
}
