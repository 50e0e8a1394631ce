package ui

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// nightPage is a failover that nobody may have asked for, on one page: what happened when, what died of it, and what the Director is worth.
type nightPage struct {
	ways
	alert board.Alert
}

func (p *nightPage) tells() *board.Alert { return &p.alert }

func (p *nightPage) about(*board.Snapshot) subject {
	c := model.Green
	return subject{on: &c}
}

func (p *nightPage) which() any { return p.alert.ID }

func (p *nightPage) title(sc *scene) []draw.Piece {
	is := p.now(sc)
	n, _ := sc.snap.Night(is)
	return []draw.Piece{draw.As(themes.Title, "FAILOVER "), draw.As(themes.Text, n.Instance)}
}

// now is the alert as it is now; as it was opened when it is over.
func (p *nightPage) now(sc *scene) *board.Alert {
	if is := alertOf(sc.snap, p.alert.ID); is != nil {
		return is
	}
	return &p.alert
}

func (p *nightPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	a := p.now(sc)
	n, known := sc.snap.Night(a)
	glyph, role := severityGlyph(a.Severity)
	head := a.Brief
	if head == "" {
		head = a.Says
	}
	s.prose(role, strings.TrimSpace(glyph+" "+head))
	s.prose(themes.Text, "→ "+a.Do)
	if known {
		s.head("what happened")
		for _, m := range n.Moments {
			s.fact(m.At.UTC().Format("15:04:05"), m.Says)
		}
		s.fact("server", n.Server)
		s.fact("standby", n.Standby)
		s.fact("another", n.Refused)
	}
	p.director(s, sc)
	p.died(s, sc, a)
	p.links = s.links
	return s.out
}

// director says whether the Director still reaches its catalog, and what mends it where not.
func (p *nightPage) director(s *story, sc *scene) {
	v := sc.snap.Clusters[model.Green]
	if v == nil || len(v.Directors) == 0 {
		return
	}
	s.head("the Director " + v.Directors[v.Acting].Name)
	switch v.Linked {
	case model.Holds:
		s.prose(themes.Good, "✓ reaches its catalog: "+v.LinkSays)
	case model.Unknown:
		s.prose(themes.Warn, "? whether it reaches its catalog is not known: "+v.LinkSays)
	case model.Fails:
		s.prose(themes.Fail, "✗ has lost its catalog: "+v.LinkSays)
		s.prose(themes.Text, "→ :restart green opens the plan that mends it: no backup starts until then")
	}
}

// died are the jobs that died of it, the soonest promise first.
func (p *nightPage) died(s *story, sc *scene, a *board.Alert) {
	known, left := 0, 0
	for _, k := range a.Jobs {
		if sc.snap.Job(k) != nil {
			known++
		}
	}
	if known == 0 {
		s.head("what died of it")
		s.prose(themes.Muted, "no job that is known")
		return
	}
	s.head(fmt.Sprintf("what died of it: %s, the soonest promise first", model.Plural(known, "job")))
	for _, k := range a.Jobs {
		j := sc.snap.Job(k)
		if j == nil {
			continue
		}
		s.jobLine(sc, j, true)
		if s.again(sc, j) {
			continue
		}
		left++
		if v := sc.snap.Cell(j.Cell); v != nil && j.HasCell && j.Type == model.TypeBackup {
			at := v.Breaks()
			text, role := breaksText(sc.minute, at)
			says := "breaks its promise at "
			text = at.UTC().Format("2 Jan 15:04") + " UTC, " + text
			switch {
			case at.IsZero():
				says, text, role = "", "it has no good backup", themes.Fail
			case !at.After(sc.minute):
				says = "broke its promise at "
			}
			s.add(draw.As(themes.Muted, "         "+says), draw.As(role, text))
		}
	}
	if left == 0 {
		return
	}
	s.gap()
	s.prose(themes.Text, "→ R opens the plan that runs them again, all at once: what is due soon or ran again is left out")
}
