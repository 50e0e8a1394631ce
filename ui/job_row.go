package ui

import (
	"cmp"
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// jobColumns are the widths of a job row; 0 leaves a column out. What is not running writes its story over the columns of what runs.
type jobCols struct {
	id, name                                         int
	level, percent, left, rate, size, start, storage int
	narrow                                           bool
}

// jobColumns shares w columns out. The same width always gives the same columns, so rows never move sideways.
func jobColumns(w, idW int) jobCols {
	c := jobCols{id: max(5, min(idW, 8)), narrow: w < 50}
	level, percent, left := 6, 4, 8
	switch {
	case c.narrow:
		c.name = max(10, w*2/5)
		level, percent, left = 5, 4, 6
	case w < 66:
		c.name = 22
	default:
		c.name = min(40, w*2/5)
	}
	room := w - 1 - c.id - 1 - c.name - 1
	if !c.narrow {
		room--
	}
	for _, f := range []struct {
		to *int
		w  int
	}{{&c.percent, percent}, {&c.left, left}, {&c.level, level}, {&c.rate, 11}, {&c.size, 8}, {&c.start, 13}, {&c.storage, 14}} {
		if room < f.w {
			break
		}
		*f.to = f.w
		room -= f.w
	}
	return c
}

func (c jobCols) head(p *draw.Pen) {
	p.Put(themes.Muted, " ")
	p.ColumnRight(themes.Muted, "JobId", c.id)
	p.Pad(1)
	p.Column(themes.Muted, "cell", c.name)
	p.Pad(1)
	if c.level > 0 {
		p.Column(themes.Muted, "what", c.level)
	}
	for _, f := range []struct {
		w    int
		word string
	}{{c.percent, "%"}, {c.left, "left"}, {c.rate, "rate"}, {c.size, "bytes"}, {c.start, "start"}} {
		if f.w > 0 {
			p.ColumnRight(themes.Muted, f.word, f.w)
		}
	}
	if c.storage > 0 {
		p.Pad(1)
		p.Column(themes.Muted, "storage", c.storage-1)
	}
}

func (c jobCols) row(p *draw.Pen, sc *scene, j *model.Job) {
	p.ColumnRight(themes.Muted, strconv.FormatUint(uint64(j.ID), 10), c.id)
	p.Pad(1)
	p.Column(themes.Text, jobName(sc, j, c.narrow), c.name)
	p.Pad(1)
	switch {
	case j.Outcome == model.Running:
		c.running(p, sc, j)
	case j.Outcome == model.Stuck:
		p.Put(themes.Fail, "▲ STUCK "+waitsFor(j))
	case j.Outcome.Open():
		p.Put(themes.Muted, waitsFor(j))
	default:
		c.ended(p, sc, j)
	}
}

// jobName is what a job works on: its cell, and for a restore where to; else the Job resource's name.
func jobName(sc *scene, j *model.Job, narrow bool) string {
	switch {
	case j.Type == model.TypeRestore && j.HasCell:
		return j.Cell.Chain + " → " + j.Client
	case j.Type == model.TypeRestore:
		return j.Name + " → " + j.Client
	case j.HasCell:
		return sc.sum.cellName(j.Cell, narrow)
	}
	return j.Name
}

// jobWhat is the level of a backup, or what else a job does.
func jobWhat(j *model.Job) string {
	switch j.Type {
	case model.TypeBackup:
		return j.Level.String()
	case model.TypeRestore:
		return "RESTORE"
	}
	return j.Type.String()
}

func waitsFor(j *model.Job) string {
	if j.Note != "" && !j.Status.Known() {
		return j.Note
	}
	return j.Status.String()
}

func (c jobCols) running(p *draw.Pen, sc *scene, j *model.Job) {
	what := jobWhat(j)
	w := c.level
	switch {
	case j.Type == model.TypeRestore && c.level+c.percent >= 10:
		w = 8
	case j.Type == model.TypeRestore:
		what = "REST"
	}
	if c.level > 0 {
		p.Column(themes.Text, what, w)
	}
	p.ColumnRight(themes.Text, percentOf(j), c.level+c.percent-w)
	if c.left > 0 {
		left := "-"
		if !j.Progress.At.IsZero() && j.Progress.Left >= 0 {
			if left = model.Age(j.Progress.Left); c.narrow {
				left = short(left)
			}
		}
		p.ColumnRight(themes.Text, left, c.left)
	}
	if c.rate > 0 {
		rate := "-"
		if j.Progress.Rate > 0 {
			rate = model.Size(j.Progress.Rate) + "/s"
		}
		p.ColumnRight(themes.Text, rate, c.rate)
	}
	if c.size > 0 {
		p.ColumnRight(themes.Text, model.Size(jobBytes(j)), c.size)
	}
	if c.start > 0 {
		p.ColumnRight(themes.Muted, clock(sc.minute, j.Start), c.start)
	}
	if c.storage > 0 {
		p.Pad(1)
		p.Column(themes.Muted, j.Storage, c.storage-1)
	}
}

// percentOf is how far a running job is, "?" while its Storage Daemon or its history do not tell.
func percentOf(j *model.Job) string {
	if j.Progress.At.IsZero() || j.Progress.Percent < 0 {
		return "?"
	}
	return strconv.Itoa(j.Progress.Percent)
}

// ended tells a finished job in as many facts as fit: the verdict first, then why or how much, then when.
func (c jobCols) ended(p *draw.Pen, sc *scene, j *model.Job) {
	when := clock(sc.minute, j.When())
	if j.End.IsZero() {
		when = "began " + when
	}
	size := model.Size(j.Bytes)
	switch {
	case j.Hollow():
		p.Put(themes.Fail, "✗ "+j.HollowWord()+" ")
		p.Put(themes.Text, fitting(p.Left(), []string{j.HollowSays(), when}, []string{j.HollowSays()}, []string{when}))
		return
	case j.Misdated():
		p.Put(themes.Warn, "! ")
		p.Put(themes.Text, fitting(p.Left(), []string{j.Doubt.String(), "it counts for nothing"}, []string{j.Doubt.String()}))
		return
	case j.ByBacula():
		p.Put(themes.Fail, "✗ CANCELED ")
		p.Put(themes.Text, fitting(p.Left(), []string{model.Plainly(j.Note), when}, []string{model.Plainly(j.Note)}))
		return
	}
	switch j.Outcome {
	case model.OK:
		p.Put(themes.Good, "✓ ")
		p.Put(themes.Muted, fitting(p.Left(), []string{size, model.Age(j.Took()), when}, []string{size, when}, []string{when}))
	case model.Warned:
		p.Put(themes.Warn, "! ")
		p.Put(themes.Text, fitting(p.Left(), []string{size, "warned: " + j.Note, when}, []string{size, "warned", when},
			[]string{"warned", when}, []string{when}))
	case model.Failed:
		p.Put(themes.Fail, "✗ FAILED ")
		why := cmp.Or(model.Plainly(j.Note), j.Status.String())
		p.Put(themes.Text, fitting(p.Left(), []string{why, when}, []string{why}))
	case model.Lost:
		p.Put(themes.Fail, "✗ LOST ")
		p.Put(themes.Text, fitting(p.Left(), []string{cmp.Or(j.Note, "the Director forgot it"), when},
			[]string{cmp.Or(j.Note, "the Director forgot it")}))
	default:
		p.Put(themes.Text, "○ ")
		p.Put(themes.Muted, fitting(p.Left(), []string{j.Outcome.String(), j.Note, when}, []string{j.Outcome.String(), when}))
	}
}

// fitting joins the first choice that fits; the last one is taken whatever its width.
func fitting(room int, choices ...[]string) string {
	s := ""
	for _, c := range choices {
		parts := c[:0:0]
		for _, f := range c {
			if f != "" && !strings.HasSuffix(f, ": ") {
				parts = append(parts, f)
			}
		}
		if s = strings.Join(parts, ", "); draw.Width(s) <= room {
			return s
		}
	}
	return s
}

func some(r themes.Role, n int, word string) []draw.Piece {
	if n == 0 {
		return nil
	}
	return []draw.Piece{draw.As(r, " "+draw.Count(n)+word)}
}

// hollow tells of the newest backup of a cell that it is hollow: nobody has mended that.
func (c *clusterPane) hollow(sc *scene, j *model.Job) bool {
	if !j.HasCell || j.Type != model.TypeBackup || !j.Hollow() {
		return false
	}
	v := sc.snap.Cell(j.Cell)
	return v != nil && v.On[c.cluster].Last != nil && v.On[c.cluster].Last.ID == j.ID
}

// jobRank puts first what a person must do something about, then what moves, then what waits, then what is over.
func jobRank(j *model.Job, unmended bool) int {
	switch {
	case j.Outcome == model.Stuck:
		return 0
	case unmended:
		return 1
	case j.Outcome == model.Running:
		return 2
	case j.Outcome.Open():
		return 3
	}
	return 4
}
