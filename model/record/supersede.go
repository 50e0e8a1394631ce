package record

import (
	"fmt"
	"slices"
)

// Pending tells whether it is not over: it may still run, or blocks others. What was superseded, acknowledged or went back is over.
func (a *Action) Pending() bool {
	switch a.State {
	case ActionWaits, ActionApproved, ActionRunning:
		return a.Acked == nil
	case ActionDone, ActionSuperseded:
		return false
	}
	return a.Unfinished()
}

// PreEmpts tells whether a plan that has not begun may take the place of an action: until it does, it stands in nobody's way there.
func (a *Action) PreEmpts(id string) bool {
	return (a.State == ActionWaits || a.State == ActionApproved) && slices.Contains(a.Supersedes, id)
}

// Ends tells whether the record is the claim by which an action was superseded.
func (r Record) Ends(action string) bool {
	var b Claim
	return r.Kind == KindClaim && r.Into(&b) == nil && slices.Contains(b.Supersedes, action)
}

// supersede ends what an action takes the place of, with the same record by which it is claimed. What is over by then stays as it ended.
func (s *State) supersede(r Record, by *Action, seq int64) error {
	var b Claim
	if err := r.Into(&b); err != nil {
		return err
	}
	var all []int
	for _, id := range b.Supersedes {
		i := s.find(id)
		switch {
		case id == by.ID || !slices.Contains(by.Supersedes, id):
			return by.cannot("its plan supersedes no action " + fmt.Sprintf("%.40q", id))
		case i < 0 && s.Glass != nil: // it was over before this journal began
		case i < 0:
			return by.cannot(fmt.Sprintf("there is no action %.40q to supersede", id))
		case s.Actions[i].Pending():
			all = append(all, i)
		}
	}
	for _, i := range all {
		a := *s.Actions[i]
		a.State, a.Superseded, a.Why = ActionSuperseded, by.Seq, fmt.Sprintf("action %d (%s) of %s took its place", by.Seq, by.Verb, by.By)
		a.Last, a.LastAt = seq, r.At
		s.Actions[i] = &a
	}
	return nil
}
