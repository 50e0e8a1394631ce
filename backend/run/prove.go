package run

import (
	"context"
	"encoding/json"
	"fmt"

	"switchyard/model"
	"switchyard/model/record"
)

// Observe records what a look saw that the journal does not have, and returns it; see is asked again when somebody else was faster. Errors
// are ErrIllegal and the journal's.
func (r *Runner) Observe(ctx context.Context, see func(*record.State) []record.Proof) (proofs []record.Proof, err error) {
	err = r.append(ctx, func(s *record.State) (record.Body, error) {
		if proofs = see(s); len(proofs) == 0 {
			return nil, errHere
		}
		return record.Prove(proofs...), nil
	})
	if err != nil {
		return nil, err
	}
	return proofs, nil
}

// Prove records what somebody, a test or another framework proved. It may be repeated. Errors are ErrGuard and the journal's.
func (r *Runner) Prove(ctx context.Context, p record.Proof) error {
	if err := p.Check(r.Now()); err != nil {
		return &model.Fault{Kind: model.ErrGuard, Says: fmt.Sprintf("recording evidence: %v", err)}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encoding evidence: %w", err)
	}
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		if old := s.Proof(&p); old != nil && old.Who == r.Actor {
			if there, err := json.Marshal(old.Proof); err == nil && string(there) == string(raw) {
				return nil, errHere
			}
		}
		return record.Prove(p), nil
	})
}

// Waive records that a gate is gone on without. It may be repeated: the first one counts. Errors are ErrGuard and the journal's.
func (r *Runner) Waive(ctx context.Context, d record.Decision) error {
	if err := d.Check(); err != nil {
		return err
	}
	return r.append(ctx, func(s *record.State) (record.Body, error) {
		if s.Waived(d.Gate) != nil {
			return nil, errHere
		}
		return d, nil
	})
}
