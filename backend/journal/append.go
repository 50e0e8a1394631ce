package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Decide says what to append to a journal in that state, or why nothing. It is called again whenever somebody else was faster.
type Decide func(*record.State) (record.Body, error)

// Say decides for b whatever the state is; the fold still refuses what cannot follow.
func Say(b record.Body) Decide { return func(*record.State) (record.Body, error) { return b, nil } }

// Append writes one record on behalf of actor and returns when it is durable. It is ErrIllegal when the record cannot follow, what
// decide returned when it refused, ErrUnsure when nobody can tell whether it was or will be written, and ErrNoCondition when
// the store cannot be trusted with the question.
func (j *Journal) Append(ctx context.Context, actor string, decide Decide) (record.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.prove(ctx); err != nil {
		return record.Record{}, err
	}
	for lost := 0; ; lost++ {
		if _, err := j.refresh(ctx); err != nil {
			return record.Record{}, fmt.Errorf("appending to %v: %w", j.store, err)
		}
		if j.State().Head.Seq == 0 {
			return record.Record{}, fmt.Errorf("appending to %v: it is empty: %w", j.store, model.ErrNone)
		}
		b, err := decide(j.State())
		if err != nil {
			return record.Record{}, err
		}
		r, err := j.try(ctx, actor, b)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, record.ErrTaken) {
			return record.Record{}, fmt.Errorf("appending to %v: %w", j.store, err)
		}
		if lost > 2 {
			err = pause(ctx, min(lost-3, 3)) // a crowd
		} else {
			err = ctx.Err()
		}
		if err != nil {
			return record.Record{}, fmt.Errorf("appending to %v: others were faster %d times: %w", j.store, lost+1, err)
		}
	}
}

// try appends b to the state that is known: ErrTaken when that is no longer the newest.
func (j *Journal) try(ctx context.Context, actor string, b record.Body) (record.Record, error) {
	st := j.State()
	body, err := json.Marshal(b)
	if err != nil {
		return record.Record{}, fmt.Errorf("encoding a %s record: %w", b.RecordKind(), err)
	}
	r, raw, err := record.Record{
		V: record.Version, Seq: st.Head.Seq + 1, ID: NewID(), Prev: st.Head.Hash, Actor: model.Clean(actor), Host: j.o.Host,
		Kind: b.RecordKind(), At: j.o.Now().Truncate(time.Millisecond), Body: body,
	}.Seal()
	if err != nil {
		return record.Record{}, err
	}
	next, err := record.Fold(st, r)
	if err == nil {
		err = j.expected(next)
	}
	if err != nil {
		return record.Record{}, err
	}
	if err := j.stillThere(ctx, j.store, st.Head); err != nil {
		return record.Record{}, err
	}
	if err := j.create(ctx, r.Seq, raw); err != nil {
		return record.Record{}, err
	}
	j.advance([]record.Record{r}, [][]byte{raw}, next)
	return r, nil
}

// stillThere refuses to append to a journal whose end was cut off or put back from a copy since it was read.
func (j *Journal) stillThere(ctx context.Context, s Store, h record.Head) error {
	if h.Seq == 0 {
		return nil
	}
	raw, err := s.Read(ctx, h.Seq)
	if err != nil && !errors.Is(err, model.ErrNone) {
		return err
	}
	if err == nil {
		var r record.Record
		if r, err = record.Decode(raw); err == nil && r.Hash == h.Hash {
			return nil
		}
	}
	why := "it is not the one that was there before"
	if err != nil {
		why = "it was there before: " + err.Error()
	}
	return &record.Bad{Seq: h.Seq, Err: fmt.Errorf("%w: %s", record.ErrChain, why)}
}

const (
	createTries = 4                // of one record under one number: whichever arrives first, the others are refused
	hiddenTries = 40               // looks for a record that is taken and not to be seen: network file systems remember absence for seconds
	lookLimit   = 10 * time.Second // for reading back after the caller's time is over
)

// create stores raw under seq. Whatever a store answers, what is there afterwards decides whose the number is.
func (j *Journal) create(ctx context.Context, seq int64, raw []byte) error {
	hidden := 0
	for try := 1; ; try++ {
		err := j.store.Create(ctx, seq, raw)
		if err == nil || errors.Is(err, record.ErrNotDurable) {
			return err
		}
		look, done := context.WithTimeout(context.WithoutCancel(ctx), lookLimit)
		there, lookErr := j.store.Read(look, seq)
		done()
		switch {
		case lookErr == nil && bytes.Equal(there, raw):
			return nil
		case lookErr == nil:
			return fmt.Errorf("record %d: %w", seq, record.ErrTaken)
		case !errors.Is(lookErr, model.ErrNone):
			return fmt.Errorf("record %d: %w: %w; looking for it: %w", seq, record.ErrUnsure, err, lookErr)
		case errors.Is(err, record.ErrTaken):
			if hidden++; hidden == hiddenTries {
				return &record.Bad{Seq: seq, Err: fmt.Errorf("%w: its number is taken, and it cannot be seen", record.ErrChain)}
			}
		case !errors.Is(err, record.ErrUnsure) && !errors.Is(err, record.ErrAgain), try >= createTries, ctx.Err() != nil:
			return fmt.Errorf("record %d: %w", seq, err)
		}
		if waitErr := pause(ctx, min(try, 3)); waitErr != nil {
			return fmt.Errorf("record %d: %w: %w", seq, err, waitErr)
		}
	}
}

// prove probes the store once, before this process first writes to it.
func (j *Journal) prove(ctx context.Context) error {
	if j.proven {
		return nil
	}
	if err := Probe(ctx, j.store); err != nil {
		return err
	}
	j.proven = true
	return nil
}
