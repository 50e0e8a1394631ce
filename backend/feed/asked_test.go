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

// TestSilenceThatLastsIsWaitedForShortly: one that was silent for all the time that its question had is asked anew, and waited for as long
// as before when it has answered.
func TestSilenceThatLastsIsWaitedForShortly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := onDemand(t)
		takes := []time.Duration{time.Hour, time.Hour, time.Hour, 100 * time.Millisecond, time.Hour}
		waits := []time.Duration{time.Second, time.Second / 4, time.Second / 4, 100 * time.Millisecond, time.Second}
		var calls atomic.Int32
		for _, q := range f.asked.of {
			if q.among([]model.Source{dead}) {
				q.limit = 8 * time.Second
				q.read = func(ctx context.Context) (string, error) {
					select {
					case <-time.After(takes[calls.Add(1)-1]): // of the bubble's clock
						return "", nil
					case <-ctx.Done():
						return "", ctx.Err()
					}
				}
			}
		}
		for n, want := range waits {
			began := time.Now()
			s, err := f.Fresh(t.Context(), []model.Source{alive}, []model.Source{dead}, Wait{Must: time.Hour, May: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != want || (s.Source(dead).Why == "") != (n == 3) {
				t.Errorf("call %d waited %v, want %v: %+v", n+1, took, want, s.Source(dead))
			}
			time.Sleep(time.Minute) // it is over, or answers after all
			synctest.Wait()
		}
	})
}

// TestWhoWasStoppedIsNotWaitedFor: needed or not, it was stopped by who asks; one that answers all the same is heard.
func TestWhoWasStoppedIsNotWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		why  error
		must bool
	}{
		"one that refuses":          {model.ErrUnreachable, true},
		"one that only contradicts": {model.ErrUnreachable, false},
		"one that answers":          {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, _ := onDemand(t)
				for _, q := range f.asked.of {
					q.read = func(context.Context) (string, error) {
						if q.among([]model.Source{dead}) {
							return "", c.why
						}
						time.Sleep(time.Second) // of the bubble's clock
						return "", nil
					}
				}
				must, may := []model.Source{alive}, []model.Source{dead}
				if c.must {
					must, may = append(must, dead), nil
				}
				began := time.Now()
				s, err := f.Fresh(t.Context(), must, may, Wait{Must: time.Hour, May: time.Hour, Stopped: []model.Source{dead}})
				if err != nil {
					t.Fatal(err)
				}
				if took, heard := time.Since(began), s.Source(dead).Why == ""; took != time.Second || heard != (c.why == nil) {
					t.Errorf("waited %v, heard %v: %+v", took, heard, s.Source(dead))
				}
			})
		})
	}
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

// TestAFailureThatPassesIsNoAnswer: what must be heard is asked again while its failure may pass, and for as long as that is worth.
func TestAFailureThatPassesIsNoAnswer(t *testing.T) {
	const must = 16 * time.Second
	never := 1 << 20
	for name, c := range map[string]struct {
		kind  error
		fails int           // so many answers fail, each after takes
		takes time.Duration // of one that fails
		waits [2]time.Duration
		good  [2]bool
		may   bool // it would only contradict
	}{
		"a link that broke once": {model.ErrUnreachable, 1, 0, [2]time.Duration{250 * time.Millisecond, 0}, [2]bool{true, true}, false},
		"a host that is busy for long": {model.ErrTimeout, 1, 8 * time.Second, [2]time.Duration{8*time.Second + onceMore, 0},
			[2]bool{true, true}, false},
		"a server without room":         {model.ErrBusy, 4, 0, [2]time.Duration{time.Second, 0}, [2]bool{true, true}, false},
		"one that is gone":              {model.ErrUnreachable, never, 0, [2]time.Duration{aMoment, 0}, [2]bool{}, false},
		"one that hangs":                {model.ErrTimeout, never, 8 * time.Second, [2]time.Duration{must, 8 * time.Second}, [2]bool{}, false},
		"credentials that are refused":  {model.ErrRefused, never, 0, [2]time.Duration{}, [2]bool{}, false},
		"a right that is lacking":       {model.ErrNotAllowed, never, 0, [2]time.Duration{}, [2]bool{}, false},
		"another one that answers":      {model.ErrIdentity, never, 0, [2]time.Duration{}, [2]bool{}, false},
		"one that is not needed":        {model.ErrUnreachable, never, 0, [2]time.Duration{}, [2]bool{}, true},
		"one that comes back meanwhile": {model.ErrUnreachable, 8, 0, [2]time.Duration{aMoment, 0}, [2]bool{false, true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, asked := onDemand(t)
				for _, q := range f.asked.of {
					if q.among([]model.Source{dead}) {
						q.read = func(context.Context) (string, error) {
							if n := int(asked[dead].Add(1)); n > c.fails {
								return "", nil
							}
							time.Sleep(c.takes) // of the bubble's clock
							return "", &model.Fault{Kind: c.kind, Says: "no"}
						}
					}
				}
				for n := range 2 {
					began := time.Now()
					needed, other := []model.Source{alive, dead}, []model.Source(nil)
					if c.may {
						needed, other = needed[:1], needed[1:]
					}
					s, err := f.Fresh(t.Context(), needed, other, Wait{Must: must, May: time.Second})
					if err != nil {
						t.Fatal(err)
					}
					if took := time.Since(began); took != c.waits[n] {
						t.Errorf("call %d waited %v, want %v", n+1, took, c.waits[n])
					}
					if v := s.Source(dead); (v.Why == "") != c.good[n] || s.Source(alive).Why != "" || c.good[n] && v.At.Before(began) {
						t.Errorf("call %d: %+v", n+1, v)
					}
					time.Sleep(time.Minute)
					synctest.Wait()
				}
			})
		})
	}
}

// TestAFirstLookTakesAGoodAnswer: of a source that was never heard a failure is told when it counts; later each is told at once.
func TestAFirstLookTakesAGoodAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		kind  error
		fails int
		takes time.Duration
		told  time.Duration // after which anything was told
		why   string
	}{
		"a link that broke once":       {model.ErrUnreachable, 1, 0, onceMore, ""},
		"one that is gone":             {model.ErrUnreachable, 99, 0, onceMore, "no"},
		"a host that is busy":          {model.ErrTimeout, 1, 5 * time.Second, 5*time.Second + onceMore, ""},
		"one that hangs":               {model.ErrTimeout, 99, 8 * time.Second, 8 * time.Second, "no"},
		"credentials that are refused": {model.ErrRefused, 99, 0, 0, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, asked := testFeed(t), 0
				p := &poller{seen: board.Sighting{Source: dead, Every: time.Hour}, alone: true, read: func(context.Context) (string, error) {
					if asked++; asked > c.fails {
						return "", nil
					}
					time.Sleep(c.takes) // of the bubble's clock
					return "", &model.Fault{Kind: c.kind, Says: "no"}
				}}
				f.tell(func(b *board.Board) { b.Source(p.seen) })
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { f.run(ctx, p); close(done) }()
				see := func() (v *board.Sighting) {
					synctest.Wait()
					f.tell(func(b *board.Board) { v = b.Snapshot(model.Now()).Source(dead) })
					return v
				}
				if time.Sleep(c.told - time.Millisecond); c.told > 0 && !see().Tried.IsZero() {
					t.Error("it is told before it counts")
				}
				if time.Sleep(2 * time.Millisecond); see().Tried.IsZero() || see().Why != c.why {
					t.Errorf("%+v", see())
				}
				cancel()
				<-done
			})
		})
	}
}
