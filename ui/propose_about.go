package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// askAbout opens a dialog on an action that is there already.
func (a *App) askAbout(
	x *record.Action,
	verb DeedVerb,
	word string,
	ask field,
	lines func(s *story, now *record.Action),
	still func(*record.Action) string,
) {
	id := x.ID
	find := func(s *board.Snapshot) *record.Action {
		if s.State == nil {
			return nil
		}
		return s.State.Action(id)
	}
	phrase := fmt.Sprintf("%s %d", word, x.Seq)
	a.ask(&dialog{
		heading: []draw.Piece{
			draw.As(themes.Title, fmt.Sprintf("%s action %d: ", word, x.Seq)),
			draw.As(themes.Text, x.Says),
		},
		right:  "by " + x.By,
		phrase: phrase,
		asks:   []field{ask},
		body: func(sc *scene, w int) [][]draw.Piece {
			s := &story{w: w}
			if now := find(sc.snap); now != nil {
				s.prose(themes.Title, "on "+record.EnvironmentName(sc.snap.Environment, sc.snap.Rehearsal))
				s.gap()
				s.fact("it is", fmt.Sprintf("%s, %d of %d steps done", now, now.Done, len(now.Steps)))
				s.fact("touches", now.Touches.String())
				s.gap()
				lines(s, now)
			}
			return s.out
		},
		holds: func(s *board.Snapshot) string {
			if now := find(s); now != nil {
				return still(now)
			}
			return "the journal does not tell of it"
		},
		approve: func(a *App, d *dialog) tea.Cmd {
			return a.pull(phrase, Deed{Verb: verb, Action: id, Reason: model.Clean(d.asks[0].line.text())})
		},
	})
}

// stoppable says why an action cannot be told to stop.
func stoppable(x *record.Action) string {
	switch {
	case x.State > record.ActionRunning || x.Acked != nil:
		return fmt.Sprintf("action %d is %s: there is nothing to stop", x.Seq, x)
	case x.Stop != nil:
		return fmt.Sprintf("action %d was told to stop already, by %s", x.Seq, x.Stop.By)
	}
	return ""
}

func (a *App) proposeStop(x *record.Action) {
	if why := stoppable(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(x, DeedStop, "stop", field{says: "Why (recorded; may be left out)"}, func(s *story, now *record.Action) {
		if now.State != record.ActionRunning {
			s.prose(themes.Text, "Nothing of it has begun: it is refused at once, and will not be carried out.")
			return
		}
		stops := fmt.Sprintf("step %d of %d, %s: a call that changes something is seen to its end, looking and waiting end at once",
			now.Step(), len(now.Steps), now.Steps[now.Step()-1])
		for i := now.Step(); i < len(now.Steps); i++ {
			stops += fmt.Sprintf("; step %d, %s, does not begin", i+1, now.Steps[i])
		}
		s.fact("stops", stops)
		s.fact("runs on", a.runsOn(now))
		s.prose(themes.Text, "What was done stays done, and the action stays unfinished until somebody resumes or acknowledges it.")
	}, stoppable)
}

// runsOn says what an action has set going that does not stop with it.
func (a *App) runsOn(x *record.Action) string {
	j := jobOf(a.snap, x)
	switch {
	case j != nil:
		says := fmt.Sprintf("job %d on %s: %s", j.ID, strings.ToUpper(j.Key.Cluster.String()), j.Status)
		if left := jobLeft(j); left != "" {
			says += ", " + left
		}
		return says + ". Stopping the action does not cancel it; c does."
	case x.Done > 0:
		return "Every job that it has started. Stopping the action cancels none; c does."
	}
	return "What its first step has set going, if it has: stopping cancels no job; c does."
}

// resumable tells whether somebody may go on with an action: it ended half way, was never begun by a runner, or its runner is gone.
func resumable(a *App, x *record.Action) bool {
	return x.Resumable() && (x.State != record.ActionRunning || a.snap.Orphaned(x, a.opt.Now()))
}

func (a *App) proposeResume(x *record.Action) {
	still := func(now *record.Action) string {
		switch {
		case resumable(a, now):
			return ""
		case now.State == record.ActionRunning:
			return fmt.Sprintf("action %d is being carried out by %s", now.Seq, now.Runner)
		}
		return fmt.Sprintf("action %d is %s: there is nothing to go on with", now.Seq, now)
	}
	if why := still(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(
		x,
		DeedResume,
		"resume",
		field{says: "Why (needed where only an expired claim tells that its runner is gone)"},
		func(s *story, now *record.Action) {
			s.prose(
				themes.Text,
				fmt.Sprintf(
					"A new runner looks whether step %d (%s) was done, asks its guards again, and goes on from there. Finished steps never run again.",
					now.Step(),
					now.Steps[now.Step()-1],
				),
			)
			s.factIn(themes.Warn, "it ended", now.Why)
		},
		still,
	)
}

// ackable says why an action cannot be acknowledged.
func (a *App) ackable(x *record.Action) string {
	switch {
	case !x.Unfinished():
		return fmt.Sprintf("action %d is %s: there is nothing to acknowledge", x.Seq, x)
	case x.State == record.ActionRunning && !a.snap.Orphaned(x, a.opt.Now()):
		return fmt.Sprintf("action %d is being carried out by %s: stop it first", x.Seq, x.Runner)
	}
	return ""
}

func (a *App) proposeAcknowledge(x *record.Action) {
	if why := a.ackable(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(
		x,
		DeedAcknowledge,
		"acknowledge",
		field{says: "Why it may be let be (recorded)", must: true},
		func(s *story, now *record.Action) {
			s.prose(themes.Text, "You take responsibility for what it left behind. It blocks nothing any more and never runs again.")
			s.factIn(themes.Warn, "it ended", now.Why)
		},
		a.ackable,
	)
}

// attestable says why an action waits for nobody's word.
func attestable(x *record.Action) string {
	if !x.Word || !x.Resumable() {
		return fmt.Sprintf("action %d is %s: it waits for nobody's word", x.Seq, x)
	}
	return ""
}

// reviewable says why this person's review of an action does not count.
func (a *App) reviewable(x *record.Action) string {
	if why := x.MayReview(a.lever.By); why != "" {
		return fmt.Sprintf("action %d: %s", x.Seq, why)
	}
	return ""
}

func (a *App) proposeReview(x *record.Action) {
	if why := a.reviewable(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(
		x,
		DeedReview,
		"review",
		field{says: "What you have seen (recorded with your name)", must: true},
		func(s *story, now *record.Action) {
			s.prose(
				themes.Text,
				fmt.Sprintf("It was an emergency: %d approved it, %d would have otherwise. You have looked at what it did, and say so.",
					len(now.Approvals), now.Ordinary),
			)
			s.factIn(themes.Warn, "it ended", now.Why)
		},
		a.reviewable,
	)
}

// proposeAttest asks for a person's word. Whose word counts only its plan says: the process that acts refuses another's.
func (a *App) proposeAttest(x *record.Action) {
	if why := attestable(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(x, DeedAttest, "attest", field{says: "What you say (recorded with your name)", must: true}, func(s *story, now *record.Action) {
		s.prose(themes.Text, fmt.Sprintf("Step %d of %d waits for it: %s", now.Step(), len(now.Steps), now.Steps[now.Step()-1]))
		s.prose(themes.Title, now.Asks)
		s.prose(themes.Text, "It is taken as done on your word alone.")
	}, attestable)
}
