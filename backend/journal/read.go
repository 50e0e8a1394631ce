package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"switchyard/model"
	"switchyard/model/record"
)

// Tail yields the records from a number on to the end as it is now. Follow a journal by asking again from the next number.
func (j *Journal) Tail(ctx context.Context, from int64) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if _, err := j.Refresh(ctx); err != nil {
			yield(record.Record{}, err)
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
				yield(record.Record{}, fmt.Errorf("reading record %d of %v: %w", from, j.store, end))
				return
			}
		}
	}
}

// Record returns one record that was read before, ErrNone when there is none.
func (j *Journal) Record(ctx context.Context, seq int64) (record.Record, error) {
	if seq < 1 || seq > j.State().Head.Seq {
		return record.Record{}, fmt.Errorf("record %d of %v: %w", seq, j.store, model.ErrNone)
	}
	raws, err := j.known(ctx, seq, 1)
	if err != nil {
		return record.Record{}, fmt.Errorf("reading record %d of %v: %w", seq, j.store, err)
	}
	return j.same(seq, raws[0])
}

// Plan returns the plan of an action as it was proposed, wherever its record is.
func (j *Journal) Plan(ctx context.Context, action string) (record.Planned, error) {
	st := j.State()
	a := st.Action(action)
	if a == nil {
		return record.Planned{}, fmt.Errorf("action %q: %w", model.Clean(action), model.ErrNone)
	}
	var p record.Planned
	if a.Carried {
		for _, r := range st.Glass.Carried {
			if r.Kind == record.KindPlan && r.Into(&p) == nil && p.Action == action {
				return p, nil
			}
		}
	}
	r, err := j.Record(ctx, a.Seq)
	if err != nil {
		return p, err
	}
	if r.Kind == record.KindMerged {
		var m record.Merged
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
func (j *Journal) same(seq int64, raw []byte) (record.Record, error) {
	r, err := record.Decode(raw)
	if err == nil && !j.has(seq, r.Hash) {
		err = fmt.Errorf("%w: it is not the one that was read before", record.ErrChain)
	}
	if err != nil {
		return record.Record{}, &record.Bad{Seq: seq, Err: err}
	}
	return r, nil
}

// Verify reads the whole journal from the store, without the cache, and returns what holds: a *BadRecord names the first record
// that does not, and why.
func (j *Journal) Verify(ctx context.Context) (*record.State, error) {
	seen := j.State().Head
	v := fresh(j.store, j.o)
	_, err := v.refresh(ctx)
	st := v.State()
	if err == nil {
		err = v.noneAfter(ctx, st.Head.Seq)
	}
	var bad *record.Bad
	if err != nil && !errors.As(err, &bad) {
		return st, fmt.Errorf("verifying %v: %w", j.store, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, sum := range v.hashes[:min(len(v.hashes), len(j.hashes))] {
		if sum != j.hashes[i] {
			return st, &record.Bad{Seq: int64(i + 1), Err: fmt.Errorf("%w: it is not the one that was read before", record.ErrChain)}
		}
	}
	if err == nil && st.Head.Seq < seen.Seq {
		return st, &record.Bad{
			Seq: st.Head.Seq + 1,
			Err: fmt.Errorf("%w: it was there before, as were those up to %d", record.ErrChain, seen.Seq),
		}
	}
	return st, err
}
