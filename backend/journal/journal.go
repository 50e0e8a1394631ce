package journal

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Options say whose journal is expected and who opens it.
type Options struct {
	Environment string           // as configured; the genesis must say the same
	Rehearsal   string           // the scenario's name; empty for a real environment; the genesis must say the same
	Glass       bool             // a break-glass journal is expected, else one is refused
	Cache       string           // a file of this user that keeps the records that were read; empty: none
	Whole       bool             // every record is read from the store, and the cache only says what was there: for who acts on what it says
	Host        string           // empty: this machine's name
	Now         func() time.Time // nil: model.Now
}

// Journal is one store's records and the state they fold into. It is safe for concurrent use.
type Journal struct {
	store Store
	o     Options
	state atomic.Pointer[record.State]

	mu     sync.Mutex // held while reading or appending
	hashes [][32]byte // by number, from 1
	cache  *cache
	proven bool
}

// Open reads and verifies all records. It is ErrNone when there are none, ErrEnvironment when they are another environment's, and
// a *BadRecord when one cannot be used.
func Open(ctx context.Context, s Store, o Options) (*Journal, error) {
	j := fresh(s, o)
	known, err := j.fromCache(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the journal in %v: %w", s, err)
	}
	if _, err := j.Refresh(ctx); err != nil {
		return nil, fmt.Errorf("opening the journal in %v: %w", s, err)
	}
	if err := j.remembered(known); err != nil {
		return nil, fmt.Errorf("opening the journal in %v: %w", s, err)
	}
	st := j.State()
	if st.Head.Seq == 0 {
		return nil, fmt.Errorf("opening the journal in %v: it is empty: %w", s, model.ErrNone)
	}
	if err := j.noneAfter(ctx, st.Head.Seq); err != nil {
		return nil, fmt.Errorf("opening the journal in %v: %w", s, err)
	}
	return j, nil
}

// ErrEmptied refuses to begin a journal where there was one.
var ErrEmptied = errors.New("it is empty and had records")

// Begin makes a new journal in an empty store, or returns ErrTaken. Where this user remembers records of a journal in that store it refuses
// with ErrEmptied: the records are gone, or what is there is not the store.
func Begin(ctx context.Context, s Store, o Options, actor string, routes json.RawMessage) (*Journal, error) {
	if n := remembered(o.Cache); n > 0 && fresh(s, o).noneAfter(ctx, 0) == nil {
		return nil, fmt.Errorf(
			"beginning a journal in %v: %w: this user remembers %d of them (%s); see whether it is mounted and is the place it was, and bring "+
				"them back; "+
				"only where they are gone for good, and nobody acts on what they say, remove that file and begin again",
			s,
			ErrEmptied,
			n,
			o.Cache,
		)
	}
	return begin(ctx, s, o, actor, record.Genesis{Environment: o.Environment, Rehearsal: o.Rehearsal, Routes: routes})
}

func begin(ctx context.Context, s Store, o Options, actor string, g record.Genesis) (*Journal, error) {
	o.Glass = g.Glass != nil
	j := fresh(s, o)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.prove(ctx); err != nil {
		return nil, err
	}
	if err := j.noneAfter(ctx, 0); err != nil {
		return nil, fmt.Errorf("beginning a journal in %v: it is not empty: %w: %w", s, record.ErrTaken, err)
	}
	_, err := j.try(ctx, actor, g)
	if err != nil {
		return nil, fmt.Errorf("beginning a journal in %v: %w", s, err)
	}
	return j, nil
}

func fresh(s Store, o Options) *Journal {
	if o.Now == nil {
		o.Now = model.Now
	}
	if o.Host == "" {
		o.Host, _ = os.Hostname()
	}
	o.Host = model.Clean(o.Host)
	j := &Journal{store: s, o: o}
	j.state.Store(&record.State{})
	return j
}

// State is what the records read so far add up to.
func (j *Journal) State() *record.State { return j.state.Load() }

// Close lets go of the cache; the store is its opener's.
func (j *Journal) Close() { j.cache.close() }

// Refresh reads what was appended since, by anybody, and returns it. An error does not take back what was read before it.
func (j *Journal) Refresh(ctx context.Context) ([]record.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.refresh(ctx)
}

func (j *Journal) refresh(ctx context.Context) ([]record.Record, error) {
	var news []record.Record
	for batch := 1; ; batch = min(2*batch, maxBatch) {
		from := j.State().Head.Seq + 1
		raws, end := readSome(ctx, j.store, from, batch)
		rs, err := j.take(raws)
		news = append(news, rs...)
		if err != nil {
			return news, err
		}
		if errors.Is(end, model.ErrNone) {
			return news, nil
		}
		if end != nil {
			return news, end
		}
	}
}

// take folds the bytes of the next records, up to the first that cannot be used.
func (j *Journal) take(raws [][]byte) ([]record.Record, error) {
	var rs []record.Record
	var torn error
	for i, raw := range raws {
		r, err := record.Decode(raw)
		if err != nil {
			torn = &record.Bad{Seq: j.State().Head.Seq + int64(i) + 1, Err: err}
			break
		}
		rs = append(rs, r)
	}
	next, err := record.Fold(j.State(), rs...)
	rs = rs[:next.Head.Seq-j.State().Head.Seq]
	if len(rs) > 0 {
		if err := j.expected(next); err != nil {
			return nil, err
		}
	}
	j.advance(rs, raws, next)
	if err == nil {
		err = torn
	}
	return rs, err
}

// advance makes next the state, after those records.
func (j *Journal) advance(rs []record.Record, raws [][]byte, next *record.State) {
	for i, r := range rs {
		var sum [32]byte
		_, _ = hex.Decode(sum[:], []byte(r.Hash)) // Fold has seen that it is one
		j.hashes = append(j.hashes, sum)
		j.cache.keep(r, raws[i])
	}
	j.state.Store(next)
}

func (j *Journal) expected(s *record.State) error {
	switch {
	case s.Environment != j.o.Environment || s.Rehearsal != j.o.Rehearsal:
		return fmt.Errorf("%w: it is of %s, not of %s", record.ErrEnvironment, record.EnvironmentName(s.Environment, s.Rehearsal),
			record.EnvironmentName(j.o.Environment, j.o.Rehearsal))
	case s.Glass != nil && !j.o.Glass:
		return fmt.Errorf("%w: it is a break-glass journal", record.ErrEnvironment)
	case s.Glass == nil && j.o.Glass:
		return fmt.Errorf("%w: it is not a break-glass journal", record.ErrEnvironment)
	}
	return nil
}

// noneAfter refuses a hole: what follows it was appended to a journal that had more records.
func (j *Journal) noneAfter(ctx context.Context, seq int64) error {
	l, ok := j.store.(lister)
	if !ok {
		return nil
	}
	last, err := l.Last(ctx, seq+1)
	if err != nil || last <= seq {
		return err
	}
	// Somebody may have appended since the end was seen.
	if _, err := j.store.Read(ctx, seq+1); !errors.Is(err, model.ErrNone) {
		return err
	}
	return missing(seq+1, last)
}

func missing(seq, later int64) error {
	return &record.Bad{Seq: seq, Err: fmt.Errorf("%w: it is missing, and record %d is there", record.ErrChain, later)}
}

const maxBatch = 32 // reads in flight; a bucket answers each in tens of milliseconds

// readSome reads up to n records from a number on; the error says why there are not more.
func readSome(ctx context.Context, s Store, from int64, n int) ([][]byte, error) {
	raws, errs := make([][]byte, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { raws[i], errs[i] = s.Read(ctx, from+int64(i)) })
	}
	all.Wait()
	for i, err := range errs {
		if err == nil {
			continue
		}
		later := slices.Index(errs[i:], nil)
		if !errors.Is(err, model.ErrNone) || later < 0 {
			return raws[:i], err
		}
		// It was not there and a later one was: either both were appended in between, or it is gone.
		raws[i], err = s.Read(ctx, from+int64(i))
		if errors.Is(err, model.ErrNone) {
			err = missing(from+int64(i), from+int64(i+later))
		}
		if err != nil {
			return raws[:i], err
		}
		errs[i] = nil
	}
	return raws, nil
}

// Hold locks a name as long as this process lives: ErrHeld when another one has it, errors.ErrUnsupported when the store has no
// locks, and only a claim's expiry can tell.
func (j *Journal) Hold(ctx context.Context, name string) (release func(), err error) {
	h, ok := j.store.(interface {
		Hold(context.Context, string) (func(), error)
	})
	if !ok {
		return nil, fmt.Errorf("locking %s in %v: %w", name, j.store, errors.ErrUnsupported)
	}
	return h.Hold(ctx, name)
}
