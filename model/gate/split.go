package gate

import (
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// unused is proven by looks at the schema's servers, which cover the time between them; where there are none, a person vouches. The newest
// of both counts.
func (f *facts) unused() {
	g := f.manual(Split, "no-consumers", "nobody reads the old schema any more", f.Policy.EvidenceLife)
	g.Do = "switchyard split observe on a timer counts for how long; or: switchyard gates attest no-consumers --word TEXT"
	if f.state == nil {
		return
	}
	q, looked := f.state.QuietOf("")
	if w := f.words[g.ID]; !looked || w != nil && w.At.After(q.At) {
		return
	}
	g.Manual, g.Source, g.Limit = false, "looks at the old schema's servers", ">= "+model.Span(f.Policy.UnusedFor)
	g.Wait, g.When = "", time.Time{}
	value := fmt.Sprintf("by nobody for %s, on %s", model.Age(q.At.Sub(q.Since)), plural(len(q.Servers), "server"))
	switch {
	case q.Why != "":
		g.judge(false, q.At, q.Why)
		g.Wait = "not while somebody does"
	case f.now.Sub(q.At) > record.UnusedLook, q.At.After(f.now.Add(model.ClockSlack)):
		g.unknown(value + ", and nobody has looked since " + q.At.UTC().Format("2 Jan 15:04"))
	default:
		g.judge(q.At.Sub(q.Since) >= f.Policy.UnusedFor, q.At, value)
		if g.Verdict == model.Fails {
			g.When, g.Wait = q.Since.Add(f.Policy.UnusedFor), "if it goes on so"
		}
	}
}

// archived is proven by the action that restored the archive and compared it; where there is none, a person vouches. The newest of both
// counts.
func (f *facts) archived() {
	g := f.manual(Split, "schema-archived", "the old schema is archived, and the archive was restored once", 0)
	g.Do = "switchyard split archive, then split verify; or: switchyard gates attest schema-archived --word TEXT"
	if f.state == nil {
		return
	}
	a := f.state.Rung("verify", "")
	if a == nil || a.Tables() == nil {
		return
	}
	if w := f.words[g.ID]; w != nil && w.At.After(a.Ended) {
		return
	}
	g.Manual, g.Source, g.Wait = false, "the journal's actions", ""
	value := fmt.Sprintf("action %d by %s on %s: %s", a.Seq, a.By, a.Ended.UTC().Format("2 Jan 2006"), a.Tables())
	frozen := f.state.Rung("freeze", "")
	if frozen == nil || frozen.Ended.After(a.Began) {
		g.judge(false, a.Ended, value+"; it could be written to since")
		return
	}
	g.judge(true, a.Ended, value)
}

// dropped is proven by the action that dropped it; where there is none, a person vouches.
func (f *facts) dropped() {
	g := f.manual(Split, "schema-dropped", "the old schema is dropped", 0)
	g.Do = "switchyard split lock, rename and drop; or: switchyard gates attest schema-dropped --word TEXT"
	if f.state == nil {
		return
	}
	if a := f.state.Rung("drop", ""); a != nil {
		g.Manual, g.Source, g.Wait = false, "the journal's actions", ""
		g.judge(true, a.Ended, fmt.Sprintf("action %d by %s on %s", a.Seq, a.By, a.Ended.UTC().Format("2 Jan 2006")))
	}
}
