package feed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

func testInventory(t *testing.T) *model.Inventory {
	t.Helper()
	inv, err := model.NewInventory([]model.Placement{{Cell: model.Cell{Chain: "chain1", Region: "region1"}, Promise: 26 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func testFeed(t *testing.T) *Feed {
	t.Helper()
	policy := model.DefaultPolicy()
	return New(board.New("test", "", testInventory(t), policy, [2]*time.Location{time.UTC, time.UTC}), policy, [2]*Cluster{}, nil, nil)
}

// start runs the publisher and the pollers until the test ends.
func start(t *testing.T, f *Feed, pollers ...*poller) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, len(pollers)+1)
	go func() { f.publish(ctx, nil); done <- struct{}{} }()
	for _, p := range pollers {
		f.tell(func(b *board.Board) { b.Source(p.seen) })
		go func() { f.run(ctx, p); done <- struct{}{} }()
	}
	t.Cleanup(func() {
		cancel()
		for range len(pollers) + 1 {
			<-done
		}
	})
}

// until follows the feed until a snapshot shows what is wanted.
func until(t *testing.T, f *Feed, what string, ok func(*board.Snapshot) bool) *board.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for beat := uint64(0); ; {
		s, err := f.Next(ctx, beat)
		if err != nil {
			t.Fatalf("never seen: %s", what)
		}
		if ok(s) {
			return s
		}
		beat = s.Beat
	}
}

func source(s *board.Snapshot, name string) board.Sighting {
	for _, o := range s.Seen {
		if o.Source.String() == name {
			return o
		}
	}
	return board.Sighting{}
}

func TestADeadSourceAgesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		var broken atomic.Bool
		broken.Store(true)
		var asked atomic.Int32
		bad := &poller{
			seen:  board.Sighting{Source: model.CatalogOf(model.Blue), Every: time.Second, Gates: true},
			limit: 2 * time.Second,
			read: func(ctx context.Context) (string, error) {
				if broken.Load() {
					<-ctx.Done() // hung
					return "", fmt.Errorf("asking \x1b[2Jdb1: %w", ctx.Err())
				}
				return "db1", nil
			},
		}
		good := &poller{
			seen:  board.Sighting{Source: model.CatalogOf(model.Green), Every: time.Second, Gates: true},
			limit: 2 * time.Second,
			read: func(context.Context) (string, error) {
				asked.Add(1)
				return "db2", nil
			},
		}
		start(t, f, bad, good)
		s := until(t, f, "the hung source with its reason", func(s *board.Snapshot) bool { return source(s, "blue catalog").Why != "" })
		if why := source(s, "blue catalog").Why; !strings.Contains(why, "asking db1") || strings.ContainsRune(why, 0x1b) {
			t.Errorf("its reason is %q", why)
		}
		before := asked.Load()
		time.Sleep(20 * time.Second) // of the bubble's clock
		if n := asked.Load() - before; n < 18 {
			t.Errorf("the good source was asked %d times in 20 s", n)
		}
		s = until(t, f, "both", func(*board.Snapshot) bool { return true })
		if got := source(s, "blue catalog").Freshness(s.At); got != board.Never {
			t.Errorf("it never answered, but is %v", got)
		}
		if got := source(s, "green catalog").Freshness(s.At); got != board.Live {
			t.Errorf("the good one is %v", got)
		}
		broken.Store(false)
		healed := time.Now()
		s = until(t, f, "the healed source", func(s *board.Snapshot) bool { return source(s, "blue catalog").Why == "" })
		if took := time.Since(healed); took > 2*time.Second+longest+time.Second {
			t.Errorf("healing was seen after %v", took)
		}
		if o := source(s, "blue catalog"); !o.Since.IsZero() || o.Detail != "db1" {
			t.Errorf("healed: %+v", o)
		}
		said := []string{}
		for _, e := range s.Events {
			said = append(said, e.Says)
		}
		if len(said) != 2 || !strings.Contains(said[0], "does not answer") || !strings.Contains(said[1], "answers") {
			t.Errorf("events: %q", said)
		}
	})
}

// TestSilenceIsToldEarly tells within five seconds that a source which was quick does not answer yet, whatever its limit and rhythm; as an
// event only what the answer was in the end.
func TestSilenceIsToldEarly(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 4 * time.Second} {
		for name, ends := range map[string]error{"it answers after all": nil, "it does not": errors.New("it broke")} {
			t.Run(fmt.Sprint(every, " ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := testFeed(t)
					var hangs, long atomic.Bool
					start(
						t,
						f,
						&poller{
							seen:  board.Sighting{Source: model.CatalogOf(model.Blue), Every: every, Gates: true},
							limit: 8 * time.Second,
							long:  long.Load,
							read: func(context.Context) (string, error) {
								if !hangs.Load() {
									return "db1", nil
								}
								time.Sleep(7 * time.Second)
								return "db1", ends
							},
						},
					)
					until(t, f, "an answer", func(s *board.Snapshot) bool { return !source(s, "blue catalog").At.IsZero() })
					hangs.Store(true)
					began := time.Now()
					s := until(t, f, "that there is none yet", func(s *board.Snapshot) bool { return source(s, "blue catalog").Early })
					if took := time.Since(
						began,
					); took > 5*time.Second+publishAtLeast ||
						!strings.Contains(source(s, "blue catalog").Why, "no answer yet") {
						t.Errorf("told after %v: %+v", took, source(s, "blue catalog"))
					}
					before := len(s.Events)
					s = until(t, f, "what came of it", func(s *board.Snapshot) bool { return !source(s, "blue catalog").Early })
					if says := source(
						s,
						"blue catalog",
					).Why; (says == "") != (ends == nil) ||
						len(s.Events) != before+map[bool]int{true: 0, false: 1}[ends == nil] {
						t.Errorf("%q, and events %v", says, s.Events[before:])
					}
					hangs.Store(false)
					until(t, f, "that it is well", func(s *board.Snapshot) bool {
						return source(s, "blue catalog").Why == "" && source(s, "blue catalog").Took < time.Second
					})
					long.Store(true) // what may take long is not told
					hangs.Store(true)
					time.Sleep(every + 3*time.Second)
					s = until(t, f, "now", func(*board.Snapshot) bool { return true })
					if source(s, "blue catalog").Early {
						t.Error("a long question is told as silence")
					}
					hangs.Store(false)
				})
			})
		}
	}
}

// TestADirectorThatIsMute tells what it may be, as soon as that it does not answer: a Director says after five seconds that a password
// is wrong, and one that hangs never does.
func TestADirectorThatIsMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		var wrong, mute atomic.Bool
		start(t, f, &poller{
			seen:  board.Sighting{Source: model.DirectorOf(model.Blue, "dir-old"), Every: 3 * time.Second, Gates: true},
			limit: 8 * time.Second,
			mute:  mute.Load,
			read: func(context.Context) (string, error) {
				if !wrong.Load() {
					return "9.6.7", nil
				}
				time.Sleep(time.Second)
				mute.Store(true)
				time.Sleep(4 * time.Second)
				mute.Store(false)
				return "", fmt.Errorf("director: %w", model.ErrRefused)
			},
		})
		const dir = "blue director dir-old"
		until(t, f, "an answer", func(s *board.Snapshot) bool { return !source(s, dir).At.IsZero() })
		wrong.Store(true)
		began := time.Now()
		s := until(t, f, "that it is mute", func(s *board.Snapshot) bool { return source(s, dir).Early })
		o := source(s, dir)
		if took := time.Since(began); took > 5*time.Second || !o.Mute || !strings.HasPrefix(o.Why, "hung, slow, or wrong password; ") {
			t.Errorf("told after %v: %+v", took, o)
		}
		if do := o.Remedy(); !strings.HasPrefix(do, "see bacula-dir's log: ") {
			t.Errorf("to do: %q", do)
		}
		s = until(t, f, "which of both it is", func(s *board.Snapshot) bool { return !source(s, dir).Early })
		if o := source(s, dir); o.Mute || o.Trouble != model.TroubleRefused || !strings.Contains(o.Remedy(), "credentials") {
			t.Errorf("in the end: %+v", o)
		}
	})
}

func TestAPanicIsAnErrorOfItsSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		start(
			t,
			f,
			&poller{
				seen:  board.Sighting{Source: model.CatalogOf(model.Blue), Every: time.Second},
				limit: time.Second,
				read: func(context.Context) (string, error) {
					panic("a reader's own mistake")
				},
			},
		)
		s := until(t, f, "the panic", func(s *board.Snapshot) bool { return source(s, "blue catalog").Why != "" })
		if why := source(s, "blue catalog").Why; !strings.Contains(why, "internal error") {
			t.Errorf("%q", why)
		}
	})
}

func TestNothingToAskIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		start(
			t,
			f,
			&poller{
				seen:  board.Sighting{Source: model.StoragesOf(model.Blue), Every: time.Second},
				limit: time.Second,
				read:  func(context.Context) (string, error) { return "", errIdle },
			},
		)
		time.Sleep(time.Minute)
		s := until(t, f, "a snapshot", func(*board.Snapshot) bool { return true })
		if o := source(s, "blue storages"); o.Freshness(s.At) != board.Live || o.Why != "" {
			t.Errorf("%+v", o)
		}
	})
}

func TestAKickDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		kick := kicker()
		var asked atomic.Int32
		start(
			t,
			f,
			&poller{
				seen:  board.Sighting{Source: model.StoragesOf(model.Blue), Every: time.Hour},
				limit: time.Second,
				kick:  kick,
				read: func(context.Context) (string, error) {
					asked.Add(1)
					return "", nil
				},
			},
		)
		synctest.Wait()
		for range 3 {
			kick.kick()
		}
		synctest.Wait()
		if n := asked.Load(); n < 2 || n > 3 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A person who started a job waits for its first bytes: its client is asked when it runs, and not when the next look is due.
func TestAClientIsAskedWhenItsJobRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tpl, err := model.ParseNameTemplate("{chain}-{region}-{kind}")
		if err != nil {
			t.Fatal(err)
		}
		names, err := model.BindNames(testInventory(t), tpl, model.NameTemplate{})
		if err != nil {
			t.Fatal(err)
		}
		var looks atomic.Int32
		asks := 0
		s := &directors{Feed: testFeed(t), of: &Cluster{Names: names}, onRun: func() { asks++ }, again: func() { looks.Add(1) }}
		job := model.Job{Key: model.JobKey{Job: "nightly.2026-11-28_02.00.00_03"}, Sched: time.Now(), Outcome: model.Waiting}
		look := func() { s.active(&bacula.DirectorSight{At: time.Now(), Running: []model.Job{job}}, nil) }
		look()
		look()
		time.Sleep(hurry(1))
		if synctest.Wait(); looks.Load() != 2 || asks != 0 {
			t.Errorf("a job that waits was looked at again %d times, and its client asked %d times", looks.Load(), asks)
		}
		job.Outcome = model.Running
		look()
		look()
		if asks != 1 {
			t.Errorf("the client of a job that began to run was asked %d times", asks)
		}
		time.Sleep(time.Minute)
		if synctest.Wait(); looks.Load() != 2 {
			t.Errorf("a job that runs was looked at again %d times", looks.Load()-2)
		}
	})
}

func TestNextKeepsTheNewestAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		start(t, f)
		first := until(t, f, "a snapshot", func(*board.Snapshot) bool { return true })
		time.Sleep(10 * time.Second)
		s, err := f.Next(t.Context(), first.Beat)
		if err != nil || s.Beat < first.Beat+5 {
			t.Errorf("a slow reader got beat %d after %d, %v", s.Beat, first.Beat, err)
		}
		if s.Rev != first.Rev {
			t.Errorf("nothing happened, and rev went from %d to %d", first.Rev, s.Rev)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := f.Next(ctx, s.Beat+100); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestIntervalBacksOffAndIsBounded(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second, 10 * time.Minute} {
		p := &poller{seen: board.Sighting{Every: every}}
		for failures := range 50 {
			d := p.interval(failures)
			if d < min(every, longest)*9/10 || d > max(every, longest) || failures == 1 && d > longest || failures == 0 && d != every ||
				failures > 20 && d < every*9/10 {
				t.Fatalf("every %v after %d failures waits %v", every, failures, d)
			}
		}
	}
}
