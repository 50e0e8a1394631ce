package feed

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

var (
	dead  = model.Source{Kind: model.SourceInstance, Name: "primary"}
	alive = model.CatalogOf(model.Blue)
)

// onDemand serves two sources: one that answers, and one that does not until its context ends. It counts how often each was asked.
func onDemand(t *testing.T) (f *Feed, asked map[model.Source]*atomic.Int32) {
	t.Helper()
	f = testFeed(t).OnDemand()
	asked = map[model.Source]*atomic.Int32{dead: {}, alive: {}}
	for of, n := range asked {
		p := &poller{seen: board.Sighting{Source: of, Every: time.Second}, read: func(ctx context.Context) (string, error) {
			n.Add(1)
			if of == dead {
				<-ctx.Done()
				return "", ctx.Err()
			}
			return "", nil
		}}
		f.tell(func(b *board.Board) { b.Source(p.seen) })
		f.asked.of = append(f.asked.of, &question{poller: p, want: kicker()})
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { f.serve(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return f, asked
}

func TestOnlyWhatIsNeededIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, asked := onDemand(t)
		for n := range int32(3) {
			began := time.Now()
			s, err := f.Fresh(t.Context(), []model.Source{alive}, nil, Wait{Must: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			if v := s.Source(alive); v.Why != "" || v.At.Before(began) {
				t.Errorf("what was needed is not fresh: %+v", v)
			}
			if asked[dead].Load() != 0 || asked[alive].Load() != n+1 {
				t.Errorf("asked %d times what nobody needs, %d times what is needed", asked[dead].Load(), asked[alive].Load())
			}
			time.Sleep(time.Minute) // nobody wants to know anything
			synctest.Wait()
		}
	})
}

// TestWhatIsAskedOnceMoreIsHeard: a source that has answered, and is asked again because another is slow, is not silent meanwhile.
func TestWhatIsAskedOnceMoreIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, slow := testFeed(t).OnDemand(), model.CatalogOf(model.Green)
		var times atomic.Int32
		for _, of := range []model.Source{slow, alive} {
			p := &poller{seen: board.Sighting{Source: of, Every: time.Minute}, read: func(context.Context) (string, error) {
				if of == slow || times.Add(1) > 1 {
					time.Sleep(5 * time.Second)
				}
				return "", nil
			}}
			f.tell(func(b *board.Board) { b.Source(p.seen) })
			f.asked.of = append(f.asked.of, &question{poller: p, want: kicker()})
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.serve(ctx); close(done) }()
		s, err := f.Fresh(t.Context(), []model.Source{alive, slow}, nil, Wait{Must: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range []model.Source{alive, slow} {
			if v := s.Source(of); v.Why != "" {
				t.Errorf("%s: %s", of, v.Why)
			}
		}
		if times.Load() < 2 {
			t.Error("it was not asked once more")
		}
		cancel()
		<-done
	})
}

func TestWhatMayBeSilentIsWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := onDemand(t)
		for _, want := range []time.Duration{time.Second, 0} {
			began := time.Now()
			s, err := f.Fresh(t.Context(), []model.Source{alive}, []model.Source{dead}, Wait{Must: time.Hour, May: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != want {
				t.Errorf("waited %v, want %v", took, want)
			}
			if s.Source(dead).Why == "" || s.Source(alive).Why != "" {
				t.Error("who did not answer is not told")
			}
		}
	})
}

// TestOldReadingsAreNotFresh lets a source fall silent after it has answered: its old answer must not pass for a new one.
func TestOldReadingsAreNotFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := onDemand(t)
		hang := atomic.Bool{}
		for _, q := range f.asked.of {
			if read := q.read; q.among([]model.Source{alive}) {
				q.read = func(ctx context.Context) (string, error) {
					if hang.Load() {
						<-ctx.Done()
						return "", ctx.Err()
					}
					return read(ctx)
				}
			}
		}
		for _, silent := range []bool{false, true} {
			hang.Store(silent)
			time.Sleep(time.Millisecond) // else both are asked in one moment
			s, err := f.Fresh(t.Context(), []model.Source{alive}, nil, Wait{Must: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Source(alive).Why != ""; got != silent {
				t.Errorf("silent %v, told %v", silent, got)
			}
		}
	})
}

// TestASlowSourceMakesNothingStale lets one source take long: the other is asked again meanwhile.
func TestASlowSourceMakesNothingStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := onDemand(t)
		for _, q := range f.asked.of {
			if q.among([]model.Source{dead}) {
				q.read = func(context.Context) (string, error) { time.Sleep(7 * time.Second); return "", nil }
			}
		}
		s, err := f.Fresh(t.Context(), []model.Source{alive, dead}, nil, Wait{Must: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range []model.Source{alive, dead} {
			if v := s.Source(of); v.Why != "" || v.Freshness(s.At) != board.Live {
				t.Errorf("%s: %+v", of, v)
			}
		}
	})
}
