package board

import (
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// ReadAt is when a Director read its files last.
func ReadAt(d *model.Director) time.Time {
	if d.Reloaded.After(d.Started) {
		return d.Reloaded
	}
	return d.Started
}

// WithFiles is the snapshot with the files of a cluster's Directors, and with why not all of them were read.
func (s *Snapshot) WithFiles(c model.Cluster, of []record.FileOf, why string) *Snapshot {
	next := *s
	next.stored[c].files, next.stored[c].unread = of, why
	return &next
}

// files are what Directors have on disk. Where no canary tells whether a file is what is loaded (its First is not known), one that has
// changed since it was first seen is not.
func (o *observer) files(c model.Cluster) {
	missed := o.missed("the files of "+c.String()+"'s Directors", o.s.stored[c].unread)
	if len(o.s.stored[c].files) == 0 {
		return
	}
	p := record.Proof{Of: record.Subject{Cluster: &c}, Claim: record.Proven{Files: &record.Files{}}, Verdict: model.Holds, At: o.s.At}
	old := o.st.Proof(&p)
	var why []string
	for _, f := range o.s.stored[c].files {
		known := f.First != ""
		if !known {
			f.First = f.SHA256
		}
		if old != nil && !known {
			for _, was := range old.Claim.Files.Of {
				if was.Director == f.Director && was.Read.Equal(f.Read) {
					f.First = was.First
				}
			}
		}
		if f.Differs == "" && f.First != f.SHA256 {
			f.Differs = "it was changed since it was loaded"
		}
		if f.Differs != "" {
			p.Verdict = model.Fails
			why = append(why, f.Director+": "+f.Differs)
		}
		p.Claim.Files.Of = append(p.Claim.Files.Of, f)
	}
	if missed && p.Verdict == model.Holds { // of all of them nobody can say so; that one was changed holds whatever the others are
		return
	}
	p.Why = strings.Join(why, "; ")
	o.saw(p, !alike(old, &p))
}

// edited is how the file of a Director is not what it has loaded, and since when that is known: by the session's own look, or by what the
// newest one that was recorded told; empty: nobody knows of such a file, or the Director has read its files since.
func edited(st *record.State, c model.Cluster, place int, of []model.Director) (differs string, since time.Time) {
	if place >= len(of) {
		return "", since
	}
	if f := &of[place].File; f.Differs != "" || f.Same {
		return f.Differs, f.Since
	}
	if f, at := recorded(st, c, called(c, place, of), ReadAt(&of[place])); f != nil && f.Differs != "" {
		return f.Differs, at
	}
	return "", since
}

// recorded is what the newest look that was recorded tells of the file of a Director which has read its files at a moment, and when that
// was; nil: nothing.
func recorded(st *record.State, c model.Cluster, director string, read time.Time) (*record.FileOf, time.Time) {
	p := st.Proof(&record.Proof{Of: record.Subject{Cluster: &c}, Claim: record.Proven{Files: &record.Files{}}})
	if p == nil {
		return nil, time.Time{}
	}
	at := slices.IndexFunc(p.Claim.Files.Of, func(f record.FileOf) bool { return f.Director == director && f.Read.Equal(read) })
	if at < 0 {
		return nil, time.Time{}
	}
	return &p.Claim.Files.Of[at], p.At
}

// called is how orders and records name a Director of a cluster by its place: a passive one may have the active one's name.
func called(c model.Cluster, place int, of []model.Director) string {
	if place == 0 {
		return of[0].Name
	}
	return model.PassiveOf(c, of[place].Name, of[0].Name).Name
}

// LoadedSum is the SHA-256 of the file that a Director, as orders name it, has loaded at a moment, as a look that was recorded since then
// knew it; empty: none did.
func (b *Board) LoadedSum(of model.Source, read time.Time) string {
	f, _ := recorded(b.state, of.Cluster, of.Name, read)
	if f == nil || f.Differs != "" && f.First == f.SHA256 { // it had been changed before anybody saw it
		return ""
	}
	return f.First
}

// ReadFor tells that a Director has read its files at a moment at which an action went on that changes what it has.
func (b *Board) ReadFor(of model.Source, read time.Time) bool {
	if b.state == nil {
		return false
	}
	its := record.TouchesOf(record.Touch(of.Cluster.String(), "director", of.Name))
	return slices.ContainsFunc(b.state.Actions, func(a *record.Action) bool {
		began := !a.Began.IsZero() && !a.Began.After(read.Add(model.ClockSlack))
		return began && (a.State == record.ActionRunning || !read.After(a.LastAt.Add(model.ClockSlack))) && a.Touches.Meets(its)
	})
}

// Edited says how the file of a Director is not what it has loaded, as far as somebody looked; empty: nobody knows of that.
func (s *Snapshot) Edited(c model.Cluster, place int) string {
	if s.Clusters[c] == nil {
		return ""
	}
	differs, _ := edited(s.State, c, place, s.Clusters[c].Directors)
	return differs
}

// editedAlerts tell of files that lie in wait: the next reload or restart takes them in.
func (b *Board) editedAlerts() (out []Alert) {
	for _, c := range model.Clusters {
		d := b.sides[c].director.Directors
		for place := range d {
			differs, since := edited(b.state, c, place, d)
			if differs == "" || b.pushes(c, place) {
				continue
			}
			who := model.DirectorCalled(d[place].Name, place)
			brief := "drift: " + who + "'s file is not loaded"
			says := "'s file of routed jobs is not what it has loaded: " + differs + "; its next reload or restart takes it in"
			if d[place].File.Took {
				says = "'s file of routed jobs is not what was pushed, and it has read its files since: " + differs
				brief = "drift: " + who + " loaded a changed file"
			}
			out = append(out, Alert{ID: "drift:" + c.String() + ":edited:" + [...]string{"active", "passive"}[min(place, 1)], Severity: model.Warn,
				rank: rankWaits, Cluster: &c, Since: since,
				Says:  who + says,
				Brief: brief,
				Do:    again(c) + ", which puts their file in its place: see first who changed it"})
		}
	}
	return out
}
