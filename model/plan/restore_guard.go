package plan

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// sight is what was read for a restore, when it is of what is asked for and not older than a plan may become; nil and why otherwise.
func (w World) sight(r *Restore) (s *model.RestoreSight, why string) {
	switch s = w.Restore; {
	case s == nil || !s.Matches(r.Sight()):
		return nil, "it was not read"
	case s.Why != "":
		return nil, s.Why
	case w.Now.Sub(s.At) > model.Allow(w.Policy.PlanLife):
		return nil, "it was read " + model.Age(w.Now.Sub(s.At)) + " ago"
	}
	return s, ""
}

// ofRestore judges what is known of the point and the client that are asked for. A guard without a verdict says why nobody knows.
func ofRestore(says string, bar model.Bar, judge func(*model.Check, *Restore, *model.RestoreSight)) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		r := p.Ask.Restoring()
		if r == nil {
			return model.Check{Bar: bar, Value: "no restore was asked for"}
		}
		says := strings.NewReplacer("{cluster}", r.Point.Cluster.String(), "{client}", r.Client).Replace(says)
		g := model.Check{Says: model.Clean(says), Bar: bar}
		s, why := w.sight(r)
		if s == nil {
			g.Value = model.Clean(why)
			return g
		}
		g.At = s.At
		judge(&g, r, s)
		g.Value, g.Fact = model.Clean(g.Value), model.Clean(g.Fact)
		return g
	}
}

// pointGood is bound to the jobs of the set and to the status of the volumes that hold them. What is not complete is restored by nobody;
// what nobody can tell of asks for a reason.
func pointGood(g *model.Check, r *Restore, s *model.RestoreSight) {
	p := s.Point
	if p == nil {
		g.Verdict, g.Value = model.Fails, r.Point.Cluster.String()+"'s catalog has no such good backup of the cell any more"
		return
	}
	var fact []string
	for _, part := range p.Set {
		fact = append(fact, fmt.Sprintf("%d=%s", part.ID, part.Job))
	}
	for i := range p.Volumes {
		v := &p.Volumes[i]
		fact = append(fact, v.Name+"="+v.Status)
	}
	g.Fact = strings.Join(fact, " ")
	switch {
	case !slices.Equal(p.IDs(), r.JobIDs):
		g.Verdict, g.Value = model.Fails, fmt.Sprintf("its set is %s now, and not the %d that were asked for",
			model.Plural(len(p.Set), "job"), len(r.JobIDs))
	case p.Client != r.Source:
		g.Verdict, g.Value = model.Fails, "its client is "+p.Client+", not "+r.Source
	case p.Complete == model.Answer(model.Fails), p.Restorable == model.Answer(model.Fails), len(p.Pruned) > 0:
		g.Verdict, g.Value = model.Fails, p.Lacks()
	case p.Complete != model.Answer(model.Holds):
		g.Bar, g.Value = model.Override, p.Why
	case p.Restorable != model.Answer(model.Holds):
		g.Bar, g.Value = model.Override, p.RestorableWhy
	default:
		g.Verdict, g.Value = model.Holds, fmt.Sprintf("JobId %d, %s, %s in its set", p.ID, p.Level, model.Plural(len(p.Set), "job"))
	}
}

// volumesOnline is bound to which storages it is about; that the volumes are there is not looked at, but that somebody answers for them.
func volumesOnline(g *model.Check, _ *Restore, s *model.RestoreSight) {
	if s.Point == nil {
		g.Value = "the point is not there"
		return
	}
	var names, silent []string
	for i := range s.Storages {
		st := &s.Storages[i]
		names = append(names, st.Name)
		if st.Why != "" {
			silent = append(silent, st.Name+": "+st.Why)
		}
	}
	g.Fact = strings.Join(names, " ")
	for _, v := range s.Point.Volumes {
		if is, says := v.Readable(); is != model.Holds {
			silent = append(silent, says)
		}
	}
	switch {
	case len(silent) > 0:
		g.Verdict, g.Value = model.Fails, strings.Join(silent, "; ")
	case len(names) == 0:
		g.Value = "the catalog does not tell which Storage wrote them"
	default:
		g.Verdict, g.Value = model.Holds, model.Plural(len(s.Point.Volumes), "volume")+", "+strings.Join(names, ", ")
	}
}

func targetKnown(g *model.Check, r *Restore, s *model.RestoreSight) {
	switch {
	case s.NoClients != "":
		g.Value = s.NoClients
	case slices.Contains(s.Clients, r.Client):
		g.Verdict, g.Value, g.Fact = model.Holds, r.Client, r.Client
	default:
		g.Verdict, g.Value = model.Fails, "it has no client "+r.Client
	}
}

// targetApart asks why the host that lives on these data is written to.
func targetApart(g *model.Check, r *Restore, s *model.RestoreSight) {
	switch {
	case s.Point == nil:
		g.Value = "whose backup it is is not known"
	case s.Point.Client == r.Client:
		g.Verdict, g.Value, g.Fact = model.Fails, "it is the client that was backed up: its disk fills up", r.Client
	default:
		g.Verdict, g.Value, g.Fact = model.Holds, "the backup is of "+s.Point.Client, s.Point.Client
	}
}

// staysBelow is a block where a plugin does with where= what it likes and nobody has said what: bpipe's own command may write anywhere.
func staysBelow(g *model.Check, r *Restore, s *model.RestoreSight) {
	var plugins []string
	for i := range s.FileSets {
		f := &s.FileSets[i]
		for _, p := range f.Plugins {
			name, _, _ := strings.Cut(p, ":")
			plugins = append(plugins, strings.TrimSpace(name)+" in "+f.Name)
		}
	}
	g.Fact = strings.Join(plugins, " ")
	switch {
	case r.Format != "" && len(plugins) > 0:
		g.Verdict, g.Value = model.Holds, "the inventory says "+string(r.Format)+"; plugins: "+strings.Join(plugins, ", ")
	case r.Format != "":
		g.Verdict, g.Value = model.Holds, "the inventory says "+string(r.Format)
	case len(plugins) > 0:
		g.Verdict, g.Value = model.Fails, "plugins that may write elsewhere: "+strings.Join(plugins, ", ")
	case s.NoFileSets != "":
		g.Bar, g.Value = model.Override, s.NoFileSets
	default:
		g.Verdict, g.Value = model.Holds, "no plugin in its FileSets"
	}
}

// queue says which Storage Daemons are busy. It is no guard: it changes with every backup, and a plan that is bound to it would never hold.
func queue(s *model.RestoreSight) string {
	var busy []string
	for i := range s.Storages {
		if st := &s.Storages[i]; st.Jobs > 0 {
			busy = append(busy, fmt.Sprintf("%d on %s", st.Jobs, st.Name))
		}
	}
	if len(busy) == 0 {
		return ""
	}
	return "! jobs run on its Storage Daemon: " + strings.Join(busy, ", ") + "; it waits where no device is free"
}

func pointNewest(g *model.Check, _ *Restore, s *model.RestoreSight) {
	switch {
	case s.Point == nil:
		g.Value = "the point is not there"
	case s.Newer > 0:
		g.Verdict, g.Value = model.Fails, fmt.Sprintf("%d; the newest, %s", s.Newer, s.NewerWhy)
	default:
		g.Verdict, g.Value = model.Holds, "none"
	}
}

// wayToRestore is past what holds up a restore.
func (w World) wayToRestore(r *Restore, id string) string {
	if way := w.wayToHear(r.Point.Cluster); way != "" {
		return way
	}
	switch id {
	case "point-good", "point-newest":
		return "choose another point: r on its chain, or switchyard points " + r.Cell.Chain
	case "target-known":
		return "name a client that " + r.Point.Cluster.String() + "'s Director has (tab completes them), or add it there and reload"
	case "target-apart":
		return "name another client, or say why this one: nothing on it is overwritten"
	case "stays-below":
		return "say format: in the inventory for this cell, when its restores are known to stay where they are sent"
	case "volumes-online":
		return "see whether the Storage Daemon runs, and where its volumes are"
	}
	return ""
}
