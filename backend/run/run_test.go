package run_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// bench is one journal, one yard, and runners of several people.
type bench struct {
	*yard
	t     *testing.T
	store journal.Store
}

func newBench(t *testing.T, cells int) *bench {
	t.Helper()
	y, err := newYard(filepath.Join(t.TempDir(), "world"), cells)
	if err != nil {
		t.Fatal(err)
	}
	y.clock, y.said = kill.NewClock(t0), map[string][]string{}
	d, err := journal.MakeDir(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	b := &bench{yard: y, t: t, store: d}
	if _, err := journal.Begin(t.Context(), d, b.options(), "ann", nil); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) options() journal.Options {
	return journal.Options{Environment: "prod", Now: b.clock.Now}
}

// by is a runner of its own journal, as another process has it.
func (b *bench) by(actor string) *run.Runner {
	b.t.Helper()
	j, err := journal.Open(b.t.Context(), b.store, b.options())
	if err != nil {
		b.t.Fatal(err)
	}
	return &run.Runner{
		Journal: j,
		Hands:   b.hands(),
		Fresh:   b.Fresh,
		Policy:  b.policy(),
		Actor:   actor,
		Process: actor + "@bastion",
		Now:     b.clock.Now,
		Sleep:   b.clock.Sleep,
		Tell:    func(says string) { b.t.Log(actor, "told:", says) },
	}
}

func (b *bench) plan(r *run.Runner, ask plan.Ask, change func(*plan.World)) *plan.Plan {
	b.t.Helper()
	w, err := b.Fresh(b.t.Context(), plan.Needs{})
	if err != nil {
		b.t.Fatal(err)
	}
	w.State, w.Now = r.Journal.State(), b.clock.Now()
	if change != nil {
		change(&w)
	}
	p, err := ask.Plan(w, journal.NewID())
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func yes(r *run.Runner, p *plan.Plan) plan.Approval {
	return plan.Approval{By: r.Actor, Confirm: p.Confirm}
}

// ends carries the ask out and checks how it ends.
func (b *bench) ends(r *run.Runner, ask plan.Ask, state record.ActionState, why string) *record.Action {
	b.t.Helper()
	p := b.plan(r, ask, nil)
	a, err := r.Take(b.t.Context(), p, yes(r, p))
	if err != nil || a.State != state || !strings.Contains(a.Why, why) {
		b.t.Fatalf("%+v, %v; want %v because %q", a, err, state, why)
	}
	return a
}

func (b *bench) refuses(err, kind error, says string) {
	b.t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
		b.t.Errorf("%v; want %v saying %q", err, kind, says)
	}
}

func (b *bench) count(want int) {
	b.t.Helper()
	if n := len(b.lines("started")); n != want {
		b.t.Errorf("%d jobs were started, want %d", n, want)
	}
}

func TestDone(t *testing.T) {
	b := newBench(t, 1)
	ann := b.by("ann")
	a := b.ends(ann, backupOf(cell1), record.ActionDone, "")
	b.count(1)
	if a.Done != 3 || a.Runner != "ann@bastion" {
		t.Errorf("%+v", a)
	}
	if again, err := ann.Carry(t.Context(), a.ID, ""); err != nil || again.State != record.ActionDone {
		t.Errorf("carried out twice: %+v, %v", again, err)
	}
	b.count(1)
	b.ends(ann, cancelRestore, record.ActionDone, "")
}

func TestFailedAndUnknownBlockUntilAcknowledged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*yard)
		state  record.ActionState
		why    string
		jobs   int
	}{
		"it fails":          {func(y *yard) { y.fate = "ended: client unreachable" }, record.ActionFailed, "client unreachable", 1},
		"it is not started": {func(y *yard) { y.deaf = true }, record.ActionFailed, "the Director says no", 0},
		"nobody can tell": {func(y *yard) {
			y.silent = func(o plan.Order) bool { return o.StartJob != nil && len(y.lines("started")) > 0 }
		}, record.ActionUnknown, "not seen done in 2m: unreachable", 1},
		"it never shows": {func(y *yard) { y.late, y.doErr = time.Hour, errors.New("no answer") }, record.ActionUnknown,
			"no answer; then, for 2m", 1},
		"it cannot be looked": {func(y *yard) { y.silent = func(o plan.Order) bool { return o.FollowJob != nil } }, record.ActionUnknown,
			"not seen done in 24h: unreachable", 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 2)
			ann, bob := b.by("ann"), b.by("bob")
			c.change(b.yard)
			a := b.ends(ann, backupOf(cell1), c.state, c.why)
			b.count(c.jobs)
			if _, err := bob.Journal.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			p := b.plan(bob, backupOf(cell1), nil)
			_, err := bob.Take(t.Context(), p, yes(bob, p))
			b.refuses(err, model.ErrGuard, "nobody else acts on it")
			if q := b.plan(bob, backupOf(b.cells[1]), nil); q.Blocked() != nil {
				t.Errorf("another cell waits for it, too: %+v", q.Blocked())
			}
			b.refuses(bob.Acknowledge(t.Context(), a.ID, ""), record.ErrIllegal, "needs a reason")
			if err := bob.Acknowledge(t.Context(), a.ID, "looked at the client"); err != nil {
				t.Fatal(err)
			}
			if p := b.plan(bob, backupOf(cell1), nil); p.Blocked() != nil {
				t.Errorf("acknowledged, and it still blocks: %+v", p.Blocked())
			}
			_, err = bob.Carry(t.Context(), a.ID, "")
			b.refuses(err, record.ErrIllegal, "it is over")
			b.count(c.jobs)
		})
	}
}

// TestResumedWhenTheWorldIsBack is an unknown end that turns out to have been well.
func TestResumedWhenTheWorldIsBack(t *testing.T) {
	b := newBench(t, 1)
	b.silent = func(o plan.Order) bool { return o.StartJob != nil && len(b.lines("started")) > 0 }
	a := b.ends(b.by("ann"), backupOf(cell1), record.ActionUnknown, "unreachable")
	b.silent = nil
	if a, err := b.by("bob").Carry(t.Context(), a.ID, ""); err != nil || a.State != record.ActionDone {
		t.Errorf("%+v, %v", a, err)
	}
	b.count(1)
}

// TestStaleAtTheLastMoment: whatever its first step is, a plan that no longer fits the world does not begin.
func TestStaleAtTheLastMoment(t *testing.T) {
	first := func(order plan.Order) func(*bench) {
		return func(b *bench) {
			b.makes = toy(allGuards, func(_ string, backup []plan.Step) []plan.Step {
				return append([]plan.Step{{Name: "first", Order: order, Done: "it is over", Limit: time.Hour}}, backup...)
			})
		}
	}
	asks := map[string]func(*bench){
		"acts":       func(*bench) {},
		"only looks": first(plan.Order{Wait: &plan.Wait{For: 5 * time.Minute}}),
		"is done already": func(b *bench) {
			b.makes = toy(allGuards, func(_ string, backup []plan.Step) []plan.Step {
				return append([]plan.Step{command("first", "rds/db-1", "director-answers")}, backup...)
			})
			if err := b.add("commanded", "first@"+t0.Add(-time.Hour).Format(time.RFC3339Nano)); err != nil {
				b.t.Fatal(err)
			}
		},
	}
	for says, change := range map[string]func(b *bench){
		"job-there": func(b *bench) {
			b.hurt = func(s *board.Snapshot) { s.Clusters[model.Green].Directors[0].Reloaded = t0 }
		},
		"director-answers": func(b *bench) { b.hurt = func(s *board.Snapshot) { s.Seen[3].Why = "refused" } },
		"it expired":       func(b *bench) { _ = b.clock.Sleep(context.Background(), 15*time.Minute) },
		"routes were changed by record 4": func(b *bench) {
			if _, err := b.by("eve").Journal.Append(b.t.Context(), "eve", journal.Say(record.Routed{Document: []byte("{}")})); err != nil {
				b.t.Fatal(err)
			}
		},
	} {
		for ask, sets := range asks {
			b := newBench(t, 1)
			sets(b)
			ann, bob := b.by("ann"), b.by("bob")
			p := b.plan(ann, backupOf(cell1), nil)
			if err := errors.Join(ann.Propose(t.Context(), p), ann.Approve(t.Context(), p.ID, yes(ann, p))); err != nil {
				t.Fatal(err)
			}
			change(b)
			a, err := bob.Carry(t.Context(), p.ID, "")
			if err != nil || a.State != record.ActionRefused || !strings.Contains(a.Why, says) || a.Unfinished() {
				t.Errorf("%s, %s: %+v, %v", says, ask, a, err)
			}
			b.count(0)
		}
	}
}

func TestAPlanThatIsNotFromHereIsRefused(t *testing.T) {
	b := newBench(t, 2)
	ann := b.by("ann")
	for says, change := range map[string]func(*plan.Plan){
		"steps are not what":   func(p *plan.Plan) { p.Steps[0].Order.StartJob.Job = "backup-chain002-region1-regular" },
		"more time":            func(p *plan.Plan) { p.Expires = p.Expires.Add(time.Hour) },
		"not those it was":     func(p *plan.Plan) { p.Facts = "" },
		"it is for \"other\"":  func(p *plan.Plan) { p.Environment = "other" },
		"confirmation is not":  func(p *plan.Plan) { p.Confirm = "" },
		"was fails (), now ho": func(p *plan.Plan) { p.Guards[6].Verdict, p.Guards[6].Value = model.Fails, "" },
	} {
		p := b.plan(ann, backupOf(cell1), nil)
		a := yes(ann, p)
		change(p)
		if _, err := ann.Take(t.Context(), p, a); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	p := b.plan(ann, backupOf(cell1), nil)
	_, err := ann.Take(t.Context(), p, plan.Approval{By: "bob", Confirm: p.Confirm})
	b.refuses(err, model.ErrGuard, "from bob, and ann sends it")
	if n := len(ann.Journal.State().Actions); n != 0 {
		t.Errorf("%d plans are in the journal", n)
	}
	b.count(0)
}

func TestTwoPeople(t *testing.T) {
	b := newBench(t, 1)
	ann, bob := b.by("ann"), b.by("bob")
	two := func(w *plan.World) { w.Policy.Approvals = 2 }
	p := b.plan(ann, backupOf(cell1), two)
	a, err := ann.Take(t.Context(), p, yes(ann, p))
	if err != nil || a.State != record.ActionWaits {
		t.Fatalf("%+v, %v", a, err)
	}
	for range 2 { // approving twice changes nothing
		if err := ann.Approve(t.Context(), p.ID, yes(ann, p)); err != nil {
			t.Fatal(err)
		}
		if a := ann.Journal.State().Action(p.ID); a.State != record.ActionWaits || len(a.Approvals) != 1 {
			t.Fatalf("one person approved twice: %+v", a)
		}
	}
	_, err = bob.Carry(t.Context(), p.ID, "")
	b.refuses(err, record.ErrIllegal, "cannot be claimed")
	b.count(0)
	if err := bob.Approve(t.Context(), p.ID, yes(bob, p)); err != nil {
		t.Fatal(err)
	}
	if a, err := bob.Carry(t.Context(), p.ID, ""); err != nil || a.State != record.ActionDone || a.Approvals[0].By == a.Approvals[1].By {
		t.Errorf("%+v, %v", a, err)
	}
	b.count(1)
}

func TestStopIsHonoured(t *testing.T) {
	b := newBench(t, 1)
	ann, bob := b.by("ann"), b.by("bob")
	b.silent = func(o plan.Order) bool {
		if o.FollowJob == nil {
			return false
		}
		if bob.Journal.State().Actions == nil || bob.Journal.State().Actions[0].Stop == nil {
			if err := bob.Stop(t.Context(), ann.Journal.State().Actions[0].ID, "wrong night"); err != nil {
				t.Error(err)
			}
		}
		return true
	}
	a := b.ends(ann, backupOf(cell1), record.ActionRefused, "stopped by bob: wrong night")
	if a.Done != 1 || !a.Unfinished() {
		t.Errorf("%+v", a)
	}
	b.silent = nil
	if a, err := bob.Carry(t.Context(), a.ID, ""); err != nil || a.State != record.ActionDone {
		t.Errorf("resumed: %+v, %v", a, err)
	}
	b.count(1)
}

func TestOnlyOneRunner(t *testing.T) {
	b := newBench(t, 1)
	ann, bob := b.by("ann"), b.by("bob")
	met := errors.New("nobody tried")
	b.silent = func(o plan.Order) bool {
		if o.FollowJob != nil && met != nil && met.Error() == "nobody tried" {
			_, met = bob.Carry(t.Context(), ann.Journal.State().Actions[0].ID, "I want to")
			b.refuses(bob.Acknowledge(t.Context(), ann.Journal.State().Actions[0].ID, "away with it"), record.ErrHeld, "carried out by ann@bastion")
		}
		return false
	}
	b.ends(ann, backupOf(cell1), record.ActionDone, "")
	b.refuses(met, record.ErrHeld, "carried out by ann@bastion")
	b.count(1)
}

// lockless is a store without locks, such as a bucket.
type lockless struct{ journal.Store }

func TestTakingOverWithoutLocks(t *testing.T) {
	b := newBench(t, 1)
	b.store = lockless{b.store}
	ann, bob := b.by("ann"), b.by("bob")
	ctx, kill := context.WithCancel(t.Context())
	b.silent = func(o plan.Order) bool {
		if o.FollowJob != nil {
			kill()
		}
		return false
	}
	p := b.plan(ann, backupOf(cell1), nil)
	if _, err := ann.Take(ctx, p, yes(ann, p)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	b.silent = nil
	_, err := bob.Carry(t.Context(), p.ID, "it is dead")
	b.refuses(err, record.ErrHeld, "claimed by ann@bastion until 12:02:00")
	if err := b.clock.Sleep(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	_, err = bob.Carry(t.Context(), p.ID, "")
	b.refuses(err, model.ErrGuard, "needs a reason")
	a, err := bob.Carry(t.Context(), p.ID, "it is dead")
	if err != nil || a.State != record.ActionDone {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := ann.Carry(t.Context(), p.ID, ""); err != nil || a.State != record.ActionDone {
		t.Errorf("the sleeper wakes: %+v, %v", a, err)
	}
	b.count(1)
}

// TestALongJobKeepsItsClaim is a job that takes longer than a claim lasts.
func TestALongJobKeepsItsClaim(t *testing.T) {
	b := newBench(t, 1)
	b.store = lockless{b.store}
	var bob *run.Runner
	began, tries := b.clock.Now(), 0
	b.silent = func(o plan.Order) bool {
		if o.FollowJob == nil || b.clock.Now().Sub(began) > time.Hour {
			return false
		}
		if tries++; tries%600 == 0 {
			bob = b.by("bob")
			_, err := bob.Carry(t.Context(), bob.Journal.State().Actions[0].ID, "it takes long")
			b.refuses(err, record.ErrHeld, "claimed by ann")
		}
		return true
	}
	b.ends(b.by("ann"), backupOf(cell1), record.ActionDone, "")
	b.count(1)
	if bob == nil {
		t.Error("nobody tried to take it over")
	}
}

// broken refuses to be written from a record on.
type broken struct {
	*journal.Dir
	from int64
}

func (s *broken) Create(ctx context.Context, seq int64, b []byte) error {
	if s.from > 0 && seq >= s.from {
		return errors.New("no space left on device")
	}
	return s.Dir.Create(ctx, seq, b)
}

func TestNothingIsDoneWithoutTheJournal(t *testing.T) {
	for from, jobs := range map[int64]int{2: 0, 3: 0, 4: 0, 5: 0, 6: 1, 7: 1} {
		b := newBench(t, 1)
		s := &broken{Dir: b.store.(*journal.Dir), from: from}
		b.store = s
		ann := b.by("ann")
		p := b.plan(ann, backupOf(cell1), nil)
		if _, err := ann.Take(t.Context(), p, yes(ann, p)); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("record %d cannot be written: %v", from, err)
		}
		b.count(jobs)
		s.from = 0
		a, err := b.by("ann").Take(t.Context(), p, yes(ann, p))
		if err != nil || a.State != record.ActionDone {
			t.Errorf("record %d, afterwards: %+v, %v", from, a, err)
		}
		b.count(1)
	}
}

// TestWhatAPlanSaysIsMadeAgain before it is recorded: who hands it over may have written what they liked.
func TestWhatAPlanSaysIsMadeAgain(t *testing.T) {
	b := newBench(t, 1)
	ann := b.by("ann")
	p := b.plan(ann, backupOf(cell1), nil)
	forged := *p
	forged.Says, forged.Costs, forged.Undo, forged.Guards = "FORGED", []string{"FORGED"}, []string{"FORGED"}, slices.Clone(p.Guards)
	for i := range forged.Guards {
		forged.Guards[i].Says, forged.Guards[i].Value, forged.Guards[i].Limit = "FORGED", "FORGED", "FORGED"
	}
	for range 2 { // sent once more it is the same plan
		if err := ann.Propose(t.Context(), &forged); err != nil {
			t.Fatal(err)
		}
	}
	there, err := ann.Journal.Plan(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if text := there.Says + string(there.Plan); strings.Contains(text, "FORGED") || !strings.Contains(text, p.Says) {
		t.Error(text)
	}
	if b, err := ann.Take(t.Context(), &forged, yes(ann, p)); err != nil || b.State != record.ActionDone {
		t.Errorf("%+v, %v", b, err)
	}
	b.count(1)
}
