package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func planned(id string, needs int, steps ...string) Planned {
	return Planned{
		Action: id, Environment: "prod", Verb: "backup", Says: "run a backup", Touches: TouchesOf("cluster green"),
		Steps: steps, Approvals: needs, Expires: t0.Add(15 * time.Minute), Plan: json.RawMessage(`{}`),
	}
}

// story folds a genesis and then what each person did.
func story(t *testing.T, s *State, said ...any) *State {
	t.Helper()
	if s == nil {
		s = must(t, nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod", Routes: json.RawMessage(`{"first":1}`)}))
	}
	actor := "ann"
	for _, x := range said {
		if who, ok := x.(string); ok {
			actor = who
			continue
		}
		s = must(t, s, follow(t, s, actor, t0.Add(time.Duration(s.Head.Seq)*time.Second), x.(Body)))
	}
	return s
}

func must(t *testing.T, s *State, r Record) *State {
	t.Helper()
	next, err := Fold(s, r)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func refuses(t *testing.T, s *State, actor string, b Body, says string) {
	t.Helper()
	before := dump(t, s)
	next, err := Fold(s, follow(t, s, actor, t0, b))
	var f *Bad
	if !errors.As(err, &f) || f.Seq != s.Head.Seq+1 || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v, want a fault saying %q", b.RecordKind(), err, says)
	}
	if diff := cmp.Diff(before, dump(t, next)); diff != "" {
		t.Errorf("a refused %s changed the state: %s", b.RecordKind(), diff)
	}
}

func dump(t interface{ Fatal(...any) }, s *State) string {
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestActionRunsToItsEnd(t *testing.T) {
	s := story(t, nil, planned("p1", 1, "start", "verify"))
	a := s.Action("p1")
	if a.String() != "waits for approval" || a.Seq != 2 || a.Begun() || a.Unfinished() {
		t.Fatalf("proposed: %v %+v", a, a)
	}
	refuses(t, s, "ann", Claim{Action: "p1", Claim: "c1"}, "cannot be claimed")
	s = story(t, s, "ann", Approved{Action: "p1", Ticket: "CHG-7", Overrides: map[string]string{"soak": "blue is \x1b[31mburning"}})
	if a := s.Action("p1"); a.State != ActionApproved || a.Overrides[0] != "soak: blue is burning" {
		t.Fatalf("approved: %v %q", a, a.Overrides)
	}
	refuses(t, s, "bob", Approved{Action: "p1"}, "waits for no approval")
	refuses(t, s, "ann", planned("p1", 1, "start"), "applies once")
	s = story(t, s, Claim{Action: "p1", Claim: "c1"})
	if got := s.Action("p1").String(); got != "running (step 1 of 2)" {
		t.Fatal(got)
	}
	refuses(t, s, "ann", Done{Action: "p1", Claim: "c1", Step: 1}, "never intended")
	refuses(t, s, "ann", Intent{Action: "p1", Claim: "c1", Step: 2}, "not its next")
	refuses(t, s, "ann", Ended{How: KindFailed, Action: "p1"}, "taken it over")
	s = story(t, s, Intent{Action: "p1", Claim: "c1", Step: 1}, Done{Action: "p1", Claim: "c1", Step: 1})
	refuses(t, s, "ann", Intent{Action: "p1", Claim: "c1", Step: 1}, "not its next")
	s = story(t, s, Done{Action: "p1", Claim: "c1", Step: 2, Already: true})
	a = s.Action("p1")
	if a.String() != "done" || a.Unfinished() || a.Blocks(t0) || a.Step() != 2 {
		t.Fatalf("done: %+v", a)
	}
	for _, b := range []Body{
		Claim{Action: "p1", Claim: "c2", Takes: "c1"}, Intent{Action: "p1", Claim: "c1", Step: 3}, Stop{Action: "p1"},
		Acknowledged{Action: "p1", Reason: "x"}, Ended{How: KindUnknown, Action: "p1", Claim: "c1"},
	} {
		refuses(t, s, "ann", b, "it is over")
	}
	refuses(t, s, "ann", Stop{Action: "p9"}, `no action "p9"`)
}

func TestTwoPeopleApprove(t *testing.T) {
	s := story(t, nil, "ann", planned("p1", 2, "start"), Approved{Action: "p1"})
	if a := s.Action("p1"); a.State != ActionWaits {
		t.Fatal(a)
	}
	refuses(t, s, "ann", Approved{Action: "p1"}, "ann has approved it already")
	refuses(t, s, "", Approved{Action: "p1"}, "has a name")
	s = story(t, s, "bob", Approved{Action: "p1"})
	if a := s.Action("p1"); a.State != ActionApproved || a.Approvals[1].By != "bob" {
		t.Fatal(a)
	}
}

// TestASleeperWakes is the runner that was paused, taken over, and wakes up.
func TestASleeperWakes(t *testing.T) {
	s := story(
		t,
		nil,
		planned("p1", 1, "start"),
		Approved{Action: "p1"},
		Claim{Action: "p1", Claim: "c1"},
		Intent{Action: "p1", Claim: "c1", Step: 1},
		"bob",
		Claim{Action: "p1", Claim: "c2", Takes: "c1", Reason: "the bastion is gone"},
	)
	refuses(t, s, "ann", Done{Action: "p1", Claim: "c1", Step: 1}, "another runner")
	refuses(t, s, "ann", Intent{Action: "p1", Claim: "c1", Step: 1}, "another runner")
	refuses(t, s, "ann", Ended{How: KindFailed, Action: "p1", Claim: "c1"}, "another runner")
	refuses(t, s, "ann", Claim{Action: "p1", Claim: "c1", Takes: "c1"}, "another runner")
	refuses(t, s, "eve", Claim{Action: "p1", Claim: "c3", Takes: "c1"}, "another runner")
	s = story(t, s, Claim{Action: "p1", Claim: "c2", Takes: "c2", Until: t0.Add(time.Hour)}, Intent{Action: "p1", Claim: "c2", Step: 1})
	if a := s.Action("p1"); a.Tries != 2 || !a.Until.Equal(t0.Add(time.Hour)) {
		t.Fatalf("%+v", a)
	}
}

func TestUnfinishedBlocks(t *testing.T) {
	begun := func() *State {
		return story(
			t,
			nil,
			planned("p1", 1, "start", "verify"),
			Approved{Action: "p1"},
			Claim{Action: "p1", Claim: "c1"},
			Intent{Action: "p1", Claim: "c1", Step: 1},
		)
	}
	late := t0.Add(time.Hour)
	for _, how := range []string{KindRefused, KindFailed, KindUnknown} {
		s := story(t, begun(), Ended{How: how, Action: "p1", Claim: "c1", Says: "because"})
		a := s.Action("p1")
		if a.State.String() != how || !a.Unfinished() || !a.Resumable() || a.Why != "because" {
			t.Fatalf("%s: %+v", how, a)
		}
		if got := s.Blocking(
			late,
			TouchesOf("cluster blue", "cluster green"),
		); len(got) != 1 ||
			len(s.Blocking(late, TouchesOf("cluster blue"))) != 0 {
			t.Fatalf("%s: blocking %v", how, got)
		}
		refuses(t, s, "ann", Intent{Action: "p1", Claim: "c1", Step: 1}, "does not run")
		refuses(t, s, "ann", Claim{Action: "p1", Claim: "c1", Takes: "c1"}, "claim is over")
		refuses(t, s, "ann", Acknowledged{Action: "p1", Reason: "\x1b[2J"}, "needs a reason")
		if r := story(t, s, Claim{Action: "p1", Claim: "c2", Takes: "c1"}).Action("p1"); r.String() != "running (step 1 of 2)" || r.Intent == 0 {
			t.Fatalf("%s: resumed %+v", how, r)
		}
		s = story(t, s, "bob", Acknowledged{Action: "p1", Reason: "checked by hand"})
		if a := s.Action("p1"); a.Blocks(late) || a.Resumable() || a.Acked.By != "bob" || a.State.String() != how {
			t.Fatalf("%s: acknowledged %+v", how, a)
		}
		refuses(t, s, "ann", Claim{Action: "p1", Claim: "c2", Takes: "c1"}, "it is over")
	}
	s := story(t, begun(), Acknowledged{Action: "p1", Reason: "its host burnt"})
	if a := s.Action("p1"); a.State != ActionUnknown {
		t.Fatal(a)
	}
}

func TestAPlanThatNeverBeganExpires(t *testing.T) {
	s := story(t, nil, planned("p1", 1, "start"), Approved{Action: "p1"})
	if len(s.Blocking(t0, TouchesOf("cluster green"))) != 1 || len(s.Blocking(t0.Add(time.Hour), TouchesOf("cluster green"))) != 0 {
		t.Error("an approved plan blocks until it expires, and no longer")
	}
	s = story(t, s, Ended{How: KindRefused, Action: "p1", Says: "expired"})
	if a := s.Action("p1"); a.State != ActionRefused || a.Unfinished() || a.Resumable() {
		t.Errorf("%+v", a)
	}
	refuses(t, s, "ann", Claim{Action: "p1", Claim: "c1"}, "cannot be claimed")
	refuses(t, s, "ann", Stop{Action: "p1"}, "does not run")
	refuses(t, s, "ann", Acknowledged{Action: "p1", Reason: "x"}, "nothing to acknowledge")
}

func TestStopIsHonouredBetweenSteps(t *testing.T) {
	s := story(
		t,
		nil,
		planned("p1", 1, "a", "b"),
		Approved{Action: "p1"},
		Claim{Action: "p1", Claim: "c1"},
		Intent{Action: "p1", Claim: "c1", Step: 1},
		"bob",
		Stop{Action: "p1", Reason: "wrong night"},
		"ann",
		Done{Action: "p1", Claim: "c1", Step: 1},
	)
	refuses(t, s, "ann", Intent{Action: "p1", Claim: "c1", Step: 2}, "told to stop by bob")
	refuses(t, s, "ann", Stop{Action: "p1"}, "already")
	taken := story(t, s, Claim{Action: "p1", Claim: "c2", Takes: "c1"})
	refuses(t, taken, "ann", Intent{Action: "p1", Claim: "c2", Step: 2}, "told to stop by bob")
	s = story(
		t,
		s,
		Ended{How: KindRefused, Action: "p1", Claim: "c1", Says: "stopped by bob"},
		Claim{Action: "p1", Claim: "c2", Takes: "c1"},
		Intent{Action: "p1", Claim: "c2", Step: 2},
	)
	if a := s.Action("p1"); a.Stop != nil || a.Done != 1 {
		t.Fatalf("resumed: %+v", a)
	}
	s = story(t, nil, planned("p1", 1, "a"), "bob", Stop{Action: "p1"})
	if a := s.Action("p1"); a.State != ActionRefused || a.Why != "stopped by bob" {
		t.Fatalf("never begun: %+v", a)
	}
}

func TestTheChainHolds(t *testing.T) {
	s := story(t, nil, Note{Says: "x"})
	next := follow(t, s, "ann", t0, Note{Says: "y"})
	for name, c := range map[string]struct {
		hurt func(*Record)
		says string
	}{
		"number": {func(r *Record) { r.Seq++ }, "says that it is record 4"},
		"prev":   {func(r *Record) { r.Prev = strings.Repeat("0", 64) }, "follows another record 2"},
	} {
		r := next
		c.hurt(&r)
		r, _, err := r.Seal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Fold(s, r); !errors.Is(err, ErrChain) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unsealed := next
	unsealed.Hash = ""
	if _, err := Fold(s, unsealed); !errors.Is(err, ErrChain) {
		t.Error(err)
	}
	refuses(t, s, "ann", Genesis{Environment: "prod"}, "only that")
	if _, err := Fold(nil, follow(t, nil, "ann", t0, Note{})); !errors.Is(err, ErrIllegal) {
		t.Error(err)
	}
	refuses(t, s, "ann", Closed{}, "only a break-glass")
	refuses(t, s, "ann", Routed{}, "without a document")
	s = story(t, s, Routed{Document: json.RawMessage(`{"second":2}`)})
	if s.RoutesSeq != 3 || string(s.Routes) != `{"second":2}` {
		t.Error(s.RoutesSeq, string(s.Routes))
	}
}

func TestAnotherEnvironmentsPlanIsRefused(t *testing.T) {
	s := story(t, nil)
	p := planned("p1", 1, "start")
	p.Rehearsal = "steady"
	refuses(t, s, "ann", p, `the plan is for "prod" (REHEARSAL steady), this journal is of "prod" (real)`)
	p.Environment, p.Rehearsal = "staging", ""
	refuses(t, s, "ann", p, `another environment`)
}

// TestAnyStory draws records at random, legal and not, and holds every accepted one against the rules.
func TestAnyStory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod"}))
		if err != nil {
			t.Fatal(err)
		}
		var rs []Record
		start := s
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			b := anyBody(t, s)
			at := t0.Add(time.Duration(rapid.IntRange(-1e6, 1e6).Draw(t, "clock")) * time.Second)
			r := follow(t, s, rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "actor"), at, b)
			before := dump(t, s)
			next, err := Fold(s, r)
			if dump(t, s) != before {
				t.Fatalf("folding %s changed the state it was given", r.Body)
			}
			if err != nil {
				if dump(t, next) != before {
					t.Fatalf("a refused %s changed the state", r.Body)
				}
				continue
			}
			rs = append(rs, r)
			checkStep(t, s, next, b)
			s = next
		}
		whole, err := Fold(start, rs...)
		if err != nil || dump(t, whole) != dump(t, s) {
			t.Fatalf("folded at once (%v): %s", err, cmp.Diff(dump(t, s), dump(t, whole)))
		}
	})
}

func checkStep(t *rapid.T, was, is *State, b Body) {
	for _, a := range is.Actions {
		people := map[string]bool{}
		for _, p := range a.Approvals {
			people[p.By] = true
		}
		if len(people) != len(a.Approvals) || a.Begun() && len(people) < a.Needs {
			t.Fatalf("%T: approved by %v, begun %v, needs %d", b, a.Approvals, a.Begun(), a.Needs)
		}
	}
	for i, w := range was.Actions {
		a := is.Actions[i]
		switch {
		case a.Done < w.Done || a.Done > w.Done+1 || a.Done > len(a.Steps):
			t.Fatalf("%T: steps done went from %d to %d", b, w.Done, a.Done)
		case (w.State == ActionDone || w.Acked != nil) && cmp.Diff(w, a) != "":
			t.Fatalf("%T changed an action that was over: %s", b, cmp.Diff(w, a))
		case a.State == ActionDone && a.Done != len(a.Steps):
			t.Fatalf("done after %d of %d steps", a.Done, len(a.Steps))
		case a.Intent != w.Intent && a.Intent != 0 && (w.Stop != nil || w.State != ActionRunning):
			t.Fatalf("%T: a step was intended while it was %s, stop %v", b, w, w.Stop)
		case a.Begun() && a.State != ActionDone && a.Acked == nil && !a.Blocks(t0.Add(1e9*time.Second)):
			t.Fatalf("%T: begun, not over and it blocks nobody", b)
		case w.Begun() && !a.Begun():
			t.Fatalf("%T: what began was forgotten", b)
		}
		if claim := claimOf(b); claim != "" && claim != w.Claim && actionOf(b) == w.ID {
			t.Fatalf("%T of claim %s counted while %q held it", b, claim, w.Claim)
		}
	}
}

func claimOf(b Body) string {
	switch b := b.(type) {
	case Intent:
		return b.Claim
	case Done:
		return b.Claim
	case Ended:
		return b.Claim
	}
	return ""
}

func actionOf(b Body) string {
	var about struct{ Action string }
	raw, _ := json.Marshal(b)
	_ = json.Unmarshal(raw, &about)
	return about.Action
}

// anyBody leans towards what could come next, so that stories get somewhere.
func anyBody(t *rapid.T, s *State) Body {
	id := fmt.Sprintf("p%d", rapid.IntRange(1, 2).Draw(t, "action"))
	claim := fmt.Sprintf("c%d", rapid.IntRange(1, 3).Draw(t, "claim"))
	step := rapid.IntRange(1, 3).Draw(t, "step")
	takes := rapid.SampledFrom([]string{"", "c1", "c2"}).Draw(t, "takes")
	if a := s.Action(id); a != nil && rapid.IntRange(0, 9).Draw(t, "sane") > 2 {
		step, takes = a.Done+1, a.Claim
		if a.State == ActionRunning {
			claim = a.Claim
		}
	}
	return rapid.SampledFrom([]Body{
		planned(id, 1+step%2, "a", "b"), Approved{Action: id}, Approved{Action: id}, Claim{Action: id, Claim: claim, Takes: takes},
		Intent{Action: id, Claim: claim, Step: step}, Intent{Action: id, Claim: claim, Step: step},
		Done{Action: id, Claim: claim, Step: step}, Done{Action: id, Claim: claim, Step: step, Already: true},
		Ended{How: KindRefused, Action: id, Claim: claim}, Ended{How: KindFailed, Action: id, Claim: claim},
		Ended{Action: id, Claim: claim}, Stop{Action: id}, Acknowledged{Action: id, Reason: "seen"},
		Routed{Document: json.RawMessage(`{}`)}, Note{Says: "x"},
	}).Draw(t, "body")
}

func TestPlansThatCannotBe(t *testing.T) {
	s := story(t, nil)
	for name, hurt := range map[string]func(*Planned){
		"without an id":       func(p *Planned) { p.Action = "" },
		"a plan without":      func(p *Planned) { p.Steps = nil },
		"approvals":           func(p *Planned) { p.Approvals = 0 },
		"expiry":              func(p *Planned) { p.Expires = time.Time{} },
		"a plan without an i": func(p *Planned) { p.Action = "\x1b[2J" },
	} {
		p := planned("p1", 1, "start")
		hurt(&p)
		refuses(t, s, "ann", p, name)
	}
	if _, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{})); !errors.Is(err, ErrIllegal) {
		t.Errorf("a genesis of nowhere: %v", err)
	}
}

// TestStateSurvivesJSON is what scripts read, and what a watcher's screen is made of.
func TestStateSurvivesJSON(t *testing.T) {
	s := story(
		t,
		nil,
		planned("p1", 1, "a"),
		Approved{Action: "p1"},
		Claim{Action: "p1", Claim: "c1"},
		Intent{Action: "p1", Claim: "c1", Step: 1},
		Ended{
			How:    KindUnknown,
			Action: "p1",
			Claim:  "c1",
			Says:   "no answer",
		},
		Acknowledged{Action: "p1", Reason: "seen by hand"},
		planned("p2", 1, "a"),
	)
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back State
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, &back, cmpopts.IgnoreFields(State{}, "RoutesPast")); diff != "" {
		t.Error(diff)
	}
	if err := json.Unmarshal([]byte(`{"actions":[{"state":"party"}]}`), &back); err == nil {
		t.Error("a state that is none was read")
	}
}
