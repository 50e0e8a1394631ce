package board

import (
	"reflect"
	"time"

	"switchyard/model"
)

// could is what the plans of the two takeovers said last, and of which pair.
type could struct {
	spare  bool // who watches is told what was said last; else the plans are made for every snapshot
	at     time.Time
	pair   [2]model.Instance // calm, the primary first
	judged [2]model.Takeover // by the pair alone: a switchover, and an emergency
	is     [2]model.Takeover
}

// couldEvery is how often the plans of the takeovers are made again while nothing moves that they rest on but ages. The ages that they tell
// stay below those at which evidence counts no more.
const couldEvery = 10 * time.Second

// Watched tells that a person watches: what plans say of the pair then need not be of this very moment.
func (b *Board) Watched() { b.made.spare = true }

// judgeByPlan tells whether the pair could be taken over, by the plan of each takeover. Still says that nothing but the pair was heard of
// since the last snapshot.
func (b *Board) judgeByPlan(next *Snapshot, still bool) {
	if b.could == nil || next.RDS == nil {
		return
	}
	pair := [2]model.Instance{calm(next.RDS.Primary), calm(next.RDS.Replica)}
	judged := [2]model.Takeover{next.RDS.Switchover, next.RDS.Emergency}
	age := next.At.Sub(b.made.at)
	if !still || !b.made.spare || age < 0 || age >= couldEvery || !b.made.stands(&judged) || !reflect.DeepEqual(pair, b.made.pair) {
		b.made = could{spare: b.made.spare, at: next.At, pair: pair, judged: judged, is: b.could(next)}
	}
	is := b.made.is
	is[0].Loss, is[1].Loss = judged[0].Loss, judged[1].Loss
	next.RDS.Switchover, next.RDS.Emergency = is[0], is[1]
}

func (c *could) stands(judged *[2]model.Takeover) bool {
	for i := range judged {
		if was, is := &c.judged[i], &judged[i]; was.Can != is.Can || was.Says != is.Says {
			return false
		}
	}
	return true
}

// calm is an instance without what moves by itself while nothing happens.
func calm(in *model.Instance) model.Instance {
	if in == nil {
		return model.Instance{}
	}
	c := *in
	c.AWS.At, c.AWS.Value.Restorable = time.Time{}, time.Time{}
	for _, at := range []*time.Time{&c.Key.At, &c.Group.At, &c.Upkeep.At, &c.Lag.At, &c.Metrics.At, &c.Server.At} {
		*at = time.Time{}
	}
	s := &c.Server.Value
	s.Uptime, s.Connections, s.Running, s.QPS, s.Queries, s.Behind = 0, 0, 0, 0, nil, nil
	return c
}
