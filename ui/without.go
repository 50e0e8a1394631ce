package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// missing is one thing that the screen is looked at as if it were gone: what does not depend on it is dimmed.
type missing struct {
	of     model.Node
	blast  *gate.Blast
	hit    map[model.Cell]bool // the cells that lose something
	nth    int                 // of the things under the selection, from 0
	things int                 // under it
	under  string              // the selection, by name; empty: it was named on the command line
	at     time.Time
	asked  bool // it is looked at again
}

// missingMsg is what came of looking.
type missingMsg struct {
	is  *missing
	why string // there is none such
}

// under is what is selected, by what may be lost with it.
type under struct {
	name  string
	cell  *model.Cell
	nodes []model.Node // besides those of the cell
}

// underHere is what is selected: of a cell its clone source and its storages, of a cluster's pane its Directors and its catalog, of RDS the
// AWS regions, keys and instances.
func (a *App) underHere() under {
	snap := a.scene().snap
	if a.pager != nil {
		if p, is := a.pager.shows.(*sourcesPage); is && p.only != (model.Source{}) {
			return under{name: p.only.String(), nodes: nodesOf(snap, p.only)}
		}
		if _, is := a.pager.shows.(*rdsPage); !is {
			if s := a.pager.shows.about(snap); s.cell != nil {
				return underCell(snap, s)
			}
			return under{}
		}
		return under{name: "rds", nodes: pairNodes(snap.RDS)}
	}
	switch a.focus {
	case paneRDS:
		return under{name: "rds", nodes: pairNodes(snap.RDS)}
	case paneBlue, paneGreen, paneCells:
		if p := a.pane().open(a.scene()); p != nil {
			if s := p.about(snap); s.cell != nil {
				return underCell(snap, s)
			}
		}
	}
	if on, is := map[paneID]model.Cluster{paneBlue: model.Blue, paneGreen: model.Green}[a.focus]; is {
		return under{name: on.String(), nodes: clusterNodes(snap, on)}
	}
	return under{}
}

func underCell(snap *board.Snapshot, s subject) under {
	u := under{name: s.cell.String(), cell: s.cell}
	for _, on := range model.Clusters {
		if s.on == nil || *s.on == on {
			u.nodes = append(u.nodes, clusterNodes(snap, on)...)
		}
	}
	return u
}

func clusterNodes(snap *board.Snapshot, on model.Cluster) (out []model.Node) {
	if v := snap.Clusters[on]; v != nil {
		for _, d := range v.Directors {
			if n := (model.Node{Kind: model.NodeDirector, Name: d.Name}); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return append(out, model.Node{Kind: model.NodeCatalog, Name: on.String()})
}

func pairNodes(r *model.RDS) (out []model.Node) {
	if r == nil {
		return nil
	}
	for _, in := range []*model.Instance{r.Primary, r.Replica} {
		if in == nil {
			continue
		}
		out = append(out, model.Node{Kind: model.NodeAWSRegion, Name: in.Region}, model.Node{Kind: model.NodeInstance, Name: in.ID})
		if key := in.AWS.Value.KeyARN; key != "" {
			out = append(out, model.Node{Kind: model.NodeKey, Name: model.Clean(key)})
		}
	}
	return out
}

// nodesOf are the things behind a source.
func nodesOf(snap *board.Snapshot, s model.Source) []model.Node {
	switch s.Kind {
	case model.SourceDirector:
		return []model.Node{{Kind: model.NodeDirector, Name: s.Name}}
	case model.SourceCatalog:
		return []model.Node{{Kind: model.NodeCatalog, Name: s.Cluster.String()}}
	case model.SourceJournal:
		return []model.Node{{Kind: model.NodeJournal}}
	}
	return pairNodes(snap.RDS)
}

func noMissing(a *App) string {
	switch {
	case a.opt.Graph == nil:
		return "nobody can tell here what depends on what"
	case a.gone == nil && a.underHere().name == "":
		return "select what may be lost: a cell or job, a cluster, RDS, or a source; or :without THING"
	}
	return ""
}

// loseNext looks at the screen as if the next thing under the selection were gone; after the last one, as it is.
func (a *App) loseNext() tea.Cmd {
	u, nth := a.underHere(), 0
	if g := a.gone; g != nil {
		switch {
		case u.name == "" || g.under != u.name:
			if u.name == "" {
				a.regain()
				return nil
			}
		case g.nth+1 >= g.things:
			a.regain()
			return nil
		default:
			nth = g.nth + 1
		}
	}
	return a.lose(func(g *gate.Graph) (all []model.Node) {
		if u.cell != nil {
			all = g.Under(*u.cell)
		}
		return append(all, u.nodes...)
	}, u.name, nth)
}

// regain looks at the screen as it is.
func (a *App) regain() {
	a.gone = nil
	a.say("everything is there again")
}

// lose asks, beside the keys, what is lost with the nth of what things gives.
func (a *App) lose(things func(*gate.Graph) []model.Node, name string, nth int) tea.Cmd {
	if a.opt.Graph == nil {
		a.say(noMissing(a))
		return nil
	}
	snap, graph, now := a.scene().snap, a.opt.Graph, a.now
	return func() tea.Msg {
		g := graph(snap)
		all := slices.DeleteFunc(things(g), func(n model.Node) bool { _, is := g.Without(n); return !is })
		if nth >= len(all) {
			return missingMsg{why: "nothing is known that could be lost there"}
		}
		return missingMsg{is: missingOf(g, all[nth], name, nth, len(all), now)}
	}
}

func missingOf(g *gate.Graph, of model.Node, name string, nth, things int, now time.Time) *missing {
	b, _ := g.Without(of)
	m := &missing{of: of, blast: b, hit: make(map[model.Cell]bool, len(b.Broken)), nth: nth, things: things, under: name, at: now}
	for _, c := range b.Broken {
		m.hit[c] = true
	}
	return m
}

func (a *App) missed(m missingMsg) {
	if m.is == nil {
		a.gone = nil
		a.say(m.why)
		return
	}
	a.gone = m.is
}

// lookAgain keeps what is lost true as snapshots come.
func (a *App) lookAgain() tea.Cmd {
	g := a.gone
	if g == nil || g.asked || a.opt.Graph == nil || a.shown == nil || a.now.Sub(g.at) < max(judgeShown, judgeCost*a.gates.cost) {
		return nil
	}
	g.asked = true
	of := g.of
	again := a.lose(func(*gate.Graph) []model.Node { return []model.Node{of} }, g.under, 0)
	nth, things := g.nth, g.things
	return func() tea.Msg {
		m := again().(missingMsg)
		if m.is != nil {
			m.is.nth, m.is.things = nth, things
		}
		return againMsg{g, m}
	}
}

// againMsg is another look at what somebody may not look at any more.
type againMsg struct {
	was *missing
	is  missingMsg
}

// commandWithout looks at the screen as if a named thing were gone.
func (a *App) commandWithout(arg string) tea.Cmd {
	if strings.TrimSpace(arg) == "" {
		a.regain()
		return nil
	}
	n, err := model.ParseNode(arg)
	if err != nil {
		a.say(err.Error())
		return nil
	}
	return a.lose(func(*gate.Graph) []model.Node { return []model.Node{n} }, "", 0)
}

func withoutOffers(a *App) (out []string) {
	if a.opt.Graph == nil || a.shown == nil {
		return nil
	}
	for _, n := range a.opt.Graph(a.shown).Things() {
		out = append(out, n.String())
	}
	return out
}

// missingLine is the second line while something is looked at as gone.
func missingLine(sc *scene, w int) string {
	p := draw.NewPen(sc.st, w)
	g := sc.gone
	tail := " esc "
	if g.things > 1 && g.under != "" {
		tail = " W next, esc back "
	}
	p.Put(themes.Alarm, " WITHOUT ")
	says := " " + g.blast.Says(sc.minute)
	if room := p.Left() - draw.Width(tail); draw.Width(says) > room {
		says = strings.Replace(tersely.Replace(says), g.of.String(), briefNode(g.of), 1)
		p.Put(themes.Text, fit(says, max(1, room)))
	} else {
		p.Put(themes.Text, says)
	}
	p.Pad(p.Left() - draw.Width(tail))
	p.Put(themes.Muted, tail)
	return p.Done()
}

// briefNode names a thing in few columns: a key by its AWS region and the beginning of its id, as what is lost with it matters more.
func briefNode(n model.Node) string {
	parts := strings.Split(n.Name, ":")
	if n.Kind != model.NodeKey || len(parts) < 6 {
		return n.String()
	}
	id := strings.TrimPrefix(parts[5], "key/")
	return fmt.Sprintf("%s %s %.8s", n.Kind, parts[3], id)
}

// tersely says what is lost where there is little room.
var tersely = strings.NewReplacer(
	" cells",
	"",
	" cell",
	"",
	"only copies of ",
	"only copies ",
	"no way back for ",
	"no way back ",
	"no backups of ",
	"no backups ",
	"first breaks in ",
	"",
	" takes over",
	"",
	" regular",
	" reg",
	" immutable",
	" imm",
)

// spared tells whether a cell loses nothing with what is looked at as gone.
func (sc *scene) spared(c model.Cell) bool { return sc.gone != nil && !sc.gone.hit[c] }
