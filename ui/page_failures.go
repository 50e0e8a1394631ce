package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// failuresPage lists every job of a time that failed or was lost, on both clusters, newest first; each opens.
type failuresPage struct {
	general
	ways
	of time.Duration
}

// spans are what failures can be asked for.
var spans = []struct {
	word string
	of   time.Duration
}{{"24h", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}}

func spanWord(of time.Duration) string {
	return map[bool]string{true: "24 h", false: "7 d"}[of <= 24*time.Hour]
}

func (a *App) commandFailures(arg string) tea.Cmd {
	want := strings.ReplaceAll(cmp.Or(arg, spans[0].word), " ", "")
	for _, s := range spans {
		if s.word == want {
			return a.show(&failuresPage{of: s.of})
		}
	}
	a.say(":failures wants 24h or 7d")
	return nil
}

func (p *failuresPage) which() any { return p.of }

func (p *failuresPage) title(sc *scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "FAILURES"), draw.As(themes.Text, "  of "+spanWord(p.of)+": "+draw.Count(len(p.found(sc))))}
}

// found are they, newest first. What only the newest tell of is there too: a Director may tell of an end before its catalog.
func (p *failuresPage) found(sc *scene) (out []*model.Job) {
	seen := map[model.JobKey]bool{}
	for _, v := range sc.snap.Clusters {
		if v == nil {
			continue
		}
		for _, part := range [][]model.Job{v.Recent, v.Bad, v.Open} { // a job that its Director forgot is open in its catalog
			for i := range part {
				j := &part[i]
				if statesOf(j) == isFailed && !seen[j.Key] && sc.minute.Sub(j.When()) <= p.of {
					seen[j.Key] = true
					out = append(out, j)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *model.Job) int { return b.When().Compare(a.When()) })
	return out
}

func (p *failuresPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	all := p.found(sc)
	for _, j := range all {
		s.jobLine(sc, j, true)
	}
	if len(all) == 0 {
		s.prose(themes.Muted, "no job that is known failed or was lost in the last "+spanWord(p.of))
	}
	p.missed(s, sc)
	s.gap()
	for _, k := range model.Clusters {
		p.reach(s, sc, k)
	}
	if p.of <= 24*time.Hour {
		s.leads(len(s.out), "7d", func() page { return &failuresPage{of: spans[1].of} })
		s.prose(themes.Text, "those of 7 d: enter, or :failures 7d")
	}
	p.links = s.links
	return s.out
}

// missed lists the cells with due times that no job answered: what never ran is no job.
func (p *failuresPage) missed(s *story, sc *scene) {
	headed := false
	for i := range sc.snap.Cells {
		v := &sc.snap.Cells[i]
		for _, k := range model.Clusters {
			n := v.On[k].Missed
			if p.of <= 24*time.Hour {
				n = v.On[k].MissedDay
			}
			if n == 0 {
				continue
			}
			if !headed {
				s.head("Missed: due, and no job answered")
				headed = true
			}
			s.leads(len(s.out), "missed "+k.String()+" "+v.Cell.String(), func() page { return &cellPage{cell: v.Cell} })
			s.add(
				draw.As(themes.Warn, "m "),
				draw.As(
					themes.Text,
					fmt.Sprintf("%s on %s: missed %d, the newest %s", v.Cell, strings.ToUpper(k.String()), n, moment(sc, v.On[k].MissedAt)),
				),
			)
		}
	}
}

// reach says where the list of a cluster is cut.
func (p *failuresPage) reach(s *story, sc *scene, k model.Cluster) {
	v := sc.snap.Clusters[k]
	name := strings.ToUpper(k.String())
	switch since := sc.minute.Add(-p.of); {
	case v == nil || v.Catalog.At.IsZero():
		s.prose(themes.Warn, name+": its catalog was not read yet")
	case v.BadCut && (len(v.Bad) == 0 || v.Bad[len(v.Bad)-1].When().After(since)):
		s.prose(themes.Warn, name+": cut: the newest "+draw.Count(board.BadJobs)+" that are not OK are held")
	case v.Catalog.From.After(since):
		s.prose(themes.Muted, name+": the catalog was read back to "+moment(sc, v.Catalog.From))
	}
}
