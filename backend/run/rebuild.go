package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/backend/rds"
	"switchyard/backend/rds/act"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// createdAs is the name under which a step notes which instance was created.
const createdAs = "the DbiResourceId of the instance that was created"

// created wants an instance of that name in that AWS region that replicates from the source: one that stood there before is not adopted.
func (h *Amazon) created(ctx context.Context, c *plan.CreateReplica, past plan.Past) (Sight, error) {
	d, err := h.Reader.Describe(ctx, rds.Target{ID: c.ID, Region: c.Region})
	switch {
	case errors.Is(err, model.ErrNone):
		return Sight{Verdict: model.Fails, Absent: !past.Intended.IsZero() && elapsed(past.Intended, h.Now()) >= absentAfter,
			Says: fmt.Sprintf("AWS knows no %s in %s", c.ID, c.Region)}, nil
	case err != nil:
		return Sight{}, err
	case past.Intended.IsZero():
		return Sight{Verdict: model.Fails, Refused: true, Says: fmt.Sprintf("%s is there already in %s (%s): take another name", c.ID, c.Region,
			d.ResourceID)}, nil
	case d.Source != c.SourceARN && d.Source != c.Source.ID:
		return Sight{Verdict: model.Fails, Refused: true, Says: model.Clean(fmt.Sprintf("%s replicates from %q, and not from %s", c.ID, d.Source,
			c.SourceARN))}, nil
	}
	return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s (%s) is %s", c.ID, d.ResourceID, d.Status), Found: []record.Found{{
		Setting: &record.FoundSetting{Of: c.ID, Name: createdAs, Value: d.ResourceID}}}}, nil
}

func (h *Amazon) createReplica(ctx context.Context, c *plan.CreateReplica) error {
	return h.Acts.CreateReplica(
		ctx,
		target(&c.Source),
		act.Replica{ID: c.ID, Region: c.Region, SourceARN: c.SourceARN, Class: c.Class, Group: c.Group,
			Key: c.Key, MultiAZ: c.MultiAZ, Protected: c.Protected, IAM: c.IAM, SecurityGroups: c.SecurityGroups},
	)
}

// replicates wants the instance that was created available, its replication normal by AWS's word, and its own server with both threads
// running, keeping up with the source and taking no writes, in two looks.
func (h *Amazon) replicates(ctx context.Context, m *plan.Made, past plan.Past) (Sight, error) {
	what, is := "replicates "+m.ID, ""
	for _, f := range past.Found {
		if s := f.Setting; s != nil && s.Of == m.ID && s.Name == createdAs {
			is = s.Value
		}
	}
	if is == "" {
		return Sight{}, fmt.Errorf("nobody noted which instance %s is", m.ID)
	}
	d, err := h.Reader.Describe(ctx, rds.Target{ID: m.ID, Region: m.Region, ResourceID: is})
	switch {
	case err == nil && d.ResourceID != is:
		return Sight{Verdict: model.Fails, Refused: true, Says: fmt.Sprintf("%s is %s now, and %s was created", m.ID, d.ResourceID, is)}, nil
	case err != nil:
		h.disagree(what)
		return Sight{}, err
	case d.StatusClass() == model.StatusPerson:
		return Sight{Verdict: model.Fails, Refused: true, Says: fmt.Sprintf("%s is %s: %s", m.ID, d.Status, d.Remedy())}, nil
	case d.Status != "available" || !d.Replicating:
		h.disagree(what)
		return Sight{
			Verdict: model.Fails,
			Says:    model.Clean(fmt.Sprintf("%s is %s, AWS calls its replication %q", m.ID, d.Status, d.Replication)),
		}, nil
	case h.Open == nil:
		return Sight{}, fmt.Errorf("there is no login for the server of %s", m.ID)
	}
	source, err := h.server(ctx, &m.Source)
	if err != nil {
		return Sight{}, err
	}
	at := AtInstance(m.ID, m.Region)
	if h.Servers[at] == nil {
		if h.Servers[at], err = h.Open(m.ID, m.Region, d.Endpoint); err != nil {
			return Sight{}, err
		}
	}
	s, err := h.Servers[at].Look(ctx)
	if err != nil {
		h.disagree(what)
		return Sight{}, err
	}
	r := s.Stream(source.UUID)
	switch behind, known := lagOf(r); {
	case s.UUID == source.UUID || !s.ReadOnly || r == nil || r.SourceUUID != source.UUID:
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("the server of %s is no read-only replica of that of %s", m.ID, m.Source.ID)}, nil
	case !r.Runs() || !known || behind > keepsUp:
		h.disagree(what)
		return Sight{Verdict: model.Fails, Says: model.Clean(fmt.Sprintf("%s replicates, its lag is %s", m.ID, r.Lag))}, nil
	}
	return h.agree(
		what,
		Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s (%s) is available at %s, and keeps up with %s", m.ID, is, d.Endpoint,
			m.Source.ID)},
	), nil
}

// keepsUp is how far behind a new replica may be that is called healthy.
const keepsUp = 5 * time.Second

func lagOf(r *model.Replication) (behind time.Duration, known bool) {
	if r == nil {
		return 0, false
	}
	return r.Lag.Behind()
}

// halted wants AWS's word that an instance is stopped.
func (h *Amazon) halted(ctx context.Context, i *plan.OnInstance, past plan.Past) (Sight, error) {
	d, err := h.describe(ctx, i)
	switch {
	case err != nil:
		return Sight{}, err
	case d.Status == "stopped":
		return Sight{Verdict: model.Holds, Says: i.ID + " is stopped"}, nil
	case d.Status == "available":
		return Sight{Verdict: model.Fails, Absent: !past.Intended.IsZero() && elapsed(past.Intended, h.Now()) >= absentAfter,
			Says: i.ID + " is available"}, nil
	}
	return Sight{Verdict: unlessIntended(past), Says: i.ID + " is " + d.Status}, nil
}
