package record

import (
	"slices"

	"switchyard/model"
)

// Reviewed is a person's word, afterwards, about an emergency that fewer had looked at before.
type Reviewed struct {
	Action string `json:"action"`
	Says   string `json:"says"`
}

// RecordKind is KindReviewed.
func (Reviewed) RecordKind() string { return KindReviewed }

// Owes tells whether an emergency has begun, or did, and nobody has reviewed it.
func (a *Action) Owes() bool {
	return a.Emergency && a.Review == nil && (a.Begun() || a.State == ActionRunning)
}

// MayReview says why somebody's review does not count; empty when it does. Where more people approve what is no emergency, it is the word
// of somebody who has not approved it.
func (a *Action) MayReview(by string) string {
	switch {
	case !a.Emergency:
		return "it was no emergency"
	case a.Review != nil:
		return a.Review.By + " has reviewed it already"
	case !a.Owes():
		return "it has not begun"
	case by == "":
		return "a review has a name"
	case a.Ordinary > a.Needs && slices.ContainsFunc(a.Approvals, func(p ActionBy) bool { return p.By == by }):
		return by + " has approved it: somebody else reviews it"
	}
	return ""
}

func (a *Action) review(r Record) error {
	var b Reviewed
	if err := r.Into(&b); err != nil {
		return err
	}
	if why := a.MayReview(r.Actor); why != "" {
		return a.cannot(why)
	}
	if model.Clean(b.Says) == "" {
		return a.cannot("a review says what was seen")
	}
	a.Review = &ActionBy{By: r.Actor, At: r.At, Says: model.Clean(b.Says)}
	return nil
}
