package run

import (
	"context"
	"fmt"

	"switchyard/model"
	"switchyard/model/plan"
)

// resized wants the class applied and not only accepted, and the server answering in its role, in two looks.
func (h *Amazon) resized(ctx context.Context, r *plan.Resizing, past plan.Past) (Sight, error) {
	what := "resize " + r.ID
	d, err := h.describe(ctx, &r.OnInstance)
	if err != nil {
		h.disagree(what)
		return Sight{}, err
	}
	server, serr := h.server(ctx, &r.OnInstance)
	calm := d.Status == "available" && len(d.Pending) == 0
	switch {
	case !calm:
		h.disagree(what)
		return Sight{
			Verdict: unlessIntended(past),
			Says:    fmt.Sprintf("%s is %s and a %s, %d changes pending", r.ID, d.Status, d.Class, len(d.Pending)),
		}, nil
	case d.Class != r.To:
		h.disagree(what)
		return Sight{Verdict: model.Fails, Absent: !past.Intended.IsZero() && elapsed(past.Intended, h.Now()) >= absentAfter,
			Says: fmt.Sprintf("%s is a %s", r.ID, d.Class)}, nil
	case serr != nil:
		h.disagree(what)
		return Sight{}, fmt.Errorf("AWS calls it a %s, and its server does not answer: %w", d.Class, serr)
	case server.ReadOnly != d.IsReplica():
		h.disagree(what)
		return Sight{Says: fmt.Sprintf("%s is a %s, and has read_only %v", r.ID, d.Class, server.ReadOnly)}, nil
	}
	return h.agree(what, Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s is a %s, and its server answers", r.ID, d.Class)}), nil
}
