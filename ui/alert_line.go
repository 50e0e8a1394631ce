package ui

import (
	"strings"

	"switchyard/model/board"
	"switchyard/ui/draw"
)

// leastForTwo is the least room in which a cause and an advice both say something.
const leastForTwo = 45

// lineOf is an alert in one line: what failed and why, then what to do about it. The fullest telling that fits is taken; where none does,
// the cause and the advice share the room, and the longest words are the ones cut.
func lineOf(sc *scene, a *board.Alert, glyph string, room int) string {
	room -= 2 + draw.Width(glyph)
	says, brief, do, act := a.Says, a.Says, a.Do, clause(a.Do)
	if a.Brief != "" {
		brief = a.Brief
	} else if a.Cell != nil {
		brief = strings.Replace(a.Says, a.Cell.String(), sc.sum.cellName(*a.Cell, true), 1)
	}
	head := " " + glyph + " "
	if do == "" {
		if draw.Width(says) <= room {
			return head + says
		}
		return head + draw.Squeeze(brief, room)
	}
	for _, try := range []string{says + ". " + do, says + ". " + act, brief + ". " + do, brief + ". " + act} {
		if draw.Width(try) <= room {
			return head + try
		}
	}
	if room < leastForTwo {
		return head + draw.Squeeze(brief, room)
	}
	brief = draw.Squeeze(brief, max(room*5/8, room-draw.Width(act)-2))
	return head + brief + ". " + draw.Squeeze(act, room-draw.Width(brief)-2)
}

// clause is the beginning of an advice, up to what it is good for.
func clause(do string) string {
	for _, end := range []string{": ", "; ", " ("} {
		do, _, _ = strings.Cut(do, end)
	}
	return do
}
