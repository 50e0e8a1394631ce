package gate

import (
	"fmt"
	"time"

	"switchyard/model"
)

// split are the gates of phase 5.
func (f *facts) split() {
	t, v := &f.tally, f.view(model.Blue)
	g := f.add(Split, "blue-idle", "nothing runs on blue", model.Override)
	g.Do, g.Key = "wait until they have ended, or cancel them: 1, then c on each", "1"
	g.Wait = "when they have ended"
	if at, ok := f.told(g, model.CatalogOf(model.Blue)); ok {
		g.judge(len(v.Open) == 0 && v.OpenMore == 0, at, plural(len(v.Open)+v.OpenMore, "open job"))
	}

	g = f.add(Split, "blue-owes-nothing", "blue has no backup that is still kept", model.Override)
	g.Do = "wait until the last has expired; switchyard points --obligations lists them"
	if at, ok := f.told(g, model.CatalogOf(model.Blue)); ok {
		switch {
		case t.owedUntold > 0:
			g.unknown("blue's catalog was not read for " + plural(t.owedUntold, "cell"))
		case t.owed > 0:
			g.judge(false, at, "it owes restores of "+plural(t.owed, "cell"))
			g.When, g.Wait = t.owedUntil, "when the newest of them has expired"
			if t.onBlue > 0 {
				g.When, g.Wait = time.Time{}, "not while blue takes cells"
			}
		case t.owedLong > 0:
			g.unknown(fmt.Sprintf("%s kept for longer than the window of %s that was read", plural(t.owedLong, "cell"), model.Span(f.Policy.Window)))
		default:
			g.judge(t.cells > 0, at, "nothing")
		}
	}
	f.loop(Split, "no-loop", "nothing needs itself to be restored", model.Node{})
	f.oldChain()
	f.unused()
	f.archived()
	f.dropped()
}

// size are the gates of phase 6.
func (f *facts) size() {
	t := &f.tally
	g := f.add(Size, "full-load", "green alone has carried everything for long enough", model.Override)
	g.Do = "wait: what it takes is seen day by day, and a cell that goes back to blue begins it anew"
	g.Limit, g.Manual = ">= "+model.Span(f.Policy.FullLoad), t.blueLast.IsZero() // the window that is read is shorter
	at, ok := f.told(g, append(f.both(), model.CatalogOf(model.Blue))...)
	switch {
	case !ok:
	case t.untold > 0:
		g.unknown("the routes of " + plural(t.untold, "cell") + " are not known")
	case t.gaps > 0:
		g.judge(false, at, "nobody takes "+plural(t.gaps, "cell"))
		g.Wait, g.Do, g.Key = "not by waiting: a gap is carried by nobody", "let both clusters have them: s, or switchyard shift --to both", "s"
	case t.onBlue > 0:
		g.judge(false, at, "blue takes "+plural(t.onBlue, "cell"))
		g.Wait, g.Do, g.Key = f.pace(), "let green alone have them: s, or switchyard shift", "s"
	case t.blueLast.IsZero():
		f.fullLoad(g, at)
	default:
		g.judge(f.now.Sub(t.blueLast) >= f.Policy.FullLoad, at, "for "+model.Age(f.now.Sub(t.blueLast)))
		g.When, g.Wait = t.blueLast.Add(f.Policy.FullLoad), "if it goes on so"
	}
	f.manual(Size, "headroom", "the instances have headroom for a herd of jobs, by 14 days after they were resized", 0)
	f.manual(Size, "review", "the next review of their size has a date", f.Policy.ReviewEvery)
}

// fullLoad asks the series, as the last backup of blue's is older than what was read.
func (f *facts) fullLoad(g *Gate, at time.Time) {
	g.Do = observing + "; or: switchyard gates attest full-load --word TEXT"
	since, other := f.alone()
	w := f.words[g.ID]
	switch {
	case !since.IsZero() && !f.now.Before(since.Add(f.Policy.FullLoad)):
		g.judge(true, at, "seen for "+model.Age(f.now.Sub(since)))
		return
	case w != nil && !(other && (since.IsZero() || since.After(w.At))): // what was seen since takes a word back
		g.Source = "a person's word"
		f.vouched(g, 0)
		return
	case since.IsZero() && other:
		g.judge(false, at, "green alone did not take every cell within the hour")
		return
	case since.IsZero():
		g.unknown("for longer than the " + model.Span(f.Policy.Window) + " that were read, and observe has recorded nothing of it")
		return
	}
	g.When, g.Wait = since.Add(f.Policy.FullLoad), "if observe goes on"
	before := "nobody looked before"
	if other {
		before = "before it green alone did not take every cell"
	}
	g.unknown("seen for " + model.Age(f.now.Sub(since)) + ", and " + before)
}
