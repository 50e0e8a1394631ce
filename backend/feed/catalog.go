package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// walkLimit bounds the rows of the first walk, whatever the window: a runaway catalog must not fill the memory.
const walkLimit = 400_000

// tickFull is how many rows an answer has when there may be more of them.
const tickFull = 2000

// tickChunks is how many statements one tick takes at most for what arrived at once; the rest comes with the next.
const tickChunks = 4

// insteadRounds is how often rows are asked for in the place of others before the window is read again.
const insteadRounds = 4

// whysKept bounds the failed jobs whose reason is still to be asked.
const whysKept = 200

// catalogSource follows one catalog: a walk by primary key over the window, then ticks above the watermark.
type catalogSource struct {
	*Feed
	of      *Cluster
	cluster model.Cluster
	moved   <-chan struct{} // closed when the world's time was set after the last walk
	info    model.Catalog
	walked  bool
	walking atomic.Bool     // its window is being read, which may take long
	why     []uint32        // jobs that failed or warned whose reason is not known yet
	silent  bool            // it does not tell whether volumes are protected
	unread  bool            // it does not tell on which volumes jobs are
	looked  bool            // that was asked once
	placed  bool            // what cells rested on at the start was asked for: answers are news
	replace time.Time       // when it was asked of some once more
	proven  map[uint32]bool // jobs that it was asked that of
	started bool            // what the walk found was asked: answers are news
	pruned  time.Time
	timed   time.Time // when its clock was read
	counted time.Time // when its server was asked what it counts
	housed  time.Time // when it was asked who lives on it
	onOpen  func()    // tells that a job is open that was not before
	bound   boundTurn
	took    time.Duration
}

func (s *catalogSource) read(ctx context.Context) (string, error) {
	s.took = 0
	began := time.Now()
	if !s.walked {
		if err := s.walk(ctx); err != nil {
			return "", err
		}
	} else if s.set() {
		if err := s.rewalk(ctx, "the rehearsal's clock was set"); err != nil {
			return "", err
		}
	} else if err := s.tick(ctx); err != nil {
		return "", err
	} else {
		s.took = time.Since(began) // how long a walk takes says nothing of the server
	}
	s.clock(ctx)
	s.house(ctx)
	s.reasons(ctx)
	s.places(ctx)
	s.proofs(ctx)
	s.bounds(ctx)
	return s.detail(), nil
}

func (s *catalogSource) detail() string {
	d := s.info.Host
	if s.info.ReadOnly {
		d += " (read-only standby)"
	}
	return d
}

// walk reads the window, newest first; what it has is shown while it goes on. It may take long, but not stand still.
func (s *catalogSource) walk(ctx context.Context) error {
	s.walking.Store(true)
	defer s.walking.Store(false)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(s.policy.Answer, func() { cancel(errStalled) })
	stall.Stop() // until there is a session, whose opening is several answers and bounds itself
	defer stall.Stop()
	ctx = bacula.WhenHeard(ctx, func() { stall.Reset(s.policy.Answer) })
	info, err := s.of.Catalog.Probe(ctx)
	if err != nil {
		return cause(ctx, err)
	}
	info.Figures, info.Tenants = s.info.Figures, s.info.Tenants
	s.info = info
	s.moved = model.TimeMoved()
	s.tell(func(b *board.Board) { b.Ledger(s.cluster).Reset() })
	var since time.Time
	s.tell(func(b *board.Board) { since = model.Now().Add(-b.Reach()) })
	err = s.of.Catalog.Walk(ctx, since, walkLimit, func(rows []bacula.Row) error {
		jobs := s.of.jobs(s.cluster, rows)
		s.info.Flaws = s.of.Catalog.Flaws()
		s.tell(func(b *board.Board) { b.Catalog(s.cluster, s.info, jobs, nil, model.Now()) })
		return nil
	})
	if err != nil {
		return cause(ctx, err)
	}
	s.walked, s.pruned, s.timed = true, model.Now(), time.Now()
	s.silent, s.proven, s.started, s.unread, s.looked, s.placed = false, map[uint32]bool{}, false, false, false, false
	s.tell(func(b *board.Board) {
		b.Ledger(s.cluster).Prune(since)
		recent := b.Ledger(s.cluster).Recent()
		s.why = nil
		s.wonder(failures(recent), b.Ledger(s.cluster).Unexplained(), warnings(recent))
		b.Walked(s.cluster)
	})
	return nil
}

var errStalled = errors.New("a walk stood still")

// cause tells a stall of ours apart from an end of the whole program.
func cause(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return &model.Fault{Kind: model.ErrTimeout, Says: "its history is not read yet: " + err.Error()}
	}
	return err
}

// tick reads what changed: rows above the watermark and the open set.
func (s *catalogSource) tick(parent context.Context) error {
	ctx, cancel := context.WithTimeout(parent, s.policy.Answer)
	defer cancel()
	for chunk, was := 0, uint32(0); chunk < tickChunks; chunk++ {
		var mark uint32
		var markJob string
		var ask []uint32
		s.tell(func(b *board.Board) { mark, markJob, ask = b.Look(s.cluster) })
		if chunk > 0 && mark == was { // what was read raised nothing: there is no more
			return nil
		}
		was = mark
		rows, err := s.of.Catalog.Tick(ctx, mark, ask)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(rows, func(r bacula.Row) bool { return r.ID == mark }); mark > 0 && (i < 0 || rows[i].Job != markJob) {
			why := fmt.Sprintf("JobId %d is not the job it was (%s)", mark, markJob)
			if i < 0 {
				why = fmt.Sprintf("JobId %d (%s), its newest, is gone", mark, markJob)
			}
			return s.rewalk(parent, why)
		}
		s.future(ctx, rows)
		jobs, gone := s.of.jobs(s.cluster, rows), missing(ask, rows)
		if jobs, gone, err = s.instead(ctx, jobs, gone); errors.Is(err, errMany) {
			return s.rewalk(parent, err.Error())
		} else if err != nil {
			return err
		}
		s.explain(ctx, jobs)
		s.take(jobs, gone)
		if len(rows) < tickFull {
			return nil
		}
	}
	return nil
}

// set tells whether the world's time was set since the last walk: the window that it read is another one now.
func (s *catalogSource) set() bool {
	select {
	case <-s.moved:
		return true
	default: // nil where that cannot happen
		return false
	}
}

func (s *catalogSource) rewalk(ctx context.Context, why string) error {
	s.walked = false
	s.tell(func(b *board.Board) { b.Rewalk(s.cluster, why, model.Now()) })
	return s.walk(ctx)
}

var errMany = errors.New("many of its rows were deleted or changed")

// instead reads, besides rows that are gone or changed, those that count in their place, so that nothing is ever told of a cell in between.
func (s *catalogSource) instead(ctx context.Context, jobs []model.Job, gone []uint32) ([]model.Job, []uint32, error) {
	for range insteadRounds {
		var ids []uint32
		s.tell(func(b *board.Board) { ids = b.Ledger(s.cluster).Instead(jobs, gone) })
		if len(ids) == 0 {
			return jobs, gone, nil
		}
		rows, err := s.of.Catalog.Rows(ctx, ids)
		if err != nil {
			return nil, nil, err
		}
		for _, id := range ids { // they may be proof of protection now
			delete(s.proven, id)
		}
		jobs, gone = append(jobs, s.of.jobs(s.cluster, rows)...), append(gone, missing(ids, rows)...)
	}
	return nil, nil, errMany
}

// explain fills in why jobs failed, were canceled or warned that ended since the last tick, a few at a time, so that their end is told with
// its reason.
func (s *catalogSource) explain(ctx context.Context, jobs []model.Job) {
	var news map[uint32]bool
	s.tell(func(b *board.Board) { news = b.Ledger(s.cluster).Ends(jobs) })
	var at []*model.Job
	var ids []uint32
	for _, asks := range []func(*model.Job) bool{failed, warned} {
		for i := range jobs {
			if j := &jobs[i]; asks(j) && news[j.ID] && len(ids) < bacula.WhysAtOnce {
				at, ids = append(at, j), append(ids, j.ID)
			}
		}
	}
	if len(ids) == 0 {
		return
	}
	if whys, err := s.of.Catalog.Whys(ctx, ids); err == nil {
		for _, j := range at {
			j.Note = whys[j.ID]
		}
	}
}

// wonder adds to the jobs whose reason is asked for, each once.
func (s *catalogSource) wonder(lists ...[]uint32) {
	for _, list := range lists {
		for _, id := range list {
			if !slices.Contains(s.why, id) {
				s.why = append(s.why, id)
			}
		}
	}
}

// take puts rows on the board and notes what follows from their being new.
func (s *catalogSource) take(jobs []model.Job, gone []uint32) {
	s.info.Host, s.info.ReadOnly, s.info.Identity = s.of.Catalog.Host()
	s.info.Others, s.info.Flaws = s.of.Catalog.Others(), s.of.Catalog.Flaws()
	now := model.Now()
	opened := false
	s.tell(func(b *board.Board) {
		l := b.Ledger(s.cluster)
		opened = l.Opens(jobs)
		ended := b.Catalog(s.cluster, s.info, jobs, gone, now)
		// a bad night is not asked about for hours
		if s.wonder(failures(ended), warnings(ended)); len(s.why) > whysKept {
			s.why = s.why[len(s.why)-whysKept:]
		}
		if now.Sub(s.pruned) > time.Hour {
			l.Prune(now.Add(-b.Reach()))
			s.pruned = now
		}
	})
	if opened {
		s.onOpen()
	}
}

// reasons asks why jobs failed, newest first: some of them with one statement a round, so that a bad night costs the catalog little. It is
// no part of the source's health: the next round asks again.
func (s *catalogSource) reasons(ctx context.Context) {
	ids := s.why[:min(bacula.WhysAtOnce, len(s.why))]
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.Answer)
	defer cancel()
	whys, err := s.of.Catalog.Whys(ctx, ids)
	if err != nil {
		return
	}
	if s.why = s.why[len(ids):]; len(whys) > 0 { // they are told together: each would be a snapshot of its own
		s.tell(func(b *board.Board) {
			for id, why := range whys {
				b.Annotate(s.cluster, id, why)
			}
		})
	}
}

// proofs asks whether the newest good backups of immutable cells are: of all of them at first, as a look that is the only one is not over
// before that is known, and then of some at a time. It is no part of the source's health.
func (s *catalogSource) proofs(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.policy.Answer)
	defer cancel()
	for all := !s.started; !s.silent; {
		var ids []uint32
		s.tell(func(b *board.Board) { ids = b.Ledger(s.cluster).Unproven() })
		ids = slices.DeleteFunc(ids, func(id uint32) bool { return s.proven[id] })
		if len(ids) == 0 {
			s.started = true
			return
		}
		ids = ids[:min(len(ids), proofsAtOnce)]
		by, err := s.of.Catalog.Protected(ctx, ids)
		if err != nil {
			s.silent = errors.Is(err, bacula.ErrNoProtection)
			return
		}
		for _, id := range ids {
			s.proven[id] = true
		}
		s.tell(func(b *board.Board) { b.Protected(s.cluster, by, s.started, model.Now()) })
		if !all {
			return
		}
	}
}

// proofsAtOnce is of how many backups one statement asks.
const proofsAtOnce = 64

// failures are the JobIds of failed jobs, and of those that nobody may have canceled, without a reason, in the order given; as many as are
// kept: a limit cancels a whole queue at once, and what is not asked about looks like a person's choice.
func failures(jobs []model.Job) []uint32 { return unexplained(jobs, failed, whysKept) }

// warnings are those of jobs that ended well with warnings whose text is not known; at most twenty.
func warnings(jobs []model.Job) []uint32 { return unexplained(jobs, warned, 20) }

func failed(j *model.Job) bool {
	return (j.Outcome == model.Failed || j.Outcome == model.Canceled) && j.Note == ""
}

func warned(j *model.Job) bool { return j.Outcome == model.Warned && j.Note == "" }

func unexplained(jobs []model.Job, asks func(*model.Job) bool, most int) []uint32 {
	var ids []uint32
	for i := range jobs {
		if asks(&jobs[i]) && len(ids) < most {
			ids = append(ids, jobs[i].ID)
		}
	}
	return ids
}

// missing are the JobIds asked for that were not answered: their rows are gone. A full answer tells nothing of what comes after its end.
func missing(asked []uint32, rows []bacula.Row) []uint32 {
	var out []uint32
	for _, id := range asked {
		if len(rows) >= tickFull && id > rows[len(rows)-1].ID {
			continue
		}
		if !slices.ContainsFunc(rows, func(r bacula.Row) bool { return r.ID == id }) {
			out = append(out, id)
		}
	}
	return out
}
