package journal

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// night is a shared journal with one action done and one in its first step, seen by a user with a cache.
func night(t *testing.T, s Store) (shared *Journal, o Options) {
	t.Helper()
	o = cachedAt(t)
	o.Now = func() time.Time { return time.Date(2024, 9, 2, 2, 40, 0, 0, time.UTC) }
	begun(t, s)
	shared, err := Open(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	say(
		t,
		shared,
		slot("old"),
		record.Approved{Action: "old"},
		record.Claim{Action: "old", Claim: "c0"},
		record.Done{Action: "old", Claim: "c0", Step: 1, Already: true},
		record.Done{Action: "old", Claim: "c0", Step: 2, Already: true},
		slot(
			"failover",
		),
		record.Approved{Action: "failover"},
		record.Claim{Action: "failover", Claim: "c1"},
		record.Intent{Action: "failover", Claim: "c1", Step: 1},
		record.Note{Says: "x"},
	)
	return shared, o
}

// TestForeseeKnowsWhatWasProven as the journal does that is begun then.
func TestForeseeKnowsWhatWasProven(t *testing.T) {
	s, _, _ := newDirectory(t)
	shared, o := night(t, s)
	c := model.Green
	p := record.Proof{Of: record.Subject{Cluster: &c}, Claim: record.Proven{Said: &record.Said{Says: "nobody reads it"}},
		By: record.Means{Kind: record.ByWord}, Verdict: model.Holds, At: o.Now()}
	say(t, shared, record.Prove(p))
	seen, err := Foresee(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	glass, err := BreakGlass(t.Context(), localStore(t), o, "bob", "because", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range []*record.State{seen, glass.State()} {
		if got := st.Proof(&p); got == nil || !got.Carried || got.Who != "bob" || got.Seq != shared.State().Head.Seq {
			t.Errorf("%+v", got)
		}
	}
}

func say(t *testing.T, j *Journal, bs ...record.Body) {
	t.Helper()
	for _, b := range bs {
		if _, err := j.Append(t.Context(), "bob", Say(b)); err != nil {
			t.Fatalf("%s: %v", b.RecordKind(), err)
		}
	}
}

func localStore(t *testing.T) *Dir {
	t.Helper()
	d, err := MakeDir(filepath.Join(t.TempDir(), "break-glass"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// finish carries the failover out on a break-glass journal.
func finish(t *testing.T, glass *Journal) {
	t.Helper()
	say(
		t,
		glass,
		record.Claim{Action: "failover", Claim: "c2", Takes: "c1", Reason: "the bucket is gone, I am alone"},
		record.Done{Action: "failover", Claim: "c2", Step: 1},
		record.Intent{Action: "failover", Claim: "c2", Step: 2},
		record.Done{Action: "failover", Claim: "c2", Step: 2},
		slot("later"),
	)
}

func TestBreakGlassContinuesAndComesBack(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		ctx := t.Context()
		shared, o := night(t, s)
		local := localStore(t)
		if _, err := BreakGlass(ctx, local, o, "bob", " ", nil); err == nil {
			t.Error("it needed no reason")
		}
		glass, err := BreakGlass(ctx, local, o, "bob", "the bucket's AWS region is gone", json.RawMessage(`{"ignored":1}`))
		if err != nil {
			t.Fatal(err)
		}
		st := glass.State()
		if len(st.Actions) != 1 || st.Actions[0].String() != "running (step 1 of 2)" || string(st.Routes) != `{"bacula-blue":{}}` ||
			st.Glass.Seq != 11 {
			t.Fatalf("%+v", st)
		}
		if p, err := glass.Plan(ctx, "failover"); err != nil || p.Action != "failover" {
			t.Errorf("its plan: %+v, %v", p, err)
		}
		if _, err := Open(
			ctx,
			local,
			prod,
		); !errors.Is(err, record.ErrEnvironment) ||
			!strings.Contains(err.Error(), "it is a break-glass journal") {
			t.Errorf("taken for a shared one: %v", err)
		}
		if _, err := BreakGlass(ctx, local, o, "bob", "again", nil); !errors.Is(err, record.ErrTaken) {
			t.Errorf("begun twice: %v", err)
		}
		if _, err := Merge(
			ctx,
			shared,
			glass,
			"ann",
		); !errors.Is(err, record.ErrIllegal) ||
			!strings.Contains(err.Error(), "action 7 (backup) is running (step 1 of 2) there") {
			t.Errorf("merged while an action runs: %v", err)
		}
		finish(t, glass)
		n, err := Merge(ctx, shared, glass, "ann")
		if err != nil || n != 6 { // the genesis was merged before
			t.Fatalf("%d merged, %v", n, err)
		}
		if n, err := Merge(ctx, shared, glass, "ann"); err != nil || n != 0 {
			t.Errorf("merged again: %d, %v", n, err)
		}
		st = shared.State()
		if a := st.Action(
			"failover",
		); a.State != record.ActionDone || a.Runner != "" || st.Head.Seq != 18 || len(st.Actions) != 3 ||
			len(st.Origins[0].Conflicts) != 0 {
			t.Errorf("%+v %+v", a, st.Origins)
		}
		if p, err := shared.Plan(ctx, "later"); err != nil || p.Action != "later" {
			t.Errorf("a merged plan: %+v, %v", p, err)
		}
		if _, err := glass.Append(ctx, "bob", Say(record.Note{Says: "more"})); !errors.Is(err, record.ErrIllegal) {
			t.Errorf("a closed journal took a record: %v", err)
		}
		if _, err := shared.Verify(ctx); err != nil {
			t.Error(err)
		}
		if _, err := glass.Verify(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestBreakGlassWithoutMemory(t *testing.T) {
	ctx := t.Context()
	s, _, _ := newDirectory(t)
	shared := begun(t, s)
	glass, err := BreakGlass(ctx, localStore(t), prod, "bob", "the bastion burnt", json.RawMessage(`{"from":"paper"}`))
	if err != nil || string(glass.State().Routes) != `{"from":"paper"}` || glass.State().Glass.Seq != 0 {
		t.Fatal(err)
	}
	bare, _, _ := newDirectory(t)
	o := prod // this user has seen a journal that has no routes
	o.Cache = filepath.Join(t.TempDir(), "cache")
	if _, err := Begin(ctx, bare, prod, "ann", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, bare, o); err != nil {
		t.Fatal(err)
	}
	if seen, err := Foresee(o, json.RawMessage(`{"from":"paper"}`)); err != nil || string(seen.Routes) != `{"from":"paper"}` ||
		seen.Glass.Seq == 0 {
		t.Errorf("%+v, %v", seen, err)
	}
	say(t, glass, slot("later"))
	if n, err := Merge(ctx, shared, glass, "ann"); err != nil || n != 3 || shared.State().Action("later") == nil {
		t.Fatalf("%d merged, %v", n, err)
	}
}

// TestMergeIsExactlyOnce stops the merge at every call of either store, has it done again by two at once, and counts.
func TestMergeIsExactlyOnce(t *testing.T) {
	ctx := t.Context()
	first, _, _ := directoryIn(t, scratch(t))
	_, o := night(t, first)
	broken := localStore(t)
	glass, err := BreakGlass(ctx, broken, o, "bob", "because", nil)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, glass)
	o.Cache = ""
	for _, f := range faults {
		if errors.Is(f.err, model.ErrNone) {
			continue
		}
		for at := 1; at <= 61; at += 5 {
			s, local := again(t, first.(*Dir)), again(t, broken)
			glassy := o
			glassy.Glass = true
			onto, from := &faulty{Store: s}, &faulty{Store: local}
			hurt := &faulty{f: f, at: at}
			if at%2 == 0 {
				hurt.Store, onto = s, hurt
			} else {
				hurt.Store, from = local, hurt
			}
			merge := func(onto, from Store) error {
				a, err := Open(ctx, onto, o)
				if err != nil {
					return err
				}
				b, err := Open(ctx, from, glassy)
				if err != nil {
					return err
				}
				_, err = Merge(ctx, a, b, "ann")
				return err
			}
			_ = merge(onto, from)
			var two sync.WaitGroup
			for range 2 {
				two.Go(func() {
					if err := merge(s, local); err != nil {
						t.Errorf("%s at call %d, merged again: %v", f.name, at, err)
					}
				})
			}
			two.Wait()
			shared, err := Open(ctx, s, o)
			if err != nil {
				t.Fatalf("%s at call %d: %v", f.name, at, err)
			}
			st := shared.State()
			if o := st.Origins[0]; st.Head.Seq != 18 || o.Seq != 7 || !o.Closed || len(o.Conflicts) != 0 ||
				st.Action("failover").State != record.ActionDone {
				t.Fatalf("%s at call %d: %d records, %+v", f.name, at, st.Head.Seq, o)
			}
		}
	}
}

// again is a copy of a directory store.
func again(t *testing.T, d *Dir) *Dir {
	t.Helper()
	path := filepath.Join(scratch(t), "copy")
	if err := os.CopyFS(path, d.root.FS()); err != nil {
		t.Fatal(err)
	}
	c, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestMergeRefusesStrangers(t *testing.T) {
	ctx := t.Context()
	s, _, _ := newDirectory(t)
	shared, o := night(t, s)
	refused := func(name string, glass *Journal, kind error, says string) {
		t.Helper()
		before := shared.State().Head
		if _, err := Merge(ctx, shared, glass, "ann"); !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", name, err, says)
		}
		if shared.State().Head != before {
			t.Errorf("%s: something was merged", name)
		}
	}
	rehearsal := Options{Environment: "prod", Rehearsal: "dr-day"}
	glass, err := BreakGlass(ctx, localStore(t), rehearsal, "bob", "playing", nil)
	if err != nil {
		t.Fatal(err)
	}
	refused("a rehearsal's", glass, record.ErrEnvironment, `is of "prod" (REHEARSAL dr-day), this one of "prod" (real)`)
	if _, err := BreakGlass(
		ctx,
		localStore(t),
		Options{Environment: "prod", Rehearsal: "dr-day", Cache: o.Cache},
		"bob",
		"playing",
		nil,
	); !errors.Is(
		err,
		record.ErrEnvironment,
	) {
		t.Errorf("a rehearsal's from the real cache: %v", err)
	}
	refused("the shared one itself", shared, record.ErrIllegal, "merged into the shared one")

	twin, _, _ := newDirectory(t)
	_, o2 := night(t, twin)
	glass, err = BreakGlass(ctx, localStore(t), o2, "bob", "a twin's", nil)
	if err != nil {
		t.Fatal(err)
	}
	refused("another journal's", glass, record.ErrChain, "whose record 11 is not the one here")

	local := localStore(t)
	glass, err = BreakGlass(ctx, local, o, "bob", "because", nil)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, glass)
	if _, err := Merge(ctx, shared, glass, "ann"); err != nil {
		t.Fatal(err)
	}
	raw, err := local.Read(ctx, 7)
	if err != nil || !strings.Contains(string(raw), record.KindClosed) {
		t.Fatalf("%s, %v", raw, err)
	}
	if err := local.root.Remove(fileName(7)); err != nil {
		t.Fatal(err)
	}
	cut, err := Open(context.Background(), local, Options{Environment: "prod", Glass: true})
	if err != nil {
		t.Fatal(err)
	}
	refused("one whose end was cut off", cut, record.ErrChain, "7 of its records were merged")
}

// TestForesee knows what the journal would know that is begun then, and begins none.
func TestForesee(t *testing.T) {
	s, _, _ := newDirectory(t)
	_, o := night(t, s)
	seen, err := Foresee(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	local := localStore(t)
	glass, err := BreakGlass(t.Context(), local, o, "bob", "because", nil)
	if err != nil {
		t.Fatal(err)
	}
	st := glass.State()
	if len(seen.Actions) != 1 || seen.Actions[0].ID != "failover" || !seen.Actions[0].Carried || seen.RoutesSeq != st.RoutesSeq ||
		string(seen.Routes) != string(st.Routes) ||
		seen.Glass.Seq != st.Glass.Seq {
		t.Errorf("%+v, then %+v", seen, st)
	}
	o.Cache = filepath.Join(t.TempDir(), "none")
	if seen, err = Foresee(o, nil); err != nil || len(seen.Actions) > 0 || seen.Glass.Seq != 0 {
		t.Errorf("%+v, %v", seen, err)
	}
	if _, err := os.Stat(o.Cache); err == nil {
		t.Error("it wrote something")
	}
}

// TestWhatSupersededIsCarried is an action whose place was taken before the glass was broken: who took it goes on without it.
func TestWhatSupersededIsCarried(t *testing.T) {
	s, _, _ := newDirectory(t)
	shared, o := night(t, s)
	in := slot("recover")
	in.Supersedes = []string{"failover"}
	say(
		t,
		shared,
		in,
		record.Approved{Action: "recover"},
		record.Claim{Action: "recover", Claim: "c7", Supersedes: []string{"failover"}},
		record.Intent{Action: "recover", Claim: "c7", Step: 1},
	)
	if _, rs, err := shared.Story(
		t.Context(),
		"failover",
	); err != nil || rs[len(rs)-1].Kind != record.KindClaim ||
		!rs[len(rs)-1].Ends("failover") {
		t.Errorf("its story does not tell who took its place: %v, %v", rs, err)
	}
	glass, err := BreakGlass(t.Context(), localStore(t), o, "bob", "because", nil)
	if err != nil {
		t.Fatal(err)
	}
	if st := glass.State(); len(st.Actions) != 1 || st.Actions[0].ID != "recover" || st.Actions[0].State != record.ActionRunning {
		t.Fatalf("%+v", st.Actions)
	}
	say(
		t,
		glass,
		record.Done{Action: "recover", Claim: "c7", Step: 1},
		record.Intent{Action: "recover", Claim: "c7", Step: 2},
		record.Done{Action: "recover", Claim: "c7", Step: 2},
	)
	if _, err := Merge(
		t.Context(),
		shared,
		glass,
		"ann",
	); err != nil || shared.State().Action("recover").State != record.ActionDone ||
		shared.State().Action("failover").State != record.ActionSuperseded {
		t.Errorf("%v", err)
	}
}
