package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Other is an action whose place a plan takes: when the plan is claimed it ends, and its runner, wherever it is, does nothing more.
type Other struct {
	Action string `json:"action"` // the id of its plan
	Seq    int64  `json:"seq"`    // its number
}

// Preempt lets the plan take the place of whatever is not over and touches the same. Its maker says so, before Finish.
func (w World) Preempt(p *Plan) error {
	touches, err := w.touches(p)
	if err != nil {
		return fmt.Errorf("planning a %s: %w", p.Verb, err)
	}
	if w.State == nil {
		return nil
	}
	for _, a := range w.State.Blocking(w.Now, touches) {
		if a.ID != p.ID && !a.PreEmpts(p.ID) {
			p.Supersedes = append(p.Supersedes, Other{Action: a.ID, Seq: a.Seq})
		}
	}
	return nil
}

// supersedes tells whether the plan takes an action's place.
func (p *Plan) supersedes(id string) bool {
	return slices.ContainsFunc(p.Supersedes, func(o Other) bool { return o.Action == id })
}

// others are the ids of what it supersedes.
func (p *Plan) others() (ids []string) {
	for _, o := range p.Supersedes {
		ids = append(ids, o.Action)
	}
	return ids
}

// Meets are the actions of a state that stand in the plan's way: neither those whose place it takes, nor one that would take its place.
func (p *Plan) Meets(s *record.State, now time.Time) (out []*record.Action) {
	for _, a := range s.Blocking(now, p.Touches) {
		if a.ID != p.ID && !p.supersedes(a.ID) && !a.PreEmpts(p.ID) {
			out = append(out, a)
		}
	}
	return out
}

// keepSuperseded lets a renewal supersede what the plan was made to, where only what is over by now is missing.
func (p *Plan) keepSuperseded(now *Plan, s *record.State) {
	left := slices.DeleteFunc(slices.Clone(p.Supersedes), func(o Other) bool {
		if s == nil {
			return false
		}
		a := s.Action(o.Action)
		return a != nil && a.Seq == o.Seq && !now.supersedes(o.Action) && !a.Pending()
	})
	if slices.Equal(left, now.Supersedes) {
		now.Supersedes = p.Supersedes
	}
}

// people are the approvals that the plan needs, which a guard that asks for a reason may raise; in an emergency the policy has a number of
// its own, and what it would be otherwise is kept.
func (p *Plan) people(policy model.Policy) {
	p.Approvals, p.Ticket, p.Ordinary = max(1, policy.Approvals), policy.Ticket, 0
	if slices.ContainsFunc(p.Guards, NeedsReason) {
		p.Approvals = max(p.Approvals, policy.OverrideApprovals)
	}
	if p.Emergency {
		p.Ordinary, p.Approvals = p.Approvals, max(1, policy.EmergencyApprovals)
	}
}

// Calls says what is exceptional about the plan: whose place it takes, and that it is an emergency.
func (p *Plan) Calls() (lines []string) {
	if b := p.Ask.Batch; b != nil {
		lines = append(lines, fmt.Sprintf("it is batch %d of programme %d", b.Number, b.Seq))
	}
	if len(p.Supersedes) > 0 {
		var names []string
		for _, o := range p.Supersedes {
			names = append(names, fmt.Sprint(o.Seq))
		}
		word := "action "
		if len(names) > 1 {
			word = "actions "
		}
		lines = append(
			lines,
			"it takes the place of "+word+strings.Join(names, ", ")+": what has not ended by then is superseded and never goes on",
		)
	}
	if p.Emergency {
		says := "it is an emergency: a freeze window only warns, and its review is owed afterwards"
		if p.Ordinary > p.Approvals {
			says += fmt.Sprintf(", by somebody else: otherwise %d people would have to approve it", p.Ordinary)
		}
		lines = append(lines, says)
	}
	return lines
}
