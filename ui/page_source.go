package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// sourcesPage is every source, or the one that is named: when it last answered, and why it does not now.
type sourcesPage struct {
	general
	ways
	only  model.Source // the zero one: all
	alert *board.Alert
}

func (p *sourcesPage) which() any { return p.only }

func (p *sourcesPage) title(*scene) []draw.Piece {
	if p.only != (model.Source{}) {
		return []draw.Piece{draw.As(themes.Title, "SOURCE "), draw.As(themes.Text, p.only.String())}
	}
	return []draw.Piece{draw.As(themes.Title, "SOURCES")}
}

func (p *sourcesPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	alertHead(s, sc, p.alert)
	found := false
	for i := range sc.snap.Seen {
		v := &sc.snap.Seen[i]
		if p.only != (model.Source{}) && v.Source != p.only {
			continue
		}
		if p.only == (model.Source{}) && v.Why == "" && v.Freshness(sc.now) == board.Live {
			found = true
			s.leads(len(s.out), v.Source.String(), func() page { return &sourcesPage{only: v.Source} })
			s.add(draw.As(themes.Good, "✓ "), draw.As(themes.Title, fmt.Sprintf("%-27s ", v.Source)),
				draw.As(themes.Muted, "live  "+v.Detail))
			continue
		}
		if found {
			s.gap()
		}
		found = true
		if p.only == (model.Source{}) {
			s.leads(len(s.out), v.Source.String(), func() page { return &sourcesPage{only: v.Source} })
		}
		sourceFacts(s, sc, v)
	}
	if !found {
		s.prose(themes.Muted, "No source of that name is asked.")
	}
	p.links = s.links
	return s.out
}

func sourceFacts(s *story, sc *scene, v *board.Sighting) {
	glyph, role, word := "✓", themes.Good, "live"
	switch v.Freshness(sc.now) {
	case board.Old:
		glyph, role, word = "✗", themes.Fail, "OLD"
	case board.Never:
		glyph, role, word = "?", themes.Warn, "never answered"
		if v.Trouble.Answers() {
			word = v.Trouble.Says()
		}
	case board.Live:
		if v.Why != "" {
			glyph, role, word = "!", themes.Warn, "live, but the last try failed"
		}
	}
	s.add(draw.As(role, glyph+" "), draw.As(themes.Title, v.Source.String()), draw.As(role, "  "+word))
	s.factIn(themes.Warn, "  why", v.Why)
	if !v.Since.IsZero() {
		s.fact("  since", stamp(sc.now, v.Since))
	}
	s.fact("  last good", stamp(sc.now, v.At))
	if !v.Tried.IsZero() && v.Why != "" {
		s.fact("  last try", stamp(sc.now, v.Tried))
	}
	if v.Every > 0 {
		s.fact("  asked", "every "+exactSpan(v.Every))
	}
	s.fact("  says", v.Detail)
}

// alertPage is one alert: what, since when, what to do. What caused it opens in its place where that is one thing.
type alertPage struct {
	ways
	alert board.Alert
}

func (p *alertPage) about(*board.Snapshot) subject {
	return subject{cell: p.alert.Cell, on: p.alert.Cluster, job: p.alert.Job, action: p.alert.Action}
}

func (p *alertPage) which() any { return p.alert.ID }

func (p *alertPage) title(*scene) []draw.Piece { return []draw.Piece{draw.As(themes.Title, "ALERT")} }

func (p *alertPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	a := &p.alert
	alertHead(s, sc, a)
	s.fact("severity", a.Severity.String())
	if a.Cluster != nil {
		s.fact("cluster", strings.ToUpper(a.Cluster.String()))
	}
	jobs := a.Jobs
	if a.Job != nil && !slices.Contains(jobs, *a.Job) {
		jobs = append([]model.JobKey{*a.Job}, jobs...)
	}
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(k model.JobKey) bool { return sc.snap.Job(k) == nil })
	if len(jobs) > 0 {
		s.head("its jobs")
	}
	for _, k := range jobs {
		j := sc.snap.Job(k)
		s.jobLine(sc, j, true)
		s.again(sc, j)
	}
	if len(a.Cells) > 0 {
		s.head("its cells")
	}
	for _, c := range a.Cells {
		says := "the inventory does not name it any more"
		if v := sc.snap.Cell(c); v != nil {
			says = v.Says
		}
		s.leads(len(s.out), "cell "+c.String(), func() page { return &cellPage{cell: c} })
		s.prose(themes.Text, c.String()+": "+says)
	}
	p.links = s.links
	return s.out
}

// again tells which job has backed up the cell of one that died, or does now: it needs no other run. False: none.
func (s *story) again(sc *scene, j *model.Job) bool {
	now := backedUpBy(sc.snap, j)
	if now == nil {
		return false
	}
	s.leadsToJob(now.Key)
	p := []draw.Piece{draw.As(themes.Muted, "         again, "), draw.As(themes.Text, now.Key.Cluster.String()+" "+
		strconv.FormatUint(uint64(now.ID), 10)+"  ")}
	s.add(append(p, jobEnd(sc, now, s.w-draw.PiecesWidth(p))...)...)
	return true
}

func hasAlert(snap *board.Snapshot, id string) bool {
	for i := range snap.Alerts {
		if snap.Alerts[i].ID == id {
			return true
		}
	}
	return false
}

// subjectOf is the page of what an alert is about, from which its cause is one step further: the cell, then its job.
func subjectOf(snap *board.Snapshot, a *board.Alert) page {
	if a.Cell != nil && snap.Cell(*a.Cell) != nil {
		return &cellPage{cell: *a.Cell, alert: a}
	}
	return cause(snap, a)
}

// cause is the page of what caused an alert.
func cause(snap *board.Snapshot, a *board.Alert) page {
	if _, is := snap.Night(a); is {
		return &nightPage{alert: *a}
	}
	switch {
	case len(a.Jobs) > 1:
		return &alertPage{alert: *a}
	case a.Job != nil && snap.Job(*a.Job) != nil:
		return &jobPage{key: *a.Job, alert: a}
	case a.Cell != nil && snap.Cell(*a.Cell) != nil:
		return &cellPage{cell: *a.Cell, alert: a}
	case a.Action != "" && snap.State != nil && snap.State.Action(a.Action) != nil:
		return &actionPage{id: a.Action, alert: a}
	case a.Programme != "" && snap.State != nil && snap.State.Programme(a.Programme) != nil:
		return &programmePage{id: a.Programme, alert: a}
	case snap.Source(a.Source) != nil:
		return &sourcesPage{only: a.Source, alert: a}
	}
	return &alertPage{alert: *a}
}

// eventPage is one event in full.
type eventPage struct {
	ways
	event board.Event
}

func (p *eventPage) about(*board.Snapshot) subject {
	return subject{cell: p.event.Cell, job: p.event.Job, action: p.event.Action}
}

func (p *eventPage) which() any { return p.event.Seq }

func (p *eventPage) title(*scene) []draw.Piece { return []draw.Piece{draw.As(themes.Title, "EVENT")} }

func (p *eventPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	glyph, role := severityGlyph(p.event.Severity)
	s.prose(role, strings.TrimSpace(glyph+" "+p.event.Says))
	s.gap()
	s.fact("at", moment(sc, p.event.At))
	s.fact("who", p.event.Who)
	if c := p.event.Cell; c != nil {
		s.leadsToCell(*c)
		s.fact("cell", c.String())
	}
	if id := p.event.Action; id != "" {
		s.leadsToAction(id)
		s.fact("action", "opens")
	}
	p.links = s.links
	return s.out
}

// straysPage lists the job names that map to no cell; they are shown and never counted.
type straysPage struct {
	general
	ways
}

func (*straysPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "JOBS WITHOUT A CELL")}
}

func (p *straysPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	for _, v := range sc.snap.Clusters {
		if v == nil || len(v.Strays) == 0 {
			continue
		}
		s.head(strings.ToUpper(v.Cluster.String()))
		for _, x := range v.Strays {
			glyph, role := outcomeGlyph(x.Status)
			last := "never ran"
			if !x.Last.IsZero() {
				last = strings.TrimSpace(glyph+" "+x.Status.String()) + ", " + coarse(sc.minute, x.Last) + " ago"
			}
			if j := newestOf(v, x.Name); j != nil {
				s.leadsToJob(j.Key)
			}
			s.add(draw.As(themes.Text, x.Name), draw.As(themes.Muted, "  "+x.Type.String()+"  "+draw.Count(x.Jobs)+" jobs  "),
				draw.As(role, last))
		}
	}
	if len(s.out) == 0 {
		s.prose(themes.Muted, "Every job name maps to a cell of the inventory.")
	}
	p.links = s.links
	return s.out
}

// newestOf is the newest job of a Job resource that a cluster's view holds; nil when it holds none.
func newestOf(v *board.ClusterView, name string) (newest *model.Job) {
	for _, part := range [][]model.Job{v.Open, v.Recent, v.Bad} {
		for i := range part {
			if j := &part[i]; j.Name == name && (newest == nil || j.When().After(newest.When())) {
				newest = j
			}
		}
	}
	return newest
}
