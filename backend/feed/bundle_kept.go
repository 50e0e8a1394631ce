package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// keptBundle is where the recovery bundle is kept, and how it is told when it was made.
type keptBundle struct {
	file string
	made func(io.Reader) (time.Time, error)
}

// WatchBundle lets the feed look how old a recovery bundle is. Made reads that from its head.
func (f *Feed) WatchBundle(file string, made func(io.Reader) (time.Time, error)) {
	f.bundle = &keptBundle{file, made}
}

func (k *keptBundle) look() (*model.BundleKept, error) {
	out := &model.BundleKept{At: model.Now(), File: k.file}
	f, err := os.Open(k.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Why = "there is none"
		return out, nil
	case err != nil:
		return nil, err
	}
	defer f.Close()
	if out.Made, err = k.made(f); err != nil {
		out.Why = model.Clean(err.Error())
	}
	return out, nil
}

// bundlePoller looks by itself, as a directory of another host may hang. One such look goes on at a time.
func (f *Feed) bundlePoller(of *keptBundle) *poller {
	type answer struct {
		kept *model.BundleKept
		err  error
	}
	var asked chan answer
	return &poller{
		seen:  board.Sighting{Source: model.Bundle, Every: cardsEvery},
		limit: f.policy.Answer,
		read: func(ctx context.Context) (string, error) {
			if asked == nil {
				asked = make(chan answer, 1)
				go func(to chan<- answer) {
					kept, err := of.look()
					to <- answer{kept, err}
				}(asked)
			}
			select {
			case <-ctx.Done():
				return "", fmt.Errorf("looking at %s: %w", model.Clean(of.file), model.ErrTimeout)
			case a := <-asked:
				if asked = nil; a.err != nil {
					return "", a.err
				}
				f.tell(func(b *board.Board) { b.Bundle(a.kept) })
				return a.kept.Judge(model.Now(), f.policy.BundleAge).Value, nil
			}
		},
	}
}
