package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// After a failover, jobs that end badly within this time died of it: the Director notices a lost connection late.
const failoverToll = 30 * time.Minute

// failoverTold is how long a failover nobody may have asked for stays an alert by itself.
const failoverTold = 6 * time.Hour

// rdsAlerts tell what is wrong with the pair that carries green's catalog.
func (b *Board) rdsAlerts(r *RDS, now time.Time) []Alert {
	if r == nil {
		return nil
	}
	green := Green
	var out []Alert
	add := func(id string, rank int, sev Severity, since time.Time, do, says string, args ...any) {
		out = append(out, Alert{ID: "rds:" + id, Severity: sev, rank: rank, Cluster: &green, Since: since, Says: fmt.Sprintf(says, args...), Do: do})
	}
	for _, i := range []*Instance{r.Primary, r.Replica} {
		if i == nil || !i.AWS.Seen() {
			continue
		}
		d := i.AWS.Value
		if d.Recreated != "" {
			add("recreated:"+i.ID, rankBroken, Fail, time.Time{}, "nothing may act on it until a person has said which one it is", "%s is another instance than it was: %s, not %s", i.ID, d.ResourceID, d.Recreated)
		}
		if d.Status != "available" {
			add("status:"+i.ID, rankSource, Fail, time.Time{}, "wait for AWS; its events tell why", "RDS %s %s is %s", d.Role(), i.ID, d.Status)
		}
		if i.Key.Seen() && !i.Key.Value.Usable {
			add("key:"+i.ID, rankSource, Fail, time.Time{}, "enable the key now: without it RDS stops the instance and a promoted replica cannot start", "the key of %s is not usable: %s", i.ID, i.Key.Value.Why)
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
func (b *Board) lagAlert(r *RDS, now time.Time) []Alert {
	if r.Replica == nil || !r.Replica.Server.Seen() || r.Replica.Server.Value.Replication == nil {
		return nil
	}
	green := Green
	a := Alert{ID: "rds:lag", Severity: Warn, rank: rankSource, Cluster: &green}
	p := r.Replica.Server.Value.Replication
	lag := FreshLag(Reading[Lag]{Value: p.Lag, At: r.Replica.Server.At}, now, 3*b.policy.ServerEvery)
	switch behind, known := lag.Behind(); {
	case lag.State() == LagBroken:
		a.Severity, a.Says, a.Do = Fail, "replication is broken: "+lag.Why(), "see SHOW REPLICA STATUS on the replica; until it runs an emergency loses what is written"
	case known && behind > b.policy.SwitchoverLag:
		a.Says, a.Do = fmt.Sprintf("the replica is %s behind (limit for a switchover %s)", Age(behind), Span(b.policy.SwitchoverLag)), "look at what it applies; do not switch over now"
	default:
		return nil
	}
	return []Alert{a}
}

// failoverAlert names the jobs that died with a failover and when their cells break their promise.
func (b *Board) failoverAlert(e RDSEvent, now time.Time) Alert {
	green := Green
	a := Alert{ID: "rds:failover:" + e.At.UTC().Format(time.RFC3339), Severity: Warn, rank: rankBroken, Cluster: &green, Since: e.At,
		Do: "run the jobs that died again; ask who asked for the failover"}
	var died, breaks []string
	view := b.sides[Green].view
	unmended := view.Unmended(b.cells)
	for i := range view.Recent {
		j := &view.Recent[i]
		began := j.Start
		if began.IsZero() {
			began = j.Sched
		}
		if !unmended[j.Key.Job] || began.After(e.At.Add(time.Minute)) || j.When().Before(e.At.Add(-5*time.Minute)) && j.Outcome != Lost || j.When().After(e.At.Add(failoverToll)) {
			continue
		}
		a.Jobs = append(a.Jobs, j.Key)
		died = append(died, fmt.Sprintf("%d %s", j.ID, j.Title()))
		if by := b.breaksBy(j, now); by != "" {
			breaks = append(breaks, by)
		}
	}
	a.Says = fmt.Sprintf("%s failed over at %s UTC", e.Instance, e.At.UTC().Format("15:04:05"))
	if len(died) == 0 {
		a.Says += "; no job died of it"
		return a
	}
	a.Severity = Fail
	a.Says += fmt.Sprintf("; %s died: %s", plural(uint64(len(died)), "job"), strings.Join(died[:min(len(died), 6)], ", "))
	if len(died) > 6 {
		a.Says += fmt.Sprintf(" and %d more", len(died)-6)
	}
	if len(breaks) > 0 {
		a.Says += "; " + strings.Join(breaks[:min(len(breaks), 6)], ", ")
	}
	return a
}

// breaksBy says by when the cell of a job breaks its promise: "chain003 region1 regular breaks its promise at 04:12".
func (b *Board) breaksBy(j *Job, now time.Time) string {
	if !j.HasCell || j.Type != TypeBackup {
		return ""
	}
	i, ok := b.inv.index[j.Cell]
	if !ok || i >= len(b.cells) {
		return ""
	}
	v := &b.cells[i]
	_, best := newestGood(v)
	if best == nil || v.Promise == 0 {
		return j.Cell.String() + " has no good backup"
	}
	breaks, at := "breaks", best.When().Add(v.Promise)
	if at.Before(now) {
		breaks = "broke"
	}
	return fmt.Sprintf("%s %s its promise at %s UTC", j.Cell, breaks, at.UTC().Format("2 Jan 15:04"))
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
