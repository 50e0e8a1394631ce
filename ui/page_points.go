package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// pointsPage lists the moments to which a chain can be restored, from either cluster. It is read while it is open.
type pointsPage struct {
	ways
	chain  string
	cell   *model.Cell // from which it was opened; nil: from none
	before time.Time
	not    model.JobKey      // a point that was restored and failed: the next one is chosen; zero: none
	cells  []model.AskedCell // of the chain, as last shown
	log    answer
}

// pointsShown is how many points the page asks for.
const pointsShown = 200

func (p *pointsPage) about(*board.Snapshot) subject { return subject{cell: p.cell} }

func (p *pointsPage) which() any {
	return struct {
		chain  string
		before int64
	}{p.chain, p.before.Unix()}
}

func (p *pointsPage) title(*scene) []draw.Piece {
	out := []draw.Piece{draw.As(themes.Title, "POINTS "), draw.As(themes.Text, p.chain)}
	if !p.before.IsZero() {
		out = append(out, draw.As(themes.Muted, " by "+p.before.UTC().Format("2006-01-02 15:04")+" UTC"))
	}
	return out
}

func (p *pointsPage) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	p.links = nil
	switch l := p.log.points; {
	case len(p.cells) == 0 && p.log.asked:
		s.prose(themes.Warn, "The inventory does not name "+p.chain+" any more.")
	case l != nil:
		p.list(s, sc, l)
	case p.log.why != "":
		s.prose(themes.Warn, "They could not be read: "+p.log.why)
	default:
		s.prose(themes.Muted, "asking both catalogs and both Directors")
	}
	p.links = s.links
	return s.out
}

func (p *pointsPage) list(s *story, sc *scene, l *model.RestoreList) {
	for _, u := range l.Unread {
		s.factIn(themes.Fail, "not read", u.Cluster.String()+"'s catalog: "+u.Why)
	}
	if p.log.why != "" {
		s.factIn(themes.Warn, "not newer", "a newer reading failed: "+p.log.why)
	}
	switch r := l.Recommended; {
	case r != nil:
		s.fact("recommended", "the one with > beside it: "+r.Says)
	case len(l.Unread) > 0:
		s.factIn(themes.Fail, "recommended", "not known, as not all was read")
	default:
		s.factIn(themes.Fail, "recommended", "none: no complete good point is known")
	}
	if p.not != (model.JobKey{}) {
		s.factIn(
			themes.Warn,
			"not again",
			p.not.Job+" on "+p.not.Cluster.String()+": its restore did not end well; the next best one is selected",
		)
	}
	known := ""
	if len(l.Unread) > 0 {
		known = " as far as it was read"
	}
	s.head(draw.Count(len(l.Points)) + " points" + known + ", the newest first, read " + p.log.at.UTC().Format("15:04:05"))
	for i := range l.Points {
		p.row(s, sc, l, &l.Points[i])
	}
	if l.More {
		s.prose(themes.Muted, "There are older ones; :before TIME shows them.")
	}
}

func pointKey(k model.JobKey) string { return "point " + k.Cluster.String() + " " + k.Job }

func (p *pointsPage) row(s *story, sc *scene, l *model.RestoreList, of *model.RestorePoint) {
	point := *of
	s.leads(len(s.out), pointKey(of.Key), func() page { return &pointPage{point: point} })
	glyph, role := pointGlyph(of)
	mark := "  "
	if r := l.Recommended; r != nil && r.Key == of.Key {
		mark = "> "
	}
	takes, set := model.Size(of.Bytes), draw.Count(len(of.Set))
	if len(of.Set) == 0 { // what it takes is not there any more, or not known
		takes, set = "?", "?"
	}
	ps := []draw.Piece{draw.As(themes.Good, mark), draw.As(role, glyph+" "),
		draw.As(themes.Text, fit(of.At.UTC().Format("2 Jan 15:04"), 13)), draw.As(clusterRole(of.Key.Cluster), fit(of.Key.Cluster.String(), 6)),
		draw.As(themes.Text, fit(of.Cell.Region, 9)+fit(of.Cell.Kind.String(), 10)+fit(of.Level.String(), 6)+fit(takes, 9))}
	if s.w >= 100 {
		ps = append(ps, draw.As(themes.Muted, fit("job "+strconv.FormatUint(uint64(of.ID), 10), 14)+fit(set+" in set", 11)))
	}
	until := "until " + clock(sc.minute, of.Until)
	if of.Until.IsZero() {
		until = "never expires"
	}
	rest := []string{of.OnlyWord(), until, strings.Join(of.Storages(), " ")}
	if of.Lacks() != "" {
		rest = []string{of.Lacks(), of.OnlyWord()}
	}
	s.add(append(ps, draw.As(role, fitting(s.w-draw.PiecesWidth(ps), rest, rest[:2], rest[:1])))...)
}

func clusterRole(k model.Cluster) themes.Role {
	if k == model.Green {
		return themes.Green
	}
	return themes.Blue
}

func pointGlyph(p *model.RestorePoint) (string, themes.Role) {
	switch {
	case p.Good():
		return "✓", themes.Text
	case p.Complete == model.Answer(model.Fails):
		return "✗", themes.Muted
	}
	return "?", themes.Warn
}

// choice is the recommended point.
func (p *pointsPage) choice() string {
	l := p.log.points
	if l != nil && p.not != (model.JobKey{}) {
		if next := p.selectedAfter(l); next != "" {
			return next
		}
	}
	if l != nil && l.Recommended != nil {
		return pointKey(l.Recommended.Key)
	}
	return ""
}

func (p *pointsPage) answer() *answer { return &p.log }

// state is which cells the chain has, and what the newest good backups of them are: when these change there is more to ask for.
func (p *pointsPage) state(s *board.Snapshot) any {
	p.cells = nil
	var b strings.Builder
	for i := range s.Cells {
		v := &s.Cells[i]
		if v.Cell.Chain != p.chain {
			continue
		}
		p.cells = append(p.cells, model.AskedCell{Cell: v.Cell, Promise: v.Promise})
		for _, k := range model.Clusters {
			if j := v.On[k].LastGood; j != nil {
				b.WriteString(j.Key.Job)
			}
			b.WriteByte('\n')
		}
	}
	if len(p.cells) == 0 {
		return nil
	}
	return b.String()
}

func (p *pointsPage) read(ctx context.Context, of Asker) (told, error) {
	ask := model.RestoreAsk{Cells: slices.Clone(p.cells), Before: p.before, Limit: pointsShown}
	l, err := of.RestoreList(ctx, ask)
	return told{points: l}, err
}

// noChain says why there is no chain whose points could be listed.
func noChain(a *App) string {
	if a.subject().cell == nil {
		return "select a cell, or a job of one, to see to which points its chain can be restored; :points CHAIN"
	}
	return ""
}

func (a *App) openPoints() tea.Cmd {
	cell := *a.subject().cell
	return a.show(&pointsPage{chain: cell.Chain, cell: &cell})
}

func chainOffers(a *App) (out []string) {
	for i := range a.shown.Cells {
		if c := a.shown.Cells[i].Cell.Chain; len(out) == 0 || out[len(out)-1] != c {
			out = append(out, c)
		}
	}
	return out
}

// commandPoints lists the points of a chain; without one, of that of the selected cell.
func (a *App) commandPoints(chain string) tea.Cmd {
	switch {
	case chain != "" && !slices.Contains(chainOffers(a), chain):
		a.say("the inventory has no chain " + chain)
	case chain != "":
		return a.show(&pointsPage{chain: chain})
	case noChain(a) != "":
		a.say(noChain(a))
	default:
		return a.openPoints()
	}
	return nil
}

func (a *App) points() *pointsPage {
	if a.pager == nil {
		return nil
	}
	p, _ := a.pager.shows.(*pointsPage)
	return p
}

func noPoints(a *App) string {
	if a.points() == nil {
		return "no points are listed: :points CHAIN, or r on a cell"
	}
	return ""
}

// commandBefore lists those that ended by a moment.
func (a *App) commandBefore(text string) tea.Cmd {
	p := a.points()
	if p == nil {
		a.say(noPoints(a))
		return nil
	}
	at, err := model.ParseMoment(text, a.opt.Now())
	if err != nil {
		a.say(model.Clean(err.Error()))
		return nil
	}
	a.pager = a.pager.under
	return a.show(&pointsPage{chain: p.chain, cell: p.cell, before: at})
}

// movePoint selects the next good point that is older (1) or newer (-1) than the selected one.
func (a *App) movePoint(dir int) {
	l, at := a.points().log.points, a.pager.at()
	if l == nil || at < 0 {
		a.say("no points are read yet")
		return
	}
	i := slices.IndexFunc(l.Points, func(p model.RestorePoint) bool { return pointKey(p.Key) == a.pager.links[at].key })
	for i += dir; i >= 0 && i < len(l.Points); i += dir {
		if l.Points[i].Good() {
			a.pager.pick(pointKey(l.Points[i].Key))
			return
		}
	}
	a.say(map[int]string{1: "no older complete point is listed; :before TIME reads further back",
		-1: "no newer complete point is listed"}[dir])
}
