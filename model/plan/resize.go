package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// ChangeClass asks that instances of the pair get another class, in that order.
type ChangeClass struct {
	Changes []Resize `json:"changes"`
	Says    string   `json:"says"` // why, in the words of whoever chose it
}

// ResizeVerb is its verb.
const ResizeVerb = "size"

// Resizing changes the class of one instance, at once.
type Resizing struct {
	OnInstance
	From string `json:"from"`
	To   string `json:"to"`
}

// resizedIn is how long AWS may take: the volume stays, the server is begun anew on another machine.
const resizedIn = 90 * time.Minute

func init() {
	for id, g := range map[string]guard{
		"size-allowed": {judge: func(w World, _ *Plan, _ Past) model.Check { return w.sizeAllowed() }},
		"size-pair":    {judge: func(w World, p *Plan, past Past) model.Check { return w.sizePair(p, past) }, needs: ofBothInstances},
	} {
		guards[id], failoverGuards[id] = g, g
	}
	orders = append(orders, Row{
		Name: "resize", Does: "change the class of an RDS instance", Reaches: Amazon,
		is:      func(o *Order) bool { return o.Resize != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Resize.touches() },
		sends:   func(o *Order) string { return o.Resize.sends() },
	})
}

func (r *Resizing) words() (name, done string) {
	return model.Clean(fmt.Sprintf("make %s a %s", r.ID, r.To)),
		model.Clean(fmt.Sprintf("AWS calls %s available and a %s in two looks, nothing is pending, and its server answers", r.ID, r.To))
}

func (r *Resizing) sends() string {
	return fmt.Sprintf(
		"rds:ModifyDBInstance DBInstanceIdentifier=%s DBInstanceClass=%s ApplyImmediately=true, once, in %s",
		r.ID,
		r.To,
		r.Region,
	)
}

func (c *ChangeClass) words() (verb, says, confirm string) {
	var all []string
	for _, r := range c.Changes {
		all = append(all, fmt.Sprintf("%s to %s", r.ID, r.To))
	}
	confirm = "resize"
	if len(c.Changes) > 0 {
		confirm += " to " + c.Changes[0].To
	}
	return ResizeVerb, model.Clean("change the class of " + strings.Join(all, ", then of ")), model.Clean(confirm)
}

func (c *ChangeClass) plan(w World, id string) (*Plan, error) {
	if len(c.Changes) == 0 {
		return nil, errors.New("planning a change of class: no instance should have another one")
	}
	name, _ := w.writing()
	p := &Plan{ID: id, Ask: Ask{ChangeClass: c}, Known: &Known{Writer: name}}
	p.Verb, p.Says, p.Confirm = c.words()
	ids := []string{"size-allowed", "size-pair", "rds-identity", "rds-jobs"}
	for _, r := range c.Changes {
		at := w.instance(r.ID)
		if at == nil || at.Region != r.Region {
			return nil, fmt.Errorf(
				"planning a change of class: %s in %s is no instance of the pair: %w",
				model.Clean(r.ID),
				model.Clean(r.Region),
				model.ErrNone,
			)
		}
		p.Steps = append(
			p.Steps,
			Step{Order: Order{Resize: &Resizing{OnInstance: *onInstance(at), From: r.From, To: r.To}}, Guards: slices.Clone(ids),
				Limit: resizedIn},
		)
		p.Costs = append(
			p.Costs,
			model.Clean(fmt.Sprintf("%s is away for minutes: every session on it is cut, and its buffer pool begins empty", r.ID)),
		)
	}
	for _, r := range slices.Backward(c.Changes) {
		back := Resize{ID: r.ID, Region: r.Region, From: r.To, To: r.From}
		p.Undo = append(p.Undo, model.Clean("the same outage once more: "+back.Call()))
	}
	p.Costs = append(p.Costs, model.Clean(c.Says))
	p.name()
	return w.Finish(p, ids...)
}

// instance is one of the pair; nil: it is none of it.
func (w World) instance(id string) *model.Instance {
	if r := w.Snapshot.RDS; r != nil {
		for _, i := range []*model.Instance{r.Primary, r.Replica} {
			if i != nil && i.ID == id {
				return i
			}
		}
	}
	return nil
}

// sizeAllowed leaves instances to the code that describes them, unless the policy says otherwise.
func (w World) sizeAllowed() model.Check {
	c := model.Check{Says: "the policy lets a call to AWS change the class of an instance", Bar: model.Block, Verdict: model.Fails, At: w.Now,
		Value: "size_calls is off: what describes the instances would change it back"}
	if w.Policy.SizeCalls {
		c.Verdict, c.Value = model.Holds, "size_calls is on"
	}
	return c
}

// sizePair is bound to who the instances are and which of them takes writes: by that the order was chosen. Those whose step is done have
// the class that they were given, those before it what they had.
func (w World) sizePair(p *Plan, past Past) model.Check {
	c := model.Check{Says: "the instances are who they were, available, and of the classes that were measured", Bar: model.Block}
	writer, other, err := Writer(w.Snapshot.RDS)
	if err != nil {
		c.Value = err.Error()
		return c
	}
	c.Fact = writer.ID + " " + writer.AWS.Value.ResourceID
	if other != nil {
		c.Fact += " " + other.ID + " " + other.AWS.Value.ResourceID
	}
	var says []string
	c.Verdict = model.Holds
	for i := range p.Steps {
		r := p.Steps[i].Order.Resize
		if r == nil {
			continue
		}
		at := w.instance(r.ID)
		if at == nil {
			c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, model.Clean(r.ID)+" is none of the pair"
			return c
		}
		oldest := c.At
		if !w.heardOf(model.SourceInstance, at, &c) {
			return c
		}
		if !oldest.IsZero() && oldest.Before(c.At) {
			c.At = oldest
		}
		d, want := &at.AWS.Value, r.From
		if i < past.Done {
			want = r.To
		}
		says = append(says, fmt.Sprintf("%s is a %s, %s", r.ID, d.Class, d.Status))
		intended := i == past.Step-1 && !past.Intended.IsZero()
		if d.ResourceID != r.ResourceID || d.Status != "available" || len(d.Pending) > 0 || d.Class != want && !(intended && d.Class == r.To) {
			c.Verdict = model.Fails
		}
	}
	c.Value = model.Clean(strings.Join(says, "; "))
	return c
}

// wayToSize is past what holds up a change of class.
func wayToSize(id string) string {
	return map[string]string{
		"size-allowed": "change it where the instances are described, as switchyard size prints it; or write policy: {size_calls: yes}",
		"size-pair":    "wait until AWS calls both available with nothing pending, and ask switchyard size again",
		"rds-identity": "see switchyard rds",
		"rds-jobs":     "wait until they have ended, or say why they may be cut",
	}[id]
}
