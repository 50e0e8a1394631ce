package plan

import (
	"fmt"
	"time"

	"switchyard/model"
)

// Push asks that Directors of a cluster are given what the newest routes come to, whoever or whatever made them differ.
type Push struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director,omitempty"` // one of the cluster's; empty: all, the active one first
}

// pushTakes is how long a push and a way back may take beside what the policy lets them wait: to prove a file and to reload it, also while
// the catalog is slow.
const pushTakes = 3 * time.Minute

func (r *Push) plan(w World, id string) (*Plan, error) {
	var on []*OnDirector
	for _, d := range w.view(r.Cluster).Directors {
		if r.Director == "" || r.Director == d.Name {
			on = append(on, &OnDirector{Cluster: r.Cluster, Director: d.Name})
		}
	}
	if len(on) == 0 {
		return nil, fmt.Errorf("planning a push: %s has no Director %s: %w", r.Cluster, model.Clean(r.Director), model.ErrNone)
	}
	guards := []string{GuardRoutes, "director-answers", "catalog-writes"}
	p := &Plan{ID: id, Ask: Ask{Push: r}}
	p.Verb, p.Says, p.Confirm = r.words()
	for _, d := range on {
		p.Steps = append(p.Steps, Step{Order: Order{Push: d}, Guards: guards, Limit: w.Policy.PushWaits + pushTakes})
	}
	for _, d := range on {
		p.Steps = append(p.Steps, Step{Order: Order{Effective: d}, Limit: w.Policy.PushWaits + pushTakes})
	}
	p.Costs = []string{"each Director reloads once, and starts no job while it does"}
	p.Undo = []string{"a Director that does not take its file is given back the one that it had, and so are those before it"}
	p.name()
	return w.Finish(p, guards...)
}

func (r *Push) words() (verb, says, confirm string) {
	whose := r.Cluster.String()
	if r.Director != "" {
		whose += " " + r.Director
	}
	return "push", model.Clean("push the routes to " + whose), model.Clean("push " + whose)
}
