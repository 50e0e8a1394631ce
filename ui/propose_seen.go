package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// telling is a page that an alert led to.
type telling interface{ tells() *board.Alert }

func (p *actionPage) tells() *board.Alert  { return p.alert }
func (p *cellPage) tells() *board.Alert    { return p.alert }
func (p *jobPage) tells() *board.Alert     { return p.alert }
func (p *sourcesPage) tells() *board.Alert { return p.alert }
func (p *alertPage) tells() *board.Alert   { return &p.alert }

// alertHere is the one that the keys are about: of the page that is open, or the selected one of its pane; nil when there is none.
func (a *App) alertHere() *board.Alert {
	if a.pager != nil {
		if p, ok := a.pager.shows.(telling); ok {
			if v := p.tells(); v != nil {
				return alertOf(a.snap, v.ID)
			}
		}
		return nil
	}
	if p, ok := a.pane().(*alertsPane); ok && !p.lost() {
		if v := p.alert(); v != nil {
			return alertOf(a.snap, v.ID)
		}
	}
	return nil
}

func alertOf(s *board.Snapshot, id string) *board.Alert {
	for i := range s.Alerts {
		if s.Alerts[i].ID == id {
			return &s.Alerts[i]
		}
	}
	return nil
}

// noAlert says why no alert can be acknowledged.
func noAlert(a *App) string {
	v := a.alertHere()
	switch {
	case v == nil:
		return "select an alert to acknowledge it: 6 goes to them, ! opens the first"
	case v.Counts():
		return "that line counts alerts: acknowledge one of them, or :quiet their cause"
	case v.Acked != nil && !v.Acked.Until.IsZero():
		return ackSays(a.live(), v.Acked)
	}
	return ""
}

// commandAcknowledge lets an alert be, or the action that is named.
func (a *App) commandAcknowledge(arg string) tea.Cmd {
	switch _, page := a.subjectAction(); {
	case a.lever != nil && (arg != "" || page || a.alertHere() == nil && a.strip() != nil):
		return a.proposeFor(arg, (*App).proposeAcknowledge)
	case arg != "":
		a.say("this is a watch session: it has no lever to acknowledge an action")
		return nil
	}
	if why := noAlert(a); why != "" {
		a.say(why)
		return nil
	}
	a.proposeSeen(a.alertHere())
	return nil
}

// recorded says where an acknowledgement goes: into the journal, or why not.
func (a *App) recorded() (bool, string) {
	switch {
	case a.lever == nil:
		return false, "A watch session writes no journal: only this session knows of it, and forgets it when it ends."
	case a.snap.State == nil:
		return false, "There is no journal to act with: only this session knows of it, and forgets it when it ends."
	}
	return true, "It is recorded in the journal, with your name: every session and status see it."
}

// proposeSeen asks why an alert is let be, and until when.
func (a *App) proposeSeen(v *board.Alert) {
	id, says, was := v.ID, v.Says, *v
	told := was.Told(a.opt.Now())
	journal, where := a.recorded()
	now := a.opt.Now
	until := field{says: "Until when: 30m, 8h, 2d from now, or 06:00 UTC; 7 days at most", must: true, check: func(text string) string {
		_, why := untilOf(text, now())
		return why
	}}
	a.ask(&dialog{
		heading: []draw.Piece{draw.As(themes.Title, "acknowledge an alert")}, phrase: "acknowledge",
		asks: []field{{says: "Why it may be let be", must: true}, until},
		body: func(_ *scene, w int) [][]draw.Piece {
			s := &story{w: w}
			s.prose(themes.Title, says)
			s.gap()
			s.prose(themes.Text, "It comes after all others. It comes back when its time is over, or it grows worse, wider or begins anew.")
			s.prose(themes.Text, where)
			return s.out
		},
		holds: func(s *board.Snapshot) string {
			switch is := alertOf(s, id); {
			case is == nil:
				return "the alert is over"
			case is.Grew(&told):
				return "the alert has grown since"
			}
			return ""
		},
		approve: func(a *App, d *dialog) tea.Cmd {
			reason := model.Clean(strings.TrimSpace(d.asks[0].line.text()))
			at, _ := untilOf(d.asks[1].line.text(), now())
			ack := record.Ack{Told: was.Told(at), At: now(), Reason: reason, Session: true}
			if err := ack.Check(); err != nil {
				a.say(err.Error())
				return nil
			}
			if journal {
				return a.pull("acknowledge the alert", Deed{Verb: DeedSeen, Alert: ack.Told, Reason: reason})
			}
			a.quiet.Acks = append(a.quiet.Acks, ack)
			a.rehush()
			a.say("acknowledged in this session only, until " + at.UTC().Format("2 Jan 15:04") + " UTC: it comes last until then")
			return nil
		},
	})
}

// seen is what the journal tells of an alert that was to be let be.
func (h *handed) seen(s *record.State) (taken string) {
	for i := range s.Acks {
		if k := &s.Acks[i]; k.Told.Is(&h.deed.Alert) && k.Reason == h.deed.Reason {
			return "acknowledged in the journal until " + k.Until.UTC().Format("2 Jan 15:04") + " UTC: it comes last until then"
		}
	}
	return ""
}
