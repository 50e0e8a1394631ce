package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"switchyard/model"
)

// Tail yields the records from a number on to the end as it is now. Follow a journal by asking again from the next number.
func (j *Journal) Tail(ctx context.Context, from int64) iter.Seq2[model.Record, error] {
	return func(yield func(model.Record, error) bool) {
		if _, err := j.Refresh(ctx); err != nil {
			yield(model.Record{}, err)
			return
		}
		last := j.State().Head.Seq
		for from = max(from, 1); from <= last; {
			raws, end := j.known(ctx, from, int(min(maxBatch, last-from+1)))
			for _, raw := range raws {
				r, err := j.same(from, raw)
				if !yield(r, err) || err != nil {
					return
				}
				from++
			}
			if end != nil {
				yield(model.Record{}, fmt.Errorf("reading record %d of %v: %w", from, j.store, end))
				return
			}
		}
	}
}

// Record returns one record that was read before, ErrNone when there is none.
func (j *Journal) Record(ctx context.Context, seq int64) (model.Record, error) {
	if seq < 1 || seq > j.State().Head.Seq {
		return model.Record{}, fmt.Errorf("record %d of %v: %w", seq, j.store, model.ErrNone)
	}
	raws, err := j.known(ctx, seq, 1)
	if err != nil {
		return model.Record{}, fmt.Errorf("reading record %d of %v: %w", seq, j.store, err)
	}
	return j.same(seq, raws[0])
}

// Plan returns the plan of an action as it was proposed, wherever its record is.
func (j *Journal) Plan(ctx context.Context, action string) (model.Planned, error) {
	st := j.State()
	a := st.Action(action)
	if a == nil {
		return model.Planned{}, fmt.Errorf("action %q: %w", model.Clean(action), model.ErrNone)
	}
	var p model.Planned
	if a.Carried {
		for _, r := range st.Glass.Carried {
			if r.Kind == model.KindPlan && r.Into(&p) == nil && p.Action == action {
				return p, nil
			}
		}
	}
	r, err := j.Record(ctx, a.Seq)
	if err != nil {
		return p, err
	}
	if r.Kind == model.KindMerged {
		var m model.Merged
		if err := r.Into(&m); err != nil {
			return p, err
		}
		r = m.Record
	}
	return p, r.Into(&p)
}

func (j *Journal) known(ctx context.Context, from int64, n int) ([][]byte, error) {
	j.mu.Lock()
	raws := j.cache.read(from, n)
	j.mu.Unlock()
	if len(raws) > 0 {
		return raws, nil
	}
	return readSome(ctx, j.store, from, n)
}

// same refuses a record that is not the one that was verified under its number.
func (j *Journal) same(seq int64, raw []byte) (model.Record, error) {
	r, err := model.DecodeRecord(raw)
	if err == nil && !j.has(seq, r.Hash) {
		err = fmt.Errorf("%w: it is not the one that was read before", model.ErrChain)
	}
	if err != nil {
		return model.Record{}, &model.BadRecord{Seq: seq, Err: err}
	}
	return r, nil
}

// Verify reads the whole journal from the store, without the cache, and returns what holds: a *BadRecord names the first record
// that does not, and why.
func (j *Journal) Verify(ctx context.Context) (*model.State, error) {
	seen := j.State().Head
	v := fresh(j.store, j.o)
	_, err := v.refresh(ctx)
	st := v.State()
	if err == nil {
		err = v.noneAfter(ctx, st.Head.Seq)
	}
	var bad *model.BadRecord
	if err != nil && !errors.As(err, &bad) {
		return st, fmt.Errorf("verifying %v: %w", j.store, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, sum := range v.hashes[:min(len(v.hashes), len(j.hashes))] {
		if sum != j.hashes[i] {
			return st, &model.BadRecord{Seq: int64(i + 1), Err: fmt.Errorf("%w: it is not the one that was read before", model.ErrChain)}
		}
	}
	if err == nil && st.Head.Seq < seen.Seq {
		return st, &model.BadRecord{Seq: st.Head.Seq + 1, Err: fmt.Errorf("%w: it was there before, as were those up to %d", model.ErrChain, seen.Seq)}
	}
	return st, err
}
