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

// TestTheClustersAreAskedFirst has a session start no console of a standby beside those that its panes wait for, and none wait for a
// catalog that hangs.
func TestTheClustersAreAskedFirst(t *testing.T) {
	passive := &poller{seen: board.Sighting{Source: model.PassiveOf(model.Blue, "dir-old2", "dir-old")}}
	for name, c := range map[string]struct {
		p     *poller
		paced bool
		heard time.Duration
		want  time.Duration
	}{
		"a catalog": {&poller{seen: board.Sighting{Source: model.CatalogOf(model.Blue), Gates: true}}, true, time.Minute,
			0},
		"the journal":                     {&poller{seen: board.Sighting{Source: model.Journal}}, true, time.Minute, 0},
		"a standby":                       {passive, true, 100 * time.Millisecond, 100 * time.Millisecond},
		"a standby while a catalog hangs": {passive, true, time.Minute, leading},
		"a standby of one look":           {passive, false, time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, heard, began := testFeed(t), make(chan struct{}), time.Now()
				f.paced = c.paced
				say := time.AfterFunc(c.heard, func() { close(heard) })
				defer say.Stop()
				if f.turn(t.Context(), c.p, heard); time.Since(began) != c.want {
					t.Errorf("asked after %v, want %v", time.Since(began), c.want)
				}
			})
		})
	}
}
