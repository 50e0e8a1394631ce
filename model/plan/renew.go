package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Renew makes the plan anew in the world as it is now: only before it has begun. What was measured once and is part of its orders stays.
func (p *Plan) Renew(w World) (*Plan, error) {
	w.known = p.Known.again()
	q, err := p.Ask.Plan(w, p.ID)
	if err != nil {
		return nil, err
	}
	p.keepSuperseded(q, w.State)
	was, err := p.Rows()
	if err != nil {
		return nil, fmt.Errorf("making it anew: %w", err)
	}
	now, err := q.Rows()
	if err != nil {
		return nil, fmt.Errorf("making it anew: %w", err)
	}
	for i := range min(len(was), len(now)) {
		if was[i].Name == now[i].Name {
			q.Steps[i].keeps(now[i], &p.Steps[i].Order)
		}
	}
	return q, nil
}

// keeps takes over what a renewal does, and says it in the step's words where these are the order's own.
func (s *Step) keeps(r Row, was *Order) {
	name, done := s.Order.words()
	own := s.Name == name && s.Done == done
	if r.keeps(&s.Order, was); own {
		s.Name, s.Done = s.Order.words()
	}
}

// Holds judges the guards of a plan that has not begun, without making it anew, and says why it no longer fits the world.
func (p *Plan) Holds(w World) (guards []model.Check, why string) {
	if w.Snapshot == nil {
		return nil, "nothing is known of the world"
	}
	now := *p
	now.bind(w, p.guardIDs())
	now.Facts = now.facts()
	now.Made, now.Expires = w.Now, w.Now.Add(w.Policy.PlanLife)
	if why = p.Expired(w.Now); why == "" {
		why = p.differs(&now, w.Now, true)
	}
	return now.Guards, why
}

// Expired says that the plan's time is over; empty while it is not.
func (p *Plan) Expired(at time.Time) string {
	if at.Before(p.Expires) {
		return ""
	}
	return "it expired at " + p.Expires.UTC().Format("15:04:05")
}

// Stale says why the plan no longer fits its renewal, in words; empty when it does.
func (p *Plan) Stale(now *Plan, at time.Time) string {
	if why := p.Expired(at); why != "" {
		return why
	}
	return p.differs(now, at, same(p.does(), now.does()))
}

func (p *Plan) differs(now *Plan, at time.Time, does bool) string {
	switch {
	case p.Environment != now.Environment || p.Rehearsal != now.Rehearsal:
		return fmt.Sprintf(
			"it is for %s, this is %s",
			record.EnvironmentName(p.Environment, p.Rehearsal),
			record.EnvironmentName(now.Environment, now.Rehearsal),
		)
	case p.Expires.Sub(p.Made) > now.Expires.Sub(now.Made) || p.Made.After(at.Add(time.Minute)):
		return "it was given more time than the policy gives"
	case p.Approvals < now.Approvals || now.Ticket && !p.Ticket:
		return "the policy asks for more than it does"
	case !slices.Equal(p.Supersedes, now.Supersedes):
		return "what it would supersede is not what is unfinished now"
	case !does:
		return "its steps are not what this program would do with this policy: another version made it"
	}
	bound := *now
	bound.Guards = slices.Clone(now.Guards)
	for i := range bound.Guards {
		was, is := p.Guard(now.Guards[i].ID), &now.Guards[i]
		if p.asksNoMore(was, is) {
			bound.Guards[i] = *was
		} else if why := moved(was, is); why != "" {
			return why
		}
	}
	switch {
	case p.Routes != now.Routes:
		return fmt.Sprintf("the routes were changed by record %d", now.Routes)
	case p.Facts != p.facts() || p.Facts != bound.facts():
		return "its guards are not those it was bound to"
	}
	return ""
}

// does is what a plan would do and ask, without what was measured.
func (p *Plan) does() any {
	return []any{p.ID, p.Ask, p.Verb, p.Confirm, p.Touches, p.Steps, p.Known, p.Supersedes, p.Emergency}
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
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
			return refuse(model.ErrGuard, "%s: %s (%s)%s", g.ID, g.Says, g.Value, g.ThenDo())
		case NeedsReason(g):
			reason := model.Clean(a.Reasons[g.ID])
			if reason == "" {
				return refuse(model.ErrGuard, "%s (%s: %s) is overridden only with a reason%s", g.ID, g.Says, g.Value, g.ThenDo())
			}
			if b.Overrides == nil {
				b.Overrides = map[string]string{}
			}
			b.Overrides[g.ID] = reason
		}
	}
	return b, nil
}
