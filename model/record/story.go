package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchyard/model"
)

// Inside is the record that a merged one carries, or the record itself.
func (r Record) Inside() Record {
	var m Merged
	if r.Kind == KindMerged && r.Into(&m) == nil {
		return m.Record
	}
	return r
}

// Line says a record in one clean line, without its time and actor. The state is that of the journal it is from.
func (r Record) Line(s *State) string {
	in := r.Inside()
	t := teller{}
	if s != nil {
		t.a = s.Action(in.Action())
	}
	says, err := t.tell(in)
	if err != nil {
		says = r.Kind + " (" + err.Error() + ")"
	}
	if t.a != nil {
		says = fmt.Sprintf("action %d: %s", t.a.Seq, says)
	}
	if r.Kind == KindMerged {
		says += " (in a break-glass journal)"
	}
	return model.Clean(says)
}

// teller knows the action that a record is about; nil: none.
type teller struct{ a *Action }

func (t teller) step(n int) string {
	if t.a == nil || n < 1 || n > len(t.a.Steps) {
		return fmt.Sprintf("step %d", n)
	}
	return fmt.Sprintf("step %d of %d, %s", n, len(t.a.Steps), t.a.Steps[n-1])
}

// way is a step, or its way back.
func (t teller) way(n int, back bool) string {
	if back {
		return "the way back of " + t.step(n)
	}
	return t.step(n)
}

func (t teller) wants(b Intent) string {
	if t.a == nil {
		return ""
	}
	return t.a.wants(b)
}

// told adds what was found.
func told(says string, found []Found) string {
	for _, f := range found {
		says += "; found: " + f.String()
	}
	return says
}

func because(head, why string) string {
	if why == "" {
		return head
	}
	return head + ": " + why
}

func (t teller) tell(r Record) (string, error) {
	switch r.Kind {
	case KindGenesis:
		var b Genesis
		err := r.Into(&b)
		return "the journal of " + EnvironmentName(b.Environment, b.Rehearsal) + " begins", err
	case KindRoutes:
		var b Routed
		err := r.Into(&b)
		return because("new routes", b.Says), err
	case KindEvidence:
		var b Evidence
		err := r.Into(&b)
		return b.line(), err
	case KindPhase:
		var b Decision
		err := r.Into(&b)
		return b.line(), err
	case KindNote:
		var b Note
		err := r.Into(&b)
		return b.says(), err
	case KindProgramme:
		var b Begun
		err := r.Into(&b)
		says := fmt.Sprintf("a programme of %d batches, %s apart, that stops at %d failed", len(b.Batches), model.Span(b.Soak), b.Failures)
		return because(says, b.Says), err
	case KindDecided:
		var b Decided
		err := r.Into(&b)
		says := "a programme is stopped"
		if b.Goes {
			says = "a programme goes on"
		}
		return because(says, b.Reason), err
	case KindClosed:
		var b Closed
		err := r.Into(&b)
		return because("closed", b.Says), err
	}
	return t.action(r)
}

func (t teller) action(r Record) (string, error) {
	switch r.Kind {
	case KindPlan:
		var b Planned
		err := r.Into(&b)
		return because("planned", b.words().Says), err
	case KindApproved:
		var b Approved
		err := r.Into(&b)
		parts := []string{"approved"}
		if b.Ticket != "" {
			parts[0] += ", ticket " + b.Ticket
		}
		for _, guard := range slices.Sorted(maps.Keys(b.Overrides)) {
			parts = append(parts, guard+" overridden: "+b.Overrides[guard])
		}
		return strings.Join(parts, "; "), err
	case KindClaim:
		var b Claim
		err := r.Into(&b)
		says := "taken up by " + b.Runner
		if n := len(b.Supersedes); n > 0 {
			says += fmt.Sprintf(", and %d unfinished superseded", n)
		}
		return because(says, b.Reason), err
	case KindIntent:
		var b Intent
		err := r.Into(&b)
		return told(because("begins "+t.way(b.Step, b.Back), t.wants(b)), b.Found), err
	case KindDone:
		var b Done
		err := r.Into(&b)
		word := "done: "
		if b.Already {
			word = "found done: "
		}
		if b.Spared {
			word = "went wrong, and the plan goes on: "
		}
		return told(because(word+t.way(b.Step, b.Back), b.Says), b.Found), err
	case KindRefused, KindFailed, KindUnknown:
		var b Ended
		err := r.Into(&b)
		return because(r.Kind, b.Says), err
	case KindStop:
		var b Stop
		err := r.Into(&b)
		return because("told to stop", b.Reason), err
	case KindAttested:
		var b Attested
		err := r.Into(&b)
		return because("attested for "+t.step(b.Step), b.Says), err
	case KindReviewed:
		var b Reviewed
		err := r.Into(&b)
		return because("reviewed", b.Says), err
	case KindBack:
		var b Back
		err := r.Into(&b)
		return because("goes back", b.Reason), err
	case KindAcknowledged:
		var b Acknowledged
		err := r.Into(&b)
		return because("acknowledged", b.Reason), err
	}
	return r.Kind, nil
}
