package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// endedKeep is how long a session takes at most to write down what it saw; endedMost bounds what is read of that, in bytes.
const (
	endedKeep = 10 * time.Second
	endedMost = 8 << 20
)

// ended keeps the newest ended jobs of both clusters in a file of the user's own, as sessions see them: what is lost with an AWS region is
// told also by a session that began after it. It is no evidence; nobody but its user can write it, and the journal is not told.
type ended struct {
	file string // empty: there is no place for it

	mu    sync.Mutex // guards the rest
	of    plan.Kept
	seen  [2][]model.Job          // by Cluster: what was taken in last
	on    map[model.JobKey]string // the volumes that jobs which run were seen to write to
	dirty bool
}

// endedOf is what is kept of the environment that a configuration names.
func endedOf(cfg *config.Config) *ended {
	e := &ended{on: map[model.JobKey]string{}}
	e.load(cfg)
	return e
}

func (e *ended) load(cfg *config.Config) {
	dir, err := stateDir()
	if err != nil {
		return
	}
	file := filepath.Join(dir, "ended-"+cfg.Identity()+".json")
	of, _ := readEnded(file) // a file that cannot be read is replaced
	e.mu.Lock()
	defer e.mu.Unlock()
	e.file, e.of = file, of
}

// readEnded reads what a session wrote; what is no tail of jobs is left out.
func readEnded(file string) (of plan.Kept, err error) {
	f, err := os.Open(file)
	if err != nil {
		return of, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, endedMost))
	if err == nil {
		err = json.Unmarshal(raw, &of)
	}
	for c := range of {
		of[c] = slices.DeleteFunc(of[c], func(j record.TailJob) bool {
			return j.Job == "" || j.Job != model.Clean(j.Job) || j.ID == 0 || j.End.IsZero() || j.End.After(model.Now().Add(24*time.Hour)) ||
				len(j.Volumes) > record.TailVolumes
		})
		for i := range of[c] {
			j := &of[c][i]
			j.Storage = model.Clean(j.Storage)
			for v := range j.Volumes {
				j.Volumes[v] = model.Clean(j.Volumes[v])
			}
		}
	}
	return of, err
}

// jobs are those that are kept now.
func (e *ended) jobs() plan.Kept {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.of
}

// take takes in what a snapshot tells of catalogs that are proven to be those of their Directors.
func (e *ended) take(s *board.Snapshot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range model.Clusters {
		v := s.Clusters[c]
		if v == nil || v.Catalog.Target != model.Holds {
			continue
		}
		for i := range v.Open {
			if on := v.Open[i].Progress.Volume; on != "" {
				e.on[v.Open[i].Key] = on
			}
		}
		if sameList(v.Recent, e.seen[c]) {
			continue
		}
		e.seen[c] = v.Recent
		var seen []record.TailJob
		for i := range v.Recent {
			j := v.Recent[i]
			if j.End.IsZero() || j.Outcome.Open() {
				continue
			}
			if j.Progress.Volume == "" {
				j.Progress.Volume = e.on[j.Key]
			}
			seen = append(seen, record.TailOf(&j))
		}
		next := plan.Tails(e.of[c], seen)
		e.dirty = e.dirty ||
			!slices.EqualFunc(next, e.of[c], func(a, b record.TailJob) bool { return a.Job == b.Job && len(a.Volumes) == len(b.Volumes) })
		e.of[c] = next
	}
	if len(e.on) > 2*record.TailJobs {
		e.on = map[model.JobKey]string{}
	}
}

// sameList tells whether two lists are the same one: a snapshot shares what did not change with the one before.
func sameList(a, b []model.Job) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// save writes what is new beside what another session has written meanwhile.
func (e *ended) save() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == "" || !e.dirty {
		return nil
	}
	there, err := readEnded(e.file)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		for c := range e.of {
			e.of[c] = plan.Tails(there[c], e.of[c])
		}
	}
	raw, err := json.Marshal(e.of)
	if err != nil {
		return fmt.Errorf("keeping ended jobs: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(e.file), filepath.Base(e.file)+".*")
	if err != nil {
		return fmt.Errorf("keeping ended jobs: %w", err)
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), e.file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("keeping ended jobs: %w", err)
	}
	e.dirty = false
	return nil
}

// keep takes in what a feed shows until the context ends, and writes it down. What cannot be written is tried again; nobody waits for it.
func (e *ended) keep(ctx context.Context, f *feed.Feed) {
	tick := time.NewTicker(endedKeep)
	defer tick.Stop()
	for {
		if s, err := f.Next(ctx, 0); err == nil {
			e.take(s)
			_ = e.save()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keepsEnded keeps what a session sees of ended jobs; stop writes the last of it.
func (s *site) keepsEnded(ctx context.Context, f *feed.Feed) (stop func()) {
	s.ended = &ended{on: map[model.JobKey]string{}}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ended.load(s.cfg) // no first frame waits for it
		s.ended.keep(ctx, f)
	}()
	return func() {
		last, stops := context.WithTimeout(context.WithoutCancel(ctx), 100*time.Millisecond)
		defer stops()
		cancel()
		<-done
		if snap, err := f.Next(last, 0); err == nil {
			s.ended.take(snap)
			_ = s.ended.save()
		}
	}
}

// keptEnded is what the session keeps.
func (s *site) keptEnded() (of plan.Kept) {
	if s.ended != nil {
		of = s.ended.jobs()
	}
	return of
}
