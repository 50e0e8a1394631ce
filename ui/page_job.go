package ui

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// jobPage is everything known of one job, its log included.
type jobPage struct {
	ways
	key   model.JobKey
	last  *model.Job // as last seen: a job may leave the snapshot while it is read
	log   answer
	alert *board.Alert
}

func (j *jobPage) about(snap *board.Snapshot) subject {
	s := subject{job: &j.key, on: &j.key.Cluster}
	if live := snap.Job(j.key); live != nil && live.HasCell {
		s.cell = &live.Cell
	}
	return s
}

func (j *jobPage) which() any { return j.key }

func (j *jobPage) title(*scene) []draw.Piece {
	role := themes.Blue
	if j.key.Cluster == model.Green {
		role = themes.Green
	}
	id := ""
	if j.last != nil {
		id = " " + strconv.FormatUint(uint64(j.last.ID), 10)
	}
	return []draw.Piece{draw.As(themes.Title, "JOB"+id), draw.As(themes.Muted, " on "),
		draw.As(role, strings.ToUpper(j.key.Cluster.String()))}
}

func (j *jobPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	job := sc.snap.Job(j.key)
	if job != nil {
		j.last = job
	}
	if j.last == nil {
		s.prose(themes.Warn, "No source knows "+j.key.Job+" any more.")
		return s.out
	}
	alertHead(s, sc, j.alert)
	facts(s, sc, j.last)
	if why := j.log.firstError(); why != "" && !j.last.Outcome.Good() && (j.last.Note == "" || !strings.Contains(why, j.last.Note)) {
		s.factIn(themes.Fail, "first error", why)
	}
	if job == nil {
		s.factIn(themes.Warn, "note", "it has left what is shown; these are its last known facts")
	}
	if v := sc.snap.Cell(j.last.Cell); j.last.HasCell && v != nil {
		told := *v
		if note := j.last.Note; note != "" { // it stands above already
			told.Says = strings.Replace(told.Says, ": "+note, "", 1)
		}
		cellHealth(s, &told)
	}
	j.log.tell(s, "log", "the catalog", "The catalog holds no log of this job.", logRole)
	j.links = s.links
	return s.out
}

func alertHead(s *story, sc *scene, a *board.Alert) {
	if a == nil {
		return
	}
	glyph, role := severityGlyph(a.Severity)
	if !hasAlert(sc.snap, a.ID) {
		glyph, role = "✓ over:", themes.Good
	}
	s.prose(role, glyph+" "+a.Says)
	if a.Do != "" {
		s.fact("do", a.Do)
	}
	if !a.Since.IsZero() {
		s.fact("since", stamp(sc.now, a.Since))
	}
	if is := alertOf(sc.snap, a.ID); is != nil && is.Acked != nil {
		s.fact("let be", ackSays(sc, is.Acked))
	}
	s.gap()
}

func facts(s *story, sc *scene, j *model.Job) {
	s.fact("job", j.Key.Job)
	if j.HasCell {
		s.leadsToCell(j.Cell)
		s.fact("cell", j.Cell.String())
	} else {
		s.fact("cell", "none: the name "+j.Name+" maps to no cell of the inventory")
	}
	glyph, role := jobGlyph(j)
	word := j.Outcome.String()
	if role == themes.Fail {
		word = strings.ToUpper(word)
	}
	letter := ""
	if j.Status != 0 {
		letter = " (" + j.Status.String() + ", " + string(rune(j.Status)) + ")"
		if !j.Status.Known() { // its byte may be anything
			letter = " (" + j.Status.String() + ")"
		}
	}
	if j.Hollow() {
		letter += ": " + j.HollowSays()
	}
	if j.Misdated() {
		letter += ": " + j.Doubt.String() + ", so that it counts for nothing"
	}
	s.factIn(role, "outcome", strings.TrimSpace(glyph+" "+word)+letter)
	s.factIn(role, "why", j.Note)
	s.fact("type", j.Type.String()+", level "+j.Level.String())
	s.fact("client", j.Client)
	s.fact("storage", j.Storage)
	s.fact("due", moment(sc, j.Sched))
	s.fact("started", moment(sc, j.Start))
	s.fact("ended", moment(sc, j.End))
	if t := j.Took(); t > 0 {
		s.fact("took", exactSpan(t))
	}
	if j.Outcome == model.Running {
		progressFacts(s, sc, j)
	} else if j.Files > 0 || j.Bytes > 0 || !j.Outcome.Open() {
		s.fact("files", draw.Count(int(j.Files)))
		s.fact("bytes", model.Size(j.Bytes)+rateOf(j))
	}
	if j.Errors > 0 {
		s.factIn(themes.Warn, "errors", draw.Count(int(j.Errors)))
	}
}

func rateOf(j *model.Job) string {
	if t := j.Took(); t >= time.Second {
		return ", " + model.Size(float64(j.Bytes)/t.Seconds()) + "/s"
	}
	return ""
}

func progressFacts(s *story, sc *scene, j *model.Job) {
	g := j.Progress
	if g.At.IsZero() {
		s.factIn(themes.Warn, "progress", "unknown: "+cmp.Or(g.Why, "its Storage Daemon was not asked yet"))
		return
	}
	done := model.Size(g.Bytes) + ", " + draw.Count(int(g.Files)) + " files"
	if g.Rate > 0 {
		done += ", " + model.Size(g.Rate) + "/s"
	}
	s.fact("so far", done)
	of, lacks := " % of the median size of its level", "no history of this level"
	if j.Type == model.TypeRestore {
		of, lacks = " % of what its backups hold", "no action that is recorded has started it"
	}
	switch {
	case g.Percent < 0:
		s.fact("percent", "unknown: "+cmp.Or(g.Why, lacks))
	case g.Left < 0:
		s.fact("percent", strconv.Itoa(g.Percent)+of)
	default:
		s.fact("percent", strconv.Itoa(g.Percent)+of+", about "+exactSpan(g.Left)+" left")
	}
	if g.Percent >= 0 {
		s.bar("", g.Percent, 100, "")
	}
	told := moment(sc, g.At)
	if ago(sc.minute, g.At) < 2*time.Minute {
		told = g.At.UTC().Format(time.TimeOnly) + " UTC"
	}
	s.fact("told", told+" by its Storage Daemon")
	if g.Volume != "" {
		s.fact("volume", g.Volume+" in "+cmp.Or(g.Device, "a device that is not told"))
	}
}

// jobGlyph is the glyph of how a job ended. What left nothing, and what Bacula itself canceled, failed as much as what says so.
func jobGlyph(j *model.Job) (string, themes.Role) {
	if j.Bad() || j.Hollow() {
		return outcomeGlyph(model.Failed)
	}
	if j.Misdated() {
		return outcomeGlyph(model.Warned)
	}
	return outcomeGlyph(j.Outcome)
}

func outcomeGlyph(o model.Outcome) (string, themes.Role) {
	switch o {
	case model.OK:
		return "✓", themes.Good
	case model.Warned:
		return "!", themes.Warn
	case model.Failed, model.Lost:
		return "✗", themes.Fail
	case model.Stuck:
		return "▲", themes.Fail
	case model.Canceled:
		return "○", themes.Text
	case model.Running:
		return "●", themes.Text
	case model.Waiting:
	}
	return " ", themes.Text
}

// moment says a time in full; its age moves once a minute.
func moment(sc *scene, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	s := t.UTC().Format("2006-01-02 15:04:05") + " UTC"
	if t.After(sc.minute.Add(time.Minute)) {
		return s + ", in " + model.Age(t.Sub(sc.minute))
	}
	return s + ", " + coarse(sc.minute, t) + " ago"
}

// exactSpan says a duration in its two largest units; a second one that is zero is left out.
func exactSpan(d time.Duration) string {
	for _, u := range []struct {
		big, small time.Duration
		b, s       string
	}{{24 * time.Hour, time.Hour, "d", "h"}, {time.Hour, time.Minute, "h", "min"}, {time.Minute, time.Second, "min", "s"}} {
		if d >= u.big && (u.b != "d" || d >= 48*time.Hour) {
			if d%u.big < u.small {
				return fmt.Sprintf("%d %s", d/u.big, u.b)
			}
			return fmt.Sprintf("%d %s %d %s", d/u.big, u.b, d%u.big/u.small, u.s)
		}
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// firstError is the first line of a log that tells of one, of those a fatal one before others.
func (l *answer) firstError() string {
	first := ""
	for _, line := range l.lines {
		if logRole(line) != themes.Fail {
			continue
		}
		if strings.Contains(strings.ToLower(line), "fatal") {
			return line
		}
		first = cmp.Or(first, line)
	}
	return first
}

// logRole makes errors and warnings of a job's log stand out.
func logRole(line string) themes.Role {
	switch low := strings.ToLower(line); {
	case strings.Contains(low, "error") || strings.Contains(low, "fatal"):
		return themes.Fail
	case strings.Contains(low, "warning"):
		return themes.Warn
	}
	return themes.Text
}

func (j *jobPage) answer() *answer { return &j.log }

func (j *jobPage) state(s *board.Snapshot) any {
	if job := s.Job(j.key); job != nil {
		return *job
	}
	return nil
}

func (j *jobPage) read(ctx context.Context, of Asker) (told, error) {
	lines, err := of.JobLog(ctx, j.key)
	return told{lines: lines}, err
}
