package record

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var (
	instead = Planned{
		Action:      "q",
		Environment: "prod",
		Verb:        "recover",
		Steps:       []string{"undo"},
		Approvals:   1,
		Expires:     t0.Add(time.Hour),
		Touches:     TouchesOf("routes"),
		Supersedes:  []string{"p", "w"},
	}
	waiting = Planned{
		Action:      "w",
		Environment: "prod",
		Steps:       []string{"one"},
		Approvals:   2,
		Expires:     t0.Add(time.Hour),
		Touches:     TouchesOf("routes"),
	}
	claimQ = Claim{Action: "q", Claim: "d", Supersedes: []string{"p", "w"}}
)

func TestSuperseding(t *testing.T) {
	s, err := folded(t, after(waiting, instead, Approved{Action: "q"})...)
	if err != nil {
		t.Fatal(err)
	}
	p, q := s.Action("p"), s.Action("q")
	if !q.PreEmpts("p") || q.PreEmpts("x") || len(s.Blocking(t0, TouchesOf("routes"))) != 3 || p.State != ActionRunning {
		t.Errorf("before the claim: %+v, %+v", p, q)
	}
	before := s.Head
	s, err = Fold(s, follow(t, s, "bob", t0.Add(time.Minute), claimQ))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"p", "w"} {
		a := s.Action(id)
		if a.State != ActionSuperseded || a.Superseded != s.Action("q").Seq || a.Unfinished() || a.Pending() || a.Resumable() || a.Blocks(t0) ||
			a.Last != before.Seq+1 {
			t.Errorf("%s: %+v", id, a)
		}
		if a.String() != "superseded by action 11" || !strings.Contains(a.Why, "action 11 (recover) of ann took its place") {
			t.Errorf("%s: %s, %s", id, a, a.Why)
		}
	}
	if s.Action("q").PreEmpts("p") || len(s.Blocking(t0, TouchesOf("routes"))) != 1 {
		t.Error("it pre-empts after its claim, or more than itself blocks")
	}
	for _, b := range []Body{Intent{Action: "p", Claim: "c", Step: 3}, Done{Action: "p", Claim: "c", Step: 3}, Claim{Action: "p", Claim: "e",
		Takes: "c"},
		Acknowledged{Action: "p", Reason: "r"}, Stop{Action: "p"}, Back{Action: "p", Steps: []int{1}, Reason: "r"}, Approved{Action: "w"},
		Ended{How: KindRefused, Action: "w", Says: "x"}} {
		if _, err := Fold(
			s,
			follow(t, s, "ann", t0.Add(2*time.Minute), b),
		); !errors.Is(err, ErrIllegal) ||
			!strings.Contains(err.Error(), "it is over") {
			t.Errorf("%s of a superseded action: %v", b.RecordKind(), err)
		}
	}
}

// TestSupersedingIsOneRecord is all or nothing: a claim that names what its plan does not leaves everything as it was.
func TestSupersedingIsOneRecord(t *testing.T) {
	other := waiting
	other.Action = "x"
	for says, ids := range map[string][]string{"supersedes no action \"x\"": {"p", "x"}, "supersedes no action \"q\"": {"p", "q"},
		"no action \"w\" to supersede": {"p", "w"}} {
		s, err := folded(t, after(other, instead, Approved{Action: "q"})...)
		if err != nil {
			t.Fatal(err)
		}
		s, err = Fold(s, follow(t, s, "bob", t0, Claim{Action: "q", Claim: "d", Supersedes: ids}))
		if !errors.Is(err, ErrIllegal) || !strings.Contains(err.Error(), says) || s.Action("p").State != ActionRunning ||
			s.Action("q").State != ActionApproved {
			t.Errorf("%s: %v, %+v", says, err, s.Action("p"))
		}
	}
}

// TestWhatIsOverStaysAsItEnded is an action that was done before the other was claimed.
func TestWhatIsOverStaysAsItEnded(t *testing.T) {
	s, err := folded(t, after(waiting, instead, Approved{Action: "q"}, Done{Action: "p", Claim: "c", Step: 3}, claimQ)...)
	if err != nil || s.Action("p").State != ActionDone || s.Action("p").Superseded != 0 || s.Action("w").State != ActionSuperseded {
		t.Errorf("%v, %+v", err, s.Action("p"))
	}
}

func TestReviews(t *testing.T) {
	alarm := three
	alarm.Action, alarm.Emergency, alarm.Ordinary = "e", true, 2
	begun := []Body{alarm, Approved{Action: "e"}, Claim{Action: "e", Claim: "c"}, Intent{Action: "e", Claim: "c", Step: 1}}
	s, err := folded(t, append(begun, Ended{How: KindFailed, Action: "e", Claim: "c", Says: "x"}, Acknowledged{Action: "e", Reason: "r"})...)
	if err != nil || !s.Actions[0].Owes() {
		t.Fatalf("%v, %+v", err, s.Actions[0])
	}
	word := Reviewed{Action: "e", Says: "it was right"}
	if _, err := Fold(
		s,
		follow(t, s, "ann", t0, word),
	); !errors.Is(err, ErrIllegal) ||
		!strings.Contains(err.Error(), "ann has approved it: somebody else") {
		t.Errorf("by who approved it: %v", err)
	}
	for says, c := range map[string]struct {
		by   string
		word Reviewed
	}{"has a name": {"", word}, "says what was seen": {"bob", Reviewed{Action: "e", Says: "\x1b"}}} {
		if _, err := Fold(s, follow(t, s, c.by, t0, c.word)); !errors.Is(err, ErrIllegal) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	s, err = Fold(s, follow(t, s, "bob", t0, word))
	if a := s.Actions[0]; err != nil || a.Owes() || a.Review.By != "bob" || a.Review.Says != "it was right" {
		t.Fatalf("%v, %+v", err, a)
	}
	if _, err := Fold(
		s,
		follow(t, s, "eve", t0, word),
	); !errors.Is(err, ErrIllegal) ||
		!strings.Contains(err.Error(), "bob has reviewed it already") {
		t.Errorf("twice: %v", err)
	}
	alone := alarm // where one person approves anything, the same may review it
	alone.Ordinary = 1
	if _, err := folded(
		t,
		alone,
		Approved{Action: "e"},
		Claim{Action: "e", Claim: "c"},
		Intent{Action: "e", Claim: "c", Step: 1},
		word,
	); err != nil {
		t.Error(err)
	}
	for says, bodies := range map[string][]Body{"it has not begun": {alarm, word}, "it was no emergency": after(Reviewed{Action: "p",
		Says: "x"})} {
		if _, err := folded(t, bodies...); !errors.Is(err, ErrIllegal) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
