package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Renew makes the plan anew in the world as it is now. What was measured once and is part of its orders stays.
func (p *Plan) Renew(w World) (*Plan, error) {
	q, err := p.Ask.Plan(w, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range min(len(p.Steps), len(q.Steps)) {
		q.Steps[i].Order.keep(&p.Steps[i].Order)
	}
	return q, nil
}

// keep takes over where the order starts to look for what it made.
func (o *Order) keep(was *Order) {
	if now, then := o.tagged(), was.tagged(); now != nil && then != nil {
		now.After, now.Leaves = then.After, then.Leaves
	}
}

func (o *Order) tagged() *TaggedJob {
	switch {
	case o.StartJob != nil:
		return &o.StartJob.TaggedJob
	case o.FollowJob != nil:
		return o.FollowJob
	}
	return o.VerifyJob
}

// Stale says why the plan no longer fits its renewal, in words; empty when it does.
func (p *Plan) Stale(now *Plan, at time.Time) string {
	switch {
	case !at.Before(p.Expires):
		return "it expired at " + p.Expires.UTC().Format("15:04:05")
	case p.Environment != now.Environment || p.Rehearsal != now.Rehearsal:
		return fmt.Sprintf("it is for %s, this is %s", record.EnvironmentName(p.Environment, p.Rehearsal), record.EnvironmentName(now.Environment, now.Rehearsal))
	case p.Expires.Sub(p.Made) > now.Expires.Sub(now.Made) || p.Made.After(at.Add(time.Minute)):
		return "it was given more time than the policy gives"
	case p.Approvals < now.Approvals || now.Ticket && !p.Ticket:
		return "the policy asks for more than it does"
	case !same(p.does(), now.does()):
		return "its steps are not what this program would do with this policy: another version made it"
	}
	for i := range now.Guards {
		if why := p.moved(&now.Guards[i]); why != "" {
			return why
		}
	}
	switch {
	case p.Routes != now.Routes:
		return fmt.Sprintf("the routes were changed by record %d", now.Routes)
	case p.Facts != p.facts() || p.Facts != now.Facts:
		return "its guards are not those it was bound to"
	}
	return ""
}

// moved says how a guard differs from what the plan was bound to.
func (p *Plan) moved(now *model.Check) string {
	was := p.Guard(now.ID)
	switch {
	case was == nil:
		return fmt.Sprintf("guard %s was not there when it was made", now.ID)
	case was.Verdict != now.Verdict:
		return fmt.Sprintf("guard %s was %s (%s), now %s (%s)", now.ID, was.Verdict, was.Value, now.Verdict, now.Value)
	case was.Bar != now.Bar || was.Fact != now.Fact:
		return fmt.Sprintf("guard %s: %q is now %q", now.ID, was.Value, now.Value)
	}
	return ""
}

// does is what a plan would do and ask, without what was measured.
func (p *Plan) does() any {
	return []any{p.ID, p.Ask, p.Verb, p.Confirm, p.Touches, p.Steps}
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// InTheWay gives the first guard that stops a step, counted from 0, of an action; nil when none does. A guard passes when it
// holds, only warns, or is overridden with a reason, and is still what the plan was bound to.
func (p *Plan) InTheWay(step int, now *Plan, a *record.Action) (guard *model.Check, why string) {
	for _, id := range p.Steps[step].Guards {
		g := now.Guard(id)
		switch {
		case g == nil:
			return &model.Check{ID: id}, "guard " + id + " cannot be judged"
		case Blocks(*g), NeedsReason(*g) && !overridden(a, id):
			return g, fmt.Sprintf("%s: %s", g.Says, g.Value)
		}
		if why := p.moved(g); why != "" {
			return g, why
		}
	}
	return nil, ""
}

func overridden(a *record.Action, guard string) bool {
	return slices.ContainsFunc(a.Overrides, func(o string) bool { return strings.HasPrefix(o, guard+": ") })
}

// Approval is one person's yes to a plan.
type Approval struct {
	By      string            `json:"by"`
	Confirm string            `json:"confirm"`           // what was typed
	Reasons map[string]string `json:"reasons,omitempty"` // for guards to override, by id
	Ticket  string            `json:"ticket,omitempty"`
}

// Approve checks an approval and gives its record. The errors are ErrGuard and ErrStale.
func (p *Plan) Approve(a Approval, at time.Time) (record.Approved, error) {
	b := record.Approved{Action: p.ID, Ticket: model.Clean(a.Ticket)}
	refuse := func(kind error, format string, args ...any) (record.Approved, error) {
		return record.Approved{}, &model.Fault{Kind: kind, Says: "approving it: " + fmt.Sprintf(format, args...)}
	}
	switch {
	case a.By == "" || a.By != model.Clean(a.By):
		return refuse(model.ErrGuard, "an approval has a name")
	case a.Confirm != p.Confirm:
		return refuse(model.ErrGuard, "the confirmation is not %q", p.Confirm)
	case !at.Before(p.Expires):
		return refuse(model.ErrStale, "the plan expired at %s", p.Expires.UTC().Format("15:04:05"))
	case p.Ticket && b.Ticket == "":
		return refuse(model.ErrGuard, "the policy asks for a ticket")
	}
	for _, g := range p.Guards {
		switch {
		case Blocks(g):
			return refuse(model.ErrGuard, "%s: %s (%s)", g.ID, g.Says, g.Value)
		case NeedsReason(g):
			reason := model.Clean(a.Reasons[g.ID])
			if reason == "" {
				return refuse(model.ErrGuard, "%s (%s: %s) is overridden only with a reason", g.ID, g.Says, g.Value)
			}
			if b.Overrides == nil {
				b.Overrides = map[string]string{}
			}
			b.Overrides[g.ID] = reason
		}
	}
	return b, nil
}
