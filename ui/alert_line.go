package ui

import (
	"cmp"
	"strings"

	"switchyard/model/board"
	"switchyard/ui/draw"
)

// leastForTwo is the least room in which a cause and an advice both say something.
const leastForTwo = 50

// leastOfRest is the least room in which what is told besides says something.
const leastOfRest = 24

// lineOf is an alert in one line: what failed and why, then what to do about it. The fullest telling that fits is taken; where none does,
// the cause and the advice share the room, and the longest words are the ones cut: it is not whole then.
func lineOf(sc *scene, a *board.Alert, glyph string, room int) (line string, whole bool) {
	head := " " + glyph + " "
	room -= draw.Width(head)
	says, do, act := strings.TrimSuffix(a.Says, "."), a.Do, clause(a.Do)
	brief := cmp.Or(strings.TrimSuffix(a.Brief, "."), says)
	if a.Cell != nil {
		brief = strings.Replace(brief, a.Cell.String(), sc.sum.cellName(*a.Cell, true), 1)
	}
	tries := []string{says + ". " + do, says + ". " + act, brief + ". " + do, brief + ". " + act, brief + ". " + curt(act)}
	if do == "" {
		tries = []string{says, brief}
	}
	for _, try := range tries {
		if draw.Width(try) <= room {
			return head + try, true
		}
	}
	if room < leastForTwo || do == "" {
		return head + draw.Squeeze(brief, room), false
	}
	act = curt(act)
	if first, _, more := strings.Cut(brief, "; "); more {
		left := room - draw.Width(act) - 2
		if left-draw.Width(first) >= leastOfRest {
			first = draw.Squeeze(brief, left)
		}
		if draw.Width(first) <= left {
			return head + first + ". " + act, true
		}
	}
	brief = draw.Squeeze(brief, max(room*5/8, room-draw.Width(act)-2))
	return head + brief + ". " + draw.Squeeze(act, room-draw.Width(brief)-2), false
}

// clause is the beginning of an advice, up to what it is good for.
func clause(do string) string {
	for _, end := range []string{": ", "; ", " ("} {
		do, _, _ = strings.Cut(do, end)
	}
	return do
}

// curt is the beginning of a clause, up to what is to be done besides.
func curt(act string) string {
	for _, end := range []string{", ", " and "} {
		act, _, _ = strings.Cut(act, end)
	}
	return act
}
