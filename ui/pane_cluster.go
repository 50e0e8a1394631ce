package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// clusterPane is BLUE or GREEN: what runs, what waits, what failed, what ended.
type clusterPane struct {
	rows[model.JobKey]
	cluster model.Cluster
	jobs    []jobRow // beside keys
	counts  [model.Lost + 1]int
	idW     int
}

type jobRow struct {
	*model.Job
	rank int
}

func newClusterPane(c model.Cluster) *clusterPane {
	p := &clusterPane{cluster: c}
	p.names = []string{"urgency", "jobid", "name", "status", "size", "left", "when"}
	return p
}

func (c *clusterPane) name() string { return c.cluster.String() }
func (c *clusterPane) lines() rower { return c }

func (c *clusterPane) role() themes.Role {
	if c.cluster == model.Green {
		return themes.Green
	}
	return themes.Blue
}

func (c *clusterPane) view(sc *scene) *board.ClusterView { return sc.snap.Clusters[c.cluster] }

func (c *clusterPane) title(sc *scene) []draw.Piece {
	ps := c.titled([]draw.Piece{draw.As(themes.Key, strconv.Itoa(int(c.cluster)+1)), draw.As(c.role(), " "+strings.ToUpper(c.name()))})
	v := c.view(sc)
	if v == nil {
		return ps
	}
	for _, d := range v.Directors {
		switch version, _, _ := strings.Cut(d.Version, " "); {
		case d.Active && version == "":
			ps = append(ps, draw.As(themes.Text, "  "+d.Name))
		case d.Active:
			ps = append(ps, draw.As(themes.Text, "  "+d.Name), draw.As(themes.Muted, "  Bacula "+version))
		case d.Works:
			ps = append(ps, draw.As(themes.Warn, "  "+d.Name+" runs jobs"))
		case d.Acts:
			ps = append(ps, draw.As(themes.Warn, "  "+d.Name+" schedules"))
		}
	}
	return ps
}

func (c *clusterPane) fresh(sc *scene) freshness {
	return freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates && s.Source.Of(c.cluster) })
}

// troubles are the sources of a pane that do not answer now.
func troubles(sc *scene, of func(*board.Sighting) bool) []*board.Sighting {
	var bad []*board.Sighting
	for i := range sc.snap.Seen {
		if s := &sc.snap.Seen[i]; s.Why != "" && of(s) {
			bad = append(bad, s)
		}
	}
	return bad
}

// troubleText is what a drawing of troubles depends on.
func troubleText(bad []*board.Sighting) string {
	text := ""
	for _, s := range bad {
		text += s.Source.String() + s.Why + s.Since.String()
	}
	return text
}

// inPane is a source's name without that of the pane which tells of it.
func inPane(s model.Source) string {
	_, name, ok := strings.Cut(s.String(), " ")
	if !ok || s.Kind == model.SourceMetrics {
		return s.String()
	}
	return name
}

func troublePieces(sc *scene, s *board.Sighting) []draw.Piece {
	ps := []draw.Piece{draw.As(themes.Warn, " ! "+inPane(s.Source)+": "+model.CauseThenWhere(s.Why))}
	if !s.Since.IsZero() {
		ps = append(ps, draw.As(themes.Muted, ", since "+clock(sc.minute, s.Since)))
	}
	return ps
}

func (c *clusterPane) troubles(sc *scene) []*board.Sighting {
	return troubles(sc, func(s *board.Sighting) bool { return s.Source.Of(c.cluster) })
}

func (c *clusterPane) state(sc *scene) any {
	return [6]any{c.view(sc), c.rev, c.fresh(sc).state, troubleText(c.troubles(sc)), c.view(sc) == nil && len(sc.snap.Seen) > 0, sc.gone}
}

func (c *clusterPane) refresh(sc *scene) {
	v := c.view(sc)
	if !c.stale([2]any{v, identity(sc.snap.Cells)}) { // a newer backup on the other cluster may mend a failure of this one
		return
	}
	c.jobs, c.counts, c.of, c.idW = c.jobs[:0], [model.Lost + 1]int{}, 0, 3
	if v == nil {
		c.set(nil)
		return
	}
	unmended := v.Unmended(sc.snap.Cells)
	older := olderBad(v, sc.minute)
	c.cut = ""
	if len(v.Recent) >= board.RecentJobs {
		c.cut = "newest " + draw.Count(board.RecentJobs) + " ended, 24 h of failures"
	}
	for _, part := range [][]model.Job{v.Open, v.Recent, older} {
		for i := range part {
			j := &part[i]
			c.of++
			c.counts[min(j.Outcome, model.Lost)]++
			c.idW = max(c.idW, len(strconv.FormatUint(uint64(j.ID), 10)))
			if c.filter.on() &&
				!c.filter.keeps(statesOf(j), j.Key.Job, j.Name, j.Cell.Chain, j.Cell.Region, j.Cell.Kind.String(), j.Client, j.Storage,
					j.Outcome.String(),
					j.Status.String(), j.Level.String(), j.Type.String(), strconv.FormatUint(uint64(j.ID), 10), j.Note) {
				continue
			}
			c.jobs = append(c.jobs, jobRow{j, jobRank(j, unmended[j.ID] || c.hollow(sc, j))})
		}
	}
	slices.SortStableFunc(c.jobs, func(a, b jobRow) int {
		n := c.compare(a, b)
		if c.back {
			n = -n
		}
		return cmp.Or(n, cmp.Compare(a.rank, b.rank))
	})
	keys := make([]model.JobKey, len(c.jobs))
	for i, j := range c.jobs {
		keys[i] = j.Key
	}
	c.set(keys)
}

// olderBad are the jobs of the last 24 hours that are not OK and that the newest ones have passed by.
func olderBad(v *board.ClusterView, now time.Time) []model.Job {
	if len(v.Recent) < board.RecentJobs {
		return nil
	}
	recent := make(map[string]bool, len(v.Recent))
	for i := range v.Recent {
		recent[v.Recent[i].Key.Job] = true
	}
	var out []model.Job
	for i := range v.Bad {
		if j := &v.Bad[i]; now.Sub(j.When()) <= 24*time.Hour && !recent[j.Key.Job] {
			out = append(out, *j)
		}
	}
	return out
}

func (c *clusterPane) compare(a, b jobRow) int {
	switch c.names[c.by] {
	case "jobid":
		return cmp.Compare(a.ID, b.ID)
	case "name":
		return cmp.Or(a.Cell.Compare(b.Cell), strings.Compare(a.Name, b.Name))
	case "status":
		return cmp.Compare(a.Outcome, b.Outcome)
	case "size":
		return cmp.Compare(jobBytes(a.Job), jobBytes(b.Job))
	case "left":
		return cmp.Compare(leftKey(a.Job), leftKey(b.Job))
	case "when":
		return a.When().Compare(b.When())
	}
	return cmp.Compare(a.rank, b.rank)
}

func leftKey(j *model.Job) int64 {
	if j.Outcome != model.Running || j.Progress.At.IsZero() || j.Progress.Left < 0 {
		return 1 << 62
	}
	return int64(j.Progress.Left)
}

func jobBytes(j *model.Job) uint64 {
	if j.Outcome.Open() && !j.Progress.At.IsZero() {
		return j.Progress.Bytes
	}
	return j.Bytes
}

func (c *clusterPane) job() *model.Job {
	if _, ok := c.current(); !ok || c.at >= len(c.jobs) {
		return nil
	}
	return c.jobs[c.at].Job
}

func (c *clusterPane) open(*scene) page {
	if j := c.job(); j != nil {
		return &jobPage{key: j.Key}
	}
	return nil
}

func (c *clusterPane) text(*scene) string {
	j := c.job()
	if j == nil {
		return ""
	}
	return strconv.FormatUint(uint64(j.ID), 10) + " " + j.Key.Cluster.String() + " " + j.Key.Job
}

func (c *clusterPane) draw(sc *scene, w, h int, focused bool) []string {
	v := c.view(sc)
	p := draw.NewPen(sc.st, w)
	if v == nil {
		return c.waiting(p, sc, w, h)
	}
	p.Faded = c.fresh(sc).state != board.Live
	lines := make([]string, 0, h)
	emit := func() { lines = append(lines, p.Done()); p.Start(w) }
	if why := v.Catalog.WhyNoWrites(); why != "" {
		if v.Catalog.TakesWrites() == model.Fails {
			p.Put(themes.Fail, " ✗ catalog "+why)
		} else {
			p.Put(themes.Warn, " ! catalog "+why)
		}
		emit()
	}
	for _, s := range c.troubles(sc) {
		if len(lines) >= max(1, h/4) {
			break
		}
		p.Pieces(troublePieces(sc, s))
		emit()
	}
	c.tally(p, sc, v)
	emit()
	restores := h >= 11 && v.Day.Read && v.Day.Restores.Total() > 0
	room := h - len(lines)
	if restores {
		room--
	}
	cols := jobColumns(w, c.idW)
	if room >= 6 {
		cols.head(p)
		emit()
		room--
	}
	if len(c.keys) == 0 && room > 0 {
		none := "no jobs in the last day"
		if !v.Day.Read {
			none = "its catalog was not read yet"
		}
		none = emptyRows(c.filter.text, none)
		if c.filter.asks == isMissed {
			none = "a run that was missed is no job: 3 has its cell"
		}
		p.Put(themes.Muted, "  "+none)
		emit()
		room--
	}
	from, to := c.window(room)
	faded := p.Faded
	for i := from; i < to; i++ {
		p.Faded = faded
		c.begin(p, i, focused)
		p.Faded = faded || sc.gone != nil && (!c.jobs[i].HasCell || sc.spared(c.jobs[i].Cell))
		cols.row(p, sc, c.jobs[i].Job)
		emit()
	}
	p.Faded = faded
	if restores {
		for len(lines) < h-1 {
			emit()
		}
		p.Put(themes.Muted, " restores 24 h:")
		p.Pieces(tallyPieces(v.Day.Restores, p.Left()))
		emit()
	}
	return lines
}

// waiting names the sources that have to answer before there is anything to show.
func (c *clusterPane) waiting(p *draw.Pen, sc *scene, w, h int) []string {
	var lines []string
	for i := range sc.snap.Seen {
		s := &sc.snap.Seen[i]
		if !s.Source.Of(c.cluster) || len(lines) >= h {
			continue
		}
		p.Start(w)
		if s.Why != "" {
			p.Put(themes.Warn, " ! "+inPane(s.Source)+": "+model.CauseThenWhere(s.Why))
		} else {
			p.Put(themes.Muted, " ○ "+inPane(s.Source)+": no answer yet")
		}
		lines = append(lines, p.Done())
	}
	return lines
}

func emptyRows(filter, none string) string {
	if filter != "" {
		return "nothing matches /" + filter
	}
	return none
}

// tally is the line of counts: what is open now, and the last 24 hours. What was never read is no zero.
func (c *clusterPane) tally(p *draw.Pen, sc *scene, v *board.ClusterView) {
	n := c.counts
	if c.heard(sc, v) {
		p.Put(themes.Text, " run "+strconv.Itoa(n[model.Running])+" wait "+strconv.Itoa(n[model.Waiting]+v.OpenMore))
	} else {
		p.Put(themes.Muted, " run ? wait ?")
	}
	if n[model.Stuck] > 0 {
		p.Put(themes.Fail, " stuck "+strconv.Itoa(n[model.Stuck]))
	}
	last := "   24 h:"
	if p.Left() < 36 {
		last = "  24h"
	}
	if p.Put(themes.Muted, last); !v.Day.Read {
		p.Put(themes.Muted, " ?")
		return
	}
	p.Pieces(tallyPieces(v.Day.Backups, p.Left()))
}

// heard tells whether anybody told what is open on the cluster: its catalog, whose window was read, or a Director.
func (c *clusterPane) heard(sc *scene, v *board.ClusterView) bool {
	return v.Day.Read ||
		slices.ContainsFunc(sc.snap.Seen, func(s board.Sighting) bool { return s.Source.Of(c.cluster) && s.Gates && !s.At.IsZero() })
}

// tallyPieces says the endings of a window in w columns, severities in their colour and always with a word or glyph. What is
// zero is left out first, then words become glyphs, then the rate goes.
func tallyPieces(t board.Tally, w int) []draw.Piece {
	failed := t.Failed + t.Lost
	good := []draw.Piece{draw.As(themes.Text, " "+draw.Count(t.OK)+" ok")}
	words := append(some(themes.Warn, t.Warned, " warn"), some(themes.Fail, failed, " FAIL")...)
	words = append(append(words, some(themes.Text, t.Canceled, " canceled")...), some(themes.Fail, t.Missed, " MISSED")...)
	var zeros, rate []draw.Piece
	if failed == 0 {
		zeros = append(zeros, draw.As(themes.Muted, " 0 failed"))
	}
	if t.Missed == 0 {
		zeros = append(zeros, draw.As(themes.Muted, " 0 missed"))
	}
	if r, due := t.Rate(); due {
		rate = []draw.Piece{draw.As(themes.Text, " "+draw.Percent(r))}
	}
	glyphs := append(some(themes.Warn, t.Warned, "!"), some(themes.Fail, failed, "✗")...)
	glyphs = append(glyphs, some(themes.Fail, t.Missed, " missed")...)
	short := []draw.Piece{draw.As(themes.Text, " "+draw.Count(t.OK))}
	for _, parts := range [][][]draw.Piece{{good, words, zeros, rate}, {good, words, rate}, {good, glyphs, rate}, {short, glyphs, rate},
		{short, glyphs}} {
		if all := slices.Concat(parts...); draw.PiecesWidth(all) <= w {
			return all
		}
	}
	return glyphs
}
