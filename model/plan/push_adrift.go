package plan

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
)

// mends tells that a push, with what it enables, lets a Director start what it does not start for that reason. What comes too late by its
// own schedule no push mends.
func mends(why board.Idle) bool {
	switch why {
	case board.IdleNoJob, board.IdleOff, board.IdleClient, board.IdleSchedule:
		return true
	}
	return false
}

// adrift are the Directors of a cluster that a push would bring back to the routes, what each differs in, and what is switched off there.
func (w World) adrift(c model.Cluster) (names, says []string, hand map[string]*Enable) {
	all := w.view(c).Directors
	hand = map[string]*Enable{}
	inv := w.Names.Inventory()
	var count [2]map[board.Adrift]int
	for i := range w.Snapshot.Cells {
		v := &w.Snapshot.Cells[i]
		for place := range min(len(all), 2) {
			is := v.DriftsOn(c, place)
			why := v.On[c].At[place].Why
			if is == board.NotAdrift || is == board.Lacks && !mends(why) {
				continue
			}
			if count[place] == nil {
				count[place] = map[board.Adrift]int{}
			}
			count[place][is]++
			p, known := inv.Find(v.Cell)
			if name := w.called(c, place); is == board.Lacks && known {
				if hand[name] == nil {
					hand[name] = &Enable{OnDirector: OnDirector{Cluster: c, Director: name}}
				}
				hand[name].add(why, w.Names.Name(v.Cell), p.Client)
			}
		}
	}
	for place := range min(len(all), 2) {
		n, edited := count[place], w.Snapshot.Edited(c, place)
		name := w.called(c, place)
		if n == nil && edited == "" {
			continue
		}
		names = append(names, name)
		var of []string
		if k := n[board.Lacks]; k > 0 {
			of = append(of, fmt.Sprintf("lacks %d", k))
		}
		if k := n[board.TooMany]; k > 0 {
			of = append(of, fmt.Sprintf("has %d too many", k))
		}
		if edited != "" {
			has := "has a file that it has not loaded: "
			if all[place].File.Took {
				has = "has loaded a file that somebody changed: "
			}
			of = append(of, has+edited)
		}
		says = append(says, model.Clean(name+" "+strings.Join(of, " and ")))
		if hand[name] != nil && hand[name].many() == 0 {
			delete(hand, name)
		}
	}
	if len(names) == 0 {
		names, says = w.unlike(c)
	}
	return names, says, hand
}

// unlike are the Directors of a cluster that have loaded no file of ours, which no cell is settled on, or each another one.
func (w World) unlike(c model.Cluster) (names, says []string) {
	all := w.view(c).Directors
	canaries := map[string]bool{}
	for place := range min(len(all), 2) {
		if canary := model.CanaryOf(all[place].Jobs); canary != "" {
			canaries[canary] = true
		}
	}
	for place := range min(len(all), 2) {
		canary, name := model.CanaryOf(all[place].Jobs), w.called(c, place)
		switch {
		case all[place].Jobs == nil:
			continue
		case canary == "":
			says = append(says, name+neverPushed)
		case len(canaries) > 1:
			says = append(says, name+" has loaded "+canary)
		default:
			continue
		}
		names = append(names, name)
	}
	return names, says
}
