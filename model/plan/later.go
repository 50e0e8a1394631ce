package plan

import (
	"encoding/json"
	"errors"
	"fmt"

	"switchyard/model"
	"switchyard/model/routes"
)

// Later asks who takes the chains that are added to a region later. Those that are there keep their routes: no shift decides it, and where
// a plain document takes every chain, it comes before a shift of some of them.
type Later struct {
	Region string
	To     model.Route
}

type laterText struct {
	Region string `json:"region"`
	To     string `json:"to"`
}

// MarshalJSON writes the route as a word.
func (l Later) MarshalJSON() ([]byte, error) { return json.Marshal(laterText{l.Region, l.To.String()}) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Later) UnmarshalJSON(raw []byte) error {
	var text laterText
	err := Strictly(raw, &text)
	if err == nil {
		l.Region = text.Region
		l.To, err = RouteCalled(text.To)
	}
	if err != nil {
		return fmt.Errorf("reading who takes later chains: %w", err)
	}
	return nil
}

func (l *Later) words() (verb, says, confirm string) {
	return "later", model.Clean(fmt.Sprintf("let %s take the chains that are added to %s later", l.To, l.Region)),
		model.Clean(fmt.Sprintf("later %s to %s", l.Region, l.To))
}

func (l *Later) plan(w World, id string) (*Plan, error) {
	if why := w.unread(); why != "" {
		return nil, fmt.Errorf("planning for later chains: %s", why)
	}
	if w.Names == nil {
		return nil, errors.New("planning for later chains: the inventory is not known")
	}
	doc, err := RoutesOf(w.State)
	var next *routes.Document
	if err == nil {
		next, err = doc.DecideLater(w.Names.Inventory(), l.Region, l.To, w.Routing.Extensions)
	}
	if err != nil {
		return nil, fmt.Errorf("planning for later chains: %w", err)
	}
	if next.Equal(doc) {
		return nil, fmt.Errorf("planning for later chains: %w: %s takes them already", model.ErrRoutes, l.To)
	}
	p := &Plan{ID: id, Ask: Ask{Later: l}}
	p.Verb, p.Says, p.Confirm = l.words()
	p.Steps = []Step{{
		Order:  Order{Publish: &Publish{Follows: w.State.RoutesSeq, Later: l.Region, To: l.To.String(), SHA256: Sum(next)}},
		Guards: []string{GuardRoutes}, Limit: w.Policy.StartLimit, Changes: []Change{{Guard: GuardRoutes}},
	}}
	p.name()
	p.Costs = []string{routes.Diff(doc, next, w.Names.Inventory()).Says(), "no Director is told: nothing that is there changes"}
	p.Undo = []string{"decide otherwise again; chains that were added meanwhile keep the route that they have"}
	return w.Finish(p, GuardRoutes)
}
