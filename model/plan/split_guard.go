package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
)

// splitGates are the guards of every rung, which are gates: what they look at is judged in one place.
var splitGates = []string{"split-routes", "split-owes-nothing", "split-takeover", "split-home-restored"}

// gatesOf are the gates that these guards are.
var gatesOf = map[string]struct{ gate, says string }{
	"split-routes":        {"no-blue", "no route names blue"},
	"split-owes-nothing":  {"blue-owes-nothing", "blue owes no restore"},
	"split-takeover":      {"takeover-ready", "green's replica could take over now"},
	"split-home-restored": {"old-chain-restored", "the chain that blue's catalog lives on was restored by green alone"},
}

func init() {
	for id := range gatesOf {
		guards[id] = guard{
			judge: func(w World, p *Plan, _ Past) model.Check { return w.byGate(id) },
			needs: ofSplit, proof: id == "split-home-restored",
		}
	}
	for id, of := range map[string]func(World, *Plan) model.Check{
		"split-unused": World.splitUnused, "split-frozen": World.splitFrozen, "split-places": World.splitPlaces,
		"split-archived": World.splitArchived,
	} {
		guards[id] = guard{judge: func(w World, p *Plan, _ Past) model.Check { return of(w, p) }}
	}
}

// ofSplit are both catalogs and the pair: blue's Directors are stopped on the way.
func ofSplit(model.Cluster) Needs {
	n := ofPair(model.Green)
	n.Must = append(n.Must, model.CatalogOf(model.Blue))
	n.May = append(n.May, model.DirectorOf(model.Blue, ""))
	return n
}

// report is every gate in this world; nil where none can be judged.
func (w World) report() *gate.Report {
	l := w.Routing.Leaving
	switch {
	case l == nil || l.Gates == nil || w.Names == nil:
		return nil
	case w.memo != nil && w.memo.gates != nil:
		return w.memo.gates
	}
	s := *w.Snapshot
	s.State = w.State
	if s.Source(model.Journal) == nil && w.unread() == "" { // whoever acts reads it by itself
		s.Seen = append(slices.Clone(s.Seen), board.Sighting{Source: model.Journal, At: w.Now, Tried: w.Now})
	}
	r := l.Gates(&s, w.Names.Inventory())
	if w.memo != nil {
		w.memo.gates = r
	}
	return r
}

// byGate is what the gate says; that one which people may waive blocks here.
func (w World) byGate(id string) model.Check {
	of := gatesOf[id]
	c := model.Check{Says: of.says, Bar: model.Block, Value: "its gate cannot be judged"}
	r := w.report()
	if r == nil {
		return c
	}
	g := r.Find(of.gate)
	switch {
	case g == nil:
		return c
	case g.Absent != "":
		c.Verdict, c.At, c.Value = model.Holds, w.Now, g.Absent
		return c
	}
	c.Verdict, c.At, c.Value, c.Limit = g.Verdict, g.At, g.Value, g.Limit
	if id == "split-routes" && g.Verdict == model.Unknown {
		w.byDocument(&c)
	}
	if id == "split-owes-nothing" && g.Verdict == model.Unknown {
		w.byRename(&c)
	}
	return c
}

// byDocument judges by the routes that the journal holds: blue's Directors do not answer once they are stopped.
func (w World) byDocument(c *model.Check) {
	if w.unread() != "" || w.State.RoutesSeq == 0 || w.Names == nil {
		return
	}
	doc, err := RoutesOf(w.State)
	if err != nil {
		c.Value = model.Clean(err.Error())
		return
	}
	route, n := doc.Walk(), 0
	for _, cell := range w.Names.Inventory().Cells {
		if r := route(cell.Cell); r[model.Blue] != model.Fails {
			n++
		}
	}
	c.Verdict, c.At, c.Value = model.Holds, w.Now, "by the routes of record "+fmt.Sprint(w.State.RoutesSeq)
	if n > 0 {
		c.Verdict, c.Value = model.Fails, fmt.Sprintf("%s, blue takes %s", c.Value, model.Plural(n, "cell"))
	}
}

// splitUnused wants looks at every server of the schema that saw nobody, over the policy's span; half of it is the least.
func (w World) splitUnused(*Plan) model.Check {
	c := model.Check{Says: "nobody has used the schema for long enough, on every server that holds it", Bar: model.Block,
		Limit: ">= " + model.Span(w.Policy.UnusedFor)}
	l := w.Routing.Leaving
	if c.Value = w.unread(); c.Value != "" || l == nil {
		return c
	}
	q, looked := w.State.QuietOf(l.Schema)
	missing := slices.DeleteFunc(slices.Clone(l.Looked), func(h string) bool { return slices.Contains(q.Servers, h) })
	span := q.At.Sub(q.Since)
	c.At, c.Value = q.At, fmt.Sprintf("by nobody for %s", model.Age(span))
	switch {
	case !looked:
		c.Value = "nobody has looked: switchyard split observe, on a timer"
	case len(missing) > 0:
		c.Value = "nobody has looked on " + model.Few(missing, 3)
	case q.Why != "":
		c.Verdict, c.Value = model.Fails, q.Why
	case w.Now.Sub(q.At) > record.UnusedLook || q.At.After(w.Now.Add(model.ClockSlack)):
		c.Value += ", and nobody has looked since " + q.At.UTC().Format("2 Jan 15:04")
	case span < w.Policy.UnusedFor/2:
		c.Verdict = model.Fails
	case span < w.Policy.UnusedFor:
		c.Verdict, c.Bar = model.Fails, model.Override
	default:
		c.Verdict, c.Bar = model.Holds, model.Override
	}
	return c
}

// splitFrozen is bound to the action that froze it.
func (w World) splitFrozen(p *Plan) model.Check {
	c := model.Check{Says: "the schema is frozen", Bar: model.Block}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	a := w.State.Rung(string(RungFreeze), p.ID)
	if s := p.Ask.Split; s != nil && s.Undo { // a freeze or an undoing that did not come to its end is undone, too
		a, _ = w.State.Taken(p.ID)
	}
	if a == nil {
		c.Verdict, c.At, c.Value = model.Fails, w.Now, "no split freeze was done, or it was undone"
		return c
	}
	c.Verdict, c.At, c.Fact, c.Value = model.Holds, a.Ended, a.ID, fmt.Sprintf("action %d by %s", a.Seq, a.By)
	if c.At.IsZero() {
		c.At = w.Now
	}
	return c
}

// splitPlaces refuses an archive that dies with what it is of.
func (w World) splitPlaces(*Plan) model.Check {
	c := model.Check{Says: "the archive lies in two places, neither of which is the server that it is of", Bar: model.Block}
	l := w.Routing.Leaving
	if l == nil || len(l.Places) != 2 {
		c.Value = "act.split.archive names no two places"
		return c
	}
	c.At, c.Verdict, c.Value = w.Now, model.Holds, fmt.Sprintf(
		"%s on %s, %s on %s",
		l.Places[0].Dir,
		l.Places[0].On,
		l.Places[1].Dir,
		l.Places[1].On,
	)
	for _, p := range l.Places {
		if w.backedUp(p.On) {
			c.Verdict, c.Value = model.Fails, p.On+" is a client that is backed up: what is restored there would need it"
		}
	}
	c.Value = model.Clean(c.Value)
	return c
}

func (w World) backedUp(host string) bool {
	return w.Names != nil && slices.ContainsFunc(w.Names.Inventory().Cells, func(p model.Placement) bool { return p.Client == host })
}

// splitArchived is bound to the archive that was made since it was frozen.
func (w World) splitArchived(p *Plan) model.Check {
	c := model.Check{Says: "it was archived since it was frozen, not too long ago", Bar: model.Block,
		Limit: "not older than " + model.Span(w.Policy.EvidenceLife)}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	a, frozen := w.State.Rung(string(RungArchive), p.ID), w.State.Rung(string(RungFreeze), p.ID)
	switch {
	case a == nil || frozen == nil || !a.Follows(frozen) || len(a.Files()) != 2:
		c.Verdict, c.At, c.Value = model.Fails, w.Now, "no split archive was done since"
	default:
		c.Verdict, c.At, c.Fact = model.Holds, a.Ended, a.ID
		c.Value = fmt.Sprintf("action %d by %s, SHA-256 %.12s", a.Seq, a.By, a.Files()[0].SHA256)
		if age := w.Now.Sub(a.Ended); age > w.Policy.EvidenceLife || age < -model.ClockSlack {
			c.Verdict, c.Value = model.Fails, c.Value+", on "+a.Ended.UTC().Format(time.DateOnly)
		}
	}
	return c
}

// wayToSplit is past what holds up a rung.
func (w World) wayToSplit(id string) string {
	if of, is := gatesOf[id]; is {
		if r := w.report(); r != nil {
			if g := r.Find(of.gate); g != nil {
				return cmp.Or(g.Do, g.Wait, "see gate "+of.gate+": switchyard gates")
			}
		}
		return "see gate " + of.gate + ": switchyard gates"
	}
	return map[string]string{
		"split-unused":   "let switchyard split observe run on a timer; what it names is found, and stopped or accounted for in act.split.known",
		"split-frozen":   "switchyard split freeze",
		"split-places":   "write other places under act.split.archive.to: one of them where nothing can be changed",
		"split-archived": "switchyard split archive",
		"split-verified": "switchyard split archive, then switchyard split verify",
		"split-silent":   "switchyard split observe, on a timer; what it names is found, and stopped or accounted for in act.split.known",
		"split-locked":   "switchyard split lock, and let switchyard split observe run on a timer; who tries is found",
		"split-renamed":  "switchyard split rename, and wait",
		"split-topmost":  "undo that first; a drop is undone by nothing",
	}[id]
}
