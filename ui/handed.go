package ui

import (
	"fmt"
	"strings"

	"switchyard/model/board"
	"switchyard/model/record"
)

// handed is a deed that was handed to the process that acts, until the journal tells what became of it. Two sessions may decide on the
// same at the same second: which of them it was is the journal's to say.
type handed struct {
	says   string
	deed   Deed
	runner string // who ran the action before
}

func (h *handed) action() string {
	if h.deed.Plan != nil {
		return h.deed.Plan.ID
	}
	return h.deed.Action
}

// became is what the journal tells of a deed of that person: it was taken, or why it was not; neither while it does not tell.
func (h *handed) became(x *record.Action, by string) (taken, why string) {
	goesOn := "; it goes on without this screen"
	switch {
	case x == nil:
	case h.deed.Verb == DeedTake, h.deed.Verb == DeedApprove:
		return h.approved(x, by, goesOn)
	case h.deed.Verb == DeedStop && x.Stop != nil:
		return otherwise("action %d was told to stop by %s", x, x.Stop, by, "told to stop: "+x.Says)
	case h.deed.Verb == DeedStop && x.State > record.ActionRunning:
		return "", fmt.Sprintf("action %d had ended (%s): there was nothing to stop", x.Seq, x)
	case h.deed.Verb == DeedAcknowledge && x.Acked != nil:
		return otherwise(
			"action %d was acknowledged by %s",
			x,
			x.Acked,
			by,
			fmt.Sprintf("acknowledged: action %d blocks nothing any more", x.Seq),
		)
	case h.deed.Verb == DeedReview && x.Review != nil:
		return otherwise("action %d was reviewed by %s", x, x.Review, by, fmt.Sprintf("reviewed: action %d", x.Seq))
	case h.deed.Verb == DeedResume && x.Acked != nil:
		return "", fmt.Sprintf("action %d was acknowledged by %s: it never runs again", x.Seq, x.Acked.By)
	case h.deed.Verb == DeedResume && x.Runner != h.runner:
		if x.State > record.ActionRunning {
			goesOn = ""
		}
		if !strings.HasPrefix(x.Runner, by+"@") {
			return "", fmt.Sprintf("action %d was gone on with by another runner before yours: %s", x.Seq, x.Runner)
		}
		return fmt.Sprintf("resumed: action %d is carried out by %s%s", x.Seq, x.Runner, goesOn), ""
	}
	return "", ""
}

// otherwise tells a record that only one person could make.
func otherwise(format string, x *record.Action, of *record.ActionBy, by, taken string) (string, string) {
	if of.By == by {
		return taken, ""
	}
	return "", fmt.Sprintf(format, x.Seq, of.By) + ", at " + of.At.UTC().Format("15:04:05") + ", before you"
}

func (h *handed) approved(x *record.Action, by, goesOn string) (taken, why string) {
	mine := false
	for _, p := range x.Approvals {
		mine = mine || p.By == by
	}
	switch {
	case x.State == record.ActionRefused && !x.Begun():
		return "", fmt.Sprintf("action %d was refused: %s", x.Seq, x.Why)
	case mine && x.State == record.ActionWaits:
		return fmt.Sprintf("approved: %s; action %d waits for another person", h.says, x.Seq), ""
	case mine && x.State > record.ActionRunning:
		return fmt.Sprintf("approved: %s; action %d is %s", h.says, x.Seq, x), ""
	case mine:
		return "approved: " + h.says + goesOn, ""
	case x.State != record.ActionWaits && len(x.Approvals) > 0:
		last := x.Approvals[len(x.Approvals)-1]
		return "", fmt.Sprintf("action %d was approved by %s, at %s, before you: it is %s, and your approval was not needed",
			x.Seq, last.By, last.At.UTC().Format("15:04:05"), x)
	}
	return "", ""
}

// settle tells what became of what was handed over.
func (a *App) settle(s *board.Snapshot) {
	if s.State == nil || a.lever == nil {
		return
	}
	open := a.handed[:0]
	for _, h := range a.handed {
		taken, why := h.became(s.State.Action(h.action()), a.lever.By)
		if h.deed.Verb == DeedSeen {
			taken = h.seen(s.State)
		}
		if h.deed.Verb == DeedHalt || h.deed.Verb == DeedGoOn {
			taken = h.decided(s.State, a.lever.By)
		}
		switch {
		case taken != "":
			a.say(taken)
		case why != "":
			a.note = ""
			a.show(&refusedPage{says: h.says, why: why, at: a.opt.Now()})
		default:
			open = append(open, h)
		}
	}
	a.handed = open
}
