package feed

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// TestWhatTheCatalogsSaidFirstIsShownAtOnce has a feed tell little of a window that is being read, and at once that it was.
func TestWhatTheCatalogsSaidFirstIsShownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, heard := testFeed(t), make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		go f.publish(ctx, heard)
		synctest.Wait()
		says := func(why string) {
			f.tell(func(b *board.Board) { b.Source(board.Sighting{Source: model.CatalogOf(model.Blue), Why: why}) })
			synctest.Wait()
		}
		shown := func(after time.Duration, beat uint64) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if is, err := f.Next(ctx, 0); err != nil || is.Beat != beat {
				t.Fatalf("beat %d is shown, %v; want %d", is.Beat, err, beat)
			}
		}
		says("a part of its window")
		shown(publishAtStart-time.Millisecond, 1)
		close(heard)
		shown(0, 2)
		says("news")
		shown(publishAtMost-time.Millisecond, 2)
		shown(2*time.Millisecond, 3)
	})
}
