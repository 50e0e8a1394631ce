package run

import (
	"context"
	"fmt"

	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
)

// repointedOf is the Director whose catalog is pointed elsewhere.
func (h *Directors) repointedOf(r *plan.Repoint) (*Pushed, error) {
	d := h.Of[r.Itself()]
	switch {
	case d == nil:
		return nil, fmt.Errorf("the configuration has no Director %s of %s", model.Clean(r.Director), r.Cluster)
	case d.CatalogFile == "":
		return nil, fmt.Errorf("the configuration does not say in which file %s has its Catalog resource", model.Clean(r.Director))
	}
	return d, nil
}

// repointed holds when the one Catalog resource names the server.
func (h *Directors) repointed(ctx context.Context, r *plan.Repoint) (Sight, error) {
	d, err := h.repointedOf(r)
	if err != nil {
		return Sight{}, err
	}
	text, err := d.Files.Read(ctx, d.CatalogFile)
	if err != nil {
		return Sight{}, err
	}
	at := push.CatalogAt(text)
	user := push.CatalogUser(text)
	switch {
	case len(at) != 1:
		return Sight{}, fmt.Errorf("%s has %d Catalog resources with a DB Address, and not one", model.Clean(d.CatalogFile), len(at))
	case at[0] == r.To && r.User != "" && user != r.User:
		return Sight{
			Verdict: model.Fails,
			Says:    model.Clean(fmt.Sprintf("%s's catalog is on %s, with the account %s", r.Director, r.To, user)),
		}, nil
	case at[0] == r.To:
		return Sight{Verdict: model.Holds, Says: model.Clean(fmt.Sprintf("%s's catalog is on %s", r.Director, r.To))}, nil
	}
	return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("%s's catalog is on %s", r.Director, at[0]))}, nil
}

func (h *Directors) repoint(ctx context.Context, r *plan.Repoint) error {
	d, err := h.repointedOf(r)
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	return d.Repoint(ctx, d.CatalogFile, push.Catalog{From: r.From, To: r.To, User: r.User, PasswordFile: r.PasswordFile})
}
