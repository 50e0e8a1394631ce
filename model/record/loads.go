package record

import (
	"slices"
	"time"

	"switchyard/model"
)

// SendsPush is what the system of a push is told, in a plan's words.
const SendsPush = "a file, and reload"

// FirstLoads is when each Director of a cluster first loaded a file that was pushed to it, by its name in plans and by its own clock.
// Pushes that went back are left out, and those of which nothing tells when they were loaded.
func (s *State) FirstLoads(c model.Cluster) map[string]time.Time {
	first := map[string]time.Time{}
	for _, a := range s.Actions {
		for name, at := range a.loads(c) {
			if was, known := first[name]; !known || at.Before(was) {
				first[name] = at
			}
		}
	}
	return first
}

// loads are what an action's pushes to a cluster found loaded when they were done: before that their steps tell of the load before.
func (a *Action) loads(c model.Cluster) map[string]time.Time {
	var out map[string]time.Time
	for n, sends := range a.Sends[:min(a.Done, len(a.Sends))] {
		step := n + 1
		if sends != SendsPush || a.Back != nil && !slices.Contains(a.Left, step) ||
			slices.ContainsFunc(a.Spared, func(s Spared) bool { return s.Step == step }) {
			continue
		}
		for i := range a.Found {
			if e := a.Found[i].Epoch; e != nil && a.Found[i].Step == step && e.Cluster == c && !e.Loaded.IsZero() {
				if out == nil {
					out = map[string]time.Time{}
				}
				out[e.Director] = e.Loaded
			}
		}
	}
	return out
}
