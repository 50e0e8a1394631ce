package feed

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// directors merges what the Directors of one cluster say; each is asked by its own poller.
type directors struct {
	*Feed
	of      *Cluster
	cluster model.Cluster
	mu      sync.Mutex
	truth   board.DirectorTruth
	has     map[model.Cell]bool
	jobs    []string // the list that has was made of
	off     []string // those of it that are switched off
	halted  []string // schedules that are
	idle    word     // what the passive one said
	hasten  func()   // asks the passive one again at once
	onRun   func()   // tells that a job runs that did not before
	again   func()   // asks to be asked again at once
	looks   int      // how often that was done in a row
	files   []routedFile
	space   time.Time // when the storages' room was last asked for
}

// read asks the n-th Director of the cluster; the first is the active one.
func (s *directors) read(ctx context.Context, n int) (string, error) {
	d := s.of.Directors[n]
	told := s.room(ctx, n)
	sight, err := d.Reader.Read(ctx)
	told()
	var again bool
	if err == nil {
		sight.Director.File, again = s.files[n].beside(ctx, &sight.Director)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		switch {
		case n > 0 && (s.idle.Live || errors.Is(err, model.ErrIdentity)):
			if s.idle.Live = false; errors.Is(err, model.ErrIdentity) {
				s.idle = word{}
			}
			s.truth.Passive = s.idle.told()
			s.publish()
		case n > 0:
		case errors.Is(err, model.ErrIdentity): // what was believed of it may have been the other one's
			s.truth.Live, s.truth.JobsAt, s.truth.Running, s.truth.Ended, s.has, s.jobs = false, time.Time{}, nil, nil, nil, nil
			s.publish()
		case s.truth.Live:
			s.truth.Live = false
			s.publish()
			s.hasten() // it may have taken over
		}
		return "", err
	}
	dir := sight.Director
	dir.Active = n == 0 // its name is the configured one: the Console sees to that
	s.truth.Directors = slices.Clone(s.truth.Directors)
	s.truth.Directors[n] = dir
	if n == 0 {
		s.active(&sight, dir.Jobs)
		s.switched(&dir)
		s.truth.Held = dir.Held
		s.publish()
	} else {
		s.passive(&sight)
	}
	if again {
		time.AfterFunc(hurry(0), []func(){s.again, s.hasten}[min(n, 1)])
	}
	return dir.Version + s.files[n].word(&dir.File), nil
}

// roomEvery is how often the storages' room is asked for; roomWithin is for how long a look waits for it.
const (
	roomEvery  = 5 * time.Minute
	roomWithin = 2 * time.Second
)

// room asks for the storages' room beside the active Director, when that is due. What it gives waits for the answer, and takes it in.
func (s *directors) room(ctx context.Context, n int) (told func()) {
	if n > 0 || s.of.Room == nil || !s.space.IsZero() && time.Since(s.space) < roomEvery {
		return func() {}
	}
	s.space = time.Now()
	ctx, cancel := context.WithTimeout(ctx, roomWithin)
	is := make(chan model.Reading[map[string]uint64], 1)
	go func() {
		free, err := s.of.Room(ctx)
		if err != nil {
			is <- model.Reading[map[string]uint64]{Why: model.Clean(err.Error())}
			return
		}
		is <- model.Reading[map[string]uint64]{Value: free, At: model.Now()}
	}()
	return func() {
		r := <-is
		cancel()
		s.mu.Lock()
		s.truth.Room = r
		s.mu.Unlock()
	}
}

// word is what a passive Director said, and the lists that parts of it were made of.
type word struct {
	board.DirectorWord
	jobs, off, halted []string
}

// told is a copy that does not change any more; nil when nothing was said.
func (w *word) told() *board.DirectorWord {
	if w.At.IsZero() {
		return nil
	}
	said := w.DirectorWord
	return &said
}

// passive takes in what a passive Director says: it counts when that one schedules.
func (s *directors) passive(sight *bacula.DirectorSight) {
	for _, list := range [][]model.Job{sight.Running, sight.Ended} {
		for i := range list {
			s.of.bind(&list[i])
		}
	}
	w, dir := &s.idle, &sight.Director
	starts := len(sight.Running) > 0 && !slices.EqualFunc(w.Running, sight.Running, func(a, b model.Job) bool { return a.Key == b.Key })
	w.Running, w.Ended, w.Live = sight.Running, sight.Ended, true
	if w.At.IsZero() || !slices.Equal(w.jobs, dir.Jobs) {
		w.jobs = dir.Jobs
		w.Has, w.Strays, w.Mimics = s.of.cells(dir.Jobs)
	}
	if w.At.IsZero() || !slices.Equal(w.off, dir.Off) {
		w.off, w.Off = dir.Off, s.of.off(dir.Off)
	}
	if w.At.IsZero() || !slices.Equal(w.halted, dir.Idle) {
		w.halted, w.Unscheduled = dir.Idle, s.of.off(dir.Idle)
	}
	w.At, w.Held, w.Told = sight.At, dir.Held, dir.OffKnown
	s.truth.Passive = w.told()
	acts := false
	s.publish()
	s.tell(func(b *board.Board) { acts = b.Acting(s.cluster) > 0 })
	if starts {
		s.onRun()
	}
	if acts || len(sight.Running) > 0 || !s.truth.Live {
		time.AfterFunc(model.Rhythm(s.policy.DirectorEvery), s.hasten)
	}
}

// cells are those that Job resources back up, and the names that are neither of a cell nor of a restore.
func (c *Cluster) cells(jobs []string) (has map[model.Cell]bool, strays []string, mimics map[string]string) {
	has, mimics = map[model.Cell]bool{}, map[string]string{}
	for _, name := range jobs {
		if cell, ok := c.Names.Cell(name); ok {
			has[cell] = true
		} else if _, restores := c.Names.Told(name); !restores && !model.IsCanary(name) {
			strays = append(strays, name)
			if like := c.mimics(name); like != "" {
				mimics[name] = like
			}
		}
	}
	return has, strays, mimics
}

// off are the cells whose jobs are switched off, or their schedules: these have the jobs' names, as they are rendered.
func (c *Cluster) off(jobs []string) map[model.Cell]bool {
	off := map[model.Cell]bool{}
	for _, name := range jobs {
		if cell, ok := c.Names.Cell(name); ok {
			off[cell] = true
		}
	}
	return off
}

// active takes in what only the active Director's word counts for.
func (s *directors) active(sight *bacula.DirectorSight, jobs []string) {
	was := map[string]bool{}
	for i := range s.truth.Running {
		was[s.truth.Running[i].Key.Job] = s.truth.Running[i].Outcome == model.Running
	}
	for _, list := range [][]model.Job{sight.Running, sight.Ended} {
		for i := range list {
			s.of.bind(&list[i])
		}
	}
	s.truth.Running, s.truth.Ended, s.truth.At, s.truth.Live = sight.Running, sight.Ended, sight.At, true
	if s.truth.JobsAt.IsZero() || !slices.Equal(s.jobs, jobs) {
		s.jobs = jobs
		s.has, s.truth.Strays, s.truth.Mimics = s.of.cells(jobs)
	}
	s.truth.JobsAt = sight.At
	if slices.ContainsFunc(sight.Running, young) {
		s.looks++
		time.AfterFunc(hurry(s.looks), s.again)
	} else {
		s.looks = 0
	}
	for i := range sight.Running {
		if sight.Running[i].Outcome == model.Running && !was[sight.Running[i].Key.Job] {
			s.onRun()
			return
		}
	}
}

// switched takes in which of its jobs the active Director does not start by itself.
func (s *directors) switched(d *model.Director) {
	if s.truth.Off == nil || !slices.Equal(s.off, d.Off) {
		s.off, s.truth.Off = d.Off, s.of.off(d.Off)
	}
	if s.truth.Unscheduled == nil || !slices.Equal(s.halted, d.Idle) {
		s.halted, s.truth.Unscheduled = d.Idle, s.of.off(d.Idle)
	}
}

// hurry is after how long to look again at a job that has just been started, because somebody waits to see it move: at first often (a
// Director takes about 2 s from creating a job to running it), then less.
func hurry(looks int) time.Duration {
	if looks <= 8 {
		return 300 * time.Millisecond
	}
	return 600 * time.Millisecond
}

func young(j model.Job) bool {
	return j.Outcome == model.Waiting && !j.Sched.IsZero() && model.Now().Sub(j.Sched).Abs() < 15*time.Second
}

func (s *directors) publish() {
	truth, has := s.truth, s.has
	s.tell(func(b *board.Board) { b.Director(s.cluster, truth, has) })
}
