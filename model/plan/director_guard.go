package plan

import (
	"fmt"
	"net"

	"switchyard/model"
	"switchyard/model/board"
)

func init() {
	for id, g := range map[string]guard{
		"heir-schedules-not": {judge: ofHeir(World.heirSchedulesNot), needs: ofAside, mute: ofEither},
		"heir-answers":       {judge: ofHeir(World.heirAnswers), needs: ofAside},
		"heir-catalog":       {judge: ofHeir(World.heirCatalog), needs: ofAside},
		"heir-has":           {judge: ofHeir(World.heirHas), needs: ofAside},
		"old-idle":           {judge: func(w World, p *Plan, _ Past) model.Check { return w.oldIdle(p) }, needs: ofAside},
	} {
		guards[id] = g
	}
}

// ofEither are both Directors of a cluster.
func ofEither(c model.Cluster) []model.Source { return ofAside(c).May }

// ofAside are both Directors of a cluster, of which one may be dead: nobody waits for it.
func ofAside(c model.Cluster) Needs {
	return Needs{May: []model.Source{model.DirectorOf(c, ""), model.DirectorOf(c, model.AnyPassive)}}
}

// heir is the Director that is to take over, and what is known of it.
type heir struct {
	name  string
	place int
	of    *model.Director
	seen  board.Sighting
}

func ofHeir(judge func(World, *FailDirector, heir) model.Check) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		f := p.Ask.FailDirector
		if f == nil {
			return model.Check{Bar: model.Block, Value: "no Director was to be failed over"}
		}
		h := heir{name: f.To, place: w.place(f.Cluster, f.To), of: &model.Director{}}
		if h.place >= 0 {
			h.of = &w.view(f.Cluster).Directors[h.place]
			h.seen = w.source(model.DirectorOf(f.Cluster, h.name))
		}
		return judge(w, f, h)
	}
}

// heirSchedulesNot is bound to which of the two it is: nothing is done for one that schedules alone.
func (w World) heirSchedulesNot(f *FailDirector, h heir) model.Check {
	v := w.view(f.Cluster)
	c := model.Check{Says: fmt.Sprintf("%s is not the one that schedules", h.name), Bar: model.Block, At: w.Now}
	heard, why := w.heard(h.seen)
	switch {
	case h.place < 0:
		c.Value = "it is not known"
	case v.Both:
		c.Verdict, c.Value, c.Fact = model.Holds, "both may schedule: "+v.ActingSays, "both"
	case v.Acting == h.place && !heard: // it counts as the one as long as no other shows
		c.Bar, c.Value = model.Override, "it is configured to, and is not heard: "+why
	case v.Acting == h.place:
		c.Verdict, c.Value = model.Fails, "it schedules already"
	case !heard && h.seen.Trouble != model.TroubleGone: // what cannot be asked may schedule, and run jobs
		c.Bar, c.Value = model.Override, "it is not heard: "+why
	default:
		c.Verdict, c.Value = model.Holds, w.called(f.Cluster, v.Acting)+" does, as far as it shows"
		c.Fact = w.called(f.Cluster, v.Acting)
	}
	return c
}

// heirAnswers only warns where its service is told to start: its start is seen. Where a person starts it, it is to be seen before.
func (w World) heirAnswers(f *FailDirector, h heir) model.Check {
	c := model.Check{Says: h.name + " answers", Bar: model.Override, At: h.seen.At}
	if len(w.Routing.Services[OnDirector{Cluster: f.Cluster, Director: f.To}].Do[Start]) > 0 {
		c.Bar = model.Caution
	}
	heard, why := w.heard(h.seen)
	switch {
	case h.seen.Wrong:
		c.Bar, c.Verdict, c.At, c.Value = model.Block, model.Fails, h.seen.Tried, wrongTarget(why)
	case heard:
		c.Verdict, c.Value = model.Holds, h.of.Address
	default:
		c.Value = why
	}
	return c
}

// heirCatalog compares what both say of their Catalog resources: one server may have two names, so that another name asks for a reason.
func (w World) heirCatalog(f *FailDirector, h heir) model.Check {
	c := model.Check{Says: h.name + " uses the same catalog", Bar: model.Override, At: h.of.At}
	other := w.place(f.Cluster, f.from(w))
	if other < 0 || h.place < 0 {
		c.Value = "it is not known"
		return c
	}
	uses, was := h.of.Uses, w.view(f.Cluster).Directors[other].Uses
	switch none := (model.CatalogUse{}); {
	case uses == none:
		c.Value = "it did not tell which one it uses"
	case was == none:
		c.Value = fmt.Sprintf("it uses %s, and %s did not tell", useSays(uses), f.from(w))
	case uses.Local() && was.Local() && hostName(h.of.Address) != hostName(w.view(f.Cluster).Directors[other].Address):
		c.Value = fmt.Sprintf("each says that it uses a server of its own host (%s): that is not one", useSays(uses))
	case uses.Same(was):
		c.Verdict, c.Value, c.Fact = model.Holds, useSays(uses), useSays(uses)
	default:
		c.Verdict, c.Value, c.Fact = model.Fails, fmt.Sprintf("it uses %s, %s %s", useSays(uses), f.from(w), useSays(was)), useSays(uses)
	}
	return c
}

func hostName(address string) string {
	host, _, err := net.SplitHostPort(model.Place(address))
	if err != nil {
		return address
	}
	return host
}

func useSays(u model.CatalogUse) string {
	at := u.Address
	if at == "" {
		at = "its own host"
	}
	return model.Clean(fmt.Sprintf("%s port %d, database %s", at, u.Port, u.Database))
}

// heirHas wants each cell of the cluster to be scheduled by it, once, and no other.
func (w World) heirHas(f *FailDirector, h heir) model.Check {
	c := model.Check{Says: h.name + " has loaded what the routes come to", Bar: model.Override, At: h.of.At}
	if heard, why := w.heard(h.seen); !heard {
		c.Value = why
		return c
	}
	doc, err := RoutesOf(w.State)
	if err != nil {
		c.Value = "the routes are not known: " + model.Clean(err.Error())
		return c
	}
	has, lacks, many, unknown := 0, 0, 0, 0
	for i := range w.Snapshot.Cells {
		v := &w.Snapshot.Cells[i]
		switch is, wants := v.On[f.Cluster].At[h.place].Is, doc.Route(v.Cell)[f.Cluster]; {
		case is == model.Unknown:
			unknown++
		case is == model.Holds && wants == model.Holds:
			has++
		case wants == model.Holds:
			lacks++
		case is == model.Holds:
			many++
		}
	}
	switch {
	case len(w.Snapshot.Cells) == 0:
		c.Value = "which cells there are is not known"
	case lacks+many > 0:
		c.Verdict, c.Value, c.Fact = model.Fails, fmt.Sprintf("it lacks %d cells, and has %d too many", lacks, many), fmt.Sprint(lacks, many)
	case unknown > 0:
		c.Value = fmt.Sprintf("of %d cells it is not known whether it starts them", unknown)
	default:
		c.Verdict, c.Value = model.Holds, fmt.Sprintf("all %d cells, and no other", has)
	}
	return c
}

// oldIdle asks for a reason where something is given up, or may be: one that hangs, or lets nobody in, may run jobs. One that is gone runs
// nothing that anybody could wait for.
func (w World) oldIdle(p *Plan) model.Check {
	on := p.on()
	d, s := w.active(on)
	c := model.Check{Says: d.Name + " runs nothing", Bar: model.Override, At: s.At}
	if heard, why := w.heard(s); !heard {
		f := p.Ask.FailDirector // of one that is away a person says that it is off
		if c.Value = why; s.Trouble == model.TroubleGone || f != nil && f.Away {
			c.Bar = model.Caution
		}
		return c
	}
	open := w.openJobs(on)
	if len(open) == 0 {
		c.Verdict, c.Value = model.Holds, "no job runs or waits"
		return c
	}
	c.Verdict, c.Value = model.Fails, model.Plural(len(open), "job")+": "+firstFew(open)
	return c
}

// wayToHeir is past what holds up a Director that is to take over, or to be restarted.
func (w World) wayToHeir(p *Plan, id string) string {
	if id == "old-idle" {
		if p.Ask.RestartDirector != nil {
			return "leave out --now: it is waited for; or say why it is given up"
		}
		return "wait until they have ended, or say why they are given up; they can be run again: switchyard rerun"
	}
	f := p.Ask.FailDirector
	if f == nil {
		return ""
	}
	s := w.source(model.DirectorOf(f.Cluster, f.To))
	if heard, _ := w.heard(s); id == "heir-schedules-not" && heard {
		return fmt.Sprintf("there is nothing to do; the other way: switchyard failover director %s --to %s", f.Cluster, f.from(w))
	}
	if way := w.wayToSource(&s); way != "" {
		return way
	}
	switch id {
	case "heir-has":
		return fmt.Sprintf("push it what the routes come to: switchyard routes push %s --director %s", f.Cluster, f.To)
	case "heir-catalog":
		return "let the Console ask show catalogs on both; where two names are of one server, say so as the reason"
	}
	return "a moment: it is being asked, and esc and the same key make the plan anew"
}
