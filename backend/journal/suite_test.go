package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// stores are what the suite runs on: each makes an empty store and says how another process reaches the same one.
var stores = map[string]func(t *testing.T) (s Store, spec string, hurt func(seq int64, raw []byte)){
	"directory": newDirectory,
}

func onEach(t *testing.T, f func(t *testing.T, s Store, spec string, hurt func(int64, []byte))) {
	for name, make := range stores {
		t.Run(name, func(t *testing.T) {
			s, spec, hurt := make(t)
			f(t, s, spec, hurt)
		})
	}
}

func slot(name string) record.Planned {
	return record.Planned{
		Action:      name,
		Environment: "prod",
		Verb:        "backup",
		Says:        "run a backup",
		Touches:     record.TouchesOf("cluster green"),
		Steps:       []string{"start", "verify"},
		Approvals:   1,
		Expires:     time.Date(2024, 9, 2, 3, 0, 0, 0, time.UTC),
		Plan:        json.RawMessage(`{"verb":"backup"}`),
	}
}

func begun(t *testing.T, s Store) *Journal {
	t.Helper()
	j, err := Begin(t.Context(), s, prod, "ann", json.RawMessage(`{"bacula-blue":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func opened(t *testing.T, s Store) *Journal {
	t.Helper()
	j, err := Open(t.Context(), s, prod)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func appended(t *testing.T, j *Journal, n int) {
	t.Helper()
	for range n {
		if _, err := j.Append(t.Context(), "ann", nextSlot); err != nil {
			t.Fatal(err)
		}
	}
}

// slots asserts that the journal verifies and holds exactly n plans, each decided once.
func slots(t *testing.T, s Store, n int) *record.State {
	t.Helper()
	st, err := opened(t, s).Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Actions) != n || st.Head.Seq != int64(n)+1 {
		t.Fatalf("%d plans in %d records, want %d", len(st.Actions), st.Head.Seq, n)
	}
	for i, a := range st.Actions {
		if a.ID != fmt.Sprintf("slot-%d", i) || a.Seq != int64(i)+2 {
			t.Fatalf("action %d of record %d is %s", i, a.Seq, a.ID)
		}
	}
	return st
}

func TestStoreKeepsItsContract(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		ctx := t.Context()
		if _, err := s.Read(ctx, 1); !errors.Is(err, model.ErrNone) {
			t.Fatalf("reading nothing: %v", err)
		}
		if err := s.Create(ctx, 1, []byte("one")); err != nil {
			t.Fatal(err)
		}
		if err := s.Create(ctx, 1, []byte("two")); !errors.Is(err, record.ErrTaken) {
			t.Fatalf("creating twice: %v", err)
		}
		if b, err := s.Read(ctx, 1); err != nil || string(b) != "one" {
			t.Fatalf("%q, %v", b, err)
		}
		var all sync.WaitGroup
		won := make(chan string, 20)
		for i := range 20 {
			all.Go(func() {
				mine := fmt.Sprintf("racer %d", i)
				switch err := s.Create(ctx, 2, []byte(mine)); {
				case err == nil:
					won <- mine
				case !errors.Is(err, record.ErrTaken) && !errors.Is(err, record.ErrAgain):
					t.Errorf("%s: %v", mine, err)
				}
			})
		}
		all.Wait()
		close(won)
		if len(won) != 1 {
			t.Fatalf("%d winners", len(won))
		}
		if b, err := s.Read(ctx, 2); err != nil || string(b) != <-won {
			t.Fatalf("the winner's bytes are not there: %q, %v", b, err)
		}
		l := s.(lister)
		for from, want := range map[int64]int64{1: 2, 2: 2, 3: 0} {
			if last, err := l.Last(ctx, from); err != nil || last != want {
				t.Errorf("last from %d: %d, %v, want %d", from, last, err, want)
			}
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := s.Create(gone, 3, []byte("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("creating when time is over: %v", err)
		}
		if _, err := s.Read(gone, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("reading when time is over: %v", err)
		}
	})
}

func TestProbePassesAStoreThatRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		for range 3 {
			if err := Probe(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		if last, err := s.(lister).Last(t.Context(), 1); err != nil || last != 0 {
			t.Fatalf("a probe left record %d, %v", last, err)
		}
	})
}

func TestJournalBelongsToOneEnvironment(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		ctx := t.Context()
		if _, err := Open(ctx, s, prod); !errors.Is(err, model.ErrNone) {
			t.Fatalf("opening an empty store: %v", err)
		}
		j := begun(t, s)
		if st := j.State(); st.Environment != "prod" || st.RoutesSeq != 1 || st.Head.Seq != 1 {
			t.Fatalf("%+v", st)
		}
		if _, err := Begin(ctx, s, prod, "bob", nil); !errors.Is(err, record.ErrTaken) {
			t.Errorf("beginning twice: %v", err)
		}
		for _, o := range []Options{{Environment: "staging"}, {Environment: "prod", Rehearsal: "steady"}, {Environment: "prod", Glass: true}} {
			if _, err := Open(ctx, s, o); !errors.Is(err, record.ErrEnvironment) {
				t.Errorf("opened as %+v: %v", o, err)
			}
		}
		_, err := Open(ctx, s, Options{Environment: "prod", Rehearsal: "steady"})
		if want := `it is of "prod" (real), not of "prod" (REHEARSAL steady)`; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		p := slot("x")
		p.Rehearsal = "steady"
		if _, err := j.Append(ctx, "ann", Say(p)); !errors.Is(err, record.ErrEnvironment) {
			t.Errorf("a plan of a rehearsal: %v", err)
		}
		slots(t, s, 0)
	})
}

func TestAppendAndFollow(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		ctx := t.Context()
		j := begun(t, s)
		other := opened(t, s)
		appended(t, j, 70)
		news, err := other.Refresh(ctx)
		if err != nil || len(news) != 70 || news[69].Seq != 71 {
			t.Fatalf("%d news, %v", len(news), err)
		}
		if news, err := other.Refresh(ctx); err != nil || len(news) != 0 {
			t.Fatalf("%d news of nothing, %v", len(news), err)
		}
		seq := int64(40)
		for r, err := range other.Tail(ctx, seq) {
			if err != nil || r.Seq != seq {
				t.Fatalf("record %d, want %d: %v", r.Seq, seq, err)
			}
			seq++
		}
		if seq != 72 {
			t.Fatalf("the tail ended before %d", seq)
		}
		if r, err := other.Record(ctx, 71); err != nil || r.Kind != record.KindPlan || r.Actor != "ann" {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := other.Record(ctx, 72); !errors.Is(err, model.ErrNone) {
			t.Error(err)
		}
		if p, err := other.Plan(ctx, "slot-9"); err != nil || string(p.Plan) != `{"verb":"backup"}` {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := other.Plan(ctx, "slot-99"); !errors.Is(err, model.ErrNone) {
			t.Error(err)
		}
		slots(t, s, 70)
	})
}

func TestAppendRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		ctx := t.Context()
		j := begun(t, s)
		no := errors.New("the plan is stale")
		if _, err := j.Append(ctx, "ann", func(*record.State) (record.Body, error) { return nil, no }); !errors.Is(err, no) {
			t.Error(err)
		}
		if _, err := j.Append(ctx, "ann", Say(record.Stop{Action: "none"})); !errors.Is(err, record.ErrIllegal) {
			t.Error(err)
		}
		if _, err := j.Append(
			ctx,
			"ann",
			Say(record.Note{Says: strings.Repeat("x", record.MaxBytes)}),
		); err == nil ||
			!strings.Contains(err.Error(), "more than 4194304") {
			t.Error(err)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := j.Append(gone, "ann", nextSlot); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		slots(t, s, 0)
	})
}

func TestGoroutinesRace(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		begun(t, s)
		var all sync.WaitGroup
		for range 5 {
			j := opened(t, s)
			for range 2 { // two share a Journal
				all.Go(func() { appended(t, j, 8) })
			}
		}
		all.Wait()
		slots(t, s, 80)
	})
}

func TestProcessesRace(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, spec string, _ func(int64, []byte)) {
		begun(t, s)
		const processes, each = 10, 8
		var ps []*process
		for i := range processes {
			ps = append(ps, start(t, "append", spec, fmt.Sprintf("runner %d", i), each))
		}
		acked := map[string]bool{}
		for _, p := range ps {
			for _, line := range p.lines(0) {
				acked[line] = true
			}
			if err := p.cmd.Wait(); err != nil {
				t.Fatalf("%v: %s", err, &p.err)
			}
		}
		slots(t, s, processes*each)
		stored(t, s, acked, processes*each)
	})
}

// stored asserts that every acknowledged record is there, as it was acknowledged.
func stored(t *testing.T, s Store, acked map[string]bool, n int) {
	t.Helper()
	there := 0
	for r, err := range opened(t, s).Tail(t.Context(), 2) {
		if err != nil {
			t.Fatal(err)
		}
		if acked[fmt.Sprint(r.Seq, " ", r.ID)] {
			there++
		}
	}
	if there != len(acked) || n >= 0 && there != n {
		t.Fatalf("%d records were acknowledged, %d of them are there, want %d", len(acked), there, n)
	}
}

func TestKilledWhileAppending(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, spec string, _ func(int64, []byte)) {
		begun(t, s)
		acked := map[string]bool{}
		for round := range 25 {
			p := start(t, "append", spec, fmt.Sprint("round ", round), 0)
			for _, line := range p.lines(1 + rand.IntN(10)) {
				acked[line] = true
			}
			if err := p.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			for _, line := range p.lines(0) { // what it said before it died
				if f := strings.Fields(line); len(f) == 2 && len(f[1]) == 32 {
					acked[line] = true
				}
			}
			_ = p.cmd.Wait()
		}
		st, err := opened(t, s).Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stored(t, s, acked, -1)
		t.Logf("%d acknowledged, %d stored", len(acked), len(st.Actions))
		slots(t, s, len(st.Actions))
	})
}
