package board

import (
	"fmt"
	"time"

	"switchyard/model"
)

// programmeAlerts are the programmes that need a person: a batch that is due, and a stop rule that holds one up. What somebody has stopped
// is theirs.
func (b *Board) programmeAlerts(now time.Time) []Alert {
	if b.state == nil {
		return nil
	}
	var out []Alert
	for _, p := range b.state.Programmes {
		c := b.state.Course(p)
		al := Alert{ID: "programme:" + p.ID, Severity: model.Warn, rank: rankWaits, Programme: p.ID, Since: c.Due}
		switch {
		case c.Over || p.Stopped != nil:
			continue
		case c.Halt != "":
			al.Since = c.Action.LastAt
			al.Says = fmt.Sprintf("programme %d by %s stands at batch %d of %d: %s: %s", p.Seq, p.By, c.Next(), len(p.Batches), c.Halt, p.Says)
			al.Brief = fmt.Sprintf("programme %d stands at batch %d: %s", p.Seq, c.Next(), c.Halt)
			al.Do = fmt.Sprintf("look at action %d, then :programme-go %d or :programme-stop %d", c.Action.Seq, p.Seq, p.Seq)
		case c.Ready(now):
			al.Says = fmt.Sprintf("batch %d of %d of programme %d is due: %s", c.Next(), len(p.Batches), p.Seq, p.Batches[c.Next()-1])
			al.Brief = fmt.Sprintf("batch %d of %d of programme %d is due", c.Next(), len(p.Batches), p.Seq)
			al.Do = fmt.Sprintf(":batch %d opens its plan", p.Seq)
		default:
			continue
		}
		out = append(out, al)
	}
	return out
}
