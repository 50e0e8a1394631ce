package ui

import (
	"cmp"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// alertsPane is what needs a person, as long as it lasts; the order is the model's.
type alertsPane struct {
	rows[string]
	alerts []*board.Alert // beside keys
}

func newAlertsPane() *alertsPane {
	a := &alertsPane{}
	a.names = []string{"urgency", "since", "text"}
	return a
}

func (a *alertsPane) name() string { return "alerts" }
func (a *alertsPane) lines() rower { return a }

func (a *alertsPane) title(sc *scene) []draw.Piece {
	ps := []draw.Piece{draw.As(themes.Key, "6"), draw.As(themes.Title, " ALERTS")}
	fails, warns, infos, acked := 0, 0, 0, 0
	for i := range sc.snap.Alerts {
		if sc.snap.Alerts[i].Acked != nil {
			acked++
			continue
		}
		switch sc.snap.Alerts[i].Severity {
		case model.Fail:
			fails++
		case model.Warn:
			warns++
		case model.Info:
			infos++
		}
	}
	if fails > 0 {
		ps = append(ps, draw.As(themes.Fail, "  "+draw.Count(fails)+" FAIL"))
	}
	if warns > 0 {
		ps = append(ps, draw.As(themes.Warn, "  "+draw.Count(warns)+" warn"))
	}
	if infos > 0 {
		ps = append(ps, draw.As(themes.Muted, "  "+draw.Count(infos)+" info"))
	}
	if acked > 0 {
		ps = append(ps, draw.As(themes.Muted, "  "+draw.Count(acked)+" let be"))
	}
	return a.titled(ps)
}

func (a *alertsPane) fresh(sc *scene) freshness {
	return freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates })
}

func (a *alertsPane) state(sc *scene) any {
	return [3]any{identity(sc.snap.Alerts), a.rev, a.fresh(sc).state}
}

func (a *alertsPane) refresh(sc *scene) {
	if !a.stale(identity(sc.snap.Alerts)) {
		return
	}
	a.alerts, a.of = a.alerts[:0], len(sc.snap.Alerts)
	for i := range sc.snap.Alerts {
		v := &sc.snap.Alerts[i]
		if !a.filter.on() || a.filter.keeps(toldStates(v.Severity, v.Says), v.Severity.String(), v.Says, v.Do, v.Source.String()) {
			a.alerts = append(a.alerts, v)
		}
	}
	if a.by != 0 || a.back {
		slices.SortStableFunc(a.alerts, func(x, y *board.Alert) int {
			n := cmp.Compare(y.Severity, x.Severity)
			switch a.names[a.by] {
			case "since":
				n = x.Since.Compare(y.Since)
			case "text":
				n = strings.Compare(x.Says, y.Says)
			}
			if a.back {
				n = -n
			}
			return cmp.Or(x.LetBe()-y.LetBe(), n)
		})
	}
	keys := make([]string, len(a.alerts))
	for i, v := range a.alerts {
		keys[i] = v.ID
	}
	a.set(keys)
}

func (a *alertsPane) alert() *board.Alert {
	if _, ok := a.current(); !ok || a.at >= len(a.alerts) {
		return nil
	}
	return a.alerts[a.at]
}

func (a *alertsPane) open(sc *scene) page {
	if v := a.alert(); v != nil {
		return subjectOf(sc.snap, v)
	}
	return nil
}

func (a *alertsPane) text(sc *scene) string {
	if v := a.alert(); v != nil {
		text := v.Severity.String() + " " + strings.TrimSuffix(v.Says, ".") + ". " + v.Do
		if v.Acked != nil {
			text += " (" + ackSays(sc, v.Acked) + ")"
		}
		return text
	}
	return ""
}

func (a *alertsPane) draw(sc *scene, w, h int, focused bool) []string {
	p := draw.NewPen(sc.st, w)
	var lines []string
	if len(a.keys) == 0 {
		for _, line := range draw.Wrap(emptyRows(a.filter.text, nothingNeeds(sc, a.fresh(sc))), w-3) {
			p.Start(w)
			p.Put(themes.Muted, "  "+line)
			lines = append(lines, p.Done())
		}
		return lines[:min(len(lines), h)]
	}
	from, to := a.window(h - a.more(sc, w, h))
	spare := h - (to - from)
	for i := from; i < to; i++ {
		v := a.alerts[i]
		texts, since := a.told(sc, v, w)
		most := 1 + min(spare, max(2, h/2-1)) // what room there is goes to what comes first
		if len(texts) > most && v.Brief != "" {
			texts = draw.Wrap(named(sc, v, v.Brief, w), max(1, w-4-draw.Width(since)))
		}
		texts = atMost(most, texts)
		spare -= len(texts) - 1
		glyph, role := severityGlyph(v.Severity)
		says := themes.Text
		if v.Acked != nil {
			role, says = themes.Muted, themes.Muted
		}
		for n, text := range texts {
			p.Start(w)
			a.begin(p, i, focused)
			if n > 0 {
				glyph, since, role = " ", "", says
			}
			p.Put(role, glyph+" ")
			p.Column(says, text, p.Left()-draw.Width(since)-1)
			p.Put(themes.Muted, since)
			lines = append(lines, p.Done())
		}
	}
	return lines
}

// told is an alert in as many lines as it takes, and its age.
func (a *alertsPane) told(sc *scene, v *board.Alert, w int) (texts []string, since string) {
	if !v.Since.IsZero() {
		since = " " + coarse(sc.minute, v.Since)
	}
	if v.Acked != nil {
		since = " " + ackWord(v.Acked)
	}
	says := named(sc, v, v.Says, w)
	texts = draw.Wrap(says, max(1, w-4-draw.Width(since)))
	if rest, more := strings.CutPrefix(says, texts[0]+" "); more { // the age stands in the first line alone
		texts = append(texts[:1], draw.Wrap(rest, max(1, w-4))...)
	}
	return texts, since
}

// more is how many rows beside its own the first alert takes, from the others where they do not all fit: what fails first is told
// before the last doubt.
func (a *alertsPane) more(sc *scene, w, h int) int {
	if a.alerts[0].Severity != model.Fail || a.alerts[0].Acked != nil {
		return 0
	}
	texts, _ := a.told(sc, a.alerts[0], w)
	n := max(0, min(len(texts)-1, h/2-1))
	if a.at >= h-n { // the selected one would not be seen
		return 0
	}
	return n
}

// named shortens the name of the cell in a narrow alert, so that what is wrong with it is seen.
func named(sc *scene, v *board.Alert, says string, w int) string {
	if v.Cell != nil && w < 70 {
		return strings.Replace(says, v.Cell.String(), sc.sum.cellName(*v.Cell, true), 1)
	}
	return says
}

// atMost keeps n lines; the last one takes what is left over, to be cut where it ends.
func atMost(n int, lines []string) []string {
	if len(lines) > n {
		lines[n-1] = strings.Join(lines[n-1:], " ")
		lines = lines[:n]
	}
	return lines
}

// nothingNeeds says that all is well only when every source can say so.
func nothingNeeds(sc *scene, f freshness) string {
	if f.state != board.Live {
		return "nothing known that needs a person, but not every source answers"
	}
	return "✓ nothing needs a person"
}
