package ui

// paneID is the number of a pane, as on its frame and on the keyboard.
type paneID int

// The panes.
const (
	paneNone   paneID = 0
	paneBlue   paneID = 1
	paneGreen  paneID = 2
	paneCells  paneID = 3
	paneRDS    paneID = 4
	paneEvents paneID = 5
	paneAlerts paneID = 6
	paneGates  paneID = 7 // it has no room beside others
	paneSide   paneID = 8 // the detail of the selected row; it has no key of its own
)

// slot is where one pane stands.
type slot struct {
	pane       paneID
	x, y, w, h int
	bare       bool // no frame: every line is content
}

// plan of one screen. The header, the phase line, the alert line and the keys line are always there and one line each.
type layout struct {
	w, h  int
	small bool // below 60x16: header, alert and keys only
	room  int  // lines between the phase line and what stands below every page: the running action, the alert, the keys
	slots []slot
}

// The smallest screen with panes, and the sizes from which more is shown.
const (
	minWidth, minHeight = 60, 16
	sideFrom, tallFrom  = 160, 46
	stackBelow          = 85
	pairFrom            = 76 // two panes side by side need that
)

// arrange decides what stands where, each line from left to right. It never fails: what has no room is left out, and its key shows it
// zoomed.
func arrange(w, h int, rds, strip bool, zoom paneID) layout {
	l := layout{w: w, h: h, small: w < minWidth || h < minHeight}
	if l.small {
		return l
	}
	top, room := 2, h-4
	if strip {
		room--
	}
	l.room = room
	if zoom != paneNone {
		l.slots = []slot{{pane: zoom, y: top, w: w, h: room}}
		return l
	}
	main := w
	if w >= sideFrom && room >= 20 {
		main = w - min(64, w*28/100)
	}
	switch {
	case w < stackBelow && h >= tallFrom, w < pairFrom:
		l.stack(top, room, rds)
	case h >= 32:
		l.rows(main, top, room, rds)
	default:
		l.compact(main, top, room, rds)
	}
	if main < w {
		l.add(slot{pane: paneSide, x: main, y: top, w: w - main, h: room})
	}
	return l
}

// rows is the home screen: clusters, then cells and RDS, then events and alerts.
func (l *layout) rows(w, y, room int, rds bool) {
	a := room * 40 / 100
	b := room * 34 / 100
	c := room - a - b
	l.pair(paneBlue, paneGreen, 0, y, w, a, w/2)
	if rds {
		l.pair(paneCells, paneRDS, 0, y+a, w, b, w/2)
	} else {
		l.add(slot{pane: paneCells, y: y + a, w: w, h: b})
	}
	l.pair(paneEvents, paneAlerts, 0, y+a+b, w, c, w*62/100)
}

// compact is 80x24: two by two, and the newest events without a frame.
func (l *layout) compact(w, y, room int, rds bool) {
	events := 0
	if room >= 19 {
		events = 4 + (room-20)/4
	}
	a := (room - events + 1) * 54 / 100
	b := room - events - a
	l.pair(paneBlue, paneGreen, 0, y, w, a, w/2)
	second := paneAlerts
	if rds {
		second = paneRDS
	}
	l.pair(paneCells, second, 0, y+a, w, b, w/2)
	if events > 0 {
		l.add(slot{pane: paneEvents, y: y + a + b, w: w, h: events, bare: true})
	}
}

// stack puts panes under one another, as many as find room: narrow, and perhaps tall.
func (l *layout) stack(y, room int, rds bool) {
	panes := []paneID{paneAlerts, paneBlue, paneGreen, paneCells, paneRDS, paneEvents}
	parts := []int{12, 20, 20, 18, 16, 14}
	keep := func(p paneID) bool {
		switch p {
		case paneAlerts:
			return room >= 20
		case paneCells:
			return room >= 26
		case paneEvents:
			return room >= 32
		case paneRDS:
			return rds && room >= 38
		}
		return true
	}
	sum := 0
	for i, p := range panes {
		if !keep(p) {
			parts[i] = 0
		}
		sum += parts[i]
	}
	left := room
	for i, p := range panes {
		if parts[i] == 0 {
			continue
		}
		sum -= parts[i]
		h := left
		if sum > 0 {
			h = left * parts[i] / (sum + parts[i])
		}
		l.add(slot{pane: p, y: y, w: l.w, h: h})
		y, left = y+h, left-h
	}
}

func (l *layout) add(s slot) { l.slots = append(l.slots, s) }

func (l *layout) pair(left, right paneID, x, y, w, h, leftW int) {
	l.add(slot{pane: left, x: x, y: y, w: leftW, h: h})
	l.add(slot{pane: right, x: x + leftW, y: y, w: w - leftW, h: h})
}

// has tells whether a pane is on the screen.
func (l *layout) has(p paneID) bool {
	for _, s := range l.slots {
		if s.pane == p {
			return true
		}
	}
	return false
}
