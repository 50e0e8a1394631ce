// Package dummy is test equipment: a Director and the files of its host, in memory.
package dummy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Host is a Director that has loaded its file. It is for one goroutine.
type Host struct {
	Name   string
	Place  string // of the file that it includes
	Text   map[string]string
	Stats  map[string]push.Stat // of files that are not as all others
	Said   string               // to its consoles
	Loads  string               // the text that it has loaded
	Down   bool
	PID    int
	Start  time.Time
	Epoch  time.Time
	Off    []string
	OffAll map[string][]string // clients and schedules that are switched off, by kind
	Blind  bool                // it does not tell what is switched off
	Counts map[string]int      // how often what was done
	Now    func() time.Time

	Ignores, Refuses, Dies, Restarts, Dangles bool // what it does at a reload
	Full                                      func(path string) bool
	Lost                                      func(call string) bool // it is done, and nobody hears of it
	Call                                      func(name string, do func() error) error
	After                                     func(*Host) // sees the world after each change

	listed string // the text of which jobs are
	jobs   []string
}

// Stat of all files that nothing else is said of.
var plain = push.Stat{Type: "regular file", Owner: "root", Group: "bacula", Mode: "640"}

// New is a Director that has loaded a text.
func New(name, text string, now func() time.Time) *Host {
	h := &Host{Name: name, Place: "/etc/bacula/routed.conf", Loads: text, PID: 41, Now: now,
		Counts: map[string]int{}, Stats: map[string]push.Stat{},
		OffAll: map[string][]string{}}
	h.Text = map[string]string{h.Place: text}
	h.Start = now().Add(-time.Hour)
	h.Epoch = h.Start
	return h
}

func (h *Host) call(name string, do func() error) error {
	lost := do
	if h.Lost != nil && h.Lost(name) {
		lost = func() error {
			if err := do(); err != nil {
				return err
			}
			return fmt.Errorf("%s: %w", name, model.ErrTimeout)
		}
	}
	if h.Call == nil {
		return lost()
	}
	return h.Call(name, lost)
}

func (h *Host) changed(what string) {
	h.Counts[what]++
	if h.After != nil {
		h.After(h)
	}
}

// Stat tells what a file is.
func (h *Host) Stat(_ context.Context, path string) (s push.Stat, err error) {
	err = h.call("stat", func() error {
		if _, there := h.Text[path]; !there {
			return fmt.Errorf("looking at %s: %w: %w", path, model.ErrNotDone, model.ErrNone)
		}
		if s = plain; h.Stats[path].Type != "" {
			s = h.Stats[path]
		}
		return nil
	})
	return s, err
}

func (h *Host) Read(_ context.Context, path string) (text string, err error) {
	err = h.call("read", func() error {
		var there bool
		if text, there = h.Text[path]; !there {
			return fmt.Errorf("reading %s: %w: %w", path, model.ErrNotDone, model.ErrNone)
		}
		return nil
	})
	return text, err
}

func (h *Host) Write(_ context.Context, path, text string, _ push.Stat) error {
	return h.call("write", func() error {
		if h.Full != nil && h.Full(path) {
			text = text[:len(text)/2]
		}
		h.Text[path] = text
		h.changed("write")
		return nil
	})
}

// Rename does it in one step.
func (h *Host) Rename(_ context.Context, from, to string) error {
	return h.call("rename", func() error {
		text, there := h.Text[from]
		if !there || h.Full != nil && h.Full(to) {
			return fmt.Errorf("renaming to %s: %w: no space left on device", to, model.ErrNotDone)
		}
		h.Text[to] = text
		delete(h.Text, from)
		h.changed("rename " + to)
		return nil
	})
}

// Reload says nothing of what came of it.
func (h *Host) Reload(context.Context) error {
	return h.call("reload", func() error {
		if h.Down {
			return fmt.Errorf("reloading: %w: %w", model.ErrNotDone, model.ErrUnreachable)
		}
		switch {
		case h.Ignores:
			h.Said += "Error: Too many open reload requests. Request ignored.\n"
		case h.Refuses:
			h.Said += "Config error: Could not find config Resource \"x\"\nResetting previous configuration.\n"
		case h.Dies:
			h.Down = true
		case h.Restarts:
			h.PID++
			h.Start = h.Now()
			fallthrough
		default:
			if h.Dangles {
				h.Said += "Config error: Could not find config Resource \"x\"\n"
			}
			h.Loads, h.Epoch = h.Text[h.Place], h.Now().Truncate(time.Second)
		}
		h.changed("reload")
		return nil
	})
}

// Messages are eaten.
func (h *Host) Messages(context.Context) (said string, err error) {
	err = h.call("messages", func() error {
		if h.Down {
			return fmt.Errorf("reading the messages: %w: %w", model.ErrNotDone, model.ErrUnreachable)
		}
		said, h.Said = h.Said, ""
		return nil
	})
	return said, err
}

// Jobs are those that it has loaded, sorted.
func (h *Host) Jobs() []string {
	if h.listed != h.Loads {
		h.listed, h.jobs = h.Loads, jobs(h.Loads)
	}
	return h.jobs
}

func jobs(text string) (jobs []string) {
	f, err := conf.Parse(text, conf.Options{})
	if err != nil {
		return nil
	}
	for _, r := range f.Resources {
		if r.Kind == "Job" {
			jobs = append(jobs, r.Name)
		}
	}
	slices.Sort(jobs)
	return jobs
}

// Loaded is what it tells of itself.
func (h *Host) Loaded(context.Context) (d model.Director, err error) {
	err = h.call("loaded", func() error {
		if h.Down {
			return fmt.Errorf("director %s: %w", h.Name, model.ErrUnreachable)
		}
		d = model.Director{Name: h.Name, PID: h.PID, Started: h.Start, Reloaded: h.Epoch, Jobs: h.Jobs(), Off: slices.Clone(h.Off),
			OffKnown: !h.Blind, At: h.Now()}
		return nil
	})
	return d, err
}

// Enable switches on what was switched off by hand.
func (h *Host) Enable(_ context.Context, _, kind, name string) error {
	return h.call("enable", func() error {
		is := func(n string) bool { return n == name }
		if kind == "job" {
			h.Off = slices.DeleteFunc(h.Off, is)
		} else {
			h.OffAll[kind] = slices.DeleteFunc(h.OffAll[kind], is)
		}
		return nil
	})
}

// SwitchedOff tells of clients and schedules.
func (h *Host) SwitchedOff(context.Context) (clients, schedules []string, err error) {
	err = h.call("switched off", func() error {
		clients, schedules = h.OffAll["client"], h.OffAll["schedule"]
		return nil
	})
	return clients, schedules, err
}
