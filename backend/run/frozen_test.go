package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// TestWhatAPlanChangesIsExpected is a plan whose own reload changes a guard of its next step: as it says, otherwise, or unsaid.
func TestWhatAPlanChangesIsExpected(t *testing.T) {
	asFound := plan.Change{Guard: "job-there"}
	for name, c := range map[string]struct {
		changes []plan.Change
		hurt    func(y *yard) func(*board.Snapshot)
		state   record.ActionState
		why     string
	}{
		"as it was found":  {[]plan.Change{asFound}, nil, record.ActionDone, ""},
		"as the plan says": {[]plan.Change{{Guard: "job-there", Fact: "dir-green " + "1795435200"}}, nil, record.ActionDone, ""},
		"otherwise":        {[]plan.Change{{Guard: "job-there", Fact: "dir-green 1"}}, nil, record.ActionRefused, "guard job-there"},
		"unsaid":           {nil, nil, record.ActionRefused, "guard job-there"},
		"another guard's":  {[]plan.Change{{Guard: "not-running"}}, nil, record.ActionRefused, "guard job-there"},
		"nobody finds it out": {[]plan.Change{asFound, {Guard: "not-running"}}, nil, record.ActionRefused, "guard not-running cannot be " +
			"judged: step 1 changed it, and did not find to what"},
		"somebody else reloads after it": {[]plan.Change{asFound}, func(y *yard) func(*board.Snapshot) {
			return func(s *board.Snapshot) {
				if !y.last("reload-green").IsZero() {
					s.Clusters[model.Green].Directors[0].Reloaded = t0.Add(time.Hour)
				}
			}
		}, record.ActionRefused, "guard job-there"},
		"the guard does not hold any more": {[]plan.Change{asFound}, func(y *yard) func(*board.Snapshot) {
			return func(s *board.Snapshot) {
				if !y.last("reload-green").IsZero() {
					s.Cells[0].On[model.Green].Has = model.Fails
				}
			}
		}, record.ActionRefused, "has its job: it has no job"},
		"its world cannot be planned any more": {[]plan.Change{asFound}, func(y *yard) func(*board.Snapshot) {
			return func(s *board.Snapshot) {
				if !y.last("reload-green").IsZero() { // a guard that no step asks for, and the policy's time for a plan
					s.Clusters[model.Blue].Open = nil
					if y.now().Before(t0.Add(20 * time.Minute)) {
						_ = y.clock.Sleep(context.Background(), 20*time.Minute)
					}
					s.At = y.now()
					for i := range s.Seen {
						s.Seen[i].At = y.now()
					}
				}
			}
		}, record.ActionDone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 1)
			reloads(c.changes...)(b.yard)
			if c.hurt != nil {
				b.hurt = c.hurt(b.yard)
			}
			a := b.ends(b.by("ann"), backupOf(cell1), c.state, c.why)
			if c.state == record.ActionRefused && a.Done != 1 {
				t.Errorf("it is refused at step %d", a.Step())
			}
			if f := a.Found; len(f) < 2 || f[0].Step != 1 || !f[0].Epoch.Loaded.Equal(t0.Add(-time.Hour)) ||
				!f[1].Epoch.Loaded.After(f[0].Epoch.Loaded) {
				t.Errorf("what was loaded before and after the reload: %v", f)
			}
		})
	}
}

// napping is a store that runs something in the middle of appending a record.
type napping struct {
	lockless
	kind   string
	before bool
	nap    func()
}

func (s *napping) Create(ctx context.Context, seq int64, raw []byte) error {
	r, err := record.Decode(raw)
	if err != nil || r.Kind != s.kind || s.nap == nil {
		return s.Store.Create(ctx, seq, raw)
	}
	nap := s.nap
	s.nap = nil
	if s.before {
		nap()
		return s.Store.Create(ctx, seq, raw)
	}
	err = s.Store.Create(ctx, seq, raw)
	nap()
	return err
}

// TestTheSleeper is a runner that is put to sleep in the middle of its intent, on a journal without locks, before or after the intent is
// there.
func TestTheSleeper(t *testing.T) {
	for name, before := range map[string]bool{"before the intent is there": true, "after it is there": false} {
		for _, taken := range []bool{true, false} {
			b := newBench(t, 1)
			dir := b.store
			b.store = lockless{dir}
			bob := b.by("bob")
			s := &napping{lockless: lockless{dir}, kind: record.KindIntent, before: before}
			b.store = s
			ann := b.by("ann")
			p := b.plan(ann, backupOf(cell1), nil)
			s.nap = func() {
				_ = b.clock.Sleep(t.Context(), 5*time.Minute)
				if !taken {
					return
				}
				if a, err := bob.Carry(t.Context(), p.ID, "ann sleeps"); err != nil || a.State != record.ActionDone {
					t.Errorf("%s: %+v, %v", name, a, err)
				}
				b.count(1)
			}
			_, err := ann.Take(t.Context(), p, yes(ann, p))
			if !errors.Is(err, record.ErrHeld) && !errors.Is(err, record.ErrIllegal) {
				t.Errorf("%s, taken over %v: %v", name, taken, err)
			}
			if !taken {
				b.count(0)
				if a, err := bob.Carry(t.Context(), p.ID, "ann sleeps"); err != nil || a.State != record.ActionDone {
					t.Errorf("%s: %+v, %v", name, a, err)
				}
			}
			b.count(1)
		}
	}
}

// suspended is a directory, with its locks, that a machine goes to sleep in.
type suspended struct {
	*journal.Dir
	napping
}

func (s *suspended) Create(ctx context.Context, seq int64, raw []byte) error {
	return s.napping.Create(ctx, seq, raw)
}
func (s *suspended) Read(ctx context.Context, seq int64) ([]byte, error) { return s.Dir.Read(ctx, seq) }

// TestWhoSleptWithALockAsksAgain is a machine that was suspended between the guards and the call.
func TestWhoSleptWithALockAsksAgain(t *testing.T) {
	b := newBench(t, 1)
	dir := b.store.(*journal.Dir)
	b.store = &suspended{dir, napping{lockless: lockless{dir}, kind: record.KindIntent, nap: func() {
		_ = b.clock.Sleep(t.Context(), 8*time.Minute)
		b.hurt = func(s *board.Snapshot) { s.Seen[3].Why = "refused" }
	}}}
	a := b.ends(b.by("ann"), backupOf(cell1), record.ActionRefused, "green's Director answers: refused")
	if b.count(0); !a.Unfinished() {
		t.Errorf("%+v", a)
	}
}

// TestNotSeenIsNotNotDone is a command whose answer is lost and whose job shows a day later: whoever resumes it does not give it again.
func TestNotSeenIsNotNotDone(t *testing.T) {
	b := newBench(t, 1)
	b.late, b.doErr = 24*time.Hour, errors.New("no answer")
	ann := b.by("ann")
	a := b.ends(ann, backupOf(cell1), record.ActionUnknown, "no answer; then, for 2m")
	for range 3 {
		at, err := ann.Carry(t.Context(), a.ID, "")
		if err != nil || at.State != record.ActionUnknown || !strings.Contains(at.Why, "nothing proves that it will not be") {
			t.Fatalf("%+v, %v", at, err)
		}
		b.count(1)
	}
	_ = b.clock.Sleep(t.Context(), 24*time.Hour)
	if at, err := ann.Carry(t.Context(), a.ID, ""); err != nil || at.State != record.ActionDone {
		t.Errorf("it shows: %+v, %v", at, err)
	}
	b.count(1)
}

// TestAWaitEndsAtItsOwnLimit is no failure, and a new one begins for whoever resumes it; a crash in between begins none.
func TestAWaitEndsAtItsOwnLimit(t *testing.T) {
	b := newBench(t, 1)
	hands(b.yard)
	b.people = nil
	ann := b.by("ann")
	a := b.ends(ann, backupOf(cell1), record.ActionUnknown, "not seen done in 8h: it waits for a person's word: pull the plug")
	began := b.clock.Now()
	ctx, kill := context.WithCancel(t.Context())
	ann.Sleep = func(_ context.Context, d time.Duration) error {
		if b.clock.Now().Sub(began) > 5*time.Hour {
			kill()
		}
		return b.clock.Sleep(ctx, d)
	}
	if _, err := ann.Carry(ctx, a.ID, ""); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	at, err := b.by("ann").Carry(t.Context(), a.ID, "")
	if took := b.clock.Now().Sub(began); err != nil || at.State != record.ActionUnknown || took < 8*time.Hour || took > 9*time.Hour {
		t.Errorf("%+v, %v, after %v", at, err, took)
	}
}

// TestWhoseWordCounts asks everybody for a word, at every step.
func TestWhoseWordCounts(t *testing.T) {
	b := newBench(t, 1)
	hands(b.yard)
	ann, bob := b.by("ann"), b.by("bob")
	var p *plan.Plan
	said := 0
	ann.Sleep = func(ctx context.Context, d time.Duration) error {
		if _, err := ann.Journal.Refresh(ctx); err != nil {
			return err
		}
		if _, err := bob.Journal.Refresh(ctx); err != nil {
			return err
		}
		switch a := ann.Journal.State().Action(p.ID); {
		case a.Intent == 0:
		case a.Done == 0:
			said++
			b.refuses(bob.Attest(ctx, p.ID, " "), record.ErrIllegal, "says something")
			if err := ann.Attest(ctx, p.ID, "pulled \x1b[2Jit"); err != nil {
				t.Error(err)
			}
		case a.Done == 1:
			said++
			b.refuses(ann.Attest(ctx, p.ID, "I saw it"), model.ErrGuard, "it waits for the word of bob, not of ann")
			if err := bob.Attest(ctx, p.ID, "the lamp is off"); err != nil {
				t.Error(err)
			}
		}
		return b.clock.Sleep(ctx, d)
	}
	p = b.plan(ann, backupOf(cell1), nil)
	a, err := ann.Take(t.Context(), p, yes(ann, p))
	if err != nil || a.State != record.ActionDone || said != 2 {
		t.Fatalf("%+v, %v, %d words", a, err, said)
	}
	if w := a.Attested; len(w) != 2 || w[0].By != "ann" || w[0].Step != 1 || strings.Contains(w[0].Says, "\x1b") || w[1].By != "bob" ||
		w[1].Says != "the lamp is off" {
		t.Errorf("%+v", w)
	}
	b.refuses(bob.Attest(t.Context(), p.ID, "again"), model.ErrGuard, "waits for nobody's word")
}

// TestGoingBackByHand is an action that is stopped half way and turned around by a person.
func TestGoingBackByHand(t *testing.T) {
	b := newBench(t, 1)
	turns(b.yard)
	b.silent = func(o plan.Order) bool { return o.FollowJob != nil }
	ann, bob := b.by("ann"), b.by("bob")
	var running error
	ann.Sleep = func(ctx context.Context, d time.Duration) error {
		if a := ann.Journal.State().Actions[0]; a.Done == 3 && a.Stop == nil {
			running = bob.GoBack(ctx, a.ID, "now")
			if err := bob.Stop(ctx, a.ID, "wrong night"); err != nil {
				t.Error(err)
			}
		}
		return b.clock.Sleep(ctx, d)
	}
	a := b.ends(ann, backupOf(cell1), record.ActionRefused, "stopped by bob")
	b.refuses(running, record.ErrHeld, "stop it first")
	if _, err := bob.Journal.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.refuses(bob.GoBack(t.Context(), a.ID, ""), record.ErrIllegal, "needs a reason")
	if err := bob.GoBack(t.Context(), a.ID, "leave it as it was"); err != nil {
		t.Fatal(err)
	}
	b.refuses(bob.GoBack(t.Context(), a.ID, "twice"), record.ErrIllegal, "goes back already")
	if at := bob.Journal.State().Action(a.ID); !at.Unfinished() {
		t.Errorf("it is over before it went: %+v", at)
	}
	at, err := bob.Carry(t.Context(), a.ID, "")
	if err != nil || !at.Returned || at.Unfinished() || at.Blocks(b.clock.Now()) ||
		!strings.Contains(at.Why, "it went back: leave it as it was") {
		t.Fatalf("%+v, %v", at, err)
	}
	var order []string
	for _, l := range b.lines("commanded") {
		name, _, _ := strings.Cut(l, "@")
		order = append(order, name)
	}
	if got := strings.Join(order, " "); got != "push more less put-back" {
		t.Errorf("it went %s", got)
	}
}

func TestThereIsNoWayBackFromNoReturn(t *testing.T) {
	b := newBench(t, 1)
	turns(b.yard)
	makes := b.makes
	b.makes = func(w plan.World, ask plan.Ask, id string) (*plan.Plan, error) {
		p, err := makes(w, ask, id)
		if err == nil {
			p.Steps[1].NoReturn = true
		}
		return p, err
	}
	ann := b.by("ann")
	a := b.ends(ann, backupOf(cell1), record.ActionFailed, "client unreachable")
	if a.Returned || !a.Unfinished() {
		t.Errorf("%+v", a)
	}
	b.refuses(ann.GoBack(t.Context(), a.ID, "please"), record.ErrIllegal, "no way back")
}
