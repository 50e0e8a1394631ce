package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/plan"
)

// clusterWord reads CLUSTER, and perhaps one of some words behind it.
func clusterWord(arg string, words ...string) (c model.Cluster, word string, ok bool) {
	name, word, _ := strings.Cut(strings.TrimSpace(arg), " ")
	if c.UnmarshalText([]byte(name)) != nil {
		return c, "", false
	}
	for _, w := range append(words, "") {
		ok = ok || word == w
	}
	return c, word, ok
}

// commandFailDirector opens the plan that lets the other Director of a cluster schedule.
func (a *App) commandFailDirector(arg string) tea.Cmd {
	c, word, ok := clusterWord(arg, "away")
	if !ok {
		a.say(":fail-director wants blue or green, and away where the old one's host cannot be reached")
		return nil
	}
	f, err := plan.FailDirectorOf(a.snap, c, "", word == "away")
	if err != nil {
		a.say(model.Clean(err.Error()))
		return nil
	}
	return a.propose(plan.Ask{FailDirector: f})
}

// commandRestart opens the plan that restarts the Director of a cluster which schedules.
func (a *App) commandRestart(arg string) tea.Cmd {
	c, word, ok := clusterWord(arg, "now")
	if !ok {
		a.say(":restart wants blue or green, and now where nothing is waited for")
		return nil
	}
	r, err := plan.RestartDirectorOf(a.snap, c, word == "now")
	if err != nil {
		a.say(model.Clean(err.Error()))
		return nil
	}
	return a.propose(plan.Ask{RestartDirector: r})
}
