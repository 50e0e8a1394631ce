package ui

import "slices"

// list is the rows of a pane and the one that is selected. The selection is an identity, never a row number: rows may move
// under it, and when its row leaves nothing is selected until somebody moves, so that no key lands on another row.
type list[K comparable] struct {
	keys   []K
	sel    K
	picked bool // false: nobody moved yet, and the first row counts as selected
	at     int  // where sel is, or was
	gone   bool // sel is not among keys
	top    int  // first row on the screen
	height int  // rows on the screen at the last drawing
	rev    uint64
}

// set replaces the rows.
func (l *list[K]) set(keys []K) {
	l.keys = keys
	l.rev++
	if !l.picked {
		l.at, l.gone = 0, len(keys) == 0
		return
	}
	if l.at < len(keys) && keys[l.at] == l.sel {
		l.gone = false
		return
	}
	if i := slices.Index(keys, l.sel); i >= 0 {
		l.at, l.gone = i, false
		return
	}
	l.at, l.gone = max(0, min(l.at, len(keys)-1)), true
}

// current is the selected row's identity; false when there is none.
func (l *list[K]) current() (K, bool) {
	if l.gone || len(l.keys) == 0 {
		var none K
		return none, false
	}
	return l.keys[l.at], true
}

// lost tells that the selected row left.
func (l *list[K]) lost() bool { return l.picked && l.gone && len(l.keys) > 0 }

func (l *list[K]) pick(i int) {
	if len(l.keys) == 0 {
		return
	}
	l.at = max(0, min(i, len(l.keys)-1))
	l.sel, l.picked, l.gone = l.keys[l.at], true, false
	l.rev++
}

// walk moves the selection by n rows.
func (l *list[K]) walk(n int) {
	if l.lost() {
		l.pick(l.at) // the first move lands where the lost row was
		return
	}
	l.pick(l.at + n)
}

// page moves by n halves of a screen.
func (l *list[K]) page(n int) { l.walk(n * max(1, l.height/2)) }

// edge moves to the first or the last row.
func (l *list[K]) edge(end bool) {
	if end {
		l.pick(len(l.keys) - 1)
		return
	}
	l.pick(0)
}

// forget lets the first row count as selected again.
func (l *list[K]) forget() {
	var none K
	l.sel, l.picked, l.at, l.top, l.gone = none, false, 0, 0, len(l.keys) == 0
	l.rev++
}

// window returns the rows to draw in h lines: from, to. It keeps the selection on the screen and no line empty that could hold a row.
func (l *list[K]) window(h int) (int, int) {
	l.height = h
	if h <= 0 {
		return 0, 0
	}
	if !l.picked {
		l.top = 0
	}
	if l.at < l.top {
		l.top = l.at
	}
	if l.at >= l.top+h {
		l.top = l.at - h + 1
	}
	l.top = max(0, min(l.top, len(l.keys)-h))
	return l.top, min(len(l.keys), l.top+h)
}
