package ui

import (
	"cmp"
	"strings"

	"switchyard/model/board"
	"switchyard/ui/draw"
)

// leastOfCause is the least room in which a cause says something beside what to do.
const leastOfCause = 30

// leastOfRest is the least room in which what is told besides says something.
const leastOfRest = 18

// lineOf is an alert in one line: what failed and why, then what to do about it. The fullest telling that fits is taken; where none does,
// the first thing to do is told whole, and of the cause what there is room for.
func lineOf(sc *scene, a *board.Alert, glyph string, room int) string {
	head := " " + glyph + " "
	room -= draw.Width(head)
	says := strings.TrimSuffix(a.Says, ".")
	brief := cmp.Or(strings.TrimSuffix(a.Brief, "."), says)
	if a.Cell != nil {
		brief = strings.Replace(brief, a.Cell.String(), sc.sum.cellName(*a.Cell, true), 1)
	}
	acts := a.Acts()
	if a.Do == "" {
		for _, try := range []string{says, brief} {
			if draw.Width(try) <= room {
				return head + try
			}
		}
		return head + causeIn(brief, room)
	}
	for _, try := range []string{says + ". " + acts[0], says + ". " + acts[1],
		brief + ". " + acts[0], brief + ". " + acts[1], brief + ". " + acts[2]} {
		if draw.Width(try) <= room {
			return head + try
		}
	}
	act := draw.Squeeze(acts[2], board.ActRoom)
	if room-draw.Width(act)-2 < leastOfCause {
		return head + causeIn(brief, room)
	}
	return head + causeIn(brief, room-draw.Width(act)-2) + ". " + act
}

// causeIn is of a cause what there is room for: first what failed and why, whose longest words are cut where that is too long, then of what
// is told besides as much as says something.
func causeIn(brief string, room int) string {
	first, rest, _ := strings.Cut(brief, "; ")
	told := draw.Squeeze(first, room)
	for rest != "" {
		first, rest, _ = strings.Cut(rest, "; ")
		left := room - draw.Width(told) - 2
		if draw.Width(first) > left && left < leastOfRest {
			break
		}
		told += "; " + draw.Squeeze(first, left)
	}
	return told
}
