package plan

import (
	"cmp"
	"fmt"
	"time"

	"switchyard/model"
)

// failoverGuards are those of what is done to the RDS pair itself.
var failoverGuards = map[string]guard{}

func init() {
	for id, g := range map[string]guard{
		"rds-identity":  {judge: ofWriter(World.rdsIdentity), needs: ofInstance},
		"rds-available": {judge: ofWriter(World.rdsAvailable), needs: ofInstance},
		"rds-multi-az":  {judge: ofWriter(World.rdsMultiAZ), needs: ofInstance},
		"rds-lately":    {judge: ofWriter(World.rdsLately), needs: ofInstance},
		"rds-jobs":      {judge: func(w World, _ *Plan, _ Past) model.Check { return w.rdsJobs() }, needs: ofBoth},
	} {
		guards[id], failoverGuards[id] = g, g
	}
}

// ofInstance is what AWS says of both instances; the replica's would only contradict.
func ofInstance(model.Cluster) Needs {
	return Needs{Must: []model.Source{{Kind: model.SourceInstance, Name: "primary"}},
		May: []model.Source{{Kind: model.SourceInstance, Name: "replica"}, {Kind: model.SourceServer, Name: "primary"}}}
}

// ofWriter judges the instance that takes writes by what AWS says of it now.
func ofWriter(judge func(World, *model.Instance, *model.Check)) func(World, *Plan, Past) model.Check {
	return func(w World, _ *Plan, _ Past) model.Check {
		name, at := w.writing()
		c := model.Check{Bar: model.Block}
		if at == nil {
			at = &model.Instance{}
		}
		judge(w, at, &c)
		s := w.source(model.Source{Kind: model.SourceInstance, Name: name})
		switch heard, why := w.heard(s); {
		case s.Wrong:
			c.Bar, c.Verdict, c.At, c.Value = model.Block, model.Fails, s.Tried, wrongTarget(why)
		case !heard:
			c.Bar, c.Verdict, c.At, c.Value = model.Block, model.Unknown, time.Time{}, cmp.Or(at.ID, "the instance")+": "+why
		case at.AWS.Why != "" || !at.AWS.Seen():
			c.Bar, c.Verdict, c.At, c.Value = model.Block, model.Unknown, time.Time{}, at.ID+": "+cmp.Or(at.AWS.Why, "AWS has not told of it")
		case c.Verdict != model.Unknown:
			c.At = at.AWS.At
		}
		return c
	}
}

// rdsIdentity is bound to the DbiResourceId.
func (w World) rdsIdentity(i *model.Instance, c *model.Check) {
	d := &i.AWS.Value
	c.Says, c.Verdict, c.Fact, c.Value = "the instance is the one that was pinned", model.Holds, d.ResourceID, i.ID+", "+d.ResourceID
	switch {
	case d.Recreated != "":
		c.Verdict, c.Value = model.Fails, fmt.Sprintf(
			"another instance stands under the name %s: it is %s, and was %s",
			i.ID,
			d.ResourceID,
			d.Recreated,
		)
	case d.ResourceID == "":
		c.Verdict, c.Value = model.Unknown, "AWS tells no DbiResourceId of "+i.ID
	case d.IsReplica():
		c.Verdict, c.Value = model.Fails, i.ID+" is a replica of "+d.Source
	case w.Snapshot.RDS != nil && w.Snapshot.RDS.TwoWriters != "":
		c.Verdict, c.Value = model.Fails, wrongTarget(w.Snapshot.RDS.TwoWriters)
	}
}

func (w World) rdsAvailable(i *model.Instance, c *model.Check) {
	d := &i.AWS.Value
	c.Says, c.Value, c.Verdict = "the instance is available", i.ID+" is "+d.Status, model.Fails
	if d.Status == "available" {
		c.Verdict = model.Holds
	}
}

func (w World) rdsMultiAZ(i *model.Instance, c *model.Check) {
	d := &i.AWS.Value
	c.Says, c.Verdict = "it has a standby", model.Holds
	c.Value = fmt.Sprintf("in %s, standby in %s", d.AZ, d.SecondaryAZ)
	switch {
	case !d.MultiAZ:
		c.Verdict, c.Value = model.Fails, i.ID+" is not Multi-AZ"
	case d.SecondaryAZ == "":
		c.Verdict, c.Value = model.Unknown, "AWS does not tell where its standby is"
	}
}

// rdsLately holds when the last failover is some time ago: AWS refuses another one soon after, and one that nobody knows the cause of is
// not followed by a second without a word.
func (w World) rdsLately(i *model.Instance, c *model.Check) {
	c.Says, c.Verdict, c.Value = "no failover of it was lately", model.Holds, "none is told"
	c.Limit = ">= " + model.Span(w.Policy.FailoverApart)
	last := lastFailover(w.Snapshot.RDS, i.ID)
	if last == nil {
		return
	}
	if since, back := w.Snapshot.RDS.StandbyRebuilds(i.ID, time.Time{}); !since.IsZero() && back.IsZero() && w.Now.Sub(since) < rebuildLimit {
		c.Verdict, c.Fact = model.Fails, last.At.UTC().Format(time.RFC3339)
		c.Value = fmt.Sprintf("its standby is being rebuilt, since %s UTC, and AWS has not told the end", since.UTC().Format("15:04:05"))
		return
	}
	age := w.Now.Sub(last.At)
	c.Fact = last.At.UTC().Format(time.RFC3339)
	c.Value = fmt.Sprintf("the last at %s UTC", last.At.UTC().Format("2 Jan 15:04:05"))
	switch {
	case last.Kind == model.EventFailoverBegan && age < failoverLimit:
		c.Verdict, c.Value = model.Fails, fmt.Sprintf("one began at %s UTC, and AWS has not told its end", last.At.UTC().Format("15:04:05"))
	case age < w.Policy.FailoverApart:
		c.Verdict = model.Fails
		c.Value += fmt.Sprintf(": AWS may refuse another until %s UTC", last.At.Add(w.Policy.FailoverApart).UTC().Format("15:04:05"))
	case age < w.Policy.FailoverAgain:
		c.Bar, c.Verdict, c.Limit = model.Override, model.Fails, ">= "+model.Span(w.Policy.FailoverAgain)
		c.Value += ": a second one soon after hides what the first was"
	}
}

// lastFailover is the newest event of a failover that AWS attempted; nil when none is told.
func lastFailover(r *model.RDS, id string) (last *model.RDSEvent) {
	if r == nil {
		return nil
	}
	for i := range r.Events {
		e := &r.Events[i]
		if e.Instance == id && e.OfFailover() && e.Kind != model.EventFailoverRefused && (last == nil || !e.At.Before(last.At)) {
			last = e
		}
	}
	return last
}

// rebuildLimit is how long a standby that AWS began to rebuild may be without a word of its end.
const rebuildLimit = 6 * time.Hour

// rdsJobs names the jobs that a failover would end.
func (w World) rdsJobs() model.Check {
	c := model.Check{Says: "no job of green runs that it would end", Bar: model.Override}
	at, why := w.fresh(model.Green)
	names := w.jobsOpen()
	switch {
	case len(names) > 0:
		c.Verdict, c.At, c.Value = model.Fails, at, fmt.Sprintf("%d: %s", len(names), firstFew(names))
	case at.IsZero():
		c.Value = why
	default:
		c.Verdict, c.At, c.Value = model.Holds, at, "none"
	}
	return c
}
