package board

import (
	"time"

	"switchyard/model"
)

// notable are the places, among the cells, of those that alerts look for: of a thousand they are few, and alerts are made with every change
// of anything, while cells change rarely.
type notable struct {
	cells  []CellView // of which they are
	unwell []int
	tells  time.Time // when it is told, of the first of the others, that a promise is about to break; zero: of none
	missed []int     // with runs that no job answered
	adrift []int     // where a Director differs from the routes
	bare   []int     // whose newest good backup on a cluster is on volumes that are not protected
	on     [2]int    // how many need each cluster, for all that is known
}

// notable finds them anew where the cells are not those of the last time: these are replaced whole, never changed.
func (b *Board) notable() *notable {
	if n := &b.noted; len(n.cells) != len(b.cells) || len(b.cells) > 0 && &n.cells[0] != &b.cells[0] {
		b.noted = notableOf(b.cells)
	}
	return &b.noted
}

func notableOf(cells []CellView) notable {
	n := notable{cells: cells}
	for i := range cells {
		v := &cells[i]
		switch from := v.TellsFrom; {
		case v.Health != CellOK:
			n.unwell = append(n.unwell, i)
		case !from.IsZero() && (n.tells.IsZero() || from.Before(n.tells)):
			n.tells = from
		}
		missed, adrift, bare := false, false, false
		for _, c := range model.Clusters {
			s := &v.On[c]
			missed, adrift = missed || s.Missed > 0, adrift || v.Drifts(c)
			bare = bare || s.LastGood != nil && s.LastGood.Protected == model.Fails
			if s.Has != model.Fails {
				n.on[c]++
			}
		}
		for _, is := range [...]struct {
			so   bool
			list *[]int
		}{{missed, &n.missed}, {adrift, &n.adrift}, {bare, &n.bare}} {
			if is.so {
				*is.list = append(*is.list, i)
			}
		}
	}
	return n
}
