package plan

import (
	"cmp"
	"strings"

	"switchyard/model"
)

// leaveOut is how the others go on without the cells that are refused.
const leaveOut = "shift the others without them (switchyard shift ... --leave-out, or unmark them)"

// wayToShift is past what holds up a shift.
func (w World) wayToShift(p *Plan, c *model.Check) string {
	on := p.on()
	if g, is := cellGuards[c.ID]; is {
		if way := w.wayToHear(on); way != "" && c.Fact == "" {
			return way
		}
		v := w.shifting(p.Ask.Shift)
		ways := []string{g.do}
		if r := v.judged[c.ID]; r != nil && r.fails+r.unknown < len(v.cells) {
			ways = append(ways, leaveOut)
		}
		return strings.Join(ways, "; or ")
	}
	switch c.ID {
	case "shift-possible":
		return cmp.Or(wayWithout(w), "mend the routes, or name other cells: switchyard routes check shows both")
	case "no-gap":
		return "leave these cells out"
	case "passive-answers", "stay-answers":
		if way := w.wayToDirector(on); c.ID == "stay-answers" && way != "" && w.wayToHear(on) != "" {
			return way
		}
		names, _ := w.directors(on)
		for _, name := range names[min(1, len(names)):] {
			s := w.source(model.DirectorOf(on, name))
			if way := w.wayToSource(&s); way != "" {
				return way
			}
		}
		return "see :sources for the passive Director"
	case "stay-pushed":
		return cmp.Or(w.wayToHear(on), "push the routes to it first: :push "+on.String()+", or switchyard routes push "+on.String())
	case "first-night":
		return "shift fewer at once, or say why it may take longer"
	case "one-dump":
		gives := model.Green
		if w.Routing.Times[model.Blue].Apart > 0 {
			gives = model.Blue
		}
		return "start them farther apart, by clusters." + gives.String() + ".push.apart, or say why both may dump it at once"
	case "storage-room":
		return "make room there, shift fewer at once, or say why it suffices; clusters." + on.String() + ".storage_room names what tells it"
	case "rds-healthy", "dr-ready":
		return "see page 4 for what stands in the way, or say why it does not matter now"
	}
	return ""
}

func wayWithout(w World) string {
	if w.unread() != "" {
		return wayToJournal
	}
	return ""
}
