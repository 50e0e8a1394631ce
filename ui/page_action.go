package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// actionPage is one action: how far it is, what may be done about it, and everything that was recorded.
type actionPage struct {
	ways
	id    string
	alert *board.Alert
	log   answer
}

func (p *actionPage) find(s *board.Snapshot) *record.Action {
	if s.State == nil {
		return nil
	}
	return s.State.Action(p.id)
}

func (p *actionPage) about(*board.Snapshot) subject { return subject{action: p.id} }

func (p *actionPage) which() any { return p.id }

func (p *actionPage) title(sc *scene) []draw.Piece {
	if x := p.find(sc.snap); x != nil {
		return []draw.Piece{draw.As(themes.Title, "ACTION "+strconv.FormatInt(x.Seq, 10)), draw.As(themes.Muted, " by "),
			draw.As(themes.Text, x.By)}
	}
	return []draw.Piece{draw.As(themes.Title, "ACTION")}
}

func (p *actionPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	x := p.find(sc.snap)
	if x == nil {
		s.prose(themes.Warn, "The journal does not tell of this action.")
		return s.out
	}
	alertHead(s, sc, p.alert)
	lost := sc.snap.Orphaned(x, sc.now)
	actionFacts(s, sc, x, lost)
	actionTouched(s, sc, x)
	actionSteps(s, x, lost)
	actionNext(s, x, lost, sc.acts)
	p.log.tell(s, "what was recorded", "the journal", "The journal holds no record of it.",
		func(string) themes.Role { return themes.Text })
	p.links = s.links
	return s.out
}

// actionFacts are how an action stands, and what people did about it.
func actionFacts(s *story, sc *scene, x *record.Action, lost bool) {
	glyph, role := actionGlyph(x, lost)
	s.prose(themes.Title, x.Says)
	s.factIn(role, "it is", glyph+" "+stateWord(x, lost))
	s.factIn(themes.Warn, "why", x.Why)
	s.fact("on", record.EnvironmentName(sc.snap.Environment, sc.snap.Rehearsal))
	s.fact("proposed", moment(sc, x.At)+" by "+x.By)
	for _, b := range x.Approvals {
		says := b.By + ", " + moment(sc, b.At)
		if b.Says != "" {
			says += ", ticket " + b.Says
		}
		s.fact("approved", says)
	}
	for _, o := range x.Overrides {
		s.factIn(themes.Warn, "overridden", o)
	}
	if of := batchOf(sc.snap, x); of != "" {
		id := x.Programme
		s.leads(len(s.out), "programme "+id, func() page { return &programmePage{id: id} })
		s.fact("it is", of)
	}
	s.fact("runner", x.Runner)
	if x.Stop != nil {
		s.factIn(themes.Warn, "stop", strings.TrimSuffix("asked for by "+x.Stop.By+": "+x.Stop.Says, ": "))
	}
	if x.Acked != nil {
		s.fact("let be", "by "+x.Acked.By+": "+x.Acked.Says)
	}
	if x.Emergency {
		s.factIn(themes.Warn, "emergency", reviewOf(sc, x))
	}
	s.factIn(themes.Warn, "it wants", x.Asks)
	for _, w := range x.Attested {
		s.fact("attested", fmt.Sprintf("step %d, by %s, %s: %s", w.Step, w.By, moment(sc, w.At), w.Says))
	}
	if x.Back != nil {
		s.factIn(themes.Warn, "goes back", x.Back.By+": "+x.Back.Says)
	}
}

// actionTouched is what an action is about, and what it left there.
func actionTouched(s *story, sc *scene, x *record.Action) {
	if v, _, ok := touchedCell(sc.snap, x, func(*board.Standing) bool { return true }); ok {
		s.leadsToCell(v.Cell)
	}
	s.fact("touches", x.Touches.String())
	if j := jobOf(sc.snap, x); j != nil {
		s.leadsToJob(j.Key)
		s.factIn(themes.Text, "follows", fmt.Sprintf("job %d on %s: %s", j.ID, j.Key.Cluster, draw.PiecesText(jobEnd(sc, j, s.w-labelWidth-20))))
		if j.Outcome == model.Running && !j.Progress.At.IsZero() && j.Progress.Percent >= 0 {
			s.bar("", j.Progress.Percent, 100, "  "+jobLeft(j))
		}
	}
	restoredFacts(s, x)
	if l := x.Loss(); l != nil {
		s.head("what was lost")
		for _, line := range l.Lines() {
			s.prose(themes.Text, line)
		}
	}
	if x.State == record.ActionDone && len(x.Config) > 0 {
		s.head("what the configuration must say now")
		for _, line := range x.Config {
			s.prose(themes.Warn, line)
		}
	}
}

// actionSteps are its steps, each with what it sends.
func actionSteps(s *story, x *record.Action, lost bool) {
	glyph, role := actionGlyph(x, lost)
	s.head("steps")
	s.bar("done", x.Done, len(x.Steps), fmt.Sprintf("  %d of %d", x.Done, len(x.Steps)))
	for i, name := range x.Steps {
		mark, r := "○", themes.Muted
		switch {
		case i < x.Done:
			mark, r = "✓", themes.Good
		case i == x.Done && (x.State == record.ActionRunning || x.Begun()):
			mark, r = glyph, role
		}
		s.add(draw.As(r, mark+" "), draw.As(themes.Text, draw.Count(i+1)+"  "+name))
		if i == x.Done && i < len(x.Waits) && x.State == record.ActionRunning && !lost && x.Waits[i] != "" {
			s.proseBelow(themes.Title, "waits until "+x.Waits[i])
		}
		if i < len(x.Sends) && x.Sends[i] != "" {
			s.proseBelow(themes.Muted, "sends: "+x.Sends[i])
		}
	}
}

// actionNext is what may be done about it now.
func actionNext(s *story, x *record.Action, lost, acts bool) {
	next := nextFor(x, lost)
	if x.Owes() {
		next = append(next, [2]string{":review " + strconv.FormatInt(x.Seq, 10), "say what you have seen of this emergency afterwards"})
	}
	if x.Verb == "restore" && (x.State == record.ActionFailed || x.State == record.ActionUnknown) {
		next = append(next, [2]string{"r", "the points of its chain, with the next best one selected"})
	}
	if attestable(x) == "" {
		next = append([][2]string{{":attest " + strconv.FormatInt(x.Seq, 10), "say that what it waits for is so, or that you did it"}}, next...)
	}
	if len(next) > 0 {
		head := "what can be done"
		if !acts {
			head += " in a cockpit"
		}
		s.head(head)
		for _, l := range next {
			s.row(l[0], l[1])
		}
	}
}

func stateWord(x *record.Action, lost bool) string {
	says := x.String()
	switch {
	case x.Acked != nil:
		says += ", acknowledged"
	case lost:
		says += ", and its runner is gone"
	case x.State != record.ActionRunning && x.Unfinished():
		says += ", UNFINISHED: it blocks others on what it touches"
	}
	return says
}

// reviewOf says who has looked at an emergency afterwards.
func reviewOf(sc *scene, x *record.Action) string {
	switch {
	case x.Review != nil:
		return fmt.Sprintf("reviewed by %s, %s: %s", x.Review.By, moment(sc, x.Review.At), x.Review.Says)
	case x.Owes():
		return "its review is owed"
	}
	return "its review will be owed when it has begun"
}

// nextFor are the commands that fit an action's state.
func nextFor(x *record.Action, lost bool) [][2]string {
	n := strconv.FormatInt(x.Seq, 10)
	switch {
	case x.State == record.ActionDone && x.Verb == "shift":
		return [][2]string{{"u", "go back: the same cells one notch back"}}
	case x.Acked != nil || x.State == record.ActionDone:
		return nil
	case x.State == record.ActionWaits:
		return [][2]string{{":approve " + n, "one more person approves it"}, {":stop " + n, "withdraw it"}}
	case x.State == record.ActionRunning && !lost:
		return [][2]string{{"A  or :stop " + n, "stop it before its next step"}}
	case x.State == record.ActionApproved:
		return [][2]string{{":resume " + n, "carry it out, when no runner has begun"}, {":stop " + n, "withdraw it"}}
	case x.Unfinished():
		return [][2]string{{":resume " + n, "look what was done, and go on from there"}, {":acknowledge " + n, "let it be, with a reason"}}
	}
	return nil
}

func (p *actionPage) answer() *answer { return &p.log }

func (p *actionPage) state(s *board.Snapshot) any {
	if x := p.find(s); x != nil {
		return x.Last
	}
	return nil
}

func (p *actionPage) read(ctx context.Context, of Asker) (told, error) {
	lines, err := of.ActionStory(ctx, p.id)
	return told{lines: lines}, err
}

// actionsPage lists what was done, the newest first.
type actionsPage struct {
	general
	ways
}

func (*actionsPage) title(*scene) []draw.Piece { return []draw.Piece{draw.As(themes.Title, "ACTIONS")} }

func (p *actionsPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	switch {
	case sc.snap.State == nil:
		s.prose(themes.Warn, "The journal was not read yet; :sources tells why.")
		return s.out
	case len(sc.snap.State.Actions) == 0:
		s.prose(themes.Muted, "Nothing was done yet.")
		return s.out
	}
	for _, x := range slices.Backward(sc.snap.State.Actions) {
		lost := sc.snap.Orphaned(x, sc.now)
		glyph, role := actionGlyph(x, lost)
		s.leadsToAction(x.ID)
		s.add(draw.As(role, glyph+" "),
			draw.As(themes.Text, fmt.Sprintf("%4d  %s  %-10s ", x.Seq, x.At.UTC().Format("2 Jan 15:04"), x.By)),
			draw.As(themes.Text, x.Says))
		s.add(draw.As(themes.Muted, strings.Repeat(" ", 8)), draw.As(role, stateWord(x, lost)))
	}
	s.gap()
	s.prose(themes.Muted, "enter opens one, :action NUMBER too")
	p.links = s.links
	return s.out
}

// refusedPage says why nothing came of what a person approved.
type refusedPage struct {
	general
	says, why string
	at        time.Time
}

func (p *refusedPage) which() any { return p.says }

func (p *refusedPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Fail, "IT DID NOT GO THROUGH")}
}

func (p *refusedPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	s.prose(themes.Title, p.says)
	s.gap()
	s.prose(themes.Fail, "✗ "+p.why)
	s.gap()
	s.fact("at", moment(sc, p.at))
	s.prose(themes.Muted, "What was recorded is in :actions. What stands there was done; what does not was not begun.")
	return s.out
}

// viewAction opens the action of the strip.
func (a *App) viewAction(arg string) *actionPage {
	if x := a.action(arg); x != nil {
		return &actionPage{id: x.ID}
	}
	return nil
}
