package plan

import (
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// clientsAnswer is about file daemons that nobody asked through the Director: it cannot ask one that only a push gives it, and a reason is
// as good as can be had before the first one.
func (w World) clientsAnswer(v *shifting, on model.Cluster) cellJudge {
	of := w.clients(v, on)
	return func(c *board.CellView, p *model.Placement) (model.Verdict, string) {
		if of.asked(p.Client) {
			return model.Holds, ""
		}
		return of.judge(c, p)
	}
}

// clientsAsked is about those that were asked through the Director that schedules there: whoever was asked can be asked again, so that an
// answer that is a no, or too old, is overridden by nobody.
func (w World) clientsAsked(v *shifting, on model.Cluster) cellJudge {
	of := w.clients(v, on)
	return func(c *board.CellView, p *model.Placement) (model.Verdict, string) {
		if !of.asked(p.Client) {
			return model.Holds, ""
		}
		return of.judge(c, p)
	}
}

// clients are what is known of the file daemons of a cluster: what they let it do for any of their cells, and what they said when they were
// asked. What they said to another Director is no word on this one.
type clients struct {
	w       World
	on      model.Cluster
	through string // the Director that schedules
	idle    string // what is said of one that was never heard of
	worked  map[string]*clientWork
}

// clientWork is what a cluster's tries have shown of a client.
type clientWork struct {
	good   time.Time  // its newest good backup
	denied *model.Job // its newest try that the file daemon did not let in or that did not reach it; nil: none
}

// clients is worked out once for a shift.
func (w World) clients(v *shifting, on model.Cluster) *clients {
	if v.clients != nil {
		return v.clients
	}
	of := &clients{w: w, on: on, worked: map[string]*clientWork{},
		idle: fmt.Sprintf("its file daemon has done nothing for %s yet, and was not asked through it", on)}
	v.clients = of
	if v := w.view(on); len(v.Directors) > 0 {
		of.through = v.Scheduler().Name
	}
	w.placed(func(c *board.CellView, p *model.Placement) {
		s := &c.On[on]
		if s.Last == nil && s.LastGood == nil {
			return
		}
		k := of.worked[p.Client]
		if k == nil {
			k = &clientWork{}
			of.worked[p.Client] = k
		}
		if s.LastGood != nil && s.LastGood.When().After(k.good) {
			k.good = s.LastGood.When()
		}
		if j := s.Last; j != nil && j.Bad() && kept(j) && (k.denied == nil || j.When().After(k.denied.When())) {
			k.denied = j
		}
	})
	return of
}

var nothing clientWork

// kept tells that a file daemon kept a try out, whatever cell it was of.
func kept(j *model.Job) bool {
	return distrusts().MatchString(j.Note) || unreachable().MatchString(j.Note)
}

// asked tells whether a client was asked through the Director, however long ago.
func (of *clients) asked(client string) bool {
	said, is := of.w.State.Reached(of.on).Client(client)
	return is && of.through != "" && said.Through == of.through && !said.At.After(of.w.Now.Add(model.ClockSlack))
}

// judge goes by what is newest.
func (of *clients) judge(c *board.CellView, p *model.Placement) (model.Verdict, string) {
	if p.Client == "" {
		return model.Fails, "the inventory names no client of it"
	}
	said, _ := of.w.State.Reached(of.on).Client(p.Client)
	asked, life := of.asked(p.Client), of.w.Policy.EvidenceLife
	k := of.worked[p.Client]
	if k == nil {
		k = &nothing
	}
	tried := k.good // when a try last told anything
	bad := (*model.Job)(nil)
	for _, j := range []*model.Job{k.denied, c.On[of.on].Last} {
		if j != nil && j.Bad() && j.When().After(tried) {
			tried, bad = j.When(), j
		}
	}
	fresh := asked && of.w.Now.Sub(said.At) <= life
	switch {
	case fresh && said.At.After(tried) && said.Why != "":
		return model.Fails, fmt.Sprintf("asked through %s: %s", model.Clean(said.Through), said.Why)
	case fresh && said.At.After(tried):
		return model.Holds, ""
	case bad != nil:
		return model.Fails, badly(bad, of.on)
	case !k.good.IsZero() && of.w.Now.Sub(k.good) <= life:
		return model.Holds, ""
	case asked:
		return model.Unknown, fmt.Sprintf("its file daemon was asked last on %s, and has let %s do nothing since",
			said.At.UTC().Format("2 Jan"), of.on)
	case !k.good.IsZero():
		return model.Unknown, fmt.Sprintf("its file daemon has done nothing for %s since %s, and was not asked through it", of.on,
			k.good.UTC().Format("2 Jan"))
	}
	return model.Unknown, of.idle
}
