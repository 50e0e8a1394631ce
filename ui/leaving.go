package ui

import (
	"fmt"
	"strings"

	"switchyard/model/record"
)

// Leaving is what a person who leaves should know: which actions go on without the screen, or wait for somebody, and how to see them;
// empty when there are none. It is for after Run.
func (a *App) Leaving() string {
	if a.snap.State == nil {
		return ""
	}
	var b strings.Builder
	now := a.opt.Now()
	for _, x := range a.snap.State.Actions {
		if stripRank(x, now) < 2 {
			continue
		}
		lost := a.snap.Orphaned(x, now)
		switch {
		case lost || x.State > record.ActionRunning:
			fmt.Fprintf(&b, "action %d is %s: %s\n", x.Seq, stateWord(x, lost), x.Says)
		case x.State == record.ActionWaits:
			fmt.Fprintf(&b, "action %d waits for approval until %s: %s\n", x.Seq, x.Expires.UTC().Format("15:04:05 UTC"), x.Says)
		case x.State == record.ActionRunning:
			fmt.Fprintf(&b, "action %d goes on, step %d of %d (%s), carried out by %s: %s\n", x.Seq, x.Step(), len(x.Steps),
				x.Steps[x.Step()-1], x.Runner, x.Says)
		default:
			fmt.Fprintf(&b, "action %d goes on: %s\n", x.Seq, x.Says)
		}
		fmt.Fprintf(&b, "  see it: switchyard actions %d, or switchyard watch\n", x.Seq)
	}
	for _, h := range a.handed {
		if h.deed.Verb != DeedSeen && a.snap.State.Action(h.action()) == nil || h.deed.Verb == DeedSeen && h.seen(a.snap.State) == "" {
			fmt.Fprintf(&b, "handed over, not told of yet: %s\n  see it: switchyard actions\n", h.says)
		}
	}
	return b.String()
}
