package ui

import (
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// link is a line of a page that opens another one. Like a row it is known by what it is about, never by where it stands.
type link struct {
	line int
	key  string
	to   func() page
}

// ways are the links of a page, as its lines were told last.
type ways struct{ links []link }

func (w *ways) leads() []link { return w.links }

// leading is a page with links.
type leading interface {
	page
	leads() []link
}

// leads makes a line that was written before, or is the next, open a page.
func (s *story) leads(line int, key string, to func() page) {
	for told := key; slices.ContainsFunc(s.links, func(l link) bool { return l.key == key }); { // told of in two places
		key += " " + told
	}
	s.links = append(s.links, link{line, key, to})
}

// leadsToJob makes the next line open a job.
func (s *story) leadsToJob(k model.JobKey) {
	s.leads(len(s.out), k.Cluster.String()+" "+k.Job, func() page { return &jobPage{key: k} })
}

func (s *story) leadsToCell(c model.Cell) {
	s.leads(len(s.out), "cell "+c.String(), func() page { return &cellPage{cell: c} })
}

func (s *story) leadsToAction(id string) {
	s.leads(len(s.out), "action "+id, func() page { return &actionPage{id: id} })
}

// jobLine writes a job in one line that opens it.
func (s *story) jobLine(sc *scene, j *model.Job, named bool) {
	s.leadsToJob(j.Key)
	p := []draw.Piece{draw.As(themes.Muted, fit(strconv.FormatUint(uint64(j.ID), 10), 8)+" ")}
	if named {
		role := themes.Blue
		if j.Key.Cluster == model.Green {
			role = themes.Green
		}
		p = append(p, draw.As(role, fit(j.Key.Cluster.String(), 6)), draw.As(themes.Text, fit(jobName(sc, j, s.w < 100), min(34, s.w*3/10))+" "))
	} else {
		p = append(p, draw.As(themes.Text, fit(jobWhat(j), 8)))
	}
	s.add(append(p, jobEnd(sc, j, s.w-draw.PiecesWidth(p))...)...)
}

// backedUpBy is the open backup of the cell whose backup ended badly; nil: none is.
func backedUpBy(snap *board.Snapshot, ended *model.Job) *model.Job {
	if ended.Outcome.Open() || !ended.HasCell || ended.Type != model.TypeBackup {
		return nil
	}
	for _, v := range snap.Clusters {
		for i := range v.Open {
			if j := &v.Open[i]; j.HasCell && j.Cell == ended.Cell && j.Type == model.TypeBackup && j.Outcome.Open() {
				return j
			}
		}
	}
	return nil
}

// jobEnd is how a job stands or ended, in w columns.
func jobEnd(sc *scene, j *model.Job, w int) []draw.Piece {
	glyph, role := jobGlyph(j)
	word := j.Outcome.String()
	when := clock(sc.minute, j.When())
	switch {
	case j.Outcome == model.Running:
		word, when = "running, "+percentOf(j)+" %, "+model.Size(jobBytes(j)), ""
		if !j.Progress.At.IsZero() && j.Progress.Left >= 0 {
			when = "about " + exactSpan(j.Progress.Left) + " left"
		}
	case j.Outcome.Open():
		word, when = waitsFor(j), ""
	case j.Hollow():
		word = j.HollowWord() + ", took " + exactSpan(j.Took())
	case j.Outcome.Good():
		word += ", " + model.Size(j.Bytes) + ", took " + exactSpan(j.Took())
	}
	head := []draw.Piece{draw.As(role, glyph+" ")}
	if !j.Outcome.Open() {
		head = append(head, draw.As(themes.Muted, fit(when, 13)))
		when = ""
	}
	note := model.Plainly(j.Note)
	if j.Outcome.Open() {
		note = ""
	}
	choices := [][]string{{word, when, note}, {word, note}}
	if j.Outcome == model.Failed && note != "" { // its mark says that already
		choices = append(choices, []string{note}, []string{model.Curtly(note)})
	}
	return append(head, draw.As(role, fitting(w-draw.PiecesWidth(head), choices...)))
}

// newestJobs are the newest of a cell on one cluster that a snapshot holds, open ones first, at most n.
func newestJobs(snap *board.Snapshot, c model.Cell, k model.Cluster, n int) (out []*model.Job) {
	v := snap.Clusters[k]
	if v == nil {
		return nil
	}
	take := func(j *model.Job) {
		if j != nil && j.HasCell && j.Cell == c && !slices.ContainsFunc(out, func(o *model.Job) bool { return o.Key == j.Key }) {
			out = append(out, j)
		}
	}
	for _, part := range [][]model.Job{v.Open, v.Recent, v.Bad} {
		for i := range part {
			take(&part[i])
		}
	}
	if cell := snap.Cell(c); cell != nil {
		take(cell.On[k].Last)
		take(cell.On[k].LastGood)
	}
	slices.SortStableFunc(out, func(a, b *model.Job) int {
		switch {
		case a.Outcome.Open() != b.Outcome.Open():
			return map[bool]int{true: -1, false: 1}[a.Outcome.Open()]
		case a.Outcome.Open():
			return 0
		}
		return b.When().Compare(a.When())
	})
	return out[:min(len(out), n)]
}

// fit is a text in exactly w columns.
func fit(text string, w int) string {
	text = draw.Cut(text, w)
	return text + strings.Repeat(" ", max(0, w-draw.Width(text)))
}

// seen tells whether a link is on the screen.
func (g *pager) seen(i int) bool {
	return g.links[i].line >= g.top && g.links[i].line < g.top+g.height
}

// at is the selected link: the one that a person chose, else the first on the screen; -1 when there is none, or when the chosen one left.
func (g *pager) at() int {
	if g.sel != "" {
		i := slices.IndexFunc(g.links, func(l link) bool { return l.key == g.sel })
		if i < 0 || g.seen(i) {
			return i
		}
	}
	for i := range g.links {
		if g.seen(i) {
			return i
		}
	}
	return -1
}

// walk goes to the next link in its direction, and scrolls where there is none.
func (g *pager) walk(n int) {
	if len(g.links) == 0 {
		g.scroll(n)
		return
	}
	i := g.at()
	if i < 0 {
		g.sel = "" // the first move lands on what can be seen
		if i = g.at(); i < 0 {
			g.scroll(n)
			return
		}
		g.sel = g.links[i].key
		return
	}
	next := i + max(-1, min(n, 1))
	if next < 0 || next >= len(g.links) {
		g.scroll(n)
		return
	}
	if !g.seen(next) {
		g.scroll(n)
	}
	if g.seen(next) {
		g.sel = g.links[next].key
	}
}

// choosing is a page on which a link is selected before a person chooses: by its key; empty: it is not known yet.
type choosing interface{ choice() string }

// choose selects what the page chooses, once.
func (g *pager) choose() {
	c, ok := g.shows.(choosing)
	if !ok || g.chose || g.sel != "" || c.choice() == "" {
		return
	}
	g.chose = true
	g.pick(c.choice())
}

// pick selects a link, and brings it onto the screen.
func (g *pager) pick(key string) {
	i := slices.IndexFunc(g.links, func(l link) bool { return l.key == key })
	if i < 0 {
		return
	}
	if g.sel = key; !g.seen(i) {
		g.top = 0
		g.scroll(g.links[i].line - g.height/2)
	}
}

// opens is the page that enter opens; nil when there is none.
func (g *pager) opens() page {
	if i := g.at(); i >= 0 {
		return g.links[i].to()
	}
	return nil
}
