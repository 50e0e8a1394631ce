package journal

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// BreakGlass begins a journal in a local store, for when the shared one cannot be written. It starts from what the cache of
// the options, which is the shared journal's, remembers: its environment, its routes, what was proven and the actions that were not over.
// Where the cache knows no routes, or there is none, routes is the document to start from. Merge brings it back.
func BreakGlass(ctx context.Context, local Store, o Options, actor, why string, routes json.RawMessage) (*Journal, error) {
	if why = model.Clean(why); why == "" {
		return nil, errors.New("beginning a break-glass journal: it needs a reason")
	}
	g, err := glassGenesis(o, why, routes)
	if err != nil {
		return nil, err
	}
	o.Cache = "" // it is the other journal's
	return begin(ctx, local, o, actor, g)
}

// Foresee is what a break-glass journal would know that this user began now with the same options. Nothing is written.
func Foresee(o Options, routes json.RawMessage) (*record.State, error) {
	g, err := glassGenesis(o, "it is asked what it would know", routes)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("encoding a genesis: %w", err)
	}
	j := fresh(nil, o)
	r, _, err := record.Record{
		V:    record.Version,
		Seq:  1,
		ID:   NewID(),
		Host: j.o.Host,
		Kind: record.KindGenesis,
		At:   j.o.Now(),
		Body: body,
	}.Seal()
	if err != nil {
		return nil, err
	}
	return record.Fold(nil, r)
}

// glassGenesis is the first record of a break-glass journal, from what this user remembers of the shared one.
func glassGenesis(o Options, why string, routes json.RawMessage) (record.Genesis, error) {
	g := record.Genesis{Environment: o.Environment, Rehearsal: o.Rehearsal, Routes: routes, Glass: &record.Glass{Why: why}}
	if remembered(o.Cache) == 0 {
		return g, nil
	}
	c := openCache(o.Cache)
	defer c.close()
	rs, _ := c.load()
	known, _ := record.Fold(nil, rs...)
	if known.Head.Seq > 0 {
		if err := fresh(nil, o).expected(known); err != nil {
			return g, fmt.Errorf("beginning a break-glass journal from %s: %w", o.Cache, err)
		}
		if known.RoutesSeq > 0 {
			g.Routes = known.Routes
		}
		g.Glass.Journal, g.Glass.Seq, g.Glass.Hash = known.Journal, known.Head.Seq, known.Head.Hash
		g.Glass.Evidence = record.Carry(known.Evidence, record.MaxBytes)
		g.Glass.LeftOut = len(known.Evidence) - len(g.Glass.Evidence)
		g.Glass.Carried = about(notOver(known, fresh(nil, o).o.Now()), rs[:known.Head.Seq])
	}
	return g, nil
}

// notOver are the ids of the actions that still run, block or wait.
func notOver(s *record.State, now time.Time) []string {
	var ids []string
	for _, a := range s.Actions {
		if a.Unfinished() || a.Blocks(now) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// about picks the records of some actions; those that came from another break-glass journal as they stood there.
func about(actions []string, rs []record.Record) []record.Record {
	var out []record.Record
	for _, r := range rs {
		var m record.Merged
		if r.Kind == record.KindMerged && r.Into(&m) == nil {
			r = m.Record
		}
		if id := r.Action(); id != "" && slices.Contains(actions, id) {
			out = append(out, r)
		}
	}
	return out
}

var errMerged, errMore = errors.New("merged already"), errors.New("there is more")

// Merge appends what a break-glass journal holds to the shared one, each record exactly once, and closes it. It can be
// repeated after any error, and by several at once. What no longer fits is kept in State.Origins as a conflict. It counts the records
// that this call appended.
func Merge(ctx context.Context, shared, glass *Journal, actor string) (int, error) {
	merged := 0
	for {
		if err := errors.Join(refreshed(ctx, shared), refreshed(ctx, glass)); err != nil {
			return merged, fmt.Errorf("merging %v: %w", glass.store, err)
		}
		if err := shared.isOriginOf(glass); err != nil {
			return merged, fmt.Errorf("merging %v into %v: %w", glass.store, shared.store, err)
		}
		id := glass.State().Journal
		for r, err := range glass.Tail(ctx, mergedUpTo(shared.State(), id)+1) {
			if err == nil {
				_, err = shared.Append(ctx, actor, func(s *record.State) (record.Body, error) {
					if mergedUpTo(s, id) >= r.Seq {
						return nil, errMerged
					}
					return record.Merged{Origin: id, Record: r}, nil
				})
			}
			switch {
			case err == nil:
				merged++
			case !errors.Is(err, errMerged):
				return merged, fmt.Errorf("merging record %d of %v: %w", r.Seq, glass.store, err)
			}
		}
		if glass.State().Closed && mergedUpTo(shared.State(), id) == glass.State().Head.Seq {
			return merged, nil
		}
		_, err := glass.Append(ctx, actor, func(s *record.State) (record.Body, error) {
			if s.Closed || s.Head.Seq > mergedUpTo(shared.State(), id) {
				return nil, errMore
			}
			for _, a := range s.Actions {
				if a.State == record.ActionRunning && a.Acked == nil {
					return nil, fmt.Errorf("%w: action %d (%s) is %s there: let it end, or acknowledge it", record.ErrIllegal, a.Seq, a.Verb, a)
				}
			}
			return record.Closed{Says: "merged into " + fmt.Sprint(shared.store)}, nil
		})
		if err != nil && !errors.Is(err, errMore) {
			return merged, fmt.Errorf("closing %v: %w", glass.store, err)
		}
	}
}

func refreshed(ctx context.Context, j *Journal) error {
	_, err := j.Refresh(ctx)
	return err
}

// mergedUpTo is the last record of a break-glass journal that is in the shared one; 0: none.
func mergedUpTo(s *record.State, id string) int64 {
	for _, o := range s.Origins {
		if o.Journal == id {
			return o.Seq
		}
	}
	return 0
}

// isOriginOf tells why a break-glass journal does not continue this one.
func (j *Journal) isOriginOf(glass *Journal) error {
	g := glass.State().Glass
	if g == nil || j.State().Glass != nil {
		return fmt.Errorf("%w: a break-glass journal is merged into the shared one", record.ErrIllegal)
	}
	for _, o := range j.State().Origins {
		if o.Journal == glass.State().Journal && !glass.has(o.Seq, o.Hash) {
			return fmt.Errorf("%w: %d of its records were merged, and the last of them is not there any more", record.ErrChain, o.Seq)
		}
	}
	if g.Seq == 0 {
		return nil
	}
	if g.Journal != j.State().Journal || !j.has(g.Seq, g.Hash) {
		return fmt.Errorf("%w: it continues a journal whose record %d is not the one here", record.ErrChain, g.Seq)
	}
	return nil
}

// has tells whether a record of that number and hash was read.
func (j *Journal) has(seq int64, hash string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return seq >= 1 && seq <= int64(len(j.hashes)) && hash == hex.EncodeToString(j.hashes[seq-1][:])
}
