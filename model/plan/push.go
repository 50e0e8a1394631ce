package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// Push asks that Directors of a cluster are given what the newest routes come to, whoever or whatever made them differ.
type Push struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director,omitempty"` // one of the cluster's; empty: all, the active one first
	Adrift   bool          `json:"adrift,omitempty"`   // of those, the ones that are seen to differ in what a push mends
}

// pushTakes is how long a push may take beside what the policy lets it wait: to prove a file and to reload it, also while the catalog is
// slow, as a refused reload alone may take half a minute.
const pushTakes = 4 * time.Minute

// pushLimit is how long a push may take, which waits until no job is about to start before it proves a file and once more behind that.
func (w World) pushLimit() time.Duration { return 2*w.Policy.PushWaits + pushTakes }

var (
	errNothingAdrift = errors.New("nothing that a push would change is adrift")
	errOthersPush    = errors.New("another control plane pushes to it")
)

func (r *Push) plan(w World, id string) (*Plan, error) {
	names, err := w.directors(r.Cluster)
	if err == nil && r.Director != "" {
		names = slices.DeleteFunc(names, func(n string) bool { return n != r.Director })
	}
	off, says := w.offRoutes(r.Cluster)
	if err = cmp.Or(err, off.fits(w, r.Cluster)); !r.Adrift {
		says = nil
	}
	switch {
	case err != nil:
	case w.Routing.Unpushed[r.Cluster]:
		err = errOthersPush
	case len(names) == 0:
		err = fmt.Errorf("it has no Director %s: %w", model.Clean(r.Director), model.ErrNone)
	case r.Adrift:
		if names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(off.Directors, n) }); len(names) == 0 {
			err = errNothingAdrift
		}
	}
	if err != nil {
		return nil, fmt.Errorf("planning a push to %s: %w", r.Cluster, err)
	}
	guards := append([]string{GuardRoutes, guardCovers}, w.needRoutes(r.Cluster)...)
	if names[0] == w.called(r.Cluster, 0) {
		guards = append(guards, "director-answers", "catalog-writes")
	} else {
		guards = append(guards, "aside-answers")
	}
	p := &Plan{ID: id, Ask: Ask{Push: r}, Known: &Known{Adrift: off}}
	p.Verb, p.Says, p.Confirm = r.words()
	for _, name := range names {
		on := &OnDirector{Cluster: r.Cluster, Director: name}
		p.Steps = append(p.Steps, Step{Order: Order{Push: on}, Guards: guards, Limit: w.pushLimit()})
	}
	for _, name := range names {
		if e := off.off(name); e != nil {
			p.Steps = append(p.Steps, Step{Order: Order{Enable: e}, Guards: guards, Limit: w.Policy.RunLimit})
			says = append(says, e.costs())
		}
	}
	for _, name := range names {
		on := &OnDirector{Cluster: r.Cluster, Director: name}
		p.Steps = append(p.Steps, Step{Order: Order{Effective: on}, Limit: w.pushLimit()})
	}
	if doc, err := RoutesOf(w.State); err == nil {
		says = append(says, w.unquietBy(r.Cluster, doc)...)
	}
	p.Costs = append(says, "each Director reloads once, and starts no job while it does",
		"whoever changed it loses that change: what a Director has is then what the routes come to")
	p.Undo = []string{"a Director that does not take its file is given back the one that it had, and so are those before it"}
	p.name()
	return w.Finish(p, guards...)
}

func (r *Push) words() (verb, says, confirm string) {
	whose := r.Cluster.String()
	if r.Director != "" {
		whose += " " + r.Director
	}
	where := whose
	if r.Adrift {
		where += " where it differs"
	}
	return "push", model.Clean("push the routes to " + where), model.Clean("push " + whose)
}

func init() {
	guards["aside-answers"] = guard{
		judge: func(w World, p *Plan, _ Past) model.Check { return w.asideAnswers(p) },
		needs: ofDirector,
		aside: true,
	}
}

// asideAnswers wants the passive Director to answer that alone is pushed to: before it was heard nobody knows that there is one.
func (w World) asideAnswers(p *Plan) model.Check {
	c := model.Check{Says: fmt.Sprintf("%s's passive Director answers", p.on()), Bar: model.Block, Value: "nothing is pushed"}
	for _, of := range p.directors().Must {
		s := w.source(of)
		c.Verdict, c.At, c.Fact, c.Value = model.Holds, s.At, of.Name, of.Name
		if heard, why := w.heard(s); !heard {
			c.Verdict, c.Value = model.Unknown, of.Name+": "+why
			break
		}
	}
	return c
}
