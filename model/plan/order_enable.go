package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// Enable switches on again what was switched off by hand on a Director's console: that outlives a reload, and beats what its file says
// (9.6.7 and 15.0.3), so that no push undoes it.
type Enable struct {
	OnDirector
	Jobs      []string `json:"jobs,omitempty"` // in order, each once, as the other two
	Clients   []string `json:"clients,omitempty"`
	Schedules []string `json:"schedules,omitempty"`
}

// Parts are the names by the word that a Director has for them.
func (e *Enable) Parts() [3]struct {
	Kind  string
	Names []string
} {
	return [3]struct {
		Kind  string
		Names []string
	}{{"job", e.Jobs}, {"client", e.Clients}, {"schedule", e.Schedules}}
}

// add takes in why a cell's job is not started. A schedule has its job's name, as it is rendered.
func (e *Enable) add(why board.Idle, job, client string) {
	to, name := &e.Jobs, job
	switch why {
	case board.IdleOff:
	case board.IdleClient:
		to, name = &e.Clients, client
	case board.IdleSchedule:
		to = &e.Schedules
	default:
		return
	}
	if at, there := slices.BinarySearch(*to, name); !there {
		*to = slices.Insert(*to, at, name)
	}
}

func (e *Enable) many() int { return len(e.Jobs) + len(e.Clients) + len(e.Schedules) }

func (e *Enable) touches() record.Touches {
	return record.TouchesOf(TouchDirector(e.Cluster, e.Director))
}

// Line is what a Director is told for one name.
func (*Enable) Line(kind, name string) string { return fmt.Sprintf("enable %s=%q", kind, name) }

func (e *Enable) sends() string {
	var lines []string
	for _, part := range e.Parts() {
		for _, name := range part.Names {
			lines = append(lines, e.Line(part.Kind, name))
		}
	}
	return cmp.Or(strings.Join(lines, "; "), "enable nothing")
}

func (e *Enable) what() string {
	var parts []string
	for _, part := range e.Parts() {
		if n := len(part.Names); n > 0 {
			parts = append(parts, model.Plural(n, part.Kind))
		}
	}
	return strings.Join(parts, " and ")
}

func (e *Enable) words() (name, done string) {
	return model.Clean(fmt.Sprintf("enable %s on %s's Director %s", e.what(), e.Cluster, e.Director)),
		model.Clean(e.Director + " does not list any of them as switched off")
}

// costs names a few of what somebody has switched off, perhaps for a reason.
func (e *Enable) costs() string {
	const most = 4
	var names []string
	for _, part := range e.Parts() {
		for _, name := range part.Names {
			names = append(names, part.Kind+" "+name)
		}
	}
	more := ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %d more", n)
	}
	return model.Clean(fmt.Sprintf("on %s somebody has switched off %s%s: ask why before they are started again", e.Director,
		strings.Join(names, ", "), more))
}
