package record

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// folded folds bodies, each by ann, and gives the first that is refused.
func folded(t *testing.T, bodies ...Body) (*State, error) {
	t.Helper()
	s, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod"}))
	for i := 0; err == nil && i < len(bodies); i++ {
		s, err = Fold(s, follow(t, s, "ann", t0.Add(time.Duration(i)*time.Minute), bodies[i]))
	}
	return s, err
}

var (
	three = Planned{
		Action:      "p",
		Environment: "prod",
		Steps:       []string{"one", "two", "three"},
		Approvals:   1,
		Expires:     t0.Add(time.Hour),
		Touches:     TouchesOf("routes"),
	}
	going = []Body{
		three,
		Approved{Action: "p"},
		Claim{Action: "p", Claim: "c"},
		Intent{Action: "p", Claim: "c", Step: 1},
		Done{Action: "p", Claim: "c", Step: 1},
		Intent{Action: "p", Claim: "c", Step: 2},
		Done{Action: "p", Claim: "c", Step: 2},
		Intent{Action: "p", Claim: "c", Step: 3},
	}
)

func after(more ...Body) []Body { return append(going[:len(going):len(going)], more...) }

func TestGoingBack(t *testing.T) {
	back := func(steps ...int) Back { return Back{Action: "p", Claim: "c", Steps: steps, Reason: "it failed"} }
	undo := func(step int) []Body {
		return []Body{Intent{Action: "p", Claim: "c", Step: step, Back: true}, Done{Action: "p", Claim: "c", Step: step, Back: true}}
	}
	s, err := folded(t, after(append(append([]Body{back(3, 1)}, undo(3)...), undo(1)...)...)...)
	if err != nil {
		t.Fatal(err)
	}
	a := s.Actions[0]
	if !a.Returned || a.Unfinished() || a.Resumable() || a.Blocks(t0) || a.State != ActionFailed || a.Done != 2 ||
		a.Why != "it went back: it failed" {
		t.Errorf("%+v", a)
	}
	for says, bodies := range map[string][]Body{
		"no way back":                    {back()},
		"step 4 is no way back":          {back(4)},
		"step 2 is no way back":          {back(1, 2)},
		"another runner":                 {Back{Action: "p", Claim: "x", Steps: []int{1}, Reason: "r"}},
		"step 3 is not its next":         {back(1), Done{Action: "p", Claim: "c", Step: 3}},
		"step 1 is not its next":         {Intent{Action: "p", Claim: "c", Step: 1, Back: true}},
		"step 1 was never intended":      {back(1), Done{Action: "p", Claim: "c", Step: 1, Back: true}},
		"it goes back already":           {back(3, 1), back(1)},
		"it is over":                     append(append([]Body{back(1)}, undo(1)...), Claim{Action: "p", Claim: "d", Takes: "c"}),
		"waits for nobody's word":        {Attested{Action: "p", Step: 3, Says: "so"}},
		"step 2 waits for nobody's word": {Intent{Action: "p", Claim: "c", Step: 3, Word: true}, Attested{Action: "p", Step: 2, Says: "so"}},
		"step 3 waits for nobody's " +
			"word": {Intent{Action: "p", Claim: "c", Step: 3, Word: true}, back(1), Attested{Action: "p", Step: 3, Says: "so"}},
		"an attestation has a name and sa": {Intent{Action: "p", Claim: "c", Step: 3, Word: true}, Attested{Action: "p", Step: 3, Says: " "}},
	} {
		if _, err := folded(t, after(bodies...)...); !errors.Is(err, ErrIllegal) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := folded(t, three, Approved{Action: "p"}, Claim{Action: "p", Claim: "c"}, back(1)); !errors.Is(err, ErrIllegal) {
		t.Errorf("before it began: %v", err)
	}
}

// TestWhatWasFoundFirstStays is a step that is intended twice: the second look may see what the first call made.
func TestWhatWasFoundFirstStays(t *testing.T) {
	found := func(v string) []Found {
		return []Found{{Setting: &FoundSetting{Of: "db", Name: "retention", Value: v}}}
	}
	s, err := folded(t, three, Approved{Action: "p"}, Claim{Action: "p", Claim: "c"},
		Intent{Action: "p", Claim: "c", Step: 1, Found: found("7")}, Intent{Action: "p", Claim: "c", Step: 1, Found: found("35")},
		Done{Action: "p", Claim: "c", Step: 1, Found: []Found{{Routes: &FoundRoutes{Seq: 4}}}})
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Actions[0].Found; len(f) != 2 || f[0].Step != 1 || f[0].Setting.Value != "7" || f[1].Routes.Seq != 4 {
		t.Errorf("%v", f)
	}
	if _, err := folded(
		t,
		three,
		Approved{Action: "p"},
		Claim{Action: "p", Claim: "c"},
		Intent{Action: "p", Claim: "c", Step: 1, Found: []Found{{}}},
	); !errors.Is(
		err,
		ErrIllegal,
	) {
		t.Errorf("what this program does not know was found: %v", err)
	}
}
