package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// hushed is what this session lets be, beside the journal, and the alerts as it wants them.
type hushed struct {
	told  *board.Snapshot // as the feed told it
	quiet board.Quiet
	rev   int // of quiet
	made  hushedOf
	order []board.Alert
}

type hushedOf struct {
	from any
	n    int
	rev  int
}

// hush is a snapshot with its alerts as this session wants them.
func (a *App) hush(s *board.Snapshot) *board.Snapshot {
	a.told = s
	now := a.opt.Now()
	was := len(a.quiet.Acks)
	a.quiet.Acks = slices.DeleteFunc(slices.Clone(a.quiet.Acks), func(k record.Ack) bool { return !now.Before(k.Until) })
	if len(a.quiet.Acks) != was {
		a.rev++
	}
	if a.quiet.None() || len(s.Alerts) == 0 {
		return s
	}
	if of := (hushedOf{identity(s.Alerts), len(s.Alerts), a.rev}); a.made != of {
		a.made, a.order = of, a.quiet.Quieted(s.Alerts, now)
	}
	next := *s
	next.Alerts = a.order
	return &next
}

// rehush shows what this session lets be from now on.
func (a *App) rehush() {
	a.rev++
	if a.told == nil {
		return
	}
	a.snap = a.hush(a.told)
	if a.frozen.IsZero() {
		a.present(a.snap)
	}
}

// commandQuiet lists what the session is quiet about, or makes it quiet about one cause.
func (a *App) commandQuiet(cause string) tea.Cmd {
	switch {
	case cause == "":
		return a.show(&quietPage{quiet: &a.quiet})
	case a.isQuiet(cause):
		a.say("this session is quiet about " + cause + " already; :loud takes it back")
	case !slices.Contains(causes(a.snap), cause):
		a.say("no alert has the cause " + cause + "; tab after :quiet lists them")
	default:
		of := record.Ack{Told: record.Told{ID: cause}, At: a.opt.Now(), Session: true, Reason: "quiet about " + cause}
		a.quiet.Causes = append(slices.Clone(a.quiet.Causes), of)
		a.rehush()
		a.say("this session is quiet about " + cause + ": its alerts come last; :loud " + cause + " takes it back")
	}
	return nil
}

// commandLoud takes back what the session is quiet about.
func (a *App) commandLoud(cause string) tea.Cmd {
	if !a.isQuiet(cause) {
		a.say("this session is not quiet about " + cause + "; :quiet lists what it is quiet about")
		return nil
	}
	a.quiet.Causes = slices.DeleteFunc(slices.Clone(a.quiet.Causes), func(k record.Ack) bool { return k.ID == cause })
	a.rehush()
	a.say("this session hears of " + cause + " again")
	return nil
}

func (a *App) isQuiet(cause string) bool { return slices.Contains(quietCauses(a), cause) }

func quietCauses(a *App) []string {
	var out []string
	for i := range a.quiet.Causes {
		out = append(out, a.quiet.Causes[i].ID)
	}
	return out
}

// causes are what the alerts have in common with their like.
func causes(s *board.Snapshot) []string {
	var out []string
	for i := range s.Alerts {
		if c := s.Alerts[i].Cause(); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// quietPage lists what a session lets be.
type quietPage struct {
	general
	quiet *board.Quiet
}

func (p *quietPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "QUIET"), draw.As(themes.Muted, "  what is let be, in this session and by the journal")}
}

func (p *quietPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	s.prose(themes.Text, "Alerts that are let be come after all others, and neither the alert line nor ! begins with them.")
	s.head("Causes, in this session")
	for i := range p.quiet.Causes {
		c := &p.quiet.Causes[i]
		s.row(c.ID, fmt.Sprintf("%s since %s; :loud %s takes it back", draw.Count(likes(sc.snap, c.ID))+" alerts,", moment(sc, c.At), c.ID))
	}
	if len(p.quiet.Causes) == 0 {
		s.prose(themes.Muted, "none; :quiet CAUSE, and tab lists the causes")
	}
	s.head("Acknowledged alerts, in this session")
	acks(s, sc, p.quiet.Acks)
	s.head("Acknowledged alerts, in the journal")
	var journal []record.Ack
	if sc.snap.State != nil {
		journal = slices.DeleteFunc(slices.Clone(sc.snap.State.Acks), func(k record.Ack) bool { return !sc.now.Before(k.Until) })
	}
	acks(s, sc, journal)
	return s.out
}

func acks(s *story, sc *scene, of []record.Ack) {
	for i := range of {
		s.prose(themes.Text, of[i].ID)
		s.prose(themes.Muted, "  "+ackSays(sc, &of[i]))
	}
	if len(of) == 0 {
		s.prose(themes.Muted, "none")
	}
}

func likes(snap *board.Snapshot, cause string) int {
	n := 0
	for i := range snap.Alerts {
		if snap.Alerts[i].Cause() == cause {
			n++
		}
	}
	return n
}

// ackSays tells who lets an alert be, until when and why.
func ackSays(sc *scene, k *record.Ack) string {
	if k.Until.IsZero() {
		return "this session is quiet about " + strings.TrimPrefix(k.Reason, "quiet about ")
	}
	says := "acknowledged"
	if k.By != "" {
		says += " by " + model.Clean(k.By)
	}
	if k.Session {
		says += " in this session only"
	}
	return says + " until " + moment(sc, k.Until) + ": " + model.Clean(k.Reason)
}

// ackWord is the same in the place of an age.
func ackWord(k *record.Ack) string {
	if k.Until.IsZero() {
		return "quiet"
	}
	return "ack " + k.Until.UTC().Format("15:04")
}

// untilOf reads until when an alert is let be: for so long (30m, 8h, 2d), or a time of the day in UTC (06:00).
func untilOf(text string, now time.Time) (time.Time, string) {
	const wants = "until when is 30m, 8h or 2d from now, or 06:00 UTC"
	text = strings.TrimSpace(text)
	if at, err := time.Parse("15:04", text); err == nil {
		u := now.UTC()
		until := time.Date(u.Year(), u.Month(), u.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
		if !until.After(now) {
			until = until.AddDate(0, 0, 1)
		}
		return until, ""
	}
	d, err := model.ParseSpan(text)
	switch {
	case err != nil || d == 0:
		return time.Time{}, wants + ", and 7 days at most"
	case d > record.LongestAck:
		return time.Time{}, "7 days at most"
	}
	return now.Add(d), ""
}
