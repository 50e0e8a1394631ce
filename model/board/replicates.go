package board

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"switchyard/model"
)

// replication is how a channel of the replica keeps up, as it was told last.
type replication struct {
	state replicationState
	since time.Time
	most  time.Duration // it was behind
	delay time.Duration // on purpose
}

type replicationState uint8

const (
	replicationUntold replicationState = iota
	replicationRuns
	replicationLags
	replicationBroken
)

// replicates makes events of each channel that breaks, lags, heals, is delayed on purpose or is gone. What nobody can tell changes nothing:
// that its source is silent is an event of its own.
func (b *Board) replicates(r *model.RDS, now time.Time) {
	if r == nil || r.Replica == nil {
		return
	}
	j := judge{r: *r, now: now, p: b.policy}
	if !j.freshServer(r.Replica.Server, "replica") {
		return
	}
	if b.channels == nil {
		b.channels = map[string]replication{}
	}
	s := &r.Replica.Server.Value
	streams := s.Streams()
	if len(streams) == 0 { // it replicates from nobody
		streams = []model.Replication{{Lag: j.ownLag()}}
	}
	there := map[string]bool{}
	for i := range streams {
		c := &streams[i]
		there[c.Channel] = true
		b.channel(r.Replica.ID+channelTold(s, c), c, now)
	}
	for _, name := range slices.Sorted(maps.Keys(b.channels)) {
		if was := b.channels[name]; !there[name] && s.Replication != nil {
			delete(b.channels, name)
			if was.state > replicationUntold && name != "" {
				b.event(Event{At: now, Who: "RDS", Severity: model.Fail,
					Says: model.Clean(r.Replica.ID + ": channel " + name + " is gone: nothing is replicated by it any more")})
			}
		}
	}
}

// channelTold names a channel behind its replica where there are several.
func channelTold(s *model.Server, c *model.Replication) string {
	switch {
	case len(s.Channels) < 2:
		return ""
	case c.Channel == "":
		return ", its unnamed channel"
	}
	return ", channel " + c.Channel
}

// channel tells of one channel what has changed since it was told last.
func (b *Board) channel(who string, c *model.Replication, now time.Time) {
	lag, was := c.Lag, b.channels[c.Channel]
	if !c.Runs() && lag.State() == model.LagKnown {
		lag = model.BrokenLag("a thread is stopped")
	}
	behind, known := lag.Behind()
	if was.delay != c.Delay && lag.State() != model.LagUnknown {
		b.delayed(who, was, c.Delay, now)
		was.delay = c.Delay
		b.channels[c.Channel] = was
	}
	limit := b.policy.SwitchoverLag
	if was.state == replicationLags {
		limit /= 2 // it does not heal and lag by turns
	}
	is := replicationRuns
	switch {
	case lag.State() == model.LagBroken:
		is = replicationBroken
	case !known:
		return
	case behind > limit:
		is = replicationLags
	}
	if is == was.state {
		was.most = max(was.most, behind)
		b.channels[c.Channel] = was
		return
	}
	b.channels[c.Channel] = replication{state: is, since: now, most: behind, delay: c.Delay}
	if e, told := b.turned(who, lag, was, is, now); told {
		b.event(e)
	}
}

// delayed tells of a delay that somebody has configured, or taken away.
func (b *Board) delayed(who string, was replication, delay time.Duration, now time.Time) {
	switch {
	case delay > 0:
		b.event(Event{At: now, Who: "RDS", Severity: model.Warn,
			Says: model.Clean(fmt.Sprintf("%s: the replica is delayed by %s on purpose", who, model.Span(delay)))})
	case was.delay > 0:
		b.event(Event{At: now, Who: "RDS", Says: model.Clean(who + ": the replica is not delayed any more")})
	}
}

// turned is the event of a channel that is in another state than before.
func (b *Board) turned(who string, lag model.Lag, was replication, is replicationState, now time.Time) (e Event, told bool) {
	e = Event{At: now, Who: "RDS"}
	behind, _ := lag.Behind()
	took := ""
	if !was.since.IsZero() && was.state > replicationRuns {
		took = " after " + model.Age(now.Sub(was.since))
	}
	switch {
	case is == replicationBroken:
		e.Severity, e.Says = model.Fail, who+": replication is broken: "+lag.Why()
	case is == replicationLags && was.state == replicationBroken:
		e.Severity, e.Says = model.Warn, who+": replication runs again"+took+", "+model.Age(behind)+" behind"
	case is == replicationLags:
		e.Severity = model.Warn
		e.Says = fmt.Sprintf("%s: the replica is %s behind (limit for a switchover %s)", who, model.Age(behind),
			model.Span(b.policy.SwitchoverLag))
	case was.state == replicationBroken:
		e.Says = who + ": replication runs again" + took
	case was.state == replicationLags:
		e.Says = who + ": the replica keeps up again" + took + ", it was at most " + model.Age(was.most) + " behind"
	default:
		return e, false
	}
	return e, true
}
