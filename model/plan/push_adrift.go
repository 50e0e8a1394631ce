package plan

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
)

// adrift are the Directors of a cluster that a push would bring back to the routes, and what each differs in. A client that is disabled,
// and a schedule that comes too late, no push mends.
func (w World) adrift(c model.Cluster) (names, says []string) {
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
		if n == nil {
			continue
		}
		name := w.called(c, place)
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
	return names, says
}
