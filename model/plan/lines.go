package plan

import (
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Lines says a plan as plain text, as it is printed and as a dialog may show it. Ages are of that moment.
func (p *Plan) Lines(now time.Time) []string {
	out := []string{
		fmt.Sprintf(
			"PLAN %s   %s   expires %s UTC",
			Short(p.ID),
			record.EnvironmentName(p.Environment, p.Rehearsal),
			p.Expires.UTC().Format("15:04:05"),
		),
		p.Says,
		"",
		"What happens",
	}
	for i, s := range p.Steps {
		mark := ""
		if s.NoReturn {
			mark = "  (no return from here)"
		}
		out = append(out, fmt.Sprintf("  %d  %s%s", i+1, s.Name, mark),
			fmt.Sprintf("     until %s; unknown after %s", s.Done, model.Span(s.Limit)))
		for _, l := range s.Shows() {
			out = append(out, "     "+l)
		}
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{"What it costs", p.Costs}, {"Undo", p.Undo}} {
		if len(part.lines) > 0 {
			out = append(out, "", part.title)
			for _, l := range part.lines {
				out = append(out, "  "+l)
			}
		}
	}
	for i, l := range p.Calls() {
		if i == 0 {
			out = append(out, "")
		}
		out = append(out, "! "+l)
	}
	out = append(out, "", "Guards")
	for _, g := range p.Guards {
		out = append(out, "  "+GuardLine(g, now))
		if g.Do != "" {
			out = append(out, "             "+g.Do)
		}
	}
	if p.Approvals > 1 || p.Ticket {
		ask := fmt.Sprintf("%d people approve it", p.Approvals)
		if p.Ticket {
			ask += ", with a ticket"
		}
		out = append(out, "", ask)
	}
	return out
}

// GuardLine says a guard with its word, value, limit and the age of its evidence.
func GuardLine(g model.Check, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s  %s", GuardWord(g), g.Says)
	if g.Value != "" {
		b.WriteString(": " + g.Value)
	}
	if g.Limit != "" {
		fmt.Fprintf(&b, " (asked: %s)", g.Limit)
	}
	if age := now.Sub(g.At); !g.At.IsZero() && age >= time.Second {
		fmt.Fprintf(&b, ", %s old", model.Age(age))
	}
	if NeedsReason(g) {
		fmt.Fprintf(&b, "  [%s]", g.ID)
	}
	return b.String()
}

// GuardWord is ok, or what the guard does as it does not hold; a question mark where that is not known.
func GuardWord(g model.Check) string {
	switch g.Verdict {
	case model.Holds:
		return "ok"
	case model.Unknown:
		return g.Bar.String() + "?"
	}
	return g.Bar.String()
}

// Short is the start of an id, as people are shown it.
func Short(id string) string { return id[:min(4, len(id))] }
