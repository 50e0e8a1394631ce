package record

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var course3 = Begun{
	Programme:   "g",
	Environment: "prod",
	Says:        "three cells",
	Soak:        time.Hour,
	Failures:    2,
	Batches:     []json.RawMessage{[]byte(`{}`), []byte(`{}`), []byte(`{}`)},
}

// attempt is a batch's action, as far as that.
func attempt(id string, batch int, far ...string) []Body {
	p := Planned{
		Action:      id,
		Environment: "prod",
		Steps:       []string{"one"},
		Approvals:   1,
		Expires:     t0.Add(100 * time.Hour),
		Touches:     TouchesOf("routes"),
		Programme:   "g",
		Batch:       batch,
	}
	bodies := []Body{p}
	for _, f := range far {
		switch f {
		case "run":
			bodies = append(bodies, Approved{Action: id}, Claim{Action: id, Claim: "c" + id}, Intent{Action: id, Claim: "c" + id, Step: 1})
		case "done":
			bodies = append(bodies, Done{Action: id, Claim: "c" + id, Step: 1})
		case "ack":
			bodies = append(bodies, Acknowledged{Action: id, Reason: "r"})
		case "withdrawn":
			bodies = append(bodies, Stop{Action: id})
		default:
			bodies = append(bodies, Ended{How: f, Action: id, Claim: "c" + id, Says: "x"})
		}
	}
	return bodies
}

func all(parts ...[]Body) (out []Body) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func TestAProgrammesCourse(t *testing.T) {
	begun := []Body{course3}
	first := attempt("a", 1, "run", "done")
	for name, c := range map[string]struct {
		bodies       []Body
		done, failed int
		open, over   bool
		halt         string
		due          time.Duration // after t0
	}{
		"begun":     {bodies: begun},
		"proposed":  {bodies: all(begun, attempt("a", 1))},
		"withdrawn": {bodies: all(begun, attempt("a", 1, "withdrawn"))},
		"runs":      {bodies: all(begun, attempt("a", 1, "run")), open: true},
		"soaks":     {bodies: all(begun, first), done: 1, due: time.Hour + 5*time.Minute},
		"fails once": {bodies: all(begun, first, attempt("b", 2, "run", KindFailed)), done: 1, failed: 1, open: true,
			due: time.Hour + 5*time.Minute},
		"fails twice": {bodies: all(begun, first, attempt("b", 2, "run", KindFailed, "ack"), attempt("c", 2, "run", KindUnknown, "ack")),
			done: 1, failed: 2, halt: "its stop rule: 2 of its attempts did not end as done", due: time.Hour + 5*time.Minute},
		"goes on all the same": {bodies: all(begun, attempt("b", 1, "run", KindFailed, "ack"), attempt("c", 1, "run", KindUnknown, "ack"),
			[]Body{Decided{Programme: "g", Goes: true, Reason: "fixed"}})},
		"stopped": {bodies: all(begun, []Body{Decided{Programme: "g", Reason: "friday"}}), halt: "stopped by ann: friday"},
		"over":    {bodies: all(begun, first, attempt("b", 2, "run", "done"), attempt("c", 3, "run", "done")), done: 3, over: true},
	} {
		s, err := folded(t, c.bodies...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := s.Course(s.Programmes[0])
		want := t0.Add(c.due)
		if c.over {
			want = time.Time{}
		}
		if got.Done != c.done || got.Failed != c.failed || got.Open != c.open || got.Over != c.over || got.Halt != c.halt ||
			!got.Due.Equal(want) {
			t.Errorf("%s: %+v", name, got)
		}
		if ready := got.Ready(
			t0.Add(2 * time.Hour),
		); ready != (name == "begun" || name == "withdrawn" || name == "soaks" || name == "goes on all the same") {
			t.Errorf("%s: ready %v", name, ready)
		}
		if name == "proposed" && !got.Ready(t0.Add(101*time.Hour)) {
			t.Error("a proposal that has expired is in the way")
		}
	}
	for says, bodies := range map[string][]Body{
		"batch 2 is not the next":               all(begun, attempt("a", 2)),
		"batch 1 is not the next":               all(begun, first, attempt("b", 1)),
		"batch 0 is not the next":               all(begun, attempt("a", 0)),
		"is action 3 already, which is running": all(begun, attempt("a", 1, "run"), attempt("b", 1)),
		"programme 2 stands: stopped by ann":    all(begun, []Body{Decided{Programme: "g", Reason: "x"}}, attempt("a", 1)),
		"a programme that is not here":          attempt("a", 1),
		"needs a name and a reason":             all(begun, []Body{Decided{Programme: "g"}}),
		"nothing has stopped it":                all(begun, []Body{Decided{Programme: "g", Goes: true, Reason: "x"}}),
		"stopped already, by ann":               all(begun, []Body{Decided{Programme: "g", Reason: "x"}, Decided{Programme: "g", Reason: "y"}}),
		"there is no programme \"h\"":           all(begun, []Body{Decided{Programme: "h", Reason: "x"}}),
		"programme 2 is done": all(begun, first, attempt("b", 2, "run", "done"), attempt("c", 3, "run", "done"),
			[]Body{Decided{Programme: "g", Reason: "x"}}),
		"without an id of its own":      {course3, course3},
		"a programme has 1 to":          {Begun{Programme: "g", Environment: "prod", Failures: 1}},
		"stops after 1 failure or more": {Begun{Programme: "g", Environment: "prod", Batches: course3.Batches}},
		"3 of 3 are done": all(begun, first, attempt("b", 2, "run", "done"), attempt("c", 3, "run", "done"), attempt("d",
			4)),
		"a soak of 90d at most, and stops " +
			"after ": {Begun{Programme: "g", Environment: "prod", Batches: course3.Batches, Failures: 1, Soak: 91 * 24 * time.Hour}},
	} {
		if _, err := folded(t, bodies...); !errors.Is(err, ErrIllegal) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := folded(
		t,
		Begun{Programme: "g", Environment: "other", Batches: course3.Batches, Failures: 1},
	); !errors.Is(
		err,
		ErrEnvironment,
	) {
		t.Errorf("another environment's: %v", err)
	}
}

// TestAProgrammeIsDoneInOrder plays attempts at random: its batches are done in their order, each once, and never while it stands or
// another attempt is open.
func TestAProgrammeIsDoneInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod"}))
		add := func(b Body) bool {
			var next *State
			if next, err = Fold(s, follow(t, s, "ann", t0.Add(time.Duration(s.Head.Seq)*time.Minute), b)); err == nil {
				s = next
			}
			return err == nil
		}
		add(course3)
		done := 0
		for i := range rapid.IntRange(1, 25).Draw(t, "attempts") {
			before := s.Course(s.Programmes[0])
			id, batch := string(rune('A'+i)), rapid.IntRange(1, 4).Draw(t, "batch")
			bodies := attempt(id, batch, "run")
			taken := add(bodies[0])
			if may := before.Halt == "" && !before.Open && !before.Over && batch == before.Done+1; taken != may {
				t.Fatalf("batch %d was proposed: %v, in %+v (%v)", batch, taken, before, err)
			}
			if taken {
				for _, b := range bodies[1:] {
					if !add(b) {
						t.Fatal(err)
					}
				}
				switch rapid.IntRange(0, 2).Draw(t, "end") {
				case 0:
					add(Done{Action: id, Claim: "c" + id, Step: 1})
					done++
				case 1:
					add(Ended{How: KindFailed, Action: id, Claim: "c" + id, Says: "x"})
					add(Acknowledged{Action: id, Reason: "r"})
				}
			} else if rapid.Bool().Draw(t, "decided") {
				add(Decided{Programme: "g", Goes: true, Reason: "r"})
			}
			if c := s.Course(s.Programmes[0]); c.Done != done || c.Over != (done == 3) || c.Failed > 2 {
				t.Fatalf("%d done: %+v", done, c)
			}
		}
	})
}
