package clock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// FileName is where a world tells its time to every process that attaches, in its private directory. Without it, its time is the machine's.
const FileName = "clock"

// told is a clock as its file has it: it was World when the machine's clock was Real.
type told struct {
	Real   time.Time `json:"real"`
	World  time.Time `json:"world"`
	Speed  float64   `json:"speed"`
	Moving bool      `json:"moving,omitempty"` // it is on its way to another time
}

func (t told) at(now time.Time) time.Time {
	return t.World.Add(time.Duration(float64(now.Sub(t.Real)) * t.Speed))
}

// Publish tells the clock in a world's directory. A clock that is moving on is not looked at again for that.
func (c *Clock) Publish(dir string, moving bool) error {
	c.mu.Lock()
	real := time.Now().Round(0)
	text, err := json.Marshal(told{Real: real, World: c.now(), Speed: c.speed, Moving: moving})
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("telling the clock: %w", err)
	}
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("telling the clock: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("telling the clock: %w", err)
	}
	return nil
}

func readTold(dir string) (told, error) {
	var t told
	text, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, fmt.Errorf("reading %s: %w", filepath.Join(dir, FileName), err)
	}
	if t.Speed <= 0 {
		return t, fmt.Errorf("reading %s: a speed of %v", filepath.Join(dir, FileName), t.Speed)
	}
	return t, nil
}

// Left is the clock that a world which is gone left in its directory: it goes on from there, as its journal does. Nil: it left none.
func Left(dir string) (*Clock, error) {
	t, err := readTold(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	now := time.Now()
	at := t.at(now.Round(0))
	if at.Before(now) { // one that ran slowly does not go back
		at = now
	}
	return New(at, 1), nil
}

// Speed is how many seconds of the world are in one of the machine's.
func (c *Clock) Speed() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speed
}

// looked is how long what was read of a clock's file is believed.
const looked = 20 * time.Millisecond

// Follower lives by the clock of a world that may run in another process.
type Follower struct {
	dir string

	mu    sync.Mutex
	asked time.Time // by the machine's clock
	file  fs.FileInfo
	now   told // Speed 0: the machine's
	moved chan struct{}
}

// Follow lives by the clock of the world in a directory.
func Follow(dir string) *Follower { return &Follower{dir: dir, moved: make(chan struct{})} }

// Now is the world's time, in the machine's zone.
func (f *Follower) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.look(now)
	if f.now.Speed == 0 {
		return now
	}
	return f.now.at(now.Round(0)).Local()
}

// Speed is how fast the world's clock runs.
func (f *Follower) Speed() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.look(time.Now()); f.now.Speed > 0 {
		return f.now.Speed
	}
	return 1
}

// Moved is closed when the clock was found to have been set. Who waits for it relies on somebody asking for the time.
func (f *Follower) Moved() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved
}

// look reads the file again if it is another one. One that cannot be read leaves the time as it is.
func (f *Follower) look(now time.Time) {
	if !f.asked.IsZero() && now.Sub(f.asked) < looked {
		return
	}
	f.asked = now
	at, err := os.Stat(filepath.Join(f.dir, FileName))
	if err != nil || f.file != nil && os.SameFile(at, f.file) && at.ModTime().Equal(f.file.ModTime()) {
		return
	}
	t, err := readTold(f.dir)
	if err != nil {
		return
	}
	first := f.file == nil && f.now.Speed == 0
	before := now
	if !first {
		before = f.now.at(now.Round(0))
	}
	f.file, f.now = at, t
	if jump := t.at(now.Round(0)).Sub(before).Abs(); !t.Moving && jump > 0 {
		close(f.moved)
		f.moved = make(chan struct{})
	}
}
