package plan

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

func init() {
	for id, of := range map[string]func(World, *Plan) model.Check{
		"split-verified": World.splitVerified, "split-silent": World.splitSilent, "split-locked": World.splitLocked,
		"split-renamed": World.splitRenamed, "split-topmost": World.splitTopmost,
	} {
		guards[id] = guard{judge: func(w World, p *Plan, _ Past) model.Check { return of(w, p) }}
	}
}

// splitVerified is bound to the restored archive that was compared since it was frozen. What may be dropped is what it names.
func (w World) splitVerified(p *Plan) model.Check {
	c := model.Check{Says: "its archive was restored and compared since it was frozen", Bar: model.Block}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	v, a, frozen := w.State.Rung(string(RungVerify), p.ID), w.State.Rung(string(RungArchive), p.ID), w.State.Rung(string(RungFreeze), p.ID)
	c.Verdict, c.At, c.Value = model.Fails, w.Now, "no split verify was done since"
	switch {
	case v == nil || a == nil || frozen == nil || !a.Follows(frozen) || !v.Follows(frozen):
	case !v.Follows(a):
		c.Value = fmt.Sprintf("action %d made another archive since it was compared", a.Seq)
	case v.Tables() == nil || len(a.Files()) != 2 || v.Tables().SHA256 != a.Files()[0].SHA256 || v.Tables().Of != w.leaving().Schema:
		c.Value = fmt.Sprintf("action %d compared another archive than action %d made", v.Seq, a.Seq)
	case !slices.Contains(w.leaving().Hosts, v.Tables().Host):
		c.Value = fmt.Sprintf("action %d compared it on %s, which is no server of blue's catalog any more", v.Seq, model.Clean(v.Tables().Host))
	default:
		c.Verdict, c.At, c.Fact, c.Value = model.Holds, v.Ended, v.ID, fmt.Sprintf("action %d by %s: %s", v.Seq, v.By, v.Tables())
	}
	return c
}

func (w World) leaving() *Leaving {
	if l := w.Routing.Leaving; l != nil {
		return l
	}
	return &Leaving{}
}

// splitSilent wants a look at every server, not long ago and since the rung before, which saw nobody use it, and who is refused to be
// counted.
func (w World) splitSilent(p *Plan) model.Check {
	c := model.Check{
		Says:  "nobody is seen to use the schema, or to try",
		Bar:   model.Block,
		Limit: "looks of each server, since the rung before",
	}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	since := time.Time{}
	for _, rung := range []Rung{RungLock, RungRename} {
		if a := w.State.Rung(string(rung), p.ID); a != nil && a.Ended.After(since) && !p.isSplit(rung) {
			since = a.Ended
		}
	}
	seen := map[string]bool{}
	for _, u := range w.State.UnusedOf(w.leaving().Schema) {
		host := u.Claim.Unused.Host
		if !slices.Contains(w.leaving().Looked, host) {
			continue
		}
		seen[host] = true
		switch {
		case u.Verdict != model.Holds:
			c.Verdict, c.At, c.Value = model.Fails, u.At, model.Clean(host+": "+u.Why)
			return c
		case !u.At.After(since):
			c.Value = fmt.Sprintf("nobody has looked on %s since %s", model.Clean(host), since.UTC().Format("2 Jan 15:04"))
			return c
		case w.Now.Sub(u.At) > record.UnusedLook || u.At.After(w.Now.Add(model.ClockSlack)):
			c.Value = fmt.Sprintf("nobody has looked on %s since %s", model.Clean(host), u.At.UTC().Format("2 Jan 15:04"))
			return c
		case u.Claim.Unused.Denied == nil && !since.IsZero():
			c.Value = model.Clean(host + " does not tell how many logins it refused")
			return c
		}
		if c.At.IsZero() || u.At.Before(c.At) {
			c.At = u.At
		}
	}
	missing := slices.DeleteFunc(slices.Clone(w.leaving().Looked), func(h string) bool { return seen[h] })
	switch {
	case len(missing) > 0 || len(seen) == 0:
		c.At, c.Value = time.Time{}, "nobody has looked on "+model.Few(missing, 3)
	default:
		c.Verdict, c.Value = model.Holds, "by nobody, on "+model.Plural(len(seen), "server")
	}
	return c
}

// isSplit tells whether the plan is of a rung.
func (p *Plan) isSplit(rung Rung) bool { return p.Ask.Split != nil && p.Ask.Split.Rung == rung }

// splitLocked is bound to the action that locked it, and wants nobody to have tried since for as long as the policy says. Half of it is the
// least; for the drop it was long enough when it was renamed.
func (w World) splitLocked(p *Plan) model.Check {
	c := model.Check{Says: "its accounts are locked", Bar: model.Block}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	a := w.State.Rung(string(RungLock), p.ID)
	if p.Ask.Split != nil && p.Ask.Split.Undo { // one that did not come to its end is undone, too
		a, _, _ = w.State.Locked(p.ID)
	}
	if a == nil {
		c.Verdict, c.At, c.Value = model.Fails, w.Now, "no split lock was done, or it was undone"
		return c
	}
	c.Verdict, c.At, c.Fact, c.Value = model.Holds, w.Now, a.ID, fmt.Sprintf("action %d by %s", a.Seq, a.By)
	if !p.isSplit(RungRename) || p.Ask.Split.Undo {
		return c
	}
	c.Says, c.Limit = "its accounts are locked, and nobody has tried to log in by them for long enough", ">= "+model.Span(w.Policy.LockedFor)
	since := w.triedSince(a.Ended, &c)
	return w.longEnough(c, since, w.Policy.LockedFor)
}

// triedSince is when somebody was last seen to have been refused, or that moment, where nobody was since.
func (w World) triedSince(since time.Time, c *model.Check) time.Time {
	for _, u := range w.State.UnusedOf(w.leaving().Schema) {
		if at := u.Claim.Unused.DeniedAt; at.After(since) {
			since = at
			c.Value += fmt.Sprintf("; %s refused logins until %s", model.Clean(u.Claim.Unused.Host), at.UTC().Format("2 Jan 15:04"))
		}
	}
	return since
}

// longEnough lets a reason override only the second half of a span.
func (w World) longEnough(c model.Check, since time.Time, want time.Duration) model.Check {
	span := w.Now.Sub(since)
	c.Value += ", for " + model.Age(max(span, 0))
	switch {
	case span < want/2:
		c.Verdict = model.Fails
	case span < want:
		c.Verdict, c.Bar = model.Fails, model.Override
	default:
		c.Bar = model.Override
	}
	return c
}

// splitRenamed is bound to the action that renamed it, and wants its tables to have been held for long enough before they are dropped.
func (w World) splitRenamed(p *Plan) model.Check {
	c := model.Check{Says: "its tables are held under another name", Bar: model.Block}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	a, holding := w.State.Holding(p.ID)
	if !p.Ask.Split.undoes() {
		a = w.State.Rung(string(RungRename), p.ID)
	}
	if a == nil || holding == "" {
		c.Verdict, c.At, c.Value = model.Fails, w.Now, "no split rename was done, or it was undone"
		return c
	}
	c.Verdict, c.At, c.Fact, c.Value = model.Holds, w.Now, a.ID, fmt.Sprintf("%s, action %d by %s", model.Clean(holding), a.Seq, a.By)
	if p.Ask.Split.undoes() {
		return c
	}
	c.Limit = ">= " + model.Span(w.Policy.HeldFor)
	since := w.triedSince(a.Ended, &c)
	return w.longEnough(c, since, w.Policy.HeldFor)
}

func (s *Split) undoes() bool { return s != nil && s.Undo }

// splitTopmost refuses what is below a rung that stands.
func (w World) splitTopmost(p *Plan) model.Check {
	c := model.Check{Says: "no later rung stands", Bar: model.Block}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	c.Verdict, c.At, c.Value = model.Holds, w.Now, "none"
	stands := func(a *record.Action, rung Rung) {
		if a != nil && c.Verdict == model.Holds {
			c.Verdict, c.Value = model.Fails, fmt.Sprintf("split %s stands: action %d by %s", rung, a.Seq, a.By)
		}
	}
	if a := w.State.Dropped(p.ID); a != nil {
		stands(a, RungDrop)
	}
	held, _ := w.State.Holding(p.ID)
	locked, _, _ := w.State.Locked(p.ID)
	switch {
	case p.isSplit(RungRename) && p.Ask.Split.Undo: // only a drop is later
	case p.isSplit(RungFreeze):
		stands(held, RungRename)
		stands(locked, RungLock)
	default:
		stands(held, RungRename)
	}
	return c
}

// byRename lets the rename stand for what nobody can read since: it was held then, and nobody could write afterwards.
func (w World) byRename(c *model.Check) {
	if w.unread() != "" {
		return
	}
	if a := w.State.Rung(string(RungRename), ""); a != nil {
		c.Verdict, c.At, c.Value = model.Holds, w.Now,
			fmt.Sprintf("as of %s, when action %d renamed it: nothing was written to it since", a.Began.UTC().Format("2 Jan 15:04"), a.Seq)
	}
}
