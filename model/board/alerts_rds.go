package board

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// After a failover, jobs that end badly within this time died of it: the Director notices a lost connection late.
const failoverToll = 30 * time.Minute

// failoverTold is how long a failover nobody may have asked for stays an alert by itself.
const failoverTold = 6 * time.Hour

// rdsAlerts tell what is wrong with the pair that carries green's catalog.
func (b *Board) rdsAlerts(r *model.RDS, now time.Time) []Alert {
	if r == nil {
		return nil
	}
	green := model.Green
	var out []Alert
	add := func(id string, rank int, sev model.Severity, since time.Time, do, says string, args ...any) {
		out = append(out, Alert{ID: "rds:" + id, Severity: sev, rank: rank, Cluster: &green, Since: since, Says: fmt.Sprintf(says, args...), Do: do})
	}
	for _, i := range []*model.Instance{r.Primary, r.Replica} {
		if i == nil || !i.AWS.Seen() {
			continue
		}
		d := i.AWS.Value
		if d.Recreated != "" {
			add("recreated:"+i.ID, rankBroken, model.Fail, time.Time{}, "nothing may act on it until a person has said which one it is", "%s is another instance than it was: %s, not %s", i.ID, d.ResourceID, d.Recreated)
		}
		if d.Status != "available" {
			add("status:"+i.ID, rankSource, model.Fail, time.Time{}, "wait for AWS; its events tell why", "RDS %s %s is %s", d.Role(), i.ID, d.Status)
		}
		if i.Key.Seen() && !i.Key.Value.Usable {
			add("key:"+i.ID, rankSource, model.Fail, time.Time{}, "enable the key now: without it RDS stops the instance and a promoted replica cannot start", "the key of %s is not usable: %s", i.ID, i.Key.Value.Why)
		}
	}
	out = append(out, b.lagAlert(r, now)...)
	for _, e := range r.Events {
		if slices.Contains(e.Categories, "failover") && now.Sub(e.At) <= failoverTold {
			out = append(out, b.failoverAlert(e, now))
		}
	}
	return oneFailover(out)
}

// lagAlert tells when the replica could not take over, by its own word.
func (b *Board) lagAlert(r *model.RDS, now time.Time) []Alert {
	if r.Replica == nil || !r.Replica.Server.Seen() || r.Replica.Server.Value.Replication == nil {
		return nil
	}
	green := model.Green
	a := Alert{ID: "rds:lag", Severity: model.Warn, rank: rankSource, Cluster: &green}
	p := r.Replica.Server.Value.Replication
	lag := model.FreshLag(model.Reading[model.Lag]{Value: p.Lag, At: r.Replica.Server.At}, now, 3*b.policy.ServerEvery)
	switch behind, known := lag.Behind(); {
	case lag.State() == model.LagBroken:
		a.Severity, a.Says, a.Do = model.Fail, "replication is broken: "+lag.Why(), "see SHOW REPLICA STATUS on the replica; until it runs an emergency loses what is written"
	case known && behind > b.policy.SwitchoverLag:
		a.Says, a.Do = fmt.Sprintf("the replica is %s behind (limit for a switchover %s)", model.Age(behind), model.Span(b.policy.SwitchoverLag)), "look at what it applies; do not switch over now"
	default:
		return nil
	}
	return []Alert{a}
}

// failoverAlert names the jobs that died with a failover and when their cells break their promise.
func (b *Board) failoverAlert(e model.RDSEvent, now time.Time) Alert {
	green := model.Green
	a := Alert{ID: "rds:failover:" + e.At.UTC().Format(time.RFC3339), Severity: model.Warn, rank: rankBroken, Cluster: &green, Since: e.At,
		Do: "run the jobs that died again; ask who asked for the failover"}
	a.Says = fmt.Sprintf("%s failed over at %s UTC", e.Instance, e.At.UTC().Format("15:04:05"))
	died := b.diedOf(e, now)
	if len(died) == 0 {
		a.Says += "; no job died of it"
		return a
	}
	a.Severity = model.Fail
	var names []string
	for _, d := range died[:min(len(died), keptAlerts)] { // those that are not named have alerts of their own
		names = append(names, d.says)
		a.Jobs = append(a.Jobs, d.key)
	}
	a.Says += fmt.Sprintf("; %s died: %s", plural(uint64(len(died)), "job"), strings.Join(names, ", "))
	if more := len(died) - len(names); more > 0 {
		a.Says += fmt.Sprintf(" and %d more", more)
	}
	return a
}

// dead is a job that died with a failover.
type dead struct {
	key    model.JobKey
	says   string
	breaks time.Time // when its cell breaks its promise; zero: it has no good backup
}

// diedOf finds the jobs that died with a failover; the cell that breaks its promise first comes first.
func (b *Board) diedOf(e model.RDSEvent, now time.Time) []dead {
	view := b.sides[model.Green].view
	unmended := view.Unmended(b.cells)
	var out []dead
	for i := range view.Recent {
		j := &view.Recent[i]
		began := j.Start
		if began.IsZero() {
			began = j.Sched
		}
		if !unmended[j.ID] || began.After(e.At.Add(time.Minute)) || j.When().Before(e.At.Add(-5*time.Minute)) && j.Outcome != model.Lost || j.When().After(e.At.Add(failoverToll)) {
			continue
		}
		breaks, says := b.breaksBy(j, now)
		out = append(out, dead{j.Key, fmt.Sprintf("%d %s%s", j.ID, j.Title(), says), breaks})
	}
	slices.SortStableFunc(out, func(x, y dead) int { return x.breaks.Compare(y.breaks) })
	return out
}

// breaksBy says when the cell of a job breaks its promise, as in " breaks its promise at 2 Jan 04:12 UTC". What has no promise never does.
func (b *Board) breaksBy(j *model.Job, now time.Time) (time.Time, string) {
	never := now.AddDate(1, 0, 0)
	i, ok := b.inv.Index(j.Cell)
	if !j.HasCell || j.Type != model.TypeBackup || !ok || i >= len(b.cells) || b.cells[i].Promise == 0 {
		return never, ""
	}
	breaks, at := "breaks", b.cells[i].Breaks()
	if at.IsZero() {
		return time.Time{}, " has no good backup"
	}
	if at.Before(now) {
		breaks = "broke"
	}
	return at, fmt.Sprintf(" %s its promise at %s UTC", breaks, at.UTC().Format("2 Jan 15:04"))
}

// oneFailover keeps the newest failover alert of an instance: AWS lists several events for one failover.
func oneFailover(alerts []Alert) []Alert {
	var out []Alert
	newest := -1
	for _, a := range alerts {
		if !strings.HasPrefix(a.ID, "rds:failover:") {
			out = append(out, a)
			continue
		}
		if newest >= 0 {
			if a.Severity >= out[newest].Severity {
				out[newest] = a
			}
			continue
		}
		newest = len(out)
		out = append(out, a)
	}
	return out
}
