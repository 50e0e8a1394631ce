package plan

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// Repair asks to push the newest routes again to those Directors of a cluster that differ from them.
type Repair struct {
	Cluster model.Cluster `json:"cluster"`
}

// repairLimit is how long a push may take: it waits until no job is about to start, and a refused reload alone may take half a minute.
const repairLimit = 10 * time.Minute

var errNothingAdrift = errors.New("nothing that a push would change is adrift")

func (r *Repair) words() (verb, says, confirm string) {
	return "push", fmt.Sprintf("push the routes again to %s", r.Cluster), "push " + r.Cluster.String()
}

func (r *Repair) plan(w World, id string) (*Plan, error) {
	names, active, says := w.adrift(r.Cluster)
	if len(names) == 0 {
		return nil, fmt.Errorf("planning a push to %s: %w", r.Cluster, errNothingAdrift)
	}
	guards := []string{GuardRoutes}
	if active {
		guards = append(guards, "director-answers")
	}
	p := &Plan{ID: id, Ask: Ask{Repair: r}}
	p.Verb, p.Says, p.Confirm = r.words()
	for _, name := range names {
		p.Steps = append(p.Steps, Step{Order: Order{Push: &OnDirector{r.Cluster, name}}, Limit: repairLimit, Guards: guards})
	}
	for _, name := range names {
		p.Steps = append(p.Steps, Step{Order: Order{Effective: &OnDirector{r.Cluster, name}}, Limit: repairLimit})
	}
	p.name()
	p.Costs = append(says, "whoever changed it loses that change: what a Director has is then what the routes come to")
	p.Undo = []string{"each Director's last good file is kept, and put back where the new one is refused"}
	return w.Finish(p, guards...)
}

// adrift are the Directors of a cluster that a push would bring back to the routes, and what each differs in. A client that is disabled,
// and a schedule that comes too late, no push mends.
func (w World) adrift(c model.Cluster) (names []string, active bool, says []string) {
	all := w.view(c).Directors
	var count [2]map[board.Adrift]int
	for i := range w.Snapshot.Cells {
		v := &w.Snapshot.Cells[i]
		for place := range min(len(all), 2) {
			is := v.DriftsOn(c, place)
			if why := v.On[c].At[place].Why; is == board.NotAdrift || is == board.Lacks && why != board.IdleNoJob && why != board.IdleOff {
				continue
			}
			if count[place] == nil {
				count[place] = map[board.Adrift]int{}
			}
			count[place][is]++
		}
	}
	for place := range min(len(all), 2) {
		n := count[place]
		name := all[place].Name
		if place > 0 {
			name = model.PassiveOf(c, name, all[0].Name).Name
		}
		if n == nil {
			continue
		}
		active = active || place == 0
		names = append(names, name)
		var of []string
		if k := n[board.Lacks]; k > 0 {
			of = append(of, fmt.Sprintf("lacks %d", k))
		}
		if k := n[board.TooMany]; k > 0 {
			of = append(of, fmt.Sprintf("has %d too many", k))
		}
		says = append(says, model.Clean(name+" "+strings.Join(of, " and ")))
	}
	return names, active, says
}
