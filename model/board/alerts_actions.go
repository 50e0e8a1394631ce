package board

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Orphaned tells whether an action runs by the journal's word and its runner is gone: by a free lock, or by a claim that has expired.
func (s *Snapshot) Orphaned(a *record.Action, now time.Time) bool { return orphaned(a, s.Orphans, now) }

func orphaned(a *record.Action, orphans []string, now time.Time) bool {
	return a.State == record.ActionRunning && a.Acked == nil && (slices.Contains(orphans, a.ID) || !a.Until.IsZero() && now.After(a.Until))
}

// actionAlerts are the actions that need a person: one that ended half way blocks others, one whose runner is gone stands still, and
// one that waits for approval expires.
func (b *Board) actionAlerts(now time.Time) []Alert {
	if b.state == nil {
		return nil
	}
	var out []Alert
	for _, a := range slices.Backward(b.state.Actions) {
		al := Alert{ID: "action:" + a.ID, Severity: model.Fail, rank: rankAction, Action: a.ID, Since: a.LastAt}
		name := fmt.Sprintf("action %d by %s", a.Seq, a.By) // what is wrong comes first: a line is short
		switch {
		case orphaned(a, b.orphans, now):
			al.Says = fmt.Sprintf("%s stands still at step %d of %d, its runner is gone: %s", name, a.Step(), len(a.Steps), a.Says)
			al.Brief = fmt.Sprintf("action %d stands, its runner is gone; %s", a.Seq, a.Says)
			al.Do = fmt.Sprintf(":resume %d goes on with it", a.Seq)
			if slices.ContainsFunc(b.state.Origins, func(o record.Origin) bool { return !o.Closed }) { // it may run beside that journal
				al.Do = fmt.Sprintf("see its break-glass journal, which is merged by half: its runner may record there; if not, :resume %d", a.Seq)
			}
		case a.State > record.ActionRunning && a.Unfinished():
			al.Says = fmt.Sprintf("%s is %s at step %d of %d, and unfinished: %s; %s", name, a.State, a.Step(), len(a.Steps), a.Why, a.Says)
			al.Brief = fmt.Sprintf("action %d is %s, unfinished; %s", a.Seq, a.State, a.Why)
			al.Do = fmt.Sprintf(":resume %d, or :acknowledge %d: until then it blocks others on the same", a.Seq, a.Seq)
		case a.State == record.ActionWaits && len(a.Approvals) > 0 && now.Before(a.Expires):
			al.Severity, al.rank, al.Since = model.Warn, rankWaits, a.At
			al.Says = fmt.Sprintf("%s waits for one more approval, until %s: %s", name, a.Expires.UTC().Format("15:04:05"), a.Says)
			al.Brief = fmt.Sprintf("action %d waits for one more approval; %s", a.Seq, a.Says)
			al.Do = fmt.Sprintf(":approve %d shows its plan", a.Seq)
		case a.Wants():
			al.Severity, al.rank, al.Since = model.Warn, rankWaits, a.Since
			al.Says = fmt.Sprintf("%s waits for somebody at step %d of %d: %s", name, a.Step(), len(a.Steps), a.Asks)
			al.Brief = fmt.Sprintf("action %d waits for you: %s", a.Seq, a.Asks)
			al.Do = "do it; it is seen when it is done"
			if a.Word {
				al.Do = fmt.Sprintf(":attest %d when it is so", a.Seq)
			}
		case a.Owes() && a.State != record.ActionRunning:
			al.ID, al.Severity, al.rank = "review:"+a.ID, model.Warn, rankWaits
			al.Says = fmt.Sprintf("%s was an emergency that %s approved, and its review is owed: %s", name, people(len(a.Approvals)), a.Says)
			al.Brief = fmt.Sprintf("action %d's review is owed; %s", a.Seq, a.Says)
			al.Do = fmt.Sprintf("look at it, then :review %d", a.Seq)
		default:
			continue
		}
		out = append(out, al)
	}
	return out
}

func people(n int) string {
	if n == 1 {
		return "one person"
	}
	return fmt.Sprintf("%d people", n)
}
