package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// attachedMsg are the other sessions, when they are not those at hand.
type attachedMsg []model.Session

// attachedEvery is how long a session that came or went may stay unseen.
const attachedEvery = 10 * time.Second

// attached looks for the other sessions, when it is time to.
func (a *App) attached() tea.Cmd {
	look := a.opt.Attached
	if gone := a.now.Sub(a.asked); look == nil || gone >= 0 && gone < attachedEvery {
		return nil
	}
	a.asked = a.now
	was := a.others
	return func() tea.Msg {
		if is := look(); !slices.Equal(is, was) {
			return attachedMsg(is)
		}
		return nil
	}
}

// namedOthers is how many users the header names at most.
const namedOthers = 3

// attachedPieces are the other sessions: how many (1), whose (2), and what they may do (3).
func attachedPieces(others []model.Session, words int) []draw.Piece {
	if len(others) == 0 || words == 0 {
		return nil
	}
	if words == 1 {
		return []draw.Piece{draw.As(themes.Text, "  +"+strconv.Itoa(len(others)))}
	}
	out := []draw.Piece{draw.As(themes.Text, "  with ")}
	for named := 0; len(others) > 0; named++ {
		if named == namedOthers {
			return append(out, draw.As(themes.Text, " +"+strconv.Itoa(len(others))))
		}
		n := slices.IndexFunc(others, func(s model.Session) bool { return s.User != others[0].User })
		if n < 0 {
			n = len(others)
		}
		if named > 0 {
			out = append(out, draw.As(themes.Text, ", "))
		}
		name := others[0].User
		if draw.Width(name) > 16 {
			name = fit(name, 16)
		}
		out = append(out, draw.As(themes.Title, name))
		if words == 3 {
			out = append(out, draw.As(themes.Text, " ("+modesOf(others[:n])+")"))
		}
		others = others[n:]
	}
	return out
}

// modesOf says what one user's sessions are: "cockpit", "2 cockpit, watching".
func modesOf(of []model.Session) string {
	n := map[bool]int{}
	for _, s := range of {
		n[s.Cockpit]++
	}
	var out []string
	for _, m := range []struct {
		cockpit bool
		word    string
	}{{true, "cockpit"}, {false, "watching"}} {
		switch n[m.cockpit] {
		case 0:
		case 1:
			out = append(out, m.word)
		default:
			out = append(out, strconv.Itoa(n[m.cockpit])+" "+m.word)
		}
	}
	return strings.Join(out, ", ")
}
