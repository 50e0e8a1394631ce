package board

import (
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Night is what is known of one failover of the server that green's catalog is on, by AWS's events and by its own server: also where nobody
// watched when it began.
type Night struct {
	Instance string
	Moments  []Moment // in their order
	Server   string   // whether its server is back
	Standby  string   // whether it is redundant again
	Refused  string   // whether AWS takes another one, and from when on
}

// Moment is one thing that happened then.
type Moment struct {
	At   time.Time
	Says string
}

// failoverAlertID is what the ids of alerts about failovers begin with.
const failoverAlertID = "rds:failover:"

// OfFailover tells whether an alert is about a failover that AWS attempted.
func (a *Alert) OfFailover() bool { return strings.HasPrefix(a.ID, failoverAlertID) }

// Night is the failover that an alert is about.
func (s *Snapshot) Night(a *Alert) (n Night, ok bool) {
	r := s.RDS
	if r == nil || !a.OfFailover() {
		return n, false
	}
	for i := range r.Events {
		if e := &r.Events[i]; n.Instance == "" && !e.At.Before(a.Since) && kindOf(e) != model.EventFailoverRefused && e.OfFailover() {
			n.Instance = e.Instance
		}
	}
	if n.Instance == "" {
		return n, false
	}
	n.told(r, a.Since)
	n.seen(s.Events, a.Since)
	for _, in := range []*model.Instance{r.Primary, r.Replica} {
		if in != nil && in.ID == n.Instance {
			n.server(in, a.Since)
		}
	}
	slices.SortStableFunc(n.Moments, func(x, y Moment) int { return x.At.Compare(y.At) })
	since, back := r.StandbyRebuilds(n.Instance, a.Since)
	switch {
	case !back.IsZero():
		n.Standby = "redundant again since " + clock(back)
	case !since.IsZero():
		n.Standby = "NOT redundant: its standby is being rebuilt, since " + clock(since) + ", and AWS has not told the end"
	default:
		n.Standby = "not known to be redundant: AWS tells nothing of its standby yet"
	}
	switch {
	case a.Until.IsZero():
	case a.Until.After(s.At):
		n.Refused = "AWS may refuse another failover until " + clock(a.Until)
	case since.IsZero() || !back.IsZero():
		n.Refused = "AWS takes another failover since " + clock(a.Until)
	}
	if !since.IsZero() && back.IsZero() {
		n.Refused = "AWS refuses another failover until its standby is there"
	}
	return n, true
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") + " UTC" }

// told takes what AWS tells of the instance, from shortly before the connections dropped on.
func (n *Night) told(r *model.RDS, since time.Time) {
	for i := range r.Events {
		e := &r.Events[i]
		if e.Instance != n.Instance || e.At.Before(since.Add(-time.Minute)) || e.At.After(since.Add(failoverTold)) {
			continue
		}
		says := "AWS: " + e.Says
		if kindOf(e) == model.EventFailoverBegan {
			says = "connections dropped; " + says
		}
		n.Moments = append(n.Moments, Moment{e.At, model.Clean(says)})
	}
}

// seen takes what this session saw of the pair meanwhile: one that was opened later saw nothing.
func (n *Night) seen(events []Event, since time.Time) {
	for i := range events {
		e := &events[i]
		if strings.HasPrefix(e.Says, "RDS ") && !e.At.Before(since.Add(-time.Minute)) && !e.At.After(since.Add(failoverToll)) {
			n.Moments = append(n.Moments, Moment{e.At, "seen here: " + e.Says})
		}
	}
}

// server tells since when the instance's own server is up.
func (n *Night) server(in *model.Instance, since time.Time) {
	switch up := in.Server.At.Add(-in.Server.Value.Uptime); {
	case in.Server.Why != "":
		n.Server = "its server does not answer: " + in.Server.Why
	case !in.Server.Seen():
		n.Server = "its server was not asked yet"
	case up.Before(since.Add(-clocksApart)):
		n.Server = "its server is up since before, and cut its connections"
	default:
		n.Server = "its server is back since " + clock(up)
		if in.Server.Value.ReadOnly {
			n.Server += ", and takes no writes"
		}
		if up.Before(since.Add(failoverTold)) {
			n.Moments = append(n.Moments, Moment{up, "its server took connections again"})
		}
	}
}
