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
	jobs    []string       // the list that has was made of
	off     []string       // those of it that are switched off
	stands  model.Director // the passive one, as it told last
	onRun   func()         // tells that a job runs that did not before
	again   func()         // asks to be asked again at once
	looks   int            // how often that was done in a row
}

// read asks the n-th Director of the cluster; the first is the active one.
func (s *directors) read(ctx context.Context, n int) (string, error) {
	d := s.of.Directors[n]
	sight, err := d.Reader.Read(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		switch {
		case n > 0:
			if !s.truth.Passive.At.IsZero() { // what it has is not known any more
				s.truth.Passive, s.stands = board.Loaded{}, model.Director{}
				s.publish()
			}
		case errors.Is(err, model.ErrIdentity): // what was believed of it may have been the other one's
			s.truth.Live, s.truth.JobsAt, s.truth.Running, s.truth.Ended, s.has, s.jobs = false, time.Time{}, nil, nil, nil, nil
			s.publish()
		case s.truth.Live:
			s.truth.Live = false
			s.publish()
		}
		return "", err
	}
	dir := sight.Director
	dir.Active = n == 0 // its name is the configured one: the Console sees to that
	dir.Works = n > 0 && s.works(&sight)
	s.truth.Directors = slices.Clone(s.truth.Directors)
	s.truth.Directors[n] = dir
	if n == 0 {
		s.active(&sight, dir.Jobs)
		s.switched(dir.Off)
		s.truth.Held = dir.Held
	} else {
		s.passive(&dir)
	}
	s.publish()
	return dir.Version, nil
}

// works tells whether a passive Director runs jobs, or has ended some since it was started, and since the active one was, where that
// answers: what it remembers from before is no sign of that.
func (s *directors) works(sight *bacula.DirectorSight) bool {
	since := sight.Director.Started
	if active := s.truth.Directors[0].Started; s.truth.Live && active.After(since) {
		since = active
	}
	return len(sight.Running) > 0 || slices.ContainsFunc(sight.Ended, func(j model.Job) bool { return j.End.After(since) })
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
		s.jobs, s.has, s.truth.Strays = jobs, map[model.Cell]bool{}, nil
		s.truth.Mimics = map[string]string{}
		for _, name := range jobs {
			if c, ok := s.of.Names.Cell(name); ok {
				s.has[c] = true
			} else if _, restores := s.of.Names.Told(name); !restores && !model.IsCanary(name) {
				s.truth.Strays = append(s.truth.Strays, name)
				if like := s.of.mimics(name); like != "" {
					s.truth.Mimics[name] = like
				}
			}
		}
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
func (s *directors) switched(off []string) {
	if s.truth.Off != nil && slices.Equal(s.off, off) {
		return
	}
	s.off, s.truth.Off = off, s.cells(off)
}

// passive takes in what a passive Director would start if it were the active one.
func (s *directors) passive(dir *model.Director) {
	was := &s.stands
	if s.truth.Passive.At.IsZero() || !slices.Equal(was.Jobs, dir.Jobs) || !slices.Equal(was.Off, dir.Off) {
		s.truth.Passive.Cells, s.truth.Passive.Off = s.cells(dir.Jobs), s.cells(dir.Off)
		s.stands = *dir
	}
	s.truth.Passive.Held, s.truth.Passive.Told, s.truth.Passive.At = dir.Held, dir.OffKnown, dir.At
}

// cells are those that jobs of these names back up.
func (s *directors) cells(jobs []string) map[model.Cell]bool {
	out := make(map[model.Cell]bool, len(jobs))
	for _, name := range jobs {
		if c, ok := s.of.Names.Cell(name); ok {
			out[c] = true
		}
	}
	return out
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
