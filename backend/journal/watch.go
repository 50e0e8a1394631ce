package journal

import (
	"context"
	"errors"
	"sync"

	"switchyard/model/record"
)

// Reader is all that a watcher holds of a journal: it can read and never append. It opens the journal when it is first asked, and again
// until that succeeds. It is safe for concurrent use.
type Reader struct {
	open func(context.Context) (*Journal, error)

	mu   sync.Mutex
	j    *Journal
	told int64 // the newest record that Look returned
}

// NewReader returns a Reader of the journal that open gives.
func NewReader(open func(context.Context) (*Journal, error)) *Reader { return &Reader{open: open} }

// pastRecords is how many records of the past the first Look returns.
const pastRecords = 50

// Look reads what was appended since the last Look; the first one returns the newest of the past. Orphans are the actions that run
// by the journal's word and whose runner is gone, where the store can tell.
func (r *Reader) Look(ctx context.Context) (st *record.State, news []record.Record, orphans []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, err := r.journal(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := j.Refresh(ctx); err != nil {
		return nil, nil, nil, err
	}
	from := r.told + 1
	if r.told == 0 {
		from = j.State().Head.Seq - pastRecords + 1
	}
	st = j.State()
	for seq := max(from, 1); seq <= st.Head.Seq; seq++ {
		rec, err := j.Record(ctx, seq)
		if err != nil {
			return nil, nil, nil, err
		}
		news = append(news, rec)
	}
	orphans, err = j.orphans(ctx, st)
	if err != nil {
		return nil, nil, nil, err
	}
	r.told = st.Head.Seq
	return st, news, orphans, nil
}

func (r *Reader) journal(ctx context.Context) (*Journal, error) {
	if r.j != nil {
		return r.j, nil
	}
	j, err := r.open(ctx)
	if err == nil {
		r.j = j
	}
	return j, err
}

// orphans asks the locks of running actions.
func (j *Journal) orphans(ctx context.Context, st *record.State) ([]string, error) {
	d, ok := j.store.(interface {
		Alive(context.Context, string) (bool, error)
	})
	if !ok {
		return nil, nil
	}
	var out []string
	for _, a := range st.Actions {
		if a.State != record.ActionRunning || a.Acked != nil {
			continue
		}
		alive, err := d.Alive(ctx, ActionLock(a.ID))
		if err != nil {
			return nil, err
		}
		if !alive {
			out = append(out, a.ID)
		}
	}
	return out, nil
}

// ActionLock is the name that the runner of an action holds while it lives.
func ActionLock(action string) string { return "action-" + action }

// Story is an action's plan and its records, oldest first.
func (r *Reader) Story(ctx context.Context, action string) (record.Planned, []record.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, err := r.journal(ctx)
	if err != nil {
		return record.Planned{}, nil, err
	}
	return j.Story(ctx, action)
}

// Story is an action's plan and its records, oldest first, the one by which another took its place among them.
func (j *Journal) Story(ctx context.Context, action string) (p record.Planned, rs []record.Record, err error) {
	p, err = j.Plan(ctx, action)
	if err != nil {
		return p, nil, err
	}
	from := int64(1)
	if a := j.State().Action(action); !a.Carried { // else its number is one of the shared journal's
		from = a.Seq
	}
	for rec, err := range j.Tail(ctx, from) {
		if err != nil {
			return p, nil, err
		}
		if in := rec.Inside(); in.Action() == action || in.Ends(action) {
			rs = append(rs, rec)
		}
	}
	return p, rs, nil
}

// Close lets go of the journal.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.j == nil {
		return nil
	}
	r.j.Close()
	var err error
	if c, ok := r.j.store.(interface{ Close() error }); ok {
		err = errors.Join(err, c.Close())
	}
	r.j = nil
	return err
}
