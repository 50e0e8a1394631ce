package gate

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// verbs of the actions that try what a gate asks for.
const (
	restoreVerb = "restore"
	recoverVerb = "recover"
)

// drills are the gates of phase 4 that want something to have been tried.
func (f *facts) drills() {
	f.drill(Regional, "failover-drill", "a failover to the other AWS region was tried, in time", f.Policy.DrillTime, "f",
		func(a *record.Action) bool {
			return a.Verb == board.FailoverVerb && (a.Which == "switchover" || a.Which == "emergency")
		})
	f.drill(Regional, "recover-drill", "a recovery without on-premises was tried, in time", f.Policy.DrillTime, "",
		func(a *record.Action) bool { return a.Verb == recoverVerb })
	f.drill(Regional, "restore-drill", "a restore from green was tried, in time", f.Policy.DrillTime, "r",
		func(a *record.Action) bool {
			of, _ := a.Restoring()
			return a.Verb == restoreVerb && (of == nil || of.Cluster == model.Green)
		})
	for _, a := range f.areas {
		if g := &f.gates[len(f.gates)-1]; len(g.Cells) == 0 {
			g.Cells = a.good
		}
	}
}

// drill is a gate that holds by what the journal says was done, and how long that took. Where it has no such action that came to an end, a
// person vouches; the newest of both counts. An action that was refused before its first step says nothing.
func (f *facts) drill(p Phase, id, says string, most time.Duration, key string, is func(*record.Action) bool) *Gate {
	g := f.manual(p, id, says, 0)
	g.Limit, g.Source, g.Key = "<= "+model.Span(most), "the journal's actions, or a person's word", key
	verb := map[string]string{"az-drill": "f, or switchyard failover az", "failover-drill": "f, or switchyard failover switchover",
		"recover-drill": "switchyard recover --bundle FILE --identity FILE --drill", "restore-drill": "r, or switchyard restore"}[id]
	g.Do = fmt.Sprintf("try it: %s; what it takes is measured. Where it was tried without this program: "+
		"switchyard gates attest %s --word TEXT", verb, id)
	g.Wait = "when it was tried"
	if f.state == nil {
		return g
	}
	last := f.tried(is)
	if last == nil {
		return g
	}
	end := ended(last)
	if w := f.words[id]; w != nil && w.At.After(end) {
		return g
	}
	g.Manual = false
	took := end.Sub(last.Began)
	value := fmt.Sprintf("action %d by %s on %s", last.Seq, last.By, end.UTC().Format("2 Jan 2006"))
	switch {
	case last.State != record.ActionDone:
		g.judge(false, end, fmt.Sprintf("%s: %s, %s", value, last.State, model.Clean(last.Why)))
	case last.Began.IsZero() || took < 0:
		g.unknown(value + ": by the clocks of those who ran it nobody can tell how long it took")
	case end.After(f.now.Add(model.ClockSlack)):
		g.unknown(value + ", which is to come")
	default:
		value += ": took " + model.Age(took)
		if lost := lossOf(last); lost != "" {
			value += ", " + lost
		}
		g.judge(took <= most, end, value)
	}
	if g.Verdict == model.Fails {
		g.Wait = "when it was tried again"
	}
	return g
}

// tried is the newest action of a kind that was done, or began and came to a bad end.
func (f *facts) tried(is func(*record.Action) bool) (last *record.Action) {
	for _, a := range f.state.Actions {
		over := a.State == record.ActionDone || a.Begun() && (a.State == record.ActionFailed || a.State == record.ActionUnknown)
		if over && is(a) && (last == nil || ended(a).After(ended(last))) {
			last = a
		}
	}
	return last
}

func ended(a *record.Action) time.Time {
	if !a.Ended.IsZero() {
		return a.Ended
	}
	return a.LastAt
}

func lossOf(a *record.Action) string {
	i := slices.IndexFunc(a.Found, func(x record.Found) bool { return x.Loss != nil })
	if i < 0 {
		return ""
	}
	return a.Found[i].String()
}
