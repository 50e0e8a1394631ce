package plan

import (
	"cmp"
	"fmt"
	"time"

	"switchyard/model"
)

func init() {
	for id, g := range map[string]guard{
		"old-target":     {judge: ofOld(World.oldTarget), needs: ofBothInstances},
		"old-other":      {judge: ofOld(World.oldOther), needs: ofBothInstances},
		"old-sessions":   {judge: ofOld(World.oldSessions), needs: ofBothInstances},
		"rebuild-source": {judge: ofRebuild(World.rebuildSource), needs: ofInstance},
		"rebuild-name":   {judge: ofRebuild(World.rebuildName), needs: ofInstance},
		"rebuild-key":    {judge: ofRebuild(World.rebuildKey), needs: ofInstance},
		"rebuild-like":   {judge: ofRebuild(World.rebuildLike), needs: ofInstance},
	} {
		guards[id], failoverGuards[id] = g, g
	}
}

// role is the place of an instance in the pair, as sources name it.
func (w World) role(i *model.Instance) string {
	if r := w.Snapshot.RDS; r != nil && i == r.Replica {
		return "replica"
	}
	return "primary"
}

func ofOld(judge func(World, *model.Instance, *model.Instance, *model.Check)) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		c := model.Check{Bar: model.Block}
		old, inForce, why := w.old()
		if p.Ask.Isolate != nil && old != nil && old.ID != p.Ask.Isolate.Of {
			why = old.ID + " is not in force, and " + p.Ask.Isolate.Of + " is"
		}
		none := &model.Instance{}
		judge(w, cmp.Or(old, none), cmp.Or(inForce, none), &c)
		if old == nil || why != "" {
			c.Verdict, c.At, c.Value, c.Fact = model.Unknown, time.Time{}, cmp.Or(why, "nothing is known of the pair"), ""
		}
		return c
	}
}

// heardOf is nil where a source was just heard, else a check that nobody can judge, with the reason.
func (w World) heardOf(k model.SourceKind, i *model.Instance, c *model.Check) bool {
	s := w.source(model.Source{Kind: k, Name: w.role(i)})
	heard, why := w.heard(s)
	switch {
	case s.Wrong:
		c.Bar, c.Verdict, c.At, c.Value = model.Block, model.Fails, s.Tried, wrongTarget(why)
	case !heard:
		c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, fmt.Sprintf("%s: %s", cmp.Or(i.ID, "the instance"), why)
	default:
		c.At = s.At
		return true
	}
	return false
}

// oldTarget is bound to the identity of the instance that was given up.
func (w World) oldTarget(old, inForce *model.Instance, c *model.Check) {
	c.Says = "it is the one that was given up, as it was pinned"
	if !w.heardOf(model.SourceInstance, old, c) {
		return
	}
	d := &old.AWS.Value
	c.Verdict, c.Fact, c.Value = model.Holds, d.ResourceID, old.ID+", "+d.ResourceID
	switch {
	case d.ResourceID == "":
		c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, "AWS tells no DbiResourceId of "+old.ID
	case d.Recreated != "":
		c.Verdict, c.Value = model.Fails, fmt.Sprintf("another instance stands under the name %s: it is %s, and was %s", old.ID, d.ResourceID,
			d.Recreated)
	case old.Server.Value.UUID != "" && old.Server.Value.UUID == inForce.Server.Value.UUID:
		c.Verdict, c.Value = model.Fails, "both names lead to one server"
	}
}

// oldOther blocks where nothing would be left that takes writes.
func (w World) oldOther(old, inForce *model.Instance, c *model.Check) {
	c.Says = "another server is in force, and takes writes"
	if !w.heardOf(model.SourceServer, inForce, c) {
		return
	}
	s := &inForce.Server.Value
	c.Verdict, c.Fact, c.Value = model.Holds, inForce.AWS.Value.ResourceID, inForce.ID+" takes writes"
	switch d, _ := w.active(model.Green); {
	case s.ReadOnly:
		c.Verdict, c.Value = model.Fails, inForce.ID+" takes none"
	case usesAt(d.Uses) == "":
		c.Bar, c.Verdict, c.At, c.Value = model.Override, model.Unknown, time.Time{}, "green's Director does not say which server it uses"
	case s.Director == 0 && old.Server.Value.Director > 0:
		c.Verdict, c.Value = model.Fails, fmt.Sprintf(
			"%d sessions of the Director's account are on %s, and none on %s",
			old.Server.Value.Director,
			old.ID,
			inForce.ID,
		)
	}
}

// oldSessions tells who is cut.
func (w World) oldSessions(old, _ *model.Instance, c *model.Check) {
	c.Says, c.Bar = "no session of the Director's account is on it", model.Caution
	if !w.heardOf(model.SourceServer, old, c) {
		return
	}
	switch n := old.Server.Value.Director; {
	case n < 0:
		c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, "its sessions cannot be seen: who asks needs PROCESS"
	case n > 0:
		c.Verdict, c.Value = model.Fails, model.Plural(n, "session")
	default:
		c.Verdict, c.Value = model.Holds, "none"
	}
}

func ofRebuild(judge func(World, *Rebuild, *model.Instance, *model.Instance, *model.Check)) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		c := model.Check{Bar: model.Block}
		_, of := w.writing()
		was := w.other(of)
		none := &model.Instance{}
		w.known = p.Known.again()
		r := p.Ask.Rebuild
		if r == nil {
			r = &Rebuild{}
		}
		judge(w, r, cmp.Or(of, none), cmp.Or(was, none), &c)
		if of == nil || was == nil {
			c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, "no pair is watched"
		}
		return c
	}
}

// rebuildSource is bound to the identity of the instance that takes writes.
func (w World) rebuildSource(r *Rebuild, of, _ *model.Instance, c *model.Check) {
	c.Says, c.Limit = "the instance can have a replica", "available, backups kept"
	if !w.heardOf(model.SourceInstance, of, c) {
		return
	}
	d := &of.AWS.Value
	c.Verdict, c.Fact = model.Holds, d.ResourceID
	c.Value = fmt.Sprintf("%s, %s, is %s, backups kept for %d d", of.ID, d.ResourceID, d.Status, d.Retention)
	switch {
	case of.ID != r.Of:
		c.Verdict, c.Value = model.Fails, of.ID+" takes writes, and not "+r.Of
	case d.Recreated != "":
		c.Verdict, c.Value = model.Fails, fmt.Sprintf("another instance stands under the name %s: it is %s, and was %s", of.ID, d.ResourceID,
			d.Recreated)
	case d.IsReplica():
		c.Verdict, c.Value = model.Fails, of.ID+" is a replica of "+d.Source
	case d.Status != "available" && d.Status != "modifying" || d.Retention < 1: // its own step waits until it is available
		c.Verdict = model.Fails
	}
}

var instanceName = model.Pattern(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// rebuildName refuses the name of an instance that is there.
func (w World) rebuildName(r *Rebuild, of, was *model.Instance, c *model.Check) {
	c.Says, c.Verdict, c.At, c.Value = "no instance has that name", model.Holds, w.Now, r.ID+" is none of the pair; AWS refuses a name "+
		"that it has"
	switch {
	case !instanceName().MatchString(r.ID):
		c.Verdict, c.Value = model.Fails, model.Clean(r.ID)+" is no name of an instance: small letters, digits and hyphens"
	case r.ID == of.ID:
		c.Verdict, c.Value = model.Fails, r.ID+" is the instance that takes writes"
	case r.ID != was.ID:
	case !was.Missing.IsZero():
		c.Value = "AWS knows no " + r.ID + " any more"
	case !was.AWS.Seen():
		c.Verdict, c.At, c.Value = model.Unknown, time.Time{}, "whether "+r.ID+" is still there is not known: take another name (--id)"
	default:
		c.Verdict, c.Value = model.Fails, fmt.Sprintf(
			"the old instance %s is still there (%s): take another name (--id)",
			r.ID,
			was.AWS.Value.Status,
		)
	}
}

// rebuildKey wants the key of the replica's own AWS region: with none, or one that is not usable, AWS refuses it.
func (w World) rebuildKey(_ *Rebuild, of, was *model.Instance, c *model.Check) {
	c.Says, c.Limit = "the key of its AWS region is known and usable", "Enabled"
	like := w.like(of, was)
	switch key := &was.Key; {
	case like.Key == "" && of.AWS.Value.Encrypted:
		c.Value = "which key it is to have is known to nobody: switchyard observe records it"
	case like.Key == "":
		c.Verdict, c.At, c.Value = model.Holds, of.AWS.At, "none: "+of.ID+" is not encrypted"
	case !key.Seen() || key.Why != "" || w.Now.Sub(key.At) > time.Hour:
		c.Bar, c.Value = model.Override, like.Key+": "+cmp.Or(key.Why, "how it is has not been told for a while")
	case !key.Value.Usable:
		c.Verdict, c.At, c.Value = model.Fails, key.At, cmp.Or(key.Value.State, "not usable")+": "+key.Value.Why
	default:
		c.Verdict, c.At, c.Value, c.Fact = model.Holds, key.At, key.Value.State, like.Key
	}
}

// rebuildLike warns where it is made like its source alone.
func (w World) rebuildLike(_ *Rebuild, of, was *model.Instance, c *model.Check) {
	c.Says, c.Bar, c.Verdict, c.At = "it is made as the one that stood there was", model.Caution, model.Holds, w.Now
	like, by := w.like(of, was), w.likeSeen(of, was).By // whoever made the plan may say anything of where it is from
	c.Value = model.Clean(fmt.Sprintf("%s, group %s, by %s", like.Class, cmp.Or(like.Group, "AWS's own"), by))
	if by == "" {
		c.Verdict, c.At = model.Unknown, time.Time{}
		c.Value = fmt.Sprintf("how %s was set is not known: it gets the class of %s and AWS's own parameter group", was.ID, of.ID)
	}
}

// wayAfterFailover is past what holds up what follows a failover.
func (w World) wayAfterFailover(id string) string {
	switch id {
	case "old-target":
		return "see page 4: which instance stands there; nothing is done to one that is not the one that was given up"
	case "old-other":
		return "see where green's Director has its catalog (show catalogs): the server in force is never quarantined"
	case "old-sessions":
		return "see who they are: they are cut"
	case "rebuild-source":
		return "wait until AWS calls it available, and let it keep backups"
	case "rebuild-name":
		return "switchyard failover rebuild --id NAME"
	case "rebuild-key":
		return "enable the key of that AWS region, or let switchyard observe record which one it is"
	case "rebuild-like":
		return "let switchyard observe record how the pair is set, while both are there"
	}
	return ""
}
