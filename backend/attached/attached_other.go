//go:build !linux

package attached

import (
	"errors"
	"io"
)

func hold(string) (release func(), err error) { return nil, errors.ErrUnsupported }

func table() (io.ReadCloser, error) { return nil, errors.ErrUnsupported }
