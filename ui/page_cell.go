package ui

import (
	"cmp"
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// cellPage is one cell with both clusters' standing.
type cellPage struct {
	ways
	cell  model.Cell
	alert *board.Alert
}

func (c *cellPage) about(*board.Snapshot) subject { return subject{cell: &c.cell} }

func (c *cellPage) which() any { return c.cell }

func (c *cellPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "CELL "), draw.As(themes.Text, c.cell.String())}
}

func (c *cellPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	v := sc.snap.Cell(c.cell)
	if v == nil {
		s.prose(themes.Warn, "The inventory does not name "+c.cell.String()+" any more.")
		return s.out
	}
	alertHead(s, sc, c.alert)
	if a := c.alert; a != nil && a.Job != nil && sc.snap.Job(*a.Job) != nil {
		s.jobLine(sc, sc.snap.Job(*a.Job), true)
		s.gap()
	}
	cellHealth(s, v)
	newest := cellJobs
	if w < 100 {
		newest = (cellJobs + 1) / 2
	}
	for _, k := range model.Clusters {
		jobs := newestJobs(sc.snap, c.cell, k, newest)
		if len(jobs) == 0 {
			continue
		}
		s.add(draw.As(themes.Title, "newest jobs on "+strings.ToUpper(k.String())))
		for _, j := range jobs {
			s.jobLine(sc, j, false)
		}
	}
	s.gap()
	s.fact("on", map[string]string{"both": "both clusters", "none": "no Director has a job for it",
		"?": "not known yet"}[v.Route().String()])
	if o := v.Route().String(); o == "blue" || o == "green" {
		s.fact("on", o+" only")
	} else if strings.HasSuffix(o, "?") && o != "?" {
		s.fact("on", strings.TrimSuffix(o, "?")+"; the other cluster was not asked yet")
	}
	s.fact("routes say", map[string]string{"both": "both clusters take it", "blue": "blue alone takes it", "green": "green alone takes it",
		"none": "nobody takes it: a gap"}[v.DesiredWord()])
	s.fact("tier", strconv.Itoa(v.Tier)+" (tier 1 is restored first)")
	if v.Promise > 0 {
		s.fact("promise", "its newest good backup is never older than "+exactSpan(v.Promise))
	}
	if v.FullPromise > 0 {
		s.fact("", "its newest good full one is never older than "+exactSpan(v.FullPromise))
	}
	if b := v.Breaks(); !b.IsZero() {
		_, role := breaksText(sc.minute, b)
		word := "breaks"
		if !b.After(sc.minute) {
			word = "broke"
		}
		s.factIn(role, word, moment(sc, b))
	}
	for _, k := range model.Clusters {
		s.head(strings.ToUpper(k.String()))
		standingFacts(s, sc, v, k)
	}
	c.links = s.links
	return s.out
}

// cellJobs is how many jobs of a cell on one cluster its page lists.
const cellJobs = 6

func cellHealth(s *story, v *board.CellView) {
	glyph, role := healthGlyph(v.Health)
	s.factIn(role, "cell is", glyph+" "+v.Health.String()+": "+cmp.Or(v.Says, "nothing more is known"))
}

// standingFacts tells one cell on one cluster.
func standingFacts(s *story, sc *scene, v *board.CellView, k model.Cluster) {
	st := &v.On[k]
	routed := map[model.Verdict]string{model.Holds: "yes, the active Director has its job", model.Fails: "no, the active Director has no " +
		"job for it",
		model.Unknown: "not known: the Director was not asked yet"}[st.Has]
	if st.Off {
		routed = "no, its job is switched off: the active Director does not start it by itself"
	}
	s.fact("routed", routed)
	for place, at := range st.At {
		switch v.DriftsOn(k, place) {
		case board.Lacks:
			s.factIn(themes.Warn, "drift", "the routes give the cell to "+k.String()+", and "+directorName(sc.snap, k, place)+
				" does not start it: "+at.Why.String())
		case board.TooMany:
			s.factIn(themes.Warn, "drift", "the routes do not give the cell to "+k.String()+", and "+directorName(sc.snap, k, place)+" starts it")
		case board.NotAdrift:
		}
	}
	goodFacts(s, sc, v, k)
	if st.Median > 0 {
		s.fact("median", model.Size(st.Median)+" at this level")
	}
	lastFacts(s, sc, v, st)
	if st.Canceled > 1 {
		s.factIn(themes.Warn, "canceled", draw.Count(st.Canceled)+" of the newest in a row")
	}
	if j := st.Open; j != nil {
		if live := sc.snap.Job(j.Key); live != nil { // it is looked at more often than the cell is judged
			j = live
		}
		text := j.Status.String()
		if j.Outcome == model.Running {
			text = "running, " + percentOf(j) + " %, " + model.Size(jobBytes(j))
		}
		s.leadsToJob(j.Key)
		s.fact("now", text+", job "+strconv.FormatUint(uint64(j.ID), 10))
	}
	switch {
	case st.Streak > 0:
		s.fact("streak", draw.Count(st.Streak)+" good in a row")
	case st.Streak < 0:
		s.factIn(themes.Fail, "streak", draw.Count(-st.Streak)+" bad in a row")
	}
	if st.Missed > 0 {
		s.factIn(
			themes.Fail,
			"missed",
			plural(st.Missed, "due time")+" of the last 7 days that no job answered, the newest "+moment(sc, st.MissedAt),
		)
	}
	if !st.Read {
		s.fact("", k.String()+"'s catalog was not read yet: what it has besides is not known")
	}
	provenFacts(s, sc, v.Cell, k)
	s.fact("next due", moment(sc, st.Due))
}

// goodFacts are the newest good backup on one cluster, and whether it is protected.
func goodFacts(s *story, sc *scene, v *board.CellView, k model.Cluster) {
	st := &v.On[k]
	j := st.LastGood
	if j == nil {
		s.fact("last good", "none known")
		return
	}
	good := coarse(sc.minute, j.When()) + " old, " + model.Size(j.Bytes)
	if st.Ratio > 0 {
		good += ", " + ratioText(st.Ratio) + " of its median"
	}
	s.leadsToJob(j.Key)
	s.fact("last good", good+", job "+strconv.FormatUint(uint64(j.ID), 10))
	s.fact("", moment(sc, j.When())+", "+jobWhat(j)+", took "+exactSpan(j.Took()))
	if j.Outcome == model.Warned {
		s.factIn(themes.Warn, "warnings", cmp.Or(j.Note, j.Warnings()+": its log tells them"))
	}
	switch j.Protected {
	case model.Holds:
		s.fact("volumes", "protected")
	case model.Fails:
		s.factIn(themes.Fail, "volumes", "not protected: this backup can be deleted")
	case model.Unknown:
		if v.Cell.Kind == model.Immutable {
			s.fact("volumes", "unknown: "+k.String()+"'s catalog does not tell whether they are protected")
		}
	}
}

// lastFacts are the newest try and the newest Full, where they are other jobs than the newest good one.
func lastFacts(s *story, sc *scene, v *board.CellView, st *board.Standing) {
	if j := st.Last; j != nil && (st.LastGood == nil || j.Key != st.LastGood.Key) {
		glyph, role := jobGlyph(j)
		s.leadsToJob(j.Key)
		s.factIn(role, "last", glyph+" "+j.Outcome.String()+" "+moment(sc, j.When())+", job "+strconv.FormatUint(uint64(j.ID), 10))
		s.factIn(role, "", j.Note)
		if j.Outcome.Good() && st.Doubt != model.NotJudged {
			s.factIn(themes.Fail, "", "it is not a good backup: "+st.Doubt.String()+", "+draw.Count(int(j.Files))+" files, "+model.Size(j.Bytes))
		}
	}
	if j := st.LastFull; j != nil && v.FullPromise > 0 && (st.LastGood == nil || j.Key != st.LastGood.Key) {
		s.fact("last full", coarse(sc.minute, j.When())+" old, "+model.Size(j.Bytes)+", job "+strconv.FormatUint(uint64(j.ID), 10))
	}
}
