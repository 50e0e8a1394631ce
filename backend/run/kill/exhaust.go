package kill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Scene is an action in a world that lives in a directory: the same directory is the same world, also for another process.
type Scene struct {
	Name string
	Open func(dir string) (Stage, error)
	Long bool // its plan has many steps: but for KILLS=all only a sample of its stories is played
}

// Stage is a world that a runner acts on.
type Stage struct {
	Environment string
	Ask         plan.Ask
	Reasons     map[string]string // for the guards that do not hold in it
	Policy      model.Policy
	Hands       run.Router
	Own         func(*journal.Journal) run.Router // the hands that reach an incarnation's own journal; nil: none does
	First       json.RawMessage                   // routes that the journal begins with
	Fresh       func(context.Context, plan.Needs) (plan.World, error)
	Clock       *Clock // nil: the machine's
	// what others do while the runner sleeps, who are never stopped; nil: nothing
	People func(context.Context, *journal.Journal) error
	Before func(context.Context, *journal.Journal) error // what others did before the plan is made; nil: nothing
	// what the same person asks for afterwards, and after how long; nil: nothing
	Next    func(*record.State) (ask plan.Ask, wait time.Duration, more bool)
	Effects func() (map[string]int, error) // what was done to the world, and how often
	// what a new process begins with; whatever its hands call through call counts among its calls, too; nil: nothing
	Begins func(call func(name string, do func() error) error)
	Close  func() // the world is over, as it has stories by the thousand; nil: nothing is to be closed
}

// End is how an action and its world ended.
type End struct {
	State   string
	Done    int
	Why     string
	Effects map[string]int
	Others  map[string]string // how the other actions ended, by their plans' ids
}

const actor = "ann"

// sampled is of how many stories one is played where the environment asks by KILLS=sampled for a sample: under the race detector each takes
// ten times as long, and looks at how goroutines meet, which is the same in most.
const sampled = 20

// longer is likewise for a scene with many steps: its stories are that many times more, and longer.
const longer = 31

// Exhaust stops the runner before and after every call it makes to its store, its hands and its readings, resumes it, and once more
// at pairs of calls drawn at random. Every end must be the one of the run that was not stopped, no effect may happen twice, and the
// journal must verify. It returns how many calls the undisturbed run made, which must end in that state, with so many steps done.
// Of points that leave the same behind one is played; KILLS=all plays all.
func Exhaust(t *testing.T, s Scene, state string, done int, why string) int {
	t.Helper()
	var calls int
	dir := t.TempDir()
	how := os.Getenv("KILLS")
	for _, locks := range []bool{true, false} {
		told := 0
		play := func(points ...Point) (End, [][2]moment) {
			told++
			return s.story(t, filepath.Join(dir, fmt.Sprint(locks, told)), locks, points...)
		}
		whole, moments := play()
		n := len(moments)
		calls = max(calls, n)
		if whole.State != state || whole.Done != done || !strings.Contains(whole.Why, why) {
			t.Errorf("%s, not stopped, ends %+v; want %s at step %d because %q", s.Name, whole, state, done, why)
		}
		for what, n := range whole.Effects {
			if n != 1 {
				t.Errorf("%s, not stopped: %s happened %d times", s.Name, what, n)
			}
		}
		for i, points := range stories(moments, how == "all") {
			if s.skips(i, how) {
				continue
			}
			if got, _ := play(points...); cmp.Diff(whole, got) != "" {
				t.Errorf("%s, stopped %v, locks %v (-not stopped +stopped):\n%s", s.Name, points, locks, cmp.Diff(whole, got))
			}
		}
	}
	return calls
}

// stories are where runs are stopped: at each point, or at one of those that leave the same behind, and at pairs of points.
func stories(moments [][2]moment, all bool) (out [][]Point) {
	n, seen := len(moments), map[moment]bool{}
	for i, m := range moments {
		for after, left := range m {
			if all || !seen[left] {
				out = append(out, []Point{{i + 1, after == 1}})
			}
			seen[left] = true
		}
	}
	draw := rand.New(rand.NewPCG(uint64(n), 1))
	for range n / 3 {
		out = append(out, []Point{{1 + draw.IntN(n), draw.IntN(2) == 0}, {1 + draw.IntN(n), draw.IntN(2) == 0}})
	}
	return out
}

// skips tells whether a story is left to a longer run.
func (s *Scene) skips(i int, how string) bool {
	switch {
	case how == "all":
		return false
	case s.Long && how == "sampled":
		return i%(sampled*longer) != 0
	case s.Long:
		return i%longer != 0
	default:
		return how == "sampled" && i%sampled != 0
	}
}

// Whole is the end of the run that is not stopped.
func Whole(t *testing.T, s Scene) End {
	t.Helper()
	end, _ := s.story(t, t.TempDir(), true)
	return end
}

// story plays the scene in this process, ending one incarnation after the other at the given points.
func (s Scene) story(t *testing.T, dir string, locks bool, points ...Point) (End, [][2]moment) {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatalf("%s, stopped %v, locks %v: %v", s.Name, points, locks, err)
		}
	}
	st, err := s.Open(dir)
	fail(err)
	if st.Close != nil {
		defer st.Close()
	}
	mem := &memory{at: map[int64][]byte{}, locks: map[string]*fuse{}}
	o := journal.Options{Environment: st.Environment, Now: st.now}
	first, err := journal.Begin(t.Context(), mem, o, actor, st.First)
	fail(err)
	if st.Before != nil {
		fail(st.Before(t.Context(), first))
	}
	p, err := st.plan(t.Context(), first.State(), "plan0")
	fail(err)
	var moments [][2]moment
	for i := 0; ; i++ {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fuse{die: cancel, now: st.now}
		if i < len(points) {
			f.at = points[i]
		}
		var in journal.Store = store{mem, f}
		if locks {
			in = locked{store{mem, f}, func(_ context.Context, name string) (func(), error) { return mem.hold(f, name) }}
		}
		j, err := journal.Open(ctx, in, o)
		if err == nil {
			r := st.runner(j, f)
			st.among(r, first)
			if err = st.take(ctx, r, p, i > 0); err == nil && st.Next != nil {
				err = st.goOn(ctx, r, i > 0)
			}
		}
		cancel()
		if i == 0 {
			moments = f.moments
		}
		if f.dead {
			continue
		}
		fail(err)
		break
	}
	if _, err := first.Verify(t.Context()); err != nil {
		fail(err)
	}
	_, err = first.Refresh(t.Context())
	fail(err)
	end, err := st.end(first.State(), p.ID)
	fail(err)
	return end, moments
}

func (st *Stage) now() time.Time {
	if st.Clock != nil {
		return st.Clock.Now()
	}
	return time.Now()
}

func (st *Stage) plan(ctx context.Context, s *record.State, id string) (*plan.Plan, error) {
	w, err := st.Fresh(ctx, plan.Needs{})
	if err != nil {
		return nil, err
	}
	w.State, w.Now = s, st.now()
	return st.Ask.Plan(w, id)
}

func (st *Stage) runner(j *journal.Journal, f *fuse) *run.Runner {
	hands := maps.Clone(st.Hands)
	if st.Own != nil {
		maps.Copy(hands, st.Own(j))
	}
	r := &run.Runner{Journal: j, Hands: fused(hands, f), Policy: st.Policy, Actor: actor, Process: "a test", Tell: func(string) {},
		Now: time.Now, Sleep: pause}
	r.Fresh = func(ctx context.Context, n plan.Needs) (w plan.World, err error) {
		err = f.call("fresh", func() error {
			w, err = st.Fresh(ctx, n)
			return err
		})
		return w, err
	}
	if st.Clock != nil {
		r.Now, r.Sleep = st.Clock.Now, st.Clock.Sleep
	}
	if st.Begins != nil {
		st.Begins(f.call)
	}
	return r
}

// among lets people act while the runner sleeps, on a journal of their own.
func (st *Stage) among(r *run.Runner, theirs *journal.Journal) {
	sleep := r.Sleep
	if st.People == nil {
		return
	}
	r.Sleep = func(ctx context.Context, d time.Duration) error {
		if err := st.People(ctx, theirs); err != nil && ctx.Err() == nil {
			return err
		}
		return sleep(ctx, d)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take does what a person does: send the plan, and after a crash send it again, or take it over where only its claim's age tells.
func (st *Stage) take(ctx context.Context, r *run.Runner, p *plan.Plan, again bool) error {
	_, err := r.Take(ctx, p, plan.Approval{By: r.Actor, Confirm: p.Confirm, Reasons: st.Reasons})
	for try := 0; again && try < 100 && (errors.Is(err, record.ErrHeld) || errors.Is(err, model.ErrGuard)); try++ {
		if serr := r.Sleep(ctx, time.Minute); serr != nil {
			return serr
		}
		_, err = r.Carry(ctx, p.ID, "its runner died")
	}
	return err
}

// goOn takes what is asked for next, plan after plan. What an incarnation before has proposed is gone on with.
func (st *Stage) goOn(ctx context.Context, r *run.Runner, again bool) error {
	for {
		ask, wait, more := st.Next(r.Journal.State())
		if !more {
			return nil
		}
		if wait > 0 {
			if err := r.Sleep(ctx, wait); err != nil {
				return err
			}
			if _, err := r.Journal.Refresh(ctx); err != nil { // what others did meanwhile
				return err
			}
			continue
		}
		id := fmt.Sprintf("plan%d", len(r.Journal.State().Actions))
		p, err := st.open(ctx, r, ask)
		if err == nil && p == nil {
			st.Ask = ask
			p, err = st.plan(ctx, r.Journal.State(), id)
		}
		if err == nil {
			err = st.take(ctx, r, p, again)
		}
		if err != nil {
			return err
		}
	}
}

// open is the plan of the newest action, when it is not over.
func (st *Stage) open(ctx context.Context, r *run.Runner, ask plan.Ask) (*plan.Plan, error) {
	all := r.Journal.State().Actions
	last := all[len(all)-1]
	if !last.Pending() {
		return nil, nil
	}
	b, err := r.Journal.Plan(ctx, last.ID)
	if err != nil {
		return nil, err
	}
	p, err := plan.Of(b)
	if err == nil && !p.Ask.Is(ask) {
		err = fmt.Errorf("action %d is not over, and of another ask", last.Seq)
	}
	return p, err
}

func (st *Stage) end(s *record.State, id string) (End, error) {
	a := s.Action(id)
	if a == nil {
		return End{}, fmt.Errorf("the plan was never proposed: %w", model.ErrNone)
	}
	e, err := st.Effects()
	end := End{State: a.State.String(), Done: a.Done, Why: a.Why, Effects: e, Others: map[string]string{}}
	for _, other := range s.Actions {
		if other != a {
			end.Others[other.ID] = other.State.String()
		}
	}
	return end, err
}
